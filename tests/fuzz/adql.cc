// Any text as a query: refused with a sentence, or made into a statement that SQLite compiles,
// which depends on the text alone and holds nothing of it.
#include <sqlite3.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"
#include "store/adql_functions.h"
#include "store/database.h"
#include "store/obscore.h"
#include "tap/translate.h"
#include "target.h"

namespace {

using namespace soda;
using fuzz::require;

tap::TableColumn column_of(const Column& declared, const std::string& sql) {
  tap::TableColumn column;
  static_cast<Column&>(column) = declared;
  column.adql = tap::type_of(column);
  column.sql = sql;
  return column;
}

tap::Table obscore() {
  tap::Table table;
  table.schema = "ivoa";
  table.name = "obscore";
  table.source = "main.\"dataset\"";
  table.index = tap::PositionIndex{"main.\"sky3\"", "{}.\"id\"", "s_region", "s_ra", "s_dec"};
  for (const Column& declared : store::obscore_columns()) {
    table.columns.push_back(column_of(declared, "{}.\"" + declared.name + "\""));
    tap::TableColumn& column = table.columns.back();
    column.indexed = column.name == "obs_id";
    column.folded = column.name == "obs_publisher_did";
    if (column.name == "s_region") column.geometry = "{}.\"shape\"";
  }
  return table;
}

tap::Table upload() {
  tap::Table table;
  table.schema = "TAP_UPLOAD";
  table.name = "t";
  table.source = "temp.\"table1\"";
  table.order = "{}.\"rowid\"";
  table.columns = {
      column_of({"name", ColumnType::text, "char", "*", "", "", "", "", ""}, "{}.\"c1\""),
      column_of({"ra", ColumnType::real, "double", "", "", "deg", "", "", ""}, "{}.\"c2\""),
      column_of({"Ra", ColumnType::integer, "int", "", "", "", "", "", ""}, "{}.\"c3\""),
      column_of({"p", ColumnType::text, "double", "2", "point", "", "", "", ""}, "{}.\"c4\"")};
  return table;
}

const tap::Catalogue& catalogue() {
  static const tap::Catalogue made = [] {
    tap::Catalogue all;
    all.tables = {obscore(), upload()};
    return all;
  }();
  return made;
}

sqlite3* empty_archive() {
  static sqlite3* const made = [] {
    sqlite3* connection = nullptr;
    sqlite3_open(":memory:", &connection);
    store::register_adql_functions(connection);
    const std::string schema = store::archive_schema().sql();
    require(sqlite3_exec(connection, schema.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK &&
                sqlite3_exec(connection, "CREATE TEMP TABLE table1 (c1 TEXT, c2, c3, c4)", nullptr,
                             nullptr, nullptr) == SQLITE_OK,
            "the archive's schema can be made");
    return connection;
  }();
  return made;
}

void check_columns(const tap::Query& query) {
  std::set<std::string> names;
  for (const tap::OutputColumn& column : query.columns) {
    require(names.insert(to_lower(column.name)).second, "names of columns are unique");
    require(!column.datatype.empty(), "a column has a datatype");
  }
  require(!names.empty(), "an answer has columns");
  for (const tap::Table* table : query.tables) {
    const auto& tables = catalogue().tables;
    require(std::any_of(tables.begin(), tables.end(),
                        [&](const tap::Table& each) { return &each == table; }),
            "tables are the catalogue's");
  }
}

// One statement, with as many parameters as are bound and columns as are told.
void check_statement(const tap::Query& query) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(empty_archive(), query.sql.c_str(),
                                      static_cast<int>(query.sql.size()) + 1, &statement, &rest);
  require(code == SQLITE_OK, "what was made compiles");
  require(*rest == '\0', "it is one statement");
  require(sqlite3_bind_parameter_count(statement) == static_cast<int>(query.bindings.size()),
          "all parameters are bound");
  require(sqlite3_column_count(statement) == static_cast<int>(query.columns.size()),
          "it gives the columns that are told");
  require(sqlite3_stmt_readonly(statement) != 0, "it writes nothing");
  sqlite3_finalize(statement);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::survives({FailureKind::usage}, [&] {
    const tap::Query query = tap::translate(text, catalogue());
    require(query.sql == tap::translate(text, catalogue()).sql, "the same text gives the same SQL");
    check_columns(query);
    check_statement(query);
  });
  return 0;
}
