// Arcs and loops on the sphere as the relations of footprints see them. Private to the room.
//
// Normals are formed as (b - a) x (a + b), whose relative error stays at rounding however close the
// ends are (S2's RobustCrossProd does the same); distances use the form that is accurate where it
// is used. All of it holds to kTouch.
#pragma once

#include <s2/s2point.h>

#include <span>

#include "sky/direction.h"

namespace soda::sky {

// rad; what is nearer than this touches. Coordinates come and go as doubles, see region.cc.
inline constexpr double kTouch = 1e-15;

inline S2Point to_point(const Direction& d) { return S2Point(d.x(), d.y(), d.z()); }
inline Direction to_direction(const S2Point& p) {
  return Direction::from_vector(p.x(), p.y(), p.z());
}

// Twice a x b, direction accurate for tiny and for long arcs.
inline S2Point across(const S2Point& a, const S2Point& b) { return (a - b).CrossProd(a + b); }

// All points within some angle of a point.
class Reach {
 public:
  explicit Reach(double radius) noexcept;
  double radius() const noexcept { return radius_; }
  bool covers(const S2Point& centre, const S2Point& point) const noexcept;
  // Whether it covers a point of the arc ab that is not an end. The arc is less than half a turn.
  bool covers_within(const S2Point& centre, const S2Point& a, const S2Point& b) const noexcept;

 private:
  double radius_, limit_, sine_;
  bool far_;  // beyond a quarter turn distances are taken from the opposite point
};

// A closed chain of arcs, the last vertex joined to the first.
struct Loop {
  std::span<const S2Point> vertices;
  bool origin_inside = false;  // whether S2::Origin() is inside

  // Decided by exact predicates; a point on the boundary may fall on either side.
  bool contains(const S2Point& point) const noexcept;
  // A point within kTouch of the boundary counts.
  bool covers(const S2Point& point) const noexcept;
  bool meets_circle(const S2Point& centre, const Reach& reach) const noexcept;
  const S2Point& next(std::size_t i) const noexcept {
    return vertices[i + 1 == vertices.size() ? 0 : i + 1];
  }
};

// Whether the arcs ab and cd have a point in common.
bool arcs_meet(const S2Point& a, const S2Point& b, const S2Point& c, const S2Point& d) noexcept;

// Largest component `axis` on the arc ab.
double highest(const S2Point& a, const S2Point& b, int axis) noexcept;

}  // namespace soda::sky
