// The self-description of a service: a VOTable with one service descriptor (DataLink 1.1 section
// 4), derived from the service's row and its table of parameters. It is what a call without
// parameters is answered with.
#pragma once

#include <string_view>

#include "dali/service.h"
#include "http/response.h"
#include "xml/descriptor.h"

namespace soda::dali {

// The service as a descriptor that stands in answers (DataLink 1.1 section 4): its address below
// base_url and the parameters that are described, choices as options. The caller adds what else
// clients should know (ref, bounds, more options).
xml::ServiceDescriptor descriptor_of(const Context& context, const Service& service,
                                     std::string_view description);

// `description`: one sentence for people.
http::Response self_description(const Context& context, const Service& service,
                                std::string_view description);

}  // namespace soda::dali
