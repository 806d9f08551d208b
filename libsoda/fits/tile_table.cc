#include "fits/tile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "fits/binary_table.h"
#include "fits/endian.h"
#include "fits/source.h"

namespace soda::fits {
namespace {

struct CodecName {
  std::string_view name;
  Codec codec;
};
constexpr std::array<CodecName, 7> codec_names = {{{"RICE_1", Codec::rice},
                                                   {"HCOMPRESS_1", Codec::hcompress},
                                                   {"PLIO_1", Codec::plio},
                                                   {"RICE_ONE", Codec::rice},
                                                   {"GZIP_1", Codec::gzip_1},
                                                   {"GZIP_2", Codec::gzip_2},
                                                   {"NOCOMPRESS", Codec::stored}}};

struct DitherName {
  std::string_view name;
  Dither dither;
};
constexpr std::array<DitherName, 4> dither_names = {
    {{"", Dither::none},
     {"NO_DITHER", Dither::none},
     {"SUBTRACTIVE_DITHER_1", Dither::subtractive_1},
     {"SUBTRACTIVE_DITHER_2", Dither::subtractive_2}}};

Failure damaged(std::string sentence) { return {FailureKind::corrupt_data, std::move(sentence)}; }

// A parameter of the algorithm: ZNAMEi = name, ZVALi = value.
std::int64_t parameter(const Header& header, std::string_view name, std::int64_t otherwise) {
  for (int i = 1; i <= 99; ++i) {
    const auto key = header.string(fmt::format("ZNAME{}", i));
    if (!key) return otherwise;
    if (*key == name) return header.integer(fmt::format("ZVAL{}", i)).value_or(otherwise);
  }
  return otherwise;
}

TileColumn variable_column(const BinaryTable& table, std::string_view name) {
  const auto found = table.column(name);
  if (!found || (found->type != 'P' && found->type != 'Q') || found->repeat != 1) return {};
  return {found->offset, found->element, found->type == 'Q'};
}

TileColumn number_column(const BinaryTable& table, std::string_view name) {
  const auto found = table.column(name);
  if (!found || found->repeat < 1) return {};
  return {found->offset, found->type, false};
}

void read_codec(TileTable& table, const Hdu& hdu) {
  const auto found = std::find_if(
      codec_names.begin(), codec_names.end(),
      [&](const CodecName& known) { return known.name == hdu.compression->algorithm; });
  const auto dither = std::find_if(
      dither_names.begin(), dither_names.end(),
      [&](const DitherName& known) { return known.name == hdu.compression->quantization; });
  table.rice_element = static_cast<int>(parameter(hdu.header, "BYTEPIX", 4));
  table.rice_block = parameter(hdu.header, "BLOCKSIZE", 32);
  table.seed = hdu.header.integer("ZDITHER0").value_or(1);
  const bool readable_rice =
      (table.rice_element == 1 || table.rice_element == 2 || table.rice_element == 4) &&
      table.rice_block >= 1;
  // A compressed mask of undefined pixels, quantization of a later standard: not read here.
  if (found == codec_names.end() || hdu.header.has("ZMASKCMP") ||
      (found->codec == Codec::rice && !readable_rice)) {
    return;
  }
  if (dither != dither_names.end()) {
    table.dither = dither->dither;
  } else if (table.is_quantized()) {
    return;
  }
  table.codec = found->codec;
}

double load_number(std::span<const char> row, const TileColumn& column) {
  const char* const at = row.data() + column.offset;
  if (column.type == 'D') return load_big_endian<double>(at);
  if (column.type == 'E') return static_cast<double>(load_big_endian<float>(at));
  if (column.type == 'J') return load_big_endian<std::int32_t>(at);
  if (column.type == 'I') return load_big_endian<std::int16_t>(at);
  throw damaged("the scale of a compressed tile has a type that is none of D, E, J, I");
}

struct Descriptor {
  std::int64_t count = 0, offset = 0;
};

Descriptor load_descriptor(std::span<const char> row, const TileColumn& column) {
  const char* const at = row.data() + column.offset;
  if (column.wide) {
    return {load_big_endian<std::int64_t>(at), load_big_endian<std::int64_t>(at + 8)};
  }
  return {load_big_endian<std::int32_t>(at), load_big_endian<std::int32_t>(at + 4)};
}

Quantization quantization_of(const TileTable& table, std::int64_t index,
                             std::span<const char> row) {
  Quantization how;
  how.scale = table.scale.offset >= 0 ? load_number(row, table.scale) : *table.common_scale;
  how.zero = table.zero.offset >= 0 ? load_number(row, table.zero) : table.common_zero.value_or(0);
  how.blank = table.common_blank;
  if (table.blank.offset >= 0) {
    const double blank = load_number(row, table.blank);
    if (std::abs(blank) <= 0x1p31)
      how.blank = static_cast<std::int32_t>(static_cast<std::int64_t>(blank));
  }
  how.dither = table.dither;
  how.tile = index;
  how.seed = table.seed;
  return how;
}

}  // namespace

TileTable read_tile_table(const MappedFile& file, int hdu, int bitpix,
                          std::span<const std::int64_t> shape) {
  const Scan contents = scan(fmt::format("/proc/self/fd/{}", file.descriptor()));
  if (hdu < 0 || static_cast<std::size_t>(hdu) >= contents.hdus.size()) {
    throw damaged(contents.problem ? contents.problem->sentence
                                   : fmt::format("the file has no HDU {}", hdu));
  }
  const Hdu& found = contents.hdus[static_cast<std::size_t>(hdu)];
  if (found.kind != HduKind::compressed_image || found.bitpix != bitpix ||
      !std::equal(shape.begin(), shape.end(), found.shape.begin(), found.shape.end()) ||
      shape.empty()) {
    throw damaged(fmt::format("HDU {} is not the compressed image that was ingested", hdu));
  }
  const BinaryTable columns(found);
  TileTable table;
  table.bitpix = bitpix;
  table.shape = found.shape;
  table.tile = found.compression->tile;
  for (std::size_t i = 0; i < table.shape.size(); ++i) {
    table.tile[i] = std::min(table.tile[i], std::max<std::int64_t>(table.shape[i], 1));
    table.grid.push_back((table.shape[i] + table.tile[i] - 1) / table.tile[i]);
  }
  table.rows_offset = found.data_offset;
  table.row_length = columns.row_length();
  table.rows = columns.rows();
  table.heap_offset = columns.heap_offset();
  table.heap_length = columns.heap_length();
  table.compressed = variable_column(columns, "COMPRESSED_DATA");
  table.gzipped = variable_column(columns, "GZIP_COMPRESSED_DATA");
  table.uncompressed = variable_column(columns, "UNCOMPRESSED_DATA");
  table.scale = number_column(columns, "ZSCALE");
  table.zero = number_column(columns, "ZZERO");
  table.blank = number_column(columns, "ZBLANK");
  table.common_scale = found.header.real("ZSCALE");
  table.common_zero = found.header.real("ZZERO");
  if (const auto blank = found.header.integer("ZBLANK");
      blank && *blank == static_cast<std::int32_t>(*blank)) {
    table.common_blank = static_cast<std::int32_t>(*blank);
  }
  read_codec(table, found);
  return table;
}

CodedTile locate_tile(const TileTable& table, std::int64_t index, std::span<const char> row) {
  CodedTile tile;
  Descriptor where;
  const auto look = [&](const TileColumn& column, Codec codec) {
    if (where.count != 0 || column.offset < 0) return;
    where = load_descriptor(row, column);
    tile.codec = codec;
    tile.type = column.type;
  };
  // Where a tile could not be quantized, or not be compressed, its pixels stand in another column
  // as they are.
  look(table.compressed, table.codec);
  if (where.count != 0 && table.is_quantized()) {
    tile.quantization = quantization_of(table, index, row);
  }
  look(table.gzipped, Codec::gzip_1);
  look(table.uncompressed, Codec::stored);
  std::int64_t length = 0;
  if (where.count <= 0 || where.offset < 0 || where.offset > table.heap_length ||
      __builtin_mul_overflow(where.count, element_size(tile.type), &length) ||
      length > table.heap_length - where.offset) {
    throw damaged(
        fmt::format("the compressed tile {} is empty or lies outside its table", index + 1));
  }
  tile.offset = table.heap_offset + where.offset;
  tile.length = length;
  return tile;
}

void check_tile(const MappedFile& file, const CodedTile& tile, std::int64_t pixels) {
  bool sane = true;
  if (tile.codec == Codec::hcompress) {
    // White (1992): a magic number, then both lengths as 32-bit integers.
    std::array<char, 10> start{};
    sane = tile.length >= static_cast<std::int64_t>(start.size());
    if (sane) file.copy(tile.offset, start);
    const std::int64_t rows = load_big_endian<std::int32_t>(&start[2]);
    const std::int64_t columns = load_big_endian<std::int32_t>(&start[6]);
    sane = sane && rows > 0 && columns > 0 && rows * columns == pixels;
  } else if (tile.codec == Codec::plio) {
    // An IRAF line list: 16-bit words, of which the third, or else the fourth and fifth, are the
    // length in words, and the second the length of this head.
    std::array<char, 10> start{};
    sane = tile.length >= static_cast<std::int64_t>(start.size());
    if (sane) file.copy(tile.offset, start);
    const auto word = [&](std::size_t i) { return load_big_endian<std::int16_t>(&start[2 * i]); };
    const std::int64_t length = word(2) > 0 ? word(2) : (std::int64_t{word(4)} << 15) + word(3);
    sane = sane && length >= 0 && length <= tile.length / 2 && (word(2) > 0 || word(1) >= 0);
  }
  if (!sane) throw damaged("a compressed tile is damaged: its own size is wrong");
}

}  // namespace soda::fits
