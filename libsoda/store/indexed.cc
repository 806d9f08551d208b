#include "store/indexed.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace soda::store {

std::optional<std::int64_t> width_class(const std::optional<double>& lo,
                                        const std::optional<double>& hi) {
  if (!lo || !hi || std::isnan(*lo) || std::isnan(*hi)) return std::nullopt;
  const double width = *hi - *lo;
  if (std::isinf(width) || std::isnan(width) || std::isinf(*lo)) return endless_class;
  if (width <= std::ldexp(1.0, narrowest_class)) return narrowest_class;
  int exponent = 0;
  const double fraction = std::frexp(width, &exponent);
  const std::int64_t of = fraction == 0.5 ? exponent - 1 : exponent;
  return of > widest_class ? endless_class : of;
}

double class_width(std::int64_t of) {
  if (of > widest_class) return std::numeric_limits<double>::infinity();
  // The difference of two ends was rounded.
  return std::ldexp(1.0, static_cast<int>(std::max(of, narrowest_class))) * (1 + 1e-15);
}

bool overlaps_any(std::span<const Limits> intervals, double lo, double hi) {
  const auto first = std::lower_bound(intervals.begin(), intervals.end(), lo,
                                      [](const Limits& each, double at) { return each.hi < at; });
  return first != intervals.end() && first->lo <= hi && lo <= hi;
}

double time_coordinate(double mjd) { return std::clamp(mjd / 10000, -5.0, 20.0); }

double wavelength_coordinate(double metres) {
  return metres > 0 ? std::clamp(std::log10(metres) / 4, -5.0, 5.0) : -5.0;
}

}  // namespace soda::store
