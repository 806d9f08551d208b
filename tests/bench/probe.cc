// A FastCGI client that asks one request after the other, each on a connection of its own as a web
// server does it, and watches the responder's memory.
//
//   probe SOCKET SCRIPT PID EVERY COUNT     query strings on standard input, used in turn
//
// After every EVERY requests it prints "REQUESTS MICROSECONDS BYTES RSS PEAK": of the requests
// since the last line, the last two in KiB from /proc/PID/status. An answer that is not 200 and
// whole ends it with status 1.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/handle.h"
#include "base/text.h"

namespace {

using Clock = std::chrono::steady_clock;

// FastCGI 1.0 sections 3.3, 3.4, 5.1.
enum RecordType : unsigned char { begin = 1, end = 3, params = 4, input = 5, output = 6 };
constexpr std::size_t record_head = 8;

void add_record(std::string& out, RecordType type, std::string_view content) {
  const char head[record_head] = {1,
                                  static_cast<char>(type),
                                  0,
                                  1,
                                  static_cast<char>(content.size() >> 8),
                                  static_cast<char>(content.size()),
                                  0,
                                  0};
  out.append(head, record_head).append(content);
}

void add_length(std::string& out, std::size_t length) {
  if (length >= 128) {
    out += static_cast<char>(0x80 | (length >> 24));
    out += static_cast<char>(length >> 16);
    out += static_cast<char>(length >> 8);
  }
  out += static_cast<char>(length);
}

std::string request_bytes(std::string_view script, std::string_view query) {
  const std::pair<std::string_view, std::string_view> variables[] = {
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"REQUEST_METHOD", "GET"},
      {"SERVER_NAME", "127.0.0.1"},
      {"SERVER_PORT", "80"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"SCRIPT_NAME", script},
      {"QUERY_STRING", query}};
  std::string pairs;
  for (const auto& [name, value] : variables) {
    add_length(pairs, name.size());
    add_length(pairs, value.size());
    pairs.append(name).append(value);
  }
  std::string out;
  add_record(out, begin, std::string_view("\0\1\0\0\0\0\0\0", 8));
  add_record(out, params, pairs);
  add_record(out, params, {});
  add_record(out, input, {});
  return out;
}

// Bytes of one answer as they come.
class Reader {
 public:
  explicit Reader(int socket) : socket_(socket), buffer_(std::size_t{1} << 20) {}

  // False: the other side has closed.
  bool need(std::size_t count) {
    while (held_ - at_ < count) {
      if (at_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + at_, held_ - at_);
        held_ -= std::exchange(at_, 0);
      }
      const ssize_t got = ::read(socket_, buffer_.data() + held_, buffer_.size() - held_);
      if (got <= 0) return false;
      held_ += static_cast<std::size_t>(got);
    }
    return true;
  }
  std::string_view take(std::size_t count) {
    return {buffer_.data() + std::exchange(at_, at_ + count), count};
  }

 private:
  int socket_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, held_ = 0;
};

soda::FileDescriptor connect_to(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("the socket's path is too long");
  path.copy(address.sun_path, path.size());
  soda::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to " + path);
  }
  return socket;
}

// The length that the head of an answer promises; throws unless its status is 200.
std::int64_t promised(std::string_view head) {
  std::int64_t length = -1;
  for (const std::string_view line : soda::split(head, '\n')) {
    const std::string_view name = line.substr(0, line.find(':'));
    const std::string_view value = soda::trim(line.substr(std::min(line.size(), name.size() + 1)));
    if (name == "Status" && !value.starts_with("200")) {
      throw std::runtime_error("the answer is " + std::string(value));
    }
    if (name == "Content-Length") length = soda::to_integer(value).value_or(-1);
  }
  return length;
}

// Returns the length of the body.
std::int64_t ask(const std::string& path, const std::string& request) {
  const auto socket = connect_to(path);
  if (::write(socket.get(), request.data(), request.size()) !=
      static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("the request could not be sent");
  }
  Reader reader(socket.get());
  std::string head;
  std::int64_t length = -1, body = 0;
  while (reader.need(record_head)) {
    const std::string record(reader.take(record_head));
    const auto byte = [&](int i) { return static_cast<unsigned char>(record[i]); };
    const std::size_t content = static_cast<std::size_t>(byte(4) << 8 | byte(5)), padding = byte(6);
    if (!reader.need(content + padding)) break;
    const std::string_view bytes = reader.take(content + padding).substr(0, content);
    if (byte(1) == end) {
      if (length >= 0 && body == length) return body;
      throw std::runtime_error(fmt::format("{} bytes came of {}: {}", body, length, head));
    }
    if (byte(1) != output) continue;
    if (length >= 0) {
      body += static_cast<std::int64_t>(bytes.size());
      continue;
    }
    head += bytes;
    const std::size_t limit = head.find("\r\n\r\n");
    if (limit == std::string::npos) continue;
    body = static_cast<std::int64_t>(head.size() - limit - 4);
    length = promised(std::string_view(head).substr(0, limit));
  }
  throw std::runtime_error("the connection was cut short");
}

std::int64_t memory_of(const std::string& pid, std::string_view name) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name)) continue;
    return soda::to_integer(soda::split_blanks(line).at(1)).value_or(0);
  }
  throw std::runtime_error("process " + pid + " has ended");
}

void run(const std::string& socket, const std::string& script, const std::string& pid,
         std::int64_t every, std::int64_t count) {
  std::vector<std::string> requests;
  for (std::string query; std::getline(std::cin, query);) {
    requests.push_back(request_bytes(script, query));
  }
  if (requests.empty()) throw std::runtime_error("no query on standard input");
  std::int64_t bytes = 0;
  Clock::duration time{};
  for (std::int64_t i = 1; i <= count; ++i) {
    const auto& request = requests[static_cast<std::size_t>(i - 1) % requests.size()];
    const auto start = Clock::now();
    bytes += ask(socket, request);
    time += Clock::now() - start;
    if (i % every != 0) continue;
    const std::chrono::duration<double, std::micro> passed = std::exchange(time, {});
    fmt::print("{} {:.1f} {} {} {}\n", i, passed.count(), std::exchange(bytes, 0),
               memory_of(pid, "VmRSS:"), memory_of(pid, "VmHWM:"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto every = soda::to_integer(argc > 4 ? argv[4] : "");
  const auto count = soda::to_integer(argc > 5 ? argv[5] : "");
  if (argc != 6 || !every || *every < 1 || !count) {
    fmt::print(stderr, "usage: probe SOCKET SCRIPT PID EVERY COUNT\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3], *every, *count);
  } catch (const std::exception& error) {
    fmt::print(stderr, "probe: {}\n", error.what());
    return 1;
  }
  return 0;
}
