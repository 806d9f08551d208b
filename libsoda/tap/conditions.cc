#include "tap/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "tap/geometry.h"
#include "tap/times.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

struct Sign {
  std::string_view sign, opposite, mirrored;
};
constexpr std::array<Sign, 6> signs = {{{"=", "<>", "="},
                                        {"<>", "=", "<>"},
                                        {"<", ">=", ">"},
                                        {">", "<=", "<"},
                                        {"<=", ">", ">="},
                                        {">=", "<", "<="}}};

const Sign& sign_of(std::string_view text) { return *std::ranges::find(signs, text, &Sign::sign); }

bool holds(double left, std::string_view sign, double right) {
  if (sign == "=") return left == right;
  if (sign == "<>") return left != right;
  if (sign == "<") return left < right;
  if (sign == ">") return left > right;
  return sign == "<=" ? left <= right : left >= right;
}

bool is_call(const Node& node, std::string_view name) {
  return node.kind == NodeKind::call && node.text == name;
}

// Of `call sign other`, which is true.
std::vector<Near> near_of(const Node& node, const Value& call, std::string_view sign,
                          const Value& other) {
  if (call.parts.size() != 2) return {};
  const bool bounded = sign == "<" || sign == "<=" || sign == "=";
  if (is_call(node, "DISTANCE"))
    return bounded ? distance_near(call.parts[0], call.parts[1], other) : std::vector<Near>();
  const bool contains = is_call(node, "CONTAINS");
  if (!contains && !is_call(node, "INTERSECTS")) return {};
  // True for 1 and for nothing else.
  if (!other.number || !holds(1, sign, *other.number) || holds(0, sign, *other.number)) return {};
  return contains ? contains_near(call.parts[0], call.parts[1])
                  : intersects_near(call.parts[0], call.parts[1]);
}

void anchor(Condition& condition, const Value& column, const Value& other) {
  if (column.source != nullptr && column.column->indexed && other.constant())
    condition.anchored.push_back(column.source);
}

void take_from(Condition& condition, const Value& value) {
  add_references(condition.references, value.references);
  condition.aggregate = condition.aggregate || value.aggregate;
}

bool folded(const Value& value) {
  return value.source != nullptr && value.column != nullptr && value.column->folded;
}

}  // namespace

std::string joined_terms(std::vector<std::string> terms, std::string_view word) {
  constexpr std::size_t group = 64;
  const std::string between = fmt::format(" {} ", word);
  while (terms.size() > group) {
    std::vector<std::string> groups;
    for (std::size_t at = 0; at < terms.size(); at += group) {
      const auto end =
          terms.begin() + static_cast<std::ptrdiff_t>(std::min(at + group, terms.size()));
      groups.push_back(fmt::format(
          "({})", fmt::join(terms.begin() + static_cast<std::ptrdiff_t>(at), end, between)));
    }
    terms.swap(groups);
  }
  return fmt::format("{}", fmt::join(terms, between));
}

std::string term_of_all(const Condition& condition) {
  return condition.binding == Binding::any_of ? "(" + condition.sql + ")" : condition.sql;
}

std::string term_of_any(const Condition& condition) {
  return condition.binding == Binding::all_of ? "(" + condition.sql + ")" : condition.sql;
}

Condition both(Condition a, Condition b) {
  if (a.sql.empty()) return b;
  if (b.sql.empty()) return a;
  a.sql = term_of_all(a) + " AND " + term_of_all(b);
  a.binding = Binding::all_of;
  a.near.insert(a.near.end(), b.near.begin(), b.near.end());
  a.anchored.insert(a.anchored.end(), b.anchored.begin(), b.anchored.end());
  add_references(a.references, b.references);
  a.aggregate = a.aggregate || b.aggregate;
  return a;
}

