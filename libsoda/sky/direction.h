// A direction on the celestial sphere: a unit vector, right-handed; (1,0,0) is lon 0 lat 0, (0,1,0)
// is lon 90 degrees, (0,0,1) the north pole. The frame is the holder's to say; whatever comes from
// a request or goes into the store is ICRS.
#pragma once

#include "sky/angle.h"

namespace soda::sky {

class Direction {
 public:
  constexpr Direction() noexcept = default;  // lon 0, lat 0
  // Any longitude is reduced; |latitude| > 90 degrees and non-finite values are the caller's to
  // refuse before.
  static Direction from_lon_lat(Angle lon, Angle lat) noexcept;
  // Normalises; the zero vector and non-finite vectors give (1,0,0).
  static Direction from_vector(double x, double y, double z) noexcept;

  double x() const noexcept { return x_; }
  double y() const noexcept { return y_; }
  double z() const noexcept { return z_; }
  Angle lon() const noexcept;  // [0, 360) degrees; 0 at the poles
  Angle lat() const noexcept;  // [-90, 90] degrees

 private:
  constexpr Direction(double x, double y, double z) noexcept : x_(x), y_(y), z_(z) {}
  double x_ = 1, y_ = 0, z_ = 0;
};

// Great-circle distance in [0, 180] degrees, accurate for tiny and for nearly opposite pairs alike
// (atan2 form).
Angle separation(const Direction& a, const Direction& b) noexcept;

// The point at `distance` from `from` toward position angle `pa` (north through east). At a pole
// "north" is the direction of the meridian of longitude lon(): continuous, never NaN.
Direction offset(const Direction& from, Angle pa, Angle distance) noexcept;

}  // namespace soda::sky
