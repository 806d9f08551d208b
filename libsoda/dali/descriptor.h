// The self-description of a service: a VOTable with one service descriptor (DataLink 1.1 section
// 4), derived from the service's row and its table of parameters. What a call without parameters is
// answered with.
#pragma once

#include <string_view>

#include "dali/service.h"
#include "http/response.h"

namespace soda::dali {

// `description`: one sentence for people.
http::Response self_description(const Context& context, const Service& service,
                                std::string_view description);

}  // namespace soda::dali
