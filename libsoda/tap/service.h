// TAP 1.1: queries in ADQL. The parts that are this room's: the row "tap" (what the service says of
// itself in capabilities, a page for people), "tap/sync", and what jobs of "tap/async" mean. The
// module hangs the jobs (uws) and the documents (vosi) beside them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dali/service.h"
#include "dali/work.h"

namespace soda::tap {

// The row "tap": TAPRegExt's capability, and a page with a form.
dali::Service root_service(const dali::Context& context);
// The row "tap/sync".
dali::Service sync_service(const dali::Context& context);

// Jobs: one query, one result named "result". The parameters are `parameters()` of params.h.
std::span<const dali::Parameter> job_parameters();
std::unique_ptr<dali::Work> make_work(const dali::Context& context);

// Queries that run here, for the page of examples.
struct ExampleQuery {
  std::string id, name, text, query;
};
std::vector<ExampleQuery> example_queries(const dali::Context& context);

}  // namespace soda::tap
