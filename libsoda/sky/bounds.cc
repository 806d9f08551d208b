#include "sky/bounds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace soda::sky {

namespace {

constexpr double kMargin = kBoundsMargin;
constexpr std::size_t kMostHalfSpaces = 64;

}  // namespace

Box box_around(const S2Point& centre, double radius) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) {
    S2Point unit(0, 0, 0);
    unit[axis] = 1;
    const double from_top = centre.Angle(unit);
    const auto k = static_cast<std::size_t>(axis);
    if (from_top > radius) box.hi[k] = std::min(std::cos(from_top - radius) + kMargin, 1.0);
    if (std::numbers::pi - from_top > radius)
      box.lo[k] = std::max(std::cos(from_top + radius) - kMargin, -1.0);
  }
  return box;
}

Box box_around(const Loop& loop) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) {
    for (const int sign : {-1, 1}) {
      S2Point unit(0, 0, 0);
      unit[axis] = sign;
      if (loop.contains(unit)) continue;
      double top = -1;
      for (std::size_t i = 0; i < loop.vertices.size(); ++i) {
        top = std::max(top, highest(loop.vertices[i] * sign, loop.next(i) * sign, axis));
      }
      top = std::min(top + kMargin, 1.0);
      const auto k = static_cast<std::size_t>(axis);
      (sign > 0 ? box.hi[k] : box.lo[k]) = sign * top;
    }
  }
  return box;
}

std::vector<S2Point> convex_sides(const Loop& loop) {
  if (loop.vertices.size() > kMostHalfSpaces) return {};
  std::vector<S2Point> normals;
  // The inside is to the right.
  for (std::size_t i = 0; i < loop.vertices.size(); ++i)
    normals.push_back(across(loop.next(i), loop.vertices[i]).Normalize());
  for (const S2Point& normal : normals) {
    for (const S2Point& vertex : loop.vertices) {
      if (normal.DotProd(vertex) < -kMargin) return {};
    }
  }
  return normals;
}

}  // namespace soda::sky
