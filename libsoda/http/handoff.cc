#include "http/handoff.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"

namespace soda::http {
namespace {

std::string encoded_path(std::string_view path) {
  std::string text;
  for (const std::string_view part : split(path, '/')) {
    text.append(percent_encode(part)).append("/");
  }
  text.pop_back();
  return text;
}

std::string accel_value(std::string_view prefix, const Place& place) {
  return std::string(prefix) + percent_encode(place.root) + "/" + encoded_path(place.path);
}

std::string sendfile_value(std::string_view, const Place& place) {
  return encoded_path(place.absolute);
}

struct Way {
  std::string_view word, header;
  std::string (*value)(std::string_view prefix, const Place& place);
};
constexpr std::array ways = {Way{"x-accel-redirect", "X-Accel-Redirect", accel_value},
                             Way{"x-sendfile", "X-Sendfile", sendfile_value}};

// No bytes of ours, and nothing that a range could be cut from.
class NoBody final : public Body {
 public:
  std::int64_t size() const override { return unknown_size; }
  void write(Sink&, std::int64_t, std::int64_t) override {}
};

}  // namespace

bool hand_over(const Request& request, Response& response, const Place& place, std::int64_t size) {
  const bool plain = request.method == "GET" || request.method == "HEAD";
  if (!plain || size < worth_handing_over) return false;
  auto header = handoff(request.variable("SODA_HANDOFF"), place);
  if (!header) return false;
  response.headers.push_back(std::move(*header));
  response.body = std::make_unique<NoBody>();
  return true;
}

std::optional<std::pair<std::string, std::string>> handoff(std::string_view offer,
                                                           const Place& place) {
  const auto words = split_blanks(offer);
  if (words.size() < 2 || std::count(words.begin() + 1, words.end(), place.root) == 0) {
    return std::nullopt;
  }
  const std::size_t colon = std::min(words.front().find(':'), words.front().size());
  const auto way = std::ranges::find_if(ways, [&](const Way& each) {
    return equal_ignoring_case(each.word, words.front().substr(0, colon));
  });
  if (way == ways.end()) return std::nullopt;
  const auto prefix = words.front().substr(std::min(colon + 1, words.front().size()));
  return std::pair(std::string(way->header), way->value(prefix, place));
}

}  // namespace soda::http
