// The parameters of SIA 2.0 (section 2.1), declared once, and a request as a question to the store.
#pragma once

#include <cstddef>
#include <span>

#include "dali/param.h"
#include "store/query.h"

namespace soda::sia {

std::span<const dali::Parameter> parameters();

// Values of one parameter are alternatives, all parameters must be satisfied. What SIA serves are
// images and cubes (section 2.1.15): without DPTYPE both are asked for. `limit` of the question is
// left open. Throws Failure(usage) naming the parameter and what was expected.
store::Question parse_question(const dali::Arguments& arguments, std::size_t max_vertices);

}  // namespace soda::sia
