// Spectral axes -> vacuum wavelengths (WCS paper III).
#include <wcslib/spx.h>
#include <wcslib/wcs.h>
#include <wcslib/wcsunits.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/failure.h"
#include "base/text.h"
#include "wcs/along.h"
#include "wcs/impl.h"
#include "wcs/pixels.h"

namespace soda::wcs {

namespace {

constexpr double kLight = 2.99792458e8;     // m/s
constexpr double kPlanck = 6.62607015e-34;  // J s (2019 SI)
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Frequency and the like: zero and less, as the outer edge of a wide channel may have it, is an
// endless wavelength.
double from_inverse(double numerator, double value) {
  return value > 0 ? numerator / value : kInfinity;
}
double not_negative(double wavelength) { return wavelength > 0 ? wavelength : 0; }

double from_wave(double v, double) { return not_negative(v); }
double from_freq(double v, double) { return from_inverse(kLight, v); }
double from_ener(double v, double) { return from_inverse(kPlanck * kLight, v); }
double from_wavn(double v, double) { return from_inverse(1, v); }
double from_vrad(double v, double rest) { return from_inverse(rest, 1 - v / kLight); }
double from_vopt(double v, double rest) { return not_negative(rest * (1 + v / kLight)); }
double from_zopt(double v, double rest) { return not_negative(rest * (1 + v)); }
double from_beta(double v, double rest) {
  if (v >= 1) return kInfinity;
  return v <= -1 ? 0 : rest * std::sqrt((1 + v) / (1 - v));
}
double from_velo(double v, double rest) { return from_beta(v / kLight, rest); }
double from_awav(double v, double) {
  if (!(v > 0)) return 0;
  double wave = 0;
  int status = 0;
  return awavwave(0, 1, 1, 1, &v, &wave, &status) == 0 && status == 0 ? not_negative(wave)
                                                                      : not_negative(v);
}

enum class Rest { needed, unused };

struct Kind {
  std::string_view type;
  std::string_view
      unit;  // what CUNIT is converted to for -TAB axes, which WCSLIB leaves as they are
  Rest rest;
  double (*wavelength)(double value, double rest_wavelength);
};

constexpr std::array kKinds = std::to_array<Kind>({{"WAVE", "m", Rest::unused, from_wave},
                                                   {"AWAV", "m", Rest::unused, from_awav},
                                                   {"FREQ", "Hz", Rest::unused, from_freq},
                                                   {"ENER", "J", Rest::unused, from_ener},
                                                   {"WAVN", "m-1", Rest::unused, from_wavn},
                                                   {"VRAD", "m/s", Rest::needed, from_vrad},
                                                   {"VOPT", "m/s", Rest::needed, from_vopt},
                                                   {"VELO", "m/s", Rest::needed, from_velo},
                                                   {"ZOPT", "", Rest::needed, from_zopt},
                                                   {"BETA", "", Rest::needed, from_beta}});

// The image is as it is: a request that needs the axis in wavelengths cannot be served from it.
[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, "BAND cannot be applied: " + sentence, "BAND");
}

double rest_wavelength(const Wcs& wcs, const std::string& ctype) {
  const wcsprm& prm = *wcs.impl().full;
  if (prm.restwav > 0 && std::isfinite(prm.restwav)) return prm.restwav;
  if (prm.restfrq > 0 && std::isfinite(prm.restfrq)) return kLight / prm.restfrq;
  const std::string& letter = wcs.impl().rest_suffix;
  refuse("the spectral axis of type " + quoted(ctype) +
         " cannot be converted to wavelength because RESTFRQ" + letter + " and RESTWAV" + letter +
         " are missing from the header");
}

double scale_to(const std::string& unit, std::string_view wanted) {
  if (unit.empty() || wanted.empty()) return 1;
  double scale = 1, offset = 0, power = 1;
  const std::string target(wanted);
  if (wcsunits(unit.c_str(), target.c_str(), &scale, &offset, &power) != 0 || power != 1 ||
      offset != 0) {
    refuse("CUNIT " + quoted(unit) + " of the spectral axis cannot be converted to " + target);
  }
  return scale;
}

// Vacuum wavelength at a pixel coordinate of the axis. Throws Failure(usage).
Quantity wavelengths(const Wcs& wcs, int axis) {
  const std::string ctype = type_along(wcs, axis);
  const std::string name = ctype.substr(0, ctype.find('-'));
  for (const Kind& kind : kKinds) {
    if (kind.type != name) continue;
    const double rest = kind.rest == Rest::needed ? rest_wavelength(wcs, ctype) : 0;
    const double scale = scale_to(unit_along(wcs, axis), kind.unit);
    return [&wcs, axis, rest, scale, convert = kind.wavelength](double p) -> std::optional<double> {
      const auto value = value_along(wcs, axis, p);
      if (!value) return std::nullopt;
      const double wavelength = convert(*value * scale, rest);
      return std::isnan(wavelength) ? std::nullopt : std::optional(wavelength);
    };
  }
  refuse("the spectral axis of type " + quoted(ctype) + " gives no wavelengths");
}

}  // namespace

std::optional<PixelInterval> channels_of(const Wcs& wcs, const sky::Band& band) {
  if (!wcs.axis(Role::spectral))
    throw Failure(FailureKind::internal, "the image has no spectral axis");
  const auto along = find_along(wcs, Role::spectral);
  if (!along) return std::nullopt;
  return overlapping(wavelengths(wcs, along->axis), along->length, band.lo.metres, band.hi.metres);
}

std::optional<sky::Band> band_of(const Wcs& wcs) {
  const auto along = find_along(wcs, Role::spectral);
  if (!along) return std::nullopt;
  try {
    const auto range = range_of(wavelengths(wcs, along->axis), along->length);
    if (!range) return std::nullopt;
    return sky::Band{{range->first}, {range->second}};
  } catch (const Failure&) {
    return std::nullopt;  // "cannot be converted" is an answer here
  }
}

}  // namespace soda::wcs
