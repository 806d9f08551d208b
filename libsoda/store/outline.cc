#include "store/outline.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "store/obscore.h"

namespace soda::store {
namespace {

constexpr double degree = std::numbers::pi / 180;
// The places of the text, and what rounding and the edges' own curvature may add.
constexpr double margin = 2e-6;  // degrees

using Vector = std::array<double, 3>;

Vector vector_of(double lon, double lat) {
  return {std::cos(lat * degree) * std::cos(lon * degree),
          std::cos(lat * degree) * std::sin(lon * degree), std::sin(lat * degree)};
}

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// Exact at all sizes, which the arc cosine is not.
double separation(const Vector& a, const Vector& b) {
  const Vector cross = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                        a[0] * b[1] - a[1] * b[0]};
  return std::atan2(std::sqrt(dot(cross, cross)), dot(a, b)) / degree;
}

}  // namespace

std::string circle_around(std::span<const double> lon_lat) {
  std::vector<Vector> points;
  Vector sum{};
  for (std::size_t i = 0; i + 1 < lon_lat.size(); i += 2) {
    points.push_back(vector_of(lon_lat[i], lon_lat[i + 1]));
    for (std::size_t k = 0; k < 3; ++k) sum[k] += points.back()[k];
  }
  if (points.empty()) return {};
  double lon = std::atan2(sum[1], sum[0]) / degree;
  if (lon < 0) lon += 360;
  const double lat = std::atan2(sum[2], std::hypot(sum[0], sum[1])) / degree;
  const Vector centre = vector_of(lon, lat);
  double radius = 0;
  for (const Vector& point : points) radius = std::max(radius, separation(centre, point));
  // Only within a hemisphere does a circle that holds two points hold the arc between them.
  radius = radius < 90 ? radius + margin : 180;
  return fmt::format("{:.6f} {:.6f} {:.6f}", lon, lat, radius);
}

std::string vertices_text(std::span<const double> lon_lat) {
  constexpr std::string_view words = "Polygon ICRS ";
  std::string text = polygon_text(lon_lat);
  if (text.starts_with(words)) text.erase(0, words.size());
  return text;
}

}  // namespace soda::store
