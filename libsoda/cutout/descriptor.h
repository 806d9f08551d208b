// The self-description of the cutout service: a VOTable with one service descriptor (DataLink 1.1
// section 4), derived from the table of parameters.
#pragma once

#include "dali/service.h"
#include "http/response.h"

namespace soda::cutout {

http::Response self_description(const dali::Context& context);

}  // namespace soda::cutout
