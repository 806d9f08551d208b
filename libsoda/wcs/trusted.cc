#include "wcs/trusted.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace soda::wcs {

namespace {

// IRAF's length of a piece; WCSLIB joins pieces at multiples of it.
constexpr std::size_t kPiece = 68;
constexpr std::int64_t kMostOrder = 20;

bool is_wat(const Cards::Card& card) { return card.keyword.starts_with("WAT"); }

// The contents of a string as they stand, blanks at the end included.
std::string piece_of(const Cards::Card& card) {
  const std::size_t open = card.image.find('\'');
  if (open == std::string::npos) return {};
  const std::size_t close = card.image.find('\'', open + 1);
  return close == std::string::npos ? std::string() : card.image.substr(open + 1, close - open - 1);
}

// The text of an axis, as WCSLIB puts it together; empty when parts are missing, or out of place.
std::string wat_text(const std::vector<Cards::Card>& cards, char axis) {
  std::map<std::string, std::string> pieces;
  for (const auto& card : cards) {
    if (!is_wat(card) || card.keyword[3] != axis) continue;
    if (!pieces.emplace(card.keyword.substr(4), piece_of(card)).second) return {};
  }
  std::string text;
  std::size_t number = 0;
  for (const auto& [name, piece] : pieces) {
    std::string expected = std::to_string(++number);
    expected.insert(0, 3 - std::min<std::size_t>(expected.size(), 3), '0');
    const bool last = number == pieces.size();
    if (name != "_" + expected || (!last && piece.size() != kPiece)) return {};
    text += piece;
  }
  return text;
}

struct Surface {
  std::string type;
  std::array<std::int64_t, 4> control{};  // kind, order in x, order in y, cross terms
  bool operator==(const Surface&) const = default;
};

std::int64_t terms_of(const Surface& surface) {
  const auto [low, high] = std::minmax(surface.control[1], surface.control[2]);
  switch (surface.control[3]) {
    case 0:
      return low + high - 1;
    case 1:
      return low * high;
    default:
      return low * high - low * (low - 1) / 2;
  }
}

// "wtype=tnx axtype=ra lngcor = "kind xorder yorder cross xmin xmax ymin ymax terms… """
std::optional<Surface> surface_of(const std::string& text) {
  Surface surface;
  if (!text.starts_with("wtype=")) return std::nullopt;
  surface.type = text.substr(6, text.find(' ') - 6);
  if (surface.type != "tnx" && surface.type != "zpx") return std::nullopt;
  const std::size_t open = text.find('"'), close = text.find('"', open + 1);
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  const std::string_view inside = std::string_view(text).substr(open + 1, close - open - 1);
  std::vector<double> numbers;
  for (const auto word : split_blanks(inside)) {
    const auto number = fits_number(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.size() < 8) return std::nullopt;
  constexpr std::array<std::int64_t, 4> lowest = {1, 1, 1, 0},
                                        highest = {3, kMostOrder, kMostOrder, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    const double value = numbers[i];
    if (!(value >= static_cast<double>(lowest[i]) && value <= static_cast<double>(highest[i]))) {
      return std::nullopt;
    }
    surface.control[i] = static_cast<std::int64_t>(value);
  }
  const auto terms = static_cast<std::int64_t>(numbers.size()) - 8;
  return terms >= terms_of(surface) ? std::optional(surface) : std::nullopt;
}

bool has_sound_surfaces(const std::vector<Cards::Card>& cards) {
  const auto first = surface_of(wat_text(cards, '1'));
  return first && first == surface_of(wat_text(cards, '2'));
}

bool needs_surface(const Cards::Card& card) {
  const std::string type = card_value(card.image);
  return card.keyword.starts_with("CTYPE") && (type.ends_with("-TNX") || type.ends_with("-ZPX"));
}

bool is_plate(const Cards::Card& card) {
  constexpr std::array kPlate = std::to_array<std::string_view>(
      {"AMDX", "AMDY", "PLT", "PPO", "CNPIX", "XPIXELSZ", "YPIXELSZ"});
  return std::ranges::any_of(kPlate,
                             [&](std::string_view p) { return card.keyword.starts_with(p); });
}

bool has_whole_plate(const std::vector<Cards::Card>& cards) {
  constexpr std::array kNeeded = std::to_array<std::string_view>(
      {"CNPIX1", "CNPIX2", "PPO3", "PPO6", "XPIXELSZ", "YPIXELSZ", "PLTRAH", "PLTRAM", "PLTRAS",
       "PLTDECD", "PLTDECM", "PLTDECS", "AMDX1", "AMDX2", "AMDX3", "AMDY1", "AMDY2", "AMDY3"});
  return std::ranges::all_of(kNeeded, [&](std::string_view name) {
    return std::ranges::find(cards, name, &Cards::Card::keyword) != cards.end();
  });
}

}  // namespace

bool is_open_string(std::string_view card) {
  const std::string_view value = trim(card.substr(std::min<std::size_t>(card.size(), 9)));
  if (!value.starts_with('\'')) return false;
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (value[i] != '\'') continue;
    if (i + 1 == value.size() || value[i + 1] != '\'') return false;
    ++i;
  }
  return true;
}

void drop_untrusted(std::vector<Cards::Card>& cards) {
  if (std::ranges::any_of(cards, is_wat) && !has_sound_surfaces(cards)) {
    std::erase_if(cards, [](const auto& card) { return is_wat(card) || needs_surface(card); });
  }
  if (std::ranges::any_of(cards, is_plate) && !has_whole_plate(cards)) {
    std::erase_if(cards, is_plate);
  }
}

}  // namespace soda::wcs
