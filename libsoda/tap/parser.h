// The grammar of ADQL 2.1 (its appendix A): from text to tree by recursive descent. Private to the
// room.
#pragma once

#include <string_view>

#include "tap/tree.h"

namespace soda::tap {

// Throws as refuse() does: what stands there and what was expected; what is nested too deeply
// (`deepest_nesting` in translate.h) or too long. Memory and stack are bounded whatever the text.
Statement parse(std::string_view query);

}  // namespace soda::tap
