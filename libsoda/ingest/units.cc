#include "ingest/units.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace soda::ingest {
namespace {

enum class Dimension { angle, length, time, data };

struct Unit {
  std::string_view name;
  Dimension dimension;
  double numerator, denominator;  // in degrees, metres, seconds, bytes
};
constexpr std::array units = std::to_array<Unit>({
    {"deg", Dimension::angle, 1, 1},
    {"degree", Dimension::angle, 1, 1},
    {"degrees", Dimension::angle, 1, 1},
    {"arcmin", Dimension::angle, 1, 60},
    {"arcsec", Dimension::angle, 1, 3600},
    {"mas", Dimension::angle, 1, 3.6e6},
    {"uas", Dimension::angle, 1, 3.6e9},
    {"rad", Dimension::angle, 180, 3.14159265358979323846},
    {"m", Dimension::length, 1, 1},
    {"km", Dimension::length, 1e3, 1},
    {"cm", Dimension::length, 1, 1e2},
    {"mm", Dimension::length, 1, 1e3},
    {"um", Dimension::length, 1, 1e6},
    {"micron", Dimension::length, 1, 1e6},
    {"nm", Dimension::length, 1, 1e9},
    {"Angstrom", Dimension::length, 1, 1e10},
    {"angstrom", Dimension::length, 1, 1e10},
    {"0.1nm", Dimension::length, 1, 1e10},
    {"pm", Dimension::length, 1, 1e12},
    {"s", Dimension::time, 1, 1},
    {"ms", Dimension::time, 1, 1e3},
    {"us", Dimension::time, 1, 1e6},
    {"min", Dimension::time, 60, 1},
    {"h", Dimension::time, 3600, 1},
    {"d", Dimension::time, 86400, 1},
    {"a", Dimension::time, 31557600, 1},
    {"yr", Dimension::time, 31557600, 1},
    {"byte", Dimension::data, 1, 1},
    {"B", Dimension::data, 1, 1},
    {"kbyte", Dimension::data, 1e3, 1},
    {"kB", Dimension::data, 1e3, 1},
    {"Mbyte", Dimension::data, 1e6, 1},
    {"MB", Dimension::data, 1e6, 1},
    {"Gbyte", Dimension::data, 1e9, 1},
    {"GB", Dimension::data, 1e9, 1},
    {"Kibyte", Dimension::data, 1024, 1},
    {"KiB", Dimension::data, 1024, 1},
    {"Mibyte", Dimension::data, 1048576, 1},
    {"MiB", Dimension::data, 1048576, 1},
});

const Unit* unit_named(std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  return found == units.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Conversion> conversion(std::string_view from, std::string_view wanted) {
  from = trim(from);
  if (from.empty() || from == wanted) return Conversion{};
  const Unit* const given = unit_named(from);
  const Unit* const target = unit_named(wanted);
  if (given == nullptr || target == nullptr || given->dimension != target->dimension) {
    return std::nullopt;
  }
  return Conversion{given->numerator * target->denominator, given->denominator * target->numerator};
}

}  // namespace soda::ingest
