// What a part of a query has become: SQL with its type and all that those above need to know of it.
// Private to the room.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tap/catalogue.h"
#include "tap/place.h"

namespace soda::tap {

// A row source of a FROM, under its SQL alias.
struct Source {
  std::size_t id = 0;
  std::string sql_name;  // t1
  // How columns are qualified: an alias, or the table's own name (then its schema may stand
  // before).
  std::string name, schema;
  const Table* table = nullptr;                          // of the catalogue; null: a query
  std::shared_ptr<const std::vector<TableColumn>> made;  // of a query
  const std::vector<TableColumn>& columns() const { return table ? table->columns : *made; }
};

// A column that stands in a value outside of aggregates.
struct Reference {
  const Source* source;
  const TableColumn* column;
  Place place;
  bool outer;  // of a query around this one
};

// How strongly the outermost operator of a text binds; what stands below a stronger one needs
// parentheses.
enum class Strength { weak, sum, product, atom };
enum class Binding { any_of, all_of, predicate };

struct Value {
  Place place;
  std::optional<Type> type;  // empty: NULL
  // The value; of a geometry its text, empty when it has none of its own.
  std::string sql;
  Strength strength = Strength::atom;
  std::string blob;  // of a geometry
  // Constants.
  std::optional<double> number;
  std::optional<std::string> text;
  // A plain column, and whose.
  const TableColumn* column = nullptr;
  const Source* source = nullptr;
  std::string unit;
  std::vector<Reference> references;
  bool aggregate = false;  // holds one
  // POINT: lon, lat; CIRCLE: lon, lat, radius, where they are given as numbers; CONTAINS,
  // INTERSECTS, DISTANCE: the two geometries.
  std::vector<Value> parts;

  bool constant() const { return references.empty() && !aggregate; }
};

// The text, in parentheses when it is weaker.
std::string at_least(Strength strength, const Value& value);

// A condition on a PositionIndex that must hold where a condition does.
struct Near {
  const Source* source = nullptr;
  std::string arguments;             // of adql_near
  std::vector<const Source*> needs;  // of the same FROM
  bool constant = false;
  double reach = 0;  // degrees, of a constant circle
};

struct Condition {
  std::string sql;
  Binding binding = Binding::predicate;
  std::vector<Near> near;
  // Sources of which a column with an index must equal something constant.
  std::vector<const Source*> anchored;
  std::vector<Reference> references;
  bool aggregate = false;
};

void add_references(std::vector<Reference>& all, const std::vector<Reference>& more);

}  // namespace soda::tap
