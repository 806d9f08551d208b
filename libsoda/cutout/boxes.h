// A cut's filters -> one pixel interval per axis of an image HDU. The AND over all axes asked for.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cutout/plan.h"

namespace soda::cutout {

struct Boxes {
  std::vector<wcs::PixelInterval> asked;   // unclipped where the cut pads, else equal to `inside`
  std::vector<wcs::PixelInterval> inside;  // the part that the image has
};

// Filters that the image has no axis for are checked against the data set's own metadata; where
// that is unknown too they are ignored and a sentence is added to `warnings`. Throws Failure as
// plan() does.
std::variant<Boxes, NoOverlap> boxes_of(const SourceHdu& hdu, const store::Dataset& dataset,
                                        const Cut& cut, const Limits& limits,
                                        std::vector<std::string>& warnings);

}  // namespace soda::cutout
