#include <cmath>

#include "sky/region.h"

namespace soda::sky {

namespace {

using Pieces = std::vector<BoundaryPiece>;

// A circle of the sphere through `start`, turning about the axis `pole` by `turn` radians.
struct Arc {
  // Components of the start along the axis, and the two vectors that span the turn.
  double cx, cy, cz, ux, uy, uz, vx, vy, vz, turn;

  Direction operator()(double t) const {
    const double c = std::cos(turn * t), s = std::sin(turn * t);
    return Direction::from_vector(cx + c * ux + s * vx, cy + c * uy + s * vy, cz + c * uz + s * vz);
  }
};

Arc arc_about(const Direction& pole, const Direction& start, double turn) {
  const double along = pole.x() * start.x() + pole.y() * start.y() + pole.z() * start.z();
  Arc arc{};
  arc.cx = along * pole.x(), arc.cy = along * pole.y(), arc.cz = along * pole.z();
  arc.ux = start.x() - arc.cx, arc.uy = start.y() - arc.cy, arc.uz = start.z() - arc.cz;
  arc.vx = pole.y() * arc.uz - pole.z() * arc.uy;
  arc.vy = pole.z() * arc.ux - pole.x() * arc.uz;
  arc.vz = pole.x() * arc.uy - pole.y() * arc.ux;
  arc.turn = turn;
  return arc;
}

void append_arc(Pieces& pieces, const Direction& pole, const Direction& start, double turn) {
  const Arc arc = arc_about(pole, start, turn);
  const double radius = std::sqrt(arc.ux * arc.ux + arc.uy * arc.uy + arc.uz * arc.uz);
  pieces.push_back({arc, Angle::from_radians(radius * std::fabs(turn))});
}

void append_parallel(Pieces& pieces, Angle lon, Angle lat, double turn) {
  if (std::fabs(lat.degrees()) >= 90) return;  // a parallel at a pole is a point
  append_arc(pieces, Direction::from_vector(0, 0, 1), Direction::from_lon_lat(lon, lat), turn);
}

void append_meridian(Pieces& pieces, Angle lon, Angle from, Angle to) {
  if (from == to) return;
  const auto at = [lon, from, to](double t) {
    return Direction::from_lon_lat(lon, from * (1 - t) + to * t);
  };
  pieces.push_back({at, Angle::from_radians(std::fabs((to - from).radians()))});
}

// The great circle from a to b. Neighbours in a polygon are neither equal nor opposite.
void append_edge(Pieces& pieces, const Direction& a, const Direction& b) {
  const Angle length = separation(a, b);
  // Between the ends by the sines of both parts, which is exact for long arcs; for tiny ones
  // straight interpolation is.
  const double whole = length.radians();
  const double divisor = std::sin(whole);
  const auto at = [a, b, whole, divisor](double t) {
    if (t <= 0) return a;
    if (t >= 1) return b;
    const double p = whole < 1e-8 ? 1 - t : std::sin((1 - t) * whole) / divisor;
    const double q = whole < 1e-8 ? t : std::sin(t * whole) / divisor;
    return Direction::from_vector(p * a.x() + q * b.x(), p * a.y() + q * b.y(),
                                  p * a.z() + q * b.z());
  };
  pieces.push_back({at, length});
}

Pieces pieces_of(const Circle& circle) {
  if (circle.radius().degrees() >= 180) return {};
  Pieces pieces;
  append_arc(pieces, circle.centre(), offset(circle.centre(), Angle(), circle.radius()),
             2 * std::numbers::pi);
  return pieces;
}

Pieces pieces_of(const Range& range) {
  Pieces pieces;
  const double width = range.lon_width().radians();
  append_parallel(pieces, range.lon_lo(), range.lat_lo(), width);
  if (!range.full_circle()) {
    append_meridian(pieces, range.lon_lo() + range.lon_width(), range.lat_lo(), range.lat_hi());
  }
  append_parallel(pieces, range.lon_lo() + range.lon_width(), range.lat_hi(), -width);
  if (!range.full_circle()) {
    append_meridian(pieces, range.lon_lo(), range.lat_hi(), range.lat_lo());
  }
  return pieces;
}

Pieces pieces_of(const Polygon& polygon) {
  Pieces pieces;
  const auto& vertices = polygon.vertices();
  pieces.reserve(vertices.size());
  for (std::size_t i = 0; i < vertices.size(); ++i) {
    append_edge(pieces, vertices[i], vertices[(i + 1) % vertices.size()]);
  }
  return pieces;
}

}  // namespace

std::vector<BoundaryPiece> boundary(const Region& region) {
  return std::visit([](const auto& shape) { return pieces_of(shape); }, region);
}

}  // namespace soda::sky
