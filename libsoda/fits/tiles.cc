// Boxes of tile-compressed images, a band of rows at a time.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <map>

#include "base/failure.h"
#include "fits/cfitsio.h"
#include "fits/rice.h"
#include "fits/section.h"
#include "fits/tile_codec.h"
#include "fits/tile_table.h"

namespace soda::fits {
namespace {

constexpr std::size_t most_tables = 8;
constexpr std::int64_t band_bytes = std::int64_t{1}
                                    << 20;  // handed on at once, where that suffices

// A band: rows of one plane, or a part of one row where even that is too much.
class Bands {
 public:
  // `most`: bytes of a band. Bands end where tiles end, where they can.
  Bands(const Section& section, int bitpix, std::span<const std::int64_t> tile, std::int64_t most)
      : section_(section), band_(section) {
    const std::int64_t pixel = std::abs(bitpix) / 8;
    const std::int64_t width = section.last[0] - section.first[0] + 1;
    columns_ = std::min(width, std::max<std::int64_t>(most / pixel, 1));
    rows_ = columns_ < width ? 1 : std::max<std::int64_t>(most / (width * pixel), 1);
    const std::int64_t height = tile.size() > 1 ? tile[1] : 1;
    if (height <= rows_) {
      const std::int64_t wanted = std::max<std::int64_t>(band_bytes / (width * pixel), 1);
      rows_ = std::clamp<std::int64_t>(wanted / height, 1, rows_ / height) * height;
      height_ = height;
    }
    for (std::size_t i = 2; i < band_.first.size(); ++i) band_.last[i] = band_.first[i];
    if (band_.first.size() > 1) set_rows(section.first[1]);
    set_columns(section.first[0]);
  }

  const Section& band() const noexcept { return band_; }

  // To the next band; false when there is none.
  bool next() {
    if (band_.last[0] < section_.last[0]) {
      set_columns(band_.last[0] + 1);
      return true;
    }
    set_columns(section_.first[0]);
    if (band_.first.size() < 2) return false;
    if (band_.last[1] < section_.last[1]) {
      set_rows(band_.last[1] + 1);
      return true;
    }
    set_rows(section_.first[1]);
    for (std::size_t i = 2; i < band_.first.size(); ++i) {
      band_.last[i] = ++band_.first[i];
      if (band_.first[i] <= section_.last[i]) return true;
      band_.first[i] = band_.last[i] = section_.first[i];
    }
    return false;
  }

 private:
  void set_columns(std::int64_t first) {
    band_.first[0] = first;
    band_.last[0] = first + std::min(columns_ - 1, section_.last[0] - first);
  }
  void set_rows(std::int64_t first) {
    // Up to the end of a tile: the first row's place inside its tile is not counted.
    const std::int64_t inside = (first - 1) % height_;
    band_.first[1] = first;
    band_.last[1] = first + std::min(rows_ - inside - 1, section_.last[1] - first);
  }

  const Section& section_;
  Section band_;
  std::int64_t columns_ = 1, rows_ = 1, height_ = 1;
};

// Decoded tiles of this process, least recently used first out.
class TileCache {
 public:
  explicit TileCache(std::int64_t budget) : budget_(budget) {}

  struct Key {
    std::uint64_t table = 0;
    std::int64_t tile = 0;
    auto operator<=>(const Key&) const = default;
  };

  // The tile, when it is there with that many pixels.
  const DecodedTile* find(const Key& key, std::int64_t needed) {
    const auto found = index_.find(key);
    if (found == index_.end() || found->second->tile.pixels < needed) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().tile;
  }

  // A place for the tile: valid until the next call. The oldest place is used again when the budget
  // is spent.
  DecodedTile& place(const Key& key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      index_.erase(found);
    } else if (used_ > budget_) {
      while (used_ > budget_ && entries_.size() > 1) drop_last();
      entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
      index_.erase(entries_.front().key);
    } else {
      entries_.emplace_front();
    }
    entries_.front().key = {};
    return entries_.front().tile;
  }

