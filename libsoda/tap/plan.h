// In which order SQLite is to walk the tables of a FROM, so that a PositionIndex is asked once for
// each place and no table is walked for each row of another. Private to the room.
#pragma once

#include <string>

#include "tap/translator.h"

namespace soda::tap {

// The tables as text, with the R*Trees that `where` can use. SQLite knows nothing of how many rows
// an R*Tree finds, therefore the order is fixed by CROSS JOIN: what the place depends on, the tree,
// the table. `where` is given the conditions that tie them, and loses its index conditions.
// REQUIRES: joined.flat.
std::string planned(Joined& joined, Condition& where);
// For tables joined in any other way: `where` is given what may help, as conditions.
void help(const Joined& joined, Condition& where);

}  // namespace soda::tap
