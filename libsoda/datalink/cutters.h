// Descriptors of the services that cut, made for one data set: what may be asked of it, within
// which limits (SODA 1.0 section 4; DataLink 1.1 section 4).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dali/service.h"
#include "store/holdings.h"
#include "xml/descriptor.h"

namespace soda::datalink {

// One way to cut a data set: how much of its file comes along.
struct Level {
  std::string_view detail;  // the value of DETAIL: "Image"
  std::string sentence;     // for people
};
// Those that give different answers for this file: the image alone; with the images on its pixels,
// when there are any; with tables, when there are any. Empty without a file.
std::vector<Level> levels_of(const store::Dataset& dataset);

// A service's descriptor (dali::descriptor_of) with ID and DETAIL fixed and the rest limited to
// what the data set has. `id` is the XML name of the resource. Parameters that could not succeed
// are left out: shapes without celestial coordinates, channels without a spectral axis, MASK=nan
// and PAD of integers without BLANK.
xml::ServiceDescriptor for_dataset(xml::ServiceDescriptor service, const store::Dataset& dataset,
                                   const Level& level, std::string id);

}  // namespace soda::datalink
