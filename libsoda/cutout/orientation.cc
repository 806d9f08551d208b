#include "cutout/orientation.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <optional>

namespace soda::cutout {
namespace {

// A step on the sky in the tangent plane, along east and north.
struct Step {
  double east, north;
};

Step step(const sky::Direction& from, const sky::Direction& to) {
  const double lon = from.lon().radians();
  const double lat = from.lat().radians();
  return {
      -std::sin(lon) * to.x() + std::cos(lon) * to.y(),
      -std::sin(lat) * (std::cos(lon) * to.x() + std::sin(lon) * to.y()) + std::cos(lat) * to.z()};
}

struct Axes {
  Step right, up;  // one pixel along x and y
};

std::optional<Axes> axes_at(const wcs::Wcs& wcs, double x, double y) {
  const auto here = wcs.to_sky(x, y);
  const auto right = wcs.to_sky(x + 1, y);
  const auto up = wcs.to_sky(x, y + 1);
  if (!here || !right || !up) return std::nullopt;
  return Axes{step(*here, *right), step(*here, *up)};
}

// To the nearest of the four sides of the page, or in degrees from the upper.
std::string toward(double clockwise_degrees) {
  static constexpr std::string_view sides[] = {"up", "right", "down", "left"};
  const long whole = std::lround(clockwise_degrees);
  if (whole % 90 == 0) return std::string(sides[static_cast<std::size_t>((whole / 90 + 4) % 4)]);
  return fmt::format("{} degree{} {} from up", std::labs(whole), std::labs(whole) == 1 ? "" : "s",
                     whole > 0 ? "clockwise" : "counterclockwise");
}

}  // namespace

std::string orientation_of(const Shown& shown) {
  if (!shown.wcs) return {};
  const auto middle = [](const wcs::PixelInterval& side) {
    return (static_cast<double>(side.first) + static_cast<double>(side.last)) / 2;
  };
  const auto axes = axes_at(*shown.wcs, middle(shown.asked.x), middle(shown.asked.y));
  if (!axes) return {};
  // The sky is seen from inside: with north up, east is left, and the determinant negative.
  const auto& [right, up] = *axes;
  const double determinant = right.east * up.north - up.east * right.north;
  if (!(determinant != 0) || !std::isfinite(determinant)) return {};
  // The step in pixels that leads north.
  const double along_x = -up.east / determinant;
  const double along_y = right.east / determinant;
  const double north = std::atan2(along_x, along_y) * 180 / std::numbers::pi;
  const bool mirrored = determinant > 0;
  const bool upright = std::lround(north) == 0;
  return fmt::format("north is {}, east is {}{}{}", toward(north), mirrored ? "right" : "left",
                     upright ? "" : " of north", mirrored ? " (mirrored)" : "");
}

}  // namespace soda::cutout
