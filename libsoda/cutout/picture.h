// Pictures (PNG, JPEG) of data sets and of cuts.
//
// A picture is upright as the file has it: the first row at the bottom, nothing rotated or
// mirrored; orientation() says in words where that leaves north and east. One plane of one image is
// shown (cutout/shown.h): of the image that the data set is about, for a whole file (hdu -1) the
// first one. Memory is bounded by the size of the picture, what is read by cutout/sampling.h.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cutout/cut.h"
#include "cutout/look.h"
#include "cutout/plan.h"
#include "image/encode.h"

namespace soda::cutout {

// A data set, and where its file is.
struct Pictured {
  const store::Dataset& dataset;
  std::shared_ptr<const Source> source;
  std::string path;  // absolute
};

// All of it. Throws Failure(not_found) when the data set has no image; else as make_body, and
// Failure(corrupt_data) when its pixels cannot be decoded.
std::string whole_picture(const Pictured& pictured, Tools& tools, const image::Look& look,
                          image::Encoding encoding);

// What `plan` cuts, MASK=nan and PAD shown as gaps. `pictured` is the data set that was planned.
std::string cut_picture(const Pictured& pictured, const Plan& plan, Tools& tools,
                        const image::Look& look, image::Encoding encoding);

// Three data sets as red, green and blue, each with limits of its own, the second and the third (in
// whole) moved to the pixels of the first by their world coordinates (nearest pixel). `plan` cuts
// the first. Throws Failure(usage) naming the one that is not on the sky.
std::string colour_picture(const std::array<Pictured, 3>& pictured, const Plan& plan, Tools& tools,
                           const image::Look& look, image::Encoding encoding);

// "north is up, east is left", "north is 12 degrees clockwise from up, east is right of north
// (mirrored)", at the middle of the image. Empty when the data set has no image on the sky.
std::string orientation(const store::Dataset& dataset, const Source& source);

}  // namespace soda::cutout
