// One tile from its coded bytes to pixels. Of use inside this room only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "fits/inflate.h"
#include "fits/tile_table.h"

namespace soda::fits {

// Bytes that are about to be overwritten: unlike a vector's, not set to zero first.
class Buffer {
 public:
  void resize(std::size_t size) {
    if (size > capacity_) {
      bytes_ = std::make_unique_for_overwrite<char[]>(size);
      capacity_ = size;
    }
    size_ = size;
  }
  char* data() noexcept { return bytes_.get(); }
  const char* data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

// The first pixels of a tile, as big-endian integers or floats of `element` bytes.
struct DecodedTile {
  Buffer bytes;
  int element = 0;
  std::int64_t pixels = 0;
  std::optional<Quantization> quantization;
};

// The largest tile that is decoded, in pixels: all of it has to be in memory.
inline constexpr std::int64_t most_tile_pixels = std::int64_t{16} << 20;

class TileDecoder {
 public:
  // Decodes at least the first `needed` of the tile's `pixels` into `tile`. `coded` has
  // `where.length` bytes and, behind them, rice_padding zeros. Throws Failure(corrupt_data).
  void decode(const TileTable& table, const CodedTile& where, const Buffer& coded,
              std::int64_t pixels, std::int64_t needed, DecodedTile& tile);
  // Pixels [first, first + count) as they would stand in a plain image of the table's BITPIX.
  void write(const TileTable& table, const DecodedTile& tile, std::int64_t first,
             std::int64_t count, char* into);

 private:
  void inflate_all(std::span<const char> coded, std::int64_t pixels, std::int64_t most,
                   DecodedTile& tile);
  void unshuffle(DecodedTile& tile);

  std::optional<Inflater> inflater_;
  Buffer shuffled_;
  std::vector<float> numbers_;  // of dithering, made when first needed
};

}  // namespace soda::fits
