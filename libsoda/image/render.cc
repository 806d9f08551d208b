#include "image/render.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "image/limits.h"

namespace soda::image {
namespace {

bool has_gaps(const Plane& plane) {
  return std::ranges::any_of(plane.values, [](double v) { return std::isnan(v); });
}

std::vector<unsigned char> shades_of(const Plane& plane, const Look& look, unsigned char lowest) {
  return shades(plane.values, limits_of(plane, look), look.stretch, look.sense, lowest);
}

Limits free_limits(const Plane& plane, const Look& look) {
  if (look.percentiles) {
    return percentiles(plane.values, look.percentiles->low, look.percentiles->high);
  }
  return look.stretch == Stretch::histogram ? extremes(plane.values) : zscale(plane.values);
}

}  // namespace

Limits limits_of(const Plane& plane, const Look& look) {
  if (look.low && look.high) return {*look.low, *look.high};
  const Limits free = free_limits(plane, look);
  return {look.low.value_or(free.low), look.high.value_or(free.high)};
}

Picture render(const Plane& plane, const Look& look) {
  Picture picture;
  picture.width = plane.width;
  picture.height = plane.height;
  picture.gaps = has_gaps(plane) ? Gaps::zeros : Gaps::none;
  picture.samples = shades_of(plane, look, picture.gaps == Gaps::zeros ? 1 : 0);
  for (int low = 0, high = plane.height - 1; low < high; ++low, --high) {
    const auto row = picture.samples.begin() + std::ptrdiff_t{low} * plane.width;
    std::swap_ranges(row, row + plane.width,
                     picture.samples.begin() + std::ptrdiff_t{high} * plane.width);
  }
  picture.palette = palette(look.map);
  return picture;
}

Picture render_colours(const std::array<Plane, 3>& planes, const Look& look) {
  Picture picture;
  picture.width = planes[0].width;
  picture.height = planes[0].height;
  picture.channels = 3;
  picture.gaps = std::ranges::any_of(planes, has_gaps) ? Gaps::zeros : Gaps::none;
  picture.samples.resize(planes[0].values.size() * 3);
  const auto width = static_cast<std::size_t>(picture.width);
  const auto height = static_cast<std::size_t>(picture.height);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto levels = shades_of(planes[channel], look, picture.gaps == Gaps::zeros ? 1 : 0);
    for (std::size_t y = 0; y < height; ++y) {
      unsigned char* into = picture.samples.data() + (height - 1 - y) * width * 3 + channel;
      for (std::size_t x = 0; x < width; ++x) into[3 * x] = levels[y * width + x];
    }
  }
  return picture;
}

Picture enlarged(Picture picture, int size) {
  const int longest = std::max(picture.width, picture.height);
  if (longest >= size) return picture;
  const auto scaled = [&](int side) {
    const double exact = static_cast<double>(side) * size / longest;
    return std::max(1, static_cast<int>(std::lround(exact)));
  };
  Picture out = picture;
  out.width = scaled(picture.width);
  out.height = scaled(picture.height);
  const auto channels = static_cast<std::size_t>(picture.channels);
  out.samples.clear();
  out.samples.reserve(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) *
                      channels);
  // The pixel under the middle of the new one.
  const auto under = [](int at, int count, int of) {
    return (2 * std::int64_t{at} + 1) * of / (2 * std::int64_t{count});
  };
  for (int y = 0; y < out.height; ++y) {
    // Counted from the bottom, like the rows of the image.
    const auto from_bottom = under(out.height - 1 - y, out.height, picture.height);
    const auto row = (picture.height - 1 - from_bottom) * picture.width;
    for (int x = 0; x < out.width; ++x) {
      const auto at = static_cast<std::size_t>(row + under(x, out.width, picture.width));
      const auto from = picture.samples.begin() + static_cast<std::ptrdiff_t>(at * channels);
      out.samples.insert(out.samples.end(), from, from + picture.channels);
    }
  }
  return out;
}

}  // namespace soda::image
