// Which HDUs of a file a cut takes along, and as what.
//
// By default: the image that the data set is about, every image on the same pixel grid, small
// tables, and the arrays that world coordinates refer to. DETAIL=Image: the image alone (with those
// arrays); MaskedImage: its grid; All: its grid and every table. EXT narrows to what it names. The
// whole file (mosaic cameras): every image that overlaps, in file order.
#pragma once

#include <vector>

#include "cutout/plan.h"

namespace soda::cutout {

enum class Part {
  none,    // left out
  image,   // cut
  lookup,  // the image of a lookup distortion: kept whole, its place shifted
  table,   // kept whole, as it is
};

// One entry per HDU of the source. Throws Failure(usage): an EXT that names no HDU, or none that
// can be cut.
std::vector<Part> select(const store::Dataset& dataset, const Source& source, const Cut& cut,
                         const Limits& limits);

// The HDU of a grid whose world coordinates decide: the data set's own, else the first with
// celestial coordinates, else the first.
int head_of(const store::Dataset& dataset, const Source& source, int grid);

}  // namespace soda::cutout
