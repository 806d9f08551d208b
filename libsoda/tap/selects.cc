#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "tap/conditions.h"
#include "tap/outputs.h"
#include "tap/plan.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

bool has_aggregate(const Node& node) {
  if (node.kind == NodeKind::aggregate) return true;
  if (node.kind == NodeKind::call && node.text == "IVO_STRING_AGG") return true;
  return std::ranges::any_of(node.children, has_aggregate);
}

bool has_aggregate(const QueryTree& tree) {
  const Select& select = *tree.select;
  return select.having ||
         std::ranges::any_of(select.items,
                             [](const SelectItem& item) { return has_aggregate(item.value); }) ||
         std::ranges::any_of(tree.order,
                             [](const OrderTerm& term) { return has_aggregate(term.value); });
}

void check_grouped(const std::vector<Reference>& references, const Scope& scope) {
  if (!scope.grouped) return;
  for (const Reference& each : references) {
    if (each.outer) continue;
    refuse(each.place, fmt::format("column {} is neither in GROUP BY nor within an aggregate",
                                   in_quotes(each.column->name)));
  }
}

// What the statement selects for the columns, which are told their positions.
std::string list_of(std::vector<Output>& outputs, Form form) {
  std::string list;
  std::size_t position = 0;
  const auto add = [&](const std::string& sql) {
    list += (list.empty() ? "" : ", ") + sql;
    return ++position;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Output& output = outputs[i];
    if (form == Form::answer) {
      output.position = add(answer_sql(output));
      continue;
    }
    output.position = add(fmt::format("{} AS \"c{}\"", answer_sql(output), i + 1));
    if (!output.blob.empty()) add(fmt::format("{} AS \"g{}\"", output.blob, i + 1));
  }
  return list;
}

}  // namespace

void Translator::items(const Select& select, const Scope& scope, std::vector<Output>& outputs) {
  const auto add = [&](Value&& value, const SelectItem& item) {
    if (outputs.size() >= most_columns)
      refuse(item.place, fmt::format("a SELECT has at most {} columns", most_columns));
    outputs.push_back(output_of(std::move(value), item, outputs.size() + 1));
  };
  outputs.reserve(select.items.size());
  for (const SelectItem& item : select.items) {
    if (!item.star) {
      Value value = this->value(item.value, scope);
      check_grouped(value.references, scope);
      add(std::move(value), item);
      continue;
    }
    const Source* only = item.path.empty() ? nullptr : &source_of(item.path, scope);
    const auto show = [&](const Shown& shown) {
      Value value = value_of(shown, item.place);
      if (scope.grouped && scope.keys.contains(value.sql)) value.references.clear();
      check_grouped(value.references, scope);
      add(std::move(value), item);
    };
    if (only == nullptr) {
      std::ranges::for_each(*scope.shown, show);
    } else {
      for (const TableColumn& column : only->columns()) show({&column, only, {}});
    }
  }
}

// A key may be the name of an output, when FROM has no column of this name.
std::string Translator::group(const Select& select, Scope& scope) {
  std::string sql;
  std::set<std::string, std::less<>> keys;
  for (const Node& node : select.group) {
    const Node* named = item_named(node, select, scope);
    const Value value = this->value(named == nullptr ? node : *named, scope);
    if (value.sql.empty()) refuse(node.place, "rows cannot be grouped by a computed geometry");
    if (value.number || value.text)
      refuse(node.place, "GROUP BY takes columns and expressions of columns");
    sql += (sql.empty() ? " GROUP BY " : ", ") + value.sql;
    keys.insert(value.sql);
  }
  scope.keys = std::move(keys);
  return sql;
}

// A term that is an output column is that column's number.
std::string Translator::order_term(const OrderTerm& term, const Scope& scope, const Select& select,
                                   const std::vector<Output>& outputs) {
  if (const Output* output = ordered_output(term, outputs, &scope))
    return fmt::format("{}", output->position);
  const Value value = this->value(term.value, scope);
  check_grouped(value.references, scope);
  const auto same = std::ranges::find_if(outputs, [&](const Output& output) {
    return !output.sql.empty() && output.sql == value.sql;
  });
  if (same != outputs.end()) return fmt::format("{}", same->position);
  if (value.sql.empty()) refuse(term.place, "rows cannot be ordered by a geometry");
  if (select.distinct)
    refuse(term.place, "with DISTINCT, ORDER BY takes the columns of SELECT only");
  return value.number || value.text ? "NULL" : value.sql;
}

std::string Translator::order_of_select(const QueryTree& tree, const Scope& scope,
                                        const std::vector<Output>& outputs) {
  std::string sql;
  for (const OrderTerm& term : tree.order) {
    sql += (sql.empty() ? " ORDER BY " : ", ") + order_term(term, scope, *tree.select, outputs);
    if (term.descending) sql += " DESC";
  }
  return sql;
}

Block Translator::select(const QueryTree& tree, Form form, const Scope* outer) {
  const Select& select = *tree.select;
  const Scope* const outer_before = std::exchange(outer_, outer);
  const std::size_t nested_before = std::exchange(nested_, 0);
  Joined joined = from(select.from);
  Scope scope{outer, &joined.sources, &joined.shown, false, {}};
  Condition where;
  if (select.where) where = condition(*select.where, scope);
  if (!joined.conditions.empty()) {
    joined.conditions.push_back(std::move(where));
    where = all_of(std::move(joined.conditions));
  }
  const bool aggregates = has_aggregate(tree) || !select.group.empty();
  std::string grouping;
  if (!select.group.empty()) grouping = group(select, scope);
  scope.grouped = aggregates;
  Block block;
  items(select, scope, block.columns);
  std::string sql = select.distinct ? "SELECT DISTINCT " : "SELECT ";
  sql += list_of(block.columns, form) + " FROM ";
  if (joined.flat) {
    sql += planned(joined, where);
  } else {
    help(joined, where);
    sql += joined.sql;
  }
  if (!where.sql.empty()) sql += " WHERE " + where.sql;
  sql += grouping;
  if (select.having) {
    const Condition having = condition(*select.having, scope);
    check_grouped(having.references, scope);
    sql += " HAVING " + having.sql;
  }
  sql += order_of_select(tree, scope, block.columns);
  const bool plain = !aggregates && !select.distinct && tree.order.empty();
  if (&tree == whole_ && plain && joined.flat && joined.parts.size() == 1 &&
      joined.sources.front()->table && !joined.sources.front()->table->order.empty()) {
    const Source& source = *joined.sources.front();
    sql += " ORDER BY " + with_alias(source.table->order, source);
  }
  sql += limit_of(select.top, tree.offset);
  block.sql = std::move(sql);
  block.simple = tree.order.empty() && !select.top && !tree.offset;
  joined.size.total += 1 + nested_;
  check_size(joined.size, select.place);
  block.size = joined.size;
  // SQLite keeps such a query apart.
  if (aggregates || select.distinct || !block.simple) block.size = {1, 1, joined.size.total};
  outer_ = outer_before;
  nested_ = nested_before;
  return block;
}

}  // namespace soda::tap
