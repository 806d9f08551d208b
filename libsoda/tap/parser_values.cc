#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "tap/parse_state.h"
#include "tap/translate.h"

namespace soda::tap {
namespace {

// SQLite allows an expression a depth of 1000; a sum of n terms has depth n there.
constexpr std::size_t longest_chain = 500;
// Arguments of a function, conditions of a list: what is longer is no honest query. Lists of IN may
// fill the query.
constexpr std::size_t most_children = 100'000;

// Operators from the weakest to the strongest.
constexpr std::array<std::array<std::string_view, 3>, 4> strengths = {
    {{"|", "^", "^"}, {"&", "&", "&"}, {"+", "-", "||"}, {"*", "/", "%"}}};

constexpr std::array<std::string_view, 6> comparisons = {"=", "<>", "<", ">", "<=", ">="};
constexpr std::array<std::string_view, 5> aggregates = {"COUNT", "SUM", "AVG", "MIN", "MAX"};

// Words that stand where a value was forgotten, rather than for one.
constexpr std::array<std::string_view, 18> clauses = {
    "FROM",      "WHERE", "GROUP", "HAVING", "ORDER", "OFFSET", "SELECT", "UNION",   "EXCEPT",
    "INTERSECT", "ON",    "USING", "JOIN",   "AS",    "AND",    "OR",     "BETWEEN", "BY"};

template <class List>
bool holds(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

Node node_of(NodeKind kind, Place place) {
  Node node;
  node.kind = kind;
  node.place = place;
  return node;
}

Node parent_of(NodeKind kind, Place place, Node child) {
  Node node = node_of(kind, place);
  node.children.push_back(std::move(child));
  return node;
}

}  // namespace

bool is_condition(NodeKind kind) { return kind >= NodeKind::all_of; }

void need_value(const Node& node, std::string_view where) {
  if (!is_condition(node.kind)) return;
  refuse(
      node.place,
      fmt::format("found a condition, expected a value in {} (ADQL has no truth values)", where));
}

void need_condition(const Node& node, std::string_view where) {
  if (is_condition(node.kind)) return;
  if (node.kind == NodeKind::call && (node.text == "CONTAINS" || node.text == "INTERSECTS")) {
    refuse(node.place,
           fmt::format("{0}(...) is 1 or 0, not a condition: write 1 = {0}(...)", node.text));
  }
  refuse(node.place, fmt::format("found a value, expected a condition after {}", where));
}

Node Parser::value(std::string_view where) {
  Node node = any();
  need_value(node, where);
  return node;
}

Node Parser::condition(std::string_view where) {
  Node node = any();
  need_condition(node, where);
  return node;
}

Node Parser::any() {
  const Level level(*this);
  Node first = conjunction();
  if (!at_word("OR")) return first;
  need_condition(first, "WHERE, ON, HAVING or OR");
  Node node = parent_of(NodeKind::any_of, first.place, std::move(first));
  while (take_word("OR")) {
    node.children.push_back(conjunction());
    need_condition(node.children.back(), "OR");
  }
  return node;
}

Node Parser::conjunction() {
  Node first = negation();
  if (!at_word("AND")) return first;
  need_condition(first, "WHERE, ON, HAVING or AND");
  Node node = parent_of(NodeKind::all_of, first.place, std::move(first));
  while (take_word("AND")) {
    node.children.push_back(negation());
    need_condition(node.children.back(), "AND");
  }
  return node;
}

Node Parser::negation() {
  const Place place = here().place;
  if (!take_word("NOT")) return predicate();
  const Level level(*this);
  Node inner = negation();
  need_condition(inner, "NOT");
  return parent_of(NodeKind::negation, place, std::move(inner));
}

Node Parser::predicate() {
  if (at_word("EXISTS")) return exists();
  Node left = chain(0);
  return predicate_after(std::move(left));
}

Node Parser::exists() {
  Node node = node_of(NodeKind::exists, here().place);
  need_word("EXISTS");
  need_sign("(");
  node.query = std::make_unique<QueryTree>(query());
  need_sign(")");
  return node;
}

// What makes a condition of a value; the value itself when nothing does.
Node Parser::predicate_after(Node left) {
  const Place place = here().place;
  if (here().kind == TokenKind::sign && holds(comparisons, here().text)) {
    need_value(left, "a comparison");
    Node node = parent_of(NodeKind::comparison, place, std::move(left));
    node.text = tokens_[at_++].text;
    node.children.push_back(chain(0));
    need_value(node.children.back(), "a comparison");
    return node;
  }
  if (take_word("IS")) {
    need_value(left, "IS NULL");
    Node node = parent_of(NodeKind::is_null, place, std::move(left));
    node.negated = take_word("NOT");
    need_word("NULL");
    return node;
  }
  const bool negated = at_word("NOT");
  const std::string_view word = negated ? std::string_view(ahead().upper) : here().upper;
  if (word != "BETWEEN" && word != "IN" && word != "LIKE" && word != "ILIKE") {
    if (negated) expected("BETWEEN, IN, LIKE or ILIKE after NOT, or an operator");
    return left;
  }
  if (negated) ++at_;
  need_value(left, word);
  return negatable(std::move(left), place, negated);
}

Node Parser::negatable(Node left, Place place, bool negated) {
  Node node;
  if (take_word("BETWEEN")) {
    node = parent_of(NodeKind::between, place, std::move(left));
    node.children.push_back(chain(0));
    need_word("AND");
    node.children.push_back(chain(0));
  } else if (take_word("IN")) {
    node = in_list(std::move(left));
  } else {
    const bool folded = take_word("ILIKE");
    if (!folded) need_word("LIKE");
    node = parent_of(folded ? NodeKind::ilike : NodeKind::like, place, std::move(left));
    node.children.push_back(chain(0));
    if (at_word("ESCAPE")) refuse(here().place, "ADQL's LIKE has no ESCAPE");
  }
  for (const Node& child : node.children) need_value(child, "this condition");
  node.place = place;
  node.negated = negated;
  return node;
}

Node Parser::in_list(Node left) {
  Node node = parent_of(NodeKind::in_list, left.place, std::move(left));
  need_sign("(");
  if (at_word("SELECT") || (at_sign("(") && query_in_parentheses())) {
    node.kind = NodeKind::in_query;
    node.query = std::make_unique<QueryTree>(query());
  } else {
    do {
      if (node.children.size() > most_children)
        refuse(here().place, fmt::format("a list of IN has at most {} values", most_children));
      node.children.push_back(chain(0));
    } while (take_sign(","));
  }
  need_sign(")");
  return node;
}

// Operators of that strength and stronger ones.
Node Parser::chain(std::size_t weakest) {
  Node node = unary();
  for (std::size_t strength = strengths.size(); strength-- > weakest;) {
    if (at_operator(strength)) node = chained(std::move(node), strength);
  }
  return node;
}

bool Parser::at_operator(std::size_t strength) const {
  return here().kind == TokenKind::sign && holds(strengths[strength], here().text);
}

// a op b op c of one strength, as one node.
Node Parser::chained(Node first, std::size_t strength) {
  need_value(first, "arithmetic");
  Node node = parent_of(NodeKind::chain, first.place, std::move(first));
  while (at_operator(strength)) {
    if (node.children.size() >= longest_chain) {
      refuse(here().place,
             fmt::format("an expression has at most {} operands in a row", longest_chain));
    }
    node.operators.push_back(tokens_[at_++].text);
    node.children.push_back(chain(strength + 1));
    need_value(node.children.back(), "arithmetic");
  }
  return node;
}

Node Parser::unary() {
  constexpr std::pair<std::string_view, NodeKind> signs[] = {
      {"-", NodeKind::negative}, {"+", NodeKind::positive}, {"~", NodeKind::inverse}};
  const Place place = here().place;
  for (const auto& [sign, kind] : signs) {
    if (!take_sign(sign)) continue;
    const Level level(*this);
    Node operand = unary();
    need_value(operand, "arithmetic");
    const bool number = operand.kind == NodeKind::whole || operand.kind == NodeKind::decimal;
    if (kind == NodeKind::negative && number && operand.text.front() != '-') {
      operand.text.insert(operand.text.begin(), '-');
      return operand;
    }
    return parent_of(kind, place, std::move(operand));
  }
  return primary();
}

Node Parser::number_literal() {
  const Token& token = tokens_[at_++];
  Node node =
      node_of(token.kind == TokenKind::whole ? NodeKind::whole : NodeKind::decimal, token.place);
  node.text = token.text;
  return node;
}

Node Parser::primary() {
  const Token& token = here();
  if (token.kind == TokenKind::whole || token.kind == TokenKind::decimal) return number_literal();
  if (token.kind == TokenKind::text) {
    Node node = node_of(NodeKind::text, token.place);
    node.text = tokens_[at_++].text;
    return node;
  }
  if (take_sign("(")) {
    if (at_word("SELECT"))
      refuse(here().place, "ADQL has no query as a value: use it in FROM, or after IN or EXISTS");
    Node inner = any();
    need_sign(")");
    return inner;
  }
  if (token.kind == TokenKind::word) return word_primary();
  if (token.kind != TokenKind::delimited) expected("a value");
  Node node = node_of(NodeKind::column, token.place);
  node.path = path("a column");
  return node;
}

Node Parser::word_primary() {
  const Token& token = here();
  if (token.upper == "NULL") {
    ++at_;
    return node_of(NodeKind::null, token.place);
  }
  if (token.upper == "CAST") return cast();
  if (token.upper == "CASE") return choice();
  if (holds(aggregates, token.upper)) return aggregate();
  const Token& next = ahead();
  if (next.kind == TokenKind::sign && next.text == "(") return call();
  if (token.upper == "TRUE" || token.upper == "FALSE")
    expected("a value (ADQL has no truth values: a flag is 1 or 0)");
  if (holds(clauses, token.upper)) expected("a value");
  Node node = node_of(NodeKind::column, token.place);
  node.path = path("a value");
  return node;
}

Node Parser::call() {
  const Token& token = tokens_[at_++];
  Node node = node_of(NodeKind::call, token.place);
  node.text = token.upper;
  node.path.push_back({token.text, false, token.place});
  need_sign("(");
  if (take_sign(")")) return node;
  do {
    if (node.children.size() >= most_arguments)
      refuse(here().place, fmt::format("a function has at most {} arguments", most_arguments));
    node.children.push_back(value("the arguments of a function"));
  } while (take_sign(","));
  if (!at_sign(")")) expected("\",\" or \")\"");
  ++at_;
  return node;
}

Node Parser::aggregate() {
  const Token& token = tokens_[at_++];
  Node node = node_of(NodeKind::aggregate, token.place);
  node.text = token.upper;
  need_sign("(");
  if (token.upper == "COUNT" && take_sign("*")) {
    need_sign(")");
    return node;
  }
  node.distinct = take_word("DISTINCT");
  if (!node.distinct) take_word("ALL");
  node.children.push_back(value("an aggregate"));
  need_sign(")");
  return node;
}

Node Parser::cast() {
  Node node = node_of(NodeKind::cast, here().place);
  need_word("CAST");
  need_sign("(");
  node.children.push_back(value("CAST"));
  need_word("AS");
  if (here().kind != TokenKind::word) expected("a type");
  node.text = tokens_[at_++].upper;
  if (node.text == "DOUBLE") take_word("PRECISION");
  if (take_sign("(")) {
    node.number = unsigned_number("(");
    need_sign(")");
  }
  need_sign(")");
  return node;
}

Node Parser::choice() {
  Node node = node_of(NodeKind::choice, here().place);
  need_word("CASE");
  node.subject = !at_word("WHEN");
  if (node.subject) node.children.push_back(value("CASE"));
  if (!at_word("WHEN")) expected("WHEN");
  while (take_word("WHEN")) {
    if (node.children.size() > longest_chain)
      refuse(here().place, fmt::format("a CASE has at most {} choices", longest_chain / 2));
    node.children.push_back(node.subject ? value("WHEN") : condition("WHEN"));
    need_word("THEN");
    node.children.push_back(value("THEN"));
  }
  node.otherwise = take_word("ELSE");
  if (node.otherwise) node.children.push_back(value("ELSE"));
  need_word("END");
  return node;
}

}  // namespace soda::tap
