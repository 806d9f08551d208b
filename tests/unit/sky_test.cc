#define BOOST_TEST_MODULE sky
#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>

#include "base/failure.h"
#include "sky/angle.h"
#include "sky/direction.h"
#include "sky/interval.h"
#include "sky/region.h"

using namespace soda;
using namespace soda::sky;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Direction at(double lon, double lat) {
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_degrees(lat));
}

std::vector<Direction> points(std::initializer_list<std::pair<double, double>> list) {
  std::vector<Direction> result;
  for (const auto& [lon, lat] : list) result.push_back(at(lon, lat));
  return result;
}

Polygon polygon(std::initializer_list<std::pair<double, double>> list) {
  return Polygon(points(list));
}

Direction random_direction(std::mt19937& random) {
  std::normal_distribution<double> normal;
  return Direction::from_vector(normal(random), normal(random), normal(random));
}

// Twice the signed area of the projected outline, seen from inside the sphere (east to the left).
double turn_seen_from_inside(const std::vector<Direction>& v, const Direction& centre) {
  double turn = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const Direction &a = v[i], &b = v[(i + 1) % v.size()];
    turn -= (a.y() * b.z() - a.z() * b.y()) * centre.x() +
            (a.z() * b.x() - a.x() * b.z()) * centre.y() +
            (a.x() * b.y() - a.y() * b.x()) * centre.z();
  }
  return turn;
}

// An independent test: even-odd rule on the gnomonic plane at `centre`, long double.
bool inside_on_plane(const std::vector<Direction>& v, const Direction& centre, const Direction& p) {
  using Real = long double;
  const auto project = [&](const Direction& d) {
    const Real lon = centre.lon().radians(), lat = centre.lat().radians();
    const Real ex = -std::sin(lon), ey = std::cos(lon);
    const Real nx = -std::sin(lat) * std::cos(lon), ny = -std::sin(lat) * std::sin(lon),
               nz = std::cos(lat);
    const Real cx = std::cos(lat) * std::cos(lon), cy = std::cos(lat) * std::sin(lon),
               cz = std::sin(lat);
    const Real w = cx * d.x() + cy * d.y() + cz * d.z();
    return std::array<Real, 3>{(ex * d.x() + ey * d.y()) / w,
                               (nx * d.x() + ny * d.y() + nz * d.z()) / w, w};
  };
  const auto q = project(p);
  if (q[2] <= 0) return false;
  bool in = false;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const auto a = project(v[i]), b = project(v[(i + 1) % v.size()]);
    if ((a[1] > q[1]) == (b[1] > q[1])) continue;
    if (q[0] < a[0] + (b[0] - a[0]) * (q[1] - a[1]) / (b[1] - a[1])) in = !in;
  }
  return in;
}

