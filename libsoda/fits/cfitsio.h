// Compressed images that are not decoded here, through CFITSIO: the only place that calls it. Of
// use inside this room only.
#pragma once

#include <cstdint>
#include <memory>

#include "fits/section.h"

namespace soda::fits {

// A compressed image that CFITSIO has open. Every member throws Failure(corrupt_data) with
// CFITSIO's message when it refuses.
class CfitsioImage {
 public:
  CfitsioImage(const MappedFile& file, int hdu, int bitpix, std::size_t axes);
  ~CfitsioImage();
  CfitsioImage(const CfitsioImage&) = delete;
  CfitsioImage& operator=(const CfitsioImage&) = delete;

  // The stored values of the section, unscaled, as big-endian bytes.
  void read(const Section& section, char* into);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  int bitpix_;
};

}  // namespace soda::fits
