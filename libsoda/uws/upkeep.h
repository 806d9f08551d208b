// What the worker does from time to time, beside its children's work. Private to the room.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "store/holder.h"
#include "store/queue.h"
#include "uws/engine.h"
#include "uws/results_folder.h"

namespace soda::uws {

class Upkeep {
 public:
  // Both must outlive it.
  Upkeep(const EngineOptions& options, store::Queue& queue);

  // lost: others believed this worker dead, and it has to enter anew.
  enum class Standing { known, lost };
  // To be called often; does what is due: the beat, other workers' deaths, limits of time,
  // destruction, files of jobs that are no more.
  Standing turn(std::int64_t holder);

 private:
  using Clock = std::chrono::steady_clock;

  // True at most once in that time.
  struct Due {
    Clock::duration interval;
    Clock::time_point next{};
    bool now();
  };
  void empty_trash();
  void sweep();

  store::Queue& queue_;
  ResultsFolder results_;
  store::HolderWatch watch_;
  Due beat_, look_, clear_, sweep_;
  std::set<std::string> seen_in_trash_, strangers_;
};

}  // namespace soda::uws
