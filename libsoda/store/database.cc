#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/failure.h"
#include "store/connection.h"

namespace soda::store {
namespace {

using std::chrono::nanoseconds;

// A file's time stamp is that of a clock tick (up to 10 ms): what is younger than this may change
// again without a trace.
constexpr nanoseconds aged = std::chrono::milliseconds(100);
// However the files look, SQLite is asked this often while the -wal holds anything: a writer that
// is held up between its last write and telling it to readers (it waits for the disk there) is seen
// this late at most. (Asked by one who may not write the -shm file, SQLite always says that
// something has changed when no writer is there.)
constexpr nanoseconds longest_trust = std::chrono::milliseconds(500);

// How the data base's files look from outside: a commit writes to the -wal, a checkpoint to the
// file itself.
struct Look {
  struct File {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;  // absent
    std::int64_t mtime_ns = 0;
    bool operator==(const File&) const = default;
  };
  std::array<File, 2> files;
  bool operator==(const Look&) const = default;

  Look(const std::string& path, const std::string& wal_path) noexcept
      : files{look(path), look(wal_path)} {}

  // Then all that was ever committed is in the file itself.
  bool wal_is_empty() const noexcept { return files[1].size <= 0; }

  // No write after this look can leave the same look behind.
  bool is_aged() const noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    for (const File& file : files) {
      const nanoseconds age = now - nanoseconds(file.mtime_ns);
      if (file.size >= 0 && age < aged && age > -aged) return false;
    }
    return true;
  }

 private:
  static File look(const std::string& path) noexcept {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino, status.st_size,
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
  }
};

// What SQLite said, and how the files looked just before.
struct Answer {
  Look look;
  std::chrono::steady_clock::time_point asked;
  std::int64_t version;

  bool holds_for(const Look& now) const noexcept {
    return look == now &&
           (now.wal_is_empty() || std::chrono::steady_clock::now() - asked < longest_trust);
  }
};

// What PRAGMA synchronous is while one transaction lasts. In WAL mode, the wait for the disk that
// FULL asks for covers all that was committed before, too.
class Synchronous {
 public:
  Synchronous(Connection& connection, Durability durability)
      : connection_(connection), durability_(durability) {
    if (durability_ == Durability::machine) connection_.execute("PRAGMA synchronous = FULL");
  }
  ~Synchronous() {
    if (durability_ == Durability::machine)
      sqlite3_exec(connection_.handle(), "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
  }
  Synchronous(const Synchronous&) = delete;
  Synchronous& operator=(const Synchronous&) = delete;

 private:
  Connection& connection_;
  Durability durability_;
};

}  // namespace

struct Database::Impl {
  std::string path;
  std::string wal_path;
  Mode mode;
  const Schema& schema;
  std::shared_ptr<Connection> connection;
  std::int64_t openings = 0;
  bool in_transaction = false;
  std::optional<Answer> answer;      // of this connection, when it may be trusted
  std::optional<std::int64_t> seen;  // since the first of the glances
  int snapshots = 0;
  int glances = 0;

  // The connection to use now. Not exchanged within a transaction, nor while writing: ingest must
  // not change horses.
  Connection& ready() {
    const bool may_exchange = mode == Mode::read_only && !in_transaction && snapshots == 0;
    if (connection && may_exchange && !connection->current(path)) connection.reset();
    if (!connection) {
      answer.reset();
      connection = std::make_shared<Connection>(path, mode, schema);
      ++openings;
    }
    return *connection;
  }

  std::int64_t asked_version();

  // After an error that a fresh handle may not have (a file damaged and repaired, a disk gone and
  // back), readers start over.
  [[noreturn]] void give_up(int code) {
    const int primary = code & 0xff;
    if (mode == Mode::read_only &&
        (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_IOERR)) {
      connection.reset();
    }
    fail(code, schema.subject);
  }
};

Database::Database(const std::string& path, Mode mode, const Schema& schema)
    : impl_(new Impl{.path = path,
                     .wal_path = path + "-wal",
                     .mode = mode,
                     .schema = schema,
                     .connection = nullptr,
                     .answer = std::nullopt,
                     .seen = std::nullopt}) {
  if (mode == Mode::read_write) impl_->ready();
}

Database::~Database() = default;

std::int64_t Database::data_version() {
  if (impl_->glances == 0) return impl_->asked_version();
  if (!impl_->seen) impl_->seen = impl_->asked_version();
  return *impl_->seen;
}

Glance::Glance(Database& database) : database_(database) { ++database_.impl_->glances; }

Glance::~Glance() {
  if (--database_.impl_->glances == 0) database_.impl_->seen.reset();
}

// To ask SQLite costs a transaction, and a reader that may not write the -shm file builds an index
// of the -wal for each (30 to 110 microseconds); to look at the files costs two calls of stat.
std::int64_t Database::Impl::asked_version() {
  const Look look(path, wal_path);
  if (connection && answer && answer->holds_for(look)) {
    return answer->version;
  }
  answer.reset();
  Connection& open = ready();
  constexpr std::string_view sql = "PRAGMA data_version";
  StatementHandle statement = open.take(sql);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_ROW) {
    statement.reset();
    give_up(code);
  }
  // SQLite counts per connection, in 32 bits: numbers of different openings must differ.
  const std::int64_t version = (openings << 32) + sqlite3_column_int64(statement.get(), 0);
  open.give_back(std::string(sql), std::move(statement));
  if (look.is_aged()) answer = Answer{look, std::chrono::steady_clock::now(), version};
  return version;
}

