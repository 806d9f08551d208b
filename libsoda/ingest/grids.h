// Which image HDUs of a file share one pixel grid (SCI, ERR, DQ …), and which of them the data set
// is about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fits/file.h"
#include "wcs/wcs.h"

namespace soda::ingest {

// One HDU of a file, as far as ingest got with it.
struct ScannedHdu {
  const fits::Hdu* hdu = nullptr;       // lives as long as the scan
  std::shared_ptr<const wcs::Wcs> wcs;  // images with data only
  bool is_lookup = false;               // the image of a distortion, no picture of anything
  int grid = -1;
};

// True for images, plain or compressed, with at least one axis longer than one pixel.
bool is_picture(const fits::Hdu& hdu);

// Numbers the grids from 0 in file order and writes each picture's number. Two pictures share a
// grid when they have the same shape and their world coordinates agree (to a hundredth of a pixel),
// or one of them says nothing of the world and they are not called the same with another EXTVER; of
// several candidates the one with the same EXTVER, else the nearest before. Returns the number of
// grids.
int assign_grids(std::vector<ScannedHdu>& hdus);

// The index in `hdus` of the picture that stands for a grid: the first called SCI, SCIENCE, DATA,
// IMAGE or PRIMARY, else the first without a name, else the first. REQUIRES 0 <= grid < the number
// of grids.
std::size_t head_of(const std::vector<ScannedHdu>& hdus, int grid);

}  // namespace soda::ingest
