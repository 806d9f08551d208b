#include "cutout/cards.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "cutout/sections.h"

namespace soda::cutout {
namespace {

using wcs::PixelInterval;

// "CRPIX12B" with stem "CRPIX" -> axis 12, alternate 'B' (blank: primary). Empty when it is no such
// keyword.
struct AxisKeyword {
  int axis;
  char alternate;
};
std::optional<AxisKeyword> axis_keyword(std::string_view keyword, std::string_view stem) {
  if (!keyword.starts_with(stem)) return std::nullopt;
  keyword.remove_prefix(stem.size());
  AxisKeyword out{0, ' '};
  if (!keyword.empty() && keyword.back() >= 'A' && keyword.back() <= 'Z') {
    out.alternate = keyword.back();
    keyword.remove_suffix(1);
  }
  if (keyword.empty() || keyword.size() > 3 || keyword.front() == '0') return std::nullopt;
  const auto axis = to_integer(keyword);
  if (!axis || *axis < 1) return std::nullopt;
  out.axis = static_cast<int>(*axis);
  return out;
}

// Cards that only data give a meaning to.
constexpr std::array<std::string_view, 9> of_data{"BSCALE",  "BZERO",  "BLANK",  "BUNIT", "DATAMIN",
                                                  "DATAMAX", "GROUPS", "PCOUNT", "GCOUNT"};

// Which alternates describe which axes at all: those need a CRPIX once the origin moves.
constexpr std::array<std::string_view, 3> describing{"CTYPE", "CRVAL", "CDELT"};

void shift_reference_pixels(fits::Header& header, std::span<const PixelInterval> asked) {
  const auto axes = asked.size();
  // One bit per axis and alternate (blank, A to Z).
  std::vector<std::array<char, 27>> described(axes), shifted(axes);
  const auto slot = [](char alternate) { return alternate == ' ' ? 0 : alternate - 'A' + 1; };
  const auto offset = [&](const AxisKeyword& k) { return asked[k.axis - 1].first - 1; };
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto keyword = fits::Header::keyword(header.card(i));
    if (keyword.size() < 5 || keyword.front() != 'C') continue;
    if (const auto k = axis_keyword(keyword, "CRPIX"); k && k->axis <= static_cast<int>(axes)) {
      shifted[k->axis - 1][slot(k->alternate)] = 1;
      const auto value = header.real(i);
      if (value && offset(*k) != 0) {
        header.set_real(i, *value - static_cast<double>(offset(*k)));
      }
      continue;
    }
    for (const auto stem : describing) {
      const auto k = axis_keyword(keyword, stem);
      if (k && k->axis <= static_cast<int>(axes)) {
        described[k->axis - 1][slot(k->alternate)] = 1;
      }
    }
  }
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::int64_t by = asked[axis].first - 1;
    for (int s = 0; by != 0 && s < 27; ++s) {
      if (!described[axis][s] || shifted[axis][s]) continue;
      std::string name = fmt::format("CRPIX{}", axis + 1);
      if (s != 0) name += static_cast<char>('A' + s - 1);
      header.set(name, -static_cast<double>(by), "absent in the parent, where it means 0");
    }
  }
}

void shift_numbers(fits::Header& header, std::string_view stem,
                   std::span<const PixelInterval> asked, int sign) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto k = axis_keyword(fits::Header::keyword(header.card(i)), stem);
    if (!k || k->alternate != ' ' || k->axis > static_cast<int>(asked.size())) continue;
    const std::int64_t by = sign * (asked[k->axis - 1].first - 1);
    const auto value = header.real(i);
    if (!value || by == 0) continue;
    const double moved = *value + static_cast<double>(by);
    const bool integral = moved == std::floor(moved) && std::abs(moved) < 1e15 &&
                          header.card(i).substr(8, 22).find('.') == std::string_view::npos;
    if (integral) {
      header.set_value(i, fmt::format("{}", static_cast<std::int64_t>(moved)));
    } else {
      header.set_real(i, moved);
    }
  }
}

// IRAF's physical coordinates: where any of LTM or LTV stands, a missing LTVi means 0.
void shift_physical(fits::Header& header, std::span<const PixelInterval> asked) {
  bool present = false;
  std::vector<char> has(asked.size());
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto keyword = fits::Header::keyword(header.card(i));
    if (keyword.starts_with("LTM")) present = true;
    const auto k = axis_keyword(keyword, "LTV");
    if (!k || k->axis > static_cast<int>(asked.size())) continue;
    present = true;
    has[k->axis - 1] = 1;
  }
  if (!present) return;
  shift_numbers(header, "LTV", asked, -1);
  for (std::size_t axis = 0; axis < asked.size(); ++axis) {
    const std::int64_t by = asked[axis].first - 1;
    if (!has[axis] && by != 0) header.set(fmt::format("LTV{}", axis + 1), -static_cast<double>(by));
  }
}

