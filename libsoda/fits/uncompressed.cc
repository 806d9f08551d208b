// Undoing the header side of tile compression (FITS 4.0 section 10.1, tables 36 and 37).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "fits/file.h"

namespace soda::fits {
namespace {

// Keywords of the table that holds the tiles, and of the compression: none describes the image.
// A final # stands for an index.
constexpr std::array<std::string_view, 46> dropped = {
    "XTENSION", "SIMPLE",  "BITPIX",   "NAXIS",   "NAXIS#",   "PCOUNT",   "GCOUNT",   "EXTEND",
    "BLOCKED",  "TFIELDS", "THEAP",    "TTYPE#",  "TFORM#",   "TUNIT#",   "TDIM#",    "TNULL#",
    "TSCAL#",   "TZERO#",  "TDISP#",   "TBCOL#",  "CHECKSUM", "DATASUM",  "ZIMAGE",   "ZTENSION",
    "ZSIMPLE",  "ZEXTEND", "ZBLOCKED", "ZBITPIX", "ZNAXIS",   "ZNAXIS#",  "ZPCOUNT",  "ZGCOUNT",
    "ZCMPTYPE", "ZTILE#",  "ZNAME#",   "ZVAL#",   "ZQUANTIZ", "ZQUANTIS", "ZDITHER0", "ZMASKCMP",
    "ZSCALE",   "ZZERO",   "ZBLANK",   "ZTABLE",  "ZTHEAP",   "TDMIN#"};

struct Renamed {
  std::string_view from, to;
};
constexpr std::array<Renamed, 2> renamed = {{{"ZHECKSUM", "CHECKSUM"}, {"ZDATASUM", "DATASUM"}}};

bool matches(std::string_view keyword, std::string_view pattern) noexcept {
  if (!pattern.ends_with('#')) return keyword == pattern;
  pattern.remove_suffix(1);
  if (!keyword.starts_with(pattern) || keyword.size() == pattern.size()) return false;
  return std::all_of(keyword.begin() + static_cast<std::ptrdiff_t>(pattern.size()), keyword.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool is_dropped(std::string_view keyword) noexcept {
  if (keyword.empty() || std::string_view("XSBNPGETCDZ").find(keyword[0]) == keyword.npos) {
    return false;
  }
  return std::any_of(dropped.begin(), dropped.end(),
                     [&](std::string_view pattern) { return matches(keyword, pattern); });
}

// The card of a Z keyword under the name it had before; with `otherwise` as value when it is
// absent.
void restore(Header& header, const Header& stored, const std::string& keyword,
             std::int64_t otherwise) {
  const auto index = stored.find("Z" + keyword);
  if (!index || !stored.integer("Z" + keyword)) {
    header.set(keyword, otherwise);
    return;
  }
  header.append(stored.card(*index));
  header.rename(header.size() - 1, keyword);
}

}  // namespace

Header uncompressed_header(const Header& stored) {
  Header header;
  header.append("XTENSION= 'IMAGE   '           / image extension");
  restore(header, stored, "BITPIX", 8);
  restore(header, stored, "NAXIS", 0);
  const std::int64_t axes = std::clamp<std::int64_t>(stored.integer("ZNAXIS").value_or(0), 0, 999);
  for (std::int64_t i = 1; i <= axes; ++i) restore(header, stored, fmt::format("NAXIS{}", i), 0);
  restore(header, stored, "PCOUNT", 0);
  restore(header, stored, "GCOUNT", 1);

  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::string_view card = stored.card(i);
    const std::string_view keyword = Header::keyword(card);
    if (is_dropped(keyword)) continue;
    if (keyword == "EXTNAME" && trim(stored.text(i).value_or("")) == "COMPRESSED_IMAGE") continue;
    header.append(card);
    for (const auto& [from, to] : renamed) {
      if (keyword == from) header.rename(header.size() - 1, to);
    }
  }
  return header;
}

Header Hdu::image_header() const {
  return kind == HduKind::compressed_image ? uncompressed_header(header) : header;
}

}  // namespace soda::fits
