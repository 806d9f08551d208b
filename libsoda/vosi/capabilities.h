// The VOSI 1.1 capabilities document.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dali/service.h"

namespace soda::vosi {

// One capability for each service that has a standardID, with its address below `base_url` and the
// parameters that are described. VOSI's own have no securityMethod and neither has any other
// (VOSI 1.1 section 4: readable by anybody).
std::string capabilities_document(std::string_view base_url, std::span<const dali::Service> all);

}  // namespace soda::vosi
