// The row of a document of the site in the table of services. Private to the room.
#pragma once

#include <string_view>

#include "dali/service.h"

namespace soda::vosi {

// All but the parameters and the function that answers.
inline dali::Service row(std::string_view name, std::string_view standard_id) {
  dali::Service service{};
  service.name = name;
  service.standard_id = standard_id;
  service.interface_type = "vs:ParamHTTP";
  service.access_use = "full";
  service.methods = "GET HEAD";
  service.result_type = "text/xml";
  service.hours = dali::Hours::always;
  return service;
}

}  // namespace soda::vosi
