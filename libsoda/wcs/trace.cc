#include "wcs/trace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "wcs/impl.h"

namespace soda::wcs {

namespace {

// Pieces longer than this part of the cap's radius are split before they are projected, so that
// points far from the image never are.
constexpr double kLongest = 0.25;
constexpr double kShort = 0.05;
constexpr int kRound = 16;        // first pieces of a round curve, and of any on a map with cuts
constexpr int kDeepest = 44;      // halvings; by then t has no digits left
constexpr int kBlind = 5;         // halvings of a piece that shows no pixel at all
constexpr int kBudget = 100'000;  // projections of one boundary on a plain map
constexpr std::size_t kManyPieces = 64;

struct Node {
  double t = 0;
  sky::Direction direction;
  Wcs::Pixel pixel{};
  enum class State : char { unknown, good, bad } state = State::unknown;
};

constexpr std::size_t kMostNodes = 2 * kRound + 1;

// What one piece leaves to the next.
struct Walk {
  int budget = kBudget;
  int cost = 1;  // of one projection
  int round = kRound;
  Node end;
  std::array<Node, kMostNodes> nodes;
};

class Tracer {
 public:
  Tracer(const Wcs& wcs, const sky::BoundaryPiece& piece, const Reach& reach, Follower& follower,
         Walk& walk)
      : wcs_(wcs), piece_(piece), reach_(reach), follower_(follower), walk_(walk) {}

  bool run() {
    const bool straight =
        sky::separation(piece_.at(0), piece_.at(1)).radians() > 0.999 * piece_.length.radians();
    const auto count = static_cast<std::size_t>(2 * first_pieces(straight));
    const std::span<Node> nodes = std::span(walk_.nodes).first(count + 1);
    for (std::size_t i = 0; i <= count; ++i) {
      nodes[i] = node(static_cast<double>(i) / static_cast<double>(count));
    }
    take_over(nodes[0]);
    const double spacing = piece_.length.radians() / static_cast<double>(count);
    if (straight || spacing < kLongest / 2 * reach_.radius.radians()) project(nodes);
    for (std::size_t i = 0; i + 2 < nodes.size(); i += 2) {
      if (!follow(nodes[i], nodes[i + 1], nodes[i + 2], 0)) return false;
    }
    walk_.end = nodes[count];
    return true;
  }

 private:
  // A long straight piece in two: distorted to an S, its middle would not show it.
  int first_pieces(bool straight) const {
    if (!straight) return kRound;
    if (!reach_.smooth) return walk_.round;
    return piece_.length.radians() > kShort * reach_.radius.radians() ? 2 : 1;
  }

  Node node(double t) const {
    Node result;
    result.t = t;
    result.direction = piece_.at(t);
    return result;
  }

  double away(const Node& n) const {
    return sky::separation(n.direction, reach_.centre).radians() - reach_.radius.radians();
  }

  // Pieces of a polygon begin where the one before ended.
  void take_over(Node& first) const {
    const sky::Direction &a = first.direction, &b = walk_.end.direction;
    if (a.x() == b.x() && a.y() == b.y() && a.z() == b.z())
      first = Node{0, b, walk_.end.pixel, walk_.end.state};
  }

  // The first nodes at once, as far as they lie near the cap: cheaper than one by one.
  void project(std::span<Node> nodes) {
    std::array<Node*, kMostNodes> near;
    std::array<sky::Direction, kMostNodes> icrs;
    std::array<Wcs::Pixel, kMostNodes> pixels;
    std::array<char, kMostNodes> ok;
    std::size_t count = 0;
    for (Node& n : nodes) {
      if (n.state != Node::State::unknown) continue;
      if (reach_.smooth && away(n) > kLongest * reach_.radius.radians()) continue;
      near[count] = &n;
      icrs[count++] = n.direction;
    }
    wcs_.to_pixel({icrs.data(), count}, {pixels.data(), count}, {ok.data(), count});
    walk_.budget -= walk_.cost * static_cast<int>(count);
    for (std::size_t k = 0; k < count; ++k) {
      near[k]->pixel = pixels[k];
      near[k]->state = ok[k] ? Node::State::good : Node::State::bad;
    }
  }

  void know(Node& n) {
    if (n.state != Node::State::unknown) return;
    walk_.budget -= walk_.cost;
    const auto pixel = wcs_.to_pixel(n.direction);
    n.state = pixel ? Node::State::good : Node::State::bad;
    if (pixel) n.pixel = *pixel;
  }

