// The projection of a whole circle as a Fourier series. Internal to the room.
//
// Where a map is smooth, the pixel coordinates of a point that goes round a circle of the sky are
// smooth periodic functions, whose harmonics fall off geometrically: eight projected points give
// the whole curve of a circle that is small against the image's distortion. The curve of a larger
// one takes sixteen, and one that these do not describe has to be traced (trace.h).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "sky/region.h"
#include "wcs/reach.h"
#include "wcs/trace.h"
#include "wcs/wcs.h"

namespace soda::wcs {

class Ring {
 public:
  // Empty when the reach is not smooth, when the circle leaves it, or when the series misses the
  // projected curve by more than 0.002 pixel: judged by its last harmonics, and by the four points
  // where it has its extremes, which are projected too.
  static std::optional<Ring> of(const Wcs& wcs, const sky::Circle& circle, const Reach& reach);

  Wcs::Pixel at(double angle) const;  // angle: radians along the circle
  // Spanned by the four projected points, which lie within rounding of the true extremes.
  const Extent& extent() const noexcept { return extent_; }
  // Shows the curve to the follower, in pieces that the follower may ask to have halved.
  void follow(Follower& follower) const;

 private:
  static constexpr int kMost = 8;  // harmonics of sixteen points
  struct Harmonic {
    double cosine = 0, sine = 0;
    double size() const noexcept;
  };
  struct Series {
    std::array<Harmonic, kMost + 1> terms;
    int last = 0;

    double tail() const noexcept;
    bool has_one_hump() const noexcept;
    double at(double angle) const noexcept;
    double extreme_near(double angle) const noexcept;
  };
  static Series series_of(const std::array<double, 2 * kMost>& samples, int count);
  // False when one of at most eight directions has no pixel.
  static bool project(const Wcs& wcs, std::span<const sky::Direction> icrs,
                      std::span<Wcs::Pixel> pixels);
  // Both are false when the series does not describe the circle.
  bool fit(const Wcs& wcs, const sky::BoundaryPiece& circle);
  bool find_extremes(const Wcs& wcs, const sky::BoundaryPiece& circle);

  Series x_, y_;
  Extent extent_;
};

}  // namespace soda::wcs
