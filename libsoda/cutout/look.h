// The parameters of a picture (STRETCH, MIN, MAX, PERCENTILE, CMAP, SIZE, INVERT) as a Look.
#pragma once

#include "dali/param.h"
#include "image/render.h"

namespace soda::cutout {

// `max_size`: the most pixels a side that this site makes. Throws Failure(usage): MIN or MAX that
// is no finite number, MIN not below MAX, PERCENTILE outside 0 to 100 or beside MIN or MAX, SIZE
// outside 1 to `max_size`.
image::Look parse_look(const dali::Arguments& arguments, int max_size);

}  // namespace soda::cutout
