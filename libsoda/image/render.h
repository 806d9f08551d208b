// Planes of values -> pictures, as a Look asks for.
#pragma once

#include <array>
#include <optional>

#include "image/colour.h"
#include "image/picture.h"
#include "image/plane.h"
#include "image/stretch.h"

namespace soda::image {

struct PercentileRange {
  double low = 0, high = 100;
};

// How a picture is to look; what is absent is chosen by the image: zscale (for equalisation: all of
// its values) for the limits, its own size.
struct Look {
  Stretch stretch = Stretch::asinh;
  std::optional<double> low, high;  // each wins over what follows
  std::optional<PercentileRange> percentiles;
  Map map = Map::grey;
  Sense sense = Sense::normal;
  std::optional<int> size;  // pixels of the longer side, from 1 on
  int longest = 1024;       // without `size`: at most that many
};

Limits limits_of(const Plane& plane, const Look& look);

// The plane upright: its first row is the bottom of the picture. Without any value it is all gaps.
Picture render(const Plane& plane, const Look& look);
// Red, green and blue, each with limits of its own; the map is not used. REQUIRES: planes of one
// size. Where only some of the three have no value these are black.
Picture render_colours(const std::array<Plane, 3>& planes, const Look& look);

// Each pixel shown as a block, so that the longer side becomes `size` pixels; smaller ones only:
// a picture of that size or larger stays as it is.
Picture enlarged(Picture picture, int size);

}  // namespace soda::image
