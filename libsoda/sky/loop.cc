#include "sky/loop.h"

// Under the address sanitizer Abseil's B-trees get another layout, which the S2 library, built
// without it, does not share: its loops then never end. The layout has to stay the library's.
#include <absl/base/config.h>
#undef ABSL_HAVE_ADDRESS_SANITIZER

// S2's headers come from the system's include folder, so their own warnings do not count.
#include <s2/mutable_s2shape_index.h>
#include <s2/s2cap.h>
#include <s2/s2contains_point_query.h>
#include <s2/s2edge_crossings.h>
#include <s2/s2error.h>
#include <s2/s2loop.h>
#include <s2/s2pointutil.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/failure.h"

namespace soda::sky {

namespace {

constexpr double kRounding = 1e-15;  // rad; see region.cc
constexpr std::size_t kFewVertices = 64;

S2Point to_s2(const Direction& d) { return S2Point(d.x(), d.y(), d.z()); }
Direction from_s2(const S2Point& p) { return Direction::from_vector(p.x(), p.y(), p.z()); }

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, sentence);
}

// Without repeated neighbours, the closing vertex included.
std::vector<S2Point> distinct(const std::vector<Direction>& vertices) {
  std::vector<S2Point> points;
  points.reserve(vertices.size());
  for (const Direction& vertex : vertices) {
    const S2Point point = to_s2(vertex);
    if (points.empty() || points.back() != point) points.push_back(point);
  }
  while (points.size() > 1 && points.front() == points.back()) points.pop_back();
  return points;
}

// True when all points lie on one great circle: nothing but rounding would decide what is inside.
bool is_flat(const std::vector<S2Point>& points) {
  // The axis through the vertex farthest from the first (and from its antipode) is the best
  // determined one.
  const S2Point& first = points.front();
  const auto across = [&](const S2Point& p) { return S2::RobustCrossProd(first, p); };
  const S2Point far = *std::max_element(points.begin(), points.end(), [&](auto& a, auto& b) {
    return first.CrossProd(a).Norm2() < first.CrossProd(b).Norm2();
  });
  const S2Point axis = across(far).Normalize();
  return std::all_of(points.begin(), points.end(),
                     [&](const S2Point& p) { return std::fabs(axis.DotProd(p)) <= kRounding; });
}

}  // namespace

struct Polygon::Impl::Loop {
  explicit Loop(const std::vector<S2Point>& points) : loop(points, S2Debug::DISABLE) {}
  S2Loop loop;
  MutableS2ShapeIndex index;
  std::vector<S2Point> normals;  // unit normal of the edge from vertex i to vertex i + 1
  bool convex = false;           // and of few vertices

  // Every vertex on the inner side of every edge.
  bool is_convex() const {
    if (normals.size() > kFewVertices) return false;
    return std::all_of(normals.begin(), normals.end(), [&](const S2Point& normal) {
      for (int i = 0; i < loop.num_vertices(); ++i) {
        if (normal.DotProd(loop.vertex(i)) < -kRounding) return false;
      }
      return true;
    });
  }

  // For a convex polygon the signs of its half-spaces decide, where rounding leaves no doubt.
  std::optional<bool> by_half_spaces(const S2Point& point) const {
    double least = 1;
    for (const S2Point& normal : normals) least = std::min(least, normal.DotProd(point));
    if (std::fabs(least) <= 2 * kRounding) return std::nullopt;
    return least > 0;
  }

  bool on_edge(int i, const S2Point& point) const {
    const S2Point& a = loop.vertex(i);
    const S2Point& b = loop.vertex(i + 1);
    const S2Point& normal = normals[static_cast<std::size_t>(i)];
    if (std::fabs(normal.DotProd(point)) > kRounding) return false;
    // Between the ends: on b's side of a and on a's side of b.
    return normal.CrossProd(a).DotProd(point) >= -kRounding &&
           normal.CrossProd(b).DotProd(point) <= kRounding;
  }
};

