// Where north and east are in a picture, for people.
#pragma once

#include <string>

#include "cutout/shown.h"

namespace soda::cutout {

// At the middle of what is shown; empty when there is no sky.
std::string orientation_of(const Shown& shown);

}  // namespace soda::cutout
