// Regions and intervals of the world -> boxes of pixels; and footprints, the other way round.
//
// A box holds every pixel whose area the region touches (at least 1 x 1), clipped at the image's
// edge; the boundary is followed along its true curve on the sky until the box no longer grows by
// more than 0.01 pixel; the poles, image corners and image edges are tested for being inside. An
// empty optional means: no pixel is touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sky/interval.h"
#include "sky/region.h"
#include "wcs/wcs.h"

namespace soda::wcs {

// 1-based, both ends included, first <= last.
struct PixelInterval {
  std::int64_t first = 1;
  std::int64_t last = 1;
  std::int64_t length() const noexcept { return last - first + 1; }
  bool operator==(const PixelInterval&) const = default;
};

// On the two celestial pixel axes: x the lower-numbered, y the other.
struct PixelBox {
  PixelInterval x, y;
  bool operator==(const PixelBox&) const = default;
};

// REQUIRES wcs.celestial(). box_of: clipped to the image. unclipped_box_of, for PAD: the box as it
// would be on an endless image, as far as the projection goes, limited to `margin` pixels beyond
// each image edge.
std::optional<PixelBox> box_of(const Wcs& wcs, const sky::Region& region);
std::optional<PixelBox> unclipped_box_of(const Wcs& wcs, const sky::Region& region,
                                         std::int64_t margin);

// Pixel (x,y) (1-based, on the celestial plane) is inside when its centre is inside the region,
// exactly, on the sphere. One byte a pixel of `box`, x fastest: 1 inside, 0 outside (also where the
// projection has no sky).
std::vector<unsigned char> mask_of(const Wcs& wcs, const sky::Region& region, const PixelBox& box);

// Channels of the spectral axis whose width (edges at half pixels) the band overlaps; a band of
// zero width picks the one channel that holds it. Throws Failure(usage) naming the keyword when
// the axis cannot be turned into vacuum wavelengths (RESTFRQ missing …): such an image cannot be
// cut by BAND. REQUIRES axis(Role::spectral). planes_of: the same for the time scale and unit.
std::optional<PixelInterval> channels_of(const Wcs& wcs, const sky::Band& band);
std::optional<PixelInterval> planes_of(const Wcs& wcs,
                                       const sky::TimeSpan& time);  // REQUIRES axis(Role::time)
// State of each plane of the Stokes axis ("I", "Q", … as ObsCore spells them; "?" for an unknown
// code). Empty: no such axis, or one of more than 1024 planes, which is none.
std::vector<std::string> states_of(const Wcs& wcs);

// Limits over the whole axis, outer pixel edges. Empty when the axis is absent or cannot be
// converted. These two and states_of() also see axes that the header describes but the image lacks
// (WCSAXES > NAXIS): one pixel wide.
std::optional<sky::Band> band_of(const Wcs& wcs);
std::optional<sky::TimeSpan> time_of(const Wcs& wcs);

// MJD in UTC of an MJD in a time scale as TIMESYS names it (empty: UTC). Empty for an unknown scale
// or a date that ERFA refuses.
std::optional<double> utc_from(std::string_view scale, double mjd);

// The image's outline on the sky.
struct Footprint {
  sky::Direction centre;  // of the image's central pixel coordinate (N+1)/2; for maps without sky
                          // there: of the sampled sky
  std::vector<sky::Direction>
      outline;  // outer edges of the pixels, densified so that great circles between neighbours
                // stay within 0.01 pixel where that takes at most 256 points; counter-clockwise
                // seen from inside. Empty for all-sky images
  bool all_sky = false;    // no polygon smaller than a hemisphere describes it
  sky::Angle radius;       // of the cap about `centre` that holds all
  sky::Angle pixel_scale;  // mean side of a pixel at the centre
};
std::optional<Footprint> footprint_of(const Wcs& wcs);  // empty without celestial axes

}  // namespace soda::wcs
