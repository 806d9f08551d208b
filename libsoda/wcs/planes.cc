// Time and polarisation axes (WCS paper IV; FITS 4.0 sections 8.5 and 9).
#include <erfa.h>
#include <wcslib/wcs.h>
#include <wcslib/wcsmath.h>
#include <wcslib/wcsunits.h>

#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "wcs/along.h"
#include "wcs/impl.h"
#include "wcs/pixels.h"

namespace soda::wcs {

namespace {

constexpr double kMjdZero = 2400000.5;
constexpr std::int64_t kMostPlanes = 1024;  // of a Stokes axis; there are 12 states

// MJD in a scale -> MJD in TAI; empty when ERFA refuses the date.
using ToTai = std::optional<double> (*)(double mjd);

std::optional<double> mjd(int status, double d1, double d2) {
  if (status < 0) return std::nullopt;
  return d1 - kMjdZero + d2;
}

std::optional<double> tai_from_tai(double day) { return day; }
std::optional<double> tai_from_tt(double day) {
  double d1 = 0, d2 = 0;
  const int status = eraTttai(kMjdZero, day, &d1, &d2);
  return mjd(status, d1, d2);
}
std::optional<double> tai_from_tdb(double day) {
  double d1 = 0, d2 = 0;
  // At the geocentre; TT is close enough to TDB as the argument.
  const int status = eraTdbtt(kMjdZero, day, eraDtdb(kMjdZero, day, 0, 0, 0, 0), &d1, &d2);
  return status < 0 ? std::nullopt : tai_from_tt(d1 - kMjdZero + d2);
}
std::optional<double> tai_from_tcb(double day) {
  double d1 = 0, d2 = 0;
  const int status = eraTcbtdb(kMjdZero, day, &d1, &d2);
  return status < 0 ? std::nullopt : tai_from_tdb(d1 - kMjdZero + d2);
}
std::optional<double> tai_from_tcg(double day) {
  double d1 = 0, d2 = 0;
  const int status = eraTcgtt(kMjdZero, day, &d1, &d2);
  return status < 0 ? std::nullopt : tai_from_tt(d1 - kMjdZero + d2);
}
std::optional<double> tai_from_gps(double day) { return day + 19.0 / 86400; }

std::optional<double> utc_from_tai(double day) {
  double d1 = 0, d2 = 0;
  const int status = eraTaiutc(kMjdZero, day, &d1, &d2);
  return mjd(status, d1, d2);
}

struct Scale {
  std::string_view name;
  ToTai to_tai;  // null: UTC, or so near to it (UT1: 0.9 s) that nobody can tell without tables
};
constexpr std::array kScales = std::to_array<Scale>({{"UTC", nullptr},
                                                     {"GMT", nullptr},
                                                     {"UT", nullptr},
                                                     {"UT1", nullptr},
                                                     {"TAI", tai_from_tai},
                                                     {"IAT", tai_from_tai},
                                                     {"TT", tai_from_tt},
                                                     {"TDT", tai_from_tt},
                                                     {"ET", tai_from_tt},
                                                     {"TDB", tai_from_tdb},
                                                     {"TCB", tai_from_tcb},
                                                     {"TCG", tai_from_tcg},
                                                     {"GPS", tai_from_gps}});

// The image is as it is: a request that needs the axis in UTC cannot be served from it.
[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, "TIME cannot be applied: " + sentence, "TIME");
}

// Null for a scale that is not known.
const Scale* scale_called(std::string_view name) {
  if (name.empty()) name = "UTC";         // FITS 4.0 section 9.2.1
  name = name.substr(0, name.find('('));  // TT(TAI), UT(NIST)
  for (const Scale& scale : kScales) {
    if (equal_ignoring_case(scale.name, name)) return &scale;
  }
  return nullptr;
}

std::optional<double> utc_in(const Scale& scale, double day) {
  if (scale.to_tai == nullptr) return day;
  const auto tai = scale.to_tai(day);
  return tai ? utc_from_tai(*tai) : std::nullopt;
}

const Scale& scale_of(const Wcs& wcs, const std::string& ctype) {
  const wcsprm& prm = *wcs.impl().full;
  std::string name = ctype.substr(0, ctype.find('-'));
  if (name == "TIME") name = trim(prm.timesys);
  if (const Scale* scale = scale_called(name)) return *scale;
  refuse("the time scale " + quoted(name) + " of the time axis cannot be converted to UTC");
}

double days_in(std::string unit) {
  if (unit.empty()) unit = "s";  // FITS 4.0 section 9.3
  double factor = 1, offset = 0, power = 1;
  if (wcsunits(unit.c_str(), "d", &factor, &offset, &power) != 0 || power != 1 || offset != 0) {
    refuse("CUNIT " + quoted(unit) + " of the time axis is no unit of time");
  }
  return factor;
}

// MJD in UTC at a pixel coordinate of the axis. Throws Failure(usage).
Quantity days_utc(const Wcs& wcs, int axis) {
  const wcsprm& prm = *wcs.impl().full;
  const Scale& scale = scale_of(wcs, type_along(wcs, axis));
  std::string unit = unit_along(wcs, axis);
  if (unit.empty()) unit = std::string(trim(prm.timeunit));
  const double factor = days_in(unit);
  const auto number = [](double value) {
    return undefined(value) || !std::isfinite(value) ? 0.0 : value;
  };
  const double reference = number(prm.mjdref[0]) + number(prm.mjdref[1]) +
                           number(prm.timeoffs) * days_in(std::string(trim(prm.timeunit)));
  return [&wcs, axis, &scale, factor, reference](double p) -> std::optional<double> {
    const auto value = value_along(wcs, axis, p);
    if (!value) return std::nullopt;
    return utc_in(scale, reference + *value * factor);
  };
}

// FITS 4.0 table 29.
std::string state_name(double code) {
  struct Row {
    int code;
    std::string_view name;
  };
  constexpr std::array kRows = std::to_array<Row>({{1, "I"},
                                                   {2, "Q"},
                                                   {3, "U"},
                                                   {4, "V"},
                                                   {-1, "RR"},
                                                   {-2, "LL"},
                                                   {-3, "RL"},
                                                   {-4, "LR"},
                                                   {-5, "XX"},
                                                   {-6, "YY"},
                                                   {-7, "XY"},
                                                   {-8, "YX"}});
  for (const Row& row : kRows) {
    if (std::fabs(code - row.code) < 0.01) return std::string(row.name);
  }
  return "?";
}

}  // namespace

