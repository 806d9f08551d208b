#include "store/connection.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "store/functions.h"

namespace soda::store {
namespace {

constexpr int reader_patience_ms = 2000;
constexpr int writer_patience_ms = 30000;

struct Sentence {
  int code;
  const char* text;
};
// Primary result codes only; the client learns what it can do about it, the rest is for `sodactl
// check`.
constexpr std::array sentences = {
    Sentence{SQLITE_BUSY, "{} is locked by another program; try again later."},
    Sentence{SQLITE_LOCKED, "{} is locked by another program; try again later."},
    Sentence{SQLITE_CORRUPT, "{} is damaged."},
    Sentence{SQLITE_NOTADB, "{} is damaged: it is no SQLite file."},
    Sentence{SQLITE_CANTOPEN, "{} is missing or may not be opened."},
    Sentence{SQLITE_PERM, "{} may not be opened."},
    Sentence{SQLITE_AUTH, "{} may not be opened."},
    Sentence{SQLITE_READONLY, "{} may not be written to."},
    Sentence{SQLITE_IOERR, "{} cannot be read or written: input/output error."},
    Sentence{SQLITE_FULL, "{}: the disk that holds it is full."},
    Sentence{SQLITE_NOMEM, "{} needs more memory than there is."},
    Sentence{SQLITE_PROTOCOL, "{} is locked by another program; try again later."},
    Sentence{SQLITE_SCHEMA, "{} is being changed; try again later."},
};

bool exists(const std::string& path) {
  struct stat unused {};
  return ::stat(path.c_str(), &unused) == 0;
}

// SQLite needs the -wal and -shm files to read a WAL data base: present and readable, or makeable.
bool needs_immutable(const std::string& path) {
  if (exists(path + "-wal")) return false;
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK) != 0;
}

}  // namespace

void fail(int code, std::string_view subject) {
  for (const Sentence& sentence : sentences) {
    if (sentence.code == (code & 0xff)) {
      throw Failure(FailureKind::unavailable, fmt::format(fmt::runtime(sentence.text), subject));
    }
  }
  throw Failure(FailureKind::internal,
                fmt::format("{}: a query failed (SQLite result {}).", subject, code));
}

// By the value's own functions, which check less than those of the statement: a third of the time.
Cell cell_of(sqlite3_stmt* statement, int column) noexcept {
  sqlite3_value* value = sqlite3_column_value(statement, column);
  const void* data = nullptr;
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_value_int64(value)};
    case SQLITE_FLOAT:
      return sqlite3_value_double(value);
    case SQLITE_TEXT:
      data = sqlite3_value_text(value);
      break;
    case SQLITE_BLOB:
      data = sqlite3_value_blob(value);
      break;
    default:
      return {};
  }
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return data == nullptr ? std::string_view("")
                         : std::string_view(static_cast<const char*>(data), size);
}

Connection::Connection(const std::string& path, Database::Mode mode, const Schema& schema,
                       const char* vfs)
    : schema_(schema) {
  open(path, mode, vfs);
  const bool writes = mode == Database::Mode::read_write;
  sqlite3_busy_timeout(handle(), writes ? writer_patience_ms : reader_patience_ms);
  sqlite3_extended_result_codes(handle(), 1);
  // A hostile or damaged file must not run code of its own: no views or triggers that call
  // functions, no raw writes to its schema.
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  register_functions(handle());
  execute("PRAGMA mmap_size = 2147418112");
  if (writes) {
    // Damage must not spread: every page is checked as it is read. (Readers, who visit pages anew
    // for every row, would take twice the time for it; SQLite reads damaged pages safely without.)
    execute("PRAGMA cell_size_check = ON");
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = NORMAL");
    execute("PRAGMA foreign_keys = ON");
    // A batch of ten thousand rows touches some 100 MB of pages of the indexes: with the default of
    // 2 MB each would be written out and read again many times.
    execute("PRAGMA cache_size = -131072");
    execute("PRAGMA wal_autocheckpoint = 16384");
    // The -wal and -shm files stay when the last writer leaves, emptied: readers of other users
    // could not make them.
    execute("PRAGMA journal_size_limit = 67108864");
    int keep = 1;
    sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  }
  check_schema(mode);
}

