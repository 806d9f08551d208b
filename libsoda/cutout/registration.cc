#include "cutout/registration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace soda::cutout {
namespace {

constexpr int spacing = 8;  // picture pixels between the nodes whose place is worked out exactly
// Between nodes the place is interpolated when the four of a cell lie in a parallelogram within
// this many pixels; else (at the seam of an all-sky map, near a pole) each pixel is worked out.
constexpr double bend_limit = 0.25;

int nodes_along(int length) { return (length + spacing - 1) / spacing + 1; }

// The pixels from `low` to `high` and those beside them, as far as the image has them.
std::optional<wcs::PixelInterval> around(double low, double high, const wcs::PixelInterval& image) {
  const auto first = std::max(low - 2, static_cast<double>(image.first));
  const auto last = std::min(high + 2, static_cast<double>(image.last));
  if (!(first <= last)) return std::nullopt;
  return wcs::PixelInterval{static_cast<std::int64_t>(first), static_cast<std::int64_t>(last)};
}

}  // namespace

Registration::Registration(const Shown& picture, int width, int height, const Shown& other)
    : picture_(picture),
      other_(other),
      width_(width),
      height_(height),
      columns_(nodes_along(width)),
      rows_(nodes_along(height)) {
  std::vector<Pixel> places;
  for (int row = 0; row < rows_; ++row) {
    for (int column = 0; column < columns_; ++column) {
      places.push_back(place(column * spacing, row * spacing));
    }
  }
  nodes_ = nodes_of(places);
}

// Centre of a picture pixel (from 0, any fraction) in pixels of the picture's image.
Registration::Pixel Registration::place(double x, double y) const {
  const auto along = [](double at, int count, const wcs::PixelInterval& box) {
    return static_cast<double>(box.first) - 0.5 +
           (at + 0.5) * static_cast<double>(box.length()) / count;
  };
  return {along(x, width_, picture_.asked.x), along(y, height_, picture_.asked.y)};
}

std::vector<Registration::Node> Registration::nodes_of(const std::vector<Pixel>& places) const {
  std::vector<sky::Direction> directions(places.size());
  std::vector<char> on_sky(places.size()), on_other(places.size());
  std::vector<Pixel> pixels(places.size());
  picture_.wcs->to_sky(places, directions, on_sky);
  other_.wcs->to_pixel(directions, pixels, on_other);
  std::vector<Node> nodes(places.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = {pixels[i], on_sky[i] && on_other[i] && std::isfinite(pixels[i].x) &&
                               std::isfinite(pixels[i].y)};
  }
  return nodes;
}

const Registration::Node& Registration::node(int column, int row) const {
  return nodes_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                static_cast<std::size_t>(column)];
}

// The places of the picture pixels that begin at a node, a row after the other.
std::vector<Registration::Node> Registration::cell(int column, int row) const {
  const Node corners[] = {node(column, row), node(column + 1, row), node(column, row + 1),
                          node(column + 1, row + 1)};
  const auto& [a, b, c, d] = corners;
  const bool known = a.known && b.known && c.known && d.known;
  const double bend = std::max(std::abs(a.pixel.x - b.pixel.x - c.pixel.x + d.pixel.x),
                               std::abs(a.pixel.y - b.pixel.y - c.pixel.y + d.pixel.y));
  if (!known || bend > bend_limit) {
    std::vector<Pixel> places;
    for (int y = 0; y < spacing; ++y) {
      for (int x = 0; x < spacing; ++x) {
        places.push_back(place(column * spacing + x, row * spacing + y));
      }
    }
    return nodes_of(places);
  }
  std::vector<Node> nodes;
  for (int y = 0; y < spacing; ++y) {
    for (int x = 0; x < spacing; ++x) {
      const double u = static_cast<double>(x) / spacing;
      const double v = static_cast<double>(y) / spacing;
      // The corners are handed over: clang++ 14 cannot capture them.
      const auto mixed = [u, v](double here, double right, double above, double across) {
        const double low = here + u * (right - here);
        const double high = above + u * (across - above);
        return low + v * (high - low);
      };
      nodes.push_back({{mixed(a.pixel.x, b.pixel.x, c.pixel.x, d.pixel.x),
                        mixed(a.pixel.y, b.pixel.y, c.pixel.y, d.pixel.y)},
                       true});
    }
  }
  return nodes;
}

image::Plane Registration::moved(const Read& read) const {
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  image::Plane out(width_, height_, nothing);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double low_x = infinity, low_y = infinity, high_x = -infinity, high_y = -infinity;
  for (const Node& at : nodes_) {
    if (!at.known) continue;
    low_x = std::min(low_x, at.pixel.x);
    high_x = std::max(high_x, at.pixel.x);
    low_y = std::min(low_y, at.pixel.y);
    high_y = std::max(high_y, at.pixel.y);
  }
  const auto x = around(low_x, high_x, other_.inside.x);
  const auto y = around(low_y, high_y, other_.inside.y);
  if (!x || !y) return out;
  Shown part = other_;
  part.asked = part.inside = {*x, *y};
  // Half as fine again as the picture, so that the nearest pixel is near enough.
  const image::Plane from = read(part, std::max(width_, height_) * 3 / 2 + 1);
  const auto index = [](double at, const wcs::PixelInterval& box, int count) {
    return std::floor((at + 0.5 - static_cast<double>(box.first)) * count /
                      static_cast<double>(box.length()));
  };
  for (int row = 0; row + 1 < rows_; ++row) {
    for (int column = 0; column + 1 < columns_; ++column) {
      const std::vector<Node> nodes = cell(column, row);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        const int at_x = column * spacing + static_cast<int>(i) % spacing;
        const int at_y = row * spacing + static_cast<int>(i) / spacing;
        if (at_x >= width_ || at_y >= height_ || !nodes[i].known) continue;
        const double from_x = index(nodes[i].pixel.x, *x, from.width);
        const double from_y = index(nodes[i].pixel.y, *y, from.height);
        if (!(from_x >= 0 && from_x < from.width && from_y >= 0 && from_y < from.height)) continue;
        out.values[static_cast<std::size_t>(at_y) * static_cast<std::size_t>(width_) +
                   static_cast<std::size_t>(at_x)] =
            from.values[static_cast<std::size_t>(from_y) * static_cast<std::size_t>(from.width) +
                        static_cast<std::size_t>(from_x)];
      }
    }
  }
  return out;
}

}  // namespace soda::cutout
