#include "sky/shape.h"

// See loop.cc.
#include <absl/base/config.h>
#undef ABSL_HAVE_ADDRESS_SANITIZER

#include <s2/s2loop_measures.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sky/arcs.h"
#include "sky/bounds.h"
#include "sky/containment.h"
#include "sky/loop.h"
#include "sky/shape_part.h"

namespace soda::sky {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kMargin = kBoundsMargin;

double area_of(const Shape::Part& part) {
  if (part.is_disc()) {
    const double half = std::sin(part.radius / 2);
    return 4 * kPi * half * half;
  }
  // The interior is to the right of the chain, see Polygon::vertices; S2 has it to the left.
  std::vector<S2Point> left(part.vertices.rbegin(), part.vertices.rend());
  return S2::GetArea(S2PointLoopSpan(left));
}

// The integral of the position over the area; of a disc that is known in closed form.
S2Point moment_of(const Shape::Part& part) {
  if (part.is_disc()) {
    const double sine = std::sin(part.radius);
    return part.centre * (kPi * sine * sine);
  }
  std::vector<S2Point> left(part.vertices.rbegin(), part.vertices.rend());
  return S2::GetCentroid(S2PointLoopSpan(left));
}

// The middle of a part by itself: a disc's is exact whatever its size.
S2Point middle_of(const Shape::Part& part) {
  return part.is_disc() ? part.centre : moment_of(part);
}

double chord_square(double radius) {
  const double chord = 2 * std::sin(std::min(radius, kPi) / 2) * (1 + kMargin) + kMargin;
  return chord * chord;
}

Box box_of(const Shape::Part& part) {
  return part.is_disc() ? box_around(part.centre, part.radius) : box_around(part.loop());
}

}  // namespace

void Shape::Part::set_bounds() {
  S2Point sum(0, 0, 0);
  for (const S2Point& vertex : vertices) sum += vertex;
  if (sum.Norm2() > 1e-12) centre = sum.Normalize();
  radius = 0;
  for (const S2Point& vertex : vertices) radius = std::max(radius, centre.Angle(vertex));
  // A cap smaller than a hemisphere is convex: it holds the arcs as well.
  radius = radius < 1.5 ? radius + kMargin : kPi;
}

bool within(const Direction& centre, const Direction& point, Angle radius) noexcept {
  return Reach(radius.radians()).covers(to_point(centre), to_point(point));
}

Shape::Shape() = default;
Shape::~Shape() = default;
Shape::Shape(Shape&&) noexcept = default;
Shape& Shape::operator=(Shape&&) noexcept = default;

Shape Shape::of_footprint(std::string_view bytes) {
  Shape shape;
  for_each_part(bytes, [&](std::uint32_t kind, std::string_view numbers) {
    Part& part = shape.parts_.emplace_back();
    if (kind == static_cast<std::uint32_t>(PartKind::circle)) {
      part.centre = take_unit_vector(numbers);
      take_number(numbers, part.radius);
      if (!(part.radius >= 0 && part.radius <= 4)) damaged_footprint();
      return;
    }
    part.origin_inside = kind == static_cast<std::uint32_t>(PartKind::polygon_with_origin);
    while (!numbers.empty()) part.vertices.push_back(take_unit_vector(numbers));
    part.set_bounds();
  });
  return shape;
}

void Shape::add(const Direction& centre, Angle radius) {
  Part& part = parts_.emplace_back();
  part.centre = to_point(centre);
  part.radius = radius.radians();
}

void Shape::add(const Polygon& polygon) {
  Part& part = parts_.emplace_back();
  for (const Direction& vertex : polygon.vertices()) part.vertices.push_back(to_point(vertex));
  part.origin_inside = polygon.impl().origin_inside();
  part.set_bounds();
}

std::size_t Shape::parts() const noexcept { return parts_.size(); }
const Shape::Part& Shape::part(std::size_t i) const noexcept { return parts_[i]; }

bool Shape::holds(const Direction& direction) const {
  const S2Point point = to_point(direction);
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return covers(part, point); });
}

bool Shape::holds(const Shape& inner) const {
  return std::all_of(inner.parts_.begin(), inner.parts_.end(), [&](const Part& part) {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const Part& own) { return covers(own, part); });
  });
}

bool Shape::meets(const Shape& other) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& own) {
    return std::any_of(other.parts_.begin(), other.parts_.end(),
                       [&](const Part& part) { return sky::meet(own, part); });
  });
}

double Shape::area() const {
  double sum = 0;
  for (const Part& part : parts_) sum += area_of(part);
  return sum;
}

std::optional<Direction> Shape::centroid() const {
  S2Point sum(0, 0, 0);
  if (parts_.size() == 1) {
    sum = middle_of(parts_[0]);
  } else {
    for (const Part& part : parts_) sum += moment_of(part);
    if (area() == 0) {
      for (const Part& part : parts_) sum += part.centre;
    }
  }
  if (!(sum.Norm() > 0)) return std::nullopt;
  return to_direction(sum);
}

Box Shape::box() const {
  Box box{{1, 1, 1}, {-1, -1, -1}};
  for (const Part& part : parts_) {
    const Box own = box_of(part);
    for (std::size_t k = 0; k < 3; ++k) {
      box.lo[k] = std::min(box.lo[k], own.lo[k]);
      box.hi[k] = std::max(box.hi[k], own.hi[k]);
    }
  }
  return box;
}

std::vector<double> Shape::envelope() const {
  if (parts_.size() == 1 && parts_[0].is_disc()) {
    const S2Point& c = parts_[0].centre;
    return {c.x(), c.y(), c.z(), chord_square(parts_[0].radius), 1};
  }
  // A ball about the box, and the box itself as half-spaces: for any number of parts.
  const Box around = box();
  std::vector<double> numbers;
  double square = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    numbers.push_back((around.lo[k] + around.hi[k]) / 2);
    const double half = (around.hi[k] - around.lo[k]) / 2 + kMargin;
    square += half * half;
  }
  numbers.insert(numbers.end(), {square, 0});
  const auto add_half_space = [&](const S2Point& normal, double distance) {
    numbers.insert(numbers.end(), {normal.x(), normal.y(), normal.z(), distance - kMargin});
  };
  for (int axis = 0; axis < 3; ++axis) {
    S2Point unit(0, 0, 0);
    unit[axis] = 1;
    const auto k = static_cast<std::size_t>(axis);
    add_half_space(unit, around.lo[k]);
    add_half_space(-unit, -around.hi[k]);
  }
  if (parts_.size() == 1) {
    for (const S2Point& normal : convex_sides(parts_[0].loop())) add_half_space(normal, 0);
  }
  return numbers;
}

}  // namespace soda::sky
