#include "store/kept_map.h"

#include <type_traits>

namespace soda::store {

void KeptMap::keep(sqlite3* connection) noexcept {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  // Version 3 is the first that maps files.
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 3) return;
  usual_ = file->pMethods;
  methods_ = *usual_;
  methods_.xUnfetch = unfetch;
  file->pMethods = &methods_;
}

// A page that is given back, or (no page) the whole mapping.
int KeptMap::unfetch(sqlite3_file* file, sqlite3_int64 offset, void* page) {
  static_assert(std::is_standard_layout_v<KeptMap>);
  auto& self = *reinterpret_cast<KeptMap*>(const_cast<sqlite3_io_methods*>(file->pMethods));
  if (page == nullptr) {
    sqlite3_int64 length = 0;
    const bool told = self.usual_->xFileSize(file, &length) == SQLITE_OK;
    if (told && length == self.length_) return SQLITE_OK;
    self.length_ = told ? length : -1;
  }
  return self.usual_->xUnfetch(file, offset, page);
}

}  // namespace soda::store
