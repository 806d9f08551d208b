// Detector sections in headers: DATASEC, TRIMSEC, BIASSEC in pixels of the image; CCDSEC and DETSEC
// in pixels of the detector, for the pixels of DATASEC (or of the whole image). IRAF's spelling
// "[x1:x2,y1:y2]", 1-based, both ends included; an axis may run backward in detector pixels.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fits/header.h"
#include "wcs/pixels.h"

namespace soda::cutout {

struct SectionRange {
  std::int64_t from, to;
  bool operator==(const SectionRange&) const = default;
};
std::optional<std::vector<SectionRange>> parse_section(std::string_view text);
std::string section_text(std::span<const SectionRange> section);

bool is_section(std::string_view keyword);

// Moves them all to the coordinates of a cut. What cannot be parsed, or of which nothing is left,
// is renamed to O_<name>: the value is kept, and nobody takes it for true of the cut.
void shift_sections(fits::Header& header, std::span<const std::int64_t> shape,
                    std::span<const wcs::PixelInterval> asked);

}  // namespace soda::cutout
