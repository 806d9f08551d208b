#include "tap/tap_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace soda::tap {
namespace {

constexpr std::string_view schema_name = "TAP_SCHEMA";

struct Declared {
  std::string_view name, datatype, description;
};

TableColumn column_of(const Declared& declared) {
  TableColumn column;
  const bool is_text = declared.datatype == "char" || declared.datatype == "unicodeChar";
  column.name = declared.name;
  column.type = is_text ? ColumnType::text : ColumnType::integer;
  column.datatype = declared.datatype;
  if (is_text) column.arraysize = "*";
  column.description = declared.description;
  column.adql = type_of(column);
  column.principal = true;
  column.standard = true;
  column.sql = fmt::format("{{}}.\"{}\"", declared.name);
  return column;
}

struct DeclaredKey {
  std::string_view from, target, to;
};

Table table_of(std::string_view name, std::string_view description,
               std::initializer_list<Declared> columns, std::initializer_list<DeclaredKey> keys) {
  Table table;
  table.schema = schema_name;
  table.name = name;
  table.description = description;
  for (const Declared& column : columns) table.columns.push_back(column_of(column));
  for (const DeclaredKey& key : keys) {
    table.keys.push_back({fmt::format("{}_{}_{}", name, key.from, key.target),
                          fmt::format("{}.{}", schema_name, key.target),
                          {{std::string(key.from), std::string(key.to)}},
                          "",
                          ""});
  }
  return table;
}

// TAP 1.1 sections 4.1 to 4.4. Descriptions may hold any letter.
std::vector<Table> declared_tables() {
  return {
      table_of("schemas", "Groups of tables",
               {{"schema_name", "char", "Name of the schema, as queries write it"},
                {"utype", "char", "UType of the schema"},
                {"description", "unicodeChar", "What it holds"},
                {"schema_index", "int", "Place in the order to show"}},
               {}),
      table_of("tables", "Tables that can be queried",
               {{"schema_name", "char", "Schema of the table"},
                {"table_name", "char", "Name of the table, as queries write it"},
                {"table_type", "char", "table or view"},
                {"utype", "char", "UType of the table"},
                {"description", "unicodeChar", "What it holds"},
                {"table_index", "int", "Place in the order to show"}},
               {{"schema_name", "schemas", "schema_name"}}),
      table_of("columns", "Columns of the tables",
               {{"table_name", "char", "Table of the column"},
                {"column_name", "char", "Name of the column, as queries write it"},
                {"datatype", "char", "Datatype as in VOTable"},
                {"arraysize", "char", "Size of arrays and texts as in VOTable"},
                {"xtype", "char", "Extended type as in VOTable"},
                {"size", "int", "Length of arrays and texts"},
                {"description", "unicodeChar", "What it holds"},
                {"utype", "char", "UType of the column"},
                {"unit", "char", "Unit as in VOUnits"},
                {"ucd", "char", "UCD of the column"},
                {"indexed", "int", "1: searches by the column are quick"},
                {"principal", "int", "1: of interest to most"},
                {"std", "int", "1: defined by a standard"},
                {"column_index", "int", "Place in the order to show"}},
               {{"table_name", "tables", "table_name"}}),
      table_of("keys", "Foreign keys between tables",
               {{"key_id", "char", "Identifier of the key"},
                {"from_table", "char", "Table that refers"},
                {"target_table", "char", "Table that is referred to"},
                {"description", "unicodeChar", "What it joins"},
                {"utype", "char", "UType of the key"}},
               {{"from_table", "tables", "table_name"}, {"target_table", "tables", "table_name"}}),
      table_of("key_columns", "Columns of foreign keys",
               {{"key_id", "char", "Identifier of the key"},
                {"from_column", "char", "Column of the table that refers"},
                {"target_column", "char", "Column of the table that is referred to"}},
               {{"key_id", "keys", "key_id"}}),
  };
}

// Rows as a list of values in SQL: literals are the catalogue's, with quotes doubled.
class Values {
 public:
  Values& text(std::string_view value) {
    if (value.empty()) return put("NULL");
    std::string literal = "'";
    for (const char c : value) literal.append(c == '\'' ? 2 : 1, c);
    return put(literal + "'");
  }
  Values& number(std::int64_t value) { return put(std::to_string(value)); }
  Values& number(const std::optional<std::int64_t>& value) {
    return value ? number(*value) : put("NULL");
  }
  void end_row() {
    rows_ += rows_.empty() ? "(" : ",\n(";
    rows_ += row_ + ")";
    row_.clear();
  }

