// A table as every service sees it: columns declared once, rows as they pass by. Shared by those
// who have rows (store) and those who write them (xml, dali), which do not know each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace soda {

// text is Unicode (UTF-8); integer is VOTable's int or long, see Column::datatype; real is IEEE
// double.
enum class ColumnType { text, integer, real };

// Metadata of a column in VOTable's terms (VOTable 1.4 section 4.1). Empty strings are absent
// attributes. `unit` per VOUnit, `ucd` per UCD1+, `utype` with its prefix.
struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  std::string datatype;   // char, unicodeChar, int, long, double, boolean
  std::string arraysize;  // "*" for text, else empty
  std::string xtype, unit, ucd, utype, description;
};

// A name that SQL, ADQL and CSV take without quotes: lower-case letters, digits and '_', the first
// a letter, at most `longest_column_name`.
inline constexpr std::size_t longest_column_name = 64;
bool is_column_name(std::string_view name);

// The two values of a column of datatype boolean, whose type is text.
inline constexpr std::string_view true_text = "true", false_text = "false";

// One value of a row; monostate is NULL. Text belongs to the one who hands the row over, and lives
// until the next row.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string_view>;

}  // namespace soda
