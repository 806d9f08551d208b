// Footprints: what s_region may say, shapes that just touch, and boxes that hold what they should.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <optional>
#include <random>

#include "base/failure.h"
#include "sky/footprint.h"
#include "sky/probe.h"

namespace {

using namespace soda;
using namespace soda::sky;

Direction at(double lon, double lat) {
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_degrees(lat));
}
Circle circle(double lon, double lat, double radius) {
  return Circle(at(lon, lat), Angle::from_degrees(radius));
}
Polygon polygon(std::initializer_list<std::pair<double, double>> corners) {
  std::vector<Direction> vertices;
  for (const auto& [lon, lat] : corners) vertices.push_back(at(lon, lat));
  return Polygon(std::move(vertices));
}
bool meets(const Region& region, const std::string& s_region) {
  return Probe(region).meets(Footprint::from_text(s_region).bytes());
}
std::string refusal(const std::string& s_region) {
  try {
    Footprint::from_text(s_region);
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::usage));
    return failure.what();
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(footprints)

BOOST_AUTO_TEST_CASE(s_region_is_read_in_all_its_forms) {
  for (const char* text :
       {"Polygon ICRS 10 10 10.2 10 10.2 10.2 10 10.2", "POLYGON 10 10 10.2 10 10.2 10.2 10 10.2",
        "polygon icrs topocenter 10 10 10.2 10 10.2 10.2 10 10.2 10 10",
        "Circle J2000 10.1 10.1 0.1",
        "Union ICRS (Circle 50 50 1 Polygon 10 10 10.2 10 10.2 10.2 10 10.2)",
        "Box ICRS 10.1 10.1 0.2 0.2", "Circle 370.1 10.1 0.1", "CIRCLE FK5 -349.9 10.1 0.1"}) {
    BOOST_TEST(meets(circle(10.1, 10.1, 0.01), text), text);
    BOOST_TEST(meets(circle(10.09, 10.11, 0.0001), text), text);
    BOOST_TEST(!meets(circle(10.1, 10.5, 0.01), text), text);
    BOOST_TEST(!meets(circle(190.1, -10.1, 0.01), text), text);
  }
  BOOST_TEST(meets(circle(200, -80, 1e-6), "Circle ICRS 1 2 180"));
  for (const char* text :
       {"", "ICRS", "Union ICRS ()", "Circle ICRS 1 2", "Circle ICRS 1 2 0", "Circle ICRS 1 2 -1",
        "Circle 1 91 1", "Polygon ICRS 1 2 3 4", "Polygon 1 2 3 4 5", "Ellipse 1 2 3 4 5",
        "Circle GALACTIC 1 2 3", "Circle 1 2 nan", "Circle 1 2 NaN", "Circle 1 2 +Inf",
        "Polygon 1 2 3 4 5 6 x", "Not (Circle 1 2 3)", "Union 1 2 3", "Box 1 2 0 1"}) {
    BOOST_TEST(!refusal(text).empty(), text);
  }
}

// A polygon whose edges cross has no inside; its hull misses nothing.
BOOST_AUTO_TEST_CASE(outlines_without_an_inside_become_their_hull) {
  const char* bow = "Polygon ICRS 0 0 1 1 1 0 0 1";
  for (const auto& [lon, lat] : {std::pair(0.5, 0.25), std::pair(0.5, 0.75), std::pair(0.25, 0.5)})
    BOOST_TEST(meets(circle(lon, lat, 1e-6), bow));
  BOOST_TEST(!meets(circle(1.1, 0.5, 0.05), bow));
  const char* flat = "Polygon ICRS 0 0 1 0 2 0";
  BOOST_TEST(meets(circle(0.5, 0, 1e-6), flat));
  BOOST_TEST(!meets(circle(3, 0, 0.5), flat));
  const char* point = "Polygon ICRS 5 5 5 5 5 5";
  BOOST_TEST(meets(circle(5, 5, 1e-6), point));
  BOOST_TEST(!meets(circle(5, 5.1, 0.05), point));
}

BOOST_AUTO_TEST_CASE(what_touches_meets) {
  const char* tile = "Polygon ICRS 10 0 11 0 11 1 10 1";
  // An edge in common, a corner in common, a corner on an edge: the equator and meridians are great
  // circles.
  BOOST_TEST(meets(polygon({{11, 0}, {12, 0}, {12, 1}, {11, 1}}), tile));
  BOOST_TEST(meets(polygon({{10, 0}, {10, -1}, {11, -1}, {11, 0}}), tile));
  BOOST_TEST(meets(polygon({{9, -1}, {10, -1}, {10, 0}, {9, 0}}), tile));
  BOOST_TEST(meets(polygon({{10.3, 0}, {10, -1}, {11, -1}}), tile));
  BOOST_TEST(meets(polygon({{10.3, -1}, {10.1, 0}, {10.2, 0}}), tile));
  BOOST_TEST(!meets(polygon({{10.3, -1e-9}, {10, -1}, {11, -1}}), tile));
  BOOST_TEST(meets(Range(9, 10, -1, 0), tile));
  BOOST_TEST(meets(Range(9, 10, 0.2, 0.3), tile));
  BOOST_TEST(meets(Range(0, 360, -1, 0), tile));
  BOOST_TEST(meets(Range(10.5, 10.5, 0.5, 0.5), tile));
  BOOST_TEST(meets(Range(10.5, 10.5, -1, 0), tile));
  BOOST_TEST(!meets(Range(9, 10 - 1e-9, -1, 0), tile));
  BOOST_TEST(!meets(Range(0, 360, -1, -1e-9), tile));
  // From the pole of an edge's great circle to the edge is a quarter turn.
  BOOST_TEST(meets(circle(10.5, -90, 90), tile));
  BOOST_TEST(!meets(circle(10.5, -90, 90 - 1e-9), tile));
  BOOST_TEST(meets(circle(12, 0, 1), tile));
  BOOST_TEST(!meets(circle(12, 0, 1 - 1e-9), tile));
  // Half a turn less the distance from the opposite point.
  BOOST_TEST(meets(circle(190, 0, 180 - 1e-9), "Circle ICRS 10 0 1e-9"));
  BOOST_TEST(!meets(circle(190, 0, 180 - 3e-9), "Circle ICRS 10 0 1e-9"));
  BOOST_TEST(meets(circle(1, 0, 0.5), "Circle ICRS 0 0 0.5"));
}

