#include "wcs/along.h"

#include <wcslib/wcs.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "wcs/impl.h"

namespace soda::wcs {

namespace {

constexpr std::int64_t kMostScanned = 250'000;  // a tenth of a second
constexpr std::int64_t kProbes = 64;            // samples that tell whether an axis is monotonic

double edge(std::int64_t pixel) { return static_cast<double>(pixel) + 0.5; }

// Edges between which an axis is looked at to learn its direction: all of a short axis, some of a
// long one.
std::vector<double> probes(const Quantity& at, std::int64_t length, bool& all_known) {
  std::vector<double> values;
  const std::int64_t count = std::min(length, kProbes);
  all_known = true;
  for (std::int64_t k = 0; k <= count; ++k) {
    const auto pixel = static_cast<std::int64_t>(
        static_cast<double>(length) * static_cast<double>(k) / static_cast<double>(count));
    if (const auto value = at(edge(pixel))) {
      values.push_back(*value);
    } else {
      all_known = false;
    }
  }
  return values;
}

bool overlap(double a, double b, double lo, double hi) {
  const double least = std::min(a, b), most = std::max(a, b);
  if (lo == hi || least == most) return least <= hi && most >= lo;
  return least < hi && most > lo;
}

std::optional<PixelInterval> scanned(const Quantity& at, std::int64_t length, double lo,
                                     double hi) {
  if (length > kMostScanned) {
    throw Failure(FailureKind::usage,
                  "an axis whose coordinates do not run one way may have at most " +
                      std::to_string(kMostScanned) + " pixels, not " + std::to_string(length));
  }
  std::optional<PixelInterval> found;
  std::optional<double> before = at(edge(0));
  for (std::int64_t pixel = 1; pixel <= length; ++pixel) {
    const std::optional<double> after = at(edge(pixel));
    // A table may end in the middle of its last pixel: then its centre stands for the edge without
    // a value.
    std::optional<double> low = before, high = after;
    if (!low) low = at(static_cast<double>(pixel));
    if (!high) high = at(static_cast<double>(pixel));
    if (low && high && overlap(*low, *high, lo, hi)) {
      if (!found) found = PixelInterval{pixel, pixel};
      found->last = pixel;
      if (lo == hi) return found;
    }
    before = after;
  }
  return found;
}

// The number of edges, of 0 to `length`, at the start of the axis for which `early` holds.
template <class Early>
std::int64_t edges_before(std::int64_t length, const Early& early) {
  std::int64_t below = -1, above = length + 1;
  while (above - below > 1) {
    const std::int64_t middle = below + (above - below) / 2;
    (early(middle) ? below : above) = middle;
  }
  return above;
}

}  // namespace

std::optional<Along> find_along(const Wcs& wcs, Role role) {
  const Wcs::Impl& impl = wcs.impl();
  for (std::size_t j = 0; j < impl.roles.size(); ++j) {
    if (impl.roles[j] != role) continue;
    const std::int64_t length = j < impl.shape.size() ? impl.shape[j] : 1;
    if (length < 1) return std::nullopt;
    return Along{static_cast<int>(j), length};
  }
  return std::nullopt;
}

std::vector<std::optional<double>> values_along(const Wcs& wcs, int axis,
                                                const std::vector<double>& p) {
  const Wcs::Impl& impl = wcs.impl();
  std::vector<std::optional<double>> result(p.size());
  const int world = impl.world[static_cast<std::size_t>(axis)];
  if (!impl.full || world < 0) return result;
  const auto n = static_cast<std::size_t>(impl.full->naxis);
  std::vector<double> pixel(n), image(n), value(n);
  for (std::size_t j = 0; j < n; ++j) pixel[j] = impl.centre(j);
  for (std::size_t i = 0; i < p.size(); ++i) {
    pixel[static_cast<std::size_t>(axis)] = p[i];
    double phi = 0, theta = 0;
    int status = 0;
    const int answer = wcsp2s(impl.full.get(), 1, static_cast<int>(n), pixel.data(), image.data(),
                              &phi, &theta, value.data(), &status);
    // Bit i of the status: that world coordinate is not valid. A map whose centre has no sky may
    // still have a spectrum.
    const bool bad = answer != 0 && (answer != 8 || ((status >> world) & 1) != 0);
    const double v = value[static_cast<std::size_t>(world)];
    if (!bad && std::isfinite(v)) result[i] = v;
  }
  return result;
}

std::optional<double> value_along(const Wcs& wcs, int axis, double p) {
  return values_along(wcs, axis, {p})[0];
}

std::string type_along(const Wcs& wcs, int axis) {
  const int world = wcs.impl().world[static_cast<std::size_t>(axis)];
  return world < 0 ? std::string() : std::string(trim(wcs.impl().full->ctype[world]));
}

std::string unit_along(const Wcs& wcs, int axis) {
  const int world = wcs.impl().world[static_cast<std::size_t>(axis)];
  return world < 0 ? std::string() : std::string(trim(wcs.impl().full->cunit[world]));
}

std::optional<PixelInterval> overlapping(const Quantity& at, std::int64_t length, double lo,
                                         double hi) {
  bool all_known = false;
  const std::vector<double> values = probes(at, length, all_known);
  const bool rising = std::is_sorted(values.begin(), values.end());
  const bool falling = std::is_sorted(values.rbegin(), values.rend());
  if (!all_known || (!rising && !falling)) return scanned(at, length, lo, hi);
  // Edges up to `before` lie before the interval, edges from `after` lie behind it.
  const auto value = [&](std::int64_t k) {
    return at(edge(k)).value_or(rising ? values.back() : values.front());
  };
  const bool point = lo == hi;
  const std::int64_t before = edges_before(length, [&](std::int64_t k) {
    if (point) return rising ? value(k) < lo : value(k) > lo;
    return rising ? value(k) <= lo : value(k) >= hi;
  });
  const std::int64_t after =
      edges_before(length, [&](std::int64_t k) { return rising ? value(k) < hi : value(k) > lo; });
  // Pixel i lies between the edges i - 1 and i.
  const std::int64_t first = std::max<std::int64_t>(before, 1);
  const std::int64_t last = point ? first : std::min(after, length);
  if (point) {
    if (first > length) return std::nullopt;
    return overlap(value(first - 1), value(first), lo, hi)
               ? std::optional(PixelInterval{first, first})
               : std::nullopt;
  }
  if (first > last || after == 0) return std::nullopt;
  return PixelInterval{first, last};
}

std::optional<std::pair<double, double>> range_of(const Quantity& at, std::int64_t length) {
  std::optional<std::pair<double, double>> range;
  const auto include = [&](std::optional<double> value) {
    if (!value) return;
    if (!range) range = std::pair(*value, *value);
    range->first = std::min(range->first, *value);
    range->second = std::max(range->second, *value);
  };
  bool all_known = false;
  const std::vector<double> values = probes(at, length, all_known);
  const bool monotonic = std::is_sorted(values.begin(), values.end()) ||
                         std::is_sorted(values.rbegin(), values.rend());
  for (const double value : values) include(value);
  if (all_known && monotonic) return range;
  // Tables end at the centre of the last pixel or half-way beyond; and they may turn.
  const std::int64_t count = std::min<std::int64_t>(length, 65536);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto pixel =
        1 + static_cast<std::int64_t>(static_cast<double>(k) * static_cast<double>(length) /
                                      static_cast<double>(count));
    include(at(static_cast<double>(pixel)));
    include(at(edge(pixel)));
  }
  return range;
}

}  // namespace soda::wcs
