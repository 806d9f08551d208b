// The temporary table of one Inquiry. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.h"
#include "store/guard.h"
#include "store/permission.h"
#include "store/select.h"

namespace soda::store {

struct TemporaryTable::Impl {
  // `number` tells the tables of an Inquiry apart.
  Impl(sqlite3* connection, Guard& guard, Permission& permission, int number, std::string_view said,
       std::span<const Column> columns, const TableBounds& bounds);

  void add(std::span<const Cell> row);
  // Makes the R*Tree if the statement names it.
  void index_for(std::string_view sql);
  TableForm form;

 private:
  StatementHandle prepare(const std::string& sql);
  void run(sqlite3_stmt* statement);
  // What SQLite says of a row, or of a statement about the table.
  void require(int code);
  void execute(const std::string& sql);
  void count(std::span<const Cell> row);

  sqlite3* connection_;
  Guard& guard_;
  Permission& permission_;
  std::string name_, said_;
  TableBounds bounds_;
  StatementHandle insert_;
  std::int64_t rows_ = 0, bytes_ = 0;
};

}  // namespace soda::store
