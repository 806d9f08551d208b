// One request as it came through the FastCGI responder role (FastCGI 1.0 section 6.2; CGI 1.1, RFC
// 3875), made immutable.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"

namespace soda::http {

class Request {
 public:
  Request() = default;
  // From "NAME=VALUE" texts in the order received; entries without '=' are ignored. Of a CGI
  // variable that came twice the first value is kept, as libfcgi does, and when the values differ
  // the name is in `conflicts`. Request headers (HTTP_*) may come several times and are joined (RFC
  // 9110 section 5.3).
  explicit Request(std::span<const std::string_view> variables);

  std::string id;  // unique among the log lines of a site: set by the server
  // CGI variables as received.
  std::map<std::string, std::string, std::less<>> environment;
  // Names that came twice with different values: nobody can know which one the web server meant, so
  // the responder refuses the request.
  std::vector<std::string> conflicts;
  std::string method;  // as sent (methods are case-sensitive, RFC 9110 section 9.1)
  // SCRIPT_NAME and PATH_INFO joined, which is the whole decoded path of the URL under every web
  // server and however it splits the two; never decoded again here.
  std::string path;
  std::string query;  // raw QUERY_STRING
  std::string content_type;
  int connection = -1;  // what it came by, which is the server's; -1: some other way
  std::string body;     // read for POST only, up to the server's limit
  // Why the body could not be read (too large, cut short); the responder answers it.
  std::optional<Failure> defect;

  // A request header by its HTTP name ("If-None-Match"); empty when absent. Valid as long as the
  // request.
  std::string_view header(std::string_view name) const;
  std::string_view variable(std::string_view name) const;
  // Whether who asked has gone, as far as the web server tells by closing the connection: for work
  // that takes long.
  bool is_abandoned() const noexcept;
  std::string remote_address() const;
};

}  // namespace soda::http
