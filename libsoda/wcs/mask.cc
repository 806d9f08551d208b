// Region -> mask of pixels.
//
// Pixels within a pixel's width of the projected boundary are tested one by one, exactly. The
// others need no test of their own: two neighbours between which no boundary passes are both inside
// or both outside, so one test serves a whole connected patch.
#include <algorithm>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "wcs/impl.h"
#include "wcs/pixels.h"
#include "wcs/trace.h"

namespace soda::wcs {

namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 32;  // pixels of one mask
constexpr double kBand = 0.75;  // pixels either side of the boundary that are tested: half a pixel
                                // and what the chords may miss
constexpr double kFlat =
    0.4;  // deviation at which two chords replace a piece: they miss it by a quarter of this
constexpr unsigned char kEdge = 2;

struct Mask {
  const PixelBox& box;
  std::size_t width, height;
  std::vector<unsigned char> values;

  explicit Mask(const PixelBox& b)
      : box(b),
        width(static_cast<std::size_t>(b.x.length())),
        height(static_cast<std::size_t>(b.y.length())) {
    values.assign(width * height, 0);
  }
  unsigned char* row(std::size_t j) { return values.data() + j * width; }
};

class EdgeMarker : public Follower {
 public:
  explicit EdgeMarker(Mask& mask)
      : mask_(mask),
        area_{static_cast<double>(mask.box.x.first) - 1, static_cast<double>(mask.box.y.first) - 1,
              static_cast<double>(mask.box.x.last) + 1, static_cast<double>(mask.box.y.last) + 1} {}

  bool settled(const Bend& bend) override {
    if (bend.hull().clipped(area_).empty()) return true;
    if (!(bend.deviation() < kFlat)) return false;
    mark(bend.a, bend.m);
    mark(bend.m, bend.b);
    return true;
  }

 private:
  // In every row within reach of the line: the columns within reach of the part of the line that is
  // near the row.
  void mark(Wcs::Pixel a, Wcs::Pixel b) {
    if (a.y > b.y) std::swap(a, b);
    const double first = std::max(std::ceil(a.y - kBand), static_cast<double>(mask_.box.y.first));
    const double last = std::min(std::floor(b.y + kBand), static_cast<double>(mask_.box.y.last));
    const double slope = b.y > a.y ? (b.x - a.x) / (b.y - a.y) : 0;
    const auto at = [&](double y) { return a.x + (std::clamp(y, a.y, b.y) - a.y) * slope; };
    for (double y = first; y <= last; ++y) {
      double lo = at(y - kBand), hi = at(y + kBand);
      if (b.y == a.y) lo = a.x, hi = b.x;
      if (lo > hi) std::swap(lo, hi);
      const double from = std::max(std::ceil(lo - kBand), static_cast<double>(mask_.box.x.first));
      const double to = std::min(std::floor(hi + kBand), static_cast<double>(mask_.box.x.last));
      if (from > to) continue;
      unsigned char* row =
          mask_.row(static_cast<std::size_t>(static_cast<std::int64_t>(y) - mask_.box.y.first));
      std::fill(row + (static_cast<std::int64_t>(from) - mask_.box.x.first),
                row + (static_cast<std::int64_t>(to) - mask_.box.x.first) + 1, kEdge);
    }
  }

  Mask& mask_;
  Rect area_;
};

// Exact tests, collected and projected together.
class Tester {
 public:
  Tester(const Wcs& wcs, const sky::Region& region, const PixelBox& box)
      : wcs_(wcs), region_(region), box_(box) {}

  void ask(std::size_t column, std::size_t row, unsigned char& answer) {
    pixels_.push_back({static_cast<double>(box_.x.first) + static_cast<double>(column),
                       static_cast<double>(box_.y.first) + static_cast<double>(row)});
    answers_.push_back(&answer);
    if (pixels_.size() == 1024) settle();
  }

  void settle() {
    icrs_.resize(pixels_.size());
    ok_.resize(pixels_.size());
    wcs_.to_sky(pixels_, icrs_, ok_);
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
      *answers_[i] = ok_[i] && sky::contains(region_, icrs_[i]) ? 1 : 0;
    }
    pixels_.clear();
    answers_.clear();
  }

 private:
  const Wcs& wcs_;
  const sky::Region& region_;
  const PixelBox& box_;
  std::vector<Wcs::Pixel> pixels_;
  std::vector<sky::Direction> icrs_;
  std::vector<char> ok_;
  std::vector<unsigned char*> answers_;
};

void test_all(Mask& mask, Tester& tester) {
  for (std::size_t j = 0; j < mask.height; ++j) {
    for (std::size_t i = 0; i < mask.width; ++i) tester.ask(i, j, mask.row(j)[i]);
  }
  tester.settle();
}

// Between the marked pixels of a row lie runs of one value each. A run takes it from the row below
// where they touch in unmarked pixels.
void fill_runs(Mask& mask, const std::vector<unsigned char>& edges, Tester& tester) {
  for (std::size_t j = 0; j < mask.height; ++j) {
    const unsigned char* edge = edges.data() + j * mask.width;
    unsigned char* row = mask.row(j);
    for (std::size_t i = 0; i < mask.width;) {
      if (edge[i] == kEdge) {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < mask.width && edge[end] != kEdge) ++end;
      const unsigned char* below = j > 0 ? edge - mask.width : nullptr;
      const unsigned char* known =
          below == nullptr
              ? nullptr
              : std::find_if(below + i, below + end, [](unsigned char e) { return e != kEdge; });
      unsigned char value = 0;
      if (known != nullptr && known != below + end) {
        value = mask.row(j - 1)[known - below];
      } else {
        tester.ask(i, j, value);
        tester.settle();
      }
      std::fill(row + i, row + end, value);
      i = end;
    }
  }
}

}  // namespace

std::vector<unsigned char> mask_of(const Wcs& wcs, const sky::Region& region, const PixelBox& box) {
  if (box.x.length() < 1 || box.y.length() < 1 || box.x.length() > kLargest / box.y.length()) {
    throw Failure(FailureKind::too_large, "a mask may have at most " + std::to_string(kLargest) +
                                              " pixels, not " + std::to_string(box.x.length()) +
                                              " x " + std::to_string(box.y.length()));
  }
  Mask mask(box);
  Tester tester(wcs, region, box);
  const Rect area{static_cast<double>(box.x.first) - 0.5, static_cast<double>(box.y.first) - 0.5,
                  static_cast<double>(box.x.last) + 0.5, static_cast<double>(box.y.last) + 0.5};
  const Rect image = image_of(wcs);
  const bool inside =
      area.x0 >= image.x0 && area.y0 >= image.y0 && area.x1 <= image.x1 && area.y1 <= image.y1;
  // The cap of the box itself would do for a box inside the image too, but the image's is known.
  const Reach reach = inside ? *wcs.impl().reach : reach_of(wcs, area);
  EdgeMarker marker(mask);
  if (!reach.smooth || !trace(wcs, sky::boundary(region), reach, marker)) {
    test_all(mask, tester);
    return std::move(mask.values);
  }
  const std::vector<unsigned char> edges = mask.values;
  for (std::size_t j = 0; j < mask.height; ++j) {
    for (std::size_t i = 0; i < mask.width; ++i) {
      if (edges[j * mask.width + i] == kEdge) tester.ask(i, j, mask.row(j)[i]);
    }
  }
  tester.settle();
  fill_runs(mask, edges, tester);
  return std::move(mask.values);
}

}  // namespace soda::wcs
