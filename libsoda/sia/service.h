// SIA 2.0: finding images. One service, {query}, at <base>/sia.
//
// The answer is the ObsCore table (ivoa.obscore) with all columns that the archive has, its own
// included, and the address of a picture; then descriptors: of the services that take
// obs_publisher_did as ID, and of this one.
#pragma once

#include <optional>
#include <span>

#include "dali/service.h"
#include "store/obscore.h"

namespace soda::sia {

// `siblings`: services of the site that take the ID of a row (DataLink first, then SODA: many
// clients take the first that fits); each gets a descriptor. Their parameters must outlive the
// service.
dali::Service query_service(const dali::Context& context, std::span<const dali::Service> siblings);

// A query that finds the data set; empty for one without a place on the sky.
std::optional<dali::ExampleCall> example_query(const store::ObsCore& record);

}  // namespace soda::sia
