#include "store/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"
#include "store/indexed.h"
#include "store/obscore.h"
#include "store/schema.h"

namespace soda::store {
namespace {

// Of the table, what SQLite calls a row's number, and what answers add.
constexpr std::array<std::string_view, 6> taken = {"id", "file", "hdu", "rowid", "oid", "preview"};

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_name(const std::string& name) {
  if (!is_column_name(name)) {
    throw Failure(FailureKind::usage,
                  fmt::format("\"{}\" is no name for a column: at most {} lower-case letters, "
                              "digits and _, the first a letter",
                              quoted(name), longest_column_name));
  }
  const auto standard = obscore_columns();
  if (is_among(taken, name) || is_among(hidden_columns, name) ||
      std::any_of(standard.begin(), standard.end(),
                  [&](const ObsCoreColumn& column) { return column.name == name; })) {
    throw Failure(FailureKind::usage, fmt::format("there is a column \"{}\" already", name));
  }
}

}  // namespace

std::optional<Value> value_of(ColumnType type, std::string_view text) {
  if (text.empty()) return std::optional<Value>(std::in_place);
  if (type == ColumnType::text) return Value(std::string(text));
  if (type == ColumnType::integer) {
    const auto number = to_integer(text);
    return number ? std::optional<Value>(*number) : std::nullopt;
  }
  const auto number = to_double(text);
  return number ? std::optional<Value>(*number) : std::nullopt;
}

Column column_in(const Statement& row) {
  Column column;
  column.name = row.text(0);
  column.type = static_cast<ColumnType>(std::clamp<std::int64_t>(row.integer(1), 0, 2));
  int index = 2;
  for (std::string* text : {&column.datatype, &column.arraysize, &column.xtype, &column.unit,
                            &column.ucd, &column.utype, &column.description})
    *text = row.text(index++);
  return column;
}

void bind_column(Statement& row, int index, const Column& column) {
  row.bind(index, std::string_view(column.name));
  row.bind(index + 1, static_cast<std::int64_t>(column.type));
  index += 2;
  for (const std::string* text : {&column.datatype, &column.arraysize, &column.xtype, &column.unit,
                                  &column.ucd, &column.utype, &column.description})
    row.bind(index++, std::string_view(*text));
}

std::vector<Column> own_columns(Database& database) {
  Statement row = database.prepare(
      "SELECT name, type, datatype, arraysize, xtype, unit, ucd, utype, description "
      "FROM own_column ORDER BY position");
  std::vector<Column> columns;
  while (row.step()) {
    columns.push_back(column_in(row));
    const Column& column = columns.back();
    // It becomes part of statements.
    if (!is_column_name(column.name)) {
      throw Failure(FailureKind::unavailable,
                    "The archive's data base is damaged: a column has no proper name.");
    }
  }
  return columns;
}

std::vector<Column> all_columns(Database& database) {
  const auto standard = obscore_columns();
  std::vector<Column> columns(standard.begin(), standard.end());
  std::vector<Column> own = own_columns(database);
  columns.insert(columns.end(), std::make_move_iterator(own.begin()),
                 std::make_move_iterator(own.end()));
  return columns;
}

bool is_indexed_column(std::string_view name) { return is_among(indexed_columns, name); }

void declare_columns(Database& database, const std::vector<Column>& declared) {
  std::vector<Column> present = own_columns(database);
  for (const Column& column : declared) {
    check_name(column.name);
    const auto before = std::find_if(present.begin(), present.end(), [&](const Column& other) {
      return other.name == column.name;
    });
    if (before == present.end()) {
      database
          .prepare(fmt::format("ALTER TABLE dataset ADD COLUMN {} {}", column.name,
                               sql_type(column.type)))
          .run();
      present.push_back(column);
    } else if (before->type != column.type) {
      throw Failure(FailureKind::usage,
                    fmt::format("the column \"{}\" is in the data base with another type; ingest "
                                "anew into a new data base, or choose another name",
                                column.name));
    }
    Statement row = database.prepare(
        "INSERT INTO own_column (name, type, datatype, arraysize, xtype, unit, ucd, utype, "
        "description) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO UPDATE SET "
        "datatype = excluded.datatype, arraysize = excluded.arraysize, xtype = excluded.xtype, "
        "unit = excluded.unit, ucd = excluded.ucd, utype = excluded.utype, "
        "description = excluded.description");
    bind_column(row, 1, column);
    row.run();
  }
}

}  // namespace soda::store
