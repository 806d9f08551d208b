#include "store/scratch_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/connection.h"

namespace soda::store {
namespace {

constexpr int temporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TEMP_JOURNAL |
                          SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_SUBJOURNAL;

}  // namespace

// What stands before the usual VFS's own file in the memory that SQLite gives for one.
struct ScratchFiles::File {
  sqlite3_file base;  // SQLite looks here
  ScratchFiles* owner;
  std::int64_t size;

  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  sqlite3_file* usual() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& on() { return *usual()->pMethods; }
  void resize(std::int64_t to) {
    owner->held_ += to - size;
    size = to;
  }
};

const sqlite3_io_methods& ScratchFiles::methods() {
  // Version 1: no shared memory and no mapping, which temporary files do without.
  static const sqlite3_io_methods table = [] {
    sqlite3_io_methods m{};
    m.iVersion = 1;
    m.xClose = [](sqlite3_file* f) {
      File::of(f).resize(0);
      return File::of(f).on().xClose(File::of(f).usual());
    };
    m.xRead = [](sqlite3_file* f, void* to, int count, sqlite3_int64 at) {
      return File::of(f).on().xRead(File::of(f).usual(), to, count, at);
    };
    m.xWrite = [](sqlite3_file* f, const void* from, int count, sqlite3_int64 at) {
      File& file = File::of(f);
      const std::int64_t end = std::max<std::int64_t>(file.size, at + count);
      if (file.owner->held_ + end - file.size > file.owner->most_) return SQLITE_FULL;
      const int code = file.on().xWrite(file.usual(), from, count, at);
      if (code == SQLITE_OK) file.resize(end);
      return code;
    };
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      const int code = File::of(f).on().xTruncate(File::of(f).usual(), size);
      if (code == SQLITE_OK) File::of(f).resize(std::min<std::int64_t>(size, File::of(f).size));
      return code;
    };
    m.xSync = [](sqlite3_file*, int) { return SQLITE_OK; };  // nothing here outlives the process
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return File::of(f).on().xFileSize(File::of(f).usual(), size);
    };
    m.xLock = [](sqlite3_file* f, int level) {
      return File::of(f).on().xLock(File::of(f).usual(), level);
    };
    m.xUnlock = [](sqlite3_file* f, int level) {
      return File::of(f).on().xUnlock(File::of(f).usual(), level);
    };
    m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
      return File::of(f).on().xCheckReservedLock(File::of(f).usual(), held);
    };
    m.xFileControl = [](sqlite3_file* f, int what, void* with) {
      return File::of(f).on().xFileControl(File::of(f).usual(), what, with);
    };
    m.xSectorSize = [](sqlite3_file* f) {
      return File::of(f).on().xSectorSize(File::of(f).usual());
    };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return File::of(f).on().xDeviceCharacteristics(File::of(f).usual());
    };
    return m;
  }();
  return table;
}

int ScratchFiles::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                       int* out) {
  auto& owner = *static_cast<ScratchFiles*>(vfs->pAppData);
  sqlite3_vfs* usual = owner.usual_;
  // The data base's own files are the usual VFS's altogether.
  if ((flags & temporary) == 0) return usual->xOpen(usual, name, file, flags, out);
  file->pMethods = nullptr;
  File& scratch = File::of(file);
  const int code = usual->xOpen(usual, name, scratch.usual(), flags, out);
  if (scratch.usual()->pMethods == nullptr) return code;
  scratch.owner = &owner;
  scratch.size = 0;
  file->pMethods = &methods();
  return code;
}

ScratchFiles::ScratchFiles()
    : name_(fmt::format("soda-scratch-{}", static_cast<const void*>(this))),
      usual_(sqlite3_vfs_find(nullptr)) {
  if (usual_ == nullptr) fail(SQLITE_CANTOPEN);
  vfs_ = *usual_;
  vfs_.pNext = nullptr;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + usual_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  if (const int code = sqlite3_vfs_register(&vfs_, 0); code != SQLITE_OK) fail(code);
}

ScratchFiles::~ScratchFiles() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace soda::store
