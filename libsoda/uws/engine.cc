#include "uws/engine.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "base/failure.h"
#include "base/handle.h"
#include "base/log.h"
#include "dali/fault.h"
#include "uws/child.h"
#include "uws/metrics.h"
#include "uws/slot.h"
#include "uws/upkeep.h"

namespace soda::uws {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto shortest_life = 1s;  // one that cannot even begin is not replaced at once
constexpr auto last_grace = 10s;    // for children that were told to end

// Blocks what the engine listens to, in itself and its children.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, &before_);
    descriptor_ = FileDescriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_) throw Failure(FailureKind::unavailable, "The worker gets no signals.");
  }
  ~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const noexcept { return descriptor_.get(); }
  // The number of one that has come, or 0.
  int take() const noexcept {
    signalfd_siginfo info;
    return ::read(descriptor_.get(), &info, sizeof info) == sizeof info
               ? static_cast<int>(info.ssi_signo)
               : 0;
  }

 private:
  sigset_t before_{};
  FileDescriptor descriptor_;
};

// What its parent knows of a child, beside its slot.
struct Place {
  pid_t pid = 0;  // 0: there is none
  Clock::time_point begun{};
  Clock::time_point not_before{};  // the next one
  std::int64_t vain = 0;           // a lease that did not stand at the last look
  bool killed = false;             // by its parent
  struct Death {
    pid_t pid;
    std::int64_t item;
    std::string reason;  // empty: it did not crash
    store::Queue::Blame blame;
  };
  std::optional<Death> death;  // that the store does not know of yet
};

std::string crash_reason(std::int64_t item, int status) {
  const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                              : fmt::format("exit status {}", WEXITSTATUS(status));
  const Failure failure(
      FailureKind::corrupt_data,
      fmt::format(
          "{} crashed the worker's process repeatedly (the last time with {}).",
          item == 0 ? "Planning the job, keeping its results or packing them" : "The decoder",
          how));
  return dali::fault_text(failure, dali::ErrorStyle::text);
}

void limit_child(std::int64_t memory_limit) {
  ::signal(SIGXFSZ, SIG_IGN);  // EFBIG instead
  ::signal(SIGPIPE, SIG_IGN);
  constexpr rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#ifdef __SANITIZE_ADDRESS__
  memory_limit = 0;  // the sanitizer's own memory counts, and is more
#endif
  if (memory_limit <= 0) return;
  // Not RLIMIT_AS: mapped images are no memory that anybody could run out of.
  const auto bytes = static_cast<rlim_t>(memory_limit);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_DATA, &limit);
}

// What a child is for, whoever sits there.
struct Seat {
  const Pool& pool;
  store::Lane lane;
};

std::vector<Seat> seats_of(const EngineOptions& options) {
  std::vector<Seat> seats;
  for (const Pool& pool : options.pools) {
    for (std::int64_t i = 0; i < pool.children; ++i) {
      const bool is_quick = i == 0 && pool.children > 1;
      seats.push_back({pool, is_quick ? store::Lane::quick : store::Lane::fair});
    }
  }
  return seats;
}

class Engine {
 public:
  Engine(const EngineOptions& options, const Equip& equip)
      : options_(options),
        equip_(equip),
        metrics_(options.metrics),
        seats_(seats_of(options)),
        slots_(seats_.size()),
        places_(seats_.size()),
        jobs_(options.database),
        queue_(jobs_, options.small_job),
        upkeep_(options, queue_),
        log_(options.log_file, options.program) {}

  void run() {
    jobs_.database();
    enter();
    log_.write(LogLine("start").add("children", std::ssize(seats_)));
    while (!ended_) {
      guarded([&] { turn(); });
      wait();
    }
    stop();
    log_.write(LogLine("stop"));
  }

 private:
  Slot& slot(std::size_t index) { return slots_.at(index); }

  void enter() {
    holder_ = queue_.enter(store::this_process());
    for (std::size_t i = 0; i < places_.size(); ++i) slot(i).holder = holder_;
  }

  // The store may be locked or its disk full: the next turn tries again.
  void guarded(const std::function<void()>& work) {
    try {
      work();
      trouble_.clear();
    } catch (const std::exception& error) {
      if (trouble_ != error.what()) log_.write(LogLine("trouble").add("error", error.what()));
      trouble_ = error.what();
    }
  }

  void turn() {
    bury();
    for (std::size_t i = 0; i < places_.size(); ++i) start(i);
    stop_vain_work();
    if (upkeep_.turn(holder_) == Upkeep::Standing::lost) enter();
  }

  void wait() {
    std::array<pollfd, 2> watched{pollfd{signals_.descriptor(), POLLIN, 0},
                                  pollfd{metrics_.descriptor(), POLLIN, 0}};
    ::poll(watched.data(), watched.size(), static_cast<int>(options_.pause.count()));
    if (watched[1].revents != 0) guarded([&] { metrics_.answer([&] { return figures(); }); });
    for (int signal = signals_.take(); signal != 0; signal = signals_.take()) {
      if (signal == SIGTERM || signal == SIGINT) ended_ = true;
      if (signal == SIGHUP) reopen();
    }
  }

