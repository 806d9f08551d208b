// The one table of services: what the site's base offers, whichever program answers it.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "dali/responder.h"

namespace modules {

// The services of these names, which the program answers itself, and the documents of the site
// (capabilities, availability, examples, tables), which describe all services and which every
// program can answer.
std::vector<soda::dali::Service> services_of(const soda::dali::Context& context,
                                             std::initializer_list<std::string_view> names);

}  // namespace modules
