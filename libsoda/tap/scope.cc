#include "tap/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/text.h"
#include "tap/names.h"

namespace soda::tap {
namespace {

using Path = std::span<const Identifier>;

// Whether the identifiers before the column mean the source.
bool qualifies(Path qualifier, const Source& source) {
  if (qualifier.empty() || !matches(qualifier.back(), source.name)) return false;
  if (qualifier.size() == 1) return true;
  return qualifier.size() == 2 && !source.schema.empty() &&
         matches(qualifier.front(), source.schema);
}

Value single(const Source& source, const TableColumn& column, Place place) {
  Value value;
  value.place = place;
  value.type = column.adql;
  value.column = &column;
  value.source = &source;
  value.unit = column.unit;
  if (!column.sql.empty()) value.sql = with_alias(column.sql, source);
  if (!column.geometry.empty()) value.blob = with_alias(column.geometry, source);
  if (value.blob.empty() && is_geometry(column.adql))
    value.blob = fmt::format("adql_region({})", value.sql);
  value.references.push_back({&source, &column, place, false});
  return value;
}

std::vector<std::string_view> all_names(const Scope& scope) {
  std::vector<std::string_view> names;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    for (const Shown& shown : *at->shown) names.push_back(shown.column->name);
  }
  return names;
}

[[noreturn]] void twice(const Source& source, const Identifier& name) {
  refuse(name.place, fmt::format("{} has more than one column {}: put the one that is meant in "
                                 "double quotes",
                                 source.name, in_quotes(name.text)));
}

// The columns of the source that the name means: more than one is an error.
const TableColumn* column_of(const Source& source, const Identifier& name) {
  const TableColumn* found = nullptr;
  for (const TableColumn& column : source.columns()) {
    if (!matches(name, column.name)) continue;
    if (found != nullptr)
      refuse(name.place,
             fmt::format("{} has more than one column {}", source.name, in_quotes(name.text)));
    found = &column;
  }
  return found;
}

[[noreturn]] void ambiguous(const Identifier& name, const Shown& a, const Shown& b) {
  if (a.source == b.source) twice(*a.source, name);
  refuse(name.place, fmt::format("column {} is ambiguous: {} and {} have it", in_quotes(name.text),
                                 a.source->name, b.source->name));
}

// In one scope, without those around it.
std::optional<Value> unqualified(const Identifier& name, const Scope& scope) {
  const Shown* found = nullptr;
  for (const Shown& shown : *scope.shown) {
    if (!matches(name, shown.column->name)) continue;
    if (found != nullptr) ambiguous(name, *found, shown);
    found = &shown;
  }
  if (found == nullptr) return std::nullopt;
  return value_of(*found, name.place);
}

std::optional<Value> qualified(Path path, const Scope& scope) {
  const Path qualifier = path.first(path.size() - 1);
  const Source* found = nullptr;
  for (const Source* source : *scope.sources) {
    if (!qualifies(qualifier, *source)) continue;
    if (found != nullptr)
      refuse(path.front().place, fmt::format("{} is ambiguous: two tables of FROM have this name",
                                             in_quotes(qualifier.back().text)));
    found = source;
  }
  if (found == nullptr) return std::nullopt;
  const TableColumn* column = column_of(*found, path.back());
  if (column != nullptr) return single(*found, *column, path.front().place);
  std::vector<std::string_view> names;
  for (const TableColumn& each : found->columns()) names.push_back(each.name);
  refuse(path.back().place,
         fmt::format("{} has no column {}{}", found->name, in_quotes(path.back().text),
                     did_you_mean(path.back().text, names)));
}

[[noreturn]] void unknown(const std::vector<Identifier>& path, const Scope& scope) {
  if (path.size() == 1) {
    const Identifier& name = path.front();
    std::string hint = did_you_mean(name.text, all_names(scope));
    if (name.delimited && hint.empty()) hint = "; a character string stands in single quotes";
    refuse(name.place, fmt::format("there is no column {}{}", in_quotes(name.text), hint));
  }
  std::vector<std::string_view> names;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    for (const Source* source : *at->sources) names.push_back(source->name);
  }
  const std::string& wanted = path[path.size() - 2].text;
  refuse(path.front().place,
         fmt::format("FROM has no table {}{}", in_quotes(wanted), did_you_mean(wanted, names)));
}

}  // namespace

bool matches(const Identifier& name, std::string_view declared) {
  return name.delimited ? name.text == declared : equal_ignoring_case(name.text, declared);
}

std::string shown_path(const std::vector<Identifier>& path) {
  std::string text;
  for (const Identifier& each : path) {
    if (!text.empty()) text += '.';
    text += each.text;
  }
  return in_quotes(text);
}

std::string with_alias(std::string_view form, const Source& source) {
  std::string text;
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t mark = form.find("{}", at);
    text += form.substr(at, mark - at);
    if (mark == std::string_view::npos) break;
    text += source.sql_name;
    at = mark + 2;
  }
  return text;
}

Value value_of(const Shown& shown, Place place) {
  Value value = single(*shown.source, *shown.column, place);
  if (shown.others.empty()) return value;
  std::string parts = value.sql;
  std::string shapes = value.blob;
  for (const auto& [source, column] : shown.others) {
    const Value other = single(*source, *column, place);
    parts += ", " + other.sql;
    shapes += ", " + other.blob;
    add_references(value.references, other.references);
  }
  if (!value.sql.empty()) value.sql = fmt::format("coalesce({})", parts);
  if (!value.blob.empty()) value.blob = fmt::format("coalesce({})", shapes);
  value.source = nullptr;
  return value;
}

Value column_value(const std::vector<Identifier>& path, const Scope& scope) {
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    std::optional<Value> value =
        path.size() == 1 ? unqualified(path.front(), *at) : qualified(path, *at);
    if (!value) continue;
    for (Reference& reference : value->references) reference.outer = at != &scope;
    return std::move(*value);
  }
  unknown(path, scope);
}

const Source& source_of(const std::vector<Identifier>& qualifier, const Scope& scope) {
  const Source* found = nullptr;
  std::vector<std::string_view> names;
  for (const Source* source : *scope.sources) {
    names.push_back(source->name);
    if (!qualifies(qualifier, *source)) continue;
    if (found != nullptr)
      refuse(
          qualifier.front().place,
          fmt::format("{} is ambiguous: two tables of FROM have this name", shown_path(qualifier)));
    found = source;
  }
  if (found != nullptr) return *found;
  refuse(qualifier.front().place, fmt::format("FROM has no table {}{}", shown_path(qualifier),
                                              did_you_mean(qualifier.back().text, names)));
}

std::string at_least(Strength strength, const Value& value) {
  return value.strength < strength ? "(" + value.sql + ")" : value.sql;
}

void add_references(std::vector<Reference>& all, const std::vector<Reference>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace soda::tap
