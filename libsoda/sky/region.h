// Regions of the ICRS sky as SODA and SIA ask for them (SODA 1.0 section 3.3; DALI 1.1
// section 3.3.6-7), and their exact relations.
//
// All regions are closed sets: a point on the boundary is inside. They are checked by their makers:
// a Region that exists is valid.
//   Circle   a spherical cap, radius in (0, 180] degrees.
//   Range    a box in longitude and latitude. lon_lo > lon_hi runs through 0 h; a difference of 360
//   degrees or more, or an open end,
//            is the full circle. Its north and south edges are parallels, not great circles.
//   Polygon  great-circle edges, either winding; the side smaller than a hemisphere is meant; a
//   repeated last vertex is dropped.
#pragma once

#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "sky/direction.h"

namespace soda::sky {

class Circle {
 public:
  // Throws Failure(usage) without parameter name: radius NaN, <= 0 or > 180 degrees.
  Circle(Direction centre, Angle radius);
  const Direction& centre() const noexcept { return centre_; }
  Angle radius() const noexcept { return radius_; }

 private:
  Direction centre_;
  Angle radius_;
};

class Range {
 public:
  // Degrees as received; infinite ends are open. Throws Failure(usage): NaN, lat_lo > lat_hi, a
  // finite latitude beyond +-90.
  Range(double lon_lo, double lon_hi, double lat_lo, double lat_hi);
  bool full_circle() const noexcept { return full_; }
  Angle lon_lo() const noexcept { return lon_lo_; }        // [0, 360)
  Angle lon_width() const noexcept { return lon_width_; }  // eastward, [0, 360]
  Angle lat_lo() const noexcept { return lat_lo_; }
  Angle lat_hi() const noexcept { return lat_hi_; }

 private:
  Angle lon_lo_, lon_width_, lat_lo_, lat_hi_;
  bool full_ = false;
};

class Polygon {
 public:
  // Throws Failure(usage): fewer than 3 distinct vertices, crossing edges, zero area, antipodal
  // neighbours.
  explicit Polygon(std::vector<Direction> vertices);
  // Counter-clockwise seen from the origin looking out (DALI 1.1 section 3.3.7), whatever the order
  // received.
  const std::vector<Direction>& vertices() const noexcept { return vertices_; }

  struct Impl;  // the sphere library's own form, built once
  const Impl& impl() const noexcept { return *impl_; }

 private:
  std::vector<Direction> vertices_;
  std::shared_ptr<const Impl> impl_;
};

using Region = std::variant<Circle, Range, Polygon>;

bool contains(const Region& region, const Direction& point) noexcept;

// A cap that holds the region, not much larger than need be.
Circle bounding_circle(const Region& region);

// The boundary as smooth pieces, each a curve t in [0, 1] -> direction with its length on the sky;
// together they close. A full-circle Range has one piece for each parallel that is not a pole; the
// whole sphere has none.
struct BoundaryPiece {
  std::function<Direction(double)> at;
  Angle length;
};
std::vector<BoundaryPiece> boundary(const Region& region);

// A polygon of a box of w by h (true angular sizes east-west and north-south through the centre),
// its sides straight lines of the tangent plane at the centre, which are great circles. Throws
// Failure(usage): w or h not in (0, 180) degrees.
Polygon tangent_box(const Direction& centre, Angle w, Angle h);

}  // namespace soda::sky
