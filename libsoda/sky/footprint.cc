#include "sky/footprint.h"

// See loop.cc.
#include <absl/base/config.h>
#undef ABSL_HAVE_ADDRESS_SANITIZER

#include <s2/s2cell_id.h>
#include <s2/s2convex_hull_query.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/failure.h"
#include "sky/arcs.h"
#include "sky/bounds.h"
#include "sky/loop.h"
#include "sky/parts.h"

namespace soda::sky {

namespace {

std::vector<S2Point> to_points(const std::vector<Direction>& directions) {
  std::vector<S2Point> points;
  points.reserve(directions.size());
  for (const Direction& direction : directions) points.push_back(to_point(direction));
  return points;
}

// For points that have no hull with an area.
Circle circle_around(const std::vector<S2Point>& points) {
  S2Point sum(0, 0, 0);
  for (const S2Point& point : points) sum += point;
  const Direction centre = to_direction(sum);  // opposite points: any direction will do
  Angle radius = Angle::from_arcseconds(1e-6);
  for (const S2Point& point : points)
    radius = std::max(radius, separation(centre, to_direction(point)));
  const double padded = std::min(radius.radians() + kBoundsMargin, std::numbers::pi);
  return Circle(centre, Angle::from_radians(padded));
}

}  // namespace

Footprint::Footprint(const Circle& circle) { add(circle); }
Footprint::Footprint(const Polygon& polygon) { add(polygon); }

Footprint Footprint::hull(const std::vector<Direction>& points) {
  Footprint footprint;
  footprint.add_hull(points);
  return footprint;
}

void Footprint::add_hull(const std::vector<Direction>& directions) {
  if (directions.empty())
    throw Failure(FailureKind::usage, "an outline without points covers nothing");
  const std::vector<S2Point> points = to_points(directions);
  S2ConvexHullQuery query;
  for (const S2Point& point : points) query.AddPoint(point);
  const std::unique_ptr<S2Loop> loop = query.GetConvexHull();
  if (loop->is_full()) return add(Circle(Direction(), Angle::from_degrees(180)));
  std::vector<Direction> vertices;
  for (int i = 0; i < loop->num_vertices(); ++i) vertices.push_back(to_direction(loop->vertex(i)));
  try {
    add(Polygon(std::move(vertices)));
  } catch (const Failure&) {
    add(circle_around(points));
  }
}

void Footprint::add(const Circle& circle) {
  const S2Point centre = to_point(circle.centre());
  widen(box_around(centre, circle.radius().radians()));
  if (bytes_.empty()) centre_ = circle.centre();
  append_number(bytes_, static_cast<std::uint32_t>(PartKind::circle));
  append_number(bytes_, std::uint32_t{4});
  for (int axis = 0; axis < 3; ++axis) append_number(bytes_, centre[axis]);
  append_number(bytes_, circle.radius().radians());
}

void Footprint::add(const Polygon& polygon) {
  const std::vector<S2Point> vertices = to_points(polygon.vertices());
  const bool origin = polygon.impl().origin_inside();
  widen(box_around(Loop{vertices, origin}));
  if (bytes_.empty()) centre_ = polygon.impl().bounds().centre();
  append_number(bytes_, static_cast<std::uint32_t>(origin ? PartKind::polygon_with_origin
                                                          : PartKind::polygon));
  append_number(bytes_, static_cast<std::uint32_t>(3 * vertices.size()));
  for (const S2Point& vertex : vertices) {
    for (int axis = 0; axis < 3; ++axis) append_number(bytes_, vertex[axis]);
  }
}

void Footprint::widen(const Box& box) {
  if (bytes_.empty()) {
    box_ = box;
    return;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    box_.lo[k] = std::min(box_.lo[k], box.lo[k]);
    box_.hi[k] = std::max(box_.hi[k], box.hi[k]);
  }
}

std::uint64_t hilbert_order(const Direction& direction) noexcept {
  return S2CellId(to_point(direction)).id();
}

}  // namespace soda::sky
