#include "sky/probe.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/failure.h"
#include "sky/arcs.h"
#include "sky/bounds.h"
#include "sky/loop.h"
#include "sky/parts.h"
#include "sky/shape_part.h"

namespace soda::sky {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kMargin = kBoundsMargin;

// One part of a footprint, read from its bytes.
struct Disc {
  S2Point centre;
  double radius;
};
// A cap about a loop that is smaller than a hemisphere, hence convex: it holds the arcs as well.
struct Ball {
  S2Point centre;
  double square;  // of the chord; 4: everything

  static Ball around(std::span<const S2Point> points) {
    S2Point sum(0, 0, 0);
    for (const S2Point& point : points) sum += point;
    Ball ball{sum.Norm2() > 1e-12 ? sum.Normalize() : S2Point(1, 0, 0), 0};
    for (const S2Point& point : points)
      ball.square = std::max(ball.square, (point - ball.centre).Norm2());
    ball.square = ball.square < 1.9 ? ball.square + kMargin : 4;
    return ball;
  }
  bool apart(const Ball& other) const noexcept {
    const double reach = std::sqrt(square) + std::sqrt(other.square) + kMargin;
    return reach < 2 && (centre - other.centre).Norm2() > reach * reach;
  }
};

// What every kind of region can say of a part.
struct Aim {
  Aim() = default;
  Aim(const Aim&) = delete;
  Aim& operator=(const Aim&) = delete;
  virtual ~Aim() = default;
  virtual bool meets(const Disc& disc) const = 0;
  virtual bool meets(const Loop& loop) const = 0;
  std::vector<double> envelope;

 protected:
  void set_ball(const Circle& circle, double is_region) {
    const double chord =
        2 * std::sin(std::min(circle.radius().radians(), kPi) / 2) * (1 + kMargin) + kMargin;
    const Direction& c = circle.centre();
    envelope = {c.x(), c.y(), c.z(), chord * chord, is_region};
  }
  void add_half_space(const S2Point& normal, double distance) {
    envelope.insert(envelope.end(), {normal.x(), normal.y(), normal.z(), distance - kMargin});
  }
};

struct CircleAim final : Aim {
  S2Point centre;
  Reach reach;

  explicit CircleAim(const Circle& circle)
      : centre(to_point(circle.centre())), reach(circle.radius().radians()) {
    set_ball(circle, 1);
  }
  bool meets(const Disc& disc) const override {
    const double both = std::min(reach.radius() + disc.radius, kPi);
    return Reach(both).covers(centre, disc.centre);
  }
  bool meets(const Loop& loop) const override { return loop.meets_circle(centre, reach); }
};

struct PolygonAim final : Aim {
  std::vector<S2Point> vertices;
  Loop own;
  Ball ball{};
  std::vector<Ball> balls;  // of each edge

  explicit PolygonAim(const Polygon& polygon) {
    for (const Direction& vertex : polygon.vertices()) vertices.push_back(to_point(vertex));
    own = Loop{vertices, polygon.impl().origin_inside()};
    ball = Ball::around(vertices);
    for (std::size_t i = 0; i < vertices.size(); ++i)
      balls.push_back(Ball::around(std::vector<S2Point>{vertices[i], own.next(i)}));
    set_ball(bounding_circle(polygon), 0);
    for (const S2Point& normal : convex_sides(own)) add_half_space(normal, 0);
  }
  bool meets(const Disc& disc) const override {
    return own.meets_circle(disc.centre, Reach(disc.radius));
  }
  bool meets(const Loop& loop) const override {
    const Ball other = Ball::around(loop.vertices);
    if (ball.apart(other)) return false;
    if (own.contains(loop.vertices[0]) || loop.contains(vertices[0])) return true;
    for (std::size_t i = 0; i < vertices.size(); ++i) {
      if (balls[i].apart(other)) continue;
      for (std::size_t k = 0; k < loop.vertices.size(); ++k) {
        if (arcs_meet(vertices[i], own.next(i), loop.vertices[k], loop.next(k))) return true;
      }
    }
    return false;
  }
};

// A box between two parallels and two meridians.
struct RangeAim final : Aim {
  Range range;
  double lon_lo, width, lat_lo, lat_hi;
  std::vector<S2Point> meridians;  // arcs by pairs, each of at most a quarter turn
  std::vector<S2Point> corners;    // one, at least, of each connected piece of the boundary

