// Reading the headers of a file: nothing in them is believed before it is checked against the file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/failure.h"
#include "base/text.h"
#include "fits/card.h"
#include "fits/file.h"
#include "fits/source.h"

namespace soda::fits {
namespace {

constexpr int most_hdus = 4096;
constexpr std::int64_t longest_header = std::int64_t{16} << 20;
constexpr std::int64_t most_axes = 999;  // FITS 4.0 section 4.4.1.1
constexpr std::string_view default_compressed_name = "COMPRESSED_IMAGE";

// Why an HDU cannot be used: becomes the scan's Problem.
Failure damaged(std::string sentence) { return {FailureKind::corrupt_data, std::move(sentence)}; }

bool has_end(std::string_view cards) {
  for (std::size_t at = 0; at + card_length <= cards.size(); at += card_length) {
    if (is_end(cards.substr(at, card_length))) return true;
  }
  return false;
}

// The text of the header that begins at `offset`, with END and padding, in whole blocks.
std::string header_text(ByteSource& source, std::int64_t offset) {
  std::string text;
  // A larger step would make sources that are inflated go back behind what they keep.
  constexpr std::size_t step = 8 * block_length;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + step);
    const std::size_t got =
        source.read(offset + static_cast<std::int64_t>(before), {text.data() + before, step});
    text.resize(before + got);
    const std::string_view all = text;
    std::size_t end = before;
    while (end + block_length <= all.size() && !has_end(all.substr(end, block_length))) {
      end += block_length;
    }
    if (end + block_length <= all.size()) return text.substr(0, end + block_length);
    // A last block that the file cuts short is as good as whole when END is in it.
    if (got < step && has_end(all.substr(end))) return text;
    if (got < step) throw damaged("the header has no END card before the file ends");
    if (static_cast<std::int64_t>(text.size()) >= longest_header) {
      throw damaged(fmt::format("the header has no END card within {} bytes", longest_header));
    }
  }
}

std::int64_t need_integer(const Header& header, const std::string& keyword) {
  const auto value = header.integer(keyword);
  if (!value) throw damaged(fmt::format("the keyword {} is missing or no integer", keyword));
  return *value;
}

std::int64_t need_between(const Header& header, const std::string& keyword, std::int64_t low,
                          std::int64_t high) {
  const std::int64_t value = need_integer(header, keyword);
  if (value < low || value > high) {
    throw damaged(fmt::format("{} = {} is not between {} and {}", keyword, value, low, high));
  }
  return value;
}

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw damaged("the declared size of the data is beyond any file");
  }
  return product;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw damaged("the declared size of the data is beyond any file");
  }
  return sum;
}

int need_bitpix(const Header& header, const std::string& keyword) {
  constexpr std::array<std::int64_t, 6> allowed = {8, 16, 32, 64, -32, -64};
  const std::int64_t value = need_integer(header, keyword);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    throw damaged(fmt::format("{} = {} is none of 8, 16, 32, 64, -32, -64", keyword, value));
  }
  return static_cast<int>(value);
}

std::vector<std::int64_t> need_axes(const Header& header, const std::string& keyword) {
  const std::int64_t count = need_between(header, keyword, 0, most_axes);
  std::vector<std::int64_t> axes;
  for (std::int64_t i = 1; i <= count; ++i) {
    axes.push_back(need_between(header, fmt::format("{}{}", keyword, i), 0,
                                std::numeric_limits<std::int64_t>::max()));
  }
  return axes;
}

std::int64_t pixels_of(const std::vector<std::int64_t>& axes) {
  if (axes.empty()) return 0;
  std::int64_t product = 1;
  for (const std::int64_t length : axes) product = times(product, length);
  return product;
}

// FITS 4.0 equation 2, and 4 for random groups (NAXIS1 = 0, GROUPS = T).
std::int64_t data_length(const Header& header, int bitpix, std::vector<std::int64_t> axes,
                         int index) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const bool groups =
      index == 0 && !axes.empty() && axes[0] == 0 && header.logical("GROUPS").value_or(false);
  std::int64_t parameters = 0, count = 1;
  if (index > 0 || groups) {
    if (header.has("PCOUNT")) parameters = need_between(header, "PCOUNT", 0, most);
    if (header.has("GCOUNT")) count = need_between(header, "GCOUNT", 0, most);
  }
  if (groups) axes.erase(axes.begin());
  const std::int64_t elements = times(count, plus(parameters, pixels_of(axes)));
  return times(std::abs(bitpix) / 8, elements);
}

HduKind kind_of(const Header& header, int index) {
  if (index == 0) {
    const bool groups =
        header.logical("GROUPS").value_or(false) && header.integer("NAXIS1") == std::int64_t{0};
    return groups ? HduKind::other : HduKind::image;
  }
  const std::string name = header.string("XTENSION").value_or("");
  if (name == "IMAGE" || name == "IUEIMAGE") return HduKind::image;
  if (name == "TABLE") return HduKind::ascii_table;
  if (name != "BINTABLE" && name != "A3DTABLE") return HduKind::other;
  return header.logical("ZIMAGE").value_or(false) ? HduKind::compressed_image : HduKind::table;
}

