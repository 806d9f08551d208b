// The one place that makes addresses of the site's own services, and the column that shows one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/table.h"
#include "site/config.h"

namespace soda::dali {

// Complete URLs below base_url, identifiers percent-encoded.
class Places {
 public:
  explicit Places(const site::Config& config);

  // All that there is of a data set (DataLink).
  std::string links(std::string_view did) const;
  // The file, or a part: "header", "preview", "thumbnail".
  std::string data(std::string_view did, std::string_view part = {}) const;
  // A file beside it, by the number of its relation (store::Relation::id).
  std::string relation(std::string_view did, std::int64_t number) const;
  // All of the data set through the cutout service; more parameters may follow.
  std::string cut(std::string_view did) const;
  // The style sheet by which browsers show links, as a path on the same host: style sheets of
  // other hosts are not applied, and the archive may have several names.
  const std::string& links_style() const noexcept { return links_style_; }

 private:
  std::string base_, links_style_;
};

// Computed for rows with a file, behind the columns that are stored: the address of a picture.
const Column& preview_column();

}  // namespace soda::dali
