// Image -> outline on the sky.
#include <algorithm>
#include <cmath>
#include <queue>

#include "wcs/impl.h"
#include "wcs/pixels.h"

namespace soda::wcs {

namespace {

constexpr std::size_t kMostPoints = 256;
constexpr double kTolerance = 0.01;  // pixels
constexpr int kGrid = 33;            // samples a side of a map that does not fill its image

struct Vector {
  double x, y, z;
};
Vector cross(const sky::Direction& a, const sky::Direction& b) {
  return {a.y() * b.z() - a.z() * b.y(), a.z() * b.x() - a.x() * b.z(),
          a.x() * b.y() - a.y() * b.x()};
}
double dot(const Vector& v, const sky::Direction& d) {
  return v.x * d.x() + v.y * d.y() + v.z * d.z();
}

// Distance of a direction from the great circle through a and b, radians.
double off_circle(const sky::Direction& a, const sky::Direction& b, const sky::Direction& p) {
  const Vector n = cross(a, b);
  const double length = std::sqrt(n.x * n.x + n.y * n.y + n.z * n.z);
  if (length == 0) return sky::separation(a, p).radians();
  return std::asin(std::min(1.0, std::fabs(dot(n, p)) / length));
}

// A piece of the image's edge, walked in a circle; `gap` is how far the sky between strays from the
// great circle.
struct Side {
  double t0, t1;  // 0 to 4 around the image
  double gap;
  bool operator<(const Side& other) const { return gap < other.gap; }
};

class Outliner {
 public:
  Outliner(const Wcs& wcs, const Rect& rect, double tolerance)
      : wcs_(wcs), rect_(rect), tolerance_(tolerance) {}

  // The outline with as few points as keep the gaps within the tolerance; empty when a point of the
  // edge has no sky.
  std::vector<sky::Direction> outline() {
    std::priority_queue<Side> open;
    std::vector<double> corners = {0, 1, 2, 3};
    for (const double t : corners) push(open, t, t + 1);
    std::vector<double> places = corners;
    while (!open.empty() && open.top().gap > tolerance_ && places.size() < kMostPoints) {
      const Side side = open.top();
      open.pop();
      const double middle = (side.t0 + side.t1) / 2;
      places.push_back(middle);
      push(open, side.t0, middle);
      push(open, middle, side.t1);
    }
    if (failed_) return {};
    std::sort(places.begin(), places.end());
    std::vector<sky::Direction> result;
    for (const double t : places) append(result, *at(t));
    while (result.size() > 1 && same(result.front(), result.back())) result.pop_back();
    return result;
  }

  static bool same(const sky::Direction& a, const sky::Direction& b) {
    return sky::separation(a, b).radians() < 1e-13;
  }
  // Edges that shrink to a point (a pole of a cylindrical map) give one vertex.
  static void append(std::vector<sky::Direction>& list, const sky::Direction& d) {
    if (list.empty() || !same(list.back(), d)) list.push_back(d);
  }

 private:
  Wcs::Pixel place(double t) const {
    const double w = rect_.x1 - rect_.x0, h = rect_.y1 - rect_.y0;
    if (t >= 4) t -= 4;
    if (t < 1) return {rect_.x0 + t * w, rect_.y0};
    if (t < 2) return {rect_.x1, rect_.y0 + (t - 1) * h};
    if (t < 3) return {rect_.x1 - (t - 2) * w, rect_.y1};
    return {rect_.x0, rect_.y1 - (t - 3) * h};
  }

  std::optional<sky::Direction> at(double t) const {
    const Wcs::Pixel p = place(t);
    return wcs_.to_sky(p.x, p.y);
  }

  void push(std::priority_queue<Side>& open, double t0, double t1) {
    const auto a = at(t0), b = at(t1);
    double gap = 0;
    // The quarters too: an edge may cross its chord in the middle.
    for (const double part : {0.25, 0.5, 0.75}) {
      const auto p = at(t0 + part * (t1 - t0));
      if (!a || !b || !p) {
        failed_ = true;
        return;
      }
      gap = std::max(gap, off_circle(*a, *b, *p));
    }
    open.push({t0, t1, gap});
  }

