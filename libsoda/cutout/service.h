// SODA sync (SODA 1.0 section 4.1): one row for the table of services, and the example that the
// DALI examples page shows.
#pragma once

#include <optional>

#include "dali/service.h"
#include "store/obscore.h"

namespace soda::cutout {

// The row "sync". Its caches live as long as the row.
dali::Service sync_service(const dali::Context& context);

// A small circle in the middle of a data set; empty for one without a place on the sky.
std::optional<dali::ExampleCall> example_cut(const store::ObsCore& record);

}  // namespace soda::cutout
