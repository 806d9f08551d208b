// A connection to one of our SQLite files: the archive's, or another whose Schema is given (jobs).
// WAL; responders open the archive read-only, ingest writes.
//
// A read-only Database never needs to write anything, not even the -wal and -shm files: where they
// are missing and the folder is not ours, the file is read as it stands (immutable) until a -wal
// appears. A file that is absent, or replaced by another, is no end: it is opened when it is there,
// at the next use outside a transaction.
//
// Failures: a busy, locked, missing or corrupt data base is Failure(unavailable) with a sentence
// without SQL or path; a schema of another version is Failure(unavailable) naming both versions.
// One object, one thread; after fork() the child must not use its parent's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace soda::store {

inline constexpr int schema_version = 4;

class Statement;

// What a file of ours holds, and how it is spoken of.
struct Schema {
  std::string_view subject;  // of sentences: "The archive's data base"
  std::string_view renewal;  // what to do about one of an older version
  int application_id;        // PRAGMA application_id, which tells our files from other programs'
  int version;
  std::string (*sql)();  // CREATE statements of an empty one
};
const Schema& archive_schema();

// What a commit outlives: the death of the process (the next one in the file to be durable makes it
// so, too), or that of the machine.
enum class Durability { process, machine };

class Database {
 public:
  enum class Mode { read_only, read_write };
  // read_write creates the file and the schema when absent. Reopens by itself, in read_only mode,
  // when the file was replaced.
  Database(const std::string& path, Mode mode, const Schema& schema = archive_schema());
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A number that changes whenever another connection has committed; it may also change when none
  // has. Two calls of stat as long as the files do not change. Seen at once, but for a writer that
  // is held up in the middle of its commit: half a second late at most.
  std::int64_t data_version();
  // Runs `work` in one transaction; commits when it returns, rolls back when it throws. Reads see
  // one state of the archive; read_write takes the write lock at once. Not to be nested.
  void transaction(const std::function<void()>& work, Durability durability = Durability::process);
  // A cached prepared statement, reset and with bindings cleared. The text is one of ours, never a
  // client's.
  Statement prepare(std::string_view sql);
  // "ok", or what PRAGMA quick_check found first.
  std::string check();
  // Changes when tables are made or dropped (PRAGMA schema_version).
  std::int64_t schema_version();
  // The right to ingest: held by one process at a time, for the life of the result (a killed
  // process loses it). Throws Failure(unavailable) at once when another holds it. REQUIRES
  // Mode::read_write.
  FileDescriptor claim();

  struct Impl;

 private:
  friend class Snapshot;
  friend class Glance;
  std::unique_ptr<Impl> impl_;
};

// One state of the archive for all that is read while it lives. Several may overlap: they see the
// state of the first. Within a transaction it is the transaction's. Statements made meanwhile must
// be gone before it; the Database takes no transaction meanwhile.
class Snapshot {
 public:
  explicit Snapshot(Database& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

// While one lives, data_version() looks at the files once: what it said first holds for the whole
// of a request. What is read meanwhile may be newer.
class Glance {
 public:
  explicit Glance(Database& database);
  ~Glance();
  Glance(const Glance&) = delete;
  Glance& operator=(const Glance&) = delete;

 private:
  Database& database_;
};

// One use of a prepared statement; gives it back to the cache when destroyed. Indices count from 1
// for bind, from 0 for columns.
class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_blob(int index, std::string_view value);
  Statement& bind_null(int index);
  Statement& bind(int index, const std::optional<double>& value);
  Statement& bind(int index, const std::optional<std::int64_t>& value);
  Statement& reset();  // to run again; bindings stay
  bool step();         // true: a row
  void run();          // to the end, rows ignored
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  // valid until the next step
  std::string_view blob(int column) const;

  struct Impl;

 private:
  friend class Database;
  explicit Statement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::store