Polygon::Impl::Impl(const std::vector<Direction>& vertices) {
  const std::vector<S2Point> points = distinct(vertices);
  if (points.size() < 3) {
    refuse("a polygon needs at least 3 distinct vertices, not " + std::to_string(points.size()));
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    const S2Point& next = points[(i + 1) % points.size()];
    if ((points[i] + next).Norm() <= 1e-14) {
      refuse("neighbouring vertices " + std::to_string(i + 1) + " and " +
             std::to_string((i + 1) % points.size() + 1) +
             " of a polygon are opposite points of the sky: no edge joins them");
    }
  }
  if (is_flat(points)) refuse("the vertices of a polygon lie on one great circle: it has no area");
  loop_ = std::make_unique<Loop>(points);
  S2Error error;
  if (loop_->loop.FindValidationError(&error)) {
    refuse("the edges of a polygon must not cross or touch each other: " + error.text());
  }
  loop_->loop.Normalize();
  const int n = loop_->loop.num_vertices();
  loop_->normals.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    loop_->normals.push_back(
        S2::RobustCrossProd(loop_->loop.vertex(i), loop_->loop.vertex(i + 1)).Normalize());
  }
  loop_->convex = loop_->is_convex();
  loop_->index.Add(std::make_unique<S2Loop::Shape>(&loop_->loop));
  loop_->index.ForceBuild();
}

Polygon::Impl::~Impl() = default;

std::vector<Direction> Polygon::Impl::vertices() const {
  // S2 keeps the inside to the left seen from outside the sphere: the other way round than DALI 1.1
  // section 3.3.7.
  std::vector<Direction> result;
  const int n = loop_->loop.num_vertices();
  result.reserve(static_cast<std::size_t>(n));
  for (int i = n - 1; i >= 0; --i) result.push_back(from_s2(loop_->loop.vertex(i)));
  return result;
}

bool Polygon::Impl::contains(const Direction& direction) const noexcept {
  const S2Point point = to_s2(direction);
  if (loop_->convex) {
    if (const auto clear = loop_->by_half_spaces(point)) return *clear;
  }
  S2ContainsPointQuery<MutableS2ShapeIndex> query(&loop_->index, S2VertexModel::CLOSED);
  if (query.Contains(point)) return true;
  // Every edge that passes the point lies in the point's index cell.
  MutableS2ShapeIndex::Iterator cell(&loop_->index, S2ShapeIndex::UNPOSITIONED);
  if (!cell.Locate(point)) return false;
  const S2ClippedShape* clipped = cell.cell().find_clipped(0);
  if (clipped == nullptr) return false;
  for (int i = 0; i < clipped->num_edges(); ++i) {
    if (loop_->on_edge(clipped->edge(i), point)) return true;
  }
  return false;
}

bool Polygon::Impl::origin_inside() const noexcept { return loop_->loop.Contains(S2::Origin()); }

Circle Polygon::Impl::bounds() const {
  const S2Loop& loop = loop_->loop;
  S2Point sum(0, 0, 0);
  for (int i = 0; i < loop.num_vertices(); ++i) sum += loop.vertex(i);
  if (sum.Norm() > 1e-9) {
    const Direction centre = from_s2(sum.Normalize());
    Angle radius;
    for (int i = 0; i < loop.num_vertices(); ++i) {
      radius = std::max(radius, separation(centre, from_s2(loop.vertex(i))));
    }
    // Caps up to a hemisphere are convex: holding the vertices they hold the edges, and a polygon
    // of less than half the sky lies on the inner side of its edges.
    if (radius.degrees() < 89.9) return Circle(centre, radius + Angle::from_radians(1e-14));
  }
  const S2Cap cap = loop.GetCapBound();
  const double radius = std::min(cap.GetRadius().radians() + 1e-14, std::numbers::pi);
  return Circle(from_s2(cap.center()), Angle::from_radians(radius));
}

}  // namespace soda::sky
