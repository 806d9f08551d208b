// Region -> mask of pixels.
//
// The boundary is projected as a chain of chords that miss it by at most kChord pixels. Pixels
// farther than that from the chain are inside or outside by counting crossings along their row; the
// few nearer ones are tested exactly, on the sphere. So no pixel differs from the exact test of all
// of them, for a hundredth of its cost.
#include <algorithm>
#include <cmath>

#include "base/failure.h"
#include "wcs/impl.h"
#include "wcs/pixels.h"
#include "wcs/trace.h"

namespace soda::wcs {

namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 32;  // pixels of one mask
constexpr double kChord = 0.02;
constexpr double kBand = 2 * kChord;  // tested exactly on either side of a chord
// Chords meet at points known to rounding only. Where such a point lies on a row of pixel centres,
// crossings of that row cannot be counted.
constexpr double kDoubt = 1e-6;
// Crossings are counted from a line just left of the first column.
constexpr double kMargin = 0.37;
constexpr std::size_t kSpotChecks = 64;

// Columns and rows are counted from 0 at the corner of the box.
struct Crossing {
  std::size_t row, column;  // the first pixel behind it
  auto operator<=>(const Crossing&) const = default;
};
struct Stretch {
  std::size_t row, first, last;
};

class Chain : public Follower {
 public:
  explicit Chain(const PixelBox& box)
      : x0_(static_cast<double>(box.x.first)),
        y0_(static_cast<double>(box.y.first)),
        width_(static_cast<double>(box.x.length())),
        height_(static_cast<double>(box.y.length())),
        area_{x0_ - 1, y0_ - 1, x0_ + width_, y0_ + height_},
        start_flips_(static_cast<std::size_t>(box.y.length())),
        doubtful_(static_cast<std::size_t>(box.y.length())) {}

  bool settled(const Bend& bend) override {
    if (bend.hull().clipped(area_).empty()) return true;
    // The halves deviate by a quarter of the whole.
    if (!(bend.deviation() < 4 * kChord)) return false;
    add(bend.a, bend.m);
    add(bend.m, bend.b);
    return true;
  }

  void sort() { std::sort(crossings.begin(), crossings.end()); }

  std::vector<Crossing> crossings;  // between the start line and the pixels of each row
  std::vector<Stretch> near;        // pixels within the band
  // Crossings of the start line below each row, modulo 2.
  bool starts_flipped(std::size_t row) const { return start_flips_[row] != 0; }
  bool doubtful(std::size_t row) const { return doubtful_[row] != 0; }
  bool start_doubtful() const { return start_doubtful_; }

 private:
  void add(Wcs::Pixel a, Wcs::Pixel b) {
    // From here on pixel (0, 0) is the corner of the box.
    a.x -= x0_, b.x -= x0_, a.y -= y0_, b.y -= y0_;
    doubt(a);
    doubt(b);
    if (a.y > b.y) std::swap(a, b);
    cross_rows(a, b);
    cross_start(a, b);
    mark_near(a, b);
  }

  void doubt(const Wcs::Pixel& p) {
    const double row = std::round(p.y);
    if (std::fabs(p.y - row) < kDoubt && row >= 0 && row < height_) {
      doubtful_[static_cast<std::size_t>(row)] = 1;
    }
    if (std::fabs(p.x + kMargin) < kDoubt) start_doubtful_ = true;
  }

  void cross_rows(const Wcs::Pixel& a, const Wcs::Pixel& b) {
    const double last = std::min(std::ceil(b.y) - 1, height_ - 1);
    for (double y = std::max(std::ceil(a.y), 0.0); y <= last; ++y) {
      const double x = a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y));
      if (!(x > -kMargin && x < width_ - 1)) continue;
      const double column = std::max(std::floor(x) + 1, 0.0);
      crossings.push_back({static_cast<std::size_t>(y), static_cast<std::size_t>(column)});
    }
  }

  void cross_start(const Wcs::Pixel& a, const Wcs::Pixel& b) {
    if ((a.x > -kMargin) == (b.x > -kMargin)) return;
    const double y = a.y + (b.y - a.y) * ((-kMargin - a.x) / (b.x - a.x));
    if (y >= height_ - 1) return;
    // All rows above it start on the other side.
    const double row = std::max(std::floor(y) + 1, 0.0);
    for (auto r = static_cast<std::size_t>(row); r < start_flips_.size(); ++r) start_flips_[r] ^= 1;
  }

  // Where rows come within the band of the chord.
  void mark_near(const Wcs::Pixel& a, const Wcs::Pixel& b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
    const double last = std::min(std::floor(b.y + kBand), height_ - 1);
    for (double y = std::max(std::ceil(a.y - kBand), 0.0); y <= last; ++y) {
      double lo = std::min(a.x, b.x), hi = std::max(a.x, b.x);
      if (dy > 0) {
        // The strip about the endless line, cut by the chord's own columns.
        const double middle = a.x + dx * ((y - a.y) / dy), reach = kBand * length / dy;
        lo = std::max(lo, middle - reach), hi = std::min(hi, middle + reach);
      }
      const double first_column = std::max(std::ceil(lo - kBand), 0.0);
      const double last_column = std::min(std::floor(hi + kBand), width_ - 1);
      if (first_column > last_column) continue;
      near.push_back({static_cast<std::size_t>(y), static_cast<std::size_t>(first_column),
                      static_cast<std::size_t>(last_column)});
    }
  }

  double x0_, y0_, width_, height_;
  Rect area_;
  std::vector<unsigned char> start_flips_, doubtful_;
  bool start_doubtful_ = false;
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

