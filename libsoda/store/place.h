// Where on the sky the row of a table from outside is, for its index. Private to the room.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/table.h"
#include "sky/footprint.h"
#include "store/select.h"

namespace soda::store {

struct Place {
  std::optional<sky::Box> box;  // holds the position and the region; none: the row has neither
  std::string shape;            // the region as a geometry; empty: NULL
};

// What cannot be understood is no place: a statement that asks for it is told by the exact test.
Place place_of(const Position& position, std::span<const Cell> row);

// Of a point, added to what the box holds.
void widen(std::optional<sky::Box>& box, const std::optional<double>& lon,
           const std::optional<double>& lat);

}  // namespace soda::store
