// A table beside ObsCore that an archive offers to queries, as its settings or a file declare it:
// what site reads, ingest fills and store keeps.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/table.h"

namespace soda {

struct DeclaredColumn : Column {
  bool indexed = false;   // searches by it must be quick
  bool principal = true;  // VODataService's: of interest to most
};

// A foreign key: columns of the table, each with the column of `target` that it refers to.
struct DeclaredKey {
  std::string target;  // "schema.table"
  std::vector<std::pair<std::string, std::string>> columns;
  std::string description;
};

struct DeclaredTable {
  std::string name;  // "schema.table", both is_column_name
  std::string description, utype;
  std::vector<DeclaredColumn> columns;  // empty: those of the file that fills it
  std::vector<DeclaredKey> keys;
};

// Empty when the name is one; else what is wrong with it, as a clause. The schemas of the standards
// (ivoa, tap_schema, tap_upload) are not to be had.
std::string defect_of_table_name(std::string_view name);

}  // namespace soda
