#include "tap/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tap/names.h"

namespace soda::tap {
namespace {

struct Described {
  std::string_view datatype, arraysize, xtype;
  ColumnType type;
};

// In the order of Type (TAP 1.1 section 4.3).
constexpr std::array<Described, 13> described = {{
    {"short", "", "", ColumnType::integer},
    {"int", "", "", ColumnType::integer},
    {"long", "", "", ColumnType::integer},
    {"float", "", "", ColumnType::real},
    {"double", "", "", ColumnType::real},
    {"char", "*", "", ColumnType::text},
    {"char", "*", "timestamp", ColumnType::text},
    {"double", "2", "point", ColumnType::text},
    {"double", "3", "circle", ColumnType::text},
    {"double", "*", "polygon", ColumnType::text},
    {"char", "*", "adql:REGION", ColumnType::text},
    {"double", "2", "interval", ColumnType::text},
    {"unsignedByte", "*", "adql:blob", ColumnType::text},
}};

// A name for a value that has none: a regular identifier, never a reserved word.
std::string made_name(const Node& node, std::size_t number) {
  if (node.kind == NodeKind::call) return fmt::format("{}_{}", to_lower(node.text), number);
  if (node.kind != NodeKind::aggregate) return fmt::format("col_{}", number);
  if (node.children.empty()) return "count_all";
  const Node& child = node.children.front();
  const bool plain = child.kind == NodeKind::column && is_column_name(child.path.back().text);
  return fmt::format("{}_{}", to_lower(node.text),
                     plain ? child.path.back().text : fmt::format("{}", number));
}

}  // namespace

void describe(OutputColumn& column, Type type) {
  const Described& row = described[static_cast<std::size_t>(type)];
  column.adql = type;
  column.type = row.type;
  column.datatype = row.datatype;
  column.arraysize = row.arraysize;
  column.xtype = row.xtype;
}

Output output_of(Value&& value, const SelectItem& item, std::size_t number) {
  Output output;
  output.place = item.place;
  output.type = value.type;
  output.sql = std::move(value.sql);
  output.blob = std::move(value.blob);
  if (value.column != nullptr) {
    static_cast<Column&>(output.column) = *value.column;
    output.column.adql = value.column->adql;
  } else {
    describe(output.column, value.type.value_or(Type::text));
    output.column.unit = value.unit;
    output.column.name = item.star ? std::string() : made_name(item.value, number);
  }
  if (item.alias) output.column.name = item.alias->text;
  return output;
}

std::string answer_sql(const Output& output) {
  if (!output.sql.empty()) return output.sql;
  return fmt::format("{}({})", output.type == Type::region ? "adql_stcs" : "adql_dali",
                     output.blob);
}

const Output* ordered_output(const OrderTerm& term, const std::vector<Output>& outputs,
                             const Scope* scope) {
  const Node& node = term.value;
  if (node.kind == NodeKind::whole && !node.text.starts_with('-')) {
    const std::optional<std::int64_t> number = to_integer(node.text);
    if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > outputs.size())
      refuse(term.place,
             fmt::format("ORDER BY names column {}; SELECT has {}", node.text, outputs.size()));
    return &outputs[static_cast<std::size_t>(*number - 1)];
  }
  const bool simple = node.kind == NodeKind::column && node.path.size() == 1;
  const Output* found = nullptr;
  for (const Output& output : outputs) {
    if (!simple || !matches(node.path.front(), output.column.name)) continue;
    if (found != nullptr && (output.sql.empty() || output.sql != found->sql))
      refuse(term.place, fmt::format("{} is ambiguous: two columns of SELECT have this name",
                                     in_quotes(node.path.front().text)));
    found = &output;
  }
  if (found != nullptr || scope != nullptr) return found;
  if (!simple)
    refuse(term.place,
           "the order of queries joined by set operators is by names or numbers of columns");
  std::vector<std::string_view> names;
  for (const Output& output : outputs) names.push_back(output.column.name);
  refuse(term.place,
         fmt::format("there is no column {} in the answer{}", in_quotes(node.path.front().text),
                     did_you_mean(node.path.front().text, names)));
}

const Node* item_named(const Node& node, const Select& select, const Scope& scope) {
  if (node.kind != NodeKind::column || node.path.size() != 1) return nullptr;
  const Identifier& name = node.path.front();
  const auto known = [&](const Shown& shown) { return matches(name, shown.column->name); };
  if (std::ranges::any_of(*scope.shown, known)) return nullptr;
  const auto found = std::ranges::find_if(select.items, [&](const SelectItem& item) {
    return item.alias && matches(name, item.alias->text);
  });
  return found == select.items.end() ? nullptr : &found->value;
}

std::string limit_of(std::optional<std::int64_t> top, std::optional<std::int64_t> offset) {
  if (!top && !offset) return {};
  std::string sql = fmt::format(" LIMIT {}", top.value_or(-1));
  if (offset) sql += fmt::format(" OFFSET {}", *offset);
  return sql;
}

void make_unique(std::vector<OutputColumn>& columns) {
  std::set<std::string> taken;
  for (const OutputColumn& column : columns) taken.insert(to_lower(column.name));
  if (taken.size() == columns.size()) return;
  std::set<std::string> used;
  for (OutputColumn& column : columns) {
    if (used.insert(to_lower(column.name)).second) continue;
    const std::string base = column.name;
    for (std::size_t i = 2;; ++i) {
      column.name = fmt::format("{}_{}", base, i);
      if (taken.insert(to_lower(column.name)).second) break;
    }
    used.insert(to_lower(column.name));
  }
}

}  // namespace soda::tap
