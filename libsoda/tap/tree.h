// A query as a tree, as it was written: no name is resolved, no type is known. Private to the room.
//
// Operators of one strength stand side by side in one node, so that a long sum or a long list of
// conditions is wide, not deep; the parser bounds the depth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tap/place.h"

namespace soda::tap {

struct QueryTree;

struct Identifier {
  std::string text;
  bool delimited = false;  // then letter case counts
  Place place;
};

enum class NodeKind : std::uint8_t {
  // Values.
  null,
  whole,    // text: the digits
  decimal,  // text
  text,     // text: the literal
  column,   // path: [[schema.]table.]column
  chain,    // children joined by operators[i] between child i and i + 1; all of one strength
  negative,
  positive,
  inverse,    // - + ~ of one child
  call,       // text: the function's name, path[0] the name as written; children: its arguments
  aggregate,  // text: COUNT, SUM, AVG, MIN, MAX; one child, none for COUNT(*); distinct
  cast,       // one child; text: the type, number: its length
  choice,     // CASE: subject (if subject), then pairs of WHEN, THEN, then ELSE (if otherwise)
  // Conditions.
  all_of,
  any_of,      // AND, OR of the children
  negation,    // NOT of one child
  comparison,  // text: the operator; two children
  between,     // three children
  in_list,     // the value, then the list
  in_query,    // one child, query
  like,
  ilike,    // two children
  is_null,  // one child
  exists    // query
};

struct Node {
  NodeKind kind = NodeKind::null;
  Place place;
  std::string text;
  std::vector<Node> children;
  std::vector<Identifier> path;
  std::vector<std::string> operators;
  std::unique_ptr<QueryTree> query;
  std::optional<std::int64_t> number;
  bool negated = false;   // NOT BETWEEN, NOT IN, NOT LIKE, IS NOT NULL, NOT EXISTS
  bool distinct = false;  // of aggregates
  bool subject = false, otherwise = false;
};

bool is_condition(NodeKind kind);

// Of a SELECT; SQLite's limit is 2000.
inline constexpr std::size_t most_columns = 1000;

struct SelectItem {
  Place place;
  bool star = false;             // `*`, or `qualifier.*`
  std::vector<Identifier> path;  // the qualifier
  Node value;
  std::optional<Identifier> alias;
};

enum class JoinKind : std::uint8_t { inner, left, right, full };

struct FromItem;

// FROM first JOIN … JOIN …, left to right.
struct JoinStep {
  Place place;
  JoinKind kind = JoinKind::inner;
  bool natural = false;
  std::optional<Node> on;
  std::vector<Identifier> shared;  // USING
  std::unique_ptr<FromItem> item;
};

// One of: a table, a query, items joined in parentheses or not.
struct FromItem {
  Place place;
  std::vector<Identifier> path;  // of a table
  std::unique_ptr<QueryTree> query;
  std::optional<Identifier> alias;
  std::unique_ptr<FromItem> first;  // of a join
  std::vector<JoinStep> steps;
};

struct Select {
  Place place;
  bool distinct = false;
  std::optional<std::int64_t> top;
  std::vector<SelectItem> items;
  std::vector<FromItem> from;
  std::optional<Node> where, having;
  std::vector<Node> group;
};

enum class SetOperator : std::uint8_t { union_, except, intersect };

struct OrderTerm {
  Place place;
  Node value;
  bool descending = false;
};

// A SELECT, or queries joined by set operators from left to right: INTERSECT's are nodes below
// those of UNION and EXCEPT.
struct QueryTree {
  Place place;
  std::unique_ptr<Select> select;
  std::vector<QueryTree> operands;
  struct Operation {
    SetOperator kind;
    bool all;
    Place place;
  };
  std::vector<Operation> operations;  // one fewer than operands
  std::vector<OrderTerm> order;
  std::optional<std::int64_t> offset;
};

struct Common {
  Identifier name;
  QueryTree query;
};

struct Statement {
  std::vector<Common> with;
  QueryTree query;
};

}  // namespace soda::tap
