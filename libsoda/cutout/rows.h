// Pixel rows on their way out: the parts of a box that lie outside the image, or outside the shape,
// are set to blank.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cutout/plan.h"
#include "fits/section.h"

namespace soda::cutout {

// Which pixels of the celestial plane are inside the shape, a band of rows at a time, so that the
// memory stays bounded whatever the size of the box.
class MaskRows {
 public:
  MaskRows(const wcs::Wcs& wcs, const sky::Region& region, const wcs::PixelBox& box);
  // One byte a pixel of the box's row y (parent's pixel coordinate): 1 inside.
  std::span<const unsigned char> row(std::int64_t y);
  // The same for row y and those after it that are at hand: at least one whole row.
  std::span<const unsigned char> rows_from(std::int64_t y);

 private:
  const wcs::Wcs& wcs_;
  const sky::Region& region_;
  wcs::PixelBox box_;
  std::int64_t band_;  // rows at a time
  std::int64_t first_ = 0, last_ = -1;
  std::vector<unsigned char> mask_;
};

// Takes the bytes of the inner box in order and gives those of the asked box.
class RowFilter {
 public:
  // `mask` may be null. `bitpix` and `pixels` as planned; `x`, `y`: 0-based celestial axes of the
  // mask.
  RowFilter(const Pixels& pixels, int bitpix, MaskRows* mask, int x, int y, fits::ByteSink sink);
  void write(std::span<const iovec> pieces);
  // What was gathered goes out; to be called after the last byte.
  void flush();

 private:
  bool row_is_inside() const;
  void emit_row(const char* inner);  // null: all blank
  void blank_masked(char* row);
  void advance();

  const Pixels& pixels_;
  std::size_t size_;   // bytes a pixel
  std::string blank_;  // one pixel
  MaskRows* mask_;
  int x_, y_;
  fits::ByteSink sink_;
  std::vector<std::int64_t> at_;  // of the next row, asked coordinates; [0] unused
  bool done_ = false;
  std::vector<char> inner_;  // a row of the image, as far as it has come
  std::vector<char> out_;
};

}  // namespace soda::cutout
