#include "sky/containment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sky/bounds.h"

namespace soda::sky {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kMargin = kBoundsMargin;

double angle_between(const S2Point& a, const S2Point& b) { return a.Angle(b); }

// Whether the caps that hold them are apart: a quick no.
bool apart(const Shape::Part& a, const Shape::Part& b) {
  return angle_between(a.centre, b.centre) > a.radius + b.radius + kMargin;
}

// Whether a point of the boundary, but not one that only touches, is within the radius.
bool boundary_within(const Loop& loop, const S2Point& centre, double radius) {
  const double inside = radius - 2 * kTouch;
  if (inside <= 0) return false;
  const Reach reach(inside);
  for (std::size_t i = 0; i < loop.vertices.size(); ++i) {
    if (reach.covers(centre, loop.vertices[i])) return true;
    if (reach.covers_within(centre, loop.vertices[i], loop.next(i))) return true;
  }
  return false;
}

bool disc_in_disc(const Shape::Part& outer, const Shape::Part& inner) {
  if (outer.radius >= kPi - kTouch) return true;
  return angle_between(outer.centre, inner.centre) + inner.radius <= outer.radius + 2 * kTouch;
}

bool disc_in_loop(const Shape::Part& outer, const Shape::Part& inner) {
  const Loop loop = outer.loop();
  if (!loop.covers(inner.centre)) return false;
  // A larger disc holds more than any polygon can, which is less than half the sphere.
  if (inner.radius > kPi / 2) return false;
  return !boundary_within(loop, inner.centre, inner.radius);
}

// The disc's complement is a disc as well, about the opposite point, which the loop must not enter.
bool loop_in_disc(const Shape::Part& outer, const Shape::Part& inner) {
  const double rest = kPi - outer.radius;
  if (rest <= kTouch) return true;
  const Loop loop = inner.loop();
  return !loop.contains(-outer.centre) && !boundary_within(loop, -outer.centre, rest);
}

// How far along the arc ab (its normal given), in rad, the point is that lies on it.
double along(const S2Point& a, const S2Point& normal, const S2Point& point) {
  return std::atan2(normal.CrossProd(a).DotProd(point), a.DotProd(point));
}

// Where the arc ab meets the boundary of the loop: in order, its own ends included.
std::vector<double> cuts(const S2Point& a, const S2Point& b, const Loop& loop) {
  const S2Point normal = across(a, b).Normalize();
  const double length = angle_between(a, b);
  std::vector<double> places = {0, length};
  const auto add = [&](const S2Point& point) {
    const double place = along(a, normal, point);
    if (place > 0 && place < length) places.push_back(place);
  };
  for (std::size_t i = 0; i < loop.vertices.size(); ++i) {
    const S2Point& c = loop.vertices[i];
    const S2Point& d = loop.next(i);
    if (!arcs_meet(a, b, c, d)) continue;
    add(c);
    add(d);
    const S2Point point = normal.CrossProd(across(c, d).Normalize());
    if (point.Norm() > kMargin) {
      add(point.Normalize());
      add(-point.Normalize());
    }
  }
  std::sort(places.begin(), places.end());
  return places;
}

// Both are smaller than a hemisphere and without holes: the inner one lies in the outer one when
// its boundary does. Between two places where they meet an arc is on one side all along.
bool loop_in_loop(const Shape::Part& outer, const Shape::Part& inner) {
  const Loop big = outer.loop(), small = inner.loop();
  for (const S2Point& vertex : small.vertices) {
    if (!big.covers(vertex)) return false;
  }
  for (std::size_t i = 0; i < small.vertices.size(); ++i) {
    const S2Point& a = small.vertices[i];
    const S2Point& b = small.next(i);
    const std::vector<double> places = cuts(a, b, big);
    const S2Point ahead = across(a, b).Normalize().CrossProd(a);
    for (std::size_t k = 0; k + 1 < places.size(); ++k) {
      if (places[k + 1] - places[k] <= 4 * kTouch) continue;
      const double middle = (places[k] + places[k + 1]) / 2;
      if (!big.covers((a * std::cos(middle) + ahead * std::sin(middle)).Normalize())) return false;
    }
  }
  return true;
}

bool disc_meets_disc(const Shape::Part& a, const Shape::Part& b) {
  return Reach(std::min(a.radius + b.radius, kPi)).covers(a.centre, b.centre);
}

bool loops_meet(const Loop& a, const Loop& b) {
  if (a.contains(b.vertices[0]) || b.contains(a.vertices[0])) return true;
  for (std::size_t i = 0; i < a.vertices.size(); ++i) {
    for (std::size_t k = 0; k < b.vertices.size(); ++k) {
      if (arcs_meet(a.vertices[i], a.next(i), b.vertices[k], b.next(k))) return true;
    }
  }
  return false;
}

}  // namespace

bool covers(const Shape::Part& outer, const S2Point& point) {
  if (outer.is_disc()) return Reach(outer.radius).covers(outer.centre, point);
  if (angle_between(outer.centre, point) > outer.radius + kMargin) return false;
  return outer.loop().covers(point);
}

bool covers(const Shape::Part& outer, const Shape::Part& inner) {
  if (inner.is_disc() && inner.radius == 0) return covers(outer, inner.centre);
  if (outer.is_disc()) {
    return inner.is_disc() ? disc_in_disc(outer, inner) : loop_in_disc(outer, inner);
  }
  if (apart(outer, inner)) return false;
  return inner.is_disc() ? disc_in_loop(outer, inner) : loop_in_loop(outer, inner);
}

bool meet(const Shape::Part& a, const Shape::Part& b) {
  if (a.is_disc() && b.is_disc()) return disc_meets_disc(a, b);
  if (apart(a, b)) return false;
  if (a.is_disc()) return b.loop().meets_circle(a.centre, Reach(a.radius));
  if (b.is_disc()) return a.loop().meets_circle(b.centre, Reach(b.radius));
  return loops_meet(a.loop(), b.loop());
}

}  // namespace soda::sky
