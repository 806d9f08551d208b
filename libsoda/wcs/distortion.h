// Distortions in pixel coordinates that we apply ourselves: SIP polynomials and lookup tables.
// Internal to the room.
//
// As STScI and astropy do it: detector-to-image tables (D2IMDISj) first; then, both at the
// corrected pixel and added to it, the SIP polynomial (Shupe et al. 2005) and the tables of CPDISj
// = 'LOOKUP' (WCS paper IV draft). Tables are bilinear, clamped at their edges; only the offsets of
// DPj.AXIS and DPj.EXTVER are heeded. WCSLIB has its own SIP but no tables, and could not add the
// two. SIP is applied wherever its coefficients are, also when CTYPE lacks "-SIP", as astropy does.
// The inverse polynomials AP and BP, rarely good to 0.01 pixel, are not used: the inverse is found
// by Newton's method to 1e-9 pixel.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "wcs/cards.h"
#include "wcs/wcs.h"

namespace soda::wcs {

class Distortion {
 public:
  // Reads what it needs from the cards and removes it from them, so that WCSLIB does not see it.
  // `crpix` of SIP is that of the representation `letter` (blank or A to Z). `problem` gets a
  // sentence when a table is missing or malformed; that table is then left out.
  static Distortion take(Cards& cards, const TableSource& tables, std::string& problem);

  bool empty() const noexcept { return !sip_ && !tables_; }
  bool has_sip() const noexcept { return sip_.has_value(); }
  void set_origin(double crpix1, double crpix2) noexcept { origin_ = {crpix1, crpix2}; }

  Wcs::Pixel apply(Wcs::Pixel pixel) const noexcept;
  // Empty when Newton's method does not converge, which happens far outside the image.
  std::optional<Wcs::Pixel> invert(Wcs::Pixel target) const noexcept;
  std::size_t memory() const noexcept;
  std::size_t terms() const noexcept;  // of a polynomial

 private:
  // Coefficients c[p][q] of u^p v^q, p + q <= order.
  struct Polynomial {
    std::size_t order = 0;
    std::vector<double> c;
    struct Value {
      double f, du, dv;
    };
    Value at(double u, double v) const noexcept;
  };
  struct Sip {
    Polynomial a, b;
  };
  struct Lookup {
    std::int64_t nx = 0, ny = 0;
    std::vector<float> values;  // single precision, as astropy holds them
    std::array<double, 2> crpix{}, crval{}, cdelt{1, 1};
    double at(Wcs::Pixel pixel) const noexcept;
  };
  struct Tables {
    std::array<std::optional<Lookup>, 2> detector, prior;
  };

  static Polynomial polynomial(const Cards& cards, std::string_view letter, std::size_t order);
  static std::optional<Lookup> lookup(const Cards& cards, const TableSource& tables, int axis,
                                      std::string_view record, std::string_view extname,
                                      std::string& problem);
  void take_sip(Cards& cards, std::string& problem);
  void take_tables(Cards& cards, const TableSource& tables, std::string& problem);
  void take_axiscorr(Cards& cards, const TableSource& tables, std::string& problem);

  std::optional<Sip> sip_;
  std::optional<Tables> tables_;
  std::array<double, 2> origin_{};
};

}  // namespace soda::wcs
