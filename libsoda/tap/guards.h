// How far a query may go.
#pragma once

#include <chrono>

#include "site/config.h"
#include "store/select.h"

namespace soda::tap {

// The site's limits of memory and disk, and that time, which differs for answers and jobs.
store::Guards guards_of(const site::Config& config, std::chrono::seconds time);

}  // namespace soda::tap
