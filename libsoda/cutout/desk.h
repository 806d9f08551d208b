// What a process that cuts keeps between cuts, and what every service that cuts does with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cutout/cut.h"
#include "cutout/plan.h"
#include "cutout/source.h"
#include "dali/param.h"
#include "dali/service.h"

namespace soda::cutout {

struct Desk {
  explicit Desk(const site::Config& config);

  SourceCache sources;
  Tools tools;
  Limits limits;
  Limits picture_limits;  // a picture is small, whatever the size of the cut that it shows
  std::size_t max_vertices;
  int max_picture;
};

using Datasets = std::vector<std::shared_ptr<const store::Dataset>>;

// Throws Failure(not_found).
std::shared_ptr<const store::Dataset> find_dataset(const dali::Context& context,
                                                   const std::string& id);

// "2026-01-31"
std::string utc_day();

// Same request, same files, same version, same day: same bytes, same tag.
std::string entity_tag(const Datasets& datasets, const dali::Arguments& arguments,
                       const std::string& day);

// "POS: the reason"
std::string sentence_of(const NoOverlap& miss);
// What stands in the place of a cut without pixels, where a body must be: "NoContent: the reason".
std::string no_content_text(std::string_view reason);

}  // namespace soda::cutout