Condition all_of(std::vector<Condition> conditions) {
  Condition all;
  std::vector<std::string> terms;
  for (Condition& each : conditions) {
    if (each.sql.empty()) continue;
    terms.push_back(each.binding == Binding::predicate ? each.sql : "(" + each.sql + ")");
    each.sql.clear();
    all.near.insert(all.near.end(), each.near.begin(), each.near.end());
    all.anchored.insert(all.anchored.end(), each.anchored.begin(), each.anchored.end());
    add_references(all.references, each.references);
    all.aggregate = all.aggregate || each.aggregate;
  }
  all.binding =
      terms.size() == 1 && terms.front().front() == '(' ? Binding::predicate : Binding::all_of;
  all.sql = joined_terms(std::move(terms), "AND");
  return all;
}

std::string in_index(const Near& near) {
  const PositionIndex& index = *near.source->table->index;
  return fmt::format("{} IN (SELECT \"id\" FROM {} WHERE \"id\" MATCH adql_near({}))",
                     with_alias(index.row, *near.source), index.rtree, near.arguments);
}

Condition Translator::condition(const Node& node, const Scope& scope, bool negated) {
  if (++conditions_ > most_conditions)
    refuse(node.place, fmt::format("a query has at most {} conditions", most_conditions));
  switch (node.kind) {
    case NodeKind::all_of:
    case NodeKind::any_of:
      return several(node, scope, negated);
    case NodeKind::negation:
      return condition(node.children.front(), scope, !negated);
    case NodeKind::comparison:
      return comparison(node, scope, negated);
    case NodeKind::between:
      return between(node, scope, negated != node.negated);
    case NodeKind::in_list:
      return in_list(node, scope, negated != node.negated);
    case NodeKind::in_query:
      return in_query(node, scope, negated != node.negated);
    case NodeKind::like:
    case NodeKind::ilike:
      return like(node, scope, negated != node.negated);
    case NodeKind::is_null:
      return is_null(node, scope, negated != node.negated);
    case NodeKind::exists:
      return exists(node, scope, negated != node.negated);
    default:
      refuse(node.place, "found a value, expected a condition");
  }
}

// AND and OR; the opposite of one is the other of opposites.
Condition Translator::several(const Node& node, const Scope& scope, bool negated) {
  const Level level(*this, 3, node.place);
  const bool all = (node.kind == NodeKind::all_of) != negated;
  Condition result;
  result.binding = all ? Binding::all_of : Binding::any_of;
  std::vector<std::string> terms;
  for (const Node& child : node.children) {
    Condition term = condition(child, scope, negated);
    add_references(result.references, term.references);
    result.aggregate = result.aggregate || term.aggregate;
    if (all) {
      result.near.insert(result.near.end(), term.near.begin(), term.near.end());
      result.anchored.insert(result.anchored.end(), term.anchored.begin(), term.anchored.end());
    } else if (!term.near.empty() && term.near.front().constant) {
      // Beside its alternative, so that SQLite can answer each by an index of its own.
      term.sql = term_of_all(term) + " AND " + in_index(term.near.front());
      term.binding = Binding::all_of;
    }
    terms.push_back(all ? term_of_all(term) : term_of_any(term));
  }
  result.sql = joined_terms(std::move(terms), all ? "AND" : "OR");
  return result;
}

// A time and a literal: midnight is written in the one spelling that compares right with either, or
// in both.
std::string Translator::compared_time(const Value& time, std::string_view sign,
                                      const Value& literal) {
  const std::optional<TimeText> text = time_text(*literal.text);
  if (!text)
    refuse(literal.place,
           fmt::format("found {}, expected a time like '2020-12-31T23:59:59.5' or '2020-12-31'",
                       in_quotes(*literal.text)));
  const std::string full = text_sql(text->full);
  if (text->date.empty()) return fmt::format("{} {} {}", time.sql, sign, full);
  const std::string date = text_sql(text->date);
  if (sign == "=" || sign == "<>")
    return fmt::format("{} {}IN ({}, {})", time.sql, sign == "=" ? "" : "NOT ", date, full);
  return fmt::format("{} {} {}", time.sql, sign, sign == "<" || sign == ">=" ? date : full);
}

