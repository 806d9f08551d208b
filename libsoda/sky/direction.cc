#include "sky/direction.h"

#include <algorithm>
#include <cmath>

namespace soda::sky {

namespace {

constexpr double kPi = std::numbers::pi;

}  // namespace

Direction Direction::from_lon_lat(Angle lon, Angle lat) noexcept {
  const double cos_lat = std::cos(lat.radians());
  return Direction(cos_lat * std::cos(lon.radians()), cos_lat * std::sin(lon.radians()),
                   std::sin(lat.radians()));
}

Direction Direction::from_vector(double x, double y, double z) noexcept {
  // Scaled by the largest component first, so that neither tiny nor huge vectors leave the range.
  const double largest = std::max({std::fabs(x), std::fabs(y), std::fabs(z)});
  if (!(largest > 0) || !std::isfinite(x) || !std::isfinite(y) || !std::isfinite(z)) return {};
  const double u = x / largest, v = y / largest, w = z / largest;
  const double length = std::sqrt(u * u + v * v + w * w);
  return Direction(u / length, v / length, w / length);
}

Angle Direction::lon() const noexcept {
  if (x_ == 0 && y_ == 0) return {};
  double lon = std::atan2(y_, x_);
  if (lon < 0) lon += 2 * kPi;
  // A tiny negative longitude rounds to the full circle, which is 0.
  if (lon >= 2 * kPi) lon = 0;
  const Angle angle = Angle::from_radians(lon);
  return angle.degrees() < 360 ? angle : Angle();
}

Angle Direction::lat() const noexcept {
  return Angle::from_radians(std::atan2(z_, std::sqrt(x_ * x_ + y_ * y_)));
}

Angle separation(const Direction& a, const Direction& b) noexcept {
  const double x = a.y() * b.z() - a.z() * b.y();
  const double y = a.z() * b.x() - a.x() * b.z();
  const double z = a.x() * b.y() - a.y() * b.x();
  const double dot = a.x() * b.x() + a.y() * b.y() + a.z() * b.z();
  return Angle::from_radians(std::atan2(std::sqrt(x * x + y * y + z * z), dot));
}

Direction offset(const Direction& from, Angle pa, Angle distance) noexcept {
  const double lon = from.lon().radians();
  const double sin_lon = std::sin(lon), cos_lon = std::cos(lon);
  const double cos_lat = std::sqrt(from.x() * from.x() + from.y() * from.y());
  const double north = std::sin(distance.radians()) * std::cos(pa.radians());
  const double east = std::sin(distance.radians()) * std::sin(pa.radians());
  const double ahead = std::cos(distance.radians());
  return Direction::from_vector(ahead * from.x() - north * from.z() * cos_lon - east * sin_lon,
                                ahead * from.y() - north * from.z() * sin_lon + east * cos_lon,
                                ahead * from.z() + north * cos_lat);
}

}  // namespace soda::sky
