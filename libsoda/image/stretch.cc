#include "image/stretch.h"

#include <algorithm>
#include <cmath>

namespace soda::image {
namespace {

double linear(double x) { return x; }
double logarithmic(double x) { return std::log(1000 * x + 1) / std::log(1001.0); }
double square_root(double x) { return std::sqrt(x); }
double hyperbolic(double x) { return std::asinh(10 * x) / std::asinh(10.0); }

// [0, 1], also where the arithmetic overflowed.
double clipped(double x) { return x >= 0 ? std::min(x, 1.0) : 0; }

// Where a value lies between the limits.
class Place {
 public:
  explicit Place(const Limits& limits)
      : low_(limits.low), width_(limits.high > limits.low ? limits.high - limits.low : 1) {}
  double of(double value) const { return clipped((value - low_) / width_); }

 private:
  double low_, width_;
};

// How many of the values between the limits are below a value, ties counted as below: from 0 for
// the first to 1 for the last.
class Rank {
 public:
  Rank(std::span<const double> values, const Limits& limits) {
    std::ranges::copy_if(values, std::back_inserter(sorted_), [&](double v) {
      return std::isfinite(v) && v >= limits.low && v <= limits.high;
    });
    std::ranges::sort(sorted_);
    // All of one value: no rank to tell.
    if (!sorted_.empty() && sorted_.front() == sorted_.back()) sorted_.clear();
  }

  double of(double value) const {
    if (sorted_.empty()) return 0;
    const auto above = std::ranges::upper_bound(sorted_, value) - sorted_.begin();
    if (above == 0) return 0;
    return static_cast<double>(above - 1) / static_cast<double>(sorted_.size() - 1);
  }

 private:
  std::vector<double> sorted_;
};

template <class Position>
std::vector<unsigned char> shaded(std::span<const double> values, Sense sense, unsigned char lowest,
                                  const Position& position) {
  std::vector<unsigned char> out;
  out.reserve(values.size());
  for (const double value : values) {
    if (std::isnan(value)) {
      out.push_back(0);
      continue;
    }
    const double x = position(value);
    const auto shade = static_cast<unsigned char>(std::lround(255 * x));
    const auto turned = static_cast<unsigned char>(sense == Sense::reversed ? 255 - shade : shade);
    out.push_back(std::max(turned, lowest));
  }
  return out;
}

}  // namespace

std::vector<unsigned char> shades(std::span<const double> values, const Limits& limits,
                                  Stretch stretch, Sense sense, unsigned char lowest) {
  if (stretch == Stretch::histogram) {
    const Rank rank(values, limits);
    return shaded(values, sense, lowest, [&](double v) { return rank.of(v); });
  }
  const Place place(limits);
  const auto through = [&](double (*curve)(double)) {
    return shaded(values, sense, lowest, [&](double v) { return curve(place.of(v)); });
  };
  switch (stretch) {
    case Stretch::linear:
      return through(linear);
    case Stretch::log:
      return through(logarithmic);
    case Stretch::sqrt:
      return through(square_root);
    case Stretch::asinh:
    case Stretch::histogram:
      break;
  }
  return through(hyperbolic);
}

}  // namespace soda::image