  explicit RangeAim(const Range& of)
      : range(of),
        lon_lo(of.lon_lo().radians()),
        width(of.lon_width().radians()),
        lat_lo(of.lat_lo().radians()),
        lat_hi(of.lat_hi().radians()) {
    for (const Angle lat : {of.lat_lo(), of.lat_hi()}) {
      corners.push_back(at(of.lon_lo(), lat));
      corners.push_back(at(of.lon_lo() + of.lon_width(), lat));
    }
    if (!of.full_circle()) {
      add_meridian(of.lon_lo());
      add_meridian(of.lon_lo() + of.lon_width());
    }
    set_ball(bounding_circle(of), 0);
    add_half_space(S2Point(0, 0, 1), std::sin(lat_lo));
    add_half_space(S2Point(0, 0, -1), -std::sin(lat_hi));
    if (width <= kPi) {
      add_half_space(at(of.lon_lo() + Angle::from_degrees(90), Angle()), 0);
      add_half_space(at(of.lon_lo() + of.lon_width() - Angle::from_degrees(90), Angle()), 0);
    }
  }
  static S2Point at(Angle lon, Angle lat) { return to_point(Direction::from_lon_lat(lon, lat)); }
  void add_meridian(Angle lon) {
    const Angle middle = (range.lat_lo() + range.lat_hi()) * 0.5;
    meridians.insert(meridians.end(), {at(lon, range.lat_lo()), at(lon, middle), at(lon, middle),
                                       at(lon, range.lat_hi())});
  }
  bool holds(const S2Point& point) const { return contains(range, to_direction(point)); }

  bool meets(const Disc& disc) const override {
    if (holds(disc.centre)) return true;
    const Direction centre = to_direction(disc.centre);
    // The nearest point of a parallel is at the same longitude, or else one of its ends.
    if (east_of_start(centre.lon().radians()) <= width) {
      const double lat = centre.lat().radians();
      const double gap = lat < lat_lo ? lat_lo - lat : lat - lat_hi;
      if (gap <= disc.radius + kTouch) return true;
    }
    const Reach reach(disc.radius);
    for (const S2Point& corner : corners) {
      if (reach.covers(disc.centre, corner)) return true;
    }
    for (std::size_t i = 0; i < meridians.size(); i += 2) {
      if (reach.covers(disc.centre, meridians[i]) ||
          reach.covers_within(disc.centre, meridians[i], meridians[i + 1]))
        return true;
    }
    return false;
  }

  bool meets(const Loop& loop) const override {
    for (const S2Point& vertex : loop.vertices) {
      if (holds(vertex)) return true;
    }
    for (const S2Point& corner : corners) {
      if (loop.covers(corner)) return true;
    }
    for (std::size_t i = 0; i < loop.vertices.size(); ++i) {
      const S2Point& a = loop.vertices[i];
      const S2Point& b = loop.next(i);
      for (std::size_t k = 0; k < meridians.size(); k += 2) {
        if (arcs_meet(a, b, meridians[k], meridians[k + 1])) return true;
      }
      if (crosses_parallel(a, b, lat_lo) || crosses_parallel(a, b, lat_hi)) return true;
    }
    return false;
  }

  double east_of_start(double lon) const {
    const double east = lon - lon_lo;
    return east < 0 ? east + 2 * kPi : east;
  }