// Renumbers a WCS keyword of the celestial axes x, y (1-based) to axes 1, 2; empty when it belongs
// to other axes, or to none.
std::string celestial_keyword(std::string_view keyword, int x, int y) {
  const auto to = [&](int axis) { return axis == x ? 1 : axis == y ? 2 : 0; };
  for (const auto stem : {"CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CROTA", "CNAME"}) {
    const auto k = axis_keyword(keyword, stem);
    if (k && k->alternate == ' ') return to(k->axis) ? fmt::format("{}{}", stem, to(k->axis)) : "";
  }
  for (const auto stem : {"CD", "PC", "PV"}) {
    const auto bar = keyword.find('_');
    if (!keyword.starts_with(stem) || bar == std::string_view::npos) continue;
    const auto i = to_integer(keyword.substr(2, bar - 2));
    const auto j = to_integer(keyword.substr(bar + 1));
    if (!i || !j || !to(static_cast<int>(*i))) return "";
    if (std::string_view(stem) == "PV") return fmt::format("PV{}_{}", to(static_cast<int>(*i)), *j);
    const int column = to(static_cast<int>(*j));
    return column ? fmt::format("{}{}_{}", stem, to(static_cast<int>(*i)), column) : "";
  }
  static constexpr std::string_view plain[] = {"RADESYS", "RADECSYS", "EQUINOX", "EPOCH",
                                               "LONPOLE", "LATPOLE",  "MJD-OBS", "DATE-OBS"};
  if (std::ranges::find(plain, keyword) != std::end(plain)) return std::string(keyword);
  // SIP and TNX are defined on axes 1 and 2 only.
  if (x == 1 && y == 2) {
    for (const auto stem : {"A_", "B_", "AP_", "BP_", "WAT1_", "WAT2_"}) {
      if (keyword.starts_with(stem)) return std::string(keyword);
    }
  }
  return "";
}

}  // namespace

bool may_change(std::string_view keyword) {
  static constexpr std::string_view stems[] = {"NAXIS", "CRPIX", "CTYPE", "CRVAL", "CDELT",
                                               "LTM",   "LTV",   "CNPIX", "SODA"};
  static constexpr std::string_view names[] = {"XTENSION", "EXTEND", "NEXTEND", "CHECKSUM",
                                               "DATASUM"};
  return std::ranges::any_of(stems, [&](auto stem) { return keyword.starts_with(stem); }) ||
         std::ranges::find(names, keyword) != std::end(names) ||
         std::ranges::find(of_data, keyword) != of_data.end() || is_section(keyword);
}

void shift_image(fits::Header& header, std::span<const std::int64_t> shape,
                 std::span<const PixelInterval> asked) {
  for (std::size_t axis = 0; axis < asked.size(); ++axis) {
    header.set(fmt::format("NAXIS{}", axis + 1), asked[axis].length());
  }
  const bool moved = std::ranges::any_of(asked, [](const auto& a) { return a.first != 1; });
  if (moved) {
    shift_reference_pixels(header, asked);
    shift_physical(header, asked);
    shift_numbers(header, "CNPIX", asked, +1);
  }
  bool whole = !moved;
  for (std::size_t axis = 0; axis < asked.size(); ++axis) {
    whole = whole && asked[axis].length() == shape[axis];
  }
  if (whole) return;
  shift_sections(header, shape, asked);
  header.erase_all("DATAMIN");
  header.erase_all("DATAMAX");
}

void shift_lookup(fits::Header& header, std::span<const PixelInterval> asked) {
  shift_numbers(header, "CRVAL", asked, -1);
}

void drop_data(fits::Header& header) {
  const auto count = header.integer("NAXIS").value_or(0);
  for (std::int64_t axis = 1; axis <= count; ++axis) header.erase_all(fmt::format("NAXIS{}", axis));
  header.set("NAXIS", std::int64_t{0});
  for (const auto name : of_data) header.erase_all(name);
}

fits::Header mask_header(const fits::Header& image, int x, int y, std::int64_t width,
                         std::int64_t height) {
  fits::Header mask;
  mask.set("XTENSION", "IMAGE", "image extension");
  mask.set("BITPIX", std::int64_t{8}, "bytes");
  mask.set("NAXIS", std::int64_t{2});
  mask.set("NAXIS1", width);
  mask.set("NAXIS2", height);
  mask.set("PCOUNT", std::int64_t{0});
  mask.set("GCOUNT", std::int64_t{1});
  mask.set("EXTNAME", "CUTMASK", "1: pixel centre inside the shape asked for");
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::string_view card = image.card(i);
    const std::string keyword = celestial_keyword(fits::Header::keyword(card), x + 1, y + 1);
    if (keyword.empty()) continue;
    mask.append(fmt::format("{:<8}{}", keyword, card.substr(8)));
  }
  return mask;
}

void add_box_cards(fits::Header& header, std::span<const PixelInterval> asked) {
  for (std::size_t axis = 0; axis < asked.size(); ++axis) {
    header.set(fmt::format("SODAF{}", axis + 1), asked[axis].first,
               fmt::format("first pixel of the cut along axis {}", axis + 1));
    header.set(fmt::format("SODAL{}", axis + 1), asked[axis].length(),
               fmt::format("pixels of the cut along axis {}", axis + 1));
  }
}

}  // namespace soda::cutout
