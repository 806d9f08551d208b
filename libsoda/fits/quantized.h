// Floating-point pixels that were stored as scaled integers (FITS 4.0 section 10.2 and appendix I).
// Of use inside this room only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace soda::fits {

enum class Dither { none, subtractive_1, subtractive_2 };

// How one tile's integers become its pixels.
struct Quantization {
  double scale = 1, zero = 0;
  std::optional<std::int32_t> blank;  // stands for NaN
  Dither dither = Dither::none;
  std::int64_t tile = 0;  // 0-based number of the tile, of which the dithering depends
  std::int64_t seed = 1;  // ZDITHER0
};

// The 10000 numbers that all writers and readers share (appendix I). One table a process is made,
// by its owner, where it is first needed.
std::vector<float> dither_numbers();

// `count` big-endian integers of a tile from pixel `first` (0-based, row after row) on, as
// big-endian floats of `bitpix` (-32 or -64). The same arithmetic as CFITSIO's, so that the bits
// agree.
void dequantize(const char* integers, std::int64_t first, std::int64_t count, int bitpix,
                const Quantization& how, std::span<const float> numbers, char* into);

}  // namespace soda::fits
