// What a cut changes in a header, card by card; everything else stays as it is, to the byte
// (soda(7), "What happens to the header").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cutout/plan.h"
#include "fits/header.h"

namespace soda::cutout {

// Whether anything in this room looks at a card of that keyword, or may change it, once the source
// is made; other cards are folded away (fits::FoldedHeader).
bool may_change(std::string_view keyword);

// Of an image: NAXISn; the reference pixel of every alternate description (CRPIXja), also where its
// absence means 0; LTVi; CNPIXi of digitised plates; the detector sections (DATASEC … DETSEC),
// renamed to O_<name> where they cannot be parsed or nothing of them is left; DATAMIN and DATAMAX
// dropped. `shape`: the parent's. `asked`: the answer's pixels in the parent's coordinates.
void shift_image(fits::Header& header, std::span<const std::int64_t> shape,
                 std::span<const wcs::PixelInterval> asked);

// Of the image of a lookup distortion (CPDIS, D2IM), whose CRVALk is a pixel coordinate of the
// image that was cut.
void shift_lookup(fits::Header& header, std::span<const wcs::PixelInterval> asked);

// A header without its data: NAXIS = 0, and the cards that only data give a meaning to are gone.
void drop_data(fits::Header& header);

// The 2-D byte image that MASK=plane appends, on the celestial axes (0-based pixel axes x < y) of
// `image` after its shift.
fits::Header mask_header(const fits::Header& image, int x, int y, std::int64_t width,
                         std::int64_t height);

// First pixel and length per axis, in the header of what was cut.
void add_box_cards(fits::Header& header, std::span<const wcs::PixelInterval> asked);

}  // namespace soda::cutout
