// Which tables, columns and functions a statement from outside may name: asked by SQLite for each
// when it compiles one (sqlite3_set_authorizer). Private to the room.
#pragma once

#include <sqlite3.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace soda::store {

// Installed on a connection once, for both their lives; asked only while enforced.
class Permission {
 public:
  explicit Permission(sqlite3* connection);
  Permission(const Permission&) = delete;
  Permission& operator=(const Permission&) = delete;

  // `schema` is main or temp. Columns as SQLite knows them; those of rowid are always readable.
  void allow(std::string_view schema, std::string_view table, std::set<std::string> columns);
  void forget(std::string_view schema);
  void enforce(bool on) noexcept { enforced_ = on; }
  // What was refused last, for messages: "the function load_extension".
  const std::string& refused() const noexcept { return refused_; }

 private:
  bool allows(int action, const char* first, const char* second, const char* schema);
  bool may_read(std::string_view schema, std::string_view table, std::string_view column) const;

  // By schema, then table.
  std::map<std::string, std::map<std::string, std::set<std::string>, std::less<>>, std::less<>>
      readable_;
  bool enforced_ = false;
  std::string refused_;
};

}  // namespace soda::store
