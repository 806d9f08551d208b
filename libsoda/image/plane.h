// A rectangle of pixel values, as every step before the colours sees it.
#pragma once

#include <cstddef>
#include <vector>

namespace soda::image {

// Rows as in a FITS file: the first one is the bottom of the picture. NaN is "no value"; infinities
// are values beyond all others.
struct Plane {
  int width = 0, height = 0;
  std::vector<double> values;  // width * height, a row after the other

  Plane() = default;
  Plane(int w, int h, double value)
      : width(w),
        height(h),
        values(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), value) {}
};

}  // namespace soda::image
