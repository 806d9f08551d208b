// Small FITS files as text, for tests: cards as they are written in the standard, data of zeros.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fits_text {

inline std::string card(std::string text) {
  text.resize(80, ' ');
  return text;
}

inline std::string padded(std::string bytes, char fill) {
  bytes.resize((bytes.size() + 2879) / 2880 * 2880, fill);
  return bytes;
}

inline std::string header(const std::vector<std::string>& cards) {
  std::string text;
  for (const std::string& one : cards) text += card(one);
  return padded(text + card("END"), ' ');
}

// An image of bytes: structure cards, then the others.
inline std::string image(const std::string& first, const std::vector<int>& shape,
                         const std::vector<std::string>& others) {
  std::vector<std::string> cards = {first, "BITPIX  = 8",
                                    "NAXIS   = " + std::to_string(shape.size())};
  std::size_t bytes = shape.empty() ? 0 : 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    cards.push_back("NAXIS" + std::to_string(i + 1) + "  = " + std::to_string(shape[i]));
    bytes *= static_cast<std::size_t>(shape[i]);
  }
  if (first.starts_with("XTENSION")) {
    cards.emplace_back("PCOUNT  = 0");
    cards.emplace_back("GCOUNT  = 1");
  }
  cards.insert(cards.end(), others.begin(), others.end());
  return header(cards) + padded(std::string(bytes, '\0'), '\0');
}
inline std::string primary(const std::vector<int>& shape, const std::vector<std::string>& others) {
  return image("SIMPLE  = T", shape, others);
}
inline std::string extension(const std::vector<int>& shape,
                             const std::vector<std::string>& others) {
  return image("XTENSION= 'IMAGE   '", shape, others);
}

// The sky of the tests: TAN about RA 0.1, Dec 40 degrees, 0.01 degrees a pixel, reference at pixel
// (50.5, 30.5).
inline std::vector<std::string> tan_cards(const std::string& ra = "0.1") {
  return {"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRVAL1  = " + ra, "CRVAL2  = 40.0",
          "CRPIX1  = 50.5",       "CRPIX2  = 30.5",       "CDELT1  = -0.01", "CDELT2  = 0.01",
          "CUNIT1  = 'deg'",      "CUNIT2  = 'deg'",      "RADESYS = 'ICRS'"};
}
inline std::vector<std::string> operator+(std::vector<std::string> a,
                                          const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace fits_text
