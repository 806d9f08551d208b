#include "store/own_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/failure.h"
#include "base/text.h"
#include "store/columns.h"
#include "store/place.h"
#include "store/schema.h"

namespace soda::store {
namespace {

constexpr std::size_t most_columns = 1000, longest_name = 128, batch_rows = 10'000;
constexpr std::size_t batch_bytes = std::size_t{32} << 20;

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, sentence);
}

bool is_shown_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && is_utf8(name) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

void check(const DeclaredTable& table) {
  if (const std::string defect = defect_of_table_name(table.name); !defect.empty())
    refuse(fmt::format("the table \"{}\" cannot have that name: {}", quoted(table.name), defect));
  if (table.columns.empty() || table.columns.size() > most_columns) {
    refuse(fmt::format("the table {} has {} columns; from 1 to {} are allowed", table.name,
                       table.columns.size(), most_columns));
  }
  std::set<std::string> names;
  for (const DeclaredColumn& column : table.columns) {
    if (!is_shown_name(column.name)) {
      refuse(fmt::format("\"{}\" is no name for a column: at most {} bytes of printable text",
                         quoted(column.name), longest_name));
    }
    if (!names.insert(to_lower(column.name)).second)
      refuse(fmt::format("the table {} has two columns \"{}\"", table.name, quoted(column.name)));
  }
  for (const DeclaredKey& key : table.keys) {
    for (const auto& [from, to] : key.columns) {
      if (!names.contains(to_lower(from)))
        refuse(fmt::format("a key of the table {} names the column \"{}\", which it does not have",
                           table.name, quoted(from)));
    }
  }
}

// "from to from to": names in keys are is_column_name, checked by the settings.
std::string pairs_text(const DeclaredKey& key) {
  std::string text;
  for (const auto& [from, to] : key.columns)
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", from, to);
  return text;
}

std::string table_of(std::int64_t id) { return fmt::format("own{}", id); }
std::string tree_of(std::int64_t id) { return fmt::format("own_sky{}", id); }

TableForm form_of(std::int64_t id, std::size_t columns, const Position& position) {
  TableForm form;
  form.source = fmt::format("main.\"{}\"", table_of(id));
  for (std::size_t i = 1; i <= columns; ++i) form.columns.push_back(fmt::format("c{}", i));
  form.position = position;
  if (position.any()) form.rtree = fmt::format("main.\"{}\"", tree_of(id));
  if (position.region) form.shape = "shape";
  return form;
}

void run(Database& database, const std::string& sql) { database.prepare(sql).run(); }

void drop(Database& database, std::int64_t id) {
  run(database, "DROP TABLE IF EXISTS " + tree_of(id));
  run(database, "DROP TABLE IF EXISTS " + table_of(id));
  for (const char* table : {"own_table_key", "own_table_column"}) {
    database.prepare(fmt::format("DELETE FROM {} WHERE own_table = ?1", table)).bind(1, id).run();
  }
  database.prepare("DELETE FROM own_table WHERE id = ?1").bind(1, id).run();
}

std::vector<std::int64_t> numbers(Database& database, std::string_view condition,
                                  std::string_view name = {}) {
  Statement row = database.prepare(fmt::format("SELECT id FROM own_table WHERE {}", condition));
  if (!name.empty()) row.bind(1, name);
  std::vector<std::int64_t> found;
  while (row.step()) found.push_back(row.integer(0));
  return found;
}

std::vector<DeclaredColumn> columns_of(Database& database, std::int64_t id) {
  Statement row = database.prepare(
      "SELECT name, type, datatype, arraysize, xtype, unit, ucd, utype, description, indexed, "
      "principal FROM own_table_column WHERE own_table = ?1 ORDER BY position");
  row.bind(1, id);
  std::vector<DeclaredColumn> columns;
  while (row.step()) {
    DeclaredColumn& column = columns.emplace_back();
    static_cast<Column&>(column) = column_in(row);
    column.indexed = row.integer(9) != 0;
    column.principal = row.integer(10) != 0;
  }
  return columns;
}

std::vector<DeclaredKey> keys_of(Database& database, std::int64_t id) {
  Statement row = database.prepare(
      "SELECT target, pairs, description FROM own_table_key WHERE own_table = ?1 ORDER BY "
      "position");
  row.bind(1, id);
  std::vector<DeclaredKey> keys;
  while (row.step()) {
    DeclaredKey& key = keys.emplace_back();
    key.target = row.text(0);
    key.description = row.text(2);
    const auto words = split_blanks(row.text(1));
    for (std::size_t i = 0; i + 1 < words.size(); i += 2)
      key.columns.emplace_back(words[i], words[i + 1]);
  }
  return keys;
}

