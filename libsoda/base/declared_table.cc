#include "base/declared_table.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace soda {

std::string defect_of_table_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return "schema.table is expected";
  const std::string_view schema = name.substr(0, dot), table = name.substr(dot + 1);
  if (!is_column_name(schema) || !is_column_name(table)) {
    return "schema.table is expected, each at most " + std::to_string(longest_column_name) +
           " of a-z, 0-9 and _, the first a letter";
  }
  constexpr std::array<std::string_view, 4> taken = {"ivoa", "tap_schema", "tap_upload", "public"};
  if (std::find(taken.begin(), taken.end(), schema) != taken.end())
    return "a schema of the archive's own is expected, not " + std::string(schema);
  return {};
}

}  // namespace soda
