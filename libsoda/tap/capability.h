// What the service says of itself in capabilities (TAPRegExt 1.0).
#pragma once

#include "dali/service.h"
#include "xml/writer.h"

namespace soda::tap {

// What follows the interface of the capability, which is open: data model, language with its
// features, formats, uploads, limits.
void write_capability(const dali::Context& context, xml::Writer& document);

}  // namespace soda::tap
