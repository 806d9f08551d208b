// Which columns a name can mean at a place of a query. Private to the room.
//
// Names match as ADQL 2.1 section 2.1.3 says: a regular identifier ignoring case, a delimited one
// letter by letter; two that match are an error. A query within a query sees the columns of those
// around it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/tree.h"
#include "tap/value.h"

namespace soda::tap {

// A column as SELECT * shows it: of one source, or of several that NATURAL or USING made one.
struct Shown {
  const TableColumn* column = nullptr;
  const Source* source = nullptr;
  // The first of all that is not NULL counts.
  std::vector<std::pair<const Source*, const TableColumn*>> others;
};

// The lists belong to the one who made the scope.
struct Scope {
  const Scope* outer = nullptr;
  const std::vector<const Source*>* sources = nullptr;
  const std::vector<Shown>* shown = nullptr;
  // After GROUP BY, or with aggregates: columns may stand alone only within one of the keys.
  bool grouped = false;
  std::set<std::string, std::less<>> keys;
};

bool matches(const Identifier& name, std::string_view declared);

// "a.b.c" as a message shows it.
std::string shown_path(const std::vector<Identifier>& path);

// Throws as refuse() does: no such column (with the nearest name), more than one.
Value column_value(const std::vector<Identifier>& path, const Scope& scope);
Value value_of(const Shown& shown, Place place);
// The source that `qualifier.*` names.
const Source& source_of(const std::vector<Identifier>& qualifier, const Scope& scope);

// The column's SQL with the source's alias in it.
std::string with_alias(std::string_view form, const Source& source);

}  // namespace soda::tap
