// What must hold of every table that is read, whatever its bytes.
#pragma once

#include "base/table_reader.h"
#include "base/text.h"
#include "target.h"

namespace soda::fuzz {

inline constexpr TableLimits table_limits = {1 << 20, 100000, 100, 1 << 14, 1 << 16};

inline void check_cell(const Cell& cell, const Column& column) {
  if (std::holds_alternative<std::monostate>(cell)) return;
  const auto* text = std::get_if<std::string_view>(&cell);
  require((text != nullptr) == (column.type == ColumnType::text), "a cell has its column's type");
  require(std::holds_alternative<double>(cell) == (column.type == ColumnType::real),
          "a cell has its column's type");
  if (text == nullptr) return;
  require(text->size() <= table_limits.cell, "a text has a bounded length");
  require(is_utf8(*text), "a text is UTF-8");
}

// Reads all rows.
inline void check_table(TableReader& table) {
  require(!table.columns().empty() && table.columns().size() <= table_limits.columns,
          "a table has columns, and not too many");
  std::int64_t number = 0;
  for (bool more = true; more;) {
    survives({FailureKind::usage}, [&] {
      try {
        more = table.next();
      } catch (const RowFailure&) {
        require(table.row_number() == number + 1, "a row that is refused is counted");
        ++number;
        throw;
      } catch (const Failure& failure) {
        require_presentable(failure, {FailureKind::usage, FailureKind::too_large});
        more = false;
      }
    });
    if (!more || table.row_number() == number) continue;
    require(table.row_number() == ++number && number <= table_limits.rows, "rows are counted");
    require(table.row().size() == table.columns().size(), "a row has a cell for each column");
    for (std::size_t i = 0; i < table.row().size(); ++i) {
      check_cell(table.row()[i], table.columns()[i]);
    }
  }
}

}  // namespace soda::fuzz