// North of latitude 60 the edge between two points of a parallel runs north of it.
BOOST_AUTO_TEST_CASE(edges_of_a_range_are_parallels_and_those_of_a_footprint_great_circles) {
  const char* wide = "Polygon ICRS 0 60 40 60 40 50 0 50";
  const double top =
      std::atan(std::tan(60 * std::numbers::pi / 180) / std::cos(20 * std::numbers::pi / 180)) *
      180 / std::numbers::pi;  // where the edge is highest
  BOOST_TEST(meets(Range(15, 25, top - 1e-9, 70), wide));
  BOOST_TEST(!meets(Range(15, 25, top + 1e-9, 70), wide));
  BOOST_TEST(!meets(Range(30, 35, top - 1e-9, 70), wide));
  // A band about a pole that lies within a footprint about the pole, and the reverse.
  const char* cap = "Polygon ICRS 0 80 90 80 180 80 270 80";
  BOOST_TEST(meets(Range(0, 360, 85, 86), cap));
  BOOST_TEST(meets(Range(0, 360, 89.9999999, 90), cap));
  BOOST_TEST(meets(Range(0, 360, -90, 90), cap));
  BOOST_TEST(!meets(Range(0, 360, -90, 70), cap));
  BOOST_TEST(meets(Range(100, 110, 70, 90), "Circle ICRS 280 89.9999999 1e-6"));
  BOOST_TEST(!meets(Range(100, 110, 70, 90), "Circle ICRS 285 89 0.1"));
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_told) {
  const Probe probe(Region(circle(1, 2, 3)));
  const std::string good = Footprint::from_text("Polygon 0 0 1 0 1 1").bytes();
  BOOST_TEST(!probe.meets(""));
  for (std::size_t size = 1; size < good.size(); ++size)
    BOOST_CHECK_THROW(probe.meets(std::string_view(good).substr(0, size)), Failure);
  for (const std::size_t at : {std::size_t{0}, std::size_t{4}, std::size_t{7}, good.size() - 1}) {
    std::string bad = good;
    bad[at] = '\x7f';
    BOOST_CHECK_THROW(probe.meets(bad), Failure);
  }
}

// Random points of a footprint lie in its box, and a box that holds one is never called apart from
// a region that holds it.
BOOST_AUTO_TEST_CASE(boxes_and_envelopes_hold_what_they_are_about) {
  std::mt19937_64 random(5);
  const auto uniform = [&](double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random);
  };
  for (int i = 0; i < 2000; ++i) {
    const double size = std::pow(10, uniform(-6, 1.9));
    const Direction centre = Direction::from_vector(uniform(-1, 1), uniform(-1, 1), uniform(-1, 1));
    std::vector<Direction> corners;
    for (int k = 0; k < 5; ++k) {
      corners.push_back(offset(centre, Angle::from_degrees(72 * k + uniform(-30, 30)),
                               Angle::from_degrees(size * uniform(0.5, 1))));
    }
    const std::vector<Region> regions = {
        Polygon(corners), Circle(centre, Angle::from_degrees(size)),
        Range(centre.lon().degrees(), centre.lon().degrees() + size * 2,
              std::max(centre.lat().degrees() - size, -90.0), centre.lat().degrees())};
    for (const Region& region : regions) {
      const Probe probe(region);
      std::optional<Footprint> footprint;
      if (const auto* p = std::get_if<Polygon>(&region)) footprint.emplace(*p);
      if (const auto* c = std::get_if<Circle>(&region)) footprint.emplace(*c);
      for (int k = 0; k < 20; ++k) {
        const Direction point = offset(centre, Angle::from_degrees(uniform(0, 360)),
                                       Angle::from_degrees(size * uniform(0, 1.5)));
        if (!contains(region, point)) continue;
        const std::array<double, 3> v = {point.x(), point.y(), point.z()};
        BOOST_TEST((relate(Box{v, v}, probe.envelope()) != BoxRelation::outside));
        for (std::size_t axis = 0; footprint && axis < 3; ++axis) {
          BOOST_TEST(footprint->box().lo[axis] <= v[axis]);
          BOOST_TEST(footprint->box().hi[axis] >= v[axis]);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_cap_around_a_wide_range_holds_it) {
  for (const double width : {181.0, 250.0, 330.0, 359.0}) {
    for (const auto& [lo, hi] : {std::pair(-80.0, 20.0), std::pair(10.0, 89.0),
                                 std::pair(-5.0, 5.0), std::pair(-90.0, 90.0)}) {
      const Range range(20, 20 + width, lo, hi);
      const Circle cap = bounding_circle(range);
      for (double lon = 0; lon <= 1; lon += 0.02) {
        for (double lat = 0; lat <= 1; lat += 0.02)
          BOOST_TEST(contains(cap, at(20 + lon * width, lo + lat * (hi - lo))));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
