#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "tap/conditions.h"
#include "tap/names.h"
#include "tap/plan.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

// SELECTs written out, tables of one FROM, and everything, beyond which SQLite would take too long
// to compile the statement. (The R*Trees of four tables fit beside them.)
constexpr std::size_t most_arms = 500, most_in_all = 2000, trees_beside = 4;

// The joined tables as text.
std::string text_of(Joined& joined) {
  if (!joined.flat) return joined.sql;
  Condition all = all_of(std::exchange(joined.conditions, {}));
  std::string text = planned(joined, all);
  return all.sql.empty() ? text : text + " ON " + all.sql;
}

void append(Joined& left, Joined&& right) {
  left.sources.insert(left.sources.end(), right.sources.begin(), right.sources.end());
  left.size.tables += right.size.tables;
  left.size.arms *= right.size.arms;
  left.size.total += right.size.total;
}

std::vector<Shown> shown_of(const Source& source) {
  std::vector<Shown> shown;
  shown.reserve(source.columns().size());
  for (const TableColumn& column : source.columns()) shown.push_back({&column, &source, {}});
  return shown;
}

const Shown* find_shown(const std::vector<Shown>& all, const Identifier& name,
                        std::string_view side) {
  const Shown* found = nullptr;
  for (const Shown& shown : all) {
    if (!matches(name, shown.column->name)) continue;
    if (found != nullptr)
      refuse(name.place, fmt::format("column {} is ambiguous in the table on the {}",
                                     in_quotes(name.text), side));
    found = &shown;
  }
  return found;
}

const Shown& needed(const std::vector<Shown>& all, const Identifier& name, std::string_view side) {
  if (const Shown* found = find_shown(all, name, side)) return *found;
  std::vector<std::string_view> names;
  for (const Shown& each : all) names.push_back(each.column->name);
  refuse(name.place, fmt::format("the table on the {} has no column {}{}", side,
                                 in_quotes(name.text), did_you_mean(name.text, names)));
}

// The columns that both have, for NATURAL.
std::vector<Identifier> common_names(const Joined& left, const Joined& right, Place place) {
  std::vector<Identifier> names;
  for (const Shown& shown : left.shown) {
    const Identifier name{shown.column->name, false, place};
    if (find_shown(right.shown, name, "right") == nullptr) continue;
    find_shown(left.shown, name, "left");
    names.push_back(name);
  }
  return names;
}

}  // namespace

void Translator::check_size(const Size& size, Place place) const {
  if (size.tables > most_tables + trees_beside)
    refuse(place, fmt::format("at most {} tables can be joined, those of queries in FROM included",
                              most_tables));
  if (size.arms > most_arms)
    refuse(place,
           fmt::format("the queries joined by set operators in FROM multiply to more than {}",
                       most_arms));
  if (size.total > most_in_all)
    refuse(place, fmt::format("the query refers to more than {} tables, those of common tables "
                              "counted wherever they are used",
                              most_in_all));
}

const Source& Translator::add_source(Source source) {
  source.id = sources_.size() + 1;
  source.sql_name = fmt::format("t{}", source.id);
  sources_.push_back(std::move(source));
  return sources_.back();
}

const Table* Translator::find_table(const std::vector<Identifier>& path) {
  const Table* found = nullptr;
  for (const Table& table : catalogue_.tables) {
    if (path.size() > 2 || !matches(path.back(), table.name)) continue;
    if (path.size() == 2 && !matches(path.front(), table.schema)) continue;
    if (found != nullptr)
      refuse(path.front().place,
             fmt::format("table {} is ambiguous: name its schema too", shown_path(path)));
    found = &table;
  }
  if (found != nullptr) return found;
  std::vector<std::string> names;
  for (const Table& table : catalogue_.tables) {
    names.push_back(table.schema + "." + table.name);
    if (path.size() == 1) names.push_back(table.name);
  }
  std::string wanted;
  for (const Identifier& each : path) wanted += (wanted.empty() ? "" : ".") + each.text;
  refuse(
      path.front().place,
      fmt::format("there is no table {}{}", shown_path(path),
                  did_you_mean(wanted, std::vector<std::string_view>(names.begin(), names.end()))));
}

Joined Translator::primary(const FromItem& item) {
  if (item.query) return query_item(item);
  Source source;
  Joined result;
  std::string sql;
  const auto common = std::ranges::find_if(common_, [&](const CommonTable& each) {
    return item.path.size() == 1 && matches(item.path.front(), each.name.text);
  });
  if (common != common_.end()) {
    source.name = common->name.text;
    source.made = common->columns;
    sql = common->sql_name;
    result.size = common->size;
  } else {
    source.table = find_table(item.path);
    source.name = source.table->name;
    source.schema = source.table->schema;
    sql = source.table->source;
    result.size.tables = 1;
    if (std::ranges::find(tables_, source.table) == tables_.end()) tables_.push_back(source.table);
  }
  if (item.alias) {
    source.name = item.alias->text;
    source.schema.clear();
  }
  const Source& added = add_source(std::move(source));
  result.sources.push_back(&added);
  result.shown = shown_of(added);
  result.parts.push_back({&added, fmt::format("{} AS {}", sql, added.sql_name)});
  return result;
}

