// World coordinates along one pixel axis, the others held at their centres. Internal to the room.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wcs/pixels.h"
#include "wcs/wcs.h"

namespace soda::wcs {

// The pixel axis with that role. The image may lack it (WCSAXES > NAXIS); then it is one pixel
// long.
struct Along {
  int axis;
  std::int64_t length;
};
std::optional<Along> find_along(const Wcs& wcs, Role role);

// The value of the world axis that pixel axis `axis` drives, at pixel coordinate p, in the unit of
// WCSLIB (SI; see unit_along). Empty where the axis has no value.
std::optional<double> value_along(const Wcs& wcs, int axis, double p);
std::vector<std::optional<double>> values_along(const Wcs& wcs, int axis,
                                                const std::vector<double>& p);

// CTYPE and CUNIT of that world axis after WCSLIB's repairs.
std::string type_along(const Wcs& wcs, int axis);
std::string unit_along(const Wcs& wcs, int axis);

// A quantity at the pixel edge p; empty where it has none. The quantity may be infinite.
using Quantity = std::function<std::optional<double>(double p)>;

// The pixels whose [lower edge, upper edge] overlaps [lo, hi] by more than a point; for lo == hi
// the one pixel (the first) that holds it. By bisection where the quantity is monotonic, by looking
// at every pixel elsewhere. Throws Failure(usage) when that would be more than 250,000
// pixels.
std::optional<PixelInterval> overlapping(const Quantity& at, std::int64_t length, double lo,
                                         double hi);

// Least and greatest value over the axis, edges included; empty when none.
std::optional<std::pair<double, double>> range_of(const Quantity& at, std::int64_t length);

}  // namespace soda::wcs
