#include "cutout/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "dali/literal.h"

namespace soda::cutout {
namespace {

Failure refused(std::string_view parameter, std::string_view expected, std::string_view value) {
  return {FailureKind::usage,
          fmt::format("{} must be {}, got \"{}\"", parameter, expected, quoted(value)),
          std::string(parameter)};
}

constexpr std::pair<std::string_view, image::Stretch> stretches[] = {
    {"linear", image::Stretch::linear},       {"log", image::Stretch::log},
    {"sqrt", image::Stretch::sqrt},           {"asinh", image::Stretch::asinh},
    {"histogram", image::Stretch::histogram},
};

constexpr std::pair<std::string_view, image::Map> maps[] = {
    {"grey", image::Map::grey},
    {"viridis", image::Map::viridis},
    {"inferno", image::Map::inferno},
    {"heat", image::Map::heat},
};

// The table of parameters has refused what is not among the choices.
template <class T, std::size_t size>
T named(const std::pair<std::string_view, T> (&rows)[size], std::string_view name) {
  const auto row = std::ranges::find(rows, name, &std::pair<std::string_view, T>::first);
  if (row == std::end(rows)) {
    throw Failure(FailureKind::internal, fmt::format("no row for \"{}\"", quoted(name)));
  }
  return row->second;
}

std::optional<double> limit(const dali::Arguments& arguments, std::string_view name) {
  const auto value = arguments.one(name);
  if (!value) return std::nullopt;
  const auto number = to_double(trim(*value));
  if (!number || !std::isfinite(*number)) throw refused(name, "a finite number", *value);
  return number;
}

// One number: that share of the values, the same left out below and above. Two: from and to.
image::PercentileRange percentile_range(std::string_view value) {
  constexpr std::string_view expected =
      "one number in (0, 100], or two in [0, 100] with the first below the second";
  std::vector<double> numbers;
  for (const auto word : split_blanks(value)) {
    const auto number = to_double(word);
    if (!number || !(*number >= 0 && *number <= 100)) throw refused("PERCENTILE", expected, value);
    numbers.push_back(*number);
  }
  if (numbers.size() == 1) numbers = {50 - numbers[0] / 2, 50 + numbers[0] / 2};
  if (numbers.size() != 2 || !(numbers[0] < numbers[1])) {
    throw refused("PERCENTILE", expected, value);
  }
  return {numbers[0], numbers[1]};
}

void parse_limits(const dali::Arguments& arguments, image::Look& look) {
  look.low = limit(arguments, "MIN");
  look.high = limit(arguments, "MAX");
  if (look.low && look.high && !(*look.low < *look.high)) {
    throw refused("MIN", fmt::format("below MAX, which is {}", to_text(*look.high)),
                  *arguments.one("MIN"));
  }
  const auto percentile = arguments.one("PERCENTILE");
  if (!percentile) return;
  if (look.low || look.high) {
    throw Failure(FailureKind::usage,
                  "PERCENTILE chooses both limits; it cannot be given beside MIN or MAX",
                  "PERCENTILE");
  }
  look.percentiles = percentile_range(*percentile);
}

void parse_map(const dali::Arguments& arguments, image::Look& look) {
  constexpr std::string_view reverse = "_r";
  bool reversed = false;
  if (const auto value = arguments.one("CMAP")) {
    std::string_view name = *value;
    reversed = name.ends_with(reverse);
    if (reversed) name.remove_suffix(reverse.size());
    look.map = named(maps, name);
  }
  if (const auto value = arguments.one("INVERT")) {
    reversed = reversed != dali::parse_flag("INVERT", *value);
  }
  look.sense = reversed ? image::Sense::reversed : image::Sense::normal;
}

}  // namespace

image::Look parse_look(const dali::Arguments& arguments, int max_size) {
  image::Look look;
  if (const auto value = arguments.one("STRETCH")) look.stretch = named(stretches, *value);
  parse_limits(arguments, look);
  parse_map(arguments, look);
  look.longest = std::min(look.longest, max_size);
  if (const auto value = arguments.one("SIZE")) {
    look.size = static_cast<int>(dali::parse_integer("SIZE", *value, 1, max_size));
  }
  return look;
}

}  // namespace soda::cutout
