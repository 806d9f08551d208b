// Whether shapes on the sphere have a point in common, worked out slowly and in other ways than
// the library does: long double, angles that edges subtend, planes that intersect, calculus in
// longitude and latitude. All arguments are degrees; no shape but a circle or a range is larger
// than a hemisphere.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <variant>
#include <vector>

namespace slow {

using Real = long double;
constexpr Real pi = std::numbers::pi_v<Real>;
constexpr Real degree = pi / 180;

struct Vec {
  Real x, y, z;
};
inline Real dot(const Vec& a, const Vec& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec cross(const Vec& a, const Vec& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline Real norm(const Vec& a) { return std::sqrt(dot(a, a)); }
inline Vec unit(const Vec& a) {
  const Real n = norm(a);
  return {a.x / n, a.y / n, a.z / n};
}
inline Real angle(const Vec& a, const Vec& b) { return std::atan2(norm(cross(a, b)), dot(a, b)); }
inline Vec at(Real lon, Real lat) {
  return {std::cos(lat * degree) * std::cos(lon * degree),
          std::cos(lat * degree) * std::sin(lon * degree), std::sin(lat * degree)};
}
inline Real lon_of(const Vec& v) { return std::atan2(v.y, v.x) / degree; }
inline Real lat_of(const Vec& v) { return std::atan2(v.z, std::hypot(v.x, v.y)) / degree; }

struct Circle {
  Real lon, lat, radius;
};
struct Range {
  Real lon_lo, lon_hi, lat_lo, lat_hi;
};
struct Polygon {
  std::vector<std::pair<double, double>> lon_lat;
  std::vector<Vec> vertices;
  Vec middle;
  Real reach = 0;  // of the vertices from the middle, less than 90 degrees

  Polygon(std::pair<double, double> about, std::vector<std::pair<double, double>> corners)
      : lon_lat(std::move(corners)), middle(at(about.first, about.second)) {
    for (const auto& [lon, lat] : lon_lat) vertices.push_back(at(lon, lat));
    for (const Vec& v : vertices) reach = std::max(reach, angle(v, middle));
  }
  const Vec& next(std::size_t i) const { return vertices[(i + 1) % vertices.size()]; }
};
using Shape = std::variant<Circle, Range, Polygon>;

// On the arc ab, given that it is on its great circle.
inline bool on_arc(const Vec& p, const Vec& a, const Vec& b, const Vec& normal) {
  return dot(cross(a, p), normal) >= 0 && dot(cross(p, b), normal) >= 0;
}

inline Real distance(const Vec& p, const Vec& a, const Vec& b) {
  const Vec n = unit(cross(a, b));
  const Real height = dot(p, n);
  const Vec foot = {p.x - height * n.x, p.y - height * n.y, p.z - height * n.z};
  if (norm(foot) > 0 && on_arc(foot, a, b, n)) return std::atan2(std::fabs(height), norm(foot));
  return std::min(angle(p, a), angle(p, b));
}

// By the sum of the angles under which the edges are seen; the opposite of an inner point sees the
// same sum, but is far away.
inline bool inside(const Polygon& polygon, const Vec& p) {
  if (angle(p, polygon.middle) > polygon.reach + 1e-15L) return false;
  Real sum = 0;
  for (std::size_t i = 0; i < polygon.vertices.size(); ++i) {
    const Vec& a = polygon.vertices[i];
    const Vec& b = polygon.next(i);
    // Differences of neighbours, so that nothing cancels for tiny polygons.
    const Vec u = {a.x - p.x, a.y - p.y, a.z - p.z}, v = {b.x - p.x, b.y - p.y, b.z - p.z};
    const Real ua = dot(u, p), vb = dot(v, p);
    const Vec s = {u.x - ua * p.x, u.y - ua * p.y, u.z - ua * p.z};
    const Vec t = {v.x - vb * p.x, v.y - vb * p.y, v.z - vb * p.z};
    sum += std::atan2(dot(p, cross(s, t)), dot(s, t));
  }
  return std::fabs(sum) > pi;
}

inline bool lon_within(const Range& r, Real lon) {
  if (r.lon_hi - r.lon_lo >= 360) return true;
  const auto turn = [](Real x) { return x - 360 * std::floor(x / 360); };
  const Real width = r.lon_hi >= r.lon_lo ? r.lon_hi - r.lon_lo : turn(r.lon_hi - r.lon_lo);
  return turn(lon - r.lon_lo) <= width;
}
inline bool inside(const Range& r, const Vec& p) {
  const Real lat = lat_of(p);
  if (lat < r.lat_lo || lat > r.lat_hi) return false;
  return std::fabs(lat) == 90 || lon_within(r, lon_of(p));
}

inline bool arcs_cross(const Vec& a, const Vec& b, const Vec& c, const Vec& d) {
  const Vec n = cross(a, b), m = cross(c, d);
  Vec t = cross(n, m);
  if (norm(t) == 0) return false;
  t = unit(t);
  for (const Vec& p : {t, Vec{-t.x, -t.y, -t.z}}) {
    if (on_arc(p, a, b, n) && on_arc(p, c, d, m)) return true;
  }
  return false;
}

inline bool meet(const Circle& a, const Circle& b) {
  return angle(at(a.lon, a.lat), at(b.lon, b.lat)) <= (a.radius + b.radius) * degree;
}
inline bool meet(const Circle& c, const Polygon& p) {
  const Vec centre = at(c.lon, c.lat);
  if (angle(centre, p.middle) > c.radius * degree + p.reach + 1e-12L) return false;
  for (std::size_t i = 0; i < p.vertices.size(); ++i) {
    if (distance(centre, p.vertices[i], p.next(i)) <= c.radius * degree) return true;
  }
  return inside(p, centre);
}
inline bool meet(const Polygon& a, const Polygon& b) {
  if (angle(a.middle, b.middle) > a.reach + b.reach + 1e-12L) return false;
  for (const Vec& v : a.vertices) {
    if (inside(b, v)) return true;
  }
  for (const Vec& v : b.vertices) {
    if (inside(a, v)) return true;
  }
  for (std::size_t i = 0; i < a.vertices.size(); ++i) {
    for (std::size_t k = 0; k < b.vertices.size(); ++k) {
      if (arcs_cross(a.vertices[i], a.next(i), b.vertices[k], b.next(k))) return true;
    }
  }
  return false;
}

// The distance to a meridian has its minimum where the derivative by latitude vanishes, that to a
// parallel where the longitudes are equal.
inline bool meet(const Range& r, const Circle& c) {
  const Vec centre = at(c.lon, c.lat);
  if (inside(r, centre)) return true;
  std::vector<Vec> nearest;
  if (lon_within(r, c.lon)) nearest = {at(c.lon, r.lat_lo), at(c.lon, r.lat_hi)};
  for (const Real lon : {r.lon_lo, r.lon_hi}) {
    if (r.lon_hi - r.lon_lo >= 360) break;
    const Real best = std::atan2(std::sin(c.lat * degree),
                                 std::cos(c.lat * degree) * std::cos((lon - c.lon) * degree)) /
                      degree;
    for (const Real lat : {r.lat_lo, r.lat_hi, std::clamp(best, r.lat_lo, r.lat_hi)})
      nearest.push_back(at(lon, lat));
  }
  return std::any_of(nearest.begin(), nearest.end(),
                     [&](const Vec& v) { return angle(v, centre) <= c.radius * degree; });
}

inline bool edge_meets(const Range& r, const Vec& a, const Vec& b) {
  const Vec n = cross(a, b);
  // n . (cos lat cos lon, cos lat sin lon, sin lat) = 0, solved for the longitude on a parallel …
  const Real tilt = std::hypot(n.x, n.y);
  for (const Real lat : {r.lat_lo, r.lat_hi}) {
    if (std::fabs(lat) >= 90 || tilt == 0) continue;
    const Real c = -n.z * std::tan(lat * degree) / tilt;
    if (std::fabs(c) > 1) continue;
    for (const Real side : {-1, 1}) {
      const Real lon = (std::atan2(n.y, n.x) + side * std::acos(c)) / degree;
      if (lon_within(r, lon) && on_arc(at(lon, lat), a, b, n)) return true;
    }
  }
  // … and for the latitude on a meridian.
  for (const Real lon : {r.lon_lo, r.lon_hi}) {
    if (r.lon_hi - r.lon_lo >= 360) break;
    const Real level = n.x * std::cos(lon * degree) + n.y * std::sin(lon * degree);
    const Real lat = std::atan(-level / n.z) / degree;
    if (lat >= r.lat_lo && lat <= r.lat_hi && on_arc(at(lon, lat), a, b, n)) return true;
  }
  return false;
}
inline bool meet(const Range& r, const Polygon& p) {
  for (std::size_t i = 0; i < p.vertices.size(); ++i) {
    if (inside(r, p.vertices[i]) || edge_meets(r, p.vertices[i], p.next(i))) return true;
  }
  for (const Real lon : {r.lon_lo, r.lon_hi}) {
    for (const Real lat : {r.lat_lo, r.lat_hi}) {
      if (inside(p, at(lon, lat))) return true;
    }
  }
  return false;
}

inline bool meet(const Polygon& p, const Circle& c) { return meet(c, p); }

// Footprints are circles and polygons.
inline bool meet(const Shape& question, const Shape& footprint) {
  return std::visit(
      [](const auto& a, const auto& b) {
        if constexpr (requires { meet(a, b); }) {
          return meet(a, b);
        } else {
          return false;
        }
      },
      question, footprint);
}

}  // namespace slow
