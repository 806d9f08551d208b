// An image as the references see it: CFITSIO and WCSLIB, nothing of libsoda. Pixel coordinates are
// FITS's, 1-based; sky coordinates are degrees ICRS.
#pragma once

#include <fitsio.h>
#include <wcslib/wcs.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/handle.h"

namespace bench {

// Throws std::runtime_error with CFITSIO's own message when `status` is not 0.
void check_fits(int status, const std::string& what);

inline void close_fits(fitsfile* file) noexcept {
  int status = 0;
  fits_close_file(file, &status);
}
using FitsFile = soda::Handle<fitsfile, close_fits>;

// The first image of a file, opened with fits_open_image for reading.
FitsFile open_image(const std::string& path);

struct Box {
  std::int64_t x = 1, y = 1, width = 1, height = 1;  // (x, y): the first pixel
};

struct Vector {
  double x, y, z;
};
Vector unit(double lon, double lat);

// The world coordinates of the image that is open. One thread.
class Sky {
 public:
  // By fits_hdr2str and wcspih, as a program without any store would do it.
  explicit Sky(fitsfile* file);
  ~Sky();
  Sky(const Sky&) = delete;
  Sky& operator=(const Sky&) = delete;

  std::array<double, 2> sky_of(double x, double y) const;
  // Unit vectors of `count` pixel centres from (x, y) on, along the row.
  std::vector<Vector> row(std::int64_t x, std::int64_t y, std::int64_t count) const;
  // The pixels that the circle touches, found from points of its boundary; not clipped.
  Box box_of_circle(double lon, double lat, double radius) const;

 private:
  int count_ = 0;
  wcsprm* wcs_ = nullptr;
};

}  // namespace bench
