// Region -> box of pixels.
//
// The part of a region that lies in the image is bounded by the region's own boundary and by the
// image's edges. So its box is spanned by the boundary inside the image and those corners of the
// image that the region holds. On maps that are cut, or that end inside the image, the map's own
// edge bounds it too: those are scanned in squares (scan.h).
#include <algorithm>
#include <cmath>

#include "wcs/impl.h"
#include "wcs/pixels.h"
#include "wcs/ring.h"
#include "wcs/scan.h"
#include "wcs/trace.h"

namespace soda::wcs {

namespace {

constexpr double kTolerance = 0.01;  // pixels; what a box may fall short of the true one

// The part of the straight line a-b inside the rectangle (Liang and Barsky), added to the extent.
void add_clipped(Extent& extent, const Rect& rect, Wcs::Pixel a, Wcs::Pixel b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  double from = 0, to = 1;
  const auto limit = [&](double step, double room) {
    if (step == 0) return room >= 0;
    const double t = room / step;
    if (step > 0) {
      to = std::min(to, t);
    } else {
      from = std::max(from, t);
    }
    return true;
  };
  if (!limit(-dx, a.x - rect.x0) || !limit(dx, rect.x1 - a.x) || !limit(-dy, a.y - rect.y0) ||
      !limit(dy, rect.y1 - a.y) || from > to) {
    return;
  }
  for (const double t : {from, to}) {
    extent.add(
        {std::clamp(a.x + t * dx, rect.x0, rect.x1), std::clamp(a.y + t * dy, rect.y0, rect.y1)});
  }
}

class BoxFollower : public Follower {
 public:
  explicit BoxFollower(const Rect& rect) : rect_(rect) {}

  bool settled(const Bend& bend) override {
    for (const Wcs::Pixel& p : {bend.a, bend.m, bend.b}) {
      if (rect_.holds(p)) extent_.add(p);
    }
    // Branch and bound: what cannot make the box grow is not looked at more closely.
    const Extent hull = bend.hull();
    if (extent_.holds(hull.clipped(rect_), kTolerance / 2)) return true;
    // Clear of the image's edges, the extremes of a parabola save the last halvings.
    if (bend.parabola_error() < kTolerance / 4 && rect_.holds({hull.x0, hull.y0}) &&
        rect_.holds({hull.x1, hull.y1})) {
      const Extent parabola = bend.parabola();
      extent_.add({parabola.x0, parabola.y0});
      extent_.add({parabola.x1, parabola.y1});
      return true;
    }
    // The halves deviate by a quarter of this.
    if (!(bend.deviation() < 2 * kTolerance)) return false;
    add_clipped(extent_, rect_, bend.a, bend.m);
    add_clipped(extent_, rect_, bend.m, bend.b);
    return true;
  }

  Extent& extent() { return extent_; }

 private:
  Rect rect_;
  Extent extent_;
};

// Pixel i covers [i - 0.5, i + 0.5]. A pixel that is touched in one point or along its edge only is
// not counted, unless it is the only one.
PixelInterval pixels_between(double lo, double hi, double first, double last) {
  double from = std::clamp(std::floor(lo + 0.5), first, last);
  const double to = std::clamp(std::max(std::ceil(hi - 0.5), from), first, last);
  from = std::min(from, to);
  return {static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
}

void add_corners(const sky::Region& region, const Reach& reach, Extent& extent) {
  const auto corners = corners_of(reach.rect);
  for (std::size_t i = 0; i < corners.size(); ++i) {
    if (sky::contains(region, reach.corners[i])) extent.add(corners[i]);
  }
}

// What the boundary of a circle spans that the series describes, with the corners inside.
std::optional<Extent> extent_of_ring(const Wcs& wcs, const sky::Region& region,
                                     const Reach& reach) {
  const auto* circle = std::get_if<sky::Circle>(&region);
  if (circle == nullptr) return std::nullopt;
  const auto ring = Ring::of(wcs, *circle, reach);
  if (!ring) return std::nullopt;
  // The boundary of a circle that lies in the reach bounds nothing else within the area.
  const Extent& own = ring->extent();
  if (reach.rect.holds({own.x0, own.y0}) && reach.rect.holds({own.x1, own.y1})) return own;
  BoxFollower follower(reach.rect);
  ring->follow(follower);
  add_corners(region, reach, follower.extent());
  return follower.extent();
}

Extent extent_of(const Wcs& wcs, const sky::Region& region, const Reach& reach) {
  if (const auto extent = extent_of_ring(wcs, region, reach)) return *extent;
  const auto pieces = sky::boundary(region);
  BoxFollower follower(reach.rect);
  if (reach.smooth && trace(wcs, pieces, reach, follower)) {
    add_corners(region, reach, follower.extent());
    return follower.extent();
  }
  Reach everywhere = reach;
  everywhere.smooth = false;
  everywhere.radius = sky::Angle::from_degrees(180);
  // Points found so far are good ones; the second walk finds the others. When it gives up the
  // scan still covers the area.
  const bool whole = trace(wcs, pieces, everywhere, follower);
  scan(wcs, region, reach.rect, whole ? Thoroughness::inside : Thoroughness::touching,
       follower.extent());
  return follower.extent();
}

std::optional<PixelBox> box_within(const Wcs& wcs, const sky::Region& region, const Reach& reach) {
  if (reach.smooth) {
    const sky::Circle bounds = sky::bounding_circle(region);
    const double gap = sky::separation(bounds.centre(), reach.centre).radians();
    if (gap > bounds.radius().radians() + reach.radius.radians()) return std::nullopt;
  }
  const Extent extent = extent_of(wcs, region, reach);
  if (extent.empty()) return std::nullopt;
  const Rect& rect = reach.rect;
  return PixelBox{pixels_between(extent.x0, extent.x1, rect.x0 + 0.5, rect.x1 - 0.5),
                  pixels_between(extent.y0, extent.y1, rect.y0 + 0.5, rect.y1 - 0.5)};
}

}  // namespace

std::optional<PixelBox> box_of(const Wcs& wcs, const sky::Region& region) {
  return box_within(wcs, region, *wcs.impl().reach);
}

std::optional<PixelBox> unclipped_box_of(const Wcs& wcs, const sky::Region& region,
                                         std::int64_t margin) {
  Rect rect = image_of(wcs);
  const auto room = static_cast<double>(std::clamp<std::int64_t>(margin, 0, 1'000'000'000));
  rect.x0 -= room, rect.y0 -= room, rect.x1 += room, rect.y1 += room;
  const Reach reach = reach_of(wcs, rect);
  if (reach.smooth) return box_within(wcs, region, reach);
  // So wide an area has no sky everywhere. Regions near the image are found in the part that is
  // smooth, if they fit there.
  const Reach& image = *wcs.impl().reach;
  const sky::Circle bounds = sky::bounding_circle(region);
  const double needed =
      sky::separation(bounds.centre(), image.centre).radians() + bounds.radius().radians();
  if (image.smooth && needed > 0) {
    for (double part = room; part >= 1; part = std::floor(part / 2)) {
      const Rect own = image_of(wcs);
      const Reach tried =
          reach_of(wcs, {own.x0 - part, own.y0 - part, own.x1 + part, own.y1 + part});
      if (tried.smooth && tried.radius.radians() > needed) return box_within(wcs, region, tried);
    }
  }
  return box_within(wcs, region, reach);
}

}  // namespace soda::wcs