void Connection::open(const std::string& path, Database::Mode mode, const char* vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  std::string uri = "file:" + percent_encode(path);
  if (mode == Database::Mode::read_write) {
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  } else {
    flags |= SQLITE_OPEN_READONLY;
    immutable_ = needs_immutable(path);
    if (immutable_) uri += "?immutable=1";
  }
  struct stat before {};
  const bool there = ::stat(path.c_str(), &before) == 0;
  if (!there && mode == Database::Mode::read_only) fail(SQLITE_CANTOPEN, schema_.subject);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &raw, flags, vfs);
  handle_.reset(raw);
  if (code != SQLITE_OK) fail(code, schema_.subject);
  // SQLite falls back to reading when it may not write.
  if (mode == Database::Mode::read_write && sqlite3_db_readonly(raw, "main") == 1) {
    fail(SQLITE_READONLY, schema_.subject);
  }
  if (mode == Database::Mode::read_only) map_.keep(raw);
  // Taken before opening: if the file was exchanged in between, the next look finds a difference
  // and opens again.
  device_ = before.st_dev;
  inode_ = before.st_ino;
}

void Connection::check_schema(Database::Mode mode) {
  if (mode == Database::Mode::read_write && number("PRAGMA user_version") == 0 &&
      number("SELECT count(*) FROM sqlite_schema") == 0) {
    execute("BEGIN IMMEDIATE");
    // Another process may have made it while this one waited for the lock.
    if (number("SELECT count(*) FROM sqlite_schema") == 0) {
      execute(schema_.sql().c_str());
      execute(fmt::format("PRAGMA application_id = {}", schema_.application_id).c_str());
      execute(fmt::format("PRAGMA user_version = {}", schema_.version).c_str());
    }
    execute("COMMIT");
  }
  const std::int64_t version = number("PRAGMA user_version");
  if (version != schema_.version) {
    throw Failure(
        FailureKind::unavailable,
        fmt::format("{} has schema version {}, this program works with version {}: {}.",
                    schema_.subject, version, schema_.version,
                    version < schema_.version ? schema_.renewal
                                              : "a newer release of this program made it"));
  }
  if (number("PRAGMA application_id") != schema_.application_id) {
    throw Failure(FailureKind::unavailable,
                  fmt::format("{} was made by another program.", schema_.subject));
  }
}

bool Connection::current(const std::string& path) const noexcept {
  struct stat now {};
  if (::stat(path.c_str(), &now) != 0 || now.st_dev != device_ || now.st_ino != inode_)
    return false;
  return !immutable_ || ::access((path + "-wal").c_str(), F_OK) != 0;
}

void Connection::execute(const char* sql) {
  if (const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
    fail(code, schema_.subject);
}

void Connection::run(std::string_view sql) {
  StatementHandle statement = take(sql);
  if (const int code = sqlite3_step(statement.get()); code != SQLITE_DONE)
    fail(code, schema_.subject);
  give_back(std::string(sql), std::move(statement));
}

bool Connection::commit() noexcept {
  try {
    run("COMMIT");
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::int64_t Connection::number(std::string_view sql) {
  StatementHandle statement = take(sql);
  if (const int code = sqlite3_step(statement.get()); code != SQLITE_ROW)
    fail(code, schema_.subject);
  const std::int64_t found = sqlite3_column_int64(statement.get(), 0);
  give_back(std::string(sql), std::move(statement));
  return found;
}

StatementHandle Connection::take(std::string_view sql) {
  if (const auto found = idle_.find(sql); found != idle_.end() && !found->second.empty()) {
    StatementHandle statement = std::move(found->second.back());
    found->second.pop_back();
    return statement;
  }
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) fail(code, schema_.subject);
  return StatementHandle(raw);
}

void Connection::give_back(const std::string& sql, StatementHandle statement) {
  sqlite3_reset(statement.get());
  sqlite3_clear_bindings(statement.get());
  idle_[sql].push_back(std::move(statement));
}

}  // namespace soda::store
