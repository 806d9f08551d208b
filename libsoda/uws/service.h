// A service of jobs: the tree of resources of UWS 1.1 section 2.2 with the rules that DALI 1.1
// section 2 adds (created by POST, parameters added below the job while it is PENDING, results and
// error below the job, all refusals as the standard of the service writes them).
//
// A job is seen by its owner, or, when nobody known created it, by whoever knows its identifier
// (128 random bits); to all others it does not exist. Only owned jobs are listed, to their owners.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "dali/service.h"
#include "dali/work.h"

namespace soda::uws {

struct Kind {
  std::string_view name;                        // of the service: "async"
  std::string_view standard_id;                 // "ivo://ivoa.net/std/SODA#async-1.0"
  std::span<const dali::Parameter> parameters;  // of its jobs; outlives the service
  std::shared_ptr<dali::Work> work;             // checks them
  // How refusals, and the error of a job, are told.
  dali::ErrorStyle errors = dali::ErrorStyle::text;
  dali::Strangers strangers = dali::Strangers::suspected;
  // Several results, with a table that tells of all and texts in place of those that failed; or the
  // one that the standard of the service names.
  enum class Results { several, one } results = Results::several;
  std::string_view longest = "execution_limit_cap";  // the setting: how long a job may execute
};

// The row. The data base of jobs is opened at the first request for one.
dali::Service jobs_service(const dali::Context& context, Kind kind);

}  // namespace soda::uws
