// SIA 2.0: finding images. One service, {query}, at <base>/sia.
//
// The answer is the ObsCore table (ivoa.obscore) with all columns that the archive has, its own
// included, then descriptors: of the services that take obs_publisher_did as ID, and of this one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dali/service.h"

namespace soda::sia {

// `siblings`: services of the site that take the ID of a row (SODA, later DataLink); each gets a
// descriptor. Their parameters must outlive the service.
dali::Service query_service(const dali::Context& context, std::span<const dali::Service> siblings);

// Queries that find something: for the examples page. Each a list of parameters.
std::vector<std::vector<std::pair<std::string, std::string>>> example_queries(
    const dali::Context& context, std::size_t count);

}  // namespace soda::sia
