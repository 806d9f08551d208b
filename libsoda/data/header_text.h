// The headers of a file as text, for people and for programs that need no pixels
// (#detached-header).
//
// One card a line, 80 columns, END after the last one of each HDU, and an empty line between HDUs:
// what lies between two empty lines is what astropy's Header.fromtextfile and others read. As
// stored: a compressed image has its table keywords. Bytes that FITS does not allow in a header
// (FITS 4.0 section 4.1.2.2) are '?'.
#pragma once

#include <string>

#include "store/holdings.h"

namespace soda::data {

std::string header_text(const store::Holding& holding);

}  // namespace soda::data
