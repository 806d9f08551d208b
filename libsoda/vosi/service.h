// The site's own documents as services: VOSI 1.1 availability and capabilities, from the table of
// services that the program was given, and the DALI examples page.
#pragma once

#include <functional>
#include <vector>

#include "dali/service.h"
#include "vosi/examples.h"

namespace soda::vosi {

// `all`: every service of the site's base, of this program or others. `examples` is asked at each
// request. Returns the rows "capabilities", "availability" and "examples"; capabilities lists them
// too.
std::vector<dali::Service> services(
    std::vector<dali::Service> all,
    std::function<std::vector<Example>(const dali::Context&)> examples);

}  // namespace soda::vosi
