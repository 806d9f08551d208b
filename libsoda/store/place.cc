#include "store/place.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "sky/geometry.h"

namespace soda::store {
namespace {

std::optional<double> number_in(std::span<const Cell> row, std::size_t i) {
  if (i >= row.size()) return std::nullopt;
  if (const auto* real = std::get_if<double>(&row[i])) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&row[i])) return static_cast<double>(*whole);
  return std::nullopt;
}

void widen(std::optional<sky::Box>& box, const sky::Box& other) {
  if (!box) {
    box = other;
    return;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    box->lo[k] = std::min(box->lo[k], other.lo[k]);
    box->hi[k] = std::max(box->hi[k], other.hi[k]);
  }
}

bool is_number(const Column& column) { return column.type != ColumnType::text; }

// The only numeric column of that UCD, or the only one of them that is the main one.
std::optional<std::size_t> only_with(std::span<const Column> columns, std::string_view ucd) {
  for (const std::string& wanted : {std::string(ucd) + ";meta.main", std::string(ucd)}) {
    std::optional<std::size_t> found;
    bool several = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!is_number(columns[i]) || !equal_ignoring_case(columns[i].ucd, wanted)) continue;
      several = found.has_value();
      found = i;
    }
    if (found && !several) return found;
  }
  return std::nullopt;
}

bool in_degrees(const Column& column) {
  return column.unit.empty() || equal_ignoring_case(column.unit, "deg") ||
         equal_ignoring_case(column.unit, "degree") || equal_ignoring_case(column.unit, "degrees");
}

}  // namespace

void widen(std::optional<sky::Box>& box, const std::optional<double>& lon,
           const std::optional<double>& lat) {
  if (!lon || !lat || !std::isfinite(*lon) || !(std::fabs(*lat) <= 90)) return;
  // Rounded outward by the tree, whose numbers have 24 bits.
  const sky::Direction at =
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(*lon), sky::Angle::from_degrees(*lat));
  widen(box, sky::Box{{at.x(), at.y(), at.z()}, {at.x(), at.y(), at.z()}});
}

Position position_of(std::span<const Column> columns) {
  Position position;
  const auto lon = only_with(columns, "pos.eq.ra"), lat = only_with(columns, "pos.eq.dec");
  if (lon && lat && in_degrees(columns[*lon]) && in_degrees(columns[*lat])) {
    position.lon = lon;
    position.lat = lat;
  }
  constexpr std::array<std::string_view, 5> kinds = {"adql:region", "polygon", "circle", "point",
                                                     "shape"};
  for (std::size_t i = 0; i < columns.size() && !position.region; ++i) {
    const bool region = std::any_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
      return equal_ignoring_case(kind, columns[i].xtype);
    });
    if (region && columns[i].type == ColumnType::text) position.region = i;
  }
  return position;
}

Place place_of(const Position& position, std::span<const Cell> row) {
  Place place;
  if (position.region && *position.region < row.size()) {
    if (const auto* text = std::get_if<std::string_view>(&row[*position.region])) {
      try {
        std::string geometry = sky::geometry_from_text(*text);
        widen(place.box, sky::shape_of(geometry).box());
        place.shape = std::move(geometry);
      } catch (const Failure&) {
        place.shape.clear();
      }
    }
  }
  if (position.lon && position.lat)
    widen(place.box, number_in(row, *position.lon), number_in(row, *position.lat));
  return place;
}

}  // namespace soda::store
