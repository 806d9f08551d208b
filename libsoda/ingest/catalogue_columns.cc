#include "ingest/catalogue_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/failure.h"
#include "base/text.h"

namespace soda::ingest {
namespace {

using store::ObsCore;
using store::ObsCoreColumn;

std::string_view without_prefix(std::string_view utype) {
  constexpr std::string_view prefix = "obscore:";
  return starts_with_ignoring_case(utype, prefix) ? utype.substr(prefix.size()) : utype;
}

bool same_utype(const Column& a, const Column& b) {
  return !a.utype.empty() && !b.utype.empty() &&
         equal_ignoring_case(without_prefix(a.utype), without_prefix(b.utype));
}

// "polygon" or "circle" of DALI 1.1, whose values are numbers only.
std::string shape_of(const Column& column) {
  struct Shape {
    std::string_view xtype, words;
  };
  constexpr std::array shapes = {Shape{"polygon", "Polygon ICRS "},
                                 Shape{"circle", "Circle ICRS "}};
  const auto* const found = std::ranges::find(shapes, column.xtype, &Shape::xtype);
  return found == shapes.end() ? std::string() : std::string(found->words);
}

// The words of DALI 1.2 have no frame (xtype shape); ours have one.
std::string with_frame(std::string text) {
  const std::vector<std::string_view> words = split_blanks(text);
  if (words.size() < 2 || !to_double(words[1])) return text;
  const std::size_t at = static_cast<std::size_t>(words[1].data() - text.data());
  return text.insert(at, "ICRS ");
}

std::string text_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return to_text(*real);
  return {};
}

// A number of a CSV file is a text; empty for what is no number, NaN for NULL.
std::optional<double> real_of(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return *real;
  const auto* text = std::get_if<std::string_view>(&cell);
  if (text == nullptr || trim(*text).empty()) return std::nan("");
  return to_double(trim(*text));
}

// Empty for what is no integer. REQUIRES: not NULL.
std::optional<std::int64_t> integer_of(const Cell& cell, const Conversion& conversion) {
  if (!conversion.changes()) {
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) return *integer;
    const auto* text = std::get_if<std::string_view>(&cell);
    const auto value = text == nullptr ? std::nullopt : to_integer(trim(*text));
    if (value) return value;
  }
  const auto value = real_of(cell);
  if (!value) return std::nullopt;
  // What is converted is about so much (access_estsize), everything else is exact.
  const double whole = conversion.changes() ? std::round(conversion(*value)) : *value;
  if (!(std::abs(whole) < 0x1p62) || std::trunc(whole) != whole) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

bool is_null(const Cell& cell) {
  const auto value = real_of(cell);
  return value && std::isnan(*value);
}

struct Converted {
  store::Value value;  // monostate: NULL
  bool understood = true;
};
Converted converted(const Cell& cell, ColumnType type, const Conversion& conversion) {
  if (std::holds_alternative<std::monostate>(cell)) return {};
  if (type == ColumnType::text) {
    std::string text = text_of(cell);
    return text.empty() ? Converted{} : Converted{std::move(text)};
  }
  if (is_null(cell)) return {};
  if (type == ColumnType::integer) {
    const auto value = integer_of(cell, conversion);
    return value ? Converted{*value} : Converted{{}, false};
  }
  const auto value = real_of(cell);
  return value ? Converted{conversion(*value)} : Converted{{}, false};
}

// Puts a value of the column's type, which is not NULL, where it belongs.
struct Setter {
  ObsCore& record;
  store::Value& value;
  void operator()(std::string ObsCore::*member) const {
    record.*member = std::get<std::string>(std::move(value));
  }
  void operator()(std::int64_t ObsCore::*member) const {
    record.*member = std::get<std::int64_t>(value);
  }
  void operator()(std::optional<std::int64_t> ObsCore::*member) const {
    record.*member = std::get<std::int64_t>(value);
  }
  void operator()(std::optional<double> ObsCore::*member) const {
    record.*member = std::get<double>(value);
  }
};

}  // namespace

CatalogueColumns::CatalogueColumns(const std::vector<Column>& table, const std::vector<Column>& own)
    : own_count_(own.size()), taken_(table.size()) {
  const auto same_name = [](const Column& a, const Column& b) {
    return equal_ignoring_case(a.name, b.name);
  };
  for (const ObsCoreColumn& column : store::obscore_columns()) {
    take(table, column, Target{&column, 0}, same_name);
  }
  for (std::size_t i = 0; i < own.size(); ++i) take(table, own[i], Target{nullptr, i}, same_name);
  for (const ObsCoreColumn& column : store::obscore_columns()) {
    if (!has(column.name)) take(table, column, Target{&column, 0}, same_utype);
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!taken_[i]) ignored_.push_back(table[i].name);
  }
}

void CatalogueColumns::take(const std::vector<Column>& table, const Column& wanted, Target target,
                            bool (*same)(const Column&, const Column&)) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (taken_[i] || !same(table[i], wanted)) continue;
    taken_[i] = true;
    return add(table[i], wanted, {i, target, wanted.type, wanted.name, {}, {}});
  }
}

void CatalogueColumns::add(const Column& column, const Column& wanted, Assignment made) {
  // Texts have no unit, and of a plain number it says what is counted.
  if (wanted.type != ColumnType::text && !wanted.unit.empty()) {
    const auto found = conversion(column.unit, wanted.unit);
    if (!found) {
      throw Failure(FailureKind::usage,
                    fmt::format("the column \"{}\" is in \"{}\", which cannot be converted to {}",
                                quoted(column.name), quoted(column.unit), wanted.unit));
    }
    made.conversion = *found;
  }
  if (wanted.name == "s_region") made.shape = shape_of(column);
  assignments_.push_back(std::move(made));
}

bool CatalogueColumns::has(std::string_view obscore_column) const {
  return std::ranges::any_of(assignments_, [&](const Assignment& made) {
    return made.target.obscore != nullptr && made.name == obscore_column;
  });
}

std::string CatalogueColumns::fill(std::span<const Cell> cells, store::CatalogueRow& row) const {
  row = {};
  row.own.resize(own_count_);
  for (const Assignment& made : assignments_) {
    const Cell& cell = cells[made.from];
    Converted found = converted(cell, made.type, made.conversion);
    if (!found.understood) {
      return fmt::format("{} is \"{}\", which is no {}", made.name, quoted(text_of(cell)),
                         made.type == ColumnType::integer ? "integer" : "number");
    }
    const bool is_null = std::holds_alternative<std::monostate>(found.value);
    if (made.target.obscore == nullptr) {
      row.own[made.target.own] = std::move(found.value);
    } else if (!is_null) {
      std::visit(Setter{row.obscore, found.value}, made.target.obscore->member);
      if (made.name == "s_region") {
        row.obscore.s_region = with_frame(made.shape + row.obscore.s_region);
      }
    } else if (made.name == "calib_level") {
      return "calib_level is missing";
    }
  }
  return {};
}

}  // namespace soda::ingest
