#include "uws/metrics.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string_view>

#include "base/failure.h"
#include "base/text.h"

namespace soda::uws {
namespace {

// name, type, help: one header each (Prometheus text format 0.0.4).
void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void one(std::string& out, std::string_view name, std::string_view type, std::string_view help,
         std::int64_t value) {
  head(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

[[noreturn]] void refuse(const std::string& address, std::string_view why) {
  throw Failure(FailureKind::usage,
                fmt::format("metrics: unix:PATH or a port of this machine like 127.0.0.1:9464 is "
                            "expected, received \"{}\": {}",
                            quoted(address), why),
                "metrics");
}

// An address as bind(2) takes it.
struct Place {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <class T>
Place place_of(const T& address) {
  Place place;
  std::memcpy(&place.storage, &address, sizeof address);
  place.size = sizeof address;
  return place;
}

Place unix_place(const std::string& address, std::string_view path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) refuse(address, "the path is too long");
  std::ranges::copy(path, name.sun_path);
  return place_of(name);
}

Place port_place(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : to_integer(address.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) refuse(address, "there is no port");
  const std::string host = address.substr(0, colon);
  if (host == "[::1]") {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_addr = in6addr_loopback;
    name.sin6_port = htons(static_cast<std::uint16_t>(*port));
    return place_of(name);
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(*port));
  if (::inet_pton(AF_INET, host.c_str(), &name.sin_addr) != 1 ||
      (ntohl(name.sin_addr.s_addr) >> 24) != IN_LOOPBACKNET) {
    refuse(address, "this is not the machine itself");
  }
  return place_of(name);
}

void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // gone, or too slow
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

constexpr std::string_view unix_prefix = "unix:";

}  // namespace

std::string metrics_text(const Counters& counters, const store::Queue::Figures& figures,
                         store::Job::Time now) {
  std::string out;
  head(out, "soda_jobs", "gauge", "Jobs by phase.");
  for (int i = 0; i <= static_cast<int>(store::Phase::archived); ++i) {
    const auto phase = static_cast<store::Phase>(i);
    const auto found = figures.jobs.find(phase);
    fmt::format_to(std::back_inserter(out), "soda_jobs{{phase=\"{}\"}} {}\n",
                   store::phase_word(phase), found == figures.jobs.end() ? 0 : found->second);
  }
  const auto age = figures.oldest ? std::max(now - *figures.oldest, store::Job::Time::duration{})
                                  : store::Job::Time::duration{};
  one(out, "soda_oldest_queued_seconds", "gauge", "Age of the job that is queued longest.",
      std::chrono::duration_cast<std::chrono::seconds>(age).count());
  one(out, "soda_items_waiting", "gauge", "Items of planned jobs that are not finished.",
      figures.waiting_items);
  one(out, "soda_results_bytes", "gauge", "Bytes of all results on disk.", figures.bytes);
  one(out, "soda_worker_children", "gauge", "Child processes.", counters.children);
  one(out, "soda_worker_busy_children", "gauge", "Child processes at work.", counters.busy);
  head(out, "soda_items_total", "counter", "Items finished since the worker began, by outcome.");
  fmt::format_to(std::back_inserter(out),
                 "soda_items_total{{state=\"done\"}} {}\nsoda_items_total{{state=\"empty\"}} {}\n"
                 "soda_items_total{{state=\"failed\"}} {}\n",
                 counters.done, counters.empty, counters.failed);
  one(out, "soda_items_bytes_total", "counter", "Bytes of results written.", counters.bytes);
  one(out, "soda_tasks_total", "counter", "Tasks taken.", counters.tasks);
  one(out, "soda_jobs_ended_total", "counter", "Jobs brought to their end.", counters.jobs);
  one(out, "soda_worker_crashes_total", "counter", "Child processes that crashed.",
      counters.crashes);
  return out;
}

MetricsPort::MetricsPort(const std::string& address) {
  if (address.empty()) return;
  const bool is_unix = address.starts_with(unix_prefix);
  if (is_unix) path_ = address.substr(unix_prefix.size());
  const Place place = is_unix ? unix_place(address, path_) : port_place(address);
  socket_ = FileDescriptor(
      ::socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (is_unix) ::unlink(path_.c_str());
  const int on = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket_ || ::bind(socket_.get(), place.address(), place.size) != 0 ||
      ::listen(socket_.get(), 8) != 0) {
    refuse(address, std::strerror(errno));
  }
}

MetricsPort::~MetricsPort() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void MetricsPort::answer(const std::function<std::string()>& text) {
  const FileDescriptor caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!caller) return;
  const timeval patience{0, 200'000};
  ::setsockopt(caller.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(caller.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(caller.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return;
  const std::string_view request(buffer.data(), static_cast<std::size_t>(got));
  const bool known = request.starts_with("GET /metrics ") || request.starts_with("GET /metrics?");
  const std::string body = known ? text() : "There is only /metrics here.\n";
  send_all(caller.get(),
           fmt::format("HTTP/1.0 {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                       "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
                       known ? "200 OK" : "404 Not Found", body.size(), body));
}

}  // namespace soda::uws
