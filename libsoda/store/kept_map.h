// The mapping of a data base's file into memory, kept from one transaction to the next. Private to
// the room.
//
// A reader that may not write the -shm file, while no writer has the data base open, is told by
// SQLite at each transaction that everything may have changed, and unmaps the file: the pages that
// a query visits must then be found anew, page fault by page fault, which takes longer than the
// query. The mapping is of the file itself, so that what others write to it shows there without
// that; all that can make it wrong is another length. So SQLite's call to unmap is heard only when
// the file's length has changed since the last one that was.
#pragma once

#include <sqlite3.h>

namespace soda::store {

// Lives longer than the connection whose main data base it was given.
class KeptMap {
 public:
  KeptMap() = default;
  KeptMap(const KeptMap&) = delete;
  KeptMap& operator=(const KeptMap&) = delete;

  // Of a connection that only reads. Does nothing where files are not mapped.
  void keep(sqlite3* connection) noexcept;

 private:
  static int unfetch(sqlite3_file* file, sqlite3_int64 offset, void* page);

  sqlite3_io_methods methods_{};  // the file's, but for one; the first member: see unfetch()
  const sqlite3_io_methods* usual_ = nullptr;
  sqlite3_int64 length_ = -1;
};

}  // namespace soda::store
