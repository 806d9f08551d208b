#include "wcs/ring.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace soda::wcs {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kTolerance = 0.002;  // pixels; what the series may miss the curve by
// Circles may leave the reach as far as the tracing of their boundary would project it.
constexpr double kBeyond = 1.25;
constexpr int kDeepest = 30;  // halvings of a piece

}  // namespace

double Ring::Harmonic::size() const noexcept { return std::hypot(cosine, sine); }

// The discrete Fourier transform of so few samples costs less than one projection.
Ring::Series Ring::series_of(const std::array<double, 2 * kMost>& samples, int count) {
  static const std::array<double, 2 * kMost> kCosines = [] {
    std::array<double, 2 * kMost> result{};
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = std::cos(kPi * static_cast<double>(i) / kMost);
    }
    return result;
  }();
  const int stride = 2 * kMost / count;
  const auto cosine = [&](int turn) {
    return kCosines[static_cast<std::size_t>(turn % (2 * kMost))];
  };
  Series series;
  series.last = count / 2;
  for (int k = 0; k <= series.last; ++k) {
    Harmonic sum;
    for (int i = 0; i < count; ++i) {
      const double value = samples[static_cast<std::size_t>(i * stride)];
      const int turn = i * k * stride;
      sum.cosine += value * cosine(turn);
      sum.sine += value * cosine(turn + 3 * kMost / 2);
    }
    const double weight = (k == 0 || k == series.last ? 1.0 : 2.0) / count;
    series.terms[static_cast<std::size_t>(k)] = {sum.cosine * weight, sum.sine * weight};
  }
  return series;
}

// The last two, which stand for all that follow.
double Ring::Series::tail() const noexcept {
  const auto n = static_cast<std::size_t>(last);
  return terms[n - 1].size() + terms[n].size();
}

// One highest and one lowest place: the slope of the first harmonic vanishes near its two extremes
// only, and the curvature of the others cannot turn it there.
bool Ring::Series::has_one_hump() const noexcept {
  double others = 0;
  for (int k = 2; k <= last; ++k) others += k * k * terms[static_cast<std::size_t>(k)].size();
  return others < 0.5 * terms[1].size();
}

double Ring::Series::at(double angle) const noexcept {
  const double c = std::cos(angle), s = std::sin(angle);
  double ck = 1, sk = 0, sum = 0;
  for (int k = 0; k <= last; ++k) {
    const Harmonic& term = terms[static_cast<std::size_t>(k)];
    sum += term.cosine * ck + term.sine * sk;
    const double next = ck * c - sk * s;
    sk = sk * c + ck * s;
    ck = next;
  }
  return sum;
}

// Newton's method on the slope.
double Ring::Series::extreme_near(double angle) const noexcept {
  constexpr int kRounds = 8;
  constexpr double kEnough = 1e-7;  // the coordinate is off by the square of it
  for (int round = 0; round < kRounds; ++round) {
    const double c = std::cos(angle), s = std::sin(angle);
    double ck = 1, sk = 0, slope = 0, curvature = 0;
    for (int k = 1; k <= last; ++k) {
      const double next = ck * c - sk * s;
      sk = sk * c + ck * s;
      ck = next;
      const Harmonic& term = terms[static_cast<std::size_t>(k)];
      slope += k * (term.sine * ck - term.cosine * sk);
      curvature -= k * k * (term.cosine * ck + term.sine * sk);
    }
    const double step = slope / curvature;
    angle -= step;
    if (!(std::fabs(step) > kEnough)) break;
  }
  return angle;
}

bool Ring::project(const Wcs& wcs, std::span<const sky::Direction> icrs,
                   std::span<Wcs::Pixel> pixels) {
  std::array<char, kMost> ok{};
  wcs.to_pixel(icrs, pixels, std::span(ok).first(icrs.size()));
  return std::all_of(ok.begin(), ok.begin() + static_cast<std::ptrdiff_t>(icrs.size()),
                     [](char good) { return good != 0; });
}

bool Ring::fit(const Wcs& wcs, const sky::BoundaryPiece& circle) {
  std::array<double, 2 * kMost> x{}, y{};
  std::array<sky::Direction, kMost> icrs;
  std::array<Wcs::Pixel, kMost> pixels{};
  // Every second of sixteen places, then those between.
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}}) {
    for (std::size_t i = 0; i < icrs.size(); ++i) {
      icrs[i] = circle.at(static_cast<double>(2 * i + first) / (2 * kMost));
    }
    if (!project(wcs, icrs, pixels)) return false;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      x[2 * i + first] = pixels[i].x;
      y[2 * i + first] = pixels[i].y;
    }
    const int count = first == 0 ? kMost : 2 * kMost;
    x_ = series_of(x, count);
    y_ = series_of(y, count);
    if (!x_.has_one_hump() || !y_.has_one_hump()) return false;
    if (x_.tail() < kTolerance && y_.tail() < kTolerance) return true;
  }
  return false;
}

bool Ring::find_extremes(const Wcs& wcs, const sky::BoundaryPiece& circle) {
  const double along_x = std::atan2(x_.terms[1].sine, x_.terms[1].cosine);
  const double along_y = std::atan2(y_.terms[1].sine, y_.terms[1].cosine);
  const std::array angles = {x_.extreme_near(along_x), x_.extreme_near(along_x + kPi),
                             y_.extreme_near(along_y), y_.extreme_near(along_y + kPi)};
  std::array<sky::Direction, angles.size()> icrs;
  std::array<Wcs::Pixel, angles.size()> pixels{};
  for (std::size_t i = 0; i < angles.size(); ++i) icrs[i] = circle.at(angles[i] / (2 * kPi));
  if (!project(wcs, icrs, pixels)) return false;
  for (std::size_t i = 0; i < angles.size(); ++i) {
    const Wcs::Pixel expected = at(angles[i]);
    const double miss = std::hypot(pixels[i].x - expected.x, pixels[i].y - expected.y);
    if (!(miss < kTolerance)) return false;
    extent_.add(pixels[i]);
  }
  return true;
}

std::optional<Ring> Ring::of(const Wcs& wcs, const sky::Circle& circle, const Reach& reach) {
  const double gap = sky::separation(circle.centre(), reach.centre).radians();
  if (!reach.smooth || gap + circle.radius().radians() > kBeyond * reach.radius.radians()) {
    return std::nullopt;
  }
  const auto pieces = sky::boundary(circle);
  Ring ring;
  if (!ring.fit(wcs, pieces[0]) || !ring.find_extremes(wcs, pieces[0])) return std::nullopt;
  return ring;
}

Wcs::Pixel Ring::at(double angle) const { return {x_.at(angle), y_.at(angle)}; }

void Ring::follow(Follower& follower) const {
  struct Walk {
    const Ring& ring;
    Follower& follower;
    void piece(double from, double to, int depth) const {
      const double middle = (from + to) / 2;
      if (follower.settled({ring.at(from), ring.at(middle), ring.at(to)}) || depth == kDeepest) {
        return;
      }
      piece(from, middle, depth + 1);
      piece(middle, to, depth + 1);
    }
  };
  for (int i = 0; i < kMost; ++i) {
    Walk{*this, follower}.piece(2 * kPi * i / kMost, 2 * kPi * (i + 1) / kMost, 0);
  }
}

}  // namespace soda::wcs
