// Many cuts in one job: what the worker does for the service "async".
//
// Without a table, each combination of values of ID, shape, BAND and TIME is one cut, as SODA has
// it (cutout/combine.h). With one (UPLOAD), each row is cut out of the data set that it names, or
// of the ID of the job, or of every image whose footprint has its position, in the order of time,
// narrowed by COLLECTION, INSTRUMENT, BAND, TIME, and MAXPERPOS.
//
// Results are cutout-1, cutout-2 … in that order, and each has the bytes that sync would give. They
// are worked off by file. A cut without pixels gives a text that begins with "NoContent"; one that
// cannot be made fails alone (unknown ID, a row without position), unless no ID at all is known or
// may be read: then the job does.
#pragma once

#include <memory>

#include "dali/work.h"

namespace soda::cutout {

// The settings are read now; the rest at each call. Its caches live as long as itself.
std::unique_ptr<dali::Work> make_batch(const dali::Context& context);

}  // namespace soda::cutout
