// One FITS file -> what the store keeps of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site/config.h"
#include "store/recorder.h"

namespace soda::ingest {

// Where a file belongs.
struct Place {
  std::string absolute;  // to open it
  std::string root;      // name of the data root
  std::string path;      // below it
  std::string collection;
  std::string did;                              // of the whole file
  store::Access access = store::Access::links;  // what access_format says
};

// ivo://AUTHORITY/COLLECTION?PATH (IVOA Identifiers 2.0 section 2.6), PATH percent-encoded where a
// query part of a URI needs it (RFC 3986 section 3.4). `root` is put before the path unless it is
// empty.
std::string identifier_of(std::string_view authority, std::string_view collection,
                          std::string_view root, std::string_view path);

// Reads headers only (and small lookup arrays of the world coordinates). Where HDUs at the end
// cannot be read the others are described, and `problem` says why. Throws Failure(corrupt_data,
// unavailable) when no HDU can be read.
//
// `own`: the archive's own columns, which the settings fill from header keywords and constants like
// those of ObsCore; the values of a data set are in their order.
store::FileContents describe(const Place& place, const site::Collection& settings,
                             const std::vector<Column>& own = {});

}  // namespace soda::ingest