// FITS 4.0 section 10.1: tiles are one row of the image each unless ZTILEn says otherwise, and each
// tile is one row of the table.
Compression compression_of(const Header& header, const std::vector<std::int64_t>& shape) {
  Compression compression;
  compression.algorithm = header.string("ZCMPTYPE").value_or("");
  compression.quantization = header.string("ZQUANTIZ").value_or("");
  std::int64_t tiles = shape.empty() ? 0 : 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::string keyword = fmt::format("ZTILE{}", i + 1);
    std::int64_t length = i == 0 ? std::max<std::int64_t>(shape[0], 1) : 1;
    if (header.has(keyword)) {
      length = need_between(header, keyword, 1, std::numeric_limits<std::int64_t>::max());
    }
    compression.tile.push_back(length);
    tiles = times(tiles, shape[i] / length + (shape[i] % length != 0 ? 1 : 0));
  }
  const std::int64_t rows = need_integer(header, "NAXIS2");
  if (tiles != rows) {
    throw damaged(
        fmt::format("the compressed image has {} tiles, but its table {} rows", tiles, rows));
  }
  return compression;
}

void describe_image(Hdu& hdu) {
  if (hdu.kind != HduKind::compressed_image) {
    if (hdu.kind != HduKind::image) return;
    const std::int64_t pixels = pixels_of(hdu.shape);
    if (times(pixels, std::abs(hdu.bitpix) / 8) > hdu.data_length) {
      throw damaged("GCOUNT = 0 leaves no room for the pixels that the header declares");
    }
    if (pixels == 0) hdu.shape.clear();
    return;
  }
  hdu.bitpix = need_bitpix(hdu.header, "ZBITPIX");
  hdu.shape = need_axes(hdu.header, "ZNAXIS");
  times(pixels_of(hdu.shape), std::abs(hdu.bitpix) / 8);
  hdu.compression = compression_of(hdu.header, hdu.shape);
}

Hdu read_hdu(ByteSource& source, std::int64_t offset, int index) {
  Hdu hdu;
  hdu.index = index;
  hdu.header_offset = offset;
  std::string text = header_text(source, offset);
  hdu.data_offset = offset + padded(static_cast<std::int64_t>(text.size()));
  hdu.header = Header(std::move(text));
  hdu.kind = kind_of(hdu.header, index);
  hdu.bitpix = need_bitpix(hdu.header, "BITPIX");
  hdu.shape = need_axes(hdu.header, "NAXIS");
  hdu.data_length = data_length(hdu.header, hdu.bitpix, hdu.shape, index);
  if (hdu.kind != HduKind::image) {
    hdu.bitpix = 0;
    hdu.shape.clear();
  }
  if (!source.reaches(plus(hdu.data_offset, hdu.data_length)) && hdu.data_length > 0) {
    throw damaged(fmt::format("the header declares {} bytes of data, more than the file has",
                              hdu.data_length));
  }
  hdu.shape.shrink_to_fit();
  if (hdu.kind == HduKind::image || hdu.kind == HduKind::compressed_image) describe_image(hdu);
  hdu.extname = std::string(trim(hdu.header.string("EXTNAME").value_or("")));
  if (hdu.extname == default_compressed_name) hdu.extname.clear();
  hdu.extver = hdu.header.integer("EXTVER").value_or(1);
  return hdu;
}

bool begins_with(ByteSource& source, std::int64_t offset, std::string_view keyword) {
  std::array<char, 9> first{};
  const std::size_t got = source.read(offset, first);
  return std::string_view(first.data(), got) == keyword;
}

// What lies in [offset, offset + length) of an open file, as if it were a file of its own.
class PartSource final : public ByteSource {
 public:
  PartSource(int descriptor, std::int64_t offset, std::int64_t length)
      : descriptor_(descriptor), offset_(offset), length_(length) {}

  std::size_t read(std::int64_t offset, std::span<char> into) override {
    const std::int64_t left = std::max<std::int64_t>(0, length_ - offset);
    const auto count = std::min(into.size(), static_cast<std::size_t>(left));
    return read_at(descriptor_, offset_ + offset, into.first(count));
  }
  bool reaches(std::int64_t length) override { return length <= length_; }

 private:
  int descriptor_;
  std::int64_t offset_, length_;
};

void scan_hdus(ByteSource& bytes, Scan& result) {
  if (!begins_with(bytes, 0, "SIMPLE  =")) {
    throw damaged(result.identity.size == 0 ? "the file is empty"
                                            : "the file does not begin like a FITS file (SIMPLE)");
  }
  std::int64_t offset = 0;
  for (int index = 0;; ++index) {
    try {
      if (index > 0 && !begins_with(bytes, offset, "XTENSION=")) break;
      if (index == most_hdus) {
        throw damaged(fmt::format("the file has more than {} HDUs", most_hdus));
      }
      result.hdus.push_back(read_hdu(bytes, offset, index));
    } catch (const Failure& failure) {
      if (failure.kind() == FailureKind::unavailable) throw;
      result.problem = Problem{index, failure.what()};
      break;
    }
    const Hdu& hdu = result.hdus.back();
    if (hdu.data_length > std::numeric_limits<std::int64_t>::max() - hdu.data_offset -
                              static_cast<std::int64_t>(block_length)) {
      break;
    }
    offset = hdu.data_offset + padded(hdu.data_length);
  }
}

}  // namespace

Scan scan(const std::string& path, std::int64_t gzip_limit) {
  const OpenSource source = open_source(path, gzip_limit);
  Scan result;
  result.identity = source.identity;
  result.gzipped = source.gzipped;
  scan_hdus(*source.bytes, result);
  return result;
}

Scan scan_part(int descriptor, std::int64_t offset, std::int64_t length) {
  Scan result;
  result.identity = identify(descriptor);
  PartSource source(descriptor, offset, length);
  scan_hdus(source, result);
  return result;
}

}  // namespace soda::fits