std::optional<PixelInterval> planes_of(const Wcs& wcs, const sky::TimeSpan& time) {
  if (!wcs.axis(Role::time)) throw Failure(FailureKind::internal, "the image has no time axis");
  const auto along = find_along(wcs, Role::time);
  if (!along) return std::nullopt;
  return overlapping(days_utc(wcs, along->axis), along->length, time.lo.days, time.hi.days);
}

std::optional<sky::TimeSpan> time_of(const Wcs& wcs) {
  const auto along = find_along(wcs, Role::time);
  if (!along) return std::nullopt;
  try {
    const auto range = range_of(days_utc(wcs, along->axis), along->length);
    if (!range) return std::nullopt;
    return sky::TimeSpan{{range->first}, {range->second}};
  } catch (const Failure&) {
    return std::nullopt;  // "cannot be converted" is an answer here
  }
}

std::vector<std::string> states_of(const Wcs& wcs) {
  const auto along = find_along(wcs, Role::stokes);
  if (!along || along->length > kMostPlanes) return {};
  std::vector<std::string> states;
  for (std::int64_t plane = 1; plane <= along->length; ++plane) {
    const auto code = value_along(wcs, along->axis, static_cast<double>(plane));
    states.push_back(code ? state_name(*code) : "?");
  }
  return states;
}

std::optional<double> utc_from(std::string_view scale, double mjd) {
  const Scale* known = scale_called(trim(scale));
  return known == nullptr ? std::nullopt : utc_in(*known, mjd);
}

}  // namespace soda::wcs
