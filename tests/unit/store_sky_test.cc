// Questions about the sky: the index and the exact relations against a slow scan of all rows.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <set>

#include "base/text.h"
#include "scratch.h"
#include "slow_sky.h"
#include "store/query.h"
#include "store/recorder.h"

namespace {

using namespace soda;
using namespace soda::store;
using Mode = Database::Mode;

struct Sky {
  std::mt19937_64 random{20240229};
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random);
  }
  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); }

  // Anywhere, or at a pole, or at 0 h, or in a crowded field.
  std::pair<double, double> place() {
    switch (pick(5)) {
      case 0:
        return {uniform(0, 360), (pick(2) == 0 ? 1 : -1) * (90 - std::pow(10, uniform(-8, 1)))};
      case 1:
        return {std::fmod(360 + (pick(2) == 0 ? 1 : -1) * std::pow(10, uniform(-8, 1)), 360),
                uniform(-80, 80)};
      case 2:
        return {150.1 + uniform(-0.1, 0.1), 2.2 + uniform(-0.1, 0.1)};
      default:
        return {uniform(0, 360), std::asin(uniform(-1, 1)) * 180 / std::numbers::pi};
    }
  }
  // Away from a point by `distance` toward the position angle; degrees.
  static std::pair<double, double> away(std::pair<double, double> from, double pa,
                                        double distance) {
    using sky::Angle;
    const sky::Direction direction =
        sky::offset(sky::Direction::from_lon_lat(Angle::from_degrees(from.first),
                                                 Angle::from_degrees(from.second)),
                    Angle::from_degrees(pa), Angle::from_degrees(distance));
    return {direction.lon().degrees(), direction.lat().degrees()};
  }
  // Corners about a point in order of position angle: crossing edges are impossible, hollows not.
  slow::Polygon polygon(std::pair<double, double> centre, double radius) {
    const int corners = 3 + pick(8);
    const double least = pick(2) == 0 ? 0.3 : 0.95;
    const double turn = (pick(2) == 0 ? 1 : -1) * 360.0 / corners;
    const double start = uniform(0, 360);
    std::vector<std::pair<double, double>> vertices;
    for (int i = 0; i < corners; ++i) {
      vertices.push_back(
          away(centre, start + turn * (i + uniform(-0.2, 0.2)), radius * uniform(least, 1)));
    }
    return slow::Polygon(centre, std::move(vertices));
  }
};

std::string text_of(const slow::Shape& shape) {
  if (const auto* circle = std::get_if<slow::Circle>(&shape)) {
    return "Circle ICRS " + to_text(static_cast<double>(circle->lon)) + " " +
           to_text(static_cast<double>(circle->lat)) + " " +
           to_text(static_cast<double>(circle->radius));
  }
  std::string text = "Polygon ICRS";
  for (const auto& [lon, lat] : std::get<slow::Polygon>(shape).lon_lat)
    text += " " + to_text(lon) + " " + to_text(lat);
  return text;
}

sky::Direction direction(double lon, double lat) {
  return sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat));
}

sky::Region region_of(const slow::Shape& shape) {
  struct Maker {
    static double d(slow::Real value) { return static_cast<double>(value); }
    sky::Region operator()(const slow::Circle& c) const {
      return sky::Circle(direction(d(c.lon), d(c.lat)), sky::Angle::from_degrees(d(c.radius)));
    }
    sky::Region operator()(const slow::Range& r) const {
      return sky::Range(d(r.lon_lo), d(r.lon_hi), d(r.lat_lo), d(r.lat_hi));
    }
    sky::Region operator()(const slow::Polygon& p) const {
      std::vector<sky::Direction> vertices;
      for (const auto& [lon, lat] : p.lon_lat) vertices.push_back(direction(lon, lat));
      return sky::Polygon(std::move(vertices));
    }
  };
  return std::visit(Maker{}, shape);
}

CatalogueRow row(int number, const std::string& s_region) {
  CatalogueRow out;
  out.obscore.obs_publisher_did = "ivo://x/c?" + std::to_string(number);
  out.obscore.obs_collection = "c";
  out.obscore.obs_id = std::to_string(number);
  out.obscore.s_region = s_region;
  return out;
}

