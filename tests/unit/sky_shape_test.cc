// Shapes against slow computations of the same, geometry as bytes, and HEALPix.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "base/failure.h"
#include "sky/geometry.h"
#include "sky/healpix.h"
#include "sky/probe.h"
#include "sky/shape.h"
#include "slow_sky.h"

namespace {

using namespace soda;
using namespace soda::sky;
using slow::degree;
using slow::Real;
using slow::Vec;

Direction direction(double lon, double lat) {
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_degrees(lat));
}

struct Random {
  std::mt19937_64 engine{4711};
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(engine);
  }
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine); }
  // Anywhere, at the poles, or about 0 h.
  std::pair<double, double> place() {
    const int kind = below(4);
    if (kind == 0)
      return {uniform(0, 360), (below(2) != 0 ? 1 : -1) * (90 - std::pow(10, uniform(-6, 1)))};
    if (kind == 1) return {std::fmod(360 + uniform(-1, 1), 360), uniform(-60, 60)};
    return {uniform(0, 360), std::asin(uniform(-1, 1)) * 180 / std::numbers::pi};
  }
  double size() { return std::pow(10, uniform(-4, 1.6)); }
  std::pair<double, double> away(std::pair<double, double> from, double pa, double distance) {
    const Direction d = offset(direction(from.first, from.second), Angle::from_degrees(pa),
                               Angle::from_degrees(distance));
    return {d.lon().degrees(), d.lat().degrees()};
  }
  std::pair<double, double> beside(std::pair<double, double> from, double distance) {
    return away(from, uniform(0, 360), distance * uniform(0, 1.2));
  }
  slow::Polygon polygon(std::pair<double, double> centre, double radius) {
    const int corners = 3 + below(7);
    const double least = below(2) == 0 ? 0.3 : 0.95;
    std::vector<std::pair<double, double>> vertices;
    for (int i = 0; i < corners; ++i) {
      vertices.push_back(
          away(centre, 360.0 / corners * (i + uniform(-0.2, 0.2)), radius * uniform(least, 1)));
    }
    return slow::Polygon(centre, std::move(vertices));
  }
};

Shape shape_of_slow(const slow::Circle& circle) {
  return shape_of(make_circle(static_cast<double>(circle.lon), static_cast<double>(circle.lat),
                              static_cast<double>(circle.radius)));
}
Shape shape_of_slow(const slow::Polygon& polygon) {
  std::vector<double> numbers;
  for (const auto& [lon, lat] : polygon.lon_lat) numbers.insert(numbers.end(), {lon, lat});
  return shape_of(make_polygon(numbers));
}

Vec centre_of(const slow::Circle& c) { return slow::at(c.lon, c.lat); }
Real nearest_edge(const slow::Polygon& polygon, const Vec& point) {
  Real least = 10;
  for (std::size_t i = 0; i < polygon.vertices.size(); ++i)
    least = std::min(least, slow::distance(point, polygon.vertices[i], polygon.next(i)));
  return least;
}

// By how much (rad) the first lies inside the second: negative when it does not.
Real depth(const slow::Circle& in, const slow::Circle& out) {
  return (out.radius - in.radius) * degree - slow::angle(centre_of(in), centre_of(out));
}
Real depth(const slow::Polygon& in, const slow::Circle& out) {
  const Vec c = centre_of(out);
  const Vec opposite = {-c.x, -c.y, -c.z};
  const Real far = slow::inside(in, opposite) ? slow::pi : slow::pi - nearest_edge(in, opposite);
  return out.radius * degree - far;
}
Real depth(const slow::Circle& in, const slow::Polygon& out) {
  const Real edge = nearest_edge(out, centre_of(in));
  return (slow::inside(out, centre_of(in)) ? edge : -edge) - in.radius * degree;
}
// Its size tells only how clear the case is.
Real depth(const slow::Polygon& in, const slow::Polygon& out) {
  bool within = slow::inside(out, in.vertices[0]);
  Real clear = 10;
  for (std::size_t i = 0; i < in.vertices.size(); ++i) {
    clear = std::min(clear, nearest_edge(out, in.vertices[i]));
    for (std::size_t k = 0; k < out.vertices.size(); ++k) {
      clear = std::min(clear, slow::distance(out.vertices[k], in.vertices[i], in.next(i)));
      if (slow::arcs_cross(in.vertices[i], in.next(i), out.vertices[k], out.next(k)))
        within = false;
    }
  }
  return within ? clear : -clear;
}

