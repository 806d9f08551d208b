#include "dali/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"

namespace soda::dali {
namespace {

// What messages name: the parameter, and the value as it was received.
struct Given {
  std::string_view parameter, value;
};

[[noreturn]] void refuse(const Given& given, std::string_view expected) {
  throw Failure(
      FailureKind::usage,
      fmt::format("{}: {}, received \"{}\"", given.parameter, expected, quoted(given.value)),
      std::string(given.parameter));
}

// The makers of regions and the like know what is wrong, but not of which parameter.
template <class Make>
auto named(const Given& given, Make make) {
  try {
    return make();
  } catch (const Failure& failure) {
    refuse(given, failure.what());
  }
}

// DALI writes Inf; clients in Python (pyvo) send "-inf".
std::optional<double> number_of(std::string_view word) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::array<std::pair<std::string_view, double>, 3> spellings = {
      {{"inf", infinity}, {"+inf", infinity}, {"-inf", -infinity}}};
  for (const auto& [spelling, value] : spellings) {
    if (equal_ignoring_case(word, spelling)) return value;
  }
  return to_double(word);
}

void require_count(const Given& given, std::size_t found, std::size_t count,
                   std::string_view meaning) {
  if (found == count) return;
  refuse(given, fmt::format("{} numbers ({}) are expected, got {}", count, meaning, found));
}

sky::Direction direction(const Given& given, double lon, double lat) {
  if (!std::isfinite(lon)) refuse(given, "a finite longitude in degrees is expected");
  if (!(std::abs(lat) <= 90)) {
    refuse(given,
           fmt::format("a latitude from -90 to 90 degrees is expected, got {}", to_text(lat)));
  }
  return sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat));
}

// `text` is the part of the value that holds the numbers.
std::vector<double> numbers_of(const Given& given, std::string_view text, std::size_t limit) {
  const std::vector<std::string_view> words = split_blanks(text);
  if (words.empty()) refuse(given, "numbers are expected");
  if (words.size() > limit) {
    refuse(given, fmt::format("at most {} numbers are accepted, got {}", limit, words.size()));
  }
  std::vector<double> numbers;
  numbers.reserve(words.size());
  for (const std::string_view word : words) {
    const auto number = number_of(word);
    if (!number || std::isnan(*number)) {
      refuse(given, fmt::format("\"{}\" is not a number", quoted(word, 40)));
    }
    numbers.push_back(*number);
  }
  return numbers;
}

sky::Circle circle_of(const Given& given, std::string_view text) {
  const std::vector<double> numbers = numbers_of(given, text, most_numbers);
  require_count(given, numbers.size(), 3, "lon lat radius");
  const sky::Direction centre = direction(given, numbers[0], numbers[1]);
  return named(given, [&] { return sky::Circle(centre, sky::Angle::from_degrees(numbers[2])); });
}

sky::Polygon polygon_of(const Given& given, std::string_view text, std::size_t max_vertices) {
  // A closing vertex, which is dropped, shall not be the one too many.
  const std::vector<double> numbers = numbers_of(given, text, 2 * max_vertices + 2);
  if (numbers.size() < 6 || numbers.size() % 2 != 0) {
    refuse(given, fmt::format("three or more vertices (lon lat each) are expected, got {} numbers",
                              numbers.size()));
  }
  std::vector<sky::Direction> vertices;
  vertices.reserve(numbers.size() / 2);
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    vertices.push_back(direction(given, numbers[i], numbers[i + 1]));
  }
  return named(given, [&] {
    sky::Polygon polygon(std::move(vertices));
    if (polygon.vertices().size() > max_vertices) {
      throw Failure(FailureKind::usage, fmt::format("at most {} vertices are accepted, got {}",
                                                    max_vertices, polygon.vertices().size()));
    }
    return polygon;
  });
}

