// The VOSI 1.1 tables document: the tables of a service and their columns, as VODataService 1.2
// writes a table set.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/table.h"
#include "dali/service.h"

namespace soda::vosi {

struct TableColumn {
  Column column;
  bool is_standard = false;  // defined by the standard that the table follows
  bool is_indexed = false;
  bool is_principal = false;
};

struct ForeignKey {
  std::string target;                                      // a table's name
  std::vector<std::pair<std::string, std::string>> pairs;  // of columns: from, to
  std::string description, utype;
};

struct Table {
  std::string schema;       // "ivoa"
  std::string name;         // as queries write it: "ivoa.obscore"
  std::string type;         // "base_table", "view" or "output" (VODataService 1.2 section 3.3.1)
  std::string description;  // empty texts are left out
  std::string utype;
  std::vector<TableColumn> columns;
  std::vector<ForeignKey> keys = {};
};

struct Schema {
  std::string name, description, utype;
};
struct TableSet {
  std::vector<Schema> schemas;  // in order; what is said of those that tables name
  std::vector<Table> tables;
};

// VOSI 1.1 section 5: a client may ask for names alone.
enum class Detail { minimal, full };

// There is always a schema, as the standard's grammar asks for: without any an empty one named
// "default".
std::string tables_document(const TableSet& set, Detail detail);
// One table with all its columns, as a document.
std::string table_document(const Table& table);

// The row `name`, and below it each table by its name; `tables` is asked at each request. Takes
// detail=min or max.
dali::Service tables_service(std::string_view name,
                             std::function<TableSet(const dali::Context&)> tables);

}  // namespace soda::vosi
