// The site's own documents as services: VOSI 1.1 availability and capabilities, from the table of
// services that the program was given, and the DALI examples page.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "dali/service.h"
#include "vosi/examples.h"

namespace soda::vosi {

// What the rows are called.
struct Names {
  std::string_view capabilities = "capabilities", availability = "availability",
                   examples = "examples";
};

// `all`: every service of the site's base, of this program or others. `examples` is asked at each
// request. Returns the three rows of `names`; capabilities lists them too.
std::vector<dali::Service> services(
    const Names& names, std::vector<dali::Service> all,
    std::function<std::vector<Example>(const dali::Context&)> examples);

}  // namespace soda::vosi
