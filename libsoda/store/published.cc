#include "store/published.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "store/obscore.h"

namespace soda::store {
namespace {

// Beside ObsCore's: the row's number, its geometry, and whether there is a file.
constexpr std::array<std::string_view, 3> more = {"id", "shape", "file"};
const std::set<std::string> tree_columns = {"id", "x0", "x1", "y0", "y1", "z0", "z1"};

// Calls `each` with every row of the statement.
template <class Each>
void for_rows(Connection& connection, std::string_view sql, const Each& each) {
  StatementHandle statement = connection.take(sql);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) each(statement.get());
  if (code != SQLITE_DONE) fail(code);
  connection.give_back(std::string(sql), std::move(statement));
}

// SQLite prepares statements of the tree's own, reading and writing its tables, when the tree is
// used first: before anything is refused.
void allow_tree(Connection& connection, Permission& permission, const std::string& name) {
  for_rows(connection, fmt::format("SELECT id FROM main.\"{}\" LIMIT 0", name),
           [](sqlite3_stmt*) {});
  permission.allow("main", name, tree_columns);
}

}  // namespace

void publish(Connection& connection, Permission& permission) {
  permission.forget("main");
  std::set<std::string> columns(more.begin(), more.end());
  for (const ObsCoreColumn& column : obscore_columns()) columns.insert(column.name);
  for_rows(connection, "SELECT name FROM own_column", [&](sqlite3_stmt* row) {
    columns.insert(reinterpret_cast<const char*>(sqlite3_column_text(row, 0)));
  });
  permission.allow("main", "dataset", std::move(columns));
  allow_tree(connection, permission, "sky3");
  std::vector<std::string> trees;
  const auto own = [&](sqlite3_stmt* row) {
    const std::string number = std::to_string(sqlite3_column_int64(row, 0));
    std::set<std::string> names = {"shape"};
    for (int i = 1; i <= sqlite3_column_int(row, 1); ++i) names.insert(fmt::format("c{}", i));
    permission.allow("main", "own" + number, std::move(names));
    if (sqlite3_column_int(row, 2) != 0) trees.push_back("own_sky" + number);
  };
  for_rows(connection,
           "SELECT id, (SELECT count(*) FROM own_table_column WHERE own_table = id), "
           "lon IS NOT NULL OR region IS NOT NULL FROM own_table WHERE name IS NOT NULL",
           own);
  for (const std::string& tree : trees) allow_tree(connection, permission, tree);
}

}  // namespace soda::store