  bool halves(Node& a, Node& m, Node& b, int depth) {
    if (depth >= kDeepest) return true;
    Node left = node((a.t + m.t) / 2), right = node((m.t + b.t) / 2);
    return follow(a, left, m, depth + 1) && follow(m, right, b, depth + 1);
  }

  bool follow(Node& a, Node& m, Node& b, int depth) {
    const double length = piece_.length.radians() * (b.t - a.t);
    if (reach_.smooth) {
      if (away(m) > length / 2) return true;
      if (length > kLongest * reach_.radius.radians()) return halves(a, m, b, depth);
    }
    if (walk_.budget < 0) return false;
    int bad = 0;
    for (Node* n : {&a, &m, &b}) {
      know(*n);
      if (n->state == Node::State::good) continue;
      ++bad;
      if (reach_.smooth && away(*n) <= 0) return false;
    }
    if (bad == 3 && depth >= kBlind) return true;
    if (bad > 0) return halves(a, m, b, depth);
    if (follower_.settled({a.pixel, m.pixel, b.pixel})) return true;
    return halves(a, m, b, depth);
  }

  const Wcs& wcs_;
  const sky::BoundaryPiece& piece_;
  const Reach& reach_;
  Follower& follower_;
  Walk& walk_;
};

}  // namespace

void Extent::add(Wcs::Pixel p) noexcept {
  if (empty()) {
    x0 = x1 = p.x;
    y0 = y1 = p.y;
    return;
  }
  x0 = std::min(x0, p.x), x1 = std::max(x1, p.x);
  y0 = std::min(y0, p.y), y1 = std::max(y1, p.y);
}

bool Extent::holds(const Extent& other, double slack) const noexcept {
  if (other.empty()) return true;
  return !empty() && other.x0 >= x0 - slack && other.x1 <= x1 + slack && other.y0 >= y0 - slack &&
         other.y1 <= y1 + slack;
}

Extent Extent::clipped(const Rect& rect) const noexcept {
  Extent result{std::max(x0, rect.x0), std::max(y0, rect.y0), std::min(x1, rect.x1),
                std::min(y1, rect.y1)};
  return empty() || result.x0 > result.x1 || result.y0 > result.y1 ? Extent{} : result;
}

double Bend::deviation() const noexcept {
  return std::hypot(m.x - (a.x + b.x) / 2, m.y - (a.y + b.y) / 2);
}

double Bend::parabola_error() const noexcept {
  // An arc of angle w has chord c and deviation d = c w / 8, and misses the parabola by d w / 15.
  const double d = deviation();
  return d * d / std::hypot(b.x - a.x, b.y - a.y);
}

Extent Bend::parabola() const noexcept {
  // In one coordinate a + q t + p t^2, with its extreme at t = -q / 2p.
  const auto extreme = [](double from, double middle, double to) {
    const double p = 2 * (from + to - 2 * middle), q = 4 * middle - 3 * from - to;
    const double t = -q / (2 * p);
    return t > 0 && t < 1 ? from + t * (q + t * p) : middle;
  };
  Extent extent;
  for (const Wcs::Pixel& corner :
       {a, m, b, Wcs::Pixel{extreme(a.x, m.x, b.x), extreme(a.y, m.y, b.y)}}) {
    extent.add(corner);
  }
  return extent;
}

Extent Bend::hull() const noexcept {
  // The control point of the parabola through the three, and a quarter of the deviation for terms
  // of higher order.
  Extent extent;
  extent.add(a);
  extent.add(b);
  extent.add({2 * m.x - (a.x + b.x) / 2, 2 * m.y - (a.y + b.y) / 2});
  const double room = deviation() / 4;
  extent.x0 -= room, extent.y0 -= room, extent.x1 += room, extent.y1 += room;
  return extent;
}

bool trace(const Wcs& wcs, const std::vector<sky::BoundaryPiece>& pieces, const Reach& reach,
           Follower& follower) {
  Walk walk;
  walk.cost = wcs.impl().sky->cost_of_pixel();
  if (pieces.size() > kManyPieces) {
    walk.round = std::max(2, static_cast<int>(kRound * kManyPieces / pieces.size()));
  }
  return std::all_of(pieces.begin(), pieces.end(), [&](const sky::BoundaryPiece& piece) {
    return Tracer(wcs, piece, reach, follower, walk).run();
  });
}

}  // namespace soda::wcs
