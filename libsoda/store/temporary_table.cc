#include "store/temporary_table.h"

#include <fmt/format.h>

#include <set>

#include "base/failure.h"
#include "store/place.h"
#include "store/schema.h"

namespace soda::store {
namespace {

constexpr std::size_t most_columns = 1000;

int bind_cell(sqlite3_stmt* statement, int index, const Cell& cell) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
    int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
    // The row outlives the step, and bindings are cleared after it.
    int operator()(std::string_view text) const {
      return sqlite3_bind_text64(statement, index, text.data() == nullptr ? "" : text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
  };
  return std::visit(Binder{statement, index}, cell);
}

}  // namespace

TemporaryTable::Impl::Impl(sqlite3* connection, Guard& guard, Permission& permission, int number,
                           std::string_view said, std::span<const Column> columns,
                           const TableBounds& bounds)
    : connection_(connection),
      guard_(guard),
      permission_(permission),
      name_(fmt::format("table{}", number)),
      said_(said),
      bounds_(bounds) {
  if (columns.empty() || columns.size() > most_columns) {
    throw Failure(FailureKind::too_large, fmt::format("{} has {} columns; from 1 to {} are allowed",
                                                      said_, columns.size(), most_columns));
  }
  form.source = fmt::format("temp.\"{}\"", name_);
  form.position = position_of(columns);
  std::string declared, marks;
  std::set<std::string> readable;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    form.columns.push_back(fmt::format("c{}", i + 1));
    declared +=
        fmt::format("{}{} {}", i == 0 ? "" : ", ", form.columns.back(), sql_type(columns[i].type));
    marks += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 1);
    readable.insert(form.columns.back());
  }
  if (form.position.region) {
    form.shape = "shape";
    declared += ", shape BLOB";
    marks += fmt::format(", ?{}", columns.size() + 1);
    readable.insert(form.shape);
  }
  if (form.position.any()) form.rtree = fmt::format("temp.\"sky{}\"", number);
  execute(fmt::format("CREATE TABLE {} ({})", form.source, declared));
  permission_.allow("temp", name_, std::move(readable));
  insert_ = prepare(fmt::format("INSERT INTO {} VALUES ({})", form.source, marks));
}

StatementHandle TemporaryTable::Impl::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  guard_.enter();
  const int code =
      sqlite3_prepare_v2(connection_, sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr);
  StatementHandle statement(raw);
  require(code);
  return statement;
}

void TemporaryTable::Impl::require(int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  if ((code & 0xff) == SQLITE_TOOBIG) {
    throw Failure(FailureKind::too_large,
                  fmt::format("{} has a row of more than {} bytes, which is the limit", said_,
                              sqlite3_limit(connection_, SQLITE_LIMIT_LENGTH, -1)));
  }
  guard_.fail(code);
}

void TemporaryTable::Impl::run(sqlite3_stmt* statement) {
  guard_.enter();
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  require(code);
}

void TemporaryTable::Impl::execute(const std::string& sql) { run(prepare(sql).get()); }

void TemporaryTable::Impl::count(std::span<const Cell> row) {
  if (++rows_ > bounds_.rows) {
    throw Failure(FailureKind::too_large,
                  fmt::format("{} has more than {} rows, which is the limit", said_, bounds_.rows));
  }
  bytes_ += static_cast<std::int64_t>(8 * row.size());
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string_view>(&cell))
      bytes_ += static_cast<std::int64_t>(text->size());
  }
  if (bytes_ > bounds_.bytes) {
    throw Failure(
        FailureKind::too_large,
        fmt::format("{} holds more than {} bytes, which is the limit", said_, bounds_.bytes));
  }
}

void TemporaryTable::Impl::add(std::span<const Cell> row) {
  count(row);
  sqlite3_stmt* statement = insert_.get();
  const std::size_t width = std::min(row.size(), form.columns.size());
  for (std::size_t i = 0; i < width; ++i)
    require(bind_cell(statement, static_cast<int>(i) + 1, row[i]));
  Place place;
  if (form.position.region) {
    Position region;
    region.region = form.position.region;
    place = place_of(region, row);
    if (!place.shape.empty()) {
      require(sqlite3_bind_blob64(statement, static_cast<int>(form.columns.size()) + 1,
                                  place.shape.data(), place.shape.size(), SQLITE_STATIC));
    }
  }
  run(statement);
}

void TemporaryTable::Impl::index_for(std::string_view sql) {
  if (form.rtree.empty() || sql.find(form.rtree) == std::string_view::npos) return;
  const std::string tree = form.rtree.substr(std::string_view("temp.").size());
  execute(
      fmt::format("CREATE VIRTUAL TABLE {} USING rtree (id, x0, x1, y0, y1, z0, z1)", form.rtree));
  std::string list = "rowid";
  std::vector<std::size_t> read;
  for (const auto& column : {form.position.lon, form.position.lat, form.position.region}) {
    if (!column) continue;
    list += ", " + form.columns[*column];
    read.push_back(*column);
  }
  const StatementHandle rows = prepare(fmt::format("SELECT {} FROM {}", list, form.source));
  const StatementHandle put =
      prepare(fmt::format("INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", form.rtree));
  std::vector<Cell> cells(form.columns.size());
  guard_.enter();
  int code = sqlite3_step(rows.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
    for (int i = 0; const std::size_t column : read) cells[column] = cell_of(rows.get(), ++i);
    const Place place = place_of(form.position, cells);
    if (!place.box) continue;
    sqlite3_bind_int64(put.get(), 1, sqlite3_column_int64(rows.get(), 0));
    for (int k = 0; k < 3; ++k) {
      const auto axis = static_cast<std::size_t>(k);
      sqlite3_bind_double(put.get(), 2 + 2 * k, place.box->lo[axis]);
      sqlite3_bind_double(put.get(), 3 + 2 * k, place.box->hi[axis]);
    }
    run(put.get());
  }
  require(code);
  permission_.allow("temp", tree.substr(1, tree.size() - 2),
                    {"id", "x0", "x1", "y0", "y1", "z0", "z1"});
}

}  // namespace soda::store
