// The documents of jobs, as the schema of UWS 1.1 has them (and for people, see page.h).
//
// All times are UTC with a final Z, to the millisecond: a client may take a creation time from a
// list and ask for what came AFTER it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/jobs.h"

namespace soda::uws {

std::string utc_text(store::Job::Time time);
// ISO 8601 in UTC, with or without Z; later than 2240 is as good as 2240. Empty: none, or before
// 1970.
std::optional<store::Job::Time> utc_from_text(std::string_view text);

// A parameter as a client gave it; by reference: its value is a file that came with the job.
struct ShownParameter {
  std::string name, value;
  enum class Way { value, reference } way = Way::value;
};

struct ShownResult {
  std::string name, address, media_type;
  std::optional<std::int64_t> size;  // bytes
};

// What clients see of a job; `address` is its URL.
struct ShownJob {
  const store::Job& job;
  std::string address;
  std::vector<ShownParameter> parameters;
  std::vector<ShownResult> results;
  // Whether jobInfo tells how much is done; of a job with one result it would say nothing.
  enum class Progress { told, untold } progress = Progress::told;
};

// The namespace of what jobInfo says: counts of what was asked for (`items`), done, without content
// and failed, and bytes of results.
inline constexpr std::string_view progress_namespace = "urn:x-libsoda:progress";

std::string job_document(const ShownJob& shown);
std::string parameters_document(std::span<const ShownParameter> parameters);
std::string results_document(std::span<const ShownResult> results);
// `list` is the URL of the list: the jobs lie below it.
std::string jobs_document(std::string_view list, std::span<const store::Job> jobs);

}  // namespace soda::uws
