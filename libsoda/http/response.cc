#include "http/response.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/text.h"

namespace soda::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr std::array reasons = {
    Reason{200, "OK"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{429, "Too Many Requests"},
    Reason{500, "Internal Server Error"},
    Reason{503, "Service Unavailable"},
};

std::string_view without_weakness(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

// If-None-Match: "*" or a list of entity tags, which may hold commas inside their quotes.
bool lists_tag(std::string_view list, std::string_view tag) {
  if (trim(list) == "*") return true;
  while (!list.empty()) {
    const std::size_t open = list.find('"');
    if (open == std::string_view::npos) return false;
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(open, close - open + 1) == without_weakness(tag)) return true;
    list.remove_prefix(close + 1);
  }
  return false;
}

bool is_not_modified(const Request& request, const Response& response) {
  const std::string_view tag = response.header("ETag");
  const std::string_view list = request.header("If-None-Match");
  if (!list.empty()) return !tag.empty() && lists_tag(list, tag);
  const std::string_view date = response.header("Last-Modified");
  return !date.empty() && request.header("If-Modified-Since") == date;
}

// Decimal digits only; a number beyond the type is as good as the largest (it lies behind every
// end).
std::optional<std::int64_t> position(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return to_integer(digits).value_or(std::numeric_limits<std::int64_t>::max());
}

struct AskedRange {
  std::optional<std::int64_t> first, last;  // a suffix length is in `last` alone
};

std::optional<AskedRange> parse_range(std::string_view value) {
  constexpr std::string_view unit = "bytes=";
  if (!starts_with_ignoring_case(value, unit)) return std::nullopt;
  value = trim(value.substr(unit.size()));
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = value.substr(0, dash), to = value.substr(dash + 1);
  const AskedRange range{position(from), position(to)};
  const bool legal =
      (from.empty() || range.first) && (to.empty() || range.last) && (range.first || range.last);
  if (!legal || (range.first && range.last && *range.first > *range.last)) return std::nullopt;
  return range;
}

// Empty optional: not satisfiable.
std::optional<Window> window_of(const AskedRange& range, std::int64_t size) {
  if (!range.first) {
    const std::int64_t count = std::min(*range.last, size);
    if (count == 0) return std::nullopt;
    return Window{size - count, count};
  }
  if (*range.first >= size) return std::nullopt;
  const std::int64_t last = std::min(range.last.value_or(size - 1), size - 1);
  return Window{*range.first, last - *range.first + 1};
}

bool range_applies(const Request& request, const Response& response) {
  const std::string_view condition = request.header("If-Range");
  if (condition.empty()) return true;
  // Strong comparison (RFC 9110 section 13.1.5): a weak tag never matches.
  if (condition.starts_with('"')) return condition == response.header("ETag");
  return condition == response.header("Last-Modified");
}

void remove_body(Response& response) {
  std::erase_if(response.headers, [](const auto& header) {
    return starts_with_ignoring_case(header.first, "Content-");
  });
  response.body = std::string();
}

}  // namespace

void Sink::write(std::string_view text) {
  // The kernel only reads through this pointer; iovec has no const form.
  const iovec piece{const_cast<char*>(text.data()), text.size()};
  write(std::span<const iovec>(&piece, 1));
}

std::string_view Response::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [name](const auto& header) { return equal_ignoring_case(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t Response::body_size() const {
  if (const auto* text = std::get_if<std::string>(&body)) {
    return static_cast<std::int64_t>(text->size());
  }
  return std::get<std::unique_ptr<Body>>(body)->size();
}

Response text_response(int status, std::string text, std::string content_type) {
  Response response;
  response.status = status;
  response.add("Content-Type", std::move(content_type));
  response.body = std::move(text);
  return response;
}

std::string_view reason_phrase(int status) noexcept {
  const auto found = std::ranges::find(reasons, status, &Reason::status);
  return found == reasons.end() ? std::string_view() : found->phrase;
}

Window apply_conditions(const Request& request, Response& response) {
  const Window whole{0, response.body_size()};
  const bool is_get = request.method == "GET";
  if (response.status != 200 || !(is_get || request.method == "HEAD")) return whole;
  if (is_not_modified(request, response)) {
    response.status = 304;
    remove_body(response);
    return {};
  }
  if (response.header("ETag").empty() || whole.count == Body::unknown_size) return whole;
  response.add("Accept-Ranges", "bytes");
  // RFC 9110 section 14.2: Range has a meaning for GET only.
  const auto range = is_get ? parse_range(request.header("Range")) : std::nullopt;
  if (!range || !range_applies(request, response)) return whole;
  const auto window = window_of(*range, whole.count);
  const std::string size = "/" + std::to_string(whole.count);
  if (!window) {
    remove_body(response);
    response.status = 416;
    response.add("Content-Range", "bytes *" + size);
    response.add("Content-Type", "text/plain; charset=utf-8");
    response.body = "UsageError: Range: the answer has " + std::to_string(whole.count) +
                    " bytes, received \"" + quoted(request.header("Range")) + "\"\n";
    return {0, response.body_size()};
  }
  response.status = 206;
  response.add("Content-Range", "bytes " + std::to_string(window->first) + "-" +
                                    std::to_string(window->first + window->count - 1) + size);
  return *window;
}

}  // namespace soda::http
