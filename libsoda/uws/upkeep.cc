#include "uws/upkeep.h"

namespace soda::uws {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t jobs_at_a_time = 16;
constexpr std::size_t files_at_a_time = 2000;  // some 50 ms: aborts must not wait

}  // namespace

Upkeep::Upkeep(const EngineOptions& options, store::Queue& queue)
    : queue_(queue),
      results_(options.results),
      watch_(store::this_process(), options.silence),
      beat_{options.silence / 6},
      look_{500ms},
      clear_{1s},
      sweep_{1h, Clock::now() + 1h} {}

bool Upkeep::Due::now() {
  const auto time = Clock::now();
  if (time < next) return false;
  next = time + interval;
  return true;
}

Upkeep::Standing Upkeep::turn(std::int64_t holder) {
  if (beat_.now() && !queue_.beat(holder)) return Standing::lost;
  if (look_.now()) {
    for (const std::int64_t dead : watch_.dead(queue_.holders(), Clock::now())) {
      if (dead != holder) queue_.leave(dead);
    }
    queue_.stop_overdue();
  }
  if (clear_.now()) {
    queue_.expire(std::chrono::system_clock::now());
    empty_trash();
  }
  if (sweep_.now()) sweep();
  return Standing::known;
}

// A job's files go one look later than the job: by then no child writes to them any more.
void Upkeep::empty_trash() {
  std::set<std::string> seen;
  // Beyond those that are known already: what cannot be removed must not keep the rest.
  for (const std::string& job : queue_.trash(jobs_at_a_time + std::ssize(seen_in_trash_))) {
    if (!is_result_name(job)) {
      queue_.emptied(job);
    } else if (!seen_in_trash_.contains(job)) {
      seen.insert(job);
    } else if (results_.clear(job, files_at_a_time)) {
      queue_.emptied(job);
    } else {
      seen.insert(job);
    }
  }
  seen_in_trash_ = std::move(seen);
}

// Folders that belong to no job: what was uploaded for one that was never made, or written by a
// child that did not know yet that its job was gone. Only those that were strangers an hour ago
// already go: a job may be about to be made.
void Upkeep::sweep() {
  std::set<std::string> strangers;
  for (const std::string& folder : results_.jobs()) {
    constexpr std::size_t id_size = 26;
    if (folder.size() != id_size || !is_result_name(folder) || queue_.is_known(folder)) continue;
    if (!strangers_.contains(folder) || !results_.clear(folder, files_at_a_time))
      strangers.insert(folder);
  }
  strangers_ = std::move(strangers);
}

}  // namespace soda::uws
