#include "base/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/text.h"

namespace soda {
RowFailure::RowFailure(std::int64_t row, const std::string& reason)
    : Failure(FailureKind::usage, fmt::format("row {}: {}", row, reason)), reason_(reason) {}

void name_columns(std::vector<Column>& columns) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string& name = columns[i].name;
    name = std::string(trim(name));
    if (name.empty()) name = fmt::format("col{}", i + 1);
    const std::string stem = name;
    for (int copy = 2; !taken.insert(to_lower(name)).second; ++copy) {
      name = fmt::format("{}_{}", stem, copy);
    }
  }
}

void check_columns(std::size_t columns, const TableLimits& limits) {
  if (columns <= limits.columns) return;
  throw Failure(FailureKind::too_large,
                fmt::format("the table has more than {} columns", limits.columns));
}

void check_rows(std::int64_t row, const TableLimits& limits) {
  if (row <= limits.rows) return;
  throw Failure(FailureKind::too_large,
                fmt::format("the table has more than {} rows", limits.rows));
}

void check_length(std::size_t cell, std::size_t row, const TableLimits& limits) {
  if (cell <= limits.cell && row <= limits.row) return;
  const bool is_cell = cell > limits.cell;
  throw Failure(FailureKind::too_large,
                fmt::format("a {} of the table is longer than {} bytes", is_cell ? "cell" : "row",
                            is_cell ? limits.cell : limits.row));
}

ByteInput limited(ByteInput input, const TableLimits& limits) {
  return [input = std::move(input), limit = limits.bytes,
          passed = std::int64_t{0}](std::span<char> into) mutable {
    const std::size_t got = input(into);
    passed += static_cast<std::int64_t>(got);
    if (passed > limit) {
      throw Failure(FailureKind::too_large,
                    fmt::format("the table is longer than {} bytes", limit));
    }
    return got;
  };
}

void RowBuilder::clear() noexcept {
  text_.clear();
  begin_ = 0;
  texts_.clear();
  cells_.clear();
}

void RowBuilder::real(double value) {
  if (std::isnan(value)) return null();
  cells_.emplace_back(value);
}

void RowBuilder::append(std::string_view part) {
  check_length(text_.size() - begin_ + part.size(), text_.size() + part.size(), limits_);
  text_ += part;
}

void RowBuilder::end_text() {
  texts_.push_back({cells_.size(), begin_, text_.size() - begin_});
  cells_.emplace_back();
  begin_ = text_.size();
}

std::span<const Cell> RowBuilder::cells() {
  for (const Extent& extent : texts_) {
    cells_[extent.cell] = std::string_view(text_).substr(extent.begin, extent.length);
  }
  return cells_;
}

bool TableReader::next() {
  cells_ = {};
  row_.clear();
  if (!find_row()) return false;
  check_rows(++number_, limits_);
  if (const std::string wrong = fill(row_); !wrong.empty()) throw RowFailure(number_, wrong);
  cells_ = row_.cells();
  return true;
}

void TableReader::set_columns(std::vector<Column> columns) {
  check_columns(columns.size(), limits_);
  name_columns(columns);
  columns_ = std::move(columns);
}

std::string TableReader::in_column(std::size_t column, std::string_view what) const {
  return fmt::format("column \"{}\": {}", quoted(columns_[column].name), what);
}

}  // namespace soda
