// Prints what the readers find in a table, for tables/run.py to compare with astropy:
//
//   column NAME TYPE DATATYPE ARRAYSIZE UNIT UCD UTYPE XTYPE    each in hexadecimal
//   row N CELL…    "-" NULL, "iDECIMAL", "rDECIMAL", "tHEXADECIMAL"
//   refused N REASON
//   failure SENTENCE
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "dali/table_file.h"

namespace {

using namespace soda;

std::string hex(std::string_view text) {
  std::string out = "t";
  for (const char c : text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string shown(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("i{}", *integer);
  if (const auto* real = std::get_if<double>(&cell)) return "r" + to_text(*real);
  if (const auto* text = std::get_if<std::string_view>(&cell)) return hex(*text);
  return "-";
}

bool print_next(TableReader& table) {
  try {
    if (!table.next()) return false;
    fmt::print("row {}", table.row_number());
    for (const Cell& cell : table.row()) fmt::print(" {}", shown(cell));
    fmt::print("\n");
  } catch (const RowFailure& failure) {
    fmt::print("refused {} {}\n", table.row_number(), failure.reason());
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const auto table = dali::open_table(argv[1], TableLimits());
    for (const Column& column : table->columns()) {
      fmt::print("column {} t{} {} {} {} {} {} {}\n", hex(column.name),
                 static_cast<int>(column.type), hex(column.datatype), hex(column.arraysize),
                 hex(column.unit), hex(column.ucd), hex(column.utype), hex(column.xtype));
    }
    while (print_next(*table)) {
    }
  } catch (const Failure& failure) {
    fmt::print("failure {}\n", failure.what());
    return 1;
  }
  return 0;
}
