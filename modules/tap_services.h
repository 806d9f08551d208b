// TAP's tree of services: the rows of room tap, with the jobs and documents that hang below it.
#pragma once

#include <functional>
#include <vector>

#include "dali/responder.h"
#include "vosi/tables.h"

namespace modules {

// The first is the row "tap", which the site's capabilities name.
std::vector<soda::dali::Service> tap_services(const soda::dali::Context& context);

// All that can be queried, for the tables documents of TAP and of the site.
std::function<soda::vosi::TableSet(const soda::dali::Context&)> table_sets();

}  // namespace modules
