// What the core is measured against: the least that has to be done (bytes of rows), and CFITSIO.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sky_image.h"

namespace bench {

// The bytes of the rows of a box of a plain image.
class Rows {
 public:
  explicit Rows(const std::string& path);
  // Opens the file, reads row after row by pread, closes it: the floor. Throws std::runtime_error.
  void read(const Box& box, std::vector<char>& into) const;
  std::int64_t bytes_per_pixel() const { return bytes_; }

  // Of the pages that hold the box, the part that is in memory.
  double resident(const Box& box) const;

 private:
  std::int64_t offset_of(std::int64_t x, std::int64_t y) const;

  std::string path_;
  std::int64_t offset_ = 0, width_ = 0, bytes_ = 0;
};

// Drops a file from the page cache; pages that a process has mapped stay.
void evict(const std::string& path);

// A tile-compressed image of floats by fits_read_subset, on a handle that stays open.
class OpenSubset {
 public:
  explicit OpenSubset(const std::string& path) : file_(open_image(path)) {}
  void read(const Box& box, std::vector<float>& into);

 private:
  FitsFile file_;
};

// Whether a point is inside a convex polygon whose vertices run counter-clockwise seen from outside
// the sphere: on the left of every edge's plane.
bool inside(std::span<const Vector> polygon, const Vector& point);

}  // namespace bench
