// Simple bodies that hold a circle or a loop: for indexes. Private to the room.
#pragma once

#include <span>
#include <vector>

#include "sky/arcs.h"
#include "sky/footprint.h"

namespace soda::sky {

// Far more than rounding takes away, far less than any index resolves.
inline constexpr double kBoundsMargin = 4e-15;

Box box_around(const S2Point& centre, double radius);
Box box_around(const Loop& loop);

// The inner normals of the sides of a convex loop, which bound it as planes do; empty when it is
// not convex, or has many. Its vertices run clockwise as seen from outside the sphere.
std::vector<S2Point> convex_sides(const Loop& loop);

}  // namespace soda::sky
