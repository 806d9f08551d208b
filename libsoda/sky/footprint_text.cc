// ObsCore's s_region as text.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "base/failure.h"
#include "base/text.h"
#include "sky/footprint.h"

namespace soda::sky {

namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, "s_region " + sentence);
}

// Words of STC-S 1.33 (section 3) between the shape's name and its numbers that change nothing.
constexpr std::array<std::string_view, 9> kSilentWords = {
    "icrs",       "fk5",        "j2000",         "geocenter",  "topocenter",
    "barycenter", "spherical2", "unknownrefpos", "heliocenter"};

struct Words {
  std::vector<std::string_view> words;
  std::size_t at = 0;

  bool more() const { return at < words.size(); }
  // The numbers up to the next word that is none.
  std::vector<double> numbers() {
    while (more() && std::any_of(kSilentWords.begin(), kSilentWords.end(),
                                 [&](auto word) { return equal_ignoring_case(word, words[at]); })) {
      ++at;
    }
    std::vector<double> values;
    for (; more(); ++at) {
      const std::optional<double> value = to_double(words[at]);
      if (!value) break;
      if (!std::isfinite(*value)) refuse("holds a number that is not finite");
      values.push_back(*value);
    }
    return values;
  }
};

Direction direction_of(double lon, double lat) {
  if (std::fabs(lat) > 90) refuse("holds a latitude beyond 90 degrees: " + to_text(lat));
  return Direction::from_lon_lat(Angle::from_degrees(std::fmod(lon, 360)),
                                 Angle::from_degrees(lat));
}

std::vector<Direction> directions_of(const std::vector<double>& numbers) {
  std::vector<Direction> directions;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    directions.push_back(direction_of(numbers[i], numbers[i + 1]));
  return directions;
}

void need(std::string_view shape, const std::vector<double>& numbers, bool right) {
  if (!right) {
    refuse("has a " + std::string(shape) + " of " + std::to_string(numbers.size()) +
           " numbers, which is no " + std::string(shape));
  }
}

using Shape = std::variant<Circle, Polygon, std::vector<Direction>>;

Shape circle_of(const std::vector<double>& numbers) {
  need("circle", numbers, numbers.size() == 3);
  return Circle(direction_of(numbers[0], numbers[1]), Angle::from_degrees(numbers[2]));
}

Shape polygon_of(const std::vector<double>& numbers) {
  need("polygon", numbers, numbers.size() >= 6 && numbers.size() % 2 == 0);
  std::vector<Direction> vertices = directions_of(numbers);
  try {
    return Polygon(vertices);
  } catch (const Failure&) {
    return vertices;  // its hull
  }
}

Shape box_of(const std::vector<double>& numbers) {
  need("box", numbers, numbers.size() == 4);
  return tangent_box(direction_of(numbers[0], numbers[1]), Angle::from_degrees(numbers[2]),
                     Angle::from_degrees(numbers[3]));
}

struct Maker {
  std::string_view name;
  Shape (*make)(const std::vector<double>&);
};
constexpr std::array kMakers = {Maker{"circle", circle_of}, Maker{"polygon", polygon_of},
                                Maker{"box", box_of}};
constexpr std::array<std::string_view, 2> kUnions = {"union", "multishape"};

}  // namespace

Footprint Footprint::from_text(std::string_view s_region) {
  std::string spaced(s_region);
  std::replace_if(
      spaced.begin(), spaced.end(), [](char c) { return c == '(' || c == ')' || c == ','; }, ' ');
  Words words{split_blanks(spaced)};
  if (!words.more()) refuse("is empty");
  if (std::any_of(kUnions.begin(), kUnions.end(),
                  [&](auto name) { return equal_ignoring_case(name, words.words[0]); })) {
    ++words.at;
    if (!words.numbers().empty()) refuse("has numbers where a shape should begin");
  }
  Footprint footprint;
  while (words.more()) {
    const std::string_view name = words.words[words.at++];
    const auto maker = std::find_if(kMakers.begin(), kMakers.end(), [&](const Maker& each) {
      return equal_ignoring_case(each.name, name);
    });
    if (maker == kMakers.end()) {
      refuse("holds \"" + quoted(name) +
             "\"; circles, polygons, boxes and unions of them are read");
    }
    const Shape shape = maker->make(words.numbers());
    if (const auto* circle = std::get_if<Circle>(&shape)) footprint.add(*circle);
    if (const auto* polygon = std::get_if<Polygon>(&shape)) footprint.add(*polygon);
    if (const auto* points = std::get_if<std::vector<Direction>>(&shape))
      footprint.add_hull(*points);
  }
  if (footprint.bytes_.empty()) refuse("holds no shape");
  return footprint;
}

}  // namespace soda::sky
