#include "site/url.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace soda::site {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(text, [marks](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

bool is_authority(std::string_view text) {
  if (text.empty() || !consists_of(text, "-._:[]")) return false;
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == 0) return false;
  if (colon == std::string_view::npos) return true;
  const auto port = to_integer(text.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::array<std::string_view, 2> schemes = {"http", "https"};
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = to_lower(text.substr(0, colon));
  if (!std::ranges::count(schemes, url.scheme)) return std::nullopt;
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.authority = rest.substr(0, slash);
  url.path = rest.substr(slash);
  if (!is_authority(url.authority) || !consists_of(url.path, "/-._~")) return std::nullopt;
  return url;
}

}  // namespace soda::site
