#include "wcs/scan.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace soda::wcs {

namespace {

constexpr int kSide = 5;  // samples a side of a square, its edges included
constexpr double kFirst =
    64;  // pixels; larger squares are halved unseen, so that no part of a map is overlooked
constexpr int kBudget = 1'000'000;

class Scanner {
 public:
  Scanner(const Wcs& wcs, const sky::Region& region, const Rect& area, Thoroughness thoroughness,
          Extent& extent)
      : wcs_(wcs),
        region_(region),
        bounds_(sky::bounding_circle(region)),
        thoroughness_(thoroughness),
        extent_(extent),
        first_(std::max({kFirst, (area.x1 - area.x0) / 64, (area.y1 - area.y0) / 64})) {}

  void visit(const Rect& square) {
    const double w = square.x1 - square.x0, h = square.y1 - square.y0;
    if (extent_.holds({square.x0, square.y0, square.x1, square.y1}, 0)) return;
    if (std::max(w, h) > first_) return halve(square);
    --budget_;
    sample(square);
    int good = 0, inside = 0;
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
      if (!ok_[i]) continue;
      ++good;
      if (!sky::contains(region_, icrs_[i])) continue;
      ++inside;
      extent_.add(pixels_[i]);
    }
    const bool whole = inside == kSide * kSide;
    if (good == 0 || whole || std::max(w, h) <= 1 || budget_ < 0) return;
    // The region's boundary spans its box, except where the map ends or is cut inside the region.
    const bool ends_here = good < kSide * kSide || torn();
    if (inside > 0 || ((ends_here || thoroughness_ == Thoroughness::touching) && may_touch())) {
      halve(square);
    }
  }

 private:
  void halve(const Rect& s) {
    const double w = s.x1 - s.x0, h = s.y1 - s.y0;
    // At pixel edges as long as there are some inside.
    if (w >= h) {
      const double x = s.x0 + std::max(1.0, std::floor(w / 2));
      visit({s.x0, s.y0, x, s.y1});
      visit({x, s.y0, s.x1, s.y1});
    } else {
      const double y = s.y0 + std::max(1.0, std::floor(h / 2));
      visit({s.x0, s.y0, s.x1, y});
      visit({s.x0, y, s.x1, s.y1});
    }
  }

  void sample(const Rect& s) {
    std::size_t k = 0;
    for (int j = 0; j < kSide; ++j) {
      for (int i = 0; i < kSide; ++i) {
        pixels_[k++] = {s.x0 + (s.x1 - s.x0) * i / (kSide - 1),
                        s.y0 + (s.y1 - s.y0) * j / (kSide - 1)};
      }
    }
    wcs_.to_sky(pixels_, icrs_, ok_);
  }

  // Neighbours that lie much farther apart than others in the same direction: a cut runs between
  // them.
  bool torn() const {
    constexpr double kMuch = 3;
    for (const std::size_t stride : {std::size_t{1}, std::size_t{kSide}}) {
      double least = 4, most = 0;
      for (std::size_t i = 0; i + stride < icrs_.size(); ++i) {
        if (stride == 1 && i % kSide == kSide - 1) continue;
        const double apart = sky::separation(icrs_[i], icrs_[i + stride]).radians();
        least = std::min(least, apart);
        most = std::max(most, apart);
      }
      if (most > kMuch * least) return true;
    }
    return false;
  }

  // The samples' cap, with as much room again, against the region's.
  bool may_touch() const {
    const auto first = static_cast<std::size_t>(std::find(ok_.begin(), ok_.end(), 1) - ok_.begin());
    double radius = 0;
    for (std::size_t i = 0; i < ok_.size(); ++i) {
      if (ok_[i]) radius = std::max(radius, sky::separation(icrs_[first], icrs_[i]).radians());
    }
    return sky::separation(icrs_[first], bounds_.centre()).radians() <=
           2 * radius + bounds_.radius().radians();
  }

  const Wcs& wcs_;
  const sky::Region& region_;
  sky::Circle bounds_;
  Thoroughness thoroughness_;
  Extent& extent_;
  double first_;
  int budget_ = kBudget;
  std::array<Wcs::Pixel, kSide * kSide> pixels_{};
  std::array<sky::Direction, kSide * kSide> icrs_{};
  std::array<char, kSide * kSide> ok_{};
};

}  // namespace

void scan(const Wcs& wcs, const sky::Region& region, const Rect& area, Thoroughness thoroughness,
          Extent& extent) {
  Scanner(wcs, region, area, thoroughness, extent).visit(area);
}

}  // namespace soda::wcs
