#include "store/permission.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "store/adql_functions.h"
#include "store/connection.h"

namespace soda::store {
namespace {

std::string_view view_of(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

Permission::Permission(sqlite3* connection) {
  const auto ask = [](void* self, int action, const char* first, const char* second,
                      const char* schema, const char*) {
    return static_cast<Permission*>(self)->allows(action, first, second, schema) ? SQLITE_OK
                                                                                 : SQLITE_DENY;
  };
  if (const int code = sqlite3_set_authorizer(connection, ask, this); code != SQLITE_OK) fail(code);
}

void Permission::allow(std::string_view schema, std::string_view table,
                       std::set<std::string> columns) {
  readable_[std::string(schema)][std::string(table)] = std::move(columns);
}

void Permission::forget(std::string_view schema) { readable_.erase(std::string(schema)); }

bool Permission::may_read(std::string_view schema, std::string_view table,
                          std::string_view column) const {
  const auto tables = readable_.find(schema);
  if (tables == readable_.end()) return false;
  const auto columns = tables->second.find(table);
  if (columns == tables->second.end()) return false;
  // Without a column: the table is there for its rows only, count(*).
  return column.empty() || column == "ROWID" || columns->second.contains(std::string(column));
}

bool Permission::allows(int action, const char* first, const char* second, const char* schema) {
  if (!enforced_) return true;
  switch (action) {
    case SQLITE_SELECT:
      return true;
    case SQLITE_READ:
      // A table that holds what is bound to it, and nothing else: long lists come so.
      if (view_of(first) == "json_each") return true;
      if (may_read(view_of(schema), view_of(first), view_of(second))) return true;
      refused_ = fmt::format("the column {} of {}", view_of(second), view_of(first));
      return false;
    case SQLITE_FUNCTION:
      if (is_adql_function(to_lower(view_of(second)))) return true;
      refused_ = fmt::format("the function {}", view_of(second));
      return false;
    default:
      refused_ = fmt::format("an action of SQLite ({})", action);
      return false;
  }
}

}  // namespace soda::store
