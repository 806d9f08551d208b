#include "sky/arcs.h"

// See loop.cc.
#include <absl/base/config.h>
#undef ABSL_HAVE_ADDRESS_SANITIZER

#include <s2/s2edge_crosser.h>
#include <s2/s2pointutil.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace soda::sky {

Reach::Reach(double radius) noexcept
    : radius_(radius), sine_(std::sin(radius)), far_(radius > std::numbers::pi / 2) {
  // As chords: near a half turn those from the opposite point are the accurate ones.
  const double chord = far_ ? std::max(2 * std::sin((std::numbers::pi - radius) / 2) - kTouch, 0.0)
                            : 2 * std::sin(radius / 2) + kTouch;
  limit_ = chord * chord;
}

bool Reach::covers(const S2Point& centre, const S2Point& point) const noexcept {
  return far_ ? (centre + point).Norm2() >= limit_ : (centre - point).Norm2() <= limit_;
}

bool Reach::covers_within(const S2Point& centre, const S2Point& a,
                          const S2Point& b) const noexcept {
  const S2Point normal = across(a, b);
  // The foot of the perpendicular must lie between the ends (an arc without length has none).
  if (normal.CrossProd(a).DotProd(centre) <= 0 || normal.CrossProd(b).DotProd(centre) >= 0)
    return false;
  if (far_) return true;
  const double height = std::fabs(normal.DotProd(centre));
  // The sine tells little near a quarter turn; below 60 degrees it is as good as the angle.
  if (radius_ < 1) return height <= (sine_ + kTouch) * normal.Norm();
  return std::atan2(height, normal.CrossProd(centre).Norm()) <= radius_ + kTouch;
}

bool Loop::contains(const S2Point& point) const noexcept {
  const S2Point origin = S2::Origin();
  S2EdgeCrosser crosser(&origin, &point);
  crosser.RestartAt(&vertices.back());
  bool inside = origin_inside;
  for (const S2Point& vertex : vertices) inside ^= crosser.EdgeOrVertexCrossing(&vertex);
  return inside;
}

bool Loop::covers(const S2Point& point) const noexcept { return meets_circle(point, Reach(0)); }

bool Loop::meets_circle(const S2Point& centre, const Reach& reach) const noexcept {
  for (const S2Point& vertex : vertices) {
    if (reach.covers(centre, vertex)) return true;
  }
  for (std::size_t i = 0; i < vertices.size(); ++i) {
    if (reach.covers_within(centre, vertices[i], next(i))) return true;
  }
  return contains(centre);
}

bool arcs_meet(const S2Point& a, const S2Point& b, const S2Point& c, const S2Point& d) noexcept {
  S2EdgeCrosser crosser(&a, &b, &c);
  if (crosser.CrossingSign(&d) >= 0) return true;
  const Reach touch(0);
  if (touch.covers(a, c) || touch.covers(a, d) || touch.covers(b, c) || touch.covers(b, d))
    return true;
  return touch.covers_within(a, c, d) || touch.covers_within(b, c, d) ||
         touch.covers_within(c, a, b) || touch.covers_within(d, a, b);
}

double highest(const S2Point& a, const S2Point& b, int axis) noexcept {
  const S2Point normal = across(a, b).Normalize();
  const S2Point from_a = normal.CrossProd(a);  // where the arc goes at its ends
  const S2Point from_b = normal.CrossProd(b);
  if (from_a[axis] > 0 && from_b[axis] < 0) return std::hypot(a[axis], from_a[axis]);
  return std::max(a[axis], b[axis]);
}

}  // namespace soda::sky
