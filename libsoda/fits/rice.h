// RICE_1 (FITS 4.0 section 10.4.1): differences of neighbouring pixels in Golomb-Rice code. Of use
// inside this room only.
//
// Decoded here and not by CFITSIO because its decoder reads beyond the end of a damaged tile (a
// zeroed one ends the process), and because with tiles as wide as the image one may stop at the
// box's right edge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace soda::fits {

// How much room a reader needs behind the coded bytes: REQUIRES that many zero bytes there.
inline constexpr std::size_t rice_padding = 16;

// Decodes the first `pixels` of a tile of integers of `element` bytes (1, 2 or 4) as big-endian
// bytes into `into` (pixels × element bytes). `coded` excludes the padding; `block`: pixels that
// share one code parameter (ZVAL of BLOCKSIZE, at least 1). Throws Failure(corrupt_data) when the
// code ends early.
void rice_decode(std::span<const unsigned char> coded, int element, std::int64_t block,
                 std::int64_t pixels, std::span<char> into);

}  // namespace soda::fits
