// When an exposure was made, from the many ways in which headers say so.
#pragma once

#include <optional>

#include "ingest/keywords.h"

namespace soda::ingest {

// MJD in UTC, seconds. What is impossible (no such day, MJD 0, before photography, end before
// start) is left out, not stored.
struct Exposure {
  std::optional<double> t_min, t_max, seconds;
};

// The scale of the header's times is TIMESYS (FITS 4.0 section 9.2.1; UTC when it is absent, as for
// times before that standard). A date without a time of day, and none in TIME-OBS and its like,
// means some time of that day: the interval is the whole day.
Exposure exposure_of(const Keywords& keywords);

}  // namespace soda::ingest
