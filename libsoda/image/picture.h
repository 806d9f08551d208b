// A finished picture, ready to be encoded.
#pragma once

#include <array>
#include <optional>
#include <vector>

namespace soda::image {

struct Colour {
  unsigned char red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};
// One colour a shade.
using Palette = std::array<Colour, 256>;

enum class Gaps { none, zeros };

// Rows from the top, as picture files have them.
struct Picture {
  int width = 0, height = 0;
  int channels = 1;  // 1: shades, of the palette or else grey; 3: red, green, blue
  std::vector<unsigned char> samples;
  // zeros: a pixel that is 0 in every channel has no value; transparent in PNG, black in JPEG.
  Gaps gaps = Gaps::none;
  std::optional<Palette> palette;
};

}  // namespace soda::image
