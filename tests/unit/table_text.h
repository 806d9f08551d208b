// Readers of tables in tests: input from a text in small pieces, rows as one line each.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/table_reader.h"
#include "base/text.h"

namespace table_text {

// Pieces of `step` bytes, so that everything is cut somewhere.
inline soda::ByteInput input(std::string text, std::size_t step = 7) {
  return [text = std::move(text), step, at = std::size_t{0}](std::span<char> into) mutable {
    const std::size_t got = std::min({step, into.size(), text.size() - at});
    std::copy_n(text.data() + at, got, into.data());
    at += got;
    return got;
  };
}

inline std::string shown(const soda::Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&cell)) return "r" + soda::to_text(*real);
  if (const auto* text = std::get_if<std::string_view>(&cell))
    return "'" + std::string(*text) + "'";
  return "-";
}

// Rows as "1 r2 'text' -", refused ones as "refused: reason".
inline std::vector<std::string> rows_of(soda::TableReader& table) {
  std::vector<std::string> rows;
  for (;;) {
    try {
      if (!table.next()) return rows;
      std::string row;
      for (const soda::Cell& cell : table.row()) row += (row.empty() ? "" : " ") + shown(cell);
      rows.push_back(row);
    } catch (const soda::RowFailure& failure) {
      rows.push_back("refused: " + failure.reason());
    }
  }
}

inline std::vector<std::string> names_of(const soda::TableReader& table) {
  std::vector<std::string> names;
  for (const soda::Column& column : table.columns()) names.push_back(column.name);
  return names;
}

}  // namespace table_text
