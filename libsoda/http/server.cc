#include "http/server.h"

#include <fcgiapp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <limits>
#include <map>
#include <optional>
#include <system_error>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "http/departure.h"
#include "http/listen.h"
#include "http/records.h"
#include "http/unplanned.h"

namespace soda::http {
namespace {

// How long the end of a request that has no body may be in coming after all its headers.
constexpr timeval end_patience{0, 10'000};

[[noreturn]] void fail(const std::string& what, int error) {
  throw Failure(FailureKind::internal, what + ": " + std::generic_category().message(error));
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Blocks the signals for as long as it lives; gives the previous mask back.
class SignalMask {
 public:
  SignalMask() {
    const sigset_t set = watched_signals();
    sigprocmask(SIG_BLOCK, &set, &previous_);
    descriptor_ = FileDescriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_) fail("signalfd", errno);
  }
  ~SignalMask() { sigprocmask(SIG_SETMASK, &previous_, nullptr); }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

  int descriptor() const noexcept { return descriptor_.get(); }
  // The number of a signal that has come, or 0.
  int take() const noexcept {
    signalfd_siginfo info;
    return read(descriptor_.get(), &info, sizeof info) == sizeof info
               ? static_cast<int>(info.ssi_signo)
               : 0;
  }

 private:
  sigset_t previous_;
  FileDescriptor descriptor_;
};

enum class Event { none, connection, stop };

// How often who waits is asked after.
constexpr std::chrono::milliseconds round_length{100};

// One request and what it is to get. libfcgi points into its own part: it stays where it is.
struct Exchange {
  explicit Exchange(int listener) {
    if (const int error = FCGX_InitRequest(&fcgi, listener, FCGI_FAIL_ACCEPT_ON_INTR)) {
      fail("FCGX_InitRequest", error);
    }
  }
  ~Exchange() { FCGX_Free(&fcgi, 1); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  FCGX_Request fcgi{};
  Request request;
  Response response;
};

std::string make_id_prefix() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto started = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return std::to_string(getpid()) + "-" + std::to_string(started % 1'000'000'000) + "-";
}

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> allowed{};
  for (unsigned c = '!'; c <= '~'; ++c) {
    allowed[c] = std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) ==
                 std::string_view::npos;
  }
  return allowed;
}();

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return token_characters[static_cast<unsigned char>(c)];
  });
}

// A value can carry bytes from a request; a line end in it would begin a header of the client's
// own.
void append_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  const std::size_t begin = head.size();
  head.append(value);
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  head.append("\r\n");
}

std::string head_of(const Response& response, std::int64_t content_length) {
  std::string head = "Status: " + std::to_string(response.status);
  head.append(1, ' ').append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || equal_ignoring_case(name, "Content-Length")) continue;
    append_line(head, name, value);
  }
  // RFC 9110 section 8.6: neither of these has one that means the bytes which follow.
  const bool has_length = content_length != Body::unknown_size;
  if (has_length && response.status != 204 && response.status != 304) {
    append_line(head, "Content-Length", std::to_string(content_length));
  }
  return head.append("\r\n");
}

class TextBody : public Body {
 public:
  explicit TextBody(std::string_view text) : text_(text) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(text_.size()); }
  void write(Sink& sink, std::int64_t first, std::int64_t count) override {
    sink.write(text_.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
  }

 private:
  std::string_view text_;
};

void write_body(Response& response, Sink& sink, Window window) {
  if (const auto* text = std::get_if<std::string>(&response.body)) {
    TextBody(*text).write(sink, window.first, window.count);
  } else {
    std::get<std::unique_ptr<Body>>(response.body)->write(sink, window.first, window.count);
  }
}

void write_planned(Response& response, RecordSink& sink, Window window) {
  if (window.count != 0) write_body(response, sink, window);
  if (sink.sent() != window.count) {
    throw Failure(FailureKind::internal, "a body ended after " + std::to_string(sink.sent()) +
                                             " of " + std::to_string(window.count) + " bytes");
  }
  sink.finish();
}

}  // namespace