  // The tile that was placed last is decoded and may be found.
  void keep(const Key& key) {
    Entry& entry = entries_.front();
    entry.key = key;
    used_ += static_cast<std::int64_t>(entry.tile.bytes.capacity()) - entry.counted;
    entry.counted = static_cast<std::int64_t>(entry.tile.bytes.capacity());
    index_[key] = entries_.begin();
  }

  void shrink() {
    while (used_ > budget_) drop_last();
  }

 private:
  struct Entry {
    Key key;
    DecodedTile tile;
    std::int64_t counted = 0;  // bytes, in used_
  };

  void drop_last() {
    used_ -= entries_.back().counted;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }

  std::int64_t budget_;
  std::int64_t used_ = 0;
  std::list<Entry> entries_;
  std::map<Key, std::list<Entry>::iterator> index_;
};

struct OpenImage {
  dev_t device = 0;
  Identity identity;
  int hdu = 0;
  std::uint64_t number = 0;  // for the cache of tiles
  TileTable table;
  std::unique_ptr<CfitsioImage> cfitsio;  // where tiles are not decoded here
};

void check_tiles(const TileTable& table) {
  std::int64_t pixels = 1;
  for (const std::int64_t length : table.tile) {
    if (__builtin_mul_overflow(pixels, length, &pixels) || pixels > most_tile_pixels) {
      throw Failure(
          FailureKind::too_large,
          fmt::format("the image is compressed in tiles of more than {} pixels", most_tile_pixels));
    }
  }
}

void check_section(const Section& section, std::span<const std::int64_t> shape) {
  bool inside =
      !shape.empty() && section.first.size() == shape.size() && section.last.size() == shape.size();
  for (std::size_t i = 0; inside && i < shape.size(); ++i) {
    inside =
        1 <= section.first[i] && section.first[i] <= section.last[i] && section.last[i] <= shape[i];
  }
  if (!inside) throw Failure(FailureKind::internal, "a section lies outside its image");
}

}  // namespace

struct TileReader::Impl {
  explicit Impl(std::int64_t memory_budget) : budget(memory_budget), cache(memory_budget / 2) {}

  OpenImage& open(const MappedFile& file, int hdu, int bitpix, std::span<const std::int64_t> shape);
  void decode_band(const MappedFile& file, const OpenImage& image, const Section& band, char* into);
  void decode_line(const MappedFile& file, const OpenImage& image, const Section& band,
                   std::int64_t first_tile, std::int64_t tile_row, char* into);
  void check_line(const MappedFile& file, const OpenImage& image, const Section& band,
                  std::int64_t first_tile, std::int64_t tile_row);
  void read_rows(const MappedFile& file, const TileTable& table, std::int64_t first,
                 std::int64_t count);
  const DecodedTile& decoded(const MappedFile& file, const OpenImage& image, std::int64_t index,
                             std::span<const char> row, std::int64_t pixels, std::int64_t needed);

  std::int64_t budget;
  TileCache cache;
  TileDecoder decoder;
  std::list<OpenImage> images;  // most recent first
  std::uint64_t opened = 0;
  Buffer output, coded, rows;
};

OpenImage& TileReader::Impl::open(const MappedFile& file, int hdu, int bitpix,
                                  std::span<const std::int64_t> shape) {
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) {
    throw Failure(FailureKind::unavailable, "the file cannot be read at present");
  }
  const auto found = std::find_if(images.begin(), images.end(), [&](const OpenImage& image) {
    return image.device == status.st_dev && image.identity == file.identity() && image.hdu == hdu;
  });
  if (found != images.end()) {
    images.splice(images.begin(), images, found);
  } else {
    OpenImage image;
    image.device = status.st_dev;
    image.identity = file.identity();
    image.hdu = hdu;
    image.number = ++opened;
    image.table = read_tile_table(file, hdu, bitpix, shape);
    check_tiles(image.table);
    if (!image.table.is_decoded_here()) {
      image.cfitsio = std::make_unique<CfitsioImage>(file, hdu, bitpix, shape.size());
    }
    images.push_front(std::move(image));
    if (images.size() > most_tables) images.pop_back();
  }
  return images.front();
}

