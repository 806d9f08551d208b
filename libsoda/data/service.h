// data: files of the archive, their headers as text, pictures, companions (soda-data(8)). Not a
// standard of its own; DataLink's links lead here.
#pragma once

#include "dali/service.h"

namespace soda::data {

// The row "data". Its caches live as long as the row.
dali::Service data_service(const dali::Context& context);

}  // namespace soda::data
