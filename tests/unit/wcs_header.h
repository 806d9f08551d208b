// Headers for the tests of the wcs room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wcs/wcs.h"

namespace soda::wcs::test {

inline std::string header(const std::vector<std::string>& cards) {
  std::string text = "SIMPLE  =                    T";
  text.resize(80, ' ');
  for (std::string card : cards) {
    card.resize(80, ' ');
    text += card;
  }
  std::string end = "END";
  end.resize(80, ' ');
  return text + end;
}

inline std::shared_ptr<const Wcs> parse(const std::vector<std::string>& cards,
                                        const std::vector<std::int64_t>& shape,
                                        const TableSource& tables = {}) {
  return Wcs::parse(header(cards), shape, tables);
}

// An image of 200 x 150 pixels of 3.6 arcsec, tangent plane, ICRS.
inline std::vector<std::string> tan_cards(const std::string& ra, const std::string& dec) {
  return {"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRPIX1  = 100.5",
          "CRPIX2  = 75.5",       "CDELT1  = -0.001",     "CDELT2  = 0.001",
          "CRVAL1  = " + ra,      "CRVAL2  = " + dec,     "RADESYS = 'ICRS'"};
}

}  // namespace soda::wcs::test
