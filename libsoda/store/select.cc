#include "store/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "store/adql_functions.h"
#include "store/connection.h"
#include "store/guard.h"
#include "store/permission.h"
#include "store/published.h"
#include "store/scratch_files.h"
#include "store/temporary_table.h"

namespace soda::store {
namespace {

struct Limit {
  int what, most;
};
// Of statements and values; the rest is as SQLite was built.
constexpr std::array limits = {
    Limit{SQLITE_LIMIT_LENGTH, longest_value},
    Limit{SQLITE_LIMIT_SQL_LENGTH, 8 << 20},
    Limit{SQLITE_LIMIT_ATTACHED, 0},
    Limit{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    Limit{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4096},
    Limit{SQLITE_LIMIT_WORKER_THREADS, 0},
    Limit{SQLITE_LIMIT_VARIABLE_NUMBER, 250'000},
    Limit{SQLITE_LIMIT_VDBE_OP, 10'000'000},
};

struct Prepared {
  std::string sql;
  StatementHandle statement;
};
// One or none; a list, so that it changes hands without failing.
using OnePrepared = std::list<Prepared>;

// Statements for those who ask the same of other values, the last used first: to compile one takes
// longer than to run it.
class KeptStatements {
 public:
  OnePrepared take(std::string_view sql) {
    OnePrepared taken;
    const auto found = std::ranges::find(kept_, sql, &Prepared::sql);
    if (found != kept_.end()) taken.splice(taken.begin(), kept_, found);
    return taken;
  }
  void keep(OnePrepared one) noexcept {
    sqlite3_reset(one.front().statement.get());
    sqlite3_clear_bindings(one.front().statement.get());
    if (one.front().sql.size() > longest) return;
    kept_.splice(kept_.begin(), one);
    if (kept_.size() > most) kept_.pop_back();
  }
  void clear() noexcept { kept_.clear(); }

 private:
  static constexpr std::size_t most = 32, longest = 8192;  // statements, bytes of one's text
  std::list<Prepared> kept_;
};

}  // namespace

// A connection and what is hung on it, in the order of their making.
struct Selector::Impl {
  struct Desk {
    Desk(const std::string& path, const ScratchFiles& files)
        : connection(path, Database::Mode::read_only, archive_schema(), files.name()),
          permission(connection.handle()) {
      sqlite3* handle = connection.handle();
      sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
      sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
      sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
      register_adql_functions(handle);
      for (const Limit& limit : limits) sqlite3_limit(handle, limit.what, limit.most);
      // Makes the table, which is not to be made any more when permission is asked.
      connection.execute("SELECT 1 FROM json_each('[]')");
      connection.execute("PRAGMA temp_store = FILE");
      connection.execute("PRAGMA cache_size = -8192");
      connection.execute("PRAGMA temp.cache_size = -8192");
    }
    Connection connection;
    Permission permission;
    KeptStatements statements;        // which had permission
    std::int64_t schema_cookie = -1;  // of the published tables that `permission` knows
  };

  // The connection for the next Inquiry.
  Desk& ready() {
    if (desk && !desk->connection.current(path)) desk.reset();
    if (!desk) desk = std::make_unique<Desk>(path, files);
    return *desk;
  }

  std::string path;
  ScratchFiles files;
  std::unique_ptr<Desk> desk;
  bool busy = false;
};

Selector::Selector(std::string path) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
}
Selector::~Selector() = default;

namespace {

// The one turn of an Inquiry on its Selector: a transaction.
class Turn {
 public:
  explicit Turn(Selector::Impl& selector) : selector_(selector), desk_(begin(selector)) {}
  ~Turn() {
    selector_.busy = false;
    desk_.permission.enforce(false);
    // Temporary tables go with the connection: nothing of theirs is left, on disk neither.
    if (spent_ || !desk_.connection.commit()) selector_.desk.reset();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Selector::Impl::Desk& desk() noexcept { return desk_; }
  void spend() noexcept { spent_ = true; }

 private:
  static Selector::Impl::Desk& begin(Selector::Impl& selector) {
    if (selector.busy) throw Failure(FailureKind::internal, "An inquiry was begun within another.");
    Selector::Impl::Desk& desk = selector.ready();
    try {
      begin(desk);
    } catch (...) {
      selector.desk.reset();
      throw;
    }
    selector.busy = true;
    return desk;
  }
  // Reading the number of the schema begins the snapshot.
  static void begin(Selector::Impl::Desk& desk) {
    Connection& connection = desk.connection;
    connection.run("BEGIN");
    const std::int64_t cookie = connection.number("PRAGMA main.schema_version");
    if (cookie == desk.schema_cookie) return;
    desk.statements.clear();
    publish(connection, desk.permission);
    desk.schema_cookie = cookie;
  }

  Selector::Impl& selector_;
  Selector::Impl::Desk& desk_;
  bool spent_ = false;
};

int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t number) const {
      return sqlite3_bind_int64(statement, index, number);
    }
    int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
    int operator()(const std::string& text) const {
      return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    }
  };
  return std::visit(Binder{statement, index}, value);
}

}  // namespace