bool refused(const std::function<void()>& make) {
  try {
    make();
  } catch (const Failure& failure) {
    BOOST_TEST(failure.what() != std::string());
    return failure.kind() == FailureKind::usage && failure.parameter().empty();
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directions)

BOOST_AUTO_TEST_CASE(there_and_back) {
  for (double lon = 0; lon < 360; lon += 7.3) {
    for (double lat = -89.5; lat < 90; lat += 8.9) {
      const Direction d = at(lon, lat);
      BOOST_TEST(std::fabs(d.lon().degrees() - lon) < 1e-12);
      BOOST_TEST(std::fabs(d.lat().degrees() - lat) < 1e-13);
    }
  }
  BOOST_TEST(at(-10, 0).lon().degrees() == 350, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(at(725, 0).lon().degrees() == 5, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(poles_and_rubbish) {
  BOOST_TEST(Direction::from_vector(0, 0, 3).lon().degrees() == 0);
  BOOST_TEST(Direction::from_vector(0, 0, -1e-300).lat().degrees() == -90);
  BOOST_TEST(Direction::from_vector(0, 0, 0).x() == 1);
  BOOST_TEST(Direction::from_vector(kNaN, 0, 1).x() == 1);
  BOOST_TEST(Direction::from_vector(kInf, 0, 1).x() == 1);
  BOOST_TEST(Direction::from_vector(1e300, 1e300, 0).lon().degrees() == 45,
             boost::test_tools::tolerance(1e-15));
  // A longitude a hair below 0 is not 360.
  BOOST_TEST(Direction::from_vector(1, -1e-300, 0).lon().degrees() < 360);
}

// astropy 5.2.1, SkyCoord.separation
BOOST_AUTO_TEST_CASE(separations) {
  struct Row {
    double lon1, lat1, lon2, lat2, degrees, tolerance;
  };
  const Row rows[] = {{10, 20, 10, 20.0000001, 1.0000000103151129e-07, 1e-14},
                      {0, 0, 180, 0.00001, 179.99999, 1e-12},
                      {359.9999, 89.9, 0.0001, 89.9, 3.4906567307427226e-07, 1e-14},
                      {120, -45, 300, 44.99, 179.99, 1e-12},
                      {10, 0, 10, 90, 90, 1e-12}};
  for (const Row& r : rows) {
    const double got = separation(at(r.lon1, r.lat1), at(r.lon2, r.lat2)).degrees();
    BOOST_TEST(std::fabs(got - r.degrees) < r.tolerance, got << " is not " << r.degrees);
  }
}

// astropy 5.2.1, SkyCoord.directional_offset_by
BOOST_AUTO_TEST_CASE(offsets) {
  struct Row {
    double lon, lat, pa, distance, lon2, lat2;
  };
  const Row rows[] = {{10, 20, 30, 5, 12.740766167453826, 24.308263064060252},
                      {359.9, -60, 100, 1, 1.879423592045973, -60.15890662772891},
                      {200, 45, 275, 120, 84.7480811134387, -17.468511731802867},
                      {5, 89.5, 10, 2, 171.7050880762264, 88.48990681341313},
                      {5, 0, 0, 1e-07, 5.0, 1e-07}};
  for (const Row& r : rows) {
    const Direction got =
        offset(at(r.lon, r.lat), Angle::from_degrees(r.pa), Angle::from_degrees(r.distance));
    BOOST_TEST(separation(got, at(r.lon2, r.lat2)).degrees() < 1e-12);
  }
  // At a pole north is along the meridian of longitude 0, on the far side of the pole.
  const Direction pole = Direction::from_vector(0, 0, 1);
  BOOST_TEST(separation(offset(pole, Angle(), Angle::from_degrees(1)), at(180, 89)).degrees() <
             1e-12);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(intervals)

BOOST_AUTO_TEST_CASE(closed) {
  const Band a{{1}, {2}};
  BOOST_TEST(overlaps(a, Band{{2}, {3}}));
  BOOST_TEST(!overlaps(a, Band{{2.5}, {kInf}}));
  BOOST_TEST(overlaps(a, Band{{-kInf}, {kInf}}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(circles)

BOOST_AUTO_TEST_CASE(makers) {
  for (const double radius : {kNaN, 0.0, -1.0, 180.1, kInf, -kInf}) {
    BOOST_TEST(refused([&] { Circle(at(0, 0), Angle::from_degrees(radius)); }),
               "radius " << radius);
  }
  BOOST_TEST(contains(Circle(at(10, 10), Angle::from_degrees(180)), at(190, -10)));
}

BOOST_AUTO_TEST_CASE(closed_boundary) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const Direction centre = random_direction(random);
    const Angle radius = Angle::from_degrees(std::pow(10.0, -6 + 8.2 * i / 1000.0));
    const Region circle = Circle(centre, radius);
    for (const auto& piece : boundary(circle)) {
      for (int k = 0; k < 7; ++k) BOOST_REQUIRE(contains(circle, piece.at(k / 7.0)));
    }
    const Angle pa = Angle::from_degrees(i);
    const Angle sliver = Angle::from_degrees(3e-13);  // 5e-15 rad
    BOOST_REQUIRE(contains(circle, offset(centre, pa, radius - sliver)));
    BOOST_REQUIRE(!contains(circle, offset(centre, pa, radius + sliver)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ranges)

BOOST_AUTO_TEST_CASE(makers) {
  BOOST_TEST(refused([] { Range(kNaN, 1, 0, 1); }));
  BOOST_TEST(refused([] { Range(0, 1, kNaN, 1); }));
  BOOST_TEST(refused([] { Range(0, 1, 2, 1); }));
  BOOST_TEST(refused([] { Range(0, 1, -91, 1); }));
  BOOST_TEST(refused([] { Range(0, 1, 0, 90.0001); }));
  BOOST_TEST(Range(0, 360, -10, 10).full_circle());
  BOOST_TEST(Range(-kInf, 10, -10, 10).full_circle());
  BOOST_TEST(Range(5, 10, -kInf, kInf).lat_lo().degrees() == -90);
  BOOST_TEST(Range(-1e308, 1e308, 0, 1).full_circle());
  BOOST_TEST(!Range(10, 10, 0, 1).full_circle());
}

BOOST_AUTO_TEST_CASE(containment) {
  struct Row {
    double lon_lo, lon_hi, lat_lo, lat_hi, lon, lat;
    bool inside;
  };
  const Row rows[] = {{10, 20, -5, 5, 15, 0, true},         {10, 20, -5, 5, 25, 0, false},
                      {350, 10, -5, 5, 0, 0, true},         {350, 10, -5, 5, 359.99, 5, true},
                      {350, 10, -5, 5, 180, 0, false},      {350, 370, -5, 5, 5, 0, true},
                      {-10, 10, -5, 5, 355, 0, true},       {-10, 10, -5, 5, 11, 0, false},
                      {0, 360, 80, 90, 123, 85, true},      {0, 360, 80, 90, 123, 79, false},
                      {10, 20, 80, 90, 200, 90, true},      {10, 20, -90, -80, 0, -90, true},
                      {10, 10, 0, 5, 10, 3, true},          {10, 10, 5, 5, 10, 5, true},
                      {20, 10, 0, 5, 15, 3, false},         {20, 10, 0, 5, 5, 3, true},
                      {10, 20, -5, 5, 10, 5, true},         {10, 20, -5, 5, 20, -5, true},
                      {10, 20, -5, 5, 20.0000001, 0, false}};
  for (const Row& r : rows) {
    BOOST_TEST(
        contains(Range(r.lon_lo, r.lon_hi, r.lat_lo, r.lat_hi), at(r.lon, r.lat)) == r.inside,
        r.lon_lo << ".." << r.lon_hi << " " << r.lat_lo << ".." << r.lat_hi << " at " << r.lon
                 << " " << r.lat);
  }
}

BOOST_AUTO_TEST_CASE(boundary_is_inside_and_closes) {
  for (const Range& range : {Range(10, 20, -5, 5), Range(350, 10, 80, 90), Range(10, 350, -90, 90),
                             Range(0, 360, 10, 20), Range(123.456, 222.2, -89.9, -33.3)}) {
    const auto pieces = boundary(range);
    for (const auto& piece : pieces) {
      for (int k = 0; k <= 50; ++k) BOOST_REQUIRE(contains(range, piece.at(k / 50.0)));
    }
    if (range.full_circle()) continue;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      BOOST_TEST(separation(pieces[i].at(1), pieces[(i + 1) % pieces.size()].at(0)).degrees() <
                 1e-12);
    }
  }
  BOOST_TEST(boundary(Range(0, 360, -90, 90)).empty());
  BOOST_TEST(boundary(Range(0, 360, 0, 90)).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(polygons)

BOOST_AUTO_TEST_CASE(makers) {
  BOOST_TEST(refused([] { polygon({{0, 0}, {1, 1}}); }));
  BOOST_TEST(refused([] { polygon({{0, 0}, {1, 1}, {0, 0}}); }));
  BOOST_TEST(refused([] { polygon({{0, 0}, {0, 0}, {1, 1}, {1, 1}}); }));
  BOOST_TEST(refused([] { polygon({{0, 0}, {10, 0}, {20, 0}}); }), "on the equator");
  BOOST_TEST(refused([] { polygon({{0, 0}, {120, 0}, {240, 0}}); }), "a hemisphere on both sides");
  BOOST_TEST(refused([] { polygon({{30, 0}, {30, 10}, {30, 20}, {30, 5}}); }), "on a meridian");
  BOOST_TEST(refused([] { polygon({{0, 0}, {10, 10}, {10, 0}, {0, 10}}); }), "a bow tie");
  BOOST_TEST(refused([] { polygon({{0, 0}, {180, 0}, {90, 45}}); }), "opposite neighbours");
  BOOST_TEST(refused([] { polygon({{0, 90}, {0, -90}, {90, 0}}); }), "pole to pole");
  BOOST_TEST(refused([] {
               polygon({{0, 0}, {10, 0}, {10, 10}, {0, 0}, {-10, 0}, {-10, -10}});
             }),
             "touches itself");
  BOOST_TEST(polygon({{0, 0}, {10, 0}, {10, 10}, {0, 0}}).vertices().size() == 3U);
}

BOOST_AUTO_TEST_CASE(either_winding_is_the_small_side) {
  for (const Polygon& p :
       {polygon({{10, -5}, {20, -5}, {15, 8}}), polygon({{15, 8}, {20, -5}, {10, -5}})}) {
    BOOST_TEST(contains(p, at(15, 0)));
    BOOST_TEST(!contains(p, at(195, 0)));
    BOOST_TEST(turn_seen_from_inside(p.vertices(), at(15, 0)) > 0);
  }
}

BOOST_AUTO_TEST_CASE(closed) {
  // Edges on the equator, on a meridian, and a general one.
  const Polygon p = polygon({{0, 0}, {40, 0}, {40, 30}, {10, 50}, {0, 20}});
  const Region region = p;
  for (const Direction& v : p.vertices()) BOOST_TEST(contains(region, v));
  BOOST_TEST(contains(region, at(20, 0)));
  BOOST_TEST(contains(region, at(0, 10)));
  BOOST_TEST(contains(region, at(40, 17.3)));
  for (const auto& piece : boundary(region)) {
    for (int k = 0; k <= 100; ++k) BOOST_TEST(contains(region, piece.at(k / 100.0)));
  }
  BOOST_TEST(!contains(region, at(20, -1e-9)));
  BOOST_TEST(!contains(region, at(-1e-9, 10)));
  // On the great circle of an edge, beyond its ends.
  BOOST_TEST(!contains(region, at(41, 0)));
  BOOST_TEST(!contains(region, at(180, 0)));
}

BOOST_AUTO_TEST_CASE(poles_and_wrap) {
  const Polygon cap = polygon({{0, 80}, {90, 80}, {180, 80}, {270, 80}});
  BOOST_TEST(contains(cap, at(0, 90)));
  BOOST_TEST(contains(cap, at(45, 86)));
  BOOST_TEST(!contains(cap, at(45, 80)));  // the great circle bows toward the pole
  BOOST_TEST(!contains(cap, at(0, -90)));
  const Polygon over = polygon({{350, -10}, {10, -10}, {10, 10}, {350, 10}});
  BOOST_TEST(contains(over, at(0, 0)));
  BOOST_TEST(contains(over, at(359, 9)));
  BOOST_TEST(!contains(over, at(20, 0)));
}

BOOST_AUTO_TEST_CASE(against_even_odd_on_the_tangent_plane) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  int inside = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const Direction centre = trial % 10 == 0
                                 ? Direction::from_vector(0, 0, trial % 20 == 0 ? 1 : -1)
                                 : random_direction(random);
    const double size = std::pow(10.0, -5 + 6.5 * uniform(random));
    std::vector<Direction> v;
    const int n = 3 + trial % 9;
    for (int k = 0; k < n; ++k) {
      v.push_back(offset(centre, Angle::from_degrees(360.0 * (k + 0.4 * uniform(random)) / n),
                         Angle::from_degrees(size * (0.3 + 0.7 * uniform(random)))));
    }
    if (trial % 2) std::reverse(v.begin(), v.end());
    const Polygon p(v);
    for (int k = 0; k < 100; ++k) {
      const Direction q = offset(centre, Angle::from_degrees(360 * uniform(random)),
                                 Angle::from_degrees(1.2 * size * uniform(random)));
      const bool expected = inside_on_plane(v, centre, q);
      inside += expected;
      BOOST_REQUIRE_EQUAL(contains(p, q), expected);
    }
    BOOST_REQUIRE(turn_seen_from_inside(p.vertices(), bounding_circle(p).centre()) > 0);
  }
  BOOST_TEST(inside > 5000);
}

BOOST_AUTO_TEST_CASE(ten_thousand_vertices) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Direction> v;
  const Direction centre = at(200, -40);
  for (int k = 0; k < 10000; ++k) {
    v.push_back(
        offset(centre, Angle::from_degrees(0.036 * k), Angle::from_degrees(k % 2 ? 1 : 1.1)));
  }
  const Region p = Polygon(v);
  for (int k = 0; k < 10000; ++k) {
    BOOST_REQUIRE(contains(p, offset(centre, Angle::from_degrees(k), Angle::from_degrees(0.9))));
    BOOST_REQUIRE(!contains(p, offset(centre, Angle::from_degrees(k), Angle::from_degrees(1.2))));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  BOOST_TEST(took.count() < 5, took.count() << " s");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(bounds)

BOOST_AUTO_TEST_CASE(hold_the_region) {
  std::mt19937 random(3);
  const Region regions[] = {Circle(at(10, 10), Angle::from_degrees(3)), Range(10, 20, 30, 50),
                            Range(350, 10, -90, -80), Range(0, 360, 70, 90), Range(0, 360, -10, 10),
                            Range(0, 270, -10, 10), Range(5, 5, 5, 5),
                            polygon({{0, 0}, {40, 0}, {40, 30}, {10, 50}, {0, 20}}),
                            polygon({{0, 1}, {90, 0.5}, {180, 1}, {270, 0.5}}),
                            // Farthest from the middle along the edges' meridians, not at a corner.
                            Range(30, 274, -12, 9), Range(-10, 190, -80, 60)};
  for (const Region& region : regions) {
    const Circle bounds = bounding_circle(region);
    for (int k = 0; k < 20000; ++k) {
      const Direction d = random_direction(random);
      if (contains(region, d)) BOOST_REQUIRE(contains(bounds, d));
    }
    for (const auto& piece : boundary(region)) {
      for (int k = 0; k <= 20; ++k) BOOST_REQUIRE(contains(bounds, piece.at(k / 20.0)));
    }
  }
  BOOST_TEST(bounding_circle(Range(10, 20, 30, 50)).radius().degrees() < 11.5);
  BOOST_TEST(bounding_circle(Range(0, 360, 70, 90)).radius().degrees() < 20.001);
}

BOOST_AUTO_TEST_CASE(lengths_of_boundaries) {
  double sum = 0;
  for (const auto& piece : boundary(Circle(at(10, 60), Angle::from_degrees(30))))
    sum += piece.length.degrees();
  BOOST_TEST(sum == 180, boost::test_tools::tolerance(1e-12));  // 360 sin 30
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(boxes)

BOOST_AUTO_TEST_CASE(sizes_through_the_centre) {
  for (const Direction& centre :
       {at(10, 20), at(0, 0), at(359.99, -75), Direction::from_vector(0, 0, 1)}) {
    const Angle w = Angle::from_degrees(3), h = Angle::from_degrees(0.5);
    const Polygon box = tangent_box(centre, w, h);
    BOOST_TEST(box.vertices().size() == 4U);
    const auto reach = [&](double pa, double half) {
      return contains(box, offset(centre, Angle::from_degrees(pa),
                                  Angle::from_degrees(half * (1 - 1e-10)))) &&
             !contains(box, offset(centre, Angle::from_degrees(pa),
                                   Angle::from_degrees(half * (1 + 1e-10))));
    };
    BOOST_TEST(reach(0, 0.25));
    BOOST_TEST(reach(180, 0.25));
    BOOST_TEST(reach(90, 1.5));
    BOOST_TEST(reach(270, 1.5));
  }
  for (const double side : {0.0, -1.0, 180.0, kNaN, kInf}) {
    BOOST_TEST(
        refused([&] { tangent_box(at(0, 0), Angle::from_degrees(side), Angle::from_degrees(1)); }));
    BOOST_TEST(
        refused([&] { tangent_box(at(0, 0), Angle::from_degrees(1), Angle::from_degrees(side)); }));
  }
}

BOOST_AUTO_TEST_SUITE_END()
