// The ObsCore record of one data set, from its image's header, world coordinates and outline.
#pragma once

#include <string>
#include <vector>

#include "fits/file.h"
#include "ingest/bands.h"
#include "ingest/keywords.h"
#include "store/holdings.h"
#include "wcs/pixels.h"
#include "wcs/wcs.h"

namespace soda::ingest {

// What wcs says of an image, computed once for the HDU's row and the data set's.
struct World {
  std::optional<wcs::Footprint> footprint;
  std::vector<double> outline;  // degrees, lon, lat …
  std::optional<sky::Band> band;
  std::optional<sky::TimeSpan> time;
  std::vector<std::string> states;  // polarisation, canonical order, each once, known ones only

  // wcs may be null.
  static World of(const wcs::Wcs* wcs);
  std::string pol_states() const;  // "/I/Q/", or empty
};

struct Subject {
  const fits::Header& header;  // of the image, as if never compressed
  const std::vector<std::int64_t>& shape;
  const wcs::Wcs* wcs;  // may be null
  const World& world;
  const Keywords& keywords;
  const site::Collection& settings;
};

// Fills all but identifiers, collection, access and what the collection's constants say.
store::ObsCore characterise(const Subject& subject);

}  // namespace soda::ingest
