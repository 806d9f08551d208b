#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

// Numbers beyond so many are written: who sends that many does not send the query again with
// others.
constexpr std::size_t most_bound_numbers = 100;

// What comes of several operands.
void gather(Value& result, const std::vector<Value>& operands) {
  for (const Value& operand : operands) {
    add_references(result.references, operand.references);
    result.aggregate = result.aggregate || operand.aggregate;
  }
}

struct CastRow {
  std::string_view name;
  Type type;
  std::string_view function;
  bool sized;
  std::string_view takes;  // see types.h
};
constexpr std::array<CastRow, 16> casts = {{
    {"SMALLINT", Type::smallint, "adql_cast_smallint", false, "c"},
    {"INTEGER", Type::integer, "adql_cast_integer", false, "c"},
    {"INT", Type::integer, "adql_cast_integer", false, "c"},
    {"BIGINT", Type::bigint, "adql_cast_bigint", false, "c"},
    {"REAL", Type::real, "adql_cast_real", false, "c"},
    {"FLOAT", Type::double_precision, "adql_cast_double", false, "c"},
    {"DOUBLE", Type::double_precision, "adql_cast_double", false, "c"},
    {"DOUBLE PRECISION", Type::double_precision, "adql_cast_double", false, "c"},
    {"CHAR", Type::text, "adql_cast_char", true, "c"},
    {"CHARACTER", Type::text, "adql_cast_char", true, "c"},
    {"VARCHAR", Type::text, "adql_cast_varchar", true, "c"},
    {"TIMESTAMP", Type::timestamp, "adql_cast_timestamp", false, "s"},
    {"POINT", Type::point, "adql_cast_point", false, "s"},
    {"CIRCLE", Type::circle, "adql_cast_circle", false, "s"},
    {"POLYGON", Type::polygon, "adql_cast_polygon", false, "s"},
    {"CLOB", Type::text, "adql_cast_varchar", true, "c"},
}};

}  // namespace

std::string Translator::bind(store::Value value) {
  bindings_.push_back(std::move(value));
  return fmt::format("?{}", bindings_.size());
}

std::string Translator::text_sql(std::string_view text) {
  const auto known = texts_.find(text);
  if (known != texts_.end()) return known->second;
  std::string parameter = bind(std::string(text));
  texts_.emplace(text, parameter);
  return parameter;
}

// Numbers are bound, so that queries which differ in them alone are one statement, compiled once.
std::string Translator::number_sql(const store::Value& number) {
  if (numbers_.size() >= most_bound_numbers) return number_text(number);
  const auto* real = std::get_if<double>(&number);
  const std::pair key(real != nullptr, real != nullptr ? std::bit_cast<std::int64_t>(*real)
                                                       : std::get<std::int64_t>(number));
  std::string& known = numbers_[key];
  if (known.empty()) known = bind(number);
  return known;
}

void Translator::set_constant(Value& value, double number) {
  value.number = number;
  if (is_integer(*value.type) && std::abs(number) < 9e15) {
    value.sql = number_sql(static_cast<std::int64_t>(number));
  } else {
    value.type = Type::double_precision;
    value.sql = number_sql(number);
  }
}

Value Translator::value(const Node& node, const Scope& scope) {
  const Level level(*this, 3, node.place);
  Value value = plain(node, scope);
  // A key of GROUP BY, or something around it, stands for its group.
  if (scope.grouped && !value.references.empty() && scope.keys.contains(value.sql))
    std::erase_if(value.references, [](const Reference& reference) { return !reference.outer; });
  return value;
}

Value Translator::plain(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case NodeKind::null:
    case NodeKind::whole:
    case NodeKind::decimal:
    case NodeKind::text:
      return literal(node);
    case NodeKind::column:
      return column_value(node.path, scope);
    case NodeKind::chain:
      return chain(node, scope);
    case NodeKind::negative:
    case NodeKind::positive:
    case NodeKind::inverse:
      return negative(node, scope);
    case NodeKind::call:
      return call(node, scope);
    case NodeKind::aggregate:
      return aggregate(node, scope);
    case NodeKind::cast:
      return cast(node, scope);
    case NodeKind::choice:
      return choice(node, scope);
    case NodeKind::all_of:
    case NodeKind::any_of:
    case NodeKind::negation:
    case NodeKind::comparison:
    case NodeKind::between:
    case NodeKind::in_list:
    case NodeKind::in_query:
    case NodeKind::like:
    case NodeKind::ilike:
    case NodeKind::is_null:
    case NodeKind::exists:
      break;
  }
  refuse(node.place, "found a condition, expected a value");
}