namespace {

// How many of a tile's bytes to read for its first pixels. Rice's coding makes no block much longer
// than its pixels; where one is all the same, the decoder runs out of bytes and says so.
std::int64_t beginning(const TileTable& table, const CodedTile& where, std::int64_t needed) {
  if (where.codec != Codec::rice) return where.length;
  return std::min(where.length, needed * table.rice_element * 5 / 4 + 256);
}

}  // namespace

const DecodedTile& TileReader::Impl::decoded(const MappedFile& file, const OpenImage& image,
                                             std::int64_t index, std::span<const char> row,
                                             std::int64_t pixels, std::int64_t needed) {
  const TileCache::Key key{image.number, index};
  if (const DecodedTile* const known = cache.find(key, needed)) return *known;
  const CodedTile where = locate_tile(image.table, index, row);
  // No coding makes a tile much longer than its pixels: a longer one is a lie about memory.
  if (where.length > 16 * pixels + 65536) {
    throw Failure(FailureKind::corrupt_data,
                  fmt::format("a compressed tile of {} pixels has {} bytes", pixels, where.length));
  }
  DecodedTile& tile = cache.place(key);
  const auto decode = [&](std::int64_t bytes) {
    CodedTile part = where;
    part.length = bytes;
    const auto length = static_cast<std::size_t>(bytes);
    coded.resize(length + rice_padding);
    file.copy(where.offset, {coded.data(), length});
    std::memset(coded.data() + length, 0, rice_padding);
    decoder.decode(image.table, part, coded, pixels, needed, tile);
  };
  const std::int64_t enough = beginning(image.table, where, needed);
  try {
    decode(enough);
  } catch (const Failure&) {
    if (enough == where.length) throw;
    decode(where.length);
  }
  cache.keep(key);
  return tile;
}

// Before CFITSIO is let at the tiles of a band: only of them, since the rest is never read.
void TileReader::Impl::check_line(const MappedFile& file, const OpenImage& image,
                                  const Section& band, std::int64_t first_tile,
                                  std::int64_t tile_row) {
  const TileTable& table = image.table;
  const std::int64_t left = (band.first[0] - 1) / table.tile[0];
  const std::int64_t right = (band.last[0] - 1) / table.tile[0];
  read_rows(file, table, first_tile + left, right - left + 1);
  for (std::int64_t column = left; column <= right; ++column) {
    std::int64_t pixels = std::min(table.tile[0], table.shape[0] - column * table.tile[0]);
    if (table.shape.size() > 1) {
      pixels *= std::min(table.tile[1], table.shape[1] - tile_row * table.tile[1]);
    }
    for (std::size_t i = 2; i < table.shape.size(); ++i) {
      const std::int64_t at = (band.first[i] - 1) / table.tile[i] * table.tile[i];
      pixels *= std::min(table.tile[i], table.shape[i] - at);
    }
    const auto row_at = static_cast<std::size_t>((column - left) * table.row_length);
    check_tile(file,
               locate_tile(table, first_tile + column,
                           {rows.data() + row_at, static_cast<std::size_t>(table.row_length)}),
               pixels);
  }
}

void TileReader::Impl::read_rows(const MappedFile& file, const TileTable& table, std::int64_t first,
                                 std::int64_t count) {
  rows.resize(static_cast<std::size_t>(count * table.row_length));
  file.copy(table.rows_offset + first * table.row_length, {rows.data(), rows.size()});
}