struct Inquiry::Impl {
  Impl(Selector::Impl& selector, Guards guards)
      : turn(selector),
        files(selector.files),
        guard(turn.desk().connection.handle(), std::move(guards)) {
    files.allow(guard.guards().scratch);
  }
  // Those that read temporary tables end with them.
  ~Impl() {
    if (!prepared.empty() && tables.empty()) turn.desk().statements.keep(std::move(prepared));
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  sqlite3* handle() { return turn.desk().connection.handle(); }

  void select(std::string_view sql, std::span<const Value> bindings) {
    if (!prepared.empty()) throw Failure(FailureKind::internal, "An inquiry takes one statement.");
    for (const auto& table : tables) table->index_for(sql);
    if (tables.empty()) prepared = turn.desk().statements.take(sql);
    if (prepared.empty()) prepare(sql);
    statement = prepared.front().statement.get();
    for (std::size_t i = 0; i < bindings.size(); ++i) {
      const int code = bind_value(statement, static_cast<int>(i) + 1, bindings[i]);
      if (code != SQLITE_OK) guard.fail(code);
    }
    cells.resize(static_cast<std::size_t>(sqlite3_column_count(statement)));
  }

  void prepare(std::string_view sql) {
    Permission& permission = turn.desk().permission;
    permission.enforce(true);
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    guard.enter();
    const int code =
        sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), 0, &raw, &rest);
    permission.enforce(false);
    StatementHandle made(raw);
    if (code == SQLITE_AUTH) {
      throw Failure(FailureKind::internal, "The statement made of the query asks for " +
                                               permission.refused() + ", which is not published.");
    }
    if (code != SQLITE_OK) guard.fail(code);
    const std::string_view tail(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
    if (raw == nullptr || !trim(tail).empty() || sqlite3_stmt_readonly(raw) == 0 ||
        sqlite3_stmt_isexplain(raw) != 0 || sqlite3_column_count(raw) == 0)
      throw Failure(FailureKind::internal, "What was made of the query is not one SELECT.");
    prepared.push_front({std::string(sql), std::move(made)});
  }

  bool next() {
    if (statement == nullptr) return false;
    guard.enter();
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      int column = 0;
      for (Cell& cell : cells) cell = cell_of(statement, column++);
      return true;
    }
    statement = nullptr;
    if (code != SQLITE_DONE) guard.fail(code);
    return false;
  }

  Turn turn;
  ScratchFiles& files;
  Guard guard;
  std::vector<std::unique_ptr<TemporaryTable::Impl>> tables;
  OnePrepared prepared;
  sqlite3_stmt* statement = nullptr;  // while it runs
  std::vector<Cell> cells;
};

Inquiry::Inquiry(Selector& selector, Guards guards)
    : impl_(std::make_unique<Impl>(*selector.impl_, std::move(guards))) {}
Inquiry::~Inquiry() = default;

std::int64_t Inquiry::schema_version() const noexcept { return impl_->turn.desk().schema_cookie; }

TemporaryTable Inquiry::make_table(std::string_view name, std::span<const Column> columns,
                                   const TableBounds& bounds) {
  impl_->turn.spend();
  const int number = static_cast<int>(impl_->tables.size()) + 1;
  impl_->tables.push_back(std::make_unique<TemporaryTable::Impl>(
      impl_->handle(), impl_->guard, impl_->turn.desk().permission, number, name, columns, bounds));
  return TemporaryTable(*impl_->tables.back());
}

void Inquiry::select(std::string_view sql, std::span<const Value> bindings) {
  impl_->select(sql, bindings);
}
std::size_t Inquiry::width() const noexcept { return impl_->cells.size(); }
bool Inquiry::next() { return impl_->next(); }
std::span<const Cell> Inquiry::row() const noexcept { return impl_->cells; }

const TableForm& TemporaryTable::form() const noexcept { return impl_->form; }
void TemporaryTable::add(std::span<const Cell> row) { impl_->add(row); }

}  // namespace soda::store
