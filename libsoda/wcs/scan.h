// Finds the pixels of an area that a region holds by looking at them, for maps on which nothing
// better works. Internal to the room.
#pragma once

#include "sky/region.h"
#include "wcs/reach.h"
#include "wcs/trace.h"
#include "wcs/wcs.h"

namespace soda::wcs {

enum class Thoroughness {
  inside,    // the region's boundary has been followed: look for its inside only
  touching,  // it has not: look into every square that may meet the region
};

// Makes `extent` grow to hold all of the area that lies in the region, by halving squares down to
// one pixel, largest first. Squares inside the extent are not looked at. After 40,000 squares,
// which all-sky maps of many thousand pixels a side and hostile headers take, those are not halved
// any more that may hold a part of the region: they are counted as touched with all their area. So
// the box may then be too large, by squares that are small against the map, but not too small for
// it.
void scan(const Wcs& wcs, const sky::Region& region, const Rect& area, Thoroughness thoroughness,
          Extent& extent);

}  // namespace soda::wcs