struct Server::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)), listener(open_listener(options.bind, options.backlog)) {
    if (const int error = FCGX_Init()) fail("FCGX_Init", error);
    std::signal(SIGPIPE, SIG_IGN);
    events = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
    if (!events) fail("epoll_create1", errno);
    // Of several idle processes on one socket only one shall wake for a connection.
    watch(listener.socket.get(), EPOLLIN | EPOLLEXCLUSIVE);
    watch(signals.descriptor(), EPOLLIN);
  }
  ~Impl() {
    if (!listener.path.empty()) unlink(listener.path.c_str());
  }

  void watch(int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (epoll_ctl(events.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl", errno);
  }

  // Milliseconds for epoll_wait: for ever while nobody waits.
  int patience() const {
    if (waiting.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_round - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  // Sleeps until there is a connection, a signal, or the time to ask after those who wait; forgets
  // those of them who have left. A busy socket cannot hide a signal: both are reported.
  Event wait(const Handlers& handlers) {
    std::array<epoll_event, 64> ready;
    const int count = epoll_wait(events.get(), ready.data(), ready.size(), patience());
    if (count < 0 && errno != EINTR) fail("epoll_wait", errno);
    Event event = Event::none;
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == signals.descriptor()) {
        if (take_signals() == Event::stop) return Event::stop;
      } else if (fd == listener.socket.get()) {
        event = Event::connection;
      } else {
        forget(fd, handlers);
      }
    }
    return event;
  }

  Event take_signals() {
    for (int signal = signals.take(); signal != 0; signal = signals.take()) {
      if (signal != SIGHUP) return Event::stop;
      options.on_hangup();
    }
    return Event::none;
  }

  // False: no request after all (another process was quicker, or the peer spoke no FastCGI).
  bool accept(Exchange& exchange) {
    const int error = -FCGX_Accept_r(&exchange.fcgi);
    if (error == 0) return true;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
      poll(nullptr, 0, 100);  // the queue keeps the connection until there is room
    } else if (error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP) {
      fail("accept", error);
    }
    return false;
  }

  Request read_request(FCGX_Request& fcgi);
  void read_body(FCGX_Request& fcgi, Request& request);
  Outcome send(Exchange& exchange, const Handlers& handlers);
  bool is_read_to_its_end(Exchange& exchange);
  void answer(Exchange& exchange, const Handlers& handlers);
  void serve(const Handlers& handlers);
  void keep_waiting(std::unique_ptr<Exchange> exchange);
  void forget(int fd, const Handlers& handlers);
  void ask_round(const Handlers& handlers);
  void settle_all(const Handlers& handlers);

  using Clock = Later::Clock;

  ServerOptions options;
  SignalMask signals;
  Listener listener;
  FileDescriptor events;
  std::unique_ptr<Exchange> current;
  std::map<int, std::unique_ptr<Exchange>> waiting;  // by connection
  Clock::time_point next_round;
  // Process, its start in milliseconds, and a count: no two requests of one machine share them.
  const std::string id_prefix = make_id_prefix();
  std::int64_t requests = 0;
};

