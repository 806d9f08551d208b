// A file as the planner sees it: every HDU with its header as if never compressed, and its world
// coordinates, all from the store.
//
// Making one costs header parsing (100 to 900 microseconds an image HDU), so that a process keeps
// the most recent ones (SourceCache).
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fits/folded.h"
#include "store/holdings.h"
#include "wcs/wcs.h"

namespace soda::cutout {

struct SourceHdu {
  const store::HduRecord* record = nullptr;  // lives as long as the Source
  // Of a compressed image: Z keywords undone. Open in it are the cards that a cut may touch
  // (may_change).
  fits::FoldedHeader header;
  std::shared_ptr<const wcs::Wcs> wcs;  // images only; null for others

  bool is_image() const noexcept { return record->grid >= 0; }
  bool is_compressed() const noexcept { return !record->compression.empty(); }
};

struct Source {
  std::shared_ptr<const store::Holding> holding;
  std::vector<SourceHdu> hdus;

  std::size_t memory() const noexcept;
};

// The image whose world coordinates say where `hdu` is on the sky: itself, or one on its grid (a
// companion, DQ …, may lack coordinates of its own); null where none does.
const SourceHdu* celestial_of(const Source& source, const SourceHdu& hdu);

// Throws Failure(corrupt_data) when a stored header cannot be read.
std::shared_ptr<const Source> make_source(std::shared_ptr<const store::Holding> holding);

// The most recently used sources of one process, up to a budget in bytes. A holding is remembered
// by its address, and kept alive meanwhile, so that a file that was ingested again (a new Holding)
// is made anew.
class SourceCache {
 public:
  explicit SourceCache(std::size_t budget) : budget_(budget) {}
  std::shared_ptr<const Source> get(const std::shared_ptr<const store::Holding>& holding);

 private:
  using Order = std::list<std::shared_ptr<const Source>>;
  std::size_t budget_;
  std::size_t used_ = 0;
  Order order_;  // most recent first
  std::unordered_map<const store::Holding*, Order::iterator> index_;
};

}  // namespace soda::cutout
