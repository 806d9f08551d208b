// The one table of the SODA parameters, and a request's arguments as a Cut.
//
// Sources: SODA 1.0 sections 3.2 and 3.3; CHANNEL, PIXELS, EXT, DETAIL, MASK, PAD, BRECT and those
// of pictures are the project's own (soda-sync(8)).
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cutout/plan.h"
#include "dali/param.h"

namespace soda::cutout {

// Those that may be repeated make one cut of each combination (SODA 1.0 section 3.2); how many a
// service takes is its to say.
std::span<const dali::Parameter> parameters();
// The same, and those of jobs.
std::span<const dali::Parameter> batch_parameters();
// The parameters whose values are combined: ID, the three spellings of a shape, BAND, TIME.
inline constexpr std::array<std::string_view, 6> combined = {"ID",      "POS",  "CIRCLE",
                                                             "POLYGON", "BAND", "TIME"};
// Those that say how a picture looks (cutout/look.h); the last ones of the table.
std::span<const dali::Parameter> picture_parameters();

// Everything of the arguments that says what to cut (ID, RESPONSEFORMAT, RUNID and the looks of a
// picture are not part of it). Throws Failure(usage or multi_valued: more than one combination).
Cut parse_cut(const dali::Arguments& arguments, std::size_t max_vertices);

}  // namespace soda::cutout
