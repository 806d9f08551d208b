// Conditions on geometry: whether a PositionIndex can help, and how. Private to the room.
#pragma once

#include <string_view>
#include <vector>

#include "tap/value.h"

namespace soda::tap {

// The index conditions that hold wherever
//   CONTAINS(a, b) = 1, INTERSECTS(a, b) = 1, or
//   DISTANCE(a, b) <= radius
// holds, one for each source whose index can be used.
std::vector<Near> contains_near(const Value& a, const Value& b);
std::vector<Near> intersects_near(const Value& a, const Value& b);
std::vector<Near> distance_near(const Value& a, const Value& b, const Value& radius);

}  // namespace soda::tap
