// Points, circles and polygons of the sphere, and unions of them, made ready for exact questions
// about each other: does one lie in the other, do they meet, how large is it, where is its middle.
//
// Shapes are closed sets: boundaries belong to them, and what is nearer than 1e-15 rad touches.
// Circles may have the radius 0, and up to half a turn; polygons are those of region.h.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sky/footprint.h"
#include "sky/region.h"

namespace soda::sky {

class Shape {
 public:
  Shape();
  ~Shape();
  Shape(Shape&&) noexcept;
  Shape& operator=(Shape&&) noexcept;

  // Of Footprint::bytes. Throws Failure(unavailable) for bytes that are no footprint.
  static Shape of_footprint(std::string_view bytes);
  // Adds a part. The radius is within [0, pi]: the caller's to check.
  void add(const Direction& centre, Angle radius);
  void add(const Polygon& polygon);

  std::size_t parts() const noexcept;
  struct Part;  // the room's
  const Part& part(std::size_t i) const noexcept;
  bool holds(const Direction& point) const;
  // Whether all of `inner` lies in this. Each part of `inner` must lie in one part of this: what
  // only two parts together hold is not found.
  bool holds(const Shape& inner) const;
  bool meets(const Shape& other) const;

  // Steradians; parts that overlap are counted each.
  double area() const;
  // The middle of its area, or of its points when it has none. Empty where there is none: parts
  // that balance each other.
  std::optional<Direction> centroid() const;
  // Holds every point.
  Box box() const;
  // For relate() of probe.h.
  std::vector<double> envelope() const;

 private:
  std::vector<Part> parts_;
};

// Whether the circle about `centre` holds the point: the same as a Shape says, for once.
bool within(const Direction& centre, const Direction& point, Angle radius) noexcept;

}  // namespace soda::sky
