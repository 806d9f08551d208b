// ADQL 2.1 to the SQL of SQLite: from the text of a query to a statement, what is bound to it, and
// the columns of its answer. Pure: it knows the catalogue, never a data base.
//
// The query is parsed to a tree (tap/parser.h), its names are resolved and its types are checked,
// and SQL is written from the tree: no text of the query reaches SQLite. Names are those of the
// catalogue, quoted; literals are bound, or written as numbers that read back to the same value;
// each construct is emitted by a rule of its own. Functions are those of SQLite and of
// store/adql_functions.h.
//
// Language: the whole of ADQL 2.1 with its optional features (geometry, WITH, UNION, INTERSECT,
// EXCEPT with ALL, OFFSET, CAST, COALESCE, ILIKE, LOWER, UPPER, IN_UNIT), the functions of the UDF
// catalogue named in functions.h, and beyond it: CROSS JOIN, searched and simple CASE, `%`, `&`,
// `|`,
// `^`, `~` and BITWISE_AND, _OR, _XOR, _NOT of whole numbers. Decisions where the standard is
// silent:
//  - integer / integer is an integer, truncated toward zero; division by zero is NULL;
//  - NULLs come first in ascending order;
//  - LIKE is sensitive to case for all characters, ILIKE folds ASCII letters;
//  - the coordinate system of a geometry must be ICRS, UNKNOWNFRAME or empty: others are refused;
//  - RAND ignores its argument.
// A geometry condition that a row must satisfy (in conjunctive position, in whatever spelling) is
// answered from the table's PositionIndex, and by the exact condition besides.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "store/columns.h"
#include "tap/catalogue.h"

namespace soda::tap {

// Limits of what is translated; each is refused with a sentence that names it. The connection that
// runs the statement must allow an expression depth of 1000, 500 compound terms, 2000 columns and
// 32766 variables (SQLite's defaults), and `longest_sql` bytes.
inline constexpr std::size_t longest_adql = std::size_t{1} << 20;
inline constexpr std::size_t longest_sql = std::size_t{8} << 20;
inline constexpr std::size_t deepest_nesting = 100;
inline constexpr std::size_t most_operands = 500;  // SELECTs joined by set operators
// SQLite takes as long as the square of their number to compile them.
inline constexpr std::size_t most_conditions = 2000;
inline constexpr std::size_t most_common_tables = 100;
inline constexpr std::size_t most_keys = 200;  // of GROUP BY, of ORDER BY
inline constexpr std::size_t most_arguments = 10'000;
inline constexpr std::size_t most_tables = 60;  // of one query, subqueries not counted together

// A column of the answer. For a reference to a column of the catalogue all but its name are copied
// from there; else it says the datatype only. Values come as the datatype says, except geometries:
// point, circle and polygon are text of numbers (DALI 1.1 section 3.3.5 to 3.3.7, `type` text,
// `datatype` double), regions are STC-S text.
struct OutputColumn : Column {
  Type adql = Type::text;
};

struct Query {
  std::string sql;                     // one SELECT
  std::vector<store::Value> bindings;  // of ?1, ?2, …
  std::vector<OutputColumn> columns;   // names are unique, ignoring case
  std::vector<const Table*> tables;    // those read, each once; they belong to the catalogue
};

// Throws Failure(usage, one sentence, "QUERY"): line and column, what stands there, what was
// expected; the nearest name for an unknown one. The columns of the answer refer to nothing; the
// tables belong to `catalogue`.
Query translate(std::string_view adql, const Catalogue& catalogue);

}  // namespace soda::tap
