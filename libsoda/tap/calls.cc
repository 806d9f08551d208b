#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "tap/functions.h"
#include "tap/names.h"
#include "tap/translator.h"
#include "tap/types.h"
#include "tap/units.h"

namespace soda::tap {
namespace {

struct Bits {
  std::string_view name, form;
  std::size_t count;
};
constexpr std::array<Bits, 4> bitwise_functions = {{{"BITWISE_AND", "({0} & {1})", 2},
                                                    {"BITWISE_OR", "({0} | {1})", 2},
                                                    {"BITWISE_XOR", "adql_bitxor({0}, {1})", 2},
                                                    {"BITWISE_NOT", "(~{0})", 1}}};

std::string counted(std::size_t count) {
  return fmt::format("{} argument{}", count, count == 1 ? "" : "s");
}

// "2 arguments", "1 or 2 arguments".
std::string arity(const Function& function) {
  const std::size_t mark = function.arguments.find('?');
  if (mark == std::string_view::npos) return counted(function.arguments.size());
  return fmt::format("{} or {}", mark, counted(function.arguments.size() - 1));
}

char kind_at(const Function& function, std::size_t index) {
  const std::size_t mark = function.arguments.find('?');
  return function.arguments[index >= mark ? index + 1 : index];
}

bool takes(const Function& function, std::size_t count) {
  const std::size_t mark = function.arguments.find('?');
  if (mark == std::string_view::npos) return count == function.arguments.size();
  return count >= mark && count < function.arguments.size();
}

bool fits(const Function& function, const std::vector<Value>& arguments) {
  if (!takes(function, arguments.size())) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_of(arguments[i], kind_at(function, i))) return false;
  }
  return true;
}

// The form of the function that the arguments fit; throws when none does.
const Function& chosen(const Node& node, const std::vector<const Function*>& forms,
                       const std::vector<Value>& arguments) {
  for (const Function* each : forms) {
    if (fits(*each, arguments)) return *each;
  }
  const Function* near = nullptr;
  std::string counts;
  for (const Function* each : forms) {
    if (takes(*each, arguments.size())) near = each;
    counts += (counts.empty() ? "" : ", or ") + arity(*each);
  }
  if (near == nullptr)
    refuse(node.place, fmt::format("{} takes {}; found {}", node.text, counts, arguments.size()));
  for (std::size_t i = 0; i < arguments.size(); ++i)
    need_type(arguments[i], kind_at(*near, i), fmt::format("argument {} of {}", i + 1, node.text));
  refuse(node.place, fmt::format("{} does not take these arguments", node.text));
}

// SQL of an argument of that kind.
const std::string& argument_sql(const Value& value, char kind) {
  return (kind == 'p' || kind == 'g') && !value.blob.empty() ? value.blob : value.sql;
}

[[noreturn]] void unknown_function(const Node& node) {
  const std::string_view reason = reason_against(node.text);
  if (!reason.empty())
    refuse(node.place,
           fmt::format("the function {} is not offered: {}", to_lower(node.text), reason));
  refuse(node.place, fmt::format("there is no function {}{}", in_quotes(node.path.front().text),
                                 did_you_mean(node.text, function_names())));
}

}  // namespace

std::vector<Value> Translator::arguments(const Node& node, const Scope& scope) {
  const Level level(*this, 2, node.place);
  std::vector<Value> arguments;
  for (const Node& child : node.children) arguments.push_back(value(child, scope));
  return arguments;
}

