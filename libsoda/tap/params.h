// The parameters of a query (TAP 1.1 section 2.7), declared once, and a request for one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dali/format.h"
#include "dali/param.h"
#include "site/config.h"

namespace soda::tap {

// Values are judged when the query is run, not when they come: a job may be made of anything
// (section 5.1).
std::span<const dali::Parameter> parameters();

struct Request {
  std::string query;
  std::int64_t rows = 0;  // to answer at most
  dali::Choice format;
  std::vector<std::string> uploads;  // values of UPLOAD
};

// `accept`: the header, or empty. Throws Failure(usage) naming the parameter and what was expected.
Request parse_request(const dali::Arguments& arguments, const site::Config& config,
                      std::string_view accept);

}  // namespace soda::tap
