#include "sky/region.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "sky/loop.h"

namespace soda::sky {

namespace {

// Coordinates come and go as doubles, so a point that is meant to lie on a boundary may miss it by
// a few units of the last place of a radian. Boundaries are inside, hence so are such points: 1e-15
// rad = 2e-10 arcsec.
constexpr double kRounding = 1e-15;
constexpr double kTwoPi = 2 * std::numbers::pi;

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, sentence);
}

double reduced_degrees(double degrees) {
  const double rest = std::fmod(degrees, 360.0);
  const double positive = rest < 0 ? rest + 360 : rest;
  return positive < 360 ? positive : 0;
}

bool contains_point(const Circle& circle, const Direction& point) noexcept {
  return separation(circle.centre(), point).radians() <= circle.radius().radians() + kRounding;
}

bool contains_point(const Range& range, const Direction& point) noexcept {
  const double lat = point.lat().radians();
  if (lat < range.lat_lo().radians() - kRounding) return false;
  if (lat > range.lat_hi().radians() + kRounding) return false;
  if (range.full_circle()) return true;
  // All meridians meet at a pole, so the pole belongs to every range that reaches its latitude.
  const double cos_lat = std::sqrt(point.x() * point.x() + point.y() * point.y());
  if (cos_lat <= kRounding) return true;
  double east = point.lon().radians() - range.lon_lo().radians();
  if (east < 0) east += kTwoPi;
  // Longitudes are larger numbers than latitudes: allow for a few units of the last place of 2 pi
  // as well.
  const double slack = std::max(2 * kRounding, kRounding / cos_lat);
  return east <= range.lon_width().radians() + slack || east >= kTwoPi - slack;
}

bool contains_point(const Polygon& polygon, const Direction& point) noexcept {
  return polygon.impl().contains(point);
}

Circle bounds_of(const Circle& circle) { return circle; }

Circle bounds_of(const Range& range) {
  const Angle lo = range.lat_lo(), hi = range.lat_hi();
  const Direction north = Direction::from_vector(0, 0, 1), south = Direction::from_vector(0, 0, -1);
  Direction centre = north;
  Angle radius = Angle::from_degrees(90) - lo;
  if (Angle::from_degrees(90) + hi < radius) {
    centre = south;
    radius = Angle::from_degrees(90) + hi;
  }
  if (!range.full_circle()) {
    // Seen from a point of the middle meridian the farthest points of the box are two of its
    // corners: along a parallel the distance has no maximum inside. Along an edge meridian on the
    // far side of the sphere it has one, opposite to the latitude where it would have its minimum.
    const Direction middle =
        Direction::from_lon_lat(range.lon_lo() + range.lon_width() * 0.5, (lo + hi) * 0.5);
    const double away = std::cos(range.lon_width().radians() / 2);
    const double crest = std::atan2(-middle.z(), -away * std::cos(((lo + hi) * 0.5).radians()));
    const Angle far_lat = Angle::from_radians(crest);
    Angle far = std::max(separation(middle, Direction::from_lon_lat(range.lon_lo(), lo)),
                         separation(middle, Direction::from_lon_lat(range.lon_lo(), hi)));
    if (away < 0 && far_lat > lo && far_lat < hi) {
      far = std::max(far, separation(middle, Direction::from_lon_lat(range.lon_lo(), far_lat)));
    }
    if (far < radius) {
      centre = middle;
      radius = far;
    }
  }
  // A range may be a single point; a circle may not.
  const double padded = std::max(radius.radians(), 0.0) + 4 * kRounding;
  return Circle(centre, Angle::from_radians(std::min(padded, std::numbers::pi)));
}

Circle bounds_of(const Polygon& polygon) { return polygon.impl().bounds(); }

// The maker of a Circle compares in degrees; 180 degrees in radians must survive the way there and
// back.
constexpr double kHalfTurn = 180 + 1e-12;

}  // namespace

Circle::Circle(Direction centre, Angle radius) : centre_(centre), radius_(radius) {
  const double degrees = radius.degrees();
  if (!(degrees > 0 && degrees <= kHalfTurn)) {
    refuse("the radius of a circle must be greater than 0 and at most 180 degrees, not " +
           to_text(degrees));
  }
}

Range::Range(double lon_lo, double lon_hi, double lat_lo, double lat_hi) {
  if (std::isnan(lon_lo) || std::isnan(lon_hi) || std::isnan(lat_lo) || std::isnan(lat_hi)) {
    refuse("the limits of a range must be numbers, not NaN");
  }
  for (const double lat : {lat_lo, lat_hi}) {
    if (std::isfinite(lat) && std::fabs(lat) > 90) {
      refuse("the latitudes of a range must lie between -90 and 90 degrees, not at " +
             to_text(lat));
    }
  }
  if (lat_lo > lat_hi) {
    refuse("the lower latitude of a range must not exceed the upper one: " + to_text(lat_lo) +
           " > " + to_text(lat_hi));
  }
  lat_lo_ = Angle::from_degrees(std::clamp(lat_lo, -90.0, 90.0));
  lat_hi_ = Angle::from_degrees(std::clamp(lat_hi, -90.0, 90.0));
  full_ = std::isinf(lon_lo) || std::isinf(lon_hi) || lon_hi - lon_lo >= 360;
  if (full_) {
    lon_width_ = Angle::from_degrees(360);
    return;
  }
  const double start = reduced_degrees(lon_lo);
  lon_lo_ = Angle::from_degrees(start);
  lon_width_ =
      Angle::from_degrees(lon_hi >= lon_lo ? lon_hi - lon_lo : reduced_degrees(lon_hi - lon_lo));
}

Polygon::Polygon(std::vector<Direction> vertices) {
  auto impl = std::make_shared<Impl>(vertices);
  vertices_ = impl->vertices();
  impl_ = std::move(impl);
}

bool contains(const Region& region, const Direction& point) noexcept {
  return std::visit([&](const auto& shape) { return contains_point(shape, point); }, region);
}

Circle bounding_circle(const Region& region) {
  return std::visit([](const auto& shape) { return bounds_of(shape); }, region);
}

Polygon tangent_box(const Direction& centre, Angle w, Angle h) {
  for (const Angle side : {w, h}) {
    if (!(side.degrees() > 0 && side.degrees() < 180)) {
      refuse("the sides of a box must be greater than 0 and less than 180 degrees, not " +
             to_text(side.degrees()));
    }
  }
  const double x = std::tan(w.radians() / 2), y = std::tan(h.radians() / 2);
  std::vector<Direction> corners;
  // Gnomonic deprojection: the point (east, north) of the tangent plane lies atan(hypot) away.
  for (const auto& [east, north] :
       {std::pair(x, y), std::pair(x, -y), std::pair(-x, -y), std::pair(-x, y)}) {
    corners.push_back(offset(centre, Angle::from_radians(std::atan2(east, north)),
                             Angle::from_radians(std::atan(std::hypot(east, north)))));
  }
  return Polygon(std::move(corners));
}

}  // namespace soda::sky