// The tiles of one row of tiles, of which the band covers a part. `first_tile`: the number of the
// leftmost tile of the image in that row.
void TileReader::Impl::decode_line(const MappedFile& file, const OpenImage& image,
                                   const Section& band, std::int64_t first_tile,
                                   std::int64_t tile_row, char* into) {
  const TileTable& table = image.table;
  const std::int64_t pixel = std::abs(table.bitpix) / 8;
  const std::int64_t width = band.last[0] - band.first[0] + 1;
  const std::int64_t left = (band.first[0] - 1) / table.tile[0];
  const std::int64_t right = (band.last[0] - 1) / table.tile[0];
  read_rows(file, table, first_tile + left, right - left + 1);
  const bool flat = table.shape.size() == 1;
  const std::int64_t top = flat ? 0 : tile_row * table.tile[1];  // 0-based first row of the tiles
  const std::int64_t height = flat ? 1 : std::min(table.tile[1], table.shape[1] - top);
  const std::int64_t band_top = flat ? 0 : band.first[1] - 1;
  const std::int64_t y0 = std::max(top, band_top);
  const std::int64_t y1 = flat ? 0 : std::min(top + height, band.last[1]) - 1;
  for (std::int64_t column = left; column <= right; ++column) {
    const std::int64_t start = column * table.tile[0];
    const std::int64_t length = std::min(table.tile[0], table.shape[0] - start);
    const std::int64_t x0 = std::max(start, band.first[0] - 1);
    const std::int64_t x1 = std::min(start + length, band.last[0]) - 1;
    std::int64_t pixels = length * height, plane = 0;
    for (std::size_t i = 2; i < table.shape.size(); ++i) {
      const std::int64_t at = (band.first[i] - 1) / table.tile[i] * table.tile[i];
      plane += (band.first[i] - 1 - at) * pixels;
      pixels *= std::min(table.tile[i], table.shape[i] - at);
    }
    const auto place = [&](std::int64_t x, std::int64_t y) {
      return plane + (y - top) * length + (x - start);
    };
    const auto row_at = static_cast<std::size_t>((column - left) * table.row_length);
    const DecodedTile& tile =
        decoded(file, image, first_tile + column,
                {rows.data() + row_at, static_cast<std::size_t>(table.row_length)}, pixels,
                place(x1, y1) + 1);
    for (std::int64_t y = y0; y <= y1; ++y) {
      char* const target = into + ((y - band_top) * width + x0 - (band.first[0] - 1)) * pixel;
      decoder.write(table, tile, place(x0, y), x1 - x0 + 1, target);
    }
  }
}

void TileReader::Impl::decode_band(const MappedFile& file, const OpenImage& image,
                                   const Section& band, char* into) {
  const TileTable& table = image.table;
  // Tiles are numbered like pixels, the first axis fastest.
  std::int64_t plane = 0, stride = table.grid[0] * (table.grid.size() > 1 ? table.grid[1] : 1);
  for (std::size_t i = 2; i < table.grid.size(); ++i) {
    plane += (band.first[i] - 1) / table.tile[i] * stride;
    stride *= table.grid[i];
  }
  const bool flat = table.shape.size() == 1;
  const std::int64_t first = flat ? 0 : (band.first[1] - 1) / table.tile[1];
  const std::int64_t last = flat ? 0 : (band.last[1] - 1) / table.tile[1];
  for (std::int64_t row = first; row <= last; ++row) {
    const std::int64_t first_tile = plane + row * table.grid[0];
    if (image.cfitsio) {
      check_line(file, image, band, first_tile, row);
    } else {
      decode_line(file, image, band, first_tile, row, into);
    }
  }
  if (image.cfitsio) image.cfitsio->read(band, into);
}

TileReader::TileReader(std::int64_t memory_budget) : impl_(std::make_unique<Impl>(memory_budget)) {}
TileReader::~TileReader() = default;

void TileReader::copy(const MappedFile& file, int hdu, int bitpix,
                      std::span<const std::int64_t> shape, const Section& section,
                      const ByteSink& sink) {
  check_section(section, shape);
  const OpenImage& image = impl_->open(file, hdu, bitpix, shape);
  const std::int64_t most = std::max<std::int64_t>(impl_->budget / 2, 1);
  Buffer& output = impl_->output;
  std::size_t used = 0;
  output.resize(static_cast<std::size_t>(std::min(most, section.pixels() * (std::abs(bitpix) / 8)) +
                                         std::abs(bitpix) / 8));
  const auto flush = [&] {
    const iovec piece{output.data(), used};
    if (used > 0) sink({&piece, 1});
    used = 0;
  };
  Bands bands(section, bitpix, image.table.tile, most);
  do {
    const auto length = static_cast<std::size_t>(bands.band().pixels() * (std::abs(bitpix) / 8));
    if (used > 0 && used + length > output.size()) flush();
    impl_->decode_band(file, image, bands.band(), output.data() + used);
    used += length;
    if (used >= static_cast<std::size_t>(band_bytes)) flush();
  } while (bands.next());
  flush();
  impl_->cache.shrink();
}

}  // namespace soda::fits
