// The parameters of data.
#pragma once

#include <span>

#include "dali/param.h"

namespace soda::data {

// Ours, and those that say how a picture looks (cutout/params.h).
std::span<const dali::Parameter> parameters();

}  // namespace soda::data