  const Wcs& wcs_;
  Rect rect_;
  double tolerance_;
  bool failed_ = false;
};

// Counter-clockwise seen from inside the sphere, about a centre that lies inside.
void orient(std::vector<sky::Direction>& outline, const sky::Direction& centre) {
  double turn = 0;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    turn += dot(cross(outline[i], outline[(i + 1) % outline.size()]), centre);
  }
  if (turn > 0) std::reverse(outline.begin(), outline.end());
}

// The mean side of a pixel about a place of the plane.
std::optional<sky::Angle> scale_at(const Wcs& wcs, Wcs::Pixel p) {
  const auto left = wcs.to_sky(p.x - 0.5, p.y), right = wcs.to_sky(p.x + 0.5, p.y);
  const auto below = wcs.to_sky(p.x, p.y - 0.5), above = wcs.to_sky(p.x, p.y + 0.5);
  if (!left || !right || !below || !above) return std::nullopt;
  const Vector a{right->x() - left->x(), right->y() - left->y(), right->z() - left->z()};
  const Vector b{above->x() - below->x(), above->y() - below->y(), above->z() - below->z()};
  const Vector n{a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  return sky::Angle::from_radians(std::sqrt(std::sqrt(n.x * n.x + n.y * n.y + n.z * n.z)));
}

struct Sampled {
  std::vector<Wcs::Pixel> pixels;
  std::vector<sky::Direction> sky;
};

// The pixels of a grid over the image that have sky.
Sampled sampled(const Wcs& wcs, const Rect& rect) {
  std::vector<Wcs::Pixel> pixels;
  for (int j = 0; j < kGrid; ++j) {
    for (int i = 0; i < kGrid; ++i) {
      pixels.push_back({rect.x0 + (rect.x1 - rect.x0) * i / (kGrid - 1),
                        rect.y0 + (rect.y1 - rect.y0) * j / (kGrid - 1)});
    }
  }
  std::vector<sky::Direction> icrs(pixels.size());
  std::vector<char> ok(pixels.size());
  wcs.to_sky(pixels, icrs, ok);
  Sampled result;
  for (std::size_t i = 0; i < ok.size(); ++i) {
    if (!ok[i]) continue;
    result.pixels.push_back(pixels[i]);
    result.sky.push_back(icrs[i]);
  }
  return result;
}

// The pixel of the samples whose sky is nearest to the mean direction of all.
std::size_t middle_of(const Sampled& samples) {
  double x = 0, y = 0, z = 0;
  for (const auto& d : samples.sky) x += d.x(), y += d.y(), z += d.z();
  const sky::Direction mean = sky::Direction::from_vector(x, y, z);
  const auto nearest = std::min_element(
      samples.sky.begin(), samples.sky.end(),
      [&](auto& a, auto& b) { return sky::separation(a, mean) < sky::separation(b, mean); });
  return static_cast<std::size_t>(nearest - samples.sky.begin());
}

// The outline of a map that ends inside its image: from the middle to the image's edge, or as far
// as there is sky.
std::vector<sky::Direction> outline_within(const Wcs& wcs, const Rect& rect, Wcs::Pixel middle) {
  std::vector<sky::Direction> result;
  constexpr int kSide = static_cast<int>(kMostPoints) / 4;
  for (int k = 0; k < 4 * kSide; ++k) {
    const double s = static_cast<double>(k % kSide) / kSide;
    const double w = rect.x1 - rect.x0, h = rect.y1 - rect.y0;
    const Wcs::Pixel ends[4] = {{rect.x0 + s * w, rect.y0},
                                {rect.x1, rect.y0 + s * h},
                                {rect.x1 - s * w, rect.y1},
                                {rect.x0, rect.y1 - s * h}};
    const Wcs::Pixel end = ends[k / kSide];
    double good = 0, bad = 1;
    std::optional<sky::Direction> found = wcs.to_sky(end.x, end.y);
    for (int step = 0; !found && step < 40; ++step) {
      const double t = (good + bad) / 2;
      const auto there =
          wcs.to_sky(middle.x + t * (end.x - middle.x), middle.y + t * (end.y - middle.y));
      (there ? good : bad) = t;
    }
    if (!found) {
      found =
          wcs.to_sky(middle.x + good * (end.x - middle.x), middle.y + good * (end.y - middle.y));
    }
    if (found) Outliner::append(result, *found);
  }
  return result;
}

}  // namespace

std::optional<Footprint> footprint_of(const Wcs& wcs) {
  if (!wcs.celestial()) return std::nullopt;
  const Rect rect = image_of(wcs);
  Wcs::Pixel middle{(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2};
  const Sampled samples = sampled(wcs, rect);
  auto centre = wcs.to_sky(middle.x, middle.y);
  if (!centre) {
    if (samples.sky.empty()) return std::nullopt;
    const std::size_t nearest = middle_of(samples);
    middle = samples.pixels[nearest];
    centre = samples.sky[nearest];
  }
  Footprint footprint;
  footprint.centre = *centre;
  // At the end of a map a pixel may lack a side; then a pixel of the grid must do.
  std::optional<sky::Angle> scale = scale_at(wcs, middle);
  for (std::size_t i = 0; !scale && i < samples.pixels.size(); ++i)
    scale = scale_at(wcs, samples.pixels[i]);
  if (!scale) return std::nullopt;
  footprint.pixel_scale = *scale;

  sky::Angle radius;
  for (const auto& d : samples.sky) radius = std::max(radius, sky::separation(*centre, d));
  if (radius.degrees() < 90) {
    footprint.outline = Outliner(wcs, rect, kTolerance * scale->radians()).outline();
    if (footprint.outline.empty()) footprint.outline = outline_within(wcs, rect, middle);
    orient(footprint.outline, *centre);
  }
  for (const auto& d : footprint.outline) radius = std::max(radius, sky::separation(*centre, d));
  footprint.all_sky = footprint.outline.size() < 3 || radius.degrees() >= 90;
  if (footprint.all_sky) footprint.outline.clear();
  // Between the samples a little more may lie.
  const sky::Angle rim = footprint.all_sky ? radius * (1.0 / kGrid) : *scale * 0.02;
  footprint.radius = std::min(radius + rim, sky::Angle::from_degrees(180));
  return footprint;
}

}  // namespace soda::wcs
