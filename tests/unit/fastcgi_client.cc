#include "fastcgi_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace fastcgi {
namespace {

constexpr unsigned char type_begin = 1, type_end = 3, type_params = 4, type_stdin = 5,
                        type_stdout = 6;

std::string length_code(std::size_t length) {
  if (length < 128) return std::string(1, static_cast<char>(length));
  return {static_cast<char>(length >> 24 | 0x80), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

std::size_t size_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) * 256u + static_cast<unsigned char>(bytes[at + 1]);
}

}  // namespace

std::string_view Reply::head() const {
  const std::size_t end = output.find("\r\n\r\n");
  return std::string_view(output).substr(0, end == std::string::npos ? 0 : end + 4);
}

std::string_view Reply::body() const { return std::string_view(output).substr(head().size()); }

std::string_view Reply::header(std::string_view name) const {
  const std::string line = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head().find(line);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + line.size();
  return head().substr(from, head().find("\r\n", from) - from);
}

int Reply::status() const {
  if (!head().starts_with("Status: ")) return 0;
  int status = 0;
  std::from_chars(output.data() + 8, output.data() + output.size(), status);
  return status;
}

Connection::Connection(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (connect(socket_.get(), generic, sizeof address) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("nobody listens at " + path);
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) throw std::runtime_error("the server closed the connection while we wrote");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string record(unsigned char type, std::string_view content) {
  std::string text = {1,
                      static_cast<char>(type),
                      0,
                      1,
                      static_cast<char>(content.size() >> 8),
                      static_cast<char>(content.size()),
                      0,
                      0};
  return text.append(content);
}

void Connection::begin(const Variables& variables, unsigned char flags) {
  std::string params;
  for (const auto& [name, value] : variables) {
    params += length_code(name.size()) + length_code(value.size()) + name + value;
  }
  const char role[8] = {0, 1, static_cast<char>(flags), 0, 0, 0, 0, 0};  // responder
  std::string bytes = record(type_begin, std::string_view(role, sizeof role));
  for (std::size_t at = 0; at < params.size(); at += 65000) {
    bytes += record(type_params, std::string_view(params).substr(at, 65000));
  }
  send(bytes + record(type_params, ""));
}

void Connection::input(std::string_view content) {
  for (std::size_t at = 0; at < content.size(); at += 65000) {
    send(record(type_stdin, content.substr(at, 65000)));
  }
  if (content.empty()) send(record(type_stdin, ""));
}

Reply Connection::read_all() {
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = read(socket_.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  Reply reply;
  std::size_t at = 0;
  while (at + 8 <= bytes.size()) {
    const auto type = static_cast<unsigned char>(bytes[at + 1]);
    const std::size_t size = size_at(bytes, at + 4);
    const std::size_t padding = static_cast<unsigned char>(bytes[at + 6]);
    const std::string_view content = std::string_view(bytes).substr(at + 8, size);
    if (type == type_stdout) {
      reply.output += content;
      reply.output_closed = size == 0;
      reply.largest = std::max(reply.largest, size);
      ++reply.records;
    }
    reply.ended = reply.ended || type == type_end;
    at += 8 + size + padding;
  }
  return reply;
}

void Connection::read_some(std::size_t bytes) {
  std::string buffer(bytes, '\0');
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t count = read(socket_.get(), buffer.data(), bytes - got);
    if (count <= 0) throw std::runtime_error("the server closed the connection");
    got += static_cast<std::size_t>(count);
  }
}

Reply request(const std::string& path, Variables variables, std::string_view body) {
  variables.try_emplace("REQUEST_METHOD", "GET");
  Connection connection(path);
  connection.begin(variables);
  if (!body.empty()) connection.input(body);
  connection.input("");
  return connection.read_all();
}

}  // namespace fastcgi