template <class A, class B>
bool agrees(const A& inner, const B& outer, int& tested) {
  const Real by = depth(inner, outer);
  const bool held = shape_of_slow(outer).holds(shape_of_slow(inner));
  const bool met = shape_of_slow(outer).meets(shape_of_slow(inner));
  if (held && !met) return false;
  if (std::fabs(by) < 1e-13L) return true;
  ++tested;
  return held == (by > 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shapes)

BOOST_AUTO_TEST_CASE(one_in_the_other_as_worked_out_slowly) {
  Random random;
  int tested = 0, held = 0;
  for (int i = 0; i < 6000; ++i) {
    const auto at = random.place();
    const double size = random.size();
    const double smaller = size * random.uniform(0.01, 0.8);
    const auto near = random.beside(at, size);
    const slow::Circle out{at.first, at.second, size}, in{near.first, near.second, smaller};
    const slow::Polygon big = random.polygon(at, size), small = random.polygon(near, smaller);
    BOOST_TEST_CONTEXT(i) {
      BOOST_TEST(agrees(in, out, tested));
      BOOST_TEST(agrees(small, out, tested));
      BOOST_TEST(agrees(in, big, tested));
      BOOST_TEST(agrees(small, big, tested));
    }
    if (shape_of_slow(big).holds(shape_of_slow(small))) ++held;
  }
  BOOST_TEST(tested > 20'000);
  BOOST_TEST(held > 500);
}

BOOST_AUTO_TEST_CASE(circles_larger_than_half_the_sphere) {
  Random random;
  int tested = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto at = random.place(), near = random.place();
    const slow::Circle out{at.first, at.second, random.uniform(80, 180)};
    const slow::Circle in{near.first, near.second, random.uniform(0, 170)};
    BOOST_TEST(agrees(in, out, tested));
    BOOST_TEST(agrees(random.polygon(near, random.size()), out, tested));
  }
}

BOOST_AUTO_TEST_CASE(a_shape_holds_and_meets_itself_and_its_corners) {
  Random random;
  for (int i = 0; i < 3000; ++i) {
    const slow::Polygon polygon = random.polygon(random.place(), random.size());
    const Shape shape = shape_of_slow(polygon);
    BOOST_TEST(shape.holds(shape));
    BOOST_TEST(shape.meets(shape));
    for (const auto& [lon, lat] : polygon.lon_lat) BOOST_TEST(shape.holds(direction(lon, lat)));
    const Box box = shape.box();
    const std::vector<double> envelope = shape.envelope();
    for (const Vec& v : polygon.vertices) {
      const std::array<double, 3> p = {double(v.x), double(v.y), double(v.z)};
      for (std::size_t k = 0; k < 3; ++k) BOOST_TEST((box.lo[k] <= p[k] && p[k] <= box.hi[k]));
      BOOST_TEST((relate(Box{p, p}, envelope) != BoxRelation::outside));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_half_of_a_polygon_lies_in_it) {
  Random random;
  for (int i = 0; i < 3000; ++i) {
    const slow::Polygon polygon = random.polygon(random.place(), random.size());
    // The middle of an edge, to the precision of degrees.
    std::vector<double> half;
    const auto& v = polygon.vertices;
    const Vec middle = slow::unit({v[0].x + v[1].x, v[0].y + v[1].y, v[0].z + v[1].z});
    half = {polygon.lon_lat[0].first,
            polygon.lon_lat[0].second,
            double(slow::lon_of(middle)),
            double(slow::lat_of(middle)),
            double(slow::lon_of(polygon.middle)),
            double(slow::lat_of(polygon.middle))};
    BOOST_TEST(shape_of_slow(polygon).meets(shape_of(make_polygon(half))));
    BOOST_TEST(shape_of_slow(polygon).holds(direction(half[4], half[5])));
  }
}

BOOST_AUTO_TEST_CASE(areas_and_middles) {
  Random random;
  for (int i = 0; i < 2000; ++i) {
    const slow::Polygon polygon = random.polygon(random.place(), random.size());
    // Girard, by the fan of triangles about the middle (l'Huilier's form, signed).
    Real sum = 0;
    for (std::size_t k = 0; k < polygon.vertices.size(); ++k) {
      const Vec &a = polygon.middle, &b = polygon.vertices[k], &c = polygon.next(k);
      const Real numerator = slow::dot(a, slow::cross(b, c));
      sum += 2 * std::atan2(numerator, 1 + slow::dot(a, b) + slow::dot(b, c) + slow::dot(c, a));
    }
    const Shape shape = shape_of_slow(polygon);
    const Real area = shape.area();
    BOOST_TEST(std::fabs(static_cast<double>(area - std::fabs(sum))) <=
               1e-14 + 1e-9 * static_cast<double>(area));
    const auto middle = shape.centroid();
    BOOST_REQUIRE(middle.has_value());
    BOOST_TEST(
        static_cast<double>(slow::angle(polygon.middle, {middle->x(), middle->y(), middle->z()})) <=
        static_cast<double>(polygon.reach));
  }
}

BOOST_AUTO_TEST_CASE(geometry_keeps_its_degrees) {
  const std::vector<double> corners = {12.3, 45.6, 13.3, 45.6, 12.8, 46.1};
  BOOST_TEST(degrees_of(make_polygon(corners)) == corners, boost::test_tools::per_element());
  BOOST_TEST(dali_text(make_circle(-10, 20, 0)) == "350 20 0");
  BOOST_TEST(
      stcs_text(geometry_from_text("POLYGON ICRS 10 10 20 10 15 20")).starts_with("Polygon ICRS "));
  BOOST_TEST((kind_of(geometry_from_text("1 2")) == GeometryKind::point));
  BOOST_TEST((kind_of(geometry_from_text("Circle 1 2 3")) == GeometryKind::region));
  for (const std::string bad :
       {"", "x", "1", "1 2 3 4", "1 2 x", "nan 1", "1 91", "1 2 -3", "Circle ICRS", "Position",
        "Position ICRS 1", "Ellipse 1 2 3 4 5", "Position FK4 1 2", "1 2 3 4 5 6 7"}) {
    BOOST_TEST_CONTEXT(bad) { BOOST_CHECK_THROW(geometry_from_text(bad), Failure); }
  }
  // Every damaged value is refused, none is read beyond its end.
  const std::string whole = make_polygon(corners);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    try {
      shape_of(whole.substr(0, i));
    } catch (const Failure&) {
      continue;
    }
  }
}

// Values of the catalogue of UDFs 1.2, and the children of each pixel.
BOOST_AUTO_TEST_CASE(healpix) {
  BOOST_TEST(healpix_index(0, direction(1, 1)) == 4);
  BOOST_TEST(healpix_index(17, direction(1, 1)) == 81609757711);
  BOOST_TEST(healpix_index(17, direction(359, -1)) == 73009064944);
  Random random;
  for (int i = 0; i < 20'000; ++i) {
    const auto [lon, lat] = random.place();
    const Direction at = direction(lon, lat);
    const std::int64_t finest = healpix_index(29, at);
    for (const int order : {0, 1, 5, 13, 28})
      BOOST_TEST((finest >> (2 * (29 - order))) == healpix_index(order, at));
    const int order = random.below(30);
    const std::int64_t index = healpix_index(order, at);
    const Direction centre = healpix_centre(order, index);
    BOOST_TEST(healpix_index(order, centre) == index);
    // No pixel is wider than that.
    BOOST_TEST(separation(at, centre).radians() < 1.1 * std::ldexp(1.0, -order));
  }
}

BOOST_AUTO_TEST_SUITE_END()
