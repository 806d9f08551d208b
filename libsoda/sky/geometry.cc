#include "sky/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "sky/parts.h"
#include "sky/shape_part.h"

namespace soda::sky {

namespace {

// Not to be taken for the kinds of a footprint's parts.
constexpr std::array<std::uint32_t, 3> kCodes = {0x101, 0x102, 0x103};
constexpr std::array<std::string_view, 3> kWords = {"Position ICRS ", "Circle ICRS ",
                                                    "Polygon ICRS "};

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, sentence);
}

double wrapped(double lon) {
  if (!std::isfinite(lon)) refuse("a longitude must be finite, not " + to_text(lon));
  if (lon >= 0 && lon < 360) return lon;
  double rest = std::fmod(lon, 360.0);
  if (rest < 0) rest += 360;
  return rest < 360 ? rest : 0;
}

double checked_latitude(double lat) {
  if (!(std::fabs(lat) <= 90))
    refuse("a latitude must lie between -90 and 90 degrees, not at " + to_text(lat));
  return lat;
}

double checked_radius(double radius) {
  if (!(radius >= 0 && radius <= 180)) {
    refuse("the radius of a circle must be at least 0 and at most 180 degrees, not " +
           to_text(radius));
  }
  return radius;
}

std::string pack(GeometryKind kind, std::span<const double> degrees) {
  std::string bytes;
  bytes.reserve(4 + degrees.size() * sizeof(double));
  append_number(bytes, kCodes[static_cast<std::size_t>(kind)]);
  for (const double number : degrees) append_number(bytes, number);
  return bytes;
}

std::uint32_t code_of(std::string_view geometry) {
  std::uint32_t code = 0;
  if (!take_number(geometry, code)) damaged_footprint();
  return code;
}

Direction direction_of(double lon, double lat) {
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_degrees(lat));
}

std::string from_numbers(const std::vector<double>& n) {
  if (n.size() == 2) return make_point(n[0], n[1]);
  if (n.size() == 3) return make_circle(n[0], n[1], n[2]);
  if (n.size() >= 6 && n.size() % 2 == 0) return make_polygon(n);
  refuse("a text of " + std::to_string(n.size()) +
         " numbers is no point (2), circle (3) or polygon (6 or more, even)");
}

// Empty when a word is no number.
std::vector<double> numbers_of(std::span<const std::string_view> words) {
  std::vector<double> numbers;
  for (const std::string_view word : words) {
    const auto number = to_double(word);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

std::string position_from(std::span<const std::string_view> words) {
  // Up to three words of frame, reference position and flavour (STC-S 1.33 section 3).
  const std::size_t first = words.size() < 2 ? 0 : words.size() - 2;
  const std::vector<double> numbers = numbers_of(words.subspan(first));
  if (numbers.size() != 2 || first > 3) refuse("a position needs a longitude and a latitude");
  for (const std::string_view word : words.first(first)) {
    constexpr std::array<std::string_view, 3> other = {"FK4", "GALACTIC", "ECLIPTIC"};
    if (to_double(word) || std::any_of(other.begin(), other.end(), [&](std::string_view frame) {
          return equal_ignoring_case(frame, word);
        }))
      refuse("a position holds \"" + quoted(word) + "\"; ICRS degrees are read");
  }
  return make_point(numbers[0], numbers[1]);
}

double rounded(double degrees) { return std::round(degrees * 1e11) / 1e11; }

std::vector<double> degrees_of_part(const Shape::Part& part) {
  std::vector<double> degrees;
  const auto add = [&](const S2Point& point) {
    const Direction direction = to_direction(point);
    const double lon = rounded(direction.lon().degrees());
    degrees.insert(degrees.end(), {lon < 360 ? lon : 0, rounded(direction.lat().degrees())});
  };
  if (part.is_disc()) {
    add(part.centre);
    degrees.push_back(rounded(Angle::from_radians(part.radius).degrees()));
  }
  for (const S2Point& vertex : part.vertices) add(vertex);
  return degrees;
}

std::string text_of(std::span<const double> numbers) {
  std::string text;
  for (const double number : numbers) text += (text.empty() ? "" : " ") + to_text(number);
  return text;
}

}  // namespace

std::string make_point(double lon, double lat) {
  const std::array numbers = {wrapped(lon), checked_latitude(lat)};
  return pack(GeometryKind::point, numbers);
}

std::string make_circle(double lon, double lat, double radius) {
  const std::array numbers = {wrapped(lon), checked_latitude(lat), checked_radius(radius)};
  return pack(GeometryKind::circle, numbers);
}

std::string make_polygon(std::span<const double> lon_lat) {
  if (lon_lat.size() < 6 || lon_lat.size() % 2 != 0)
    refuse("a polygon needs at least 3 vertices of two numbers each");
  if (lon_lat.size() > 2 * most_polygon_vertices) {
    refuse("a polygon may have " + std::to_string(most_polygon_vertices) + " vertices, not " +
           std::to_string(lon_lat.size() / 2));
  }
  std::vector<double> numbers(lon_lat.begin(), lon_lat.end());
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    numbers[i] = wrapped(numbers[i]);
    checked_latitude(numbers[i + 1]);
  }
  return pack(GeometryKind::polygon, numbers);
}