  // Where the arc ab has the latitude `lat`, within the range's longitudes. Worked out by distances
  // from the pole that is nearer, because close to it sines of latitudes tell nothing.
  bool crosses_parallel(const S2Point& a, const S2Point& b, double lat) const {
    const double sign = lat < 0 ? -1 : 1;
    const double from_pole = kPi / 2 - std::fabs(lat);
    if (from_pole <= 0) return false;  // a point, and a corner
    const S2Point normal = across(a, b).Normalize();
    const S2Point ahead = normal.CrossProd(a);
    const double top = std::hypot(a.z(), ahead.z());  // sine of the highest latitude of the circle
    const double nearest = std::atan2(std::fabs(normal.z()), top);
    if (nearest > from_pole + kTouch || top == 0) return false;
    // cos(from_pole) = cos(nearest) cos(turn), for small differences of the two.
    const double square =
        std::sin((from_pole + nearest) / 2) * std::sin((from_pole - nearest) / 2) / top;
    const double turn = 2 * std::asin(std::sqrt(std::clamp(square, 0.0, 1.0)));
    const double middle = std::atan2(sign * ahead.z(), sign * a.z());
    const double length = a.Angle(b);
    for (const double angle : {middle - turn, middle + turn}) {
      const double along = std::remainder(angle, 2 * kPi);
      if (along < -kTouch || along > length + kTouch) continue;
      const S2Point point = a * std::cos(along) + ahead * std::sin(along);
      if (range.full_circle() || holds_longitude(point)) return true;
    }
    return false;
  }
  bool holds_longitude(const S2Point& point) const {
    return east_of_start(to_direction(point).lon().radians()) <= width;
  }
};

std::unique_ptr<const Aim> aim_at(const Region& region) {
  struct Maker {
    std::unique_ptr<const Aim> operator()(const Circle& circle) const {
      return std::make_unique<CircleAim>(circle);
    }
    std::unique_ptr<const Aim> operator()(const Range& range) const {
      return std::make_unique<RangeAim>(range);
    }
    std::unique_ptr<const Aim> operator()(const Polygon& polygon) const {
      return std::make_unique<PolygonAim>(polygon);
    }
  };
  return std::visit(Maker{}, region);
}

}  // namespace

struct Probe::Impl {
  explicit Impl(const Region& region) : aim(aim_at(region)) {}
  std::unique_ptr<const Aim> aim;
  mutable std::vector<S2Point> vertices;  // of the part in hand; one object, one thread

  bool meets_part(std::uint32_t kind, std::string_view numbers) const {
    const std::size_t count = numbers.size() / sizeof(double);
    if (kind == static_cast<std::uint32_t>(PartKind::circle)) {
      if (count != 4) damaged_footprint();
      Disc disc{take_unit_vector(numbers), 0};
      take_number(numbers, disc.radius);
      return aim->meets(disc);
    }
    const bool origin = kind == static_cast<std::uint32_t>(PartKind::polygon_with_origin);
    if (!origin && kind != static_cast<std::uint32_t>(PartKind::polygon)) damaged_footprint();
    if (count < 9 || count % 3 != 0) damaged_footprint();
    vertices.clear();
    while (!numbers.empty()) vertices.push_back(take_unit_vector(numbers));
    return aim->meets(Loop{vertices, origin});
  }
};

Probe::Probe(const Region& region) : impl_(std::make_unique<Impl>(region)) {}
Probe::~Probe() = default;
Probe::Probe(Probe&&) noexcept = default;

bool Probe::meets(std::string_view footprint) const {
  while (!footprint.empty()) {
    std::uint32_t kind = 0, count = 0;
    if (!take_number(footprint, kind) || !take_number(footprint, count)) damaged_footprint();
    const std::size_t size = std::size_t{count} * sizeof(double);
    if (footprint.size() < size) damaged_footprint();
    if (impl_->meets_part(kind, footprint.substr(0, size))) return true;
    footprint.remove_prefix(size);
  }
  return false;
}

const std::vector<double>& Probe::envelope() const noexcept { return impl_->aim->envelope; }

BoxRelation relate(const Box& box, std::span<const double> envelope) noexcept {
  constexpr std::size_t ball = 5, half_space = 4;
  if (envelope.size() < ball) return BoxRelation::partly;
  double nearest = 0, farthest = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double below = box.lo[k] - envelope[k], above = envelope[k] - box.hi[k];
    const double gap = std::max({below, above, 0.0});
    const double reach = std::max(-below, -above);
    nearest += gap * gap;
    farthest += reach * reach;
  }
  if (nearest > envelope[3]) return BoxRelation::outside;
  for (std::size_t i = ball; i + half_space <= envelope.size(); i += half_space) {
    double most = 0;
    for (std::size_t k = 0; k < 3; ++k)
      most += std::max(envelope[i + k] * box.lo[k], envelope[i + k] * box.hi[k]);
    if (most < envelope[i + 3]) return BoxRelation::outside;
  }
  // Less than the ball by more than its margin.
  const bool inside = envelope[4] == 1 && farthest < envelope[3] * (1 - 1e-12) - 1e-14;
  return inside ? BoxRelation::inside : BoxRelation::partly;
}

}  // namespace soda::sky
