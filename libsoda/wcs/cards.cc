#include "wcs/cards.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "wcs/trusted.h"

namespace soda::wcs {

namespace {

// What WCSLIB's image header parser or we ourselves read. A trailing letter of an alternate
// representation and axis numbers follow.
constexpr std::array kPrefixes = std::to_array<std::string_view>(
    {"CTYPE",    "CUNIT",    "CRVAL",    "CRPIX",    "CDELT",    "CROTA",   "CD",       "PC",
     "PV",       "PS",       "PROJP",    "CNAME",    "LONPOLE",  "LATPOLE", "LONGPOLE", "RESTFRQ",
     "RESTFREQ", "RESTWAV",  "VELREF",   "EPOCH",    "EQUINOX",  "RADESYS", "RADECSYS", "WCSAXES",
     "WCSNAME",  "TIMESYS",  "TIMEUNIT", "TIMEOFFS", "TREFPOS",  "TREFDIR", "MJD",      "JDREF",
     "DATEREF",  "DATE-OBS", "DATE-BEG", "DATE-AVG", "DATE-END", "SPECSYS", "SSYSOBS",  "SSYSSRC",
     "VELOSYS",  "VSOURCE",  "ZSOURCE",  "VELANGL",  "OBSGEO",   "A_",      "B_",       "CPDIS",
     "CQDIS",    "DP",       "DQ",       "D2IM",     "DVERR",    "WAT",     "AMD",      "PLT",
     "PPO",      "CNPIX",    "XPIXELSZ", "YPIXELSZ", "CUBEFACE", "AXISCORR"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool known(std::string_view keyword) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return keyword.starts_with(prefix); });
}

// True when every axis number in the keyword is one that an array of kMaxAxes axes has room for.
bool small_indices(std::string_view keyword) {
  if (keyword.size() == 8 && keyword.starts_with("PC") && is_digit(keyword[7])) {
    // The old form PC00i00j.
    return fits_number(keyword.substr(2, 3)).value_or(0) <= kMaxAxes &&
           fits_number(keyword.substr(5, 3)).value_or(0) <= kMaxAxes;
  }
  const bool matrix = keyword.starts_with("CD") || keyword.starts_with("PC");
  bool first = true;
  for (std::size_t i = 0; i < keyword.size();) {
    if (!is_digit(keyword[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < keyword.size() && is_digit(keyword[end])) ++end;
    const auto index = fits_number(keyword.substr(i, end - i));
    if ((first || matrix) && index.value_or(0) > kMaxAxes) return false;
    first = false;
    i = end;
  }
  return true;
}

// WCSLIB makes room for as many axes as WCSAXES says, and for their square, whatever the other
// cards name; a negative number makes it write where it should not.
bool claims_too_many_axes(std::string_view keyword, std::string_view card) {
  if (!keyword.starts_with("WCSAXES")) return false;
  const auto axes = fits_number(card_value(card));
  return !axes || *axes < 1 || *axes > kMaxAxes;
}

}  // namespace

std::string card_value(std::string_view card) {
  if (card.size() < 10 || card.substr(8, 2) != "= ") return {};
  std::string_view rest = trim(card.substr(10));
  if (!rest.starts_with('\'')) return std::string(trim(rest.substr(0, rest.find('/'))));
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\'') {
      if (i + 1 >= rest.size() || rest[i + 1] != '\'') break;
      ++i;
    }
    value += rest[i];
  }
  value.erase(value.find_last_not_of(' ') + 1);
  return value;
}

std::optional<double> fits_number(std::string_view text) {
  std::string plain(trim(text));
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == 'D' || c == 'd'; }, 'E');
  std::string_view digits = plain;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto number = to_double(digits);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

Cards::Cards(std::string_view header) {
  for (std::size_t at = 0; at + 9 < header.size(); at += 80) {
    const std::string_view card = header.substr(at, 80);
    const std::string_view keyword = trim(card.substr(0, 8));
    if (keyword == "END") break;
    if (card.substr(8, 1) != "=" || !known(keyword) || !small_indices(keyword)) continue;
    if (claims_too_many_axes(keyword, card)) continue;
    std::string image(card);
    image.resize(80, ' ');
    // Bytes that no FITS header may hold would only confuse the parser.
    std::replace_if(
        image.begin(), image.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    if (is_open_string(image)) continue;
    cards_.push_back({std::string(keyword), std::move(image)});
  }
  drop_untrusted(cards_);
}

std::optional<double> Cards::number(std::string_view keyword) const {
  for (auto card = cards_.rbegin(); card != cards_.rend(); ++card) {
    if (card->keyword == keyword) return fits_number(card_value(card->image));
  }
  return std::nullopt;
}

std::optional<std::string> Cards::text(std::string_view keyword) const {
  for (auto card = cards_.rbegin(); card != cards_.rend(); ++card) {
    if (card->keyword == keyword) return card_value(card->image);
  }
  return std::nullopt;
}

std::optional<double> Cards::record(std::string_view keyword, std::string_view field) const {
  for (const Card& card : cards_) {
    if (card.keyword != keyword) continue;
    const std::string value = card_value(card.image);
    const std::size_t colon = value.find(": ");
    if (colon == std::string::npos || std::string_view(value).substr(0, colon) != field) continue;
    return fits_number(std::string_view(value).substr(colon + 2));
  }
  return std::nullopt;
}

void Cards::erase_if(const std::function<bool(const Card&)>& doomed) {
  std::erase_if(cards_, doomed);
}

std::string Cards::image(std::size_t axes) const {
  std::string text = "NAXIS   = " + std::to_string(axes);
  text.resize(80, ' ');
  for (const Card& card : cards_) text += card.image;
  text += "END";
  text.resize((cards_.size() + 2) * 80, ' ');
  return text;
}

}  // namespace soda::wcs
