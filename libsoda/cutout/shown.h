// The plane of an image that a picture shows, and its pixels.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cutout/cut.h"
#include "cutout/plan.h"
#include "image/plane.h"

namespace soda::cutout {

// One plane of one image. Its two axes are the celestial ones where there are such, else the first
// two (`y` lies beyond the axes of an image that has one only). The others are held: at the first
// plane for polarisation (Stokes I comes first), at the middle one (of two the lower) else.
struct Shown {
  int hdu = 0;
  int x = 0, y = 1;                          // 0-based pixel axes, x < y
  std::vector<wcs::PixelInterval> held;      // one an axis; those of x and y mean nothing
  wcs::PixelBox asked, inside;               // on x and y; asked may reach outside the image
  std::optional<sky::Region> region = {};    // what is outside of it is not shown
  std::shared_ptr<const wcs::Wcs> wcs = {};  // of the plane; null when it is not on the sky
};

// All of an image. REQUIRES: source.hdus[hdu].is_image().
Shown shown_whole(const Source& source, int hdu);
// Of what the plan cuts from the image `hdu`, as `pixels` say.
Shown shown_part(const Plan& plan, const Pixels& pixels);

// Its values (BSCALE and BZERO applied, BLANK and what is not in the image NaN) with `size` pixels
// along the longer side, or as many as there are: each the mean of those read (cutout/sampling.h).
// Throws as make_body, and when a tile is damaged.
image::Plane read_shown(const Source& source, const Shown& shown, const std::string& path,
                        Tools& tools, int size);

}  // namespace soda::cutout
