#include "sky/healpix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace soda::sky {

namespace {

constexpr double kPi = std::numbers::pi;

// The bits of x at the even places (the odd ones of the result are 0), and back.
std::uint64_t spread(std::uint64_t x) noexcept {
  x = (x | (x << 16)) & 0x0000ffff0000ffffU;
  x = (x | (x << 8)) & 0x00ff00ff00ff00ffU;
  x = (x | (x << 4)) & 0x0f0f0f0f0f0f0f0fU;
  x = (x | (x << 2)) & 0x3333333333333333U;
  return (x | (x << 1)) & 0x5555555555555555U;
}
std::uint64_t gather(std::uint64_t x) noexcept {
  x &= 0x5555555555555555U;
  x = (x | (x >> 1)) & 0x3333333333333333U;
  x = (x | (x >> 2)) & 0x0f0f0f0f0f0f0f0fU;
  x = (x | (x >> 4)) & 0x00ff00ff00ff00ffU;
  x = (x | (x >> 8)) & 0x0000ffff0000ffffU;
  return (x | (x >> 16)) & 0x00000000ffffffffU;
}

// A place within one of the twelve base pixels: x toward north-east, y toward north-west.
struct Place {
  std::int64_t face, x, y;
};

// Section 5.3 of the paper, eq. 4-9: in the equatorial belt the lines of constant x and y are
// straight in (z, lon).
Place belt_place(double z, double turn, double side) {
  const std::int64_t whole = static_cast<std::int64_t>(side);
  const double a = side * (0.5 + turn), b = side * z * 0.75;
  const auto ascending = static_cast<std::int64_t>(a - b);
  const auto descending = static_cast<std::int64_t>(a + b);
  const std::int64_t up = ascending / whole, down = descending / whole;
  const std::int64_t face = up == down ? (up & 3) + 4 : (up < down ? up & 3 : (down & 3) + 8);
  return {face, descending & (whole - 1), whole - (ascending & (whole - 1)) - 1};
}

// In the caps, by the distance from the pole in units of pixels; `sine` is that of the colatitude,
// which alone is accurate there.
Place cap_place(double z, double sine, double turn, double side) {
  const std::int64_t whole = static_cast<std::int64_t>(side);
  const std::int64_t quarter = std::min<std::int64_t>(static_cast<std::int64_t>(turn), 3);
  const double part = turn - static_cast<double>(quarter);
  // sqrt(3 (1 - |z|)), without the loss of 1 - |z|.
  const double reach = side * sine / std::sqrt((1 + std::fabs(z)) / 3);
  const std::int64_t p = std::min(static_cast<std::int64_t>(part * reach), whole - 1);
  const std::int64_t m = std::min(static_cast<std::int64_t>((1 - part) * reach), whole - 1);
  if (z >= 0) return {quarter, whole - m - 1, whole - p - 1};
  return {quarter + 8, p, m};
}

}  // namespace

std::int64_t healpix_index(int order, const Direction& direction) noexcept {
  const double side = std::ldexp(1.0, order);
  const double z = direction.z();
  double turn = direction.lon().radians() / (kPi / 2);  // [0, 4)
  if (turn >= 4) turn = 0;
  const Place place = std::fabs(z) <= 2.0 / 3
                          ? belt_place(z, turn, side)
                          : cap_place(z, std::hypot(direction.x(), direction.y()), turn, side);
  const std::uint64_t within = spread(static_cast<std::uint64_t>(place.x)) |
                               (spread(static_cast<std::uint64_t>(place.y)) << 1);
  return (place.face << (2 * order)) + static_cast<std::int64_t>(within);
}

Direction healpix_centre(int order, std::int64_t index) noexcept {
  // Of each base pixel: the ring of its southernmost corner, and its middle's longitude in units of
  // an eighth turn.
  constexpr std::array<int, 12> ring = {2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4};
  constexpr std::array<int, 12> middle = {1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7};
  const std::int64_t side = std::int64_t{1} << order;
  const auto face = static_cast<std::size_t>(index >> (2 * order));
  const auto within = static_cast<std::uint64_t>(index) & ((std::uint64_t{1} << (2 * order)) - 1);
  const auto x = static_cast<std::int64_t>(gather(within));
  const auto y = static_cast<std::int64_t>(gather(within >> 1));
  const std::int64_t row = ring[face] * side - x - y - 1;  // of pixels, from the north pole
  const auto length = static_cast<double>(side);
  double z = 0, sine = 0;
  std::int64_t across = side;  // pixels of a quarter of the row
  if (row < side || row > 3 * side) {
    across = row < side ? row : 4 * side - row;
    const double fraction = static_cast<double>(across) / length;
    const double from_pole = fraction * fraction / 3;  // 1 - |z|
    z = row < side ? 1 - from_pole : from_pole - 1;
    sine = std::sqrt(from_pole * (2 - from_pole));
  } else {
    z = static_cast<double>(2 * side - row) * 2 / (3 * length);
    sine = std::sqrt((1 - z) * (1 + z));
  }
  // From the base pixel's middle, in units of half a pixel of the row.
  const double east = static_cast<double>(middle[face] * across + x - y);
  const double lon = east * (kPi / 4) / static_cast<double>(across);
  return Direction::from_vector(sine * std::cos(lon), sine * std::sin(lon), z);
}

}  // namespace soda::sky
