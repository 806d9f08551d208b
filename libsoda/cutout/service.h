// SODA sync (SODA 1.0 section 4.1): one row for the table of services, and the example that the
// DALI examples page shows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dali/service.h"

namespace soda::cutout {

// The row "sync". Its caches live as long as the row.
dali::Service sync_service(const dali::Context& context);

// A data set of the archive and a small circle in its middle, as parameters of sync; empty for an
// archive without any image on the sky.
std::vector<std::vector<std::pair<std::string, std::string>>> example_cuts(
    const dali::Context& context, std::size_t count);

}  // namespace soda::cutout