store::Value number_of(const Node& node) {
  if (node.kind == NodeKind::whole) {
    if (const std::optional<std::int64_t> whole = to_integer(node.text)) return *whole;
  }
  const bool ends_in_point = node.text.ends_with('.');
  const std::optional<double> number = to_double(ends_in_point ? node.text + "0" : node.text);
  if (!number || !std::isfinite(*number))
    refuse(node.place, fmt::format("the number {} is beyond the range of a DOUBLE PRECISION",
                                   in_quotes(node.text)));
  return *number;
}

std::string number_text(const store::Value& number) {
  if (const auto* whole = std::get_if<std::int64_t>(&number)) return fmt::format("{}", *whole);
  return real_text(std::get<double>(number));
}

Value Translator::literal(const Node& node) {
  Value value;
  value.place = node.place;
  if (node.kind == NodeKind::null) {
    value.sql = "NULL";
  } else if (node.kind == NodeKind::text) {
    value.type = Type::text;
    value.text = node.text;
    value.sql = text_sql(node.text);
  } else {
    const store::Value number = number_of(node);
    if (const auto* whole = std::get_if<std::int64_t>(&number)) {
      value.type = *whole == static_cast<std::int32_t>(*whole) ? Type::integer : Type::bigint;
      value.number = static_cast<double>(*whole);
    } else {
      value.type = Type::double_precision;
      value.number = std::get<double>(number);
    }
    value.sql = number_sql(number);
  }
  return value;
}

Value Translator::negative(const Node& node, const Scope& scope) {
  Value value = this->value(node.children.front(), scope);
  need_type(value, node.kind == NodeKind::inverse ? 'i' : 'n', "an operand of a sign");
  if (node.kind == NodeKind::positive || !value.type) return value;
  value.column = nullptr;
  value.source = nullptr;
  if (node.kind == NodeKind::inverse) {
    value.sql = "~" + at_least(Strength::atom, value);
    value.number.reset();
    value.strength = Strength::product;
    return value;
  }
  if (value.number && value.constant()) {
    set_constant(value, -*value.number);
    return value;
  }
  value.sql = "-" + at_least(Strength::atom, value);
  value.strength = Strength::product;
  return value;
}

Value Translator::chain(const Node& node, const Scope& scope) {
  std::vector<Value> operands;
  for (const Node& child : node.children) operands.push_back(value(child, scope));
  const auto joins = [](const std::string& each) { return each == "||"; };
  if (std::ranges::none_of(node.operators, joins)) return arithmetic(node, std::move(operands));
  if (!std::ranges::all_of(node.operators, joins))
    refuse(node.place, "|| joins character strings and cannot stand beside + or -");
  return concatenation(node, std::move(operands));
}

Value Translator::concatenation(const Node& node, std::vector<Value> operands) {
  Value result;
  result.place = node.place;
  result.type = Type::text;
  result.strength = Strength::product;
  for (const Value& operand : operands) {
    need_type(operand, 's', "an operand of ||");
    if (!result.sql.empty()) result.sql += " || ";
    result.sql += at_least(Strength::atom, operand);
  }
  gather(result, operands);
  return result;
}

Value Translator::arithmetic(const Node& node, std::vector<Value> operands) {
  const std::string& first = node.operators.front();
  const bool bits = first == "&" || first == "|" || first == "^";
  Value result;
  result.place = node.place;
  bool whole = true;
  for (const Value& operand : operands) {
    need_type(
        operand, bits ? 'i' : 'n',
        bits ? fmt::format("an operand of {}", first) : std::string("an operand of arithmetic"));
    whole = whole && (!operand.type || is_integer(*operand.type));
  }
  const bool product = first == "*" || first == "/" || first == "%";
  result.type = whole ? Type::bigint : Type::double_precision;
  result.strength = bits ? Strength::weak : product ? Strength::product : Strength::sum;
  const Strength needed = bits || product ? Strength::atom : Strength::product;
  result.sql = at_least(product ? Strength::product : needed, operands.front());
  for (std::size_t i = 0; i < node.operators.size(); ++i) {
    const std::string& sign = node.operators[i];
    const std::string right = at_least(needed, operands[i + 1]);
    if (sign == "^" || (sign == "%" && !whole)) {
      result.sql = fmt::format("{}({}, {})", sign == "^" ? "adql_bitxor" : "adql_mod", result.sql,
                               operands[i + 1].sql);
    } else {
      result.sql += " " + sign + " " + right;
    }
  }
  gather(result, operands);
  return result;
}

