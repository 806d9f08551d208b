#include "image/reduce.h"

#include <cmath>
#include <limits>
#include <utility>

namespace soda::image {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

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
    double sum = 0;
    std::int64_t count = 0;
    double infinity = nothing;
    for (; at != stop; ++at) {
      if (std::isfinite(*at)) {
        sum += *at;
        ++count;
      } else if (std::isnan(infinity)) {
        infinity = *at;
      }
    }
    const auto i = static_cast<std::size_t>(column++);
    if (count > 0) {
      sums_[i] = counts_[i] > 0 ? sums_[i] + sum : sum;
      counts_[i] += count;
    } else if (std::isnan(sums_[i])) {
      sums_[i] = infinity;
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