  void reopen() {
    log_.reopen();
    for (const Place& place : places_) {
      if (place.pid != 0) ::kill(place.pid, SIGHUP);
    }
  }

  void start(std::size_t index) {
    Place& place = places_[index];
    if (place.pid != 0 || place.death || Clock::now() < place.not_before) return;
    jobs_.disconnect();
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(be_child(index, parent));
    if (pid < 0) {
      place.not_before = Clock::now() + shortest_life;
      throw Failure(FailureKind::unavailable, "The worker gets no more processes.");
    }
    place = Place{};
    place.pid = pid;
    place.begun = Clock::now();
  }

  int be_child(std::size_t index, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) return 0;  // it died before it was asked to tell
    limit_child(options_.memory_limit);
    const Seat& seat = seats_[index];
    const ChildPlace place{slot(index), seat.lane, seat.pool.services};
    try {
      equip_([&](const Workshop& workshop) { run_child(options_, workshop, place); });
      return 0;
    } catch (const std::exception& error) {
      log_.write(LogLine("trouble").add("error", error.what()));
    }
    return 1;
  }

  // Children that have ended: the store is told, and what they had in hand waits again.
  void bury() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      int status = 0;
      if (place.pid != 0 && ::waitpid(place.pid, &status, WNOHANG) == place.pid) ended(i, status);
      if (!place.death) continue;
      if (place.death->reason.empty()) {
        queue_.died(holder_, place.death->pid);
      } else {
        queue_.crashed(holder_, place.death->pid, place.death->item, place.death->blame,
                       place.death->reason);
      }
      place.death.reset();
    }
  }

  void ended(std::size_t index, int status) {
    Place& place = places_[index];
    Slot& own = slot(index);
    const bool crashed = own.lease != 0 && !place.killed;
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    place.death = {place.pid, own.item, crashed ? crash_reason(own.item, status) : std::string(),
                   killed ? store::Queue::Blame::killed : store::Queue::Blame::crashed};
    if (Clock::now() - place.begun < shortest_life && !place.killed && !crashed)
      place.not_before = Clock::now() + shortest_life;
    if (crashed) {
      ++crashes_;
      log_.write(LogLine("crash")
                     .add("child", place.pid)
                     .add("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0)
                     .add("item", own.item.load()));
    }
    place.pid = 0;
    own.lease = 0;
    own.item = 0;
  }

  // Twice in a row, because a child that is just finishing has a lease that has ended, too.
  void stop_vain_work() {
    std::vector<std::int64_t> in_hand(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i) in_hand[i] = slot(i).lease;
    if (std::ranges::all_of(in_hand, [](std::int64_t lease) { return lease == 0; })) return;
    const auto standing = queue_.leases(holder_);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      const std::int64_t lease = in_hand[i];
      const bool vain = lease != 0 && std::ranges::find(standing, lease) == standing.end();
      if (vain && place.vain == lease && place.pid != 0 && slot(i).lease == lease) {
        place.killed = true;
        ::kill(place.pid, SIGKILL);
      }
      place.vain = vain ? lease : 0;
    }
  }

  void stop() {
    for (const Place& place : places_) {
      if (place.pid != 0) ::kill(place.pid, SIGTERM);
    }
    const auto deadline = Clock::now() + last_grace;
    while (Clock::now() < deadline && is_any_left()) {
      guarded([&] { bury(); });
      std::this_thread::sleep_for(10ms);
    }
    for (Place& place : places_) {
      if (place.pid == 0) continue;
      place.killed = true;
      ::kill(place.pid, SIGKILL);
      ::waitpid(place.pid, nullptr, 0);
    }
    guarded([&] { queue_.leave(holder_); });
  }

  bool is_any_left() const {
    return std::ranges::any_of(places_, [](const Place& place) { return place.pid != 0; });
  }

  std::string figures() {
    Counters counters;
    counters.crashes = crashes_;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Slot& own = slot(i);
      counters.children += places_[i].pid != 0 ? 1 : 0;
      counters.busy += own.lease != 0 ? 1 : 0;
      counters.done += own.done;
      counters.empty += own.empty;
      counters.failed += own.failed;
      counters.bytes += own.bytes;
      counters.tasks += own.tasks;
      counters.jobs += own.jobs;
    }
    return metrics_text(counters, queue_.figures(), std::chrono::system_clock::now());
  }

  const EngineOptions& options_;
  const Equip& equip_;
  Signals signals_;
  MetricsPort metrics_;
  std::vector<Seat> seats_;
  Slots slots_;
  std::vector<Place> places_;
  store::Jobs jobs_;
  store::Queue queue_;
  Upkeep upkeep_;
  Log log_;
  std::int64_t holder_ = 0, crashes_ = 0;
  std::string trouble_;  // told already
  bool ended_ = false;
};

}  // namespace

void run_engine(const EngineOptions& options, const Equip& equip) {
  std::error_code error;
  std::filesystem::create_directories(options.results, error);
  if (::access(options.results.c_str(), W_OK | X_OK) != 0) {
    throw Failure(FailureKind::usage,
                  "results_folder: a folder that may be written to is expected, received \"" +
                      options.results + "\"");
  }
  Engine(options, equip).run();
}

}  // namespace soda::uws