std::string make_box(double lon, double lat, double w, double h) {
  const Polygon box = tangent_box(direction_of(wrapped(lon), checked_latitude(lat)),
                                  Angle::from_degrees(w), Angle::from_degrees(h));
  std::vector<double> numbers;
  for (const Direction& vertex : box.vertices())
    numbers.insert(numbers.end(), {vertex.lon().degrees(), vertex.lat().degrees()});
  return pack(GeometryKind::polygon, numbers);
}

std::string geometry_from_text(std::string_view text) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  if (text.size() > longest) refuse("a region is described by more than a megabyte of text");
  const std::vector<std::string_view> words = split_blanks(text);
  if (words.empty()) refuse("a region without words or numbers says nothing");
  if (to_double(words[0])) {
    const std::vector<double> numbers = numbers_of(words);
    if (numbers.empty()) refuse("a region of numbers holds something else: " + quoted(text));
    return from_numbers(numbers);
  }
  if (equal_ignoring_case(words[0], "position") || equal_ignoring_case(words[0], "point"))
    return position_from(std::span(words).subspan(1));
  const Footprint footprint = Footprint::from_text(text);
  // Two regions are held against each other vertex by vertex.
  constexpr std::size_t most_bytes = most_polygon_vertices * 3 * sizeof(double);
  if (footprint.bytes().size() > most_bytes) {
    refuse("a region may have " + std::to_string(most_polygon_vertices) +
           " vertices in all; this one has more");
  }
  return footprint.bytes();
}

GeometryKind kind_of(std::string_view geometry) {
  const auto found = std::find(kCodes.begin(), kCodes.end(), code_of(geometry));
  return found == kCodes.end() ? GeometryKind::region
                               : static_cast<GeometryKind>(found - kCodes.begin());
}

std::vector<double> degrees_of(std::string_view geometry) {
  if (kind_of(geometry) == GeometryKind::region) {
    const Shape shape = Shape::of_footprint(geometry);
    return shape.parts() == 1 ? degrees_of_part(shape.part(0)) : std::vector<double>();
  }
  geometry.remove_prefix(4);
  std::vector<double> degrees(geometry.size() / sizeof(double));
  for (double& number : degrees) take_number(geometry, number);
  if (degrees.size() < 2 || !geometry.empty()) damaged_footprint();
  return degrees;
}

Shape shape_of(std::string_view geometry) {
  const GeometryKind kind = kind_of(geometry);
  if (kind == GeometryKind::region) return Shape::of_footprint(geometry);
  const std::vector<double> degrees = degrees_of(geometry);
  Shape shape;
  if (kind != GeometryKind::polygon) {
    const double radius = degrees.size() > 2 ? degrees[2] : 0;
    shape.add(direction_of(degrees[0], degrees[1]), Angle::from_degrees(radius));
    return shape;
  }
  std::vector<Direction> vertices;
  for (std::size_t i = 0; i + 1 < degrees.size(); i += 2)
    vertices.push_back(direction_of(degrees[i], degrees[i + 1]));
  shape.add(Polygon(std::move(vertices)));
  return shape;
}

std::string dali_text(std::string_view geometry) { return text_of(degrees_of(geometry)); }

std::string stcs_text(std::string_view geometry) {
  const GeometryKind kind = kind_of(geometry);
  if (kind != GeometryKind::region)
    return std::string(kWords[static_cast<std::size_t>(kind)]) + dali_text(geometry);
  const Shape shape = Shape::of_footprint(geometry);
  const bool one = shape.parts() == 1;
  std::string text;
  for (std::size_t i = 0; i < shape.parts(); ++i) {
    const Shape::Part& part = shape.part(i);
    text += text.empty() ? "" : " ";
    text += part.is_disc() ? "Circle " : "Polygon ";
    if (one) text += "ICRS ";
    text += text_of(degrees_of_part(part));
  }
  return one ? text : "Union ICRS (" + text + ")";
}

}  // namespace soda::sky
