// The catalogue of the site: ObsCore with the archive's own columns, and TAP_SCHEMA. The one
// declaration from which queries, /tables and TAP_SCHEMA are answered.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "dali/service.h"
#include "tap/catalogue.h"

namespace soda::tap {

class SiteTables {
 public:
  // As of the archive's present state: made anew when the archive has changed. What was handed out
  // before stays as it is.
  std::shared_ptr<const Catalogue> get(const dali::Context& context);
  // Of the archive when the last that was handed out was made.
  std::int64_t schema_version() const noexcept { return schema_version_; }
  // What comes next is made anew.
  void forget() noexcept { version_.reset(); }

 private:
  std::optional<std::int64_t> version_;
  std::int64_t schema_version_ = 0;
  std::shared_ptr<const Catalogue> catalogue_;
};

}  // namespace soda::tap
