// The bytes of a compressed image's tiles -> pixels: fits/section's own decoders (RICE, GZIP,
// stored, and what is quantized). CFITSIO's are not the project's: an image that needs them is left
// out.
//
// Input: cards of the table's header (those below are put before them, and lose against none of
// the same name, because the first counts), the word "end" on a line, and then one line a row of
// the table: the digits of its tile's bytes. "@COUNT,OFFSET " before the digits gives the tile's
// descriptor instead of the true one.
#include <fmt/format.h>

#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "fits/file.h"
#include "fits/section.h"
#include "target.h"
#include "textfile.h"

namespace {

using namespace soda;
using fuzz::require;

constexpr auto corrupt = FailureKind::corrupt_data;
constexpr std::int64_t most_pixels = 1 << 20;

constexpr std::string_view primary =
    "SIMPLE  =                    T\nBITPIX  =                    8\n"
    "NAXIS   =                    0\nEXTEND  =                    T\nend\n";

void append_big_endian(std::string& bytes, std::int64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// Scale and zero of quantized tiles stand in the row when the cards say so: two doubles.
std::string row_of(std::int64_t count, std::int64_t offset, std::int64_t length) {
  std::string row;
  append_big_endian(row, count, 4);
  append_big_endian(row, offset, 4);
  constexpr std::string_view one = "\x3f\xf0\0\0\0\0\0\0";
  constexpr std::string_view two = "\x40\0\0\0\0\0\0\0";
  row += std::string(one.data(), 8) + std::string(two.data(), 8);
  row.resize(static_cast<std::size_t>(length));
  return row;
}

std::string compressed_file(std::string_view text) {
  const std::string_view cards = fuzz::take_until(text, "\nend\n");
  const auto row_length = fits::Header(fuzz::cards_of(cards)).integer("NAXIS1").value_or(8);
  if (row_length < 0 || row_length > 64) return {};
  std::string rows, heap;
  std::int64_t count = 0;
  for (; !text.empty() && count < 1000; ++count) {
    std::string_view line = fuzz::take_until(text, "\n");
    std::string_view lie = line.starts_with('@') ? fuzz::take_until(line, " ") : "";
    const std::string tile = fuzz::bytes_of(line);
    std::int64_t length = static_cast<std::int64_t>(tile.size());
    std::int64_t offset = static_cast<std::int64_t>(heap.size());
    if (!lie.empty()) {
      lie.remove_prefix(1);
      length = to_integer(fuzz::take_until(lie, ",")).value_or(length);
      offset = to_integer(lie).value_or(offset);
    }
    rows += row_of(length, offset, row_length);
    heap += tile;
  }
  const std::string header = fmt::format(
      "XTENSION= 'BINTABLE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS2  = {}\nPCOUNT  = {}\nGCOUNT  = 1\n"
      "ZIMAGE  = T\n{}\nend\n",
      count, heap.size(), cards);
  return fuzz::file_of(fmt::format("{}{}raw\n", primary, header), 1 << 20) + rows + heap;
}

// Odd boxes reach other paths than whole images: one pixel, and all but the border.
std::vector<fits::Section> sections_of(const std::vector<std::int64_t>& shape) {
  fits::Section whole{std::vector<std::int64_t>(shape.size(), 1), shape};
  fits::Section last{shape, shape};
  fits::Section inner = whole;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 3) continue;
    inner.first[i] = 2;
    inner.last[i] = shape[i] - 1;
  }
  return {whole, last, inner};
}

// What tile_table.cc hands to CFITSIO although the algorithm is ours.
bool has_odd_parameters(const fits::Header& header) {
  for (int i = 1; i <= 99; ++i) {
    const auto value = header.integer(fmt::format("ZVAL{}", i));
    if (value && *value != 1 && *value != 2 && *value != 4 && *value != 16 && *value != 32) {
      return true;
    }
  }
  const std::string quantization = header.string("ZQUANTIZ").value_or("NO_DITHER");
  return header.has("ZMASKCMP") ||
         (quantization != "NO_DITHER" && quantization != "SUBTRACTIVE_DITHER_1" &&
          quantization != "SUBTRACTIVE_DITHER_2");
}

bool decoded_here(const fits::Hdu& hdu) {
  const std::string& name = hdu.compression->algorithm;
  const bool ours = name == "RICE_1" || name == "GZIP_1" || name == "GZIP_2";
  if (has_odd_parameters(hdu.header)) return false;
  std::int64_t pixels = 1;
  for (const auto length : hdu.shape) {
    if (length < 1 || __builtin_mul_overflow(pixels, length, &pixels)) return false;
  }
  return ours && !hdu.shape.empty() && pixels <= most_pixels;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = compressed_file(fuzz::text_of(data, size));
  const fuzz::ScratchFile scratch(bytes);
  fits::Scan scan;
  if (!fuzz::survives({corrupt}, [&] { scan = fits::scan(scratch.path()); })) return 0;
  if (scan.hdus.size() != 2 || scan.hdus[1].kind != fits::HduKind::compressed_image) return 0;
  const fits::Hdu& hdu = scan.hdus[1];
  hdu.image_header();
  if (!decoded_here(hdu)) return 0;
  const fits::MappedFile file(scratch.path(), scan.identity);
  fits::TileReader reader(1 << 16);
  for (const auto& section : sections_of(hdu.shape)) {
    std::int64_t count = 0;
    const bool whole = fuzz::survives({corrupt, FailureKind::too_large}, [&] {
      reader.copy(file, 1, hdu.bitpix, hdu.shape, section, [&](std::span<const iovec> pieces) {
        for (const iovec& piece : pieces) count += static_cast<std::int64_t>(piece.iov_len);
      });
    });
    require(!whole || count == section.pixels() * (std::abs(hdu.bitpix) / 8),
            "a section is decoded whole");
  }
  return 0;
}