void bind_cell(Statement& statement, int index, const Cell& cell) {
  struct Binder {
    Statement& statement;
    int index;
    void operator()(std::monostate) const { statement.bind_null(index); }
    void operator()(std::int64_t value) const { statement.bind(index, value); }
    void operator()(double value) const { statement.bind(index, value); }
    void operator()(std::string_view value) const { statement.bind(index, value); }
  };
  std::visit(Binder{statement, index}, cell);
}

std::optional<std::int64_t> number_of(const std::optional<std::size_t>& column) {
  if (!column) return std::nullopt;
  return static_cast<std::int64_t>(*column) + 1;
}

}  // namespace

std::vector<OwnTable> own_tables(Database& database) {
  Statement row = database.prepare(
      "SELECT id, name, description, utype, lon, lat, region FROM own_table WHERE name IS NOT NULL "
      "ORDER BY name");
  std::vector<OwnTable> tables;
  while (row.step()) {
    OwnTable& table = tables.emplace_back();
    const std::int64_t id = row.integer(0);
    table.name = row.text(1);
    table.description = row.text(2);
    table.utype = row.text(3);
    table.columns = columns_of(database, id);
    table.keys = keys_of(database, id);
    const auto column = [&](int index) -> std::optional<std::size_t> {
      const std::int64_t number = row.integer(index);
      if (number < 1 || number > static_cast<std::int64_t>(table.columns.size())) return {};
      return static_cast<std::size_t>(number - 1);
    };
    table.form = form_of(id, table.columns.size(), Position{column(4), column(5), column(6)});
  }
  return tables;
}

struct OwnTableWriter::Impl {
  Impl(Database& of, const DeclaredTable& table)
      : database(of), claim(of.claim()), declared(table), position(position_of(plain(table))) {
    database.transaction([&] {
      // Left behind by an import that was killed.
      for (const std::int64_t unfinished : numbers(database, "name IS NULL"))
        drop(database, unfinished);
      make();
    });
  }

  static std::vector<Column> plain(const DeclaredTable& table) {
    return {table.columns.begin(), table.columns.end()};
  }

