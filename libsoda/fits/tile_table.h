// The table that holds a compressed image's tiles: where each tile's bytes lie and how they are
// coded (FITS 4.0 section 10.1). Of use inside this room only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fits/file.h"
#include "fits/quantized.h"

namespace soda::fits {

// The first four are decoded in this room, the others by CFITSIO.
enum class Codec { rice, gzip_1, gzip_2, stored, hcompress, plio, other };

// A column of variable-length arrays, or of one number a row; where in the row it begins.
struct TileColumn {
  std::int64_t offset = -1;  // -1: there is none
  char type = ' ';           // of the elements: B I J K E D
  bool wide = false;         // descriptors of 2 × 64 bit (Q), not 2 × 32 (P)
};

// A tile's bytes in the file, as one row of the table tells.
struct CodedTile {
  Codec codec = Codec::other;
  std::int64_t offset = 0, length = 0;  // bytes, inside the heap
  char type = 'B';
  std::optional<Quantization> quantization;
};

struct TileTable {
  int bitpix = 0;
  std::vector<std::int64_t> shape, tile, grid;  // pixels; pixels; tiles: one number an axis
  Codec codec = Codec::other;
  int rice_element = 4;          // BYTEPIX
  std::int64_t rice_block = 32;  // BLOCKSIZE
  std::int64_t rows_offset = 0, row_length = 0, rows = 0;
  std::int64_t heap_offset = 0, heap_length = 0;
  TileColumn compressed, gzipped, uncompressed, scale, zero, blank;
  std::optional<double> common_scale, common_zero;  // ZSCALE and ZZERO keywords
  std::optional<std::int32_t> common_blank;         // ZBLANK keyword
  Dither dither = Dither::none;
  std::int64_t seed = 1;

  bool is_decoded_here() const noexcept { return codec <= Codec::stored; }
  bool is_quantized() const noexcept { return bitpix < 0 && (scale.offset >= 0 || common_scale); }
};

// From the headers of `hdu` and what the file says of itself. Throws Failure(corrupt_data) when
// that HDU is no compressed image of this type and shape.
TileTable read_tile_table(const MappedFile& file, int hdu, int bitpix,
                          std::span<const std::int64_t> shape);

// Where tile number `index` lies; `row` is its row of the table. Throws Failure(corrupt_data) when
// that is not inside the heap.
CodedTile locate_tile(const TileTable& table, std::int64_t index, std::span<const char> row);

// Where CFITSIO would believe what a tile of HCOMPRESS or PLIO says of its own size, and write or
// read beyond its buffers: throws Failure(corrupt_data) when that is not the size the table says.
void check_tile(const MappedFile& file, const CodedTile& tile, std::int64_t pixels);

}  // namespace soda::fits
