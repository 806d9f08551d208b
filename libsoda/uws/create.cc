// Jobs as clients make them: the list, creation, parameters.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <system_error>

#include "base/failure.h"
#include "base/text.h"
#include "dali/upload.h"
#include "uws/desk.h"
#include "uws/page.h"
#include "uws/phase.h"

namespace soda::uws {
namespace {

using store::Job;
using store::Phase;

// UNKNOWN is a phase of the standard in which no job of ours ever is.
std::vector<Phase> phases_asked(const std::vector<std::string>& words) {
  std::vector<Phase> phases;
  for (const std::string& word : words) {
    const auto phase = store::phase_of(word);
    if (phase) phases.push_back(*phase);
    if (phase || word == "UNKNOWN") continue;
    throw Failure(
        FailureKind::usage,
        fmt::format("PHASE: a phase like EXECUTING is expected, received \"{}\"", quoted(word)),
        "PHASE");
  }
  return phases;
}

std::optional<Job::Time> time_asked(std::string_view name, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto time = utc_from_text(*text);
  if (time) return time;
  throw Failure(FailureKind::usage,
                fmt::format("{}: a time in UTC like 2026-12-24T18:00:00Z is expected, received "
                            "\"{}\"",
                            name, quoted(*text)),
                std::string(name));
}

std::optional<std::int64_t> last_asked(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto count = to_integer(*text);
  if (count && *count > 0) return count;
  throw Failure(
      FailureKind::usage,
      fmt::format("LAST: a number greater than 0 is expected, received \"{}\"", quoted(*text)),
      "LAST");
}

// A job may be started while it is created.
Phase first_phase(const std::vector<std::string>& words) {
  if (words.empty()) return Phase::pending;
  if (words.size() == 1 && order_of(words.front()) == Order::run) return Phase::queued;
  throw Failure(FailureKind::usage,
                fmt::format("PHASE: of a new job RUN is expected, or nothing; received \"{}\"",
                            quoted(words.back())),
                "PHASE");
}

// Values of a parameter that has one take the place of the one before; others are added.
void add_values(const Kind& kind, const dali::Arguments& arguments, Job& job) {
  for (const dali::Parameter& parameter : kind.parameters) {
    std::vector<std::string> values = arguments.all(parameter.name);
    if (values.empty() || parameter.name == "RUNID") continue;
    if (parameter.name == "UPLOAD") values = dali::split_uploads(values);
    if (parameter.repeat == dali::Repeat::single) {
      std::erase_if(job.parameters, [&](const auto& each) { return each.first == parameter.name; });
    }
    for (const std::string& value : values) {
      job.parameters.emplace_back(std::string(parameter.name), value);
    }
  }
  if (const auto run_id = arguments.one("RUNID")) job.run_id = *run_id;
}

// What the disk refuses is not the client's to mend.
void with_disk(const dali::Call& call, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::system_error& error) {
    call.log.add("disk", error.what());
    throw Failure(FailureKind::unavailable, "there is no room for files of jobs at the moment");
  }
}

std::vector<std::string> uploads_of(const dali::Call& call) {
  return dali::split_uploads(call.arguments.all("UPLOAD"));
}

}  // namespace

std::int64_t execution_limit_of(const Kind& kind, const site::Config& config,
                                std::string_view text) {
  const auto seconds = to_integer(text);
  if (!seconds || *seconds < 0) {
    throw Failure(FailureKind::usage,
                  fmt::format("EXECUTIONDURATION: a number of seconds is expected (0: as long as "
                              "the site allows), received \"{}\"",
                              quoted(text)),
                  "EXECUTIONDURATION");
  }
  const std::int64_t cap = config.integer(kind.longest);
  return *seconds == 0 ? cap : std::min(*seconds, cap);
}

Job::Time destruction_of(const site::Config& config, Job::Time created, std::string_view text) {
  const Job::Time latest = created + std::chrono::seconds(config.integer("job_lifetime_limit"));
  return std::min(*time_asked("DESTRUCTION", std::string(text)), latest);
}

http::Response list_jobs(Desk& desk, const dali::Context&, const dali::Call& call, const Place&) {
  store::Jobs::Filter filter;
  filter.service = desk.kind.name;
  filter.owner = call.user;
  const std::vector<std::string>& words = call.arguments.all("PHASE");
  filter.phases = phases_asked(words);
  filter.after = time_asked("AFTER", call.arguments.one("AFTER"));
  filter.last = last_asked(call.arguments.one("LAST"));
  const bool nothing_meets = !words.empty() && filter.phases.empty();
  std::vector<Job> jobs;
  if (!call.user.empty() && !nothing_meets) jobs = desk.jobs.list(filter);
  const Reader reader = reader_of(call.request);
  return document(reader, reader == Reader::browser ? jobs_page(desk.list, jobs)
                                                    : jobs_document(desk.list, jobs));
}

http::Response create_job(Desk& desk, const dali::Context& context, const dali::Call& call,
                          const Place&) {
  const site::Config& config = context.config;
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Job job;
  job.service = desk.kind.name;
  job.owner = call.user;
  job.client = call.request.remote_address();
  job.phase = first_phase(call.arguments.all("PHASE"));
  const auto limit = call.arguments.one("EXECUTIONDURATION");
  job.execution_limit =
      limit ? execution_limit_of(desk.kind, config, *limit)
            : std::min(config.integer("execution_limit"), config.integer(desk.kind.longest));
  const auto destruction = call.arguments.one("DESTRUCTION");
  job.destruction =
      destruction ? destruction_of(config, now, *destruction)
                  : now + std::chrono::seconds(std::min(config.integer("job_lifetime"),
                                                        config.integer("job_lifetime_limit")));
  add_values(desk.kind, call.arguments, job);
  desk.kind.work->check(context, job);
  job.id = store::new_job_id();
  // Before the job is told of them; the worker clears away what no job knows.
  with_disk(call,
            [&] { dali::NewUploads(context.config, call.form, uploads_of(call), job.id).keep(); });
  job = desk.jobs.create(std::move(job));
  call.log.add("job", job.id);
  return see_other(desk.address_of(job.id));
}

http::Response add_parameters(Desk& desk, const dali::Context& context, const dali::Call& call,
                              const Place& place) {
  const auto require_pending = [](const Job& job) {
    if (job.phase == Phase::pending) return;
    throw Failure(FailureKind::wrong_state,
                  fmt::format("parameters may be changed while the job is PENDING, it is {}",
                              store::phase_word(job.phase)));
  };
  const Job found = desk.find(call, place.id);
  require_pending(found);
  with_disk(call, [&] {
    dali::NewUploads uploads(context.config, call.form, uploads_of(call), found.id);
    desk.change(found.id, [&](Job& job) {
      require_pending(job);
      add_values(desk.kind, call.arguments, job);
      desk.kind.work->check(context, job);
      uploads.keep();
    });
  });
  return see_other(desk.address_of(found.id));
}

}  // namespace soda::uws
