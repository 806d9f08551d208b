// SODA sync with several values and a packing RESPONSEFORMAT: all cuts in one answer, streamed, its
// length known from the plans.
//
// application/x-tar: cutout-1.fits …; of a cut without pixels cutout-2.txt says why. multi-fits:
// one FITS file (cutout/extensions.h), whose primary says which cuts are missing and why. When no
// cut has a pixel, the answer is as for one cut: nothing.
#pragma once

#include "cutout/desk.h"
#include "cutout/output.h"
#include "dali/service.h"

namespace soda::cutout {

// Throws as one cut does, for the first that is in fault; Failure(too_large) for more cuts than the
// setting max_packed.
http::Response packed_answer(Desk& desk, const dali::Context& context, const dali::Call& call,
                             const ChosenOutput& output);

// 204 with the reason.
http::Response no_content(const std::string& reason, const dali::Call& call);

}  // namespace soda::cutout
