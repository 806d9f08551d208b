// Who holds a lease, and whether it is still alive: without a wall clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace soda::store {

// A worker as others can see it. `host` names the running system and its space of process numbers
// (containers share the first, not the second); `started` is the process's start in clock ticks
// since that of the system, which tells it from a later process of the same number.
struct Holder {
  std::int64_t id = 0;  // given by Queue::enter
  std::string host;
  std::int64_t pid = 0, started = 0;
  std::int64_t beat = 0;  // grows as long as it lives
};
Holder this_process();
// False when /proc does not know it; a zombie is dead. Of a holder of the same host only.
bool is_alive(const Holder& holder);
// Milliseconds since the system was started, sleep included: a clock that nobody can set.
std::int64_t boot_milliseconds();

// Watches holders: those of this host by /proc, others by their beat, which has to move within
// `patience` of the observer's own time.
class HolderWatch {
 public:
  using Clock = std::chrono::steady_clock;
  HolderWatch(Holder self, Clock::duration patience)
      : self_(std::move(self)), patience_(patience) {}
  // Those that are known to be dead now, by id.
  std::vector<std::int64_t> dead(std::span<const Holder> holders, Clock::time_point now);

 private:
  struct Seen {
    std::int64_t beat;
    Clock::time_point since;
  };
  Holder self_;
  Clock::duration patience_;
  std::map<std::int64_t, Seen> seen_;
};

}  // namespace soda::store
