// A polygon as the sphere library holds it. Internal to the room: only region.cc, loop.cc,
// footprint.cc and probe.cc include this.
#pragma once

#include <memory>
#include <vector>

#include "sky/region.h"

namespace soda::sky {

// Containment is decided by S2's exact predicates; on top of that the boundary is closed: points
// within 1e-15 rad of a vertex or an edge are inside. Immutable after construction; queries use
// scratch space of the index, so one object, one thread.
struct Polygon::Impl {
  // Throws Failure(usage), see Polygon.
  explicit Impl(const std::vector<Direction>& vertices);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::vector<Direction> vertices() const;  // counter-clockwise seen from inside the sphere
  bool contains(const Direction& point) const noexcept;
  Circle bounds() const;
  bool origin_inside() const noexcept;  // of S2::Origin()

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace soda::sky
