// One part of a Shape, and reading the parts of a footprint's bytes. Private to the room.
#pragma once

#include <s2/s2point.h>

#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "sky/arcs.h"
#include "sky/parts.h"
#include "sky/shape.h"

namespace soda::sky {

// A disc (a point has the radius 0), or a loop when there are vertices, which run clockwise as seen
// from outside the sphere.
struct Shape::Part {
  S2Point centre{1, 0, 0};  // of a loop: of a cap that holds it
  double radius = 0;        // rad
  std::vector<S2Point> vertices;
  bool origin_inside = false;

  bool is_disc() const noexcept { return vertices.empty(); }
  Loop loop() const noexcept { return {vertices, origin_inside}; }
  void set_bounds();
};

[[noreturn]] inline void damaged_footprint() {
  throw Failure(FailureKind::unavailable,
                "The archive's data base is damaged: a footprint cannot be understood.");
}

inline S2Point take_unit_vector(std::string_view& bytes) {
  S2Point point;
  for (int axis = 0; axis < 3; ++axis) take_number(bytes, point[axis]);
  // Far from the sphere, or NaN, nothing here would hold.
  if (!(std::fabs(point.Norm2() - 1) < 1e-14)) damaged_footprint();
  return point;
}

// Hands over each part's kind and numbers, checked to be as many as the kind has.
template <class Each>
void for_each_part(std::string_view footprint, const Each& each) {
  while (!footprint.empty()) {
    std::uint32_t kind = 0, count = 0;
    if (!take_number(footprint, kind) || !take_number(footprint, count)) damaged_footprint();
    const std::size_t size = std::size_t{count} * sizeof(double);
    if (footprint.size() < size) damaged_footprint();
    const bool circle = kind == static_cast<std::uint32_t>(PartKind::circle);
    const bool polygon = kind == static_cast<std::uint32_t>(PartKind::polygon) ||
                         kind == static_cast<std::uint32_t>(PartKind::polygon_with_origin);
    if (!(circle && count == 4) && !(polygon && count >= 9 && count % 3 == 0)) damaged_footprint();
    each(kind, footprint.substr(0, size));
    footprint.remove_prefix(size);
  }
}

}  // namespace soda::sky
