// Small arrays for world coordinates: look-up tables and columns of coordinates.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/failure.h"
#include "base/text.h"
#include "fits/binary_table.h"
#include "fits/endian.h"
#include "fits/section.h"
#include "fits/source.h"
#include "fits/tile_table.h"

namespace soda::fits {
namespace {

constexpr std::int64_t inflated_limit = std::int64_t{4} << 30;

struct Scaling {
  double scale = 1, zero = 0;
  std::optional<std::int64_t> blank;
};

double load_number(const char* at, char type, const Scaling& scaling) {
  if (type == 'E') return load_big_endian<float>(at) * scaling.scale + scaling.zero;
  if (type == 'D') return load_big_endian<double>(at) * scaling.scale + scaling.zero;
  std::int64_t integer = 0;
  if (type == 'B') integer = static_cast<unsigned char>(*at);
  if (type == 'I') integer = load_big_endian<std::int16_t>(at);
  if (type == 'J') integer = load_big_endian<std::int32_t>(at);
  if (type == 'K') integer = load_big_endian<std::int64_t>(at);
  if (scaling.blank == integer) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(integer) * scaling.scale + scaling.zero;
}

struct TypeOfBitpix {
  int bitpix;
  char type;
};
constexpr std::array<TypeOfBitpix, 6> types = {
    {{8, 'B'}, {16, 'I'}, {32, 'J'}, {64, 'K'}, {-32, 'E'}, {-64, 'D'}}};

bool is_number(char type) {
  return std::string_view("BIJKED").find(type) != std::string_view::npos;
}

// The bytes there, or nothing when they are more than the limit or the file ends.
std::optional<std::vector<char>> bytes_at(const std::string& path, std::int64_t offset,
                                          std::int64_t length, std::int64_t limit) {
  if (length < 0 || length > limit) return std::nullopt;
  const OpenSource source = open_source(path, inflated_limit);
  std::vector<char> bytes(static_cast<std::size_t>(length));
  if (source.bytes->read(offset, bytes) != bytes.size()) return std::nullopt;
  return bytes;
}

std::vector<double> numbers_of(std::span<const char> bytes, char type, const Scaling& scaling) {
  const auto size = static_cast<std::size_t>(element_size(type));
  std::vector<double> values;
  values.reserve(bytes.size() / size);
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    values.push_back(load_number(&bytes[at], type, scaling));
  }
  return values;
}

// TDIMn = '(3,4)': FITS 4.0 section 7.3.2. The count alone when it is absent or does not fit.
std::vector<std::int64_t> shape_of(const Header& header, int column, std::int64_t count) {
  const std::string text = header.string(fmt::format("TDIM{}", column)).value_or("");
  const std::string_view inner = trim(text);
  std::vector<std::int64_t> shape;
  std::int64_t product = 1;
  if (inner.size() > 2 && inner.front() == '(' && inner.back() == ')') {
    for (const std::string_view part : split(inner.substr(1, inner.size() - 2), ',')) {
      const auto length = to_integer(trim(part));
      if (!length || *length < 1 || __builtin_mul_overflow(product, *length, &product)) {
        return {count};
      }
      shape.push_back(*length);
    }
  }
  return product == count && !shape.empty() ? shape : std::vector<std::int64_t>{count};
}

std::optional<Hdu> find_hdu(const std::string& path, int index) {
  Scan contents = scan(path, inflated_limit);
  if (index < 0 || static_cast<std::size_t>(index) >= contents.hdus.size()) return std::nullopt;
  return std::move(contents.hdus[static_cast<std::size_t>(index)]);
}

}  // namespace

std::optional<Array> read_column(const std::string& path, int hdu, const std::string& column,
                                 std::int64_t row, std::int64_t limit) {
  const auto found = find_hdu(path, hdu);
  if (!found || found->kind != HduKind::table) return std::nullopt;
  const BinaryTable table(*found);
  const TableColumn* const cell = table.column(trim(column));
  if (cell == nullptr || !is_number(cell->element) || row < 1 || row > table.rows()) {
    return std::nullopt;
  }
  std::int64_t count = cell->repeat;
  std::int64_t offset = found->data_offset + (row - 1) * table.row_length() + cell->offset;
  if (cell->type != cell->element) {
    const auto descriptor = bytes_at(path, offset, element_size(cell->type), limit);
    if (!descriptor || cell->repeat != 1) return std::nullopt;
    const bool wide = cell->type == 'Q';
    count = wide ? load_big_endian<std::int64_t>(descriptor->data())
                 : load_big_endian<std::int32_t>(descriptor->data());
    const std::int64_t place = wide ? load_big_endian<std::int64_t>(descriptor->data() + 8)
                                    : load_big_endian<std::int32_t>(descriptor->data() + 4);
    if (place < 0 || place > table.heap_length()) return std::nullopt;
    offset = table.heap_offset() + place;
  }
  const std::int64_t size = element_size(cell->element);
  if (count < 1 || count > limit / size) return std::nullopt;
  const auto bytes = bytes_at(path, offset, count * size, limit);
  if (!bytes) return std::nullopt;
  const Header& header = found->header;
  const Scaling scaling{header.real(fmt::format("TSCAL{}", cell->index)).value_or(1),
                        header.real(fmt::format("TZERO{}", cell->index)).value_or(0),
                        header.integer(fmt::format("TNULL{}", cell->index))};
  return Array{shape_of(header, cell->index, count), numbers_of(*bytes, cell->element, scaling)};
}

std::optional<Array> read_image(const std::string& path, int hdu, std::int64_t limit) {
  const auto found = find_hdu(path, hdu);
  if (!found || found->shape.empty()) return std::nullopt;
  std::int64_t length = std::abs(found->bitpix) / 8;
  for (const std::int64_t axis : found->shape) length *= axis;  // checked by the scan
  if (length < 1 || length > limit) return std::nullopt;
  std::optional<std::vector<char>> bytes;
  if (found->kind == HduKind::compressed_image) {
    bytes.emplace();
    Section whole{std::vector<std::int64_t>(found->shape.size(), 1), found->shape};
    const MappedFile file(path, identify(path), FileAccess::read);
    // A damaged tile of the others can end the process: not for the sake of a lookup table.
    if (!read_tile_table(file, hdu, found->bitpix, found->shape).is_decoded_here()) {
      return std::nullopt;
    }
    TileReader().copy(file, hdu, found->bitpix, found->shape, whole,
                      [&](std::span<const iovec> pieces) {
                        for (const iovec& piece : pieces) {
                          const char* const from = static_cast<const char*>(piece.iov_base);
                          bytes->insert(bytes->end(), from, from + piece.iov_len);
                        }
                      });
  } else {
    bytes = bytes_at(path, found->data_offset, length, limit);
  }
  if (!bytes) return std::nullopt;
  const auto type = std::find_if(types.begin(), types.end(), [&](const TypeOfBitpix& known) {
    return known.bitpix == found->bitpix;
  });
  const Header& header = found->header;
  const Scaling scaling{header.real("BSCALE").value_or(1), header.real("BZERO").value_or(0),
                        header.integer("BLANK")};
  return Array{found->shape, numbers_of(*bytes, type->type, scaling)};
}

}  // namespace soda::fits
