#include "wcs/scan.h"

#include <wcslib/prj.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "wcs/impl.h"

namespace soda::wcs {

namespace {

constexpr int kSide = 5;  // samples a side of a square, its edges included
constexpr double kFirst =
    64;  // pixels; larger squares are halved unseen, so that no part of a map is overlooked
constexpr double kRounding = 1e-12;  // radians
constexpr int kBudget = 40'000;      // squares of a plain map

// Quad cubes and HEALPix are cut in many places, and near a vertex of their faces by less than
// shows.
bool is_cut_anywhere(const Wcs& wcs) {
  const int category = wcs.impl().sky->prm->cel.prj.category;
  return category == QUADCUBE || category == HEALPIX;
}

// What the exact tests of a square cost, in samplings of one.
int cost_of_test(const sky::Region& region) {
  constexpr std::size_t kVertices = 100;
  const auto* polygon = std::get_if<sky::Polygon>(&region);
  return polygon == nullptr ? 0 : static_cast<int>(polygon->vertices().size() / kVertices);
}

class Scanner {
 public:
  Scanner(const Wcs& wcs, const sky::Region& region, const Rect& area, Thoroughness thoroughness,
          Extent& extent)
      : wcs_(wcs),
        region_(region),
        bounds_(sky::bounding_circle(region)),
        thoroughness_(thoroughness),
        extent_(extent),
        first_(std::max({kFirst, (area.x1 - area.x0) / 64, (area.y1 - area.y0) / 64})),
        cut_anywhere_(is_cut_anywhere(wcs)),
        cost_(wcs.impl().sky->cost_of_sky()),
        cost_of_test_(cost_of_test(region)) {}

  void visit_all(const Rect& area) {
    // All of one size before the smaller ones: what is found first is known to a few pixels, and
    // saves most of the rest.
    std::vector<Rect> squares = {area}, halves;
    while (!squares.empty()) {
      for (const Rect& square : squares) visit(square, halves);
      squares.swap(halves);
      halves.clear();
    }
  }

 private:
  void visit(const Rect& square, std::vector<Rect>& halves) {
    const double w = square.x1 - square.x0, h = square.y1 - square.y0;
    if (extent_.holds({square.x0, square.y0, square.x1, square.y1}, 0)) return;
    if (std::max(w, h) > first_) return halve(square, halves);
    budget_ -= cost_;
    sample(square);
    int good = 0;
    bool inside = false, near = false;
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
      if (!ok_[i]) continue;
      ++good;
      const bool known = extent_.holds({pixels_[i].x, pixels_[i].y, pixels_[i].x, pixels_[i].y}, 0);
      if ((known && (inside || !cut_anywhere_)) || !comes_near(icrs_[i], 0)) continue;
      near = true;
      if (!sky::contains(region_, icrs_[i])) continue;
      inside = true;
      extent_.add(pixels_[i]);
    }
    if (near) budget_ -= cost_of_test_;
    if (good == 0 || std::max(w, h) <= 1) return;
    if (extent_.holds({square.x0, square.y0, square.x1, square.y1}, 0)) return;
    // The region's boundary, which has been followed, spans its box except where the map ends or is
    // cut inside the region.
    const bool ends_here = good < kSide * kSide || torn();
    const bool bounded = thoroughness_ == Thoroughness::inside && !cut_anywhere_;
    if (!ends_here && (bounded || (!inside && thoroughness_ == Thoroughness::inside))) return;
    if (!inside && !may_touch()) return;
    if (budget_ > 0) return halve(square, halves);
    extent_.add({square.x0, square.y0});
    extent_.add({square.x1, square.y1});
  }

  static void halve(const Rect& s, std::vector<Rect>& halves) {
    const double w = s.x1 - s.x0, h = s.y1 - s.y0;
    // At pixel edges as long as there are some inside.
    if (w >= h) {
      const double x = s.x0 + std::max(1.0, std::floor(w / 2));
      halves.push_back({s.x0, s.y0, x, s.y1});
      halves.push_back({x, s.y0, s.x1, s.y1});
    } else {
      const double y = s.y0 + std::max(1.0, std::floor(h / 2));
      halves.push_back({s.x0, s.y0, s.x1, y});
      halves.push_back({s.x0, y, s.x1, s.y1});
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

  // Distances between neighbours of a row (stride 1) or of a column (kSide), where both have sky.
  std::span<double> spacings(std::size_t stride) {
    std::size_t count = 0;
    for (std::size_t i = 0; i + stride < icrs_.size(); ++i) {
      if ((stride == 1 && i % kSide == kSide - 1) || !ok_[i] || !ok_[i + stride]) continue;
      spacings_[count++] = sky::separation(icrs_[i], icrs_[i + stride]).radians();
    }
    return std::span(spacings_).first(count);
  }

  // Neighbours that lie much farther apart than others in the same direction: a cut runs between
  // them.
  bool torn() {
    constexpr double kMuch = 3;
    for (const std::size_t stride : {std::size_t{1}, std::size_t{kSide}}) {
      const auto [least, most] = std::ranges::minmax(spacings(stride));
      if (most > kMuch * least) return true;
    }
    return false;
  }

  // Whether the region's cap comes within a few samples of one. Cuts separate neighbours farther,
  // but fewer of them than half.
  bool may_touch() {
    constexpr double kFew = 4;
    double spacing = 0;
    for (const std::size_t stride : {std::size_t{1}, std::size_t{kSide}}) {
      const auto all = spacings(stride);
      if (all.empty()) continue;
      const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
      std::nth_element(all.begin(), middle, all.end());
      spacing = std::max(spacing, *middle);
    }
    for (std::size_t i = 0; i < ok_.size(); ++i) {
      if (ok_[i] && comes_near(icrs_[i], kFew * spacing)) return true;
    }
    return false;
  }

  // False when the region is farther away than `reach` radians for sure.
  bool comes_near(const sky::Direction& place, double reach) const {
    if (const auto* range = std::get_if<sky::Range>(&region_)) {
      const double lat = place.lat().radians(), slack = reach + kRounding;
      if (lat < range->lat_lo().radians() - slack) return false;
      if (lat > range->lat_hi().radians() + slack) return false;
    }
    return sky::separation(place, bounds_.centre()).radians() <=
           reach + bounds_.radius().radians() + kRounding;
  }

  const Wcs& wcs_;
  const sky::Region& region_;
  sky::Circle bounds_;
  Thoroughness thoroughness_;
  Extent& extent_;
  double first_;
  bool cut_anywhere_;
  int cost_, cost_of_test_;
  int budget_ = kBudget;
  std::array<Wcs::Pixel, kSide * kSide> pixels_{};
  std::array<sky::Direction, kSide * kSide> icrs_{};
  std::array<char, kSide * kSide> ok_{};
  std::array<double, kSide * kSide> spacings_{};
};

}  // namespace

void scan(const Wcs& wcs, const sky::Region& region, const Rect& area, Thoroughness thoroughness,
          Extent& extent) {
  Scanner(wcs, region, area, thoroughness, extent).visit_all(area);
}

}  // namespace soda::wcs
