// A request whose parameters are repeated, as the cuts that it stands for: one for each combination
// of its values of ID, shape, BAND and TIME (SODA 1.0 section 3.2). Each is a request of its own,
// which gives the very bytes that it gives when it is asked alone.
//
// POS, CIRCLE and POLYGON are three spellings of one filter: their values, in this order, are one
// list. The order of combinations is that of nested loops over ID, shapes, BAND, TIME, the last one
// innermost.
#pragma once

#include <cstdint>
#include <vector>

#include "dali/param.h"
#include "http/form.h"

namespace soda::cutout {

// The values of one combination: at most one of each of `combined` (cutout/params.h).
using Combination = std::vector<http::Field>;

// Shapes of a request: POS, CIRCLE and POLYGON with their values.
std::vector<http::Field> shapes_of(const dali::Arguments& arguments);

// Throws Failure(too_large) naming `setting` when there are more than `limit`. One at least.
struct CombinationLimit {
  std::int64_t count = 0;
  std::string_view what;  // "cuts of a job (max_items)"
};
std::vector<Combination> combinations(const dali::Arguments& arguments,
                                      const CombinationLimit& limit);
// Of lists of alternatives; an empty list is passed over.
std::vector<Combination> combinations(const std::vector<std::vector<http::Field>>& lists,
                                      const CombinationLimit& limit);

// What all combinations have in common: the fields of `arguments` that say how to cut.
http::Form common_form(const dali::Arguments& arguments);
// The request of one of them.
dali::Arguments single_request(http::Form common, const Combination& combination);

}  // namespace soda::cutout
