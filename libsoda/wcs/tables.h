// Coordinates from tables: -TAB axes (WCS paper III section 6). Internal to the room.
#pragma once

#include "wcs/cards.h"
#include "wcs/wcs.h"

struct wtbarr_s;  // WCSLIB's request for one array

namespace soda::wcs {

// True when every set of -TAB axes that share a table names it and counts its axes 1, 2, … M. On
// anything else WCSLIB 7.12's parser frees the same memory twice.
bool has_sound_tables(const Cards& cards);

// Axes whose table is out of reach become linear ones without a name.
void drop_table_axes(Cards& cards);

// One array of a -TAB axis, handed to WCSLIB, which frees it with free(). False when it is missing
// or does not fit.
bool fill_array(const wtbarr_s& wanted, const TableSource& tables);

}  // namespace soda::wcs
