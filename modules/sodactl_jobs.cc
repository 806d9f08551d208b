// Jobs of the asynchronous services: sodactl jobs list, show, abort, purge.
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <optional>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"
#include "sodactl_commands.h"
#include "store/jobs.h"

namespace sodactl {
namespace {

using namespace soda;
using store::Item;
using store::Job;

// Not made here: whoever administers is often root, and the services could not write to root's
// file.
store::Jobs open_jobs(const site::Config& config) {
  const std::string& path = config.text("jobs_database");
  struct stat unused {};
  if (::stat(path.c_str(), &unused) != 0) {
    throw Failure(FailureKind::not_found,
                  "there are no jobs yet: the file that jobs_database names does not exist");
  }
  return store::Jobs(path);
}

store::Phase phase_named(const std::string& word) {
  const auto phase = store::phase_of(to_upper(word));
  if (!phase) {
    throw Failure(
        FailureKind::usage,
        fmt::format("--phase: a phase like EXECUTING is expected, received \"{}\"", quoted(word)));
  }
  return *phase;
}

Failure no_job(const std::string& id) {
  return {FailureKind::not_found, fmt::format("there is no job \"{}\"", quoted(id))};
}

std::string owner_of(const Job& job) {
  return job.owner.empty() ? fmt::format("({})", job.client.empty() ? "-" : quoted(job.client))
                           : quoted(job.owner);
}

void print_time(const char* what, const std::optional<Job::Time>& time) {
  if (time) fmt::print("{}: {}\n", what, iso8601_utc(*time));
}

void print_failures(store::Jobs& jobs, const Job& job) {
  constexpr std::int64_t page = 1000;
  std::int64_t last = 0;
  for (;;) {
    const auto items = jobs.items(job.id, last, page);
    for (const Item& item : items) {
      if (item.state == Item::State::failed)
        fmt::print("failed: {} {}: {}\n", item.name, quoted(item.label), item.reason);
    }
    if (items.size() < static_cast<std::size_t>(page)) return;
    last = items.back().number;
  }
}

}  // namespace

int list_jobs(const site::Config& config, const std::vector<std::string>& phases,
              const std::optional<std::string>& owner) {
  store::Jobs jobs = open_jobs(config);
  store::Jobs::Filter filter;
  for (const std::string& word : phases) filter.phases.push_back(phase_named(word));
  filter.owner = owner;
  for (const Job& job : jobs.list(filter)) {
    fmt::print("{} {} {} {} {} {}/{} items, {} failed, {} bytes\n", job.id, job.service,
               store::phase_word(job.phase), iso8601_utc(job.created), owner_of(job),
               job.done + job.empty + job.failed, job.planned, job.failed, job.bytes);
  }
  return 0;
}

int show_job(const site::Config& config, const std::string& id) {
  store::Jobs jobs = open_jobs(config);
  const auto job = jobs.find(id);
  if (!job) throw no_job(id);
  fmt::print("id: {}\nservice: {}\nphase: {}\nowner: {}\n", job->id, job->service,
             store::phase_word(job->phase), owner_of(*job));
  if (!job->run_id.empty()) fmt::print("run: {}\n", quoted(job->run_id));
  print_time("created", job->created);
  print_time("queued", job->queued);
  print_time("started", job->started);
  print_time("ended", job->ended);
  print_time("destruction", job->destruction);
  fmt::print("execution limit: {} s\n", job->execution_limit);
  for (const auto& [name, value] : job->parameters)
    fmt::print("parameter: {}={}\n", name, quoted(value, 1000));
  fmt::print("items: {} planned, {} done, {} empty, {} failed, {} bytes\n", job->planned, job->done,
             job->empty, job->failed, job->bytes);
  if (!job->package.empty()) fmt::print("package: {}\n", job->package);
  if (!job->error.empty()) fmt::print("error: {}\n", job->error);
  print_failures(jobs, *job);
  return 0;
}

int abort_jobs(const site::Config& config, const std::vector<std::string>& ids) {
  store::Jobs jobs = open_jobs(config);
  int status = 0;
  for (const std::string& id : ids) {
    const auto job = jobs.change(id, [](Job& it) {
      if (!store::is_over(it.phase)) it.phase = store::Phase::aborted;
    });
    if (!job) status = 1;
    fmt::print("{}: {}\n", quoted(id),
               job ? store::phase_word(job->phase) : "there is no such job");
  }
  return status;
}

int purge_jobs(const site::Config& config, const std::vector<std::string>& ids,
               const std::string& before) {
  const auto time = utc_from_iso8601(before);
  if (before.empty() == ids.empty() || (!before.empty() && !time)) {
    throw Failure(FailureKind::usage,
                  fmt::format("identifiers of jobs, or --before and a time in UTC like "
                              "2026-12-24T18:00:00Z, are expected, received {} identifiers and "
                              "\"{}\"",
                              ids.size(), quoted(before)));
  }
  store::Jobs jobs = open_jobs(config);
  std::vector<std::string> chosen = ids;
  if (time) {
    for (const Job& job : jobs.list({})) {
      if (job.ended && *job.ended < *time) chosen.push_back(job.id);
    }
  }
  std::size_t count = 0;
  for (const std::string& id : chosen) {
    const bool found = jobs.destroy(id);
    count += found ? 1 : 0;
    if (!found) fmt::print("{}: there is no such job\n", quoted(id));
  }
  fmt::print("{} jobs destroyed; the worker removes their files\n", count);
  return count == chosen.size() ? 0 : 1;
}

}  // namespace sodactl
