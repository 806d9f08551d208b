#include "fits/tile_codec.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "fits/binary_table.h"
#include "fits/endian.h"
#include "fits/rice.h"

namespace soda::fits {
namespace {

Failure damaged(std::string sentence) { return {FailureKind::corrupt_data, std::move(sentence)}; }

std::int64_t load_integer(const char* at, int element) {
  switch (element) {
    case 1:
      return static_cast<unsigned char>(*at);
    case 2:
      return load_big_endian<std::int16_t>(at);
    case 4:
      return load_big_endian<std::int32_t>(at);
    default:
      return load_big_endian<std::int64_t>(at);
  }
}

template <class T>
void store_integer(char* into, std::int64_t value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
    throw damaged(fmt::format("a compressed tile holds {}, which its BITPIX cannot", value));
  }
  store_big_endian(into, static_cast<T>(value));
}

// Integers that were compressed as wider or narrower ones than the image has.
void convert_integers(const char* from, int element, int bitpix, std::int64_t count, char* into) {
  for (std::int64_t i = 0; i < count; ++i, from += element, into += bitpix / 8) {
    const std::int64_t value = load_integer(from, element);
    if (bitpix == 8) store_integer<std::uint8_t>(into, value);
    if (bitpix == 16) store_integer<std::int16_t>(into, value);
    if (bitpix == 32) store_integer<std::int32_t>(into, value);
    if (bitpix == 64) store_big_endian(into, value);
  }
}

}  // namespace

void TileDecoder::inflate_all(std::span<const char> coded, std::int64_t pixels, std::int64_t most,
                              DecodedTile& tile) {
  if (!inflater_) inflater_.emplace();
  inflater_->reset();
  z_stream& z = inflater_->stream();
  // What inflates to more is no tile.
  tile.bytes.resize(static_cast<std::size_t>(most * pixels) + 1);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  z.avail_in = static_cast<uInt>(coded.size());
  z.next_out = reinterpret_cast<Bytef*>(tile.bytes.data());
  z.avail_out = static_cast<uInt>(tile.bytes.size());
  if (::inflate(&z, Z_FINISH) != Z_STREAM_END) {
    throw damaged("a compressed tile is damaged: it does not inflate");
  }
  const std::int64_t length = static_cast<std::int64_t>(tile.bytes.size()) - z.avail_out;
  const std::int64_t element = length / pixels;
  if (length % pixels != 0 || (element != 1 && element != 2 && element != 4 && element != 8)) {
    throw damaged(fmt::format("a compressed tile of {} pixels holds {} bytes", pixels, length));
  }
  tile.element = static_cast<int>(element);
  tile.pixels = pixels;
  tile.bytes.resize(static_cast<std::size_t>(length));
}

// GZIP_2 stores all first bytes, then all second ones, … (FITS 4.0 section 10.4.2).
void TileDecoder::unshuffle(DecodedTile& tile) {
  std::swap(shuffled_, tile.bytes);
  tile.bytes.resize(shuffled_.size());
  for (int byte = 0; byte < tile.element; ++byte) {
    const char* from = shuffled_.data() + byte * tile.pixels;
    char* into = tile.bytes.data() + byte;
    for (std::int64_t i = 0; i < tile.pixels; ++i, into += tile.element) *into = from[i];
  }
}

void TileDecoder::decode(const TileTable& table, const CodedTile& where, const Buffer& coded,
                         std::int64_t pixels, std::int64_t needed, DecodedTile& tile) {
  tile.quantization = where.quantization;
  const auto length = static_cast<std::size_t>(where.length);
  if (where.codec == Codec::rice) {
    tile.element = table.rice_element;
    tile.pixels = needed;
    tile.bytes.resize(static_cast<std::size_t>(needed * tile.element));
    rice_decode({reinterpret_cast<const unsigned char*>(coded.data()), length}, tile.element,
                table.rice_block, needed, {tile.bytes.data(), tile.bytes.size()});
  } else if (where.codec == Codec::stored) {
    tile.element = static_cast<int>(element_size(where.type));
    tile.pixels = static_cast<std::int64_t>(length) / tile.element;
    tile.bytes.resize(length);
    std::memcpy(tile.bytes.data(), coded.data(), length);
  } else {
    // Quantized pixels and old files hold 4 bytes where the image has fewer.
    inflate_all({coded.data(), length}, pixels, std::max(4, std::abs(table.bitpix) / 8), tile);
    if (where.codec == Codec::gzip_2) unshuffle(tile);
  }
  if (tile.pixels < needed) throw damaged("a compressed tile holds fewer pixels than its image");
  if (tile.quantization && tile.element != 4) {
    throw damaged(
        fmt::format("a quantized tile holds integers of {} bytes, not of 4", tile.element));
  }
}

void TileDecoder::write(const TileTable& table, const DecodedTile& tile, std::int64_t first,
                        std::int64_t count, char* into) {
  const char* const from = tile.bytes.data() + first * tile.element;
  if (tile.quantization) {
    if (numbers_.empty() && tile.quantization->dither != Dither::none) numbers_ = dither_numbers();
    dequantize(from, first, count, table.bitpix, *tile.quantization, numbers_, into);
  } else if (tile.element == std::abs(table.bitpix) / 8) {
    std::memcpy(into, from, static_cast<std::size_t>(count * tile.element));
  } else if (table.bitpix > 0) {
    convert_integers(from, tile.element, table.bitpix, count, into);
  } else {
    throw damaged(fmt::format("a tile of floating-point pixels holds {} bytes for each, not {}",
                              tile.element, -table.bitpix / 8));
  }
}

}  // namespace soda::fits
