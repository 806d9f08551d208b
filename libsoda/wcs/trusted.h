// Cards that WCSLIB 7.12's header parser cannot be given, whatever they say. Internal to the room.
#pragma once

#include <string_view>
#include <vector>

#include "wcs/cards.h"

namespace soda::wcs {

// A string value that does not end on its card: WCSLIB's lexer reads on into the following cards
// and writes beyond an array of 80 characters.
bool is_open_string(std::string_view card);

// Takes out
//   WATi_nnn  unless both axes hold complete TNX or ZPX surfaces of the same orders: the parser
//             believes their lengths (words of any length into 8 characters, as many terms as the
//             other axis has), and takes part number 0 for an array index of -1. Axes of these
//             types go too: without their surface they would be somewhere else;
//   DSS plate solutions (AMDXn, PLTRAH, CNPIXn …) unless they are complete: the parser would
//             replace the header's own coordinates by those of a plate it does not know.
void drop_untrusted(std::vector<Cards::Card>& cards);

}  // namespace soda::wcs
