#include "http/request.h"

#include <algorithm>

#include "base/text.h"
#include "http/departure.h"

namespace soda::http {
namespace {

std::string joined_path(std::string_view script_name, std::string_view path_info) {
  // A mount of "/" or "/vo/" must not double the slash that PATH_INFO begins with.
  if (script_name.ends_with('/') && path_info.starts_with('/')) script_name.remove_suffix(1);
  std::string path(script_name);
  path += path_info;
  return path;
}

// RFC 9110 section 5.3; cookies are the exception (RFC 6265 section 5.4).
std::string_view separator_of(std::string_view variable) {
  return variable == "HTTP_COOKIE" ? "; " : ", ";
}

}  // namespace

Request::Request(std::span<const std::string_view> variables) {
  for (const std::string_view variable : variables) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    const auto [known, is_new] = environment.try_emplace(std::string(name), value);
    if (is_new || known->second == value) continue;
    if (name.starts_with("HTTP_")) {
      // A client may repeat a header; nginx before 1.23 then sends the variable as often.
      known->second.append(separator_of(name)).append(value);
    } else if (!std::ranges::count(conflicts, name)) {
      conflicts.emplace_back(name);
    }
  }
  method = variable("REQUEST_METHOD");
  path = joined_path(variable("SCRIPT_NAME"), variable("PATH_INFO"));
  query = variable("QUERY_STRING");
  content_type = variable("CONTENT_TYPE");
}

std::string_view Request::variable(std::string_view name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Request::header(std::string_view name) const {
  std::string key = to_upper(name);
  std::ranges::replace(key, '-', '_');
  // RFC 3875 section 4.1: these two have variables of their own, all others the prefix.
  if (key != "CONTENT_TYPE" && key != "CONTENT_LENGTH") key.insert(0, "HTTP_");
  return variable(key);
}

std::string Request::remote_address() const { return std::string(variable("REMOTE_ADDR")); }

bool Request::is_abandoned() const noexcept { return has_departed(connection); }

}  // namespace soda::http
