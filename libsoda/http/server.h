// The FastCGI side of a process: the listening socket, the accept loop, signals, and bodies written
// as our own FCGI_STDOUT records (65,528 bytes each, gathered in one system call with the headers
// and the request's end: a third of libfcgi's cost on large bodies).
//
// Single-threaded. SIGTERM and SIGINT end the loop, at once when idle, else after the request under
// way; SIGHUP calls `on_hangup` between requests. They are blocked for as long as a Server lives
// and read from a signalfd, so that no request can lose its bytes to an interrupted system call and
// there is no handler and no flag. SIGPIPE is ignored. Connections are closed after each request
// even when the web server asks to keep them: a kept one would bind this process to one web-server
// worker and starve the others.
//
// An answer may come later (http/response.h): its connection is kept and others are answered
// meanwhile, so that waiting costs a descriptor and some memory, but neither a process nor time. A
// client that has gone is noticed by its web server's closing the connection. A signal to end
// settles all that wait.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/request.h"
#include "http/response.h"

namespace soda::http {

struct ServerOptions {
  std::string bind;  // "" = descriptor 0 is the listening socket; "unix:PATH" or "HOST:PORT"
  int backlog = 1024;
  std::int64_t body_limit = 1 << 20;         // of a request, in bytes
  std::string body_limit_name = "max_body";  // the setting, for who meets it
  // Requests that wait for an answer of later at the same time, each with a descriptor; beyond it
  // the answer comes at once.
  std::size_t waiting_limit = 256;
  std::function<void()> on_hangup = [] {};
};

struct Outcome {
  std::int64_t bytes_out = 0;  // of the body
  bool client_gone = false;
  // Set when the body failed after its first byte: the connection was cut short.
  std::optional<std::string> broken;
};

// None of them may throw. A request stays where it is until it is done.
struct Handlers {
  std::function<Response(const Request&)> handle;
  // A body threw before a byte had left: the answer to send in place of it.
  std::function<Response(const Request&, const std::exception&)> recover;
  // After the last byte, for the log line; the response as it was sent (or, with client_gone, as it
  // was when the client left waiting).
  std::function<void(const Request&, const Response&, const Outcome&)> done;
};

class Server {
 public:
  // Throws Failure(usage) when the address is not understood or cannot be bound; also when
  // descriptor 0 is no listening socket.
  explicit Server(ServerOptions options);
  ~Server();
  // Answers requests until told to stop. Throws Failure(internal) when the socket itself has
  // failed.
  void run(const Handlers& handlers);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::http