  // A SELECT in parentheses whose columns are those of `table`. Without rows it has none.
  std::string source(const Table& table) const {
    std::string names, nothing;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      names +=
          fmt::format("{}column{} AS \"{}\"", i == 0 ? "" : ", ", i + 1, table.columns[i].name);
      nothing += i == 0 ? "NULL" : ", NULL";
    }
    return rows_.empty() ? fmt::format("(SELECT {} FROM (VALUES ({})) WHERE 0)", names, nothing)
                         : fmt::format("(SELECT {} FROM (VALUES {}))", names, rows_);
  }

 private:
  Values& put(std::string_view literal) {
    row_.append(row_.empty() ? "" : ", ").append(literal);
    return *this;
  }
  std::string rows_, row_;
};

// TAP 1.1 section 4.3: of one dimension and bounded.
std::optional<std::int64_t> size_of(std::string_view arraysize) {
  if (arraysize.ends_with('*')) arraysize.remove_suffix(1);
  return to_integer(arraysize);
}

Values schema_rows(const Catalogue& catalogue) {
  Values rows;
  std::int64_t index = 0;
  for (const Schema& schema : catalogue.schemas) {
    rows.text(identifier(schema.name)).text(schema.utype).text(schema.description).number(index++);
    rows.end_row();
  }
  return rows;
}

Values table_rows(const Catalogue& catalogue) {
  Values rows;
  std::int64_t index = 0;
  for (const Table& table : catalogue.tables) {
    rows.text(identifier(table.schema)).text(table_name(table)).text(table.kind);
    rows.text(table.utype).text(table.description).number(index++);
    rows.end_row();
  }
  return rows;
}

Values column_rows(const Catalogue& catalogue) {
  Values rows;
  for (const Table& table : catalogue.tables) {
    std::int64_t index = 0;
    for (const TableColumn& column : table.columns) {
      rows.text(table_name(table)).text(identifier(column.name)).text(column.datatype);
      rows.text(column.arraysize).text(column.xtype).number(size_of(column.arraysize));
      rows.text(column.description).text(column.utype).text(column.unit).text(column.ucd);
      rows.number(column.indexed).number(column.principal).number(column.standard);
      rows.number(index++);
      rows.end_row();
    }
  }
  return rows;
}

Values key_rows(const Catalogue& catalogue) {
  Values rows;
  for (const Table& table : catalogue.tables) {
    for (const ForeignKey& key : table.keys) {
      rows.text(key.id).text(table_name(table)).text(key.target);
      rows.text(key.description).text(key.utype);
      rows.end_row();
    }
  }
  return rows;
}

Values key_column_rows(const Catalogue& catalogue) {
  Values rows;
  for (const Table& table : catalogue.tables) {
    for (const ForeignKey& key : table.keys) {
      for (const auto& [from, to] : key.columns) {
        rows.text(key.id).text(identifier(from)).text(identifier(to));
        rows.end_row();
      }
    }
  }
  return rows;
}

// In the order of declared_tables().
constexpr Values (*row_makers[])(const Catalogue&) = {schema_rows, table_rows, column_rows,
                                                      key_rows, key_column_rows};

}  // namespace

void add_tap_schema(Catalogue& catalogue) {
  std::vector<Table> tables = declared_tables();
  const std::size_t count = tables.size();
  catalogue.schemas.insert(
      catalogue.schemas.begin(),
      {std::string(schema_name), "What can be queried here", "ivo://ivoa.net/std/TAP"});
  catalogue.tables.insert(catalogue.tables.begin(), std::make_move_iterator(tables.begin()),
                          std::make_move_iterator(tables.end()));
  // All are described before the first has its rows.
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < count; ++i) {
    sources.push_back(row_makers[i](catalogue).source(catalogue.tables[i]));
  }
  for (std::size_t i = 0; i < count; ++i) catalogue.tables[i].source = std::move(sources[i]);
}

}  // namespace soda::tap