Joined Translator::query_item(const FromItem& item) {
  const Level level(*this, 7, item.place);
  const Block block = this->block(*item.query, Form::table, nullptr);
  Source source;
  source.name = item.alias->text;
  source.made = std::make_shared<const std::vector<TableColumn>>(table_columns(block));
  const Source& added = add_source(std::move(source));
  Joined result;
  result.sources.push_back(&added);
  result.shown = shown_of(added);
  result.parts.push_back({&added, fmt::format("({}) AS {}", block.sql, added.sql_name)});
  result.size = block.size;
  return result;
}

Joined Translator::joined(const FromItem& item) {
  if (!item.first) return primary(item);
  const Level level(*this, 3, item.place);
  Joined result = joined(*item.first);
  for (const JoinStep& step : item.steps) join(result, step);
  return result;
}

// One more table on the right; `left` becomes both.
void Translator::join(Joined& left, const JoinStep& step) {
  Joined right = joined(*step.item);
  Condition condition = join_condition(left, right, step);
  std::vector<Shown> shown = merged(left, right, step, condition);
  if (step.kind == JoinKind::inner && left.flat && right.flat) {
    std::ranges::move(right.parts, std::back_inserter(left.parts));
    std::ranges::move(right.conditions, std::back_inserter(left.conditions));
    if (!condition.sql.empty()) left.conditions.push_back(std::move(condition));
  } else {
    constexpr std::array<std::string_view, 4> words = {"JOIN", "LEFT JOIN", "RIGHT JOIN",
                                                       "FULL JOIN"};
    // The table on the right is found by its index for each row on the left; of a full join, all
    // rows of both are in the answer.
    const bool helps = step.kind == JoinKind::inner || step.kind == JoinKind::left;
    for (const Near& near : condition.near) {
      if (!helps || std::ranges::find(right.sources, near.source) == right.sources.end()) continue;
      condition.sql = term_of_all(condition) + " AND " + in_index(near);
      condition.binding = Binding::all_of;
      break;
    }
    const std::string other = right.flat && right.parts.size() == 1 ? right.parts.front().sql
                                                                    : "(" + text_of(right) + ")";
    left.sql =
        fmt::format("{} {} {}", text_of(left), words[static_cast<std::size_t>(step.kind)], other);
    left.sql += " ON " + (condition.sql.empty() ? std::string("1") : condition.sql);
    left.flat = false;
    left.loose_order = (left.loose_order && right.loose_order) &&
                       (step.kind == JoinKind::inner || step.kind == JoinKind::left);
  }
  append(left, std::move(right));
  left.shown = std::move(shown);
  check_size(left.size, step.place);
}

// ON; empty for the others.
Condition Translator::join_condition(const Joined& left, const Joined& right,
                                     const JoinStep& step) {
  if (!step.on) return {};
  std::vector<const Source*> sources = left.sources;
  sources.insert(sources.end(), right.sources.begin(), right.sources.end());
  std::vector<Shown> shown = left.shown;
  shown.insert(shown.end(), right.shown.begin(), right.shown.end());
  const Scope scope{outer_, &sources, &shown, false, {}};
  return condition(*step.on, scope);
}

// The columns of both; those of NATURAL and USING first, each once, and equal by `condition`.
std::vector<Shown> Translator::merged(const Joined& left, const Joined& right, const JoinStep& step,
                                      Condition& condition) {
  std::vector<Shown> shown;
  std::vector<const TableColumn*> absorbed;
  std::vector<Condition> equal;
  const std::vector<Identifier> names =
      step.natural ? common_names(left, right, step.place) : step.shared;
  for (const Identifier& name : names) {
    const Shown& a = needed(left.shown, name, "left");
    const Shown& b = needed(right.shown, name, "right");
    Node place;
    place.place = name.place;
    if (++conditions_ > most_conditions)
      refuse(step.place, fmt::format("a query has at most {} conditions", most_conditions));
    equal.push_back(compared(place, "=", value_of(a, name.place), value_of(b, name.place)));
    Shown one = step.kind == JoinKind::right ? b : a;
    if (step.kind == JoinKind::full) {
      one.others.emplace_back(b.source, b.column);
      one.others.insert(one.others.end(), b.others.begin(), b.others.end());
    }
    shown.push_back(std::move(one));
    absorbed.push_back(a.column);
    absorbed.push_back(b.column);
  }
  if (!equal.empty()) condition = all_of(std::move(equal));
  const auto rest = [&](const std::vector<Shown>& all, std::size_t parity) {
    for (const Shown& each : all) {
      bool taken = false;
      for (std::size_t i = parity; i < absorbed.size(); i += 2)
        taken = taken || absorbed[i] == each.column;
      if (!taken) shown.push_back(each);
    }
  };
  rest(left.shown, 0);
  rest(right.shown, 1);
  return shown;
}

Joined Translator::from(const std::vector<FromItem>& items) {
  Joined result = joined(items.front());
  for (std::size_t i = 1; i < items.size(); ++i) {
    Joined next = joined(items[i]);
    if (result.flat && next.flat) {
      std::ranges::move(next.parts, std::back_inserter(result.parts));
      std::ranges::move(next.conditions, std::back_inserter(result.conditions));
    } else {
      result.sql = fmt::format("{} JOIN ({})", text_of(result), text_of(next));
      result.flat = false;
      result.loose_order = result.loose_order && next.loose_order;
    }
    result.shown.insert(result.shown.end(), next.shown.begin(), next.shown.end());
    append(result, std::move(next));
    check_size(result.size, items[i].place);
  }
  return result;
}

}  // namespace soda::tap
