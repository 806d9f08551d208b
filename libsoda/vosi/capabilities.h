// The VOSI 1.1 capabilities document.
#pragma once

#include <span>
#include <string>

#include "dali/service.h"

namespace soda::vosi {

// One capability for each service that has a standardID, with its address below the base and the
// parameters that are described. VOSI's own have no securityMethod and neither has any other
// (VOSI 1.1 section 4: readable by anybody).
std::string capabilities_document(const dali::Context& context, std::span<const dali::Service> all);

}  // namespace soda::vosi
