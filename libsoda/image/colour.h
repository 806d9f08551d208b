// Colour maps: shade -> colour.
#pragma once

#include <optional>

#include "image/picture.h"

namespace soda::image {

// viridis and inferno are matplotlib's, whose authors gave them away (CC0), within one level; heat
// goes from black over red and yellow to white, with the breakpoints of SAOImage DS9's.
enum class Map { grey, viridis, inferno, heat };

// Empty for grey, whose shades are colours already.
std::optional<Palette> palette(Map map);

}  // namespace soda::image