void Database::transaction(const std::function<void()>& work, Durability durability) {
  if (impl_->in_transaction || impl_->snapshots > 0)
    throw Failure(FailureKind::internal, "A transaction was begun within another.");
  const std::shared_ptr<Connection> connection = (impl_->ready(), impl_->connection);
  const Synchronous synchronous(*connection, durability);
  connection->execute(impl_->mode == Mode::read_write ? "BEGIN IMMEDIATE" : "BEGIN");
  impl_->in_transaction = true;
  try {
    work();
    connection->execute("COMMIT");
    impl_->in_transaction = false;
  } catch (...) {
    impl_->in_transaction = false;
    // Fails only when SQLite has rolled back already.
    sqlite3_exec(connection->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

Snapshot::Snapshot(Database& database) : database_(database) {
  Database::Impl& impl = *database.impl_;
  if (impl.snapshots == 0 && !impl.in_transaction) impl.ready().run("BEGIN");
  ++impl.snapshots;
}

Snapshot::~Snapshot() {
  Database::Impl& impl = *database_.impl_;
  if (--impl.snapshots > 0 || impl.in_transaction || !impl.connection) return;
  // Nothing was written, so there is nothing to fail but the end of a read.
  impl.connection->commit();
}

std::int64_t Database::schema_version() {
  Statement statement = prepare("PRAGMA schema_version");
  statement.step();
  return statement.integer(0);
}

std::string Database::check() {
  try {
    Statement statement = prepare("PRAGMA quick_check(1)");
    return statement.step() ? std::string(statement.text(0)) : "no answer";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

FileDescriptor Database::claim() {
  const std::string name = impl_->path + "-ingest";
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file)
    throw Failure(FailureKind::unavailable,
                  "The lock file beside the archive's data base cannot be made.");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Failure(FailureKind::unavailable,
                  "Another ingest is writing to this archive; try again when it has ended.");
  }
  return file;
}

struct Statement::Impl {
  Database::Impl*
      owner;  // outlives its statements (they are locals of the functions that use the Database)
  std::shared_ptr<Connection> connection;
  std::string sql;
  StatementHandle handle;

  void need(int code) {
    if (code != SQLITE_OK) fail(code, owner->schema.subject);
  }
};

Statement Database::prepare(std::string_view sql) {
  Connection& connection = impl_->ready();
  auto statement = std::make_unique<Statement::Impl>();
  statement->owner = impl_.get();
  statement->handle = connection.take(sql);
  statement->connection = impl_->connection;
  statement->sql = sql;
  return Statement(std::move(statement));
}

Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement::~Statement() {
  if (impl_) impl_->connection->give_back(impl_->sql, std::move(impl_->handle));
}

Statement& Statement::bind(int index, std::int64_t value) {
  impl_->need(sqlite3_bind_int64(impl_->handle.get(), index, value));
  return *this;
}
Statement& Statement::bind(int index, double value) {
  impl_->need(sqlite3_bind_double(impl_->handle.get(), index, value));
  return *this;
}
Statement& Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, which an empty view may hold.
  const char* data = value.data() == nullptr ? "" : value.data();
  impl_->need(sqlite3_bind_text64(impl_->handle.get(), index, data, value.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
  return *this;
}
Statement& Statement::bind_blob(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  impl_->need(
      sqlite3_bind_blob64(impl_->handle.get(), index, data, value.size(), SQLITE_TRANSIENT));
  return *this;
}
Statement& Statement::bind_null(int index) {
  impl_->need(sqlite3_bind_null(impl_->handle.get(), index));
  return *this;
}
Statement& Statement::bind(int index, const std::optional<double>& value) {
  return value ? bind(index, *value) : bind_null(index);
}
Statement& Statement::bind(int index, const std::optional<std::int64_t>& value) {
  return value ? bind(index, *value) : bind_null(index);
}

Statement& Statement::reset() {
  sqlite3_reset(impl_->handle.get());  // tells once more what step() has told
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(impl_->handle.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(impl_->handle.get());
  impl_->owner->give_up(code);
}
void Statement::run() {
  while (step()) {
  }
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(impl_->handle.get(), column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(impl_->handle.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(impl_->handle.get(), column);
}
std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(impl_->handle.get(), column);
  const int size = sqlite3_column_bytes(impl_->handle.get(), column);
  return data == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(data),
                                            static_cast<std::size_t>(size));
}
std::string_view Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(impl_->handle.get(), column);
  const int size = sqlite3_column_bytes(impl_->handle.get(), column);
  return data == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

}  // namespace soda::store
