// Whether the site can answer now, and the VOSI 1.1 availability document that says so.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "dali/service.h"

namespace soda::vosi {

struct Availability {
  bool available = true;
  std::vector<std::string> notes;  // the reasons, without paths
};

// Asks the data base for its first data set, and each data root whether it is a folder. Throws
// nothing that a broken store may cause.
Availability examine(const dali::Context& context);

std::string availability_document(const Availability& availability,
                                  std::chrono::system_clock::time_point up_since);

}  // namespace soda::vosi
