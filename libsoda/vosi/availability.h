// Whether the site can answer now, and the VOSI 1.1 availability document that says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dali/service.h"

namespace soda::vosi {

// The members are the document's elements.
struct Availability {
  using Time = std::chrono::system_clock::time_point;
  bool available = true;
  std::optional<Time> up_since;          // only while available
  std::optional<Time> down_at, back_at;  // of an outage to come; of one to come or in effect
  std::vector<std::string> notes;        // the reasons, without paths
};

// Asks the data base for the administrator's notice and whether it holds a data set, each data root
// whether it is a folder that may be read, and the disks of the data base and of the cache for
// their free space: a disk that is nearly full is told, but takes nothing out of service. Throws
// nothing that a broken store may cause. `started`: when this program did.
Availability examine(const dali::Context& context, Availability::Time started);

// What to say of a disk with less than a hundredth or 100 MB free; empty when it has more.
std::optional<std::string> shortage(std::string_view holder, std::uintmax_t free_bytes,
                                    std::uintmax_t capacity);

std::string availability_document(const Availability& availability);

}  // namespace soda::vosi
