// Pixels of a large rectangle -> the smaller rectangle of a picture, in the memory of the picture.
//
// Pixel i of n shows the pixels [i N / n, (i + 1) N / n) of N, rounded down (no pixel is shown
// twice and none is left out when n <= N): the mean of those that were added and are finite. Where
// none is finite but one is infinite it shows the first infinity, and NaN where there is nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/plane.h"

namespace soda::image {

// First pixel of the block that pixel `i` of `n` shows. No overflow for N below 2^48 and n below
// 2^15.
constexpr std::int64_t block_begin(std::int64_t i, std::int64_t n, std::int64_t of) {
  return i * of / n;
}
// The pixel that shows `at`, inverse of block_begin.
constexpr std::int64_t block_of(std::int64_t at, std::int64_t n, std::int64_t of) {
  return ((at + 1) * n + of - 1) / of - 1;
}

class Reduction {
 public:
  // REQUIRES: 1 <= `out_width` <= `width`, the same for heights.
  Reduction(std::int64_t width, std::int64_t height, int out_width, int out_height);

  // A piece of row `y` beginning at column `x`, both from 0. Rows come in ascending order, the
  // pieces of a row in any; rows may be left out. REQUIRES: inside the rectangle.
  void add(std::int64_t y, std::int64_t x, std::span<const double> values);
  // To be called once, after the last row.
  Plane take();

 private:
  void finish_row();

  std::int64_t width_, height_;
  Plane plane_;
  std::int64_t row_ = -1;  // of the picture, that is being added up
  std::vector<double> sums_;
  std::vector<std::int64_t> counts_;
};

}  // namespace soda::image
