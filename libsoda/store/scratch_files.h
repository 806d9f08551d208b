// The temporary files of statements from outside, which sorting and temporary tables write, held to
// a number of bytes in all. Private to the room.
//
// SQLite knows no such limit of its own. It reaches files through a table of functions (a VFS);
// this one hands everything on to the usual one, and counts what temporary files grow to.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace soda::store {

class ScratchFiles {
 public:
  // Registers with SQLite, under a name of its own, for as long as it lives. Throws Failure.
  ScratchFiles();
  ~ScratchFiles();
  ScratchFiles(const ScratchFiles&) = delete;
  ScratchFiles& operator=(const ScratchFiles&) = delete;

  // For Connection.
  const char* name() const noexcept { return name_.c_str(); }
  // What all temporary files may hold at a time; a write beyond it gives SQLITE_FULL.
  void allow(std::int64_t bytes) noexcept { most_ = bytes; }
  // Bytes that temporary files hold now.
  std::int64_t held() const noexcept { return held_; }

 private:
  struct File;
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out);
  static const sqlite3_io_methods& methods();

  std::string name_;
  sqlite3_vfs* usual_;
  sqlite3_vfs vfs_{};
  std::int64_t most_ = 0, held_ = 0;
};

}  // namespace soda::store
