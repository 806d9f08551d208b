// Closed intervals of quantities whose unit and frame are part of their type.
#pragma once

#include <algorithm>
#include <compare>
#include <optional>

namespace soda::sky {

// Vacuum wavelength in metres, as ObsCore em_min/em_max and SODA BAND. +Inf is a legal open end.
struct Wavelength {
  double metres = 0;
  auto operator<=>(const Wavelength&) const = default;
};

// Modified Julian Date, scale UTC, as ObsCore t_min/t_max and SODA TIME.
struct Mjd {
  double days = 0;
  auto operator<=>(const Mjd&) const = default;
};

// lo <= hi, both ends included; infinite ends are open ends. NaN never enters: makers reject it.
template <class T>
struct Interval {
  T lo;
  T hi;
  bool operator==(const Interval&) const = default;
};

template <class T>
bool overlaps(const Interval<T>& a, const Interval<T>& b) {
  return a.lo <= b.hi && b.lo <= a.hi;
}

using Band = Interval<Wavelength>;
using TimeSpan = Interval<Mjd>;

}  // namespace soda::sky