Value Translator::call(const Node& node, const Scope& scope) {
  if (std::optional<Value> shape = geometry(node, scope)) return std::move(*shape);
  if (node.text == "COALESCE") return coalesce(node, scope);
  if (node.text == "IN_UNIT") return in_unit(node, scope);
  if (node.text.starts_with("BITWISE_")) return bitwise(node, scope);
  Value result;
  result.place = node.place;
  if (node.text == "RAND") {
    if (arguments(node, scope).size() > 1) refuse(node.place, "RAND takes 0 or 1 arguments");
    result.type = Type::double_precision;
    result.sql = "adql_rand()";
    return result;
  }
  const std::vector<const Function*> forms = functions_named(node.text);
  if (forms.empty()) unknown_function(node);
  const bool aggregate = forms.front()->aggregate;
  if (aggregate && !scope.grouped)
    refuse(node.place, fmt::format("{} is an aggregate: it belongs in SELECT, HAVING or ORDER BY",
                                   to_lower(node.text)));
  const Scope inside{scope.outer, scope.sources, scope.shown, false, {}};
  const std::vector<Value> values = arguments(node, aggregate ? inside : scope);
  const Function& function = chosen(node, forms, values);
  result.sql = fmt::format("{}(", function.sql);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) result.sql += ", ";
    result.sql += argument_sql(values[i], kind_at(function, i));
    if (!aggregate) add_references(result.references, values[i].references);
    result.aggregate = result.aggregate || values[i].aggregate || aggregate;
  }
  result.sql += ")";
  result.type = function.result;
  if (!result.type && !values.empty()) {
    result.type = values.front().type;
    result.unit = values.front().unit;
  }
  if (result.type && is_geometry(*result.type)) result.blob.swap(result.sql);
  return result;
}

Value Translator::coalesce(const Node& node, const Scope& scope) {
  const std::vector<Value> values = arguments(node, scope);
  if (values.empty() || values.size() > 100)
    refuse(node.place, fmt::format("COALESCE takes 1 to 100 arguments; found {}", values.size()));
  Value result;
  result.place = node.place;
  for (const Value& each : values) {
    result.type = common_type(result.type, each, "the arguments of COALESCE");
    result.sql += (result.sql.empty() ? "" : ", ") + each.sql;
    add_references(result.references, each.references);
    result.aggregate = result.aggregate || each.aggregate;
  }
  // SQLite's function has at least two.
  result.sql = fmt::format("coalesce({}{})", result.sql, values.size() == 1 ? ", NULL" : "");
  if (!result.type) result.type = Type::text;
  return result;
}

Value Translator::in_unit(const Node& node, const Scope& scope) {
  const std::vector<Value> values = arguments(node, scope);
  if (values.size() != 2)
    refuse(node.place, fmt::format("IN_UNIT takes 2 arguments; found {}", values.size()));
  need_type(values[0], 'n', "the first argument of IN_UNIT");
  if (!values[1].text)
    refuse(values[1].place, "the second argument of IN_UNIT is a unit as a literal: 'arcsec'");
  if (values[0].unit.empty())
    refuse(values[0].place, "IN_UNIT needs a value whose unit is known: a column that has one");
  const Conversion conversion = unit_conversion(values[0].unit, *values[1].text);
  if (!conversion.problem.empty())
    refuse(conversion.of_target ? values[1].place : values[0].place, conversion.problem);
  Value result = values[0];
  result.place = node.place;
  result.column = nullptr;
  result.source = nullptr;
  result.type = Type::double_precision;
  result.unit = *values[1].text;
  result.number.reset();
  // One part of a whole number is divided by it: that rounds once.
  const double parts = std::round(1 / conversion.factor);
  const bool divides = conversion.factor < 1 && 1 / parts == conversion.factor;
  result.sql = fmt::format("{} {} {}", at_least(Strength::product, values[0]), divides ? "/" : "*",
                           real_text(divides ? parts : conversion.factor));
  result.strength = Strength::product;
  return result;
}

Value Translator::bitwise(const Node& node, const Scope& scope) {
  const auto row = std::ranges::find(bitwise_functions, node.text, &Bits::name);
  if (row == bitwise_functions.end()) unknown_function(node);
  const std::vector<Value> values = arguments(node, scope);
  if (values.size() != row->count)
    refuse(node.place,
           fmt::format("{} takes {}; found {}", node.text, counted(row->count), values.size()));
  Value result;
  result.place = node.place;
  result.type = Type::bigint;
  for (const Value& each : values) {
    need_type(each, 'i', fmt::format("an argument of {}", node.text));
    add_references(result.references, each.references);
    result.aggregate = result.aggregate || each.aggregate;
  }
  result.sql = fmt::format(fmt::runtime(row->form), at_least(Strength::atom, values.front()),
                           at_least(Strength::atom, values.back()));
  return result;
}

}  // namespace soda::tap