  void make() {
    {
      Statement row = database.prepare(
          "INSERT INTO own_table (description, utype, lon, lat, region) VALUES (?1, ?2, ?3, ?4, "
          "?5) RETURNING id");
      row.bind(1, std::string_view(declared.description)).bind(2, std::string_view(declared.utype));
      row.bind(3, number_of(position.lon)).bind(4, number_of(position.lat));
      row.bind(5, number_of(position.region));
      row.step();
      id = row.integer(0);
      row.run();
    }
    std::string list, marks;
    for (std::size_t i = 0; i < declared.columns.size(); ++i) {
      list +=
          fmt::format("{}c{} {}", i == 0 ? "" : ", ", i + 1, sql_type(declared.columns[i].type));
      marks += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 1);
      declare(i);
    }
    declare_keys();
    if (position.region) {
      list += ", shape BLOB";
      marks += fmt::format(", ?{}", declared.columns.size() + 1);
    }
    run(database, fmt::format("CREATE TABLE {} ({})", table_of(id), list));
    insert = fmt::format("INSERT INTO {} VALUES ({}) RETURNING rowid", table_of(id), marks);
    if (!position.any()) return;
    run(database, fmt::format("CREATE VIRTUAL TABLE {} USING rtree (id, x0, x1, y0, y1, z0, z1)",
                              tree_of(id)));
    insert_box = fmt::format("INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", tree_of(id));
  }

  void declare(std::size_t i) {
    const DeclaredColumn& column = declared.columns[i];
    Statement row = database.prepare(
        "INSERT INTO own_table_column VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
        "?13)");
    row.bind(1, id).bind(2, static_cast<std::int64_t>(i) + 1);
    bind_column(row, 3, column);
    row.bind(12, std::int64_t{column.indexed}).bind(13, std::int64_t{column.principal});
    row.run();
  }

  void declare_keys() {
    std::int64_t number = 0;
    for (const DeclaredKey& key : declared.keys) {
      Statement row = database.prepare("INSERT INTO own_table_key VALUES (?1, ?2, ?3, ?4, ?5)");
      row.bind(1, id).bind(2, ++number).bind(3, std::string_view(key.target));
      row.bind(4, std::string_view(pairs_text(key))).bind(5, std::string_view(key.description));
      row.run();
    }
  }

  // Copies, because the text of a row lives until the next only.
  void add(std::span<const Cell> cells) {
    Row& row = rows.emplace_back();
    bytes += sizeof(Row) + declared.columns.size() * sizeof(Value);
    row.cells.reserve(declared.columns.size());
    for (const Cell& cell : cells.first(std::min(cells.size(), declared.columns.size()))) {
      if (const auto* text = std::get_if<std::string_view>(&cell)) {
        bytes += text->size();
        row.cells.emplace_back(std::string(*text));
      } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
        row.cells.emplace_back(*whole);
      } else if (const auto* real = std::get_if<double>(&cell)) {
        row.cells.emplace_back(*real);
      } else {
        row.cells.emplace_back();
      }
    }
    row.place = place_of(position, cells);
    bytes += row.place.shape.size();
    if (row.place.box) row.order = sky::hilbert_order(middle_of(*row.place.box));
    if (rows.size() >= batch_rows || bytes >= batch_bytes) write();
  }

  static sky::Direction middle_of(const sky::Box& box) {
    return sky::Direction::from_vector(box.lo[0] + box.hi[0], box.lo[1] + box.hi[1],
                                       box.lo[2] + box.hi[2]);
  }

  void write() {
    if (position.any()) std::ranges::stable_sort(rows, {}, &Row::order);
    database.transaction([&] {
      for (const Row& row : rows) put(row);
    });
    rows.clear();
    bytes = 0;
  }

  struct Row;
  void put(const Row& row) {
    Statement statement = database.prepare(insert);
    int index = 1;
    for (const Value& value : row.cells) bind_cell(statement, index++, cell_of(value));
    if (position.region && !row.place.shape.empty()) {
      statement.bind_blob(static_cast<int>(declared.columns.size()) + 1, row.place.shape);
    }
    statement.step();
    const std::int64_t number = statement.integer(0);
    statement.run();
    if (!row.place.box) return;
    Statement box = database.prepare(insert_box);
    box.bind(1, number);
    for (std::size_t k = 0; k < 3; ++k) {
      const int at = 2 + 2 * static_cast<int>(k);
      box.bind(at, row.place.box->lo[k]).bind(at + 1, row.place.box->hi[k]);
    }
    box.run();
  }

  static Cell cell_of(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return {};
  }

  void finish() {
    write();
    database.transaction([&] {
      for (std::size_t i = 0; i < declared.columns.size(); ++i) {
        if (!declared.columns[i].indexed) continue;
        run(database, fmt::format("CREATE INDEX own{0}_c{1} ON own{0} (c{1})", id, i + 1));
      }
      for (const std::int64_t old : numbers(database, "name = ?1", declared.name))
        drop(database, old);
      database.prepare("UPDATE own_table SET name = ?1 WHERE id = ?2")
          .bind(1, std::string_view(declared.name))
          .bind(2, id)
          .run();
    });
    finished = true;
  }

  struct Row {
    std::vector<Value> cells;
    Place place;
    std::uint64_t order = 0;
  };

  Database& database;
  FileDescriptor claim;
  DeclaredTable declared;
  Position position;
  std::int64_t id = 0;
  std::string insert, insert_box;
  std::vector<Row> rows;
  std::size_t bytes = 0;
  bool finished = false;
};

OwnTableWriter::OwnTableWriter(Database& database, const DeclaredTable& declared)
    : impl_((check(declared), std::make_unique<Impl>(database, declared))) {}

OwnTableWriter::~OwnTableWriter() {
  if (!impl_ || impl_->finished) return;
  try {
    impl_->database.transaction([&] { drop(impl_->database, impl_->id); });
  } catch (const Failure&) {
    // The next import drops it: it has no name.
    impl_->rows.clear();
  }
}

void OwnTableWriter::add(std::span<const Cell> row) { impl_->add(row); }
void OwnTableWriter::finish() { impl_->finish(); }

bool drop_own_table(Database& database, std::string_view name) {
  const FileDescriptor claim = database.claim();
  bool found = false;
  database.transaction([&] {
    for (const std::int64_t id : numbers(database, "name = ?1", name)) {
      drop(database, id);
      found = true;
    }
  });
  return found;
}

}  // namespace soda::store
