// One open SQLite handle with its cache of prepared statements: private to database.cc, apart so
// that statements can keep the handle they came from alive while the Database has moved on to a
// replaced file.
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/table.h"
#include "store/database.h"
#include "store/kept_map.h"

namespace soda::store {

// Turns an SQLite result code into Failure(unavailable), or Failure(internal) for a defect of ours,
// about the `subject` of a Schema. Never returns.
[[noreturn]] void fail(int code, std::string_view subject = archive_schema().subject);

using StatementHandle = Handle<sqlite3_stmt, sqlite3_finalize>;

// A value of the present row as it is stored; text and blobs live until the next step.
Cell cell_of(sqlite3_stmt* statement, int column) noexcept;

class Connection {
 public:
  // Opens and checks the schema's version. Throws Failure(unavailable).
  // The schema outlives it. `vfs` names SQLite's way to the files; null: its usual one.
  Connection(const std::string& path, Database::Mode mode, const Schema& schema,
             const char* vfs = nullptr);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True while the file of that name is the one that is open and the way it was opened is still
  // right.
  bool current(const std::string& path) const noexcept;
  void execute(const char* sql);
  // Of a statement without rows that comes again and again: it is kept compiled.
  void run(std::string_view sql);
  // Ends a transaction that has only read. False: it has not ended.
  bool commit() noexcept;
  // Of a statement of one row and one whole number, kept as well.
  std::int64_t number(std::string_view sql);
  StatementHandle take(std::string_view sql);
  void give_back(const std::string& sql, StatementHandle statement);
  sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  void open(const std::string& path, Database::Mode mode, const char* vfs);
  void check_schema(Database::Mode mode);

  const Schema& schema_;
  KeptMap map_;
  Handle<sqlite3, sqlite3_close_v2> handle_;
  std::map<std::string, std::vector<StatementHandle>, std::less<>> idle_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool immutable_ = false;
};

}  // namespace soda::store
