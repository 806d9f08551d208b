// DataLink 1.1: {links}, at <base>/links. From an identifier to the file, its pictures, its header,
// cutouts, and what belongs to it.
//
// The rows and descriptors of a data set are made once and kept as long as the archive does not
// change, so that an answer costs little more than sending it.
#pragma once

#include <optional>
#include <span>

#include "dali/service.h"
#include "datalink/links.h"
#include "store/obscore.h"

namespace soda::datalink {

std::span<const dali::Parameter> parameters();

// The row "links". `cutters`: services that cut what ID names (SODA sync, async); each gets
// descriptors made for the data set. Their parameters must outlive the service. `orient`: where
// north and east are in pictures of a data set that has a file, in words; called once for each.
dali::Service links_service(const dali::Context& context, std::span<const dali::Service> cutters,
                            Orient orient);

// The links of a data set: for the examples page.
std::optional<dali::ExampleCall> example_links(const store::ObsCore& record);

}  // namespace soda::datalink