class Mask {
 public:
  Mask(const PixelBox& box, Tester& tester)
      : width_(static_cast<std::size_t>(box.x.length())),
        height_(static_cast<std::size_t>(box.y.length())),
        values_(width_ * height_),
        tester_(tester) {}

  std::vector<unsigned char>& values() { return values_; }

  void test_all() {
    for (std::size_t row = 0; row < height_; ++row) test(row, 0, width_ - 1);
    tester_.settle();
  }

  // False when the chain cannot be trusted.
  bool fill(Chain& chain) {
    if (chain.start_doubtful()) return false;
    chain.sort();
    const std::vector<std::size_t> rows = spot_rows(chain);
    if (rows.empty()) return false;
    // What the first pixels of some rows are tells which side of the chain is the inside; all must
    // tell the same.
    std::vector<unsigned char> exact(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) tester_.ask(0, rows[i], exact[i]);
    tester_.settle();
    unsigned char outside = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const unsigned char here = exact[i] ^ parity_of_first(chain, rows[i]);
      if (i > 0 && here != outside) return false;
      outside = here;
    }
    fill_rows(chain, outside);
    for (const Stretch& s : chain.near) test(s.row, s.first, s.last);
    for (std::size_t row = 0; row < height_; ++row) {
      if (chain.doubtful(row)) test(row, 0, width_ - 1);
    }
    tester_.settle();
    return true;
  }

 private:
  void test(std::size_t row, std::size_t first, std::size_t last) {
    for (std::size_t column = first; column <= last; ++column) {
      tester_.ask(column, row, values_[row * width_ + column]);
    }
  }

  static unsigned char parity_of_first(const Chain& chain, std::size_t row) {
    const auto begin =
        std::lower_bound(chain.crossings.begin(), chain.crossings.end(), Crossing{row, 0});
    const auto end = std::upper_bound(begin, chain.crossings.end(), Crossing{row, 0});
    return static_cast<unsigned char>((end - begin + (chain.starts_flipped(row) ? 1 : 0)) % 2);
  }

  // Rows whose first pixel is clear of the boundary, spread over the mask.
  std::vector<std::size_t> spot_rows(const Chain& chain) const {
    std::vector<char> bad(height_);
    for (const Stretch& s : chain.near) {
      if (s.first == 0) bad[s.row] = 1;
    }
    std::vector<std::size_t> rows;
    const std::size_t step = std::max<std::size_t>(1, height_ / kSpotChecks);
    std::size_t next = 0;
    for (std::size_t row = 0; row < height_; ++row) {
      if (row < next || bad[row] || chain.doubtful(row)) continue;
      rows.push_back(row);
      next = row + step;
    }
    return rows;
  }

  void fill_rows(const Chain& chain, unsigned char outside) {
    auto crossing = chain.crossings.begin();
    for (std::size_t row = 0; row < height_; ++row) {
      unsigned char* line = values_.data() + row * width_;
      unsigned char value = outside ^ (chain.starts_flipped(row) ? 1 : 0);
      std::size_t column = 0;
      for (; crossing != chain.crossings.end() && crossing->row == row; ++crossing) {
        std::fill(line + column, line + crossing->column, value);
        column = crossing->column;
        value ^= 1;
      }
      std::fill(line + column, line + width_, value);
    }
  }

  std::size_t width_, height_;
  std::vector<unsigned char> values_;
  Tester& tester_;
};

}  // namespace

std::vector<unsigned char> mask_of(const Wcs& wcs, const sky::Region& region, const PixelBox& box) {
  if (box.x.length() < 1 || box.y.length() < 1 || box.x.length() > kLargest / box.y.length()) {
    throw Failure(FailureKind::too_large, "a mask may have at most " + std::to_string(kLargest) +
                                              " pixels, not " + std::to_string(box.x.length()) +
                                              " x " + std::to_string(box.y.length()));
  }
  Tester tester(wcs, region, box);
  Mask mask(box, tester);
  const Rect area{static_cast<double>(box.x.first) - 0.5, static_cast<double>(box.y.first) - 0.5,
                  static_cast<double>(box.x.last) + 0.5, static_cast<double>(box.y.last) + 0.5};
  const Rect image = image_of(wcs);
  const bool inside =
      area.x0 >= image.x0 && area.y0 >= image.y0 && area.x1 <= image.x1 && area.y1 <= image.y1;
  // The cap of the box itself would do for a box inside the image too, but the image's is known.
  const Reach reach = inside ? *wcs.impl().reach : reach_of(wcs, area);
  Chain chain(box);
  const bool followed = reach.smooth && trace(wcs, sky::boundary(region), reach, chain);
  if (!followed || !mask.fill(chain)) mask.test_all();
  return std::move(mask.values());
}

}  // namespace soda::wcs
