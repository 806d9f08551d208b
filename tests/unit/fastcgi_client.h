// The web server's side of FastCGI 1.0, spoken by hand to a unix socket: for tests only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace fastcgi {

using Variables = std::map<std::string, std::string>;

struct Reply {
  std::string output;          // all FCGI_STDOUT content
  bool ended = false;          // FCGI_END_REQUEST came
  bool output_closed = false;  // the empty FCGI_STDOUT record came
  std::size_t largest = 0;     // content of the largest record
  std::size_t records = 0;

  std::string_view head() const;  // up to and with the empty line
  std::string_view body() const;
  int status() const;
  // The value of a header line; empty when absent.
  std::string_view header(std::string_view name) const;
};

class Connection {
 public:
  // Waits up to ten seconds for somebody to listen there. Throws std::runtime_error.
  explicit Connection(const std::string& path);
  void send(std::string_view bytes);
  // Records of one request; `flags` of FCGI_BEGIN_REQUEST (1: keep the connection).
  void begin(const Variables& variables, unsigned char flags = 0);
  void input(std::string_view content);  // FCGI_STDIN; empty: its end
  Reply read_all();                      // until the peer closes
  void read_some(std::size_t bytes);     // and throw them away
  int fd() const { return socket_.get(); }

 private:
  soda::FileDescriptor socket_;
};

std::string record(unsigned char type, std::string_view content);

// One request from beginning to end.
Reply request(const std::string& path, Variables variables, std::string_view body = {});

}  // namespace fastcgi
