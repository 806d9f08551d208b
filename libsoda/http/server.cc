#include "http/server.h"

#include <fcgiapp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "http/listen.h"
#include "http/records.h"

namespace soda::http {
namespace {

// Answers up to this size fit, with their headers, into libfcgi's buffer: one write for all.
constexpr std::int64_t small_answer = 6000;

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

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c <= '~' &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

// A value can carry bytes from a request; a line end in it would begin a header of the client's
// own.
std::string one_line(std::string value) {
  std::ranges::replace_if(
      value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return value;
}

std::string head_of(const Response& response, std::int64_t content_length) {
  std::string head = "Status: " + std::to_string(response.status);
  head.append(1, ' ').append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || equal_ignoring_case(name, "Content-Length")) continue;
    head.append(name).append(": ").append(one_line(value)).append("\r\n");
  }
  // RFC 9110 section 8.6: neither of these has one that means the bytes which follow.
  if (response.status != 204 && response.status != 304) {
    head.append("Content-Length: ").append(std::to_string(content_length)).append("\r\n");
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

}  // namespace

struct Server::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)), listener(open_listener(options.bind, options.backlog)) {
    if (const int error = FCGX_Init()) fail("FCGX_Init", error);
    std::signal(SIGPIPE, SIG_IGN);
    if (const int error =
            FCGX_InitRequest(&fcgi, listener.socket.get(), FCGI_FAIL_ACCEPT_ON_INTR)) {
      fail("FCGX_InitRequest", error);
    }
    events = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
    if (!events) fail("epoll_create1", errno);
    // Of several idle processes on one socket only one shall wake for a connection.
    watch(listener.socket.get(), EPOLLIN | EPOLLEXCLUSIVE);
    watch(signals.descriptor(), EPOLLIN);
  }
  ~Impl() {
    FCGX_Free(&fcgi, 1);
    if (!listener.path.empty()) unlink(listener.path.c_str());
  }

  void watch(int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (epoll_ctl(events.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl", errno);
  }

  // Sleeps until a connection or a signal is there. A busy socket cannot hide a signal: both are
  // reported.
  Event wait() {
    std::array<epoll_event, 2> ready;
    const int count = epoll_wait(events.get(), ready.data(), ready.size(), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait", errno);
    Event event = Event::none;
    for (int i = 0; i < count; ++i) {
      if (ready[static_cast<std::size_t>(i)].data.fd == signals.descriptor()) {
        if (take_signals() == Event::stop) return Event::stop;
      } else {
        event = Event::connection;
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
  bool accept() {
    const int error = -FCGX_Accept_r(&fcgi);
    if (error == 0) return true;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
      poll(nullptr, 0, 100);  // the queue keeps the connection until there is room
    } else if (error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP) {
      fail("accept", error);
    }
    return false;
  }

  Request read_request();
  void read_body(Request& request);
  Outcome send(const Request& request, Response& response, const Handlers& handlers);
  Outcome send_small(const std::string& head, std::string_view text);
  Outcome send_records(const Request& request, Response& response, const Handlers& handlers,
                       Window window);

  ServerOptions options;
  SignalMask signals;
  Listener listener;
  FCGX_Request fcgi{};
  FileDescriptor events;
  std::int64_t started = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  std::int64_t requests = 0;
};

Request Server::Impl::read_request() {
  std::vector<std::string_view> variables;
  for (char** variable = fcgi.envp; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  Request request(variables);
  // Process, its start in milliseconds, and a count: no two requests of one machine share them.
  request.id = std::to_string(getpid()) + "-" + std::to_string(started % 1'000'000'000) + "-" +
               std::to_string(++requests);
  if (request.method == "POST") read_body(request);
  return request;
}

// FastCGI marks the end of the body by itself, so that CONTENT_LENGTH (absent for a chunked upload)
// is only checked.
void Server::Impl::read_body(Request& request) {
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
                    " bytes is read (limit max_body), received " +
                    (length ? std::to_string(*length) : "at least " + std::to_string(received)));
  } else if (FCGX_GetError(fcgi.in) != 0 || (length && received != *length)) {
    request.defect = Failure(FailureKind::usage,
                             "the request body ends after " + std::to_string(received) + " of " +
                                 std::to_string(length.value_or(received)) + " bytes");
  }
}

Outcome Server::Impl::send_small(const std::string& head, std::string_view text) {
  FCGX_PutStr(head.data(), static_cast<int>(head.size()), fcgi.out);
  FCGX_PutStr(text.data(), static_cast<int>(text.size()), fcgi.out);
  // The last stream to be closed carries the end of the request, in the same write.
  FCGX_FClose(fcgi.err);
  Outcome outcome;
  outcome.client_gone = FCGX_FClose(fcgi.out) != 0;
  outcome.bytes_out = outcome.client_gone ? 0 : static_cast<std::int64_t>(text.size());
  return outcome;
}

Outcome Server::Impl::send_records(const Request& request, Response& response,
                                   const Handlers& handlers, Window window) {
  Outcome outcome;
  RecordSink sink(fcgi.ipcFd, fcgi.requestId, head_of(response, window.count), window.count);
  try {
    write_body(response, sink, window);
    if (sink.sent() != window.count) {
      throw Failure(FailureKind::internal, "a body ended after " + std::to_string(sink.sent()) +
                                               " of " + std::to_string(window.count) + " bytes");
    }
    sink.finish();
  } catch (const ClientGone&) {
    outcome.client_gone = true;
  } catch (const std::exception& error) {
    if (!sink.begun()) {
      response = handlers.recover(request, error);
      return send(request, response, handlers);
    }
    outcome.broken = error.what();
  }
  outcome.bytes_out = sink.sent();
  // Without the end-of-request record the web server knows that the answer is not whole.
  if (outcome.client_gone || outcome.broken) FCGX_Free(&fcgi, 1);
  return outcome;
}

Outcome Server::Impl::send(const Request& request, Response& response, const Handlers& handlers) {
  const Window window = apply_conditions(request, response);
  const bool bodiless =
      request.method == "HEAD" || response.status == 204 || response.status == 304;
  const std::string head = head_of(response, window.count);
  if (bodiless) return send_small(head, {});
  const auto* text = std::get_if<std::string>(&response.body);
  if (text != nullptr && window.count <= small_answer) {
    return send_small(head, std::string_view(*text).substr(static_cast<std::size_t>(window.first),
                                                           static_cast<std::size_t>(window.count)));
  }
  return send_records(request, response, handlers, window);
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;

void Server::run(const Handlers& handlers) {
  for (;;) {
    const Event event = impl_->wait();
    if (event == Event::stop) return;
    if (event == Event::none || !impl_->accept()) continue;
    const Request request = impl_->read_request();
    Response response = handlers.handle(request);
    const Outcome outcome = impl_->send(request, response, handlers);
    impl_->fcgi.keepConnection = 0;
    FCGX_Finish_r(&impl_->fcgi);
    handlers.done(request, response, outcome);
  }
}

}  // namespace soda::http
