#include "image/colour.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace soda::image {
namespace {

// Each fifth of a map's 256 colours, 0xRRGGBB; linear between them is within one level of the rest.
constexpr std::uint32_t viridis_nodes[] = {
    0x440154, 0x46085c, 0x471063, 0x481769, 0x481d6f, 0x482475, 0x472a7a, 0x46307e, 0x453781,
    0x433d84, 0x414287, 0x3f4889, 0x3d4e8a, 0x3a538b, 0x38598c, 0x355e8d, 0x33638d, 0x31688e,
    0x2e6d8e, 0x2c718e, 0x2a768e, 0x297b8e, 0x27808e, 0x25848e, 0x23898e, 0x218e8d, 0x20928c,
    0x1f978b, 0x1e9c89, 0x1fa188, 0x21a585, 0x24aa83, 0x28ae80, 0x2eb37c, 0x35b779, 0x3dbc74,
    0x46c06f, 0x50c46a, 0x5ac864, 0x65cb5e, 0x70cf57, 0x7cd250, 0x89d548, 0x95d840, 0xa2da37,
    0xb0dd2f, 0xbddf26, 0xcae11f, 0xd8e219, 0xe5e419, 0xf1e51d, 0xfde725};
constexpr std::uint32_t inferno_nodes[] = {
    0x000004, 0x02020c, 0x050417, 0x0a0722, 0x10092d, 0x160b39, 0x1e0c45, 0x260c51, 0x2f0a5b,
    0x380962, 0x400a67, 0x490b6a, 0x510e6c, 0x59106e, 0x61136e, 0x69166e, 0x71196e, 0x781c6d,
    0x801f6c, 0x88226a, 0x902568, 0x982766, 0xa02a63, 0xa82e5f, 0xb0315b, 0xb73557, 0xbf3952,
    0xc63d4d, 0xcc4248, 0xd34743, 0xd94d3d, 0xdf5337, 0xe45a31, 0xe9612b, 0xed6925, 0xf1711f,
    0xf47918, 0xf78212, 0xf98b0b, 0xfa9407, 0xfb9d07, 0xfca60c, 0xfcb014, 0xfbba1f, 0xfac42a,
    0xf8cd37, 0xf6d746, 0xf4e156, 0xf2ea69, 0xf2f27d, 0xf5f992, 0xfcffa4};

unsigned char channel(std::uint32_t colour, int shift) {
  return static_cast<unsigned char>((colour >> shift) & 0xFF);
}

// `part` fifths of the way from a to b, rounded to the nearest.
unsigned char between(unsigned char a, unsigned char b, int part) {
  return static_cast<unsigned char>((a * (5 - part) + b * part + 2) / 5);
}

Palette from_nodes(std::span<const std::uint32_t> nodes) {
  Palette palette;
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const std::uint32_t a = nodes[i / 5];
    const std::uint32_t b = nodes[(i + 4) / 5];
    const int part = static_cast<int>(i % 5);
    const auto mixed = [&](int shift) {
      return between(channel(a, shift), channel(b, shift), part);
    };
    palette[i] = {mixed(16), mixed(8), mixed(0)};
  }
  return palette;
}

// 0 up to `from`, 255 above `to`.
unsigned char ramp(double x, double from, double to) {
  if (x <= from) return 0;
  if (x >= to) return 255;
  return static_cast<unsigned char>(255 * (x - from) / (to - from) + 0.5);
}

Palette heat() {
  Palette palette;
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const double x = static_cast<double>(i) / 255;
    palette[i] = {ramp(x, 0, 0.34), ramp(x, 0, 1), ramp(x, 0.65, 0.98)};
  }
  return palette;
}

}  // namespace

std::optional<Palette> palette(Map map) {
  switch (map) {
    case Map::viridis:
      return from_nodes(viridis_nodes);
    case Map::inferno:
      return from_nodes(inferno_nodes);
    case Map::heat:
      return heat();
    case Map::grey:
      break;
  }
  return std::nullopt;
}

}  // namespace soda::image