struct Archive {
  scratch::Folder folder;
  Database database{folder / "archive.sqlite", Mode::read_write};

  void add(const std::vector<CatalogueRow>& rows) {
    Recorder recorder(database);
    std::vector<Rejected> rejected;
    database.transaction([&] { rejected = recorder.import_rows(rows); });
    for (const Rejected& each : rejected) BOOST_ERROR(each.reason);
  }
  std::set<std::string> found(const std::vector<slow::Shape>& shapes) {
    Question question;
    for (const slow::Shape& shape : shapes) question.positions.push_back(region_of(shape));
    Answer answer = store::answer(database, std::move(question), {"obs_id"});
    std::set<std::string> ids;
    while (answer.next()) {
      const auto id = std::get<std::string_view>(answer.row()[0]);
      BOOST_TEST(ids.emplace(id).second, "twice: " << id);
    }
    return ids;
  }
};

slow::Shape random_footprint(Sky& sky) {
  const double size = std::pow(10, sky.uniform(-4, 1.7));
  if (sky.pick(10) == 0) {
    const auto [lon, lat] = sky.place();
    return slow::Circle{lon, lat, size};
  }
  return sky.polygon(sky.place(), size);
}

slow::Shape random_question(Sky& sky, const std::vector<slow::Shape>& footprints) {
  auto place = sky.place();
  if (sky.pick(3) == 0) {  // near the edge of a footprint
    const slow::Shape& shape =
        footprints[static_cast<std::size_t>(sky.pick(static_cast<int>(footprints.size())))];
    if (const auto* polygon = std::get_if<slow::Polygon>(&shape)) {
      place = Sky::away(polygon->lon_lat[0], sky.uniform(0, 360), std::pow(10, sky.uniform(-6, 1)));
    }
  }
  const double size = std::pow(10, sky.uniform(-6, 2.25));
  switch (sky.pick(3)) {
    case 0:
      return slow::Circle{place.first, place.second, std::min(size, 180.0)};
    case 1: {
      const double height = size * std::pow(10, sky.uniform(-1, 1));
      const double lat_lo = std::max(place.second - height, -90.0);
      const double lat_hi = std::min(place.second + height, 90.0);
      const double width = size / std::max(std::cos(place.second * std::numbers::pi / 180), 1e-6);
      if (width >= 360) return slow::Range{0, 360, lat_lo, lat_hi};
      return slow::Range{place.first, std::fmod(place.first + width, 360), lat_lo, lat_hi};
    }
    default:
      return sky.polygon(place, std::min(size, 75.0));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sky_questions)

BOOST_FIXTURE_TEST_CASE(ten_thousand_questions_are_answered_as_by_a_slow_scan, Archive) {
  Sky sky;
  std::vector<slow::Shape> footprints;
  std::vector<CatalogueRow> rows;
  for (int i = 0; i < 500; ++i) {
    footprints.push_back(i == 7 ? slow::Circle{10, 20, 180} : random_footprint(sky));
    rows.push_back(row(i, text_of(footprints.back())));
  }
  add(rows);
  std::size_t hits = 0;
  std::array<int, 3> kinds{};
  for (int i = 0; i < 10000; ++i) {
    const slow::Shape shape = random_question(sky, footprints);
    ++kinds[shape.index()];
    std::set<std::string> expected;
    for (std::size_t k = 0; k < footprints.size(); ++k) {
      if (slow::meet(shape, footprints[k])) expected.insert(std::to_string(k));
    }
    hits += expected.size();
    const std::set<std::string> answer = found({shape});
    if (answer != expected) {
      std::vector<std::string> differing;
      std::set_symmetric_difference(answer.begin(), answer.end(), expected.begin(), expected.end(),
                                    std::back_inserter(differing));
      BOOST_ERROR("question " << i << " of kind " << shape.index() << ": " << answer.size()
                              << " rows, not " << expected.size() << "; row " << differing[0]
                              << " of the two");
    }
  }
  BOOST_TEST(hits > 50000U);
  for (const int count : kinds) BOOST_TEST(count > 3000);
}

BOOST_AUTO_TEST_SUITE_END()
