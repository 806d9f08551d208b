// Random circles in an image that touch exactly SIZE x SIZE pixels.
//
//   positions FILE SIZE COUNT SEED     prints "LON LAT RADIUS X Y": degrees, and the box's first
//   pixel
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <numbers>
#include <random>

#include "base/text.h"
#include "sky_image.h"

namespace {

double separation(bench::Vector a, bench::Vector b) {
  const double chord = std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
  return 2 * std::asin(chord / 2) * 180 / std::numbers::pi;
}

// A regular polygon. Turned a little: an edge along a row of pixel centres would leave to the last
// bit of a number which of them are inside.
std::string octagon(const bench::Sky& sky, double x, double y, double half) {
  constexpr double turn = 0.03, eighth = std::numbers::pi / 8;
  const double radius = (half - 0.4) / std::cos(eighth - turn);
  std::string text;
  for (int i = 8; i-- > 0;) {  // backward: longitude grows to the left in these images
    const double angle = (2 * i + 1) * eighth + turn;
    const auto [lon, lat] = sky.sky_of(x + radius * std::cos(angle), y + radius * std::sin(angle));
    text += fmt::format(" {} {}", lon, lat);
  }
  return text;
}

void print(const std::string& path, std::int64_t size, std::int64_t count, std::int64_t seed) {
  const auto file = bench::open_image(path);
  const bench::Sky sky(file.get());
  int status = 0;
  LONGLONG shape[2];
  fits_get_img_sizell(file.get(), 2, shape, &status);
  bench::check_fits(status, path);
  std::mt19937 random(static_cast<unsigned>(seed));
  std::uniform_int_distribution<std::int64_t> first_x(2, shape[0] - size - 1),
      first_y(2, shape[1] - size - 1);
  // Centred on a corner of pixels and half a pixel short of the box's edges: the same box wherever
  // the distortion makes the pixels a little larger or smaller.
  const double half = static_cast<double>(size) / 2;
  const double reach = half - 0.5;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t left = first_x(random), bottom = first_y(random);
    const double x = static_cast<double>(left) - 0.5 + half;
    const double y = static_cast<double>(bottom) - 0.5 + half;
    const auto [lon, lat] = sky.sky_of(x, y);
    double radius = 0;
    for (const auto& [dx, dy] :
         {std::pair{reach, 0.0}, {-reach, 0.0}, {0.0, reach}, {0.0, -reach}}) {
      const auto [edge_lon, edge_lat] = sky.sky_of(x + dx, y + dy);
      radius += separation(bench::unit(lon, lat), bench::unit(edge_lon, edge_lat)) / 4;
    }
    fmt::print("{:.9f} {:.9f} {:.9f} {} {}{}\n", lon, lat, radius, left, bottom,
               octagon(sky, x, y, half));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto size = soda::to_integer(argc > 2 ? argv[2] : "");
  const auto count = soda::to_integer(argc > 3 ? argv[3] : "");
  const auto seed = soda::to_integer(argc > 4 ? argv[4] : "");
  if (argc != 5 || !size || *size < 2 || *size % 2 != 0 || !count || !seed) {
    fmt::print(stderr, "usage: positions FILE SIZE COUNT SEED, SIZE even\n");
    return 2;
  }
  try {
    print(argv[1], *size, *count, *seed);
  } catch (const std::exception& error) {
    fmt::print(stderr, "positions: {}\n", error.what());
    return 1;
  }
  return 0;
}
