#include "store/adql_functions.h"

#include <array>
#include <set>
#include <string>

#include "store/connection.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

// SQLite's own that a statement may call, besides the operators' (match is that of adql_near). None
// of them takes long on one row: replace, instr, trim and glob can.
constexpr auto builtin = std::to_array<std::string_view>(
    {"abs",    "acos",    "asin",    "atan",     "atan2",      "cos",    "sin",
     "tan",    "degrees", "radians", "pi",       "avg",        "count",  "max",
     "min",    "sum",     "total",   "coalesce", "ifnull",     "iif",    "nullif",
     "length", "substr",  "random",  "match",    "row_number", "likely", "unlikely"});

constexpr std::array tables = {geometry_functions, number_functions, text_functions, cast_functions,
                               catalogued_functions};

const std::set<std::string_view>& names() {
  static const std::set<std::string_view> all = [] {
    std::set<std::string_view> made(builtin.begin(), builtin.end());
    for (const auto table : tables) {
      for (const SqlFunction& function : table()) made.insert(function.name);
    }
    made.insert("adql_near");
    made.insert("ivo_string_agg");
    return made;
  }();
  return all;
}

}  // namespace

void register_adql_functions(sqlite3* connection) {
  for (const auto table : tables) {
    for (const SqlFunction& function : table()) {
      const int code = sqlite3_create_function_v2(connection, function.name, function.arguments,
                                                  SQLITE_UTF8 | function.flags, nullptr,
                                                  function.call, nullptr, nullptr, nullptr);
      if (code != SQLITE_OK) fail(code);
    }
  }
  register_aggregates(connection);
  register_near(connection);
}

bool is_adql_function(std::string_view name) noexcept { return names().contains(name); }

}  // namespace soda::store
