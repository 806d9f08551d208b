// What a data set covers of the sky, ICRS: circles and polygons, read from ObsCore's s_region and
// kept by the data base as bytes that need no parsing; and what an index needs to know of it.
//
// A footprint is the union of its parts, a closed set. Accuracy of all that is said here: 1e-15 rad
// on the sky (2e-10 arcsec), at any place and any size.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sky/region.h"

namespace soda::sky {

// A box in the space of unit vectors, its sides parallel to the axes. Poles and 0 h are places like
// any other in it.
struct Box {
  std::array<double, 3> lo{-1, -1, -1}, hi{1, 1, 1};
};

class Footprint {
 public:
  explicit Footprint(const Circle& circle);
  explicit Footprint(const Polygon& polygon);
  // The smallest convex polygon around the points, for outlines whose edges cross and which
  // therefore have no inside: nothing that they hold is missed. Points that all lie on one great
  // circle give a circle around them. Throws Failure(usage) for no points.
  static Footprint hull(const std::vector<Direction>& points);
  // "Circle ICRS lon lat radius", "Polygon ICRS lon lat …", "Box ICRS lon lat width height",
  // "Union ICRS (…)", in STC-S as ObsCore 1.1 has it or in the words of DALI 1.2 ("polygon lon lat
  // …"); degrees; letter case is ignored; a frame is ICRS, or FK5 or J2000, which are taken for
  // ICRS. A polygon whose edges cross, or without area, is its hull. Throws Failure(usage) saying
  // what is not understood.
  static Footprint from_text(std::string_view s_region);

  // Little-endian, the same on every machine.
  const std::string& bytes() const noexcept { return bytes_; }
  // Holds every point of the footprint.
  const Box& box() const noexcept { return box_; }
  // A point in the middle of it.
  const Direction& centre() const noexcept { return centre_; }

 private:
  Footprint() = default;
  void add(const Circle& circle);
  void add(const Polygon& polygon);
  void add_hull(const std::vector<Direction>& points);
  void widen(const Box& box);

  std::string bytes_;
  Box box_;
  Direction centre_;
};

// Place on a curve that fills the sphere: neighbours on it are neighbours on the sky.
std::uint64_t hilbert_order(const Direction& direction) noexcept;

}  // namespace soda::sky
