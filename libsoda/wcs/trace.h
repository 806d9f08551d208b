// Follows the boundary of a region through an area of pixels. Internal to the room.
#pragma once

#include <vector>

#include "sky/region.h"
#include "wcs/reach.h"
#include "wcs/wcs.h"

namespace soda::wcs {

// A box of real pixel coordinates that grows.
struct Extent {
  double x0 = 1, y0 = 1, x1 = 0, y1 = 0;  // empty while x0 > x1
  bool empty() const noexcept { return x0 > x1; }
  void add(Wcs::Pixel p) noexcept;
  bool holds(const Extent& other, double slack) const noexcept;
  Extent clipped(const Rect& rect) const noexcept;
};

// Three neighbouring points of the projected boundary: the ends and the middle of a piece.
struct Bend {
  Wcs::Pixel a, m, b;
  // How far the middle lies off the chord. Halving a smooth piece divides it by four.
  double deviation() const noexcept;
  // How far the parabola through the three may miss the piece: a circular arc's third-order term,
  // with a factor of two to spare.
  double parabola_error() const noexcept;
  // The box of that parabola.
  Extent parabola() const noexcept;
  // A box that holds the piece: exact for a parabola, with room for what is not one.
  Extent hull() const noexcept;
};

class Follower {
 public:
  virtual ~Follower() = default;
  // False asks for the piece in two halves. Called for pieces that meet the reach.
  virtual bool settled(const Bend& bend) = 0;
};

// Hands all pieces of the boundary to the follower, except those outside the cap of a smooth reach.
// Returns false when the projection failed inside such a cap, which means that it was not smooth
// after all. Without a smooth reach, parts that have no pixel are left out, and pieces are split at
// the cuts of the map; pieces still torn when they are as short as rounding allows are dropped.
[[nodiscard]] bool trace(const Wcs& wcs, const std::vector<sky::BoundaryPiece>& pieces,
                         const Reach& reach, Follower& follower);

}  // namespace soda::wcs
