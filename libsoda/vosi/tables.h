// The VOSI 1.1 tables document: the tables of a service and their columns, as VODataService 1.2
// writes a table set.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/table.h"
#include "dali/service.h"

namespace soda::vosi {

struct TableColumn {
  Column column;
  bool is_standard = false;  // defined by the standard that the table follows
  bool is_indexed = false;
};

struct Table {
  std::string schema;       // "ivoa"
  std::string name;         // as queries write it: "ivoa.obscore"
  std::string type;         // "base_table", "view" or "output" (VODataService 1.2 section 3.3.1)
  std::string description;  // empty texts are left out
  std::string utype;
  std::vector<TableColumn> columns;
};

// VOSI 1.1 section 5: a client may ask for names alone.
enum class Detail { minimal, full };

// Tables of one schema stand together, in the order of `tables`. There is always a schema, as the
// standard's grammar asks for: with no table an empty one named "default".
std::string tables_document(std::span<const Table> tables, Detail detail);
// One table with all its columns, as a document.
std::string table_document(const Table& table);

// The row "tables"; `tables` is asked at each request. Takes detail=min or max. It is declared as
// #tables, not #tables-1.1, which would promise a resource for each table below it.
dali::Service tables_service(std::function<std::vector<Table>(const dali::Context&)> tables);

}  // namespace soda::vosi
