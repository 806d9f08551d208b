// What SQLite's statements call of ours. Private to the room.
#pragma once

#include <sqlite3.h>

#include <span>
#include <string>

#include "sky/probe.h"

namespace soda::store {

// Registers with a connection
//   soda_near(envelope)       on the id of sky3: boxes that may meet a region;
//   soda_near(envelope, spans, n)  on the id of sky5: those that also may overlap one of the spans.
// `envelope` is a blob of native doubles, see sky::Probe::envelope; `spans` a blob of native
// doubles lo, hi in the coordinates of indexed.h, the first n of them times, the others
// wavelengths, each kind sorted and apart from each other; a kind of which there are none is not
// asked for. Throws Failure when SQLite refuses.
void register_functions(sqlite3* connection);

// SQLite's word for what a geometry callback finds.
int within_of(sky::BoxRelation relation) noexcept;

// A blob for the functions above: the doubles as they lie in memory.
std::string native_blob(std::span<const double> values);

}  // namespace soda::store
