#include "image/limits.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace soda::image {
namespace {

constexpr std::size_t sample_count = 1000;
constexpr double contrast = 0.25;
constexpr double most_rejected = 0.5;
constexpr std::size_t least_left = 5;
constexpr double rejection_sigmas = 2.5;
constexpr int most_rounds = 5;

// Every n-th finite value, so that about a thousand are taken; sorted.
std::vector<double> samples_of(std::span<const double> values) {
  const auto is_finite = [](double v) { return std::isfinite(v); };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(values, is_finite));
  const std::size_t stride = std::max<std::size_t>(1, count / sample_count);
  std::vector<double> samples;
  samples.reserve(std::min(count, sample_count));
  std::size_t wait = 0;
  for (const double value : values) {
    if (!is_finite(value)) continue;
    if (wait-- > 0) continue;
    wait = stride - 1;
    samples.push_back(value);
    if (samples.size() == sample_count) break;
  }
  std::ranges::sort(samples);
  return samples;
}

struct Line {
  double slope = 0, offset = 0;
  double at(std::size_t x) const { return slope * static_cast<double>(x) + offset; }
};

// Least squares over the samples that are not rejected, against their rank.
Line fit(const std::vector<double>& samples, const std::vector<char>& bad, std::size_t good) {
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (bad[i]) continue;
    mean_x += static_cast<double>(i);
    mean_y += samples[i];
  }
  mean_x /= static_cast<double>(good);
  mean_y /= static_cast<double>(good);
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (bad[i]) continue;
    const double x = static_cast<double>(i) - mean_x;
    xx += x * x;
    xy += x * (samples[i] - mean_y);
  }
  const double slope = xx > 0 ? xy / xx : 0;
  return {slope, mean_y - slope * mean_x};
}

// Standard deviation of the samples that are not rejected about their mean distance from the line.
double scatter(const std::vector<double>& samples, const Line& line, const std::vector<char>& bad,
               std::size_t good) {
  double mean = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!bad[i]) mean += samples[i] - line.at(i);
  }
  mean /= static_cast<double>(good);
  double squares = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (bad[i]) continue;
    const double distance = samples[i] - line.at(i) - mean;
    squares += distance * distance;
  }
  return std::sqrt(squares / static_cast<double>(good));
}

// Neighbours of a rejected sample are rejected too: a window of one hundredth of the samples,
// placed as numpy.convolve(…, mode="same") places it.
std::vector<char> grown(const std::vector<char>& bad) {
  const auto count = static_cast<std::ptrdiff_t>(bad.size());
  const std::ptrdiff_t window = std::max<std::ptrdiff_t>(1, count / 100);
  const std::ptrdiff_t ahead = (window - 1) / 2;
  std::vector<char> wider(bad.size(), 0);
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    if (!bad[static_cast<std::size_t>(i)]) continue;
    const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, i - ahead);
    const std::ptrdiff_t last = std::min(count - 1, i - ahead + window - 1);
    std::fill(wider.begin() + first, wider.begin() + last + 1, char{1});
  }
  return wider;
}

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

// The value at a fractional rank. Reorders `values`.
double at_rank(std::vector<double>& values, double rank) {
  const auto below = static_cast<std::size_t>(rank);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), place, values.end());
  const double fraction = rank - static_cast<double>(below);
  if (fraction == 0 || below + 1 == values.size()) return *place;
  const double above = *std::min_element(place + 1, values.end());
  return *place + (above - *place) * fraction;
}

}  // namespace

Limits zscale(std::span<const double> values) {
  const std::vector<double> samples = samples_of(values);
  if (samples.empty()) return {};
  const std::size_t count = samples.size();
  const Limits all{samples.front(), samples.back()};
  const std::size_t least =
      std::max(least_left, static_cast<std::size_t>(static_cast<double>(count) * most_rejected));
  std::vector<char> bad(count, 0);
  std::size_t good = count, before = count + 1;
  Line line;
  for (int round = 0; round < most_rounds && good < before && good >= least; ++round) {
    line = fit(samples, bad, good);
    const double threshold = rejection_sigmas * scatter(samples, line, bad, good);
    for (std::size_t i = 0; i < count; ++i) {
      if (std::abs(samples[i] - line.at(i)) > threshold) bad[i] = 1;
    }
    bad = grown(bad);
    before = good;
    good = static_cast<std::size_t>(std::ranges::count(bad, char{0}));
  }
  if (good < least) return all;
  const double slope = line.slope / contrast;
  const auto centre = static_cast<double>((count - 1) / 2);
  const double median = median_of_sorted(samples);
  return {std::max(all.low, median - (centre - 1) * slope),
          std::min(all.high, median + (static_cast<double>(count) - centre) * slope)};
}

Limits percentiles(std::span<const double> values, double low, double high) {
  std::vector<double> finite;
  finite.reserve(values.size());
  std::ranges::copy_if(values, std::back_inserter(finite),
                       [](double v) { return std::isfinite(v); });
  if (finite.empty()) return {};
  const auto last = static_cast<double>(finite.size() - 1);
  return {at_rank(finite, low / 100 * last), at_rank(finite, high / 100 * last)};
}

Limits extremes(std::span<const double> values) {
  Limits limits;
  bool first = true;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    limits.low = first ? value : std::min(limits.low, value);
    limits.high = first ? value : std::max(limits.high, value);
    first = false;
  }
  return limits;
}

}  // namespace soda::image
