// TAP_SCHEMA (TAP 1.1 section 4): the tables that describe all tables, themselves included, made
// from the catalogue that they describe.
#pragma once

#include "tap/catalogue.h"

namespace soda::tap {

// The schema and its five tables, whose sources are lists of values, are put before what is in the
// catalogue. To be called last: what is added later is not described.
void add_tap_schema(Catalogue& catalogue);

}  // namespace soda::tap
