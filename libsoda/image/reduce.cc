#include "image/reduce.h"

#include <cmath>
#include <limits>
#include <utility>

namespace soda::image {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

// Of the finite values; without any, the first infinity or NaN.
struct Sum {
  double value = nothing;
  std::int64_t count = 0;
};

Sum sum_of(std::span<const double> values) {
  // As long as the sum is finite, all of them are.
  double odd = 0, even = 0;
  std::size_t i = 0;
  for (; i + 1 < values.size(); i += 2) {
    even += values[i];
    odd += values[i + 1];
  }
  if (i < values.size()) even += values[i];
  if (std::isfinite(even + odd)) return {even + odd, std::ssize(values)};
  Sum sum;
  for (const double value : values) {
    if (std::isfinite(value)) {
      sum.value = sum.count > 0 ? sum.value + value : value;
      ++sum.count;
    } else if (sum.count == 0 && std::isnan(sum.value)) {
      sum.value = value;
    }
  }
  return sum;
}

}  // namespace

Reduction::Reduction(std::int64_t width, std::int64_t height, int out_width, int out_height)
    : width_(width),
      height_(height),
      plane_(out_width, out_height, nothing),
      sums_(static_cast<std::size_t>(out_width), nothing),
      counts_(static_cast<std::size_t>(out_width), 0) {}

void Reduction::add(std::int64_t y, std::int64_t x, std::span<const double> values) {
  const std::int64_t row = block_of(y, plane_.height, height_);
  if (row != row_) {
    finish_row();
    row_ = row;
  }
  std::int64_t column = block_of(x, plane_.width, width_);
  const double* at = values.data();
  const double* const end = at + values.size();
  while (at != end) {
    const std::int64_t next = block_begin(column + 1, plane_.width, width_);
    const double* const stop = at + std::min<std::int64_t>(next - x, end - at);
    x += stop - at;
    const Sum sum = sum_of({at, stop});
    at = stop;
    const auto i = static_cast<std::size_t>(column++);
    if (sum.count > 0) {
      sums_[i] = counts_[i] > 0 ? sums_[i] + sum.value : sum.value;
      counts_[i] += sum.count;
    } else if (std::isnan(sums_[i])) {
      sums_[i] = sum.value;
    }
  }
}

void Reduction::finish_row() {
  if (row_ < 0) return;
  double* into = plane_.values.data() + row_ * plane_.width;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    into[i] = counts_[i] > 0 ? sums_[i] / static_cast<double>(counts_[i]) : sums_[i];
    sums_[i] = nothing;
    counts_[i] = 0;
  }
}

Plane Reduction::take() {
  finish_row();
  row_ = -1;
  return std::move(plane_);
}

}  // namespace soda::image
