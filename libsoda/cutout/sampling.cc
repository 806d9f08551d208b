#include "cutout/sampling.h"

#include <algorithm>
#include <cmath>

#include "image/reduce.h"

namespace soda::cutout {
namespace {

using wcs::PixelBox;
using wcs::PixelInterval;

constexpr double mib = 1 << 20;
constexpr double cheap_bytes = 32 * mib;   // of a plain image: every pixel is read
constexpr double most_bytes = 96 * mib;    // of a plain image, at all
constexpr double most_pixels = 512 * mib;  // of a compressed image
constexpr std::int64_t run_bytes = 4096;   // a page: shorter runs of a row cost as much

// The part of picture pixel `i` of `n` that the image has; empty (first > last) where it has none.
PixelInterval block(std::int64_t i, std::int64_t n, const PixelInterval& asked,
                    const PixelInterval& inside) {
  const std::int64_t first = asked.first + image::block_begin(i, n, asked.length());
  const std::int64_t end = asked.first + image::block_begin(i + 1, n, asked.length());
  return {std::max(first, inside.first), std::min(end - 1, inside.last)};
}

void add_run(std::vector<PixelInterval>& runs, std::int64_t first, std::int64_t last) {
  if (!runs.empty() && first == runs.back().last + 1) {
    runs.back().last = last;
  } else {
    runs.push_back({first, last});
  }
}

class Sampler {
 public:
  Sampler(const PixelBox& asked, const PixelBox& inside, const Storage& storage)
      : asked_(asked), inside_(inside), storage_(storage) {}

  Sampling run(int size) {
    const std::int64_t longest = std::max(asked_.x.length(), asked_.y.length());
    set_size(std::min<std::int64_t>(size, longest));
    const double all = bytes(inside_.x.length(), inside_.y.length());
    if (all <= (storage_.rows == Storage::Rows::stored ? cheap_bytes : most_pixels)) {
      out_.columns = {inside_.x};
      out_.rows = {inside_.y};
      return out_;
    }
    for (std::int64_t n = std::min<std::int64_t>(size, longest); !affordable() && n > 1;) {
      n = std::max<std::int64_t>(1, n * 31 / 32);
      set_size(n);
    }
    choose_columns();
    choose_rows();
    return out_;
  }

 private:
  // Of tiles: pixels.
  double bytes(std::int64_t columns, std::int64_t rows) const {
    return static_cast<double>(columns) * static_cast<double>(rows) *
           static_cast<double>(storage_.pixel);
  }

  void set_size(std::int64_t longest) {
    const auto width = static_cast<double>(asked_.x.length());
    const auto height = static_cast<double>(asked_.y.length());
    const double scale = static_cast<double>(longest) / std::max(width, height);
    out_.width = static_cast<int>(std::max(1L, std::lround(width * scale)));
    out_.height = static_cast<int>(std::max(1L, std::lround(height * scale)));
  }

  // Runs instead of whole rows, where the picture's columns are far apart.
  bool in_runs() const {
    return storage_.rows == Storage::Rows::stored &&
           bytes(inside_.x.length(), 1) > static_cast<double>(out_.width) * run_bytes;
  }
  double row_bytes() const {
    return in_runs() ? static_cast<double>(out_.width) * run_bytes : bytes(inside_.x.length(), 1);
  }
  std::int64_t tiles() const {
    return (inside_.y.last - 1) / storage_.tile_rows - (inside_.y.first - 1) / storage_.tile_rows +
           1;
  }

  bool affordable() const {
    switch (storage_.rows) {
      case Storage::Rows::stored:
        break;
      case Storage::Rows::from_top:
        // More rows than tiles would need almost all of it decoded.
        return out_.height <= tiles() && out_.height * row_bytes() <= most_bytes;
      case Storage::Rows::whole_tiles:
        return static_cast<double>(std::min<std::int64_t>(out_.height, tiles()) *
                                   storage_.tile_rows) *
                   row_bytes() <=
               most_pixels;
    }
    return out_.height * row_bytes() <= most_bytes;
  }

  void choose_columns() {
    if (!in_runs()) {
      out_.columns = {inside_.x};
      return;
    }
    const std::int64_t most = std::max<std::int64_t>(1, run_bytes / storage_.pixel);
    for (int i = 0; i < out_.width; ++i) {
      const PixelInterval here = block(i, out_.width, asked_.x, inside_.x);
      if (here.first > here.last) continue;
      const std::int64_t length = std::min(here.length(), most);
      const std::int64_t first = here.first + (here.length() - length) / 2;
      add_run(out_.columns, first, first + length - 1);
    }
  }

  void choose_rows() {
    for (int i = 0; i < out_.height; ++i) {
      const PixelInterval here = block(i, out_.height, asked_.y, inside_.y);
      if (here.first > here.last) continue;
      if (storage_.rows == Storage::Rows::stored) {
        spread_rows(here);
      } else {
        const std::int64_t row = cheapest_row(here);
        add_run(out_.rows, row, row);
      }
    }
  }

  // As many as the cheap budget allows, at even distances.
  void spread_rows(const PixelInterval& here) {
    const auto allowed = static_cast<std::int64_t>(cheap_bytes / (out_.height * row_bytes()));
    const std::int64_t count = std::clamp<std::int64_t>(allowed, 1, here.length());
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t row = here.first + (2 * k + 1) * here.length() / (2 * count);
      add_run(out_.rows, row, row);
    }
  }

  // The first row of a tile, where one begins here.
  std::int64_t cheapest_row(const PixelInterval& here) const {
    const std::int64_t into = (here.first - 1) % storage_.tile_rows;
    const std::int64_t top = into == 0 ? here.first : here.first + storage_.tile_rows - into;
    return top <= here.last ? top : here.first;
  }

  const PixelBox& asked_;
  const PixelBox& inside_;
  const Storage& storage_;
  Sampling out_;
};

}  // namespace

Sampling sample(const PixelBox& asked, const PixelBox& inside, const Storage& storage, int size) {
  return Sampler(asked, inside, storage).run(size);
}

}  // namespace soda::cutout
