// Which pixels of an image a picture is made from: all of them where that is cheap, else rows in
// even distances, so that what is read has a bound whatever the size of the image.
#pragma once

#include <cstdint>
#include <vector>

#include "wcs/pixels.h"

namespace soda::cutout {

// What reading costs.
struct Storage {
  enum class Rows {
    stored,       // each row can be read by itself
    from_top,     // in a tile, a row costs the rows of the tile below it too
    whole_tiles,  // the tile is decoded as a whole
  };
  Rows rows = Rows::stored;
  std::int64_t pixel = 4;      // bytes that one pixel of a row costs; of tiles: pixels
  std::int64_t tile_rows = 1;  // rows of a tile
};

// Of plain images at most 96 MiB are read, below 32 MiB every pixel. Of compressed ones at most 512
// Mi pixels are decoded (some four seconds), below that every one; of larger ones in Rice's code
// the top row of each tile, which needs nothing else of the tile.
struct Sampling {
  int width = 0, height = 0;  // of the picture
  // Runs of the image's pixels, ascending, apart from each other.
  std::vector<wcs::PixelInterval> columns, rows;
};

// `asked` is the box that the picture shows, `inside` the part of it that the image has. The longer
// side of the picture becomes `size` pixels, never more than the box has; fewer where otherwise too
// much had to be read.
Sampling sample(const wcs::PixelBox& asked, const wcs::PixelBox& inside, const Storage& storage,
                int size);

}  // namespace soda::cutout
