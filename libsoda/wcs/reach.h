// How far an area of pixels reaches on the sky, and whether the projection is smooth there.
// Internal to the room.
#pragma once

#include <array>

#include "sky/direction.h"
#include "wcs/wcs.h"

namespace soda::wcs {

// An area of the celestial plane in pixel coordinates, edges included: an image is [0.5, N + 0.5]
// in both.
struct Rect {
  double x0, y0, x1, y1;
  bool holds(Wcs::Pixel p) const noexcept {
    return p.x >= x0 && p.x <= x1 && p.y >= y0 && p.y <= y1;
  }
};

// A cap that holds the sky of a rectangle. `smooth`: sky -> pixel is continuous and defined over
// the whole cap, so that what lies outside the cap need not be projected, and what lies inside can
// be followed along curves.
struct Reach {
  Rect rect;
  sky::Direction centre;
  sky::Angle radius;
  bool smooth = false;
  // Of a smooth reach: the sky of the rectangle's corners, in the order of corners_of().
  std::array<sky::Direction, 4> corners{};
};

constexpr std::array<Wcs::Pixel, 4> corners_of(const Rect& rect) {
  return {{{rect.x0, rect.y0}, {rect.x1, rect.y0}, {rect.x1, rect.y1}, {rect.x0, rect.y1}}};
}

Rect image_of(const Wcs& wcs);
Reach reach_of(const Wcs& wcs, const Rect& rect);  // REQUIRES wcs.celestial()

}  // namespace soda::wcs
