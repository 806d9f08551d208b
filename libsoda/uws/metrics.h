// The worker's figures in Prometheus's text format, answered on an address of this machine only: a
// unix socket, or a port of the loopback. The worker answers itself because it alone knows its
// children and rates; a service of the web server could not tell a local caller from what a proxy
// in front passes on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/handle.h"
#include "store/queue.h"

namespace soda::uws {

// Counted since the worker began.
struct Counters {
  std::int64_t children = 0, busy = 0, crashes = 0;
  std::int64_t done = 0, empty = 0, failed = 0, bytes = 0, tasks = 0, jobs = 0;
};
std::string metrics_text(const Counters& counters, const store::Queue::Figures& figures,
                         store::Job::Time now);

class MetricsPort {
 public:
  // "unix:PATH" or "127.0.0.1:PORT" or "[::1]:PORT"; empty: none. Throws Failure(usage) for any
  // other, and when it cannot be had.
  explicit MetricsPort(const std::string& address);
  ~MetricsPort();
  MetricsPort(const MetricsPort&) = delete;
  MetricsPort& operator=(const MetricsPort&) = delete;

  int descriptor() const noexcept { return socket_.get(); }  // readable: somebody asks; -1: none
  // Answers the one who asks: GET /metrics, or 404. Who is slower than 200 ms is left.
  void answer(const std::function<std::string()>& text);

 private:
  FileDescriptor socket_;
  std::string path_;  // of a unix socket
};

}  // namespace soda::uws