// left sign right; where an index is kept of the folded text, equality is asked of it first.
Condition Translator::compared(const Node& node, std::string_view sign, const Value& left,
                               const Value& right) {
  need_comparable(left, right, node.place);
  Condition result;
  take_from(result, left);
  take_from(result, right);
  if (left.type == Type::timestamp && right.text) {
    result.sql = compared_time(left, sign, right);
    return result;
  }
  if (right.type == Type::timestamp && left.text) {
    result.sql = compared_time(right, sign_of(sign).mirrored, left);
    return result;
  }
  result.sql = fmt::format("{} {} {}", left.sql, sign, right.sql);
  if (sign != "=") return result;
  anchor(result, left, right);
  anchor(result, right, left);
  if (folded(left) || folded(right)) {
    result.sql = fmt::format("{0} COLLATE NOCASE = {1} AND {0} = {1}",
                             at_least(Strength::atom, left), at_least(Strength::atom, right));
    result.binding = Binding::all_of;
  }
  return result;
}

Condition Translator::comparison(const Node& node, const Scope& scope, bool negated) {
  const Sign& written = sign_of(node.text);
  const std::string_view sign = negated ? written.opposite : written.sign;
  const Value left = value(node.children[0], scope);
  const Value right = value(node.children[1], scope);
  Condition result = compared(node, sign, left, right);
  result.near = near_of(node.children[0], left, sign, right);
  if (result.near.empty())
    result.near = near_of(node.children[1], right, sign_of(sign).mirrored, left);
  return result;
}

Condition Translator::between(const Node& node, const Scope& scope, bool negated) {
  const Value subject = value(node.children[0], scope);
  const Value low = value(node.children[1], scope);
  const Value high = value(node.children[2], scope);
  // Two comparisons: each literal of time in the form that its end needs.
  if (subject.type == Type::timestamp && (low.text || high.text)) {
    Condition least = compared(node, negated ? "<" : ">=", subject, low);
    const Condition most = compared(node, negated ? ">" : "<=", subject, high);
    if (!negated) return both(std::move(least), most);
    least.sql += " OR " + most.sql;
    least.binding = Binding::any_of;
    take_from(least, high);
    return least;
  }
  need_comparable(subject, low, node.place);
  need_comparable(subject, high, node.place);
  Condition result;
  for (const Value* each : {&subject, &low, &high}) take_from(result, *each);
  result.sql =
      fmt::format("{} {}BETWEEN {} AND {}", subject.sql, negated ? "NOT " : "", low.sql, high.sql);
  if (!negated && is_call(node.children[0], "DISTANCE"))
    result.near = near_of(node.children[0], subject, "<=", high);
  return result;
}

Condition Translator::is_null(const Node& node, const Scope& scope, bool negated) {
  const Value subject = value(node.children.front(), scope);
  Condition result;
  take_from(result, subject);
  result.sql = fmt::format("{} IS {}NULL",
                           subject.sql.empty() ? subject.blob : at_least(Strength::atom, subject),
                           negated ? "NOT " : "");
  return result;
}

Condition Translator::exists(const Node& node, const Scope& scope, bool negated) {
  const Level level(*this, 6, node.place);
  const Block block = this->block(*node.query, Form::answer, &scope);
  nested_ += block.size.total;
  Condition result;
  result.sql = fmt::format("{}EXISTS ({})", negated ? "NOT " : "", block.sql);
  return result;
}

Condition Translator::in_query(const Node& node, const Scope& scope, bool negated) {
  const Level level(*this, 6, node.place);
  const Value subject = value(node.children.front(), scope);
  const Block block = this->block(*node.query, Form::answer, &scope);
  nested_ += block.size.total;
  if (block.columns.size() != 1)
    refuse(node.query->place,
           fmt::format("the query of IN gives 1 column; found {}", block.columns.size()));
  Value answer;
  answer.place = node.query->place;
  answer.type = block.columns.front().type;
  answer.sql = "?";
  need_comparable(subject, answer, node.place);
  Condition result;
  take_from(result, subject);
  result.sql = fmt::format("{} {}IN ({})", subject.sql, negated ? "NOT " : "", block.sql);
  if (!negated && folded(subject)) {
    result.sql =
        fmt::format("{} COLLATE NOCASE IN ({}) AND {}", subject.sql, block.sql, result.sql);
    result.binding = Binding::all_of;
  }
  return result;
}

}  // namespace soda::tap
