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

// "north is left, east is down"; "north is 12 degrees clockwise from up, east is left of north".
std::string sentence(double north_clockwise, bool mirrored) {
  static constexpr std::string_view sides[] = {"up", "right", "down", "left"};
  const long north = std::lround(north_clockwise);
  const auto side = [](long degrees) { return sides[static_cast<std::size_t>(degrees / 90 % 4)]; };
  const std::string_view suffix = mirrored ? " (mirrored)" : "";
  if (north % 90 == 0) {
    return fmt::format("north is {}, east is {}{}", side(north + 360),
                       side(north + (mirrored ? 450 : 270)), suffix);
  }
  return fmt::format("north is {} degree{} {} from up, east is {} of north{}", std::labs(north),
                     std::labs(north) == 1 ? "" : "s", north > 0 ? "clockwise" : "counterclockwise",
                     mirrored ? "right" : "left", suffix);
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
  return sentence(north, determinant > 0);
}

}  // namespace soda::cutout
