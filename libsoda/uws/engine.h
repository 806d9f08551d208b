// The engine of jobs: takes tasks from the store (store/queue.h) and has them done, several at a
// time, each in a child process. It knows of leases, crashes and limits; what a job means is a
// dali::Work.
//
// A child that dies takes nothing with it but what it had in hand, which is taken again by another;
// an item that crashes two children has failed. An aborted job's children are killed. Results are
// written beside, renamed into place, and only then told to the store; a job is COMPLETED when they
// would outlive a loss of power. The engine itself may be killed at any time: its children go with
// it, and whoever runs next finds everything in the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dali/work.h"

namespace soda::uws {

// Children that do the jobs of some services, so that those of others never wait for them.
struct Pool {
  std::vector<std::string> services;  // empty: of all
  std::int64_t children = 2;
};

struct EngineOptions {
  using Duration = std::chrono::milliseconds;

  std::string database;  // of jobs
  std::string results;   // a folder; made when it is not there
  std::vector<Pool> pools{Pool{}};
  // Items; the first of several children of a pool takes small jobs first.
  std::int64_t small_job = 8;
  std::int64_t memory_limit = 0;   // bytes that a child may allocate; 0: no limit
  std::int64_t results_limit = 0;  // bytes of all results; 0: no limit
  std::string log_file;            // empty: standard error
  std::string program = "soda-worker";
  std::string metrics;  // where to answer /metrics: "unix:PATH", "127.0.0.1:PORT"; empty: nowhere
  // How often children without work look for some (a look is two calls of stat), and their parent
  // for aborted jobs.
  Duration idle{10}, pause{100};
  // How long a full disk (or another passing trouble) is waited for, from try to try.
  std::vector<Duration> patience{Duration(1000), Duration(2000), Duration(4000), Duration(8000)};
  // How long a worker whose beat stands still counts as alive (of this host, /proc says so).
  Duration silence{30000};
};

// What a child works with.
using Kinds = std::map<std::string, std::unique_ptr<dali::Work>, std::less<>>;  // by service
struct Workshop {
  const dali::Context& context;
  const Kinds& kinds;
};
// Called in each child: makes what it works with (data base connections do not outlive a fork) and
// hands it to the function given, which returns when the child is to end.
using Equip = std::function<void(const std::function<void(const Workshop&)>&)>;

// Runs until SIGTERM or SIGINT; children finish the item in hand then, within ten seconds. SIGHUP
// reopens the log. Throws Failure when it cannot begin: folder, data base or address are not to be
// had. Single-threaded; must be the only one in its process to wait for children.
void run_engine(const EngineOptions& options, const Equip& equip);

}  // namespace soda::uws