sky::Range range_of(const Given& given, std::string_view text) {
  const std::vector<double> numbers = numbers_of(given, text, most_numbers);
  require_count(given, numbers.size(), 4, "lon1 lon2 lat1 lat2");
  return named(given, [&] { return sky::Range(numbers[0], numbers[1], numbers[2], numbers[3]); });
}

}  // namespace

std::vector<double> parse_numbers(std::string_view parameter, std::string_view value,
                                  std::size_t limit) {
  return numbers_of({parameter, value}, value, limit);
}

sky::Circle parse_circle(std::string_view parameter, std::string_view value) {
  return circle_of({parameter, value}, value);
}

sky::Polygon parse_polygon(std::string_view parameter, std::string_view value,
                           std::size_t max_vertices) {
  return polygon_of({parameter, value}, value, max_vertices);
}

sky::Range parse_range(std::string_view parameter, std::string_view value) {
  return range_of({parameter, value}, value);
}

sky::Region parse_position(std::string_view parameter, std::string_view value,
                           std::size_t max_vertices) {
  using Parse = sky::Region (*)(const Given&, std::string_view, std::size_t);
  static constexpr std::array<std::pair<std::string_view, Parse>, 3> forms = {{
      {"CIRCLE",
       [](auto& given, auto text, auto) -> sky::Region { return circle_of(given, text); }},
      {"RANGE", [](auto& given, auto text, auto) -> sky::Region { return range_of(given, text); }},
      {"POLYGON",
       [](auto& given, auto text, auto most) -> sky::Region {
         return polygon_of(given, text, most);
       }},
  }};
  const Given given{parameter, value};
  const auto [first, rest] = split_word(value);
  for (const auto& [word, parse] : forms) {
    if (equal_ignoring_case(first, word)) return parse(given, rest, max_vertices);
  }
  refuse(given, "CIRCLE, RANGE or POLYGON and its numbers are expected");
}

std::pair<double, double> parse_interval(std::string_view parameter, std::string_view value) {
  const std::vector<double> numbers = parse_numbers(parameter, value);
  if (numbers.size() > 2) {
    refuse({parameter, value},
           fmt::format("one or two numbers (lower and upper end) are expected, got {}",
                       numbers.size()));
  }
  const double lo = numbers.front(), hi = numbers.back();
  if (lo > hi) refuse({parameter, value}, "the lower end must not be above the upper end");
  if (std::isinf(lo) && lo == hi) {
    refuse({parameter, value},
           "-Inf is an open lower end and +Inf an open upper end; a finite number "
           "or both ends are expected");
  }
  return {lo, hi};
}

sky::Band parse_band(std::string_view parameter, std::string_view value) {
  const auto [lo, hi] = parse_interval(parameter, value);
  return {{lo}, {hi}};
}

sky::TimeSpan parse_time(std::string_view parameter, std::string_view value) {
  const auto [lo, hi] = parse_interval(parameter, value);
  return {{lo}, {hi}};
}

std::int64_t parse_maxrec(std::string_view value, std::int64_t limit) {
  const std::string_view digits = trim(value);
  const bool whole = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
  if (!whole) refuse({"MAXREC", value}, "a whole number from 0 on is expected");
  // What is too long for an integer is above any limit.
  return std::min(to_integer(digits).value_or(limit), limit);
}

std::int64_t parse_integer(std::string_view parameter, std::string_view value, std::int64_t minimum,
                           std::int64_t maximum) {
  const auto number = to_integer(trim(value));
  if (!number || *number < minimum || *number > maximum) {
    refuse({parameter, value},
           fmt::format("a whole number from {} to {} is expected", minimum, maximum));
  }
  return *number;
}

bool parse_flag(std::string_view parameter, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, bool>, 6> spellings = {
      {{"true", true}, {"false", false}, {"1", true}, {"0", false}, {"t", true}, {"f", false}}};
  const std::string word = to_lower(trim(value));
  const auto found = std::ranges::find(spellings, word, &std::pair<std::string_view, bool>::first);
  if (found == spellings.end()) refuse({parameter, value}, "true or false is expected");
  return found->second;
}

}  // namespace soda::dali
