// Names of filters -> the wavelengths they let through.
#pragma once

#include <optional>
#include <string_view>

#include "site/config.h"
#include "sky/interval.h"

namespace soda::ingest {

// What a filter's name may mean differs between instruments: F160W is 1.6 micrometres on NICMOS and
// WFC3/IR, F555W is 555 nm. All three as in the header, trimmed, possibly empty.
struct Camera {
  std::string_view telescope;
  std::string_view instrument;
  std::string_view detector;
};

// Half-power limits in vacuum, metres; conventional ones where a name stands for many curves. The
// collection's own table comes first. Empty for a name that is not known.
std::optional<sky::Band> band_of_filter(std::string_view name, const Camera& camera,
                                        const site::Collection& settings);

// True for what instruments write when there is no filter in the beam: "CLEAR1L", "N/A", "open".
bool means_no_filter(std::string_view name);

}  // namespace soda::ingest
