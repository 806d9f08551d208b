// HEALPix pixels in the nested numbering (Gorski et al. 2005, ApJ 622, 759): equal areas, numbered
// so that the four children of pixel n are 4n … 4n + 3.
#pragma once

#include <cstdint>

#include "sky/direction.h"

namespace soda::sky {

inline constexpr int highest_healpix_order = 29;

// Of order 0 … 29; 12 * 4^order pixels. Other orders and numbers are the caller's to refuse.
std::int64_t healpix_index(int order, const Direction& direction) noexcept;
Direction healpix_centre(int order, std::int64_t index) noexcept;

}  // namespace soda::sky