Request Server::Impl::read_request(FCGX_Request& fcgi) {
  std::vector<std::string_view> variables;
  for (char** variable = fcgi.envp; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  Request request(variables);
  request.connection = fcgi.ipcFd;
  request.id = id_prefix + std::to_string(++requests);
  if (request.method == "POST") read_body(fcgi, request);
  return request;
}

// FastCGI marks the end of the body by itself, so that CONTENT_LENGTH (absent for a chunked upload)
// is only checked.
void Server::Impl::read_body(FCGX_Request& fcgi, Request& request) {
  const std::string_view announced = request.variable("CONTENT_LENGTH");
  const auto length = to_integer(announced);
  if (!announced.empty() && (!length || *length < 0)) {
    request.defect =
        Failure(FailureKind::usage, "Content-Length: a number of bytes is expected, received \"" +
                                        quoted(announced) + "\"");
    return;
  }
  std::array<char, 16384> buffer;
  bool ended = false;
  while (!ended && static_cast<std::int64_t>(request.body.size()) <= options.body_limit &&
         length.value_or(0) <= options.body_limit) {
    const int count = FCGX_GetStr(buffer.data(), static_cast<int>(buffer.size()), fcgi.in);
    request.body.append(buffer.data(), static_cast<std::size_t>(std::max(count, 0)));
    ended = count < static_cast<int>(buffer.size());
  }
  const auto received = static_cast<std::int64_t>(request.body.size());
  if (std::max(received, length.value_or(0)) > options.body_limit) {
    request.body.clear();
    request.defect =
        Failure(FailureKind::too_large,
                "a request body of at most " + std::to_string(options.body_limit) +
                    " bytes is read (limit " + options.body_limit_name + "), received " +
                    (length ? std::to_string(*length) : "at least " + std::to_string(received)));
  } else if (FCGX_GetError(fcgi.in) != 0 || (length && received != *length)) {
    request.defect = Failure(FailureKind::usage,
                             "the request body ends after " + std::to_string(received) + " of " +
                                 std::to_string(length.value_or(received)) + " bytes");
  }
}

Outcome Server::Impl::send(Exchange& exchange, const Handlers& handlers) {
  const Request& request = exchange.request;
  Response& response = exchange.response;
  Window window = apply_conditions(request, response);
  const std::int64_t length = window.count;
  if (request.method == "HEAD" || response.status == 204 || response.status == 304) window = {};
  Outcome outcome;
  std::optional<RecordSink> sink;
  const auto begin = [&](std::int64_t content_length, std::int64_t limit) -> RecordSink& {
    return sink.emplace(exchange.fcgi.ipcFd, exchange.fcgi.requestId,
                        head_of(response, content_length), limit, Ending::with_last_byte);
  };
  try {
    if (window.count == Body::unknown_size) {
      UnplannedSink unplanned([&](std::int64_t found) -> RecordSink& {
        constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
        return begin(found, found == Body::unknown_size ? unlimited : found);
      });
      write_body(response, unplanned, window);
      unplanned.finish();
    } else {
      write_planned(response, begin(length, window.count), window);
    }
  } catch (const ClientGone&) {
    outcome.client_gone = true;
  } catch (const std::exception& error) {
    if (!sink || !sink->begun()) {
      response = handlers.recover(request, error);
      return send(exchange, handlers);
    }
    outcome.broken = error.what();
  }
  if (sink) outcome.bytes_out = sink->sent();
  return outcome;
}

// For a body see read_body; a request without one ends with a record that has come with its
// headers, as a rule.
bool Server::Impl::is_read_to_its_end(Exchange& exchange) {
  const FCGX_Request& fcgi = exchange.fcgi;
  if (exchange.request.method != "POST") {
    setsockopt(fcgi.ipcFd, SOL_SOCKET, SO_RCVTIMEO, &end_patience, sizeof end_patience);
    if (FCGX_GetChar(fcgi.in) != EOF) return false;
  }
  return FCGX_HasSeenEOF(fcgi.in) != 0 && FCGX_GetError(fcgi.in) == 0;
}

// A request that is read to its end needs no care: nothing more comes that the kernel would answer
// with a reset, which can cost the web server the last bytes. Otherwise libfcgi says that it is
// done and reads until the web server closes, two seconds at most. All that was to be said was
// said: FCGX_Finish_r would end the request a second time, or one that was to be cut short.
void Server::Impl::answer(Exchange& exchange, const Handlers& handlers) {
  const Outcome outcome = send(exchange, handlers);
  if (is_read_to_its_end(exchange)) FCGX_Detach(&exchange.fcgi);
  FCGX_Free(&exchange.fcgi, 1);
  handlers.done(exchange.request, exchange.response, outcome);
  // What they hold (an upload, a mapped file) shall not stay until the next request comes.
  exchange.request = {};
  exchange.response = {};
}

void Server::Impl::serve(const Handlers& handlers) {
  if (!current) current = std::make_unique<Exchange>(listener.socket.get());
  if (!accept(*current)) return;
  current->request = read_request(current->fcgi);
  current->response = handlers.handle(current->request);
  if (current->response.later && waiting.size() < options.waiting_limit) {
    keep_waiting(std::move(current));
    return;
  }
  if (current->response.later) current->response = current->response.later->settle();
  answer(*current, handlers);
}

void Server::Impl::keep_waiting(std::unique_ptr<Exchange> exchange) {
  const int fd = exchange->fcgi.ipcFd;
  watch(fd, signs_of_departure(fd));
  if (waiting.empty()) next_round = Clock::now() + round_length;
  waiting.emplace(fd, std::move(exchange));
}

void Server::Impl::forget(int fd, const Handlers& handlers) {
  const auto found = waiting.find(fd);
  if (found == waiting.end()) return;
  const std::unique_ptr<Exchange> exchange = std::move(found->second);
  waiting.erase(found);
  FCGX_Detach(&exchange->fcgi);  // there is nobody to wait for
  FCGX_Free(&exchange->fcgi, 1);
  Outcome outcome;
  outcome.client_gone = true;
  handlers.done(exchange->request, exchange->response, outcome);
}

void Server::Impl::ask_round(const Handlers& handlers) {
  const auto now = Clock::now();
  if (waiting.empty() || now < next_round) return;
  next_round = now + round_length;
  for (auto next = waiting.begin(); next != waiting.end();) {
    Exchange& exchange = *next->second;
    Later& later = *exchange.response.later;
    std::optional<Response> answered = later.poll();
    if (!answered && later.deadline() <= now) answered = later.settle();
    if (!answered) {
      ++next;
      continue;
    }
    exchange.response = std::move(*answered);
    answer(exchange, handlers);
    next = waiting.erase(next);
  }
}

void Server::Impl::settle_all(const Handlers& handlers) {
  for (const auto& [fd, exchange] : waiting) {
    exchange->response = exchange->response.later->settle();
    answer(*exchange, handlers);
  }
  waiting.clear();
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;

void Server::run(const Handlers& handlers) {
  for (Event event = impl_->wait(handlers); event != Event::stop; event = impl_->wait(handlers)) {
    impl_->ask_round(handlers);
    if (event == Event::connection) impl_->serve(handlers);
  }
  impl_->settle_all(handlers);
}

}  // namespace soda::http
