// The documents of jobs, as the schema of UWS 1.1 has them (and for people, see page.h).
//
// All times are UTC with a final Z, to the millisecond: a client may take a creation time from a
// list and ask for what came AFTER it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/jobs.h"
#include "xml/writer.h"

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

// Hands over one result after the other: a job may have thousands of them, and none is kept.
using ShownResults = std::function<void(const std::function<void(const ShownResult&)>&)>;

// What clients see of a job; `address` is its URL.
struct ShownJob {
  store::Job job;
  std::string address;
  std::vector<ShownParameter> parameters;
  ShownResults results;
  // Whether jobInfo tells how much is done; of a job with one result it would say nothing.
  enum class Progress { told, untold } progress = Progress::told;
};

// Takes a document, in pieces when it is long.
using Emit = std::function<void(std::string_view piece)>;

// The namespace of what jobInfo says: counts of what was asked for (`items`), done, without content
// and failed, and bytes of results.
inline constexpr std::string_view progress_namespace = "urn:x-libsoda:progress";

void write_job(const ShownJob& shown, const Emit& emit);
void write_results(const ShownResults& results, const Emit& emit);
// The same of results within another document: hands them to `write`, and from time to time what
// `xml` holds by then to `emit`.
void write_each(const ShownResults& results, xml::Writer& xml, const Emit& emit,
                const std::function<void(const ShownResult&)>& write);
std::string parameters_document(std::span<const ShownParameter> parameters);
// `list` is the URL of the list: the jobs lie below it.
std::string jobs_document(std::string_view list, std::span<const store::Job> jobs);

}  // namespace soda::uws
