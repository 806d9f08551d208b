#include "ingest/own_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "base/failure.h"
#include "base/table_reader.h"
#include "base/text.h"
#include "dali/table_file.h"
#include "store/own_tables.h"

namespace soda::ingest {
namespace {

constexpr std::int64_t rows_between_reports = 10'000;

// What becomes of the file's columns.
struct Plan {
  DeclaredTable table;
  std::vector<std::size_t> from;  // for each column of the table, that of the file
};

std::size_t column_in(std::span<const Column> file, const DeclaredColumn& wanted) {
  const auto found = std::ranges::find_if(
      file, [&](const Column& column) { return equal_ignoring_case(column.name, wanted.name); });
  if (found == file.end()) {
    throw Failure(FailureKind::usage,
                  fmt::format("the table has no column \"{}\"", quoted(wanted.name)));
  }
  if (!found->unit.empty() && !wanted.unit.empty() && found->unit != wanted.unit) {
    throw Failure(FailureKind::usage,
                  fmt::format("the column \"{}\" is declared in {}; the table has it in {}",
                              quoted(wanted.name), quoted(wanted.unit), quoted(found->unit)));
  }
  return static_cast<std::size_t>(found - file.begin());
}

Plan plan_of(std::span<const Column> file, std::string_view name,
             std::span<const DeclaredTable> declared) {
  Plan plan;
  const auto known = std::ranges::find(declared, name, &DeclaredTable::name);
  if (known != declared.end()) plan.table = *known;
  plan.table.name = name;
  if (plan.table.columns.empty()) {
    for (const Column& column : file) {
      static_cast<Column&>(plan.table.columns.emplace_back()) = column;
      plan.from.push_back(plan.from.size());
    }
    return plan;
  }
  for (const DeclaredColumn& column : plan.table.columns)
    plan.from.push_back(column_in(file, column));
  return plan;
}

// Cells of the types declared. Text that is made lives as long as the row.
class Converter {
 public:
  // What is wrong, empty when nothing is.
  std::string fill(const Plan& plan, std::span<const Cell> row, std::vector<Cell>& cells) {
    made_.clear();
    made_.reserve(plan.from.size());  // views into it stay
    cells.clear();
    for (std::size_t i = 0; i < plan.from.size(); ++i) {
      const DeclaredColumn& column = plan.table.columns[i];
      const std::optional<Cell> cell = converted(row[plan.from[i]], column.type);
      if (!cell) return fmt::format("column \"{}\": the value is of another type", column.name);
      cells.push_back(*cell);
    }
    return {};
  }

 private:
  std::optional<Cell> converted(const Cell& cell, ColumnType type) {
    if (std::holds_alternative<std::monostate>(cell)) return cell;
    const auto* text = std::get_if<std::string_view>(&cell);
    if (type == ColumnType::text) {
      if (text != nullptr) return cell;
      const auto* whole = std::get_if<std::int64_t>(&cell);
      made_.push_back(whole != nullptr ? std::to_string(*whole) : to_text(std::get<double>(cell)));
      return Cell(std::string_view(made_.back()));
    }
    if (text != nullptr) return from_text(trim(*text), type);
    if (type == ColumnType::real) {
      const auto* whole = std::get_if<std::int64_t>(&cell);
      return whole != nullptr ? Cell(static_cast<double>(*whole)) : cell;
    }
    const auto* real = std::get_if<double>(&cell);
    if (real == nullptr) return cell;
    constexpr double edge = 9223372036854775808.0;
    if (*real != std::trunc(*real) || !(*real >= -edge && *real < edge)) return std::nullopt;
    return Cell(static_cast<std::int64_t>(*real));
  }

  static std::optional<Cell> from_text(std::string_view text, ColumnType type) {
    if (text.empty()) return Cell();
    if (type == ColumnType::integer) {
      const auto number = to_integer(text);
      return number ? std::optional<Cell>(*number) : std::nullopt;
    }
    const auto number = to_double(text);
    if (!number) return std::nullopt;
    return std::isnan(*number) ? Cell() : Cell(*number);
  }

  std::vector<std::string> made_;
};

}  // namespace

ImportReport import_table(store::Database& database, const std::string& path, std::string_view name,
                          std::span<const DeclaredTable> declared,
                          const std::function<void(std::int64_t)>& progress) {
  const std::unique_ptr<TableReader> table = dali::open_table(path, TableLimits());
  const Plan plan = plan_of(table->columns(), name, declared);
  store::OwnTableWriter writer(database, plan.table);
  ImportReport report;
  Converter converter;
  std::vector<Cell> cells;
  const auto reject = [&](std::string reason) {
    ++report.rejected;
    if (report.examples.size() < most_examples)
      report.examples.push_back({table->row_number(), std::move(reason)});
  };
  while (true) {
    try {
      if (!table->next()) break;
    } catch (const RowFailure& failure) {
      reject(failure.reason());
      continue;
    }
    std::string defect = converter.fill(plan, table->row(), cells);
    if (!defect.empty()) {
      reject(std::move(defect));
      continue;
    }
    writer.add(cells);
    ++report.imported;
    if (progress && table->row_number() % rows_between_reports == 0) progress(table->row_number());
  }
  writer.finish();
  if (progress) progress(table->row_number());
  return report;
}

}  // namespace soda::ingest
