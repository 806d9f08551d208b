// Previews and thumbnails of data sets: PNG of at most 512 and 256 pixels a side, made once and
// kept (picture_cache.h). With parameters that say how it is to look, a picture is made for who
// asks and not kept: there are too many of them.
#pragma once

#include <string>

#include "cutout/picture.h"
#include "dali/service.h"
#include "data/picture_cache.h"
#include "http/response.h"
#include "site/access.h"
#include "store/holdings.h"

namespace soda::data {

// One per process, one thread.
class Pictures {
 public:
  explicit Pictures(const site::Config& config);

  // `side`: the most pixels a side. Throws Failure(usage) for a look that is none; else as
  // cutout::whole_picture. A file that is not the one that was ingested is refused, even when the
  // picture was made before.
  http::Response answer(const dali::Context& context, const dali::Call& call,
                        const store::Dataset& dataset, int side, site::Readers readers);

 private:
  std::string render(const dali::Context& context, const dali::Call& call,
                     const store::Dataset& dataset, int side);

  cutout::SourceCache sources_;
  cutout::Tools tools_;
  PictureCache cache_;
  int largest_;
};

}  // namespace soda::data