Value Translator::aggregate(const Node& node, const Scope& scope) {
  if (!scope.grouped)
    refuse(node.place, fmt::format("{} cannot stand here: aggregates belong in SELECT, HAVING or "
                                   "ORDER BY",
                                   node.text));
  Value result;
  result.place = node.place;
  result.aggregate = true;
  result.type = Type::bigint;
  if (node.children.empty()) {
    result.sql = "count(*)";
    return result;
  }
  const Scope inside{scope.outer, scope.sources, scope.shown, false, {}};
  const Value argument = value(node.children.front(), inside);
  if (std::ranges::all_of(argument.references, &Reference::outer) && !argument.references.empty())
    refuse(node.place, fmt::format("{} has columns of an outer query only", node.text));
  const bool counts = node.text == "COUNT";
  const bool extreme = node.text == "MIN" || node.text == "MAX";
  if (!counts) need_type(argument, extreme ? 'c' : 'n', "the argument of " + node.text);
  const std::string& sql = argument.sql.empty() ? argument.blob : argument.sql;
  result.sql = fmt::format("{}({}{})", to_lower(node.text), node.distinct ? "DISTINCT " : "", sql);
  if (extreme) result.type = argument.type;
  if (node.text == "AVG" || (node.text == "SUM" && argument.type && !is_integer(*argument.type)))
    result.type = Type::double_precision;
  if (!counts) result.unit = argument.unit;
  for (const Reference& reference : argument.references) {
    if (reference.outer) result.references.push_back(reference);
  }
  return result;
}

Value Translator::cast(const Node& node, const Scope& scope) {
  const auto row = std::ranges::find(casts, node.text, &CastRow::name);
  if (row == casts.end())
    refuse(node.place, fmt::format("found the type {}, expected SMALLINT, INTEGER, BIGINT, REAL, "
                                   "DOUBLE PRECISION, CHAR, VARCHAR, TIMESTAMP, POINT, CIRCLE or "
                                   "POLYGON",
                                   in_quotes(node.text)));
  if (node.number && !row->sized)
    refuse(node.place, fmt::format("the type {} has no length", node.text));
  const Value argument = value(node.children.front(), scope);
  need_type(argument, row->takes.front(), fmt::format("what is cast to {}", node.text));
  Value result;
  result.place = node.place;
  result.type = row->type;
  result.references = argument.references;
  result.aggregate = argument.aggregate;
  const std::string call =
      row->sized ? fmt::format("{}({}, {})", row->function, argument.sql, node.number.value_or(0))
                 : fmt::format("{}({})", row->function, argument.sql);
  (is_geometry(row->type) ? result.blob : result.sql) = call;
  if (is_numeric(row->type)) result.unit = argument.unit;
  return result;
}

Value Translator::choice(const Node& node, const Scope& scope) {
  const Level level(*this, 4, node.place);
  Value result;
  result.place = node.place;
  result.sql = "CASE";
  std::size_t at = 0;
  std::optional<Value> subject;
  if (node.subject) {
    subject = value(node.children[at++], scope);
    result.sql += " " + at_least(Strength::atom, *subject);
    add_references(result.references, subject->references);
    result.aggregate = subject->aggregate;
  }
  const auto outcome = [&](const Node& child) {
    const Value value = this->value(child, scope);
    result.type = common_type(result.type, value, "the results of CASE");
    add_references(result.references, value.references);
    result.aggregate = result.aggregate || value.aggregate;
    return value.sql;
  };
  const std::size_t pairs_end = node.children.size() - (node.otherwise ? 1 : 0);
  for (; at < pairs_end; at += 2) {
    if (subject) {
      const Value when = value(node.children[at], scope);
      need_comparable(*subject, when, when.place);
      add_references(result.references, when.references);
      result.sql += fmt::format(" WHEN {}", when.sql);
    } else {
      const Condition when = condition(node.children[at], scope);
      add_references(result.references, when.references);
      result.aggregate = result.aggregate || when.aggregate;
      result.sql += fmt::format(" WHEN {}", when.sql);
    }
    result.sql += fmt::format(" THEN {}", outcome(node.children[at + 1]));
  }
  if (node.otherwise) result.sql += fmt::format(" ELSE {}", outcome(node.children.back()));
  result.sql += " END";
  if (!result.type) result.type = Type::text;
  return result;
}

}  // namespace soda::tap
