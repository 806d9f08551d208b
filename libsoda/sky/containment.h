// The exact relations of two parts of Shapes. Private to the room.
#pragma once

#include "sky/shape_part.h"

namespace soda::sky {

bool covers(const Shape::Part& outer, const S2Point& point);
bool covers(const Shape::Part& outer, const Shape::Part& inner);
bool meet(const Shape::Part& a, const Shape::Part& b);

}  // namespace soda::sky
