// What goes back: status, headers, and a body that is either text or a stream.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/request.h"

namespace soda::http {

// Where body bytes go. Throws ClientGone when the reader has left: the work stops there.
class Sink {
 public:
  virtual ~Sink() = default;
  // Gathered write in order; the memory need live during the call only. Bytes may lie in a mapping
  // of a file that shrinks: the kernel then refuses and write() throws Failure(corrupt_data).
  // Nothing is copied or kept back, so each call costs a system call: hand over many pieces at
  // once.
  virtual void write(std::span<const iovec> pieces) = 0;
  void write(std::string_view text);
};

struct ClientGone {};

// A body that is made while it is sent. Its length is known before its first byte (planned), and
// `write` emits exactly bytes [first, first+count) of it, or throws; the last of them ends the
// answer, so that what is thrown after it is only logged. Or it is `unknown_size`: then it never
// goes out in part, and without Content-Length unless it is short (unplanned.h), `write` is called
// for all of it (0, unknown_size), and may emit any number of bytes. For HEAD and 304 it is not
// called.
class Body {
 public:
  static constexpr std::int64_t unknown_size = -1;

  virtual ~Body() = default;
  virtual std::int64_t size() const = 0;
  virtual void write(Sink& sink, std::int64_t first, std::int64_t count) = 0;
};

struct Response;

// An answer that is not there yet. The server keeps the request and asks for its answer again while
// it answers others; who left is forgotten without being asked for. None of the functions may
// throw, and what they return is itself no answer of later.
class Later {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Later() = default;
  // The answer, when it is there. Asked every 100 ms, for each request that waits: to be cheap.
  virtual std::optional<Response> poll() = 0;
  // What is to be answered when nobody can wait any more: at the deadline, at once when too many
  // wait already, and when the server is told to stop.
  virtual Response settle() = 0;
  virtual Clock::time_point deadline() const = 0;
};

struct Response {
  int status = 200;
  // Content-Type here; Content-Length is set by the server. Control characters in values are sent
  // as blanks.
  std::vector<std::pair<std::string, std::string>> headers;
  std::variant<std::string, std::unique_ptr<Body>> body;
  // Set: the answer comes later, and what stands above means nothing.
  std::unique_ptr<Later> later;

  void add(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  }
  // The first header of that name, ignoring case; empty when absent.
  std::string_view header(std::string_view name) const;
  std::int64_t body_size() const;  // or Body::unknown_size
};

Response text_response(int status, std::string text,
                       std::string content_type = "text/plain; charset=utf-8");
// Empty for a status that the project never sends.
std::string_view reason_phrase(int status) noexcept;

// The bytes of the body to send; `count` is Body::unknown_size for all of a body of unknown length.
struct Window {
  std::int64_t first = 0, count = 0;
};

// RFC 9110 sections 13 and 14, for GET and HEAD: turns a 200 that carries an ETag or Last-Modified
// into 304 where the request asks so (If-None-Match with lists and "*", compared weakly; without
// one If-Modified-Since, which meets only the very date that we sent), and, for GET with an ETag,
// into 206 or 416 (one byte range; If-Range compared strongly). Several ranges, another unit, a
// malformed range, an If-Range that does not match, or a body of unknown length: the whole answer.
// The server calls it for every response.
Window apply_conditions(const Request& request, Response& response);

}  // namespace soda::http
