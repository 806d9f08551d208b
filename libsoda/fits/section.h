// Pixels of a box of an image HDU, as the big-endian bytes that FITS stores, row after row, in
// bounded memory.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fits/file.h"

namespace soda::fits {

// Where a plain image's pixels lie.
struct ImageLayout {
  std::int64_t data_offset = 0;
  int bitpix = 0;                   // 8, 16, 32, 64, -32, -64
  std::vector<std::int64_t> shape;  // NAXIS1..
};

// 1-based, both ends included, one per axis, inside the image.
struct Section {
  std::vector<std::int64_t> first, last;
  std::int64_t pixels() const noexcept;
};

// Receives bytes in order; the vectors are valid during the call only.
using ByteSink = std::function<void(std::span<const iovec>)>;

// Bytes of the section handed on straight from the mapping, or through the file's buffer where that
// is quicker (rows far apart) or where nothing is mapped: neighbouring rows that touch are merged,
// at most 1024 pieces and about 4 MiB a call. `skip` and `count` (bytes) choose a window of the
// section's byte stream (HTTP Range); bytes outside it are not touched. Throws Failure(internal)
// when the section is not inside the image, Failure(corrupt_data) when the image is not inside the
// file.
void copy_plain(const MappedFile& file, const ImageLayout& image, const Section& section,
                const ByteSink& sink, std::int64_t skip = 0, std::int64_t count = INT64_MAX);

// Rows of a tile-compressed image, decompressed, as the stored integers (or floats) of ZBITPIX,
// never scaled. Only tiles that touch the section are decoded, bands of rows at a time: memory is
// at most the budget given and one decoded tile. RICE and GZIP tiles are decoded here, bounds
// checked; other algorithms by CFITSIO, which reads at most three axes, and which a corrupt tile
// can make kill the process: the caller's supervisor restarts it. Keeps the tables of the most
// recent 8 images open. Throws Failure(corrupt_data) when a tile is damaged, with CFITSIO's message
// where it has one; that may happen after rows have been handed on.
class TileReader {
 public:
  explicit TileReader(std::int64_t memory_budget = std::int64_t{16} << 20);
  ~TileReader();
  // `hdu`: 0 = primary. `bitpix` and `shape` are what the store says (ZBITPIX, ZNAXISn); the file
  // has to agree. A file that is gzipped as a whole: pass the unpacked one (FileCache).
  void copy(const MappedFile& file, int hdu, int bitpix, std::span<const std::int64_t> shape,
            const Section& section, const ByteSink& sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// An auxiliary array of at most `limit` bytes for world coordinates: a -TAB column or a lookup
// image, as doubles, scaled by TSCAL/TZERO or BSCALE/BZERO, undefined values as NaN. `row` is
// 1-based; the shape is TDIMn's, or the count of elements. Empty when there is no such HDU, column
// or row, or when it is no array of numbers, or larger than the limit. Throws Failure(corrupt_data)
// when the table's own layout is impossible, Failure(unavailable) when the file cannot be read.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};
std::optional<Array> read_column(const std::string& path, int hdu, const std::string& column,
                                 std::int64_t row, std::int64_t limit);
std::optional<Array> read_image(const std::string& path, int hdu, std::int64_t limit);

}  // namespace soda::fits
