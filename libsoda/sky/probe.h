// A region made ready to be held against many footprints: is there a point of the sky that lies in
// both?
//
// Regions and footprints are closed: those that touch meet. A probe takes nothing from a footprint
// but its bytes (Footprint::bytes), and allocates nothing for one of usual size.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sky/footprint.h"
#include "sky/region.h"

namespace soda::sky {

class Probe {
 public:
  explicit Probe(const Region& region);
  ~Probe();
  Probe(Probe&&) noexcept;

  // Throws Failure(unavailable) for bytes that are no footprint: the row is damaged.
  bool meets(std::string_view footprint) const;
  // A convex body that holds the region, as numbers for `relate`: centre x, y, z of a ball and the
  // square of its radius, 1 where the ball's part of the sphere is the region itself (else 0), then
  // half-spaces x, y, z, d: those points p with p . (x, y, z) >= d.
  const std::vector<double>& envelope() const noexcept;

  struct Impl;

 private:
  std::unique_ptr<const Impl> impl_;
};

enum class BoxRelation {
  outside,  // no footprint within the box meets the region
  partly,   // only Probe::meets can tell
  inside,   // every footprint within the box lies in the region
};
// An envelope that is malformed is `partly`.
BoxRelation relate(const Box& box, std::span<const double> envelope) noexcept;

}  // namespace soda::sky
