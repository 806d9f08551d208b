#include "dali/table_file.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/csv_reader.h"
#include "base/text.h"
#include "fits/table_reader.h"
#include "xml/votable_reader.h"

namespace soda::dali {
namespace {

// "<" behind a byte order mark of UTF-8 or UTF-16, or behind white space, which some put there.
bool looks_like_xml(std::string_view beginning) {
  constexpr std::string_view utf8 = "\xEF\xBB\xBF", big = "\xFE\xFF", little = "\xFF\xFE";
  if (beginning.starts_with(big) || beginning.starts_with(little)) return true;
  if (beginning.starts_with(utf8)) beginning.remove_prefix(utf8.size());
  return trim(beginning).starts_with('<');
}

}  // namespace

std::unique_ptr<TableReader> open_table(const std::string& path, const TableLimits& limits) {
  std::array<char, 512> buffer{};
  const std::size_t got = fits::open_bytes(path, limits.bytes)(buffer);
  const std::string_view beginning(buffer.data(), got);
  if (beginning.starts_with("SIMPLE  =")) return fits::read_table(path, limits);
  ByteInput input = fits::open_bytes(path, limits.bytes);
  return looks_like_xml(beginning) ? xml::read_votable(std::move(input), limits)
                                   : read_csv(std::move(input), limits);
}

}  // namespace soda::dali
