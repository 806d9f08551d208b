// Celestial reference frames of FITS (4.0 section 8.3; WCS paper II section 3.1) <-> ICRS. Internal
// to the room.
//
// The models are those of astropy 5.2, so that both agree to rounding (1e-12 degrees):
//   FK5        bias of USNO Circular 179 (Mignard & Froeschle), precession IAU 2006 between J2000
//   and the equinox (eraBp06). FK4-NO-E   Newcomb's precession to B1950, then Murray 1989 (A&A 218,
//   325) eqs. 28 and 29 to FK5 J2000, at the epoch of
//              observation (without one: at the equinox). ICRS -> FK4 uses the true inverse,
//              astropy the transpose: up to 1e-9 degrees apart.
//   FK4        the same, with the E-terms of aberration of the equinox.
//   galactic   the pole of the IAU system in FK5 J2000 (not ERFA's eraIcrs2g, which ignores the 23
//   mas between FK5 and ICRS). supergalactic, ecliptic (mean of the equinox, eraEcm06), GAPPT
//   (geocentric apparent place at MJD-OBS, eraAtciqz).
// Others (terrestrial, solar, planetary) are not fixed to the sky.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "sky/direction.h"

namespace soda::wcs {

// What a header says about its frame; NaN and empty text where it says nothing.
struct FrameWords {
  std::string longitude;  // "RA", "GLON", "ELON", … as WCSLIB splits it off CTYPE
  std::string radesys;
  double equinox;
  double mjd_obs;  // UTC
};

class Frame {
 public:
  // Empty when the coordinates cannot be turned into ICRS; `why` then gets one sentence. It may
  // also get a remark on success.
  static std::optional<Frame> of(const FrameWords& words, std::string& why);

  sky::Direction to_icrs(const sky::Direction& direction) const;
  sky::Direction from_icrs(const sky::Direction& icrs) const;
  const std::string& name() const noexcept { return name_; }

  using Matrix = std::array<std::array<double, 3>, 3>;

 private:
  struct Apparent;
  std::string name_;
  Matrix to_{}, from_{};                          // rotations to and from ICRS
  std::optional<std::array<double, 3>> e_terms_;  // FK4 only
  std::shared_ptr<const Apparent> apparent_;      // GAPPT only

  friend struct FrameMaker;
};

}  // namespace soda::wcs
