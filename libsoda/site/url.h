// The public address of the site, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace soda::site {

struct Url {
  std::string scheme;     // "http" or "https", lower case
  std::string authority;  // host and port as written
  std::string path;       // as written; empty, or beginning with '/'
};

// http or https (RFC 9110 section 4.2) with a host, and with a path of unreserved characters and
// slashes only, because it is compared with the decoded path of requests. No user, query or
// fragment. Empty optional: another text.
std::optional<Url> parse_url(std::string_view text);

}  // namespace soda::site
