// Boxes of many random shapes against a slow walk along their boundaries, which knows nothing of
// how the room finds them: samples of every piece, extremes by golden section, crossings of the
// image's edge by bisection.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <ctime>
#include <random>
#include <sstream>

#include "wcs/pixels.h"
#include "wcs/wcs.h"
#include "wcs_cases.h"
#include "wcs_header.h"

using namespace soda;
using namespace soda::wcs;

namespace {

struct Span {
  double lo = 1e300, hi = -1e300;
  void add(double v) { lo = std::min(lo, v), hi = std::max(hi, v); }
};

class SlowWalk {
 public:
  SlowWalk(const Wcs& wcs, std::int64_t nx, std::int64_t ny)
      : wcs_(wcs), right_(static_cast<double>(nx) + 0.5), top_(static_cast<double>(ny) + 0.5) {}

  Span x, y;
  bool failed = false;  // a place of the boundary has no pixel

  void walk(const sky::Region& region) {
    for (const auto& piece : sky::boundary(region)) {
      const std::size_t count = region.index() == 0 ? 96 : 24;
      const double step = 1 / static_cast<double>(count);
      std::vector<double> places;
      std::vector<Wcs::Pixel> pixels;
      for (std::size_t i = 0; i <= count; ++i) {
        places.push_back(static_cast<double>(i) * step);
        pixels.push_back(at(piece, places.back()));
      }
      for (std::size_t i = 0; i <= count; ++i) {
        const Wcs::Pixel &before = pixels[i == 0 ? 0 : i - 1], &here = pixels[i],
                         &after = pixels[std::min(i + 1, count)];
        for (const auto coordinate : {&Wcs::Pixel::x, &Wcs::Pixel::y}) {
          for (const double sign : {-1.0, 1.0}) {
            const double value = sign * here.*coordinate;
            if (value < sign * before.*coordinate || value < sign * after.*coordinate) continue;
            const double t = static_cast<double>(i) * step;
            places.push_back(
                highest(piece, coordinate, sign, std::max(t - step, 0.0), std::min(t + step, 1.0)));
          }
        }
      }
      std::sort(places.begin(), places.end());
      for (std::size_t i = 0; i < places.size(); ++i) {
        const bool in = include(piece, places[i]);
        if (i > 0 && in != inside(at(piece, places[i - 1]))) cross(piece, places[i - 1], places[i]);
      }
    }
    for (const auto& corner : {Wcs::Pixel{0.5, 0.5}, Wcs::Pixel{right_, 0.5},
                               Wcs::Pixel{right_, top_}, Wcs::Pixel{0.5, top_}}) {
      if (sky::contains(region, *wcs_.to_sky(corner.x, corner.y))) add(corner);
    }
  }

 private:
  Wcs::Pixel at(const sky::BoundaryPiece& piece, double t) {
    const auto p = wcs_.to_pixel(piece.at(t));
    failed = failed || !p;
    return p.value_or(Wcs::Pixel{-1e9, -1e9});
  }
  bool inside(const Wcs::Pixel& p) const {
    return p.x >= 0.5 && p.x <= right_ && p.y >= 0.5 && p.y <= top_;
  }
  void add(const Wcs::Pixel& p) { x.add(p.x), y.add(p.y); }
  bool include(const sky::BoundaryPiece& piece, double t) {
    const Wcs::Pixel p = at(piece, t);
    if (inside(p)) add(p);
    return inside(p);
  }

  double highest(const sky::BoundaryPiece& piece, double Wcs::Pixel::*coordinate, double sign,
                 double a, double b) {
    constexpr double kGolden = 0.6180339887498949;
    for (int round = 0; round < 24; ++round) {
      const double c = b - kGolden * (b - a), d = a + kGolden * (b - a);
      if (sign * at(piece, c).*coordinate > sign * at(piece, d).*coordinate) {
        b = d;
      } else {
        a = c;
      }
    }
    return (a + b) / 2;
  }

  void cross(const sky::BoundaryPiece& piece, double a, double b) {
    const bool first = inside(at(piece, a));
    for (int round = 0; round < 40; ++round) {
      const double middle = (a + b) / 2;
      (inside(at(piece, middle)) == first ? a : b) = middle;
    }
    include(piece, first ? a : b);
  }

  const Wcs& wcs_;
  double right_, top_;
};

sky::Region shape(std::size_t kind, const sky::Direction& c, double size, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0.2, 1);
  const double lon = c.lon().degrees(), lat = c.lat().degrees();
  if (kind == 0) return sky::Circle(c, sky::Angle::from_degrees(size));
  if (kind == 1) {
    const double w = std::min(size / std::max(std::cos(c.lat().radians()), 0.01), 170.0);
    return sky::Range(lon - w * uniform(random), lon + w * uniform(random),
                      std::max(lat - size * uniform(random), -90.0),
                      std::min(lat + size * uniform(random), 90.0));
  }
  std::vector<sky::Direction> v;
  const int n = 3 + static_cast<int>(uniform(random) * 6);
  for (int k = 0; k < n; ++k) {
    v.push_back(sky::offset(c, sky::Angle::from_degrees(360.0 * (k + 0.3 * uniform(random)) / n),
                            sky::Angle::from_degrees(std::min(size, 60.0) * uniform(random))));
  }
  return sky::Polygon(v);
}

// Pixel intervals of limits that may be off by `slack`.
bool agrees(const PixelInterval& found, const Span& truth, double slack, std::int64_t length) {
  const auto pixel = [&](double v) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(v)), 1, length);
  };
  return found.first >= pixel(truth.lo - slack + 0.5) &&
         found.first <= pixel(truth.lo + slack + 0.5) &&
         found.last >= pixel(std::ceil(truth.hi - slack - 0.5)) &&
         found.last <= pixel(std::ceil(truth.hi + slack - 0.5));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(many_boxes)

BOOST_AUTO_TEST_CASE(ten_thousand_shapes) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::size_t compared = 0, empty = 0;
  for (const char* name : {"icrs_tan", "sip", "fk4_b1950", "zea", "ait", "tpv", "galactic_car",
                           "wrap_0h", "gls_aips", "crossed_cd"}) {
    const auto& list = test::cases();
    const auto& c = *std::find_if(list.begin(), list.end(),
                                  [&](const auto& k) { return std::string(k.name) == name; });
    const auto wcs = test::parse(c.cards, c.shape);
    const double scale = footprint_of(*wcs)->pixel_scale.degrees();
    for (int trial = 0; trial < 1000; ++trial) {
      const auto place = wcs->to_sky(-20 + 140 * uniform(random), -20 + 120 * uniform(random));
      if (!place) continue;
      const double size = scale * std::pow(10.0, -0.5 + 2.3 * uniform(random));
      const sky::Region region =
          shape(static_cast<std::size_t>(trial) % 4 == 0 ? 0 : static_cast<std::size_t>(trial) % 3,
                *place, size, random);
      SlowWalk truth(*wcs, c.shape[0], c.shape[1]);
      truth.walk(region);
      if (truth.failed) continue;
      const auto box = box_of(*wcs, region);
      ++compared;
      BOOST_TEST_CONTEXT(name << " trial " << trial << " kind " << region.index() << " size "
                              << size / scale) {
        if (truth.x.lo > truth.x.hi) {
          ++empty;
          BOOST_TEST(!box);
          continue;
        }
        BOOST_REQUIRE(box);
        constexpr double kSlack = 0.01;  // what the room promises
        BOOST_TEST(agrees(box->x, truth.x, kSlack, c.shape[0]),
                   "x " << box->x.first << ".." << box->x.last << " for " << truth.x.lo << " to "
                        << truth.x.hi);
        BOOST_TEST(agrees(box->y, truth.y, kSlack, c.shape[1]),
                   "y " << box->y.first << ".." << box->y.last << " for " << truth.y.lo << " to "
                        << truth.y.hi);
      }
    }
  }
  BOOST_TEST(compared > 9500U);
  BOOST_TEST(empty > 100U);
}

// Huge all-sky maps, and polynomials that fold the sky over and over, used to take seconds.
BOOST_AUTO_TEST_CASE(no_box_takes_long) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<std::string> folded = {"CTYPE1  = 'RA---TAN-SIP'",
                                     "CTYPE2  = 'DEC--TAN-SIP'",
                                     "CRPIX1  = 1000.0",
                                     "CRPIX2  = 1000.0",
                                     "CDELT1  = -0.001",
                                     "CDELT2  = 0.001",
                                     "CRVAL1  = 10.0",
                                     "CRVAL2  = 20.0",
                                     "RADESYS = 'ICRS'",
                                     "A_ORDER = 9",
                                     "B_ORDER = 9"};
  for (const char* letter : {"A", "B"}) {
    for (int p = 0; p <= 9; ++p) {
      for (int q = 0; p + q <= 9; ++q) {
        if (p + q < 2) continue;
        std::ostringstream card;
        card << letter << '_' << p << '_' << q << "   = "
             << 300 * uniform(random) * std::pow(1000.0, -p - q);
        folded.push_back(card.str());
      }
    }
  }
  const auto all_sky = [](const std::string& code) {
    return std::vector<std::string>{"CTYPE1  = 'RA---" + code + "'",
                                    "CTYPE2  = 'DEC--" + code + "'",
                                    "CRPIX1  = 500000.5",
                                    "CRPIX2  = 500000.5",
                                    "CDELT1  = -4e-4",
                                    "CDELT2  = 4e-4",
                                    "CRVAL1  = 40.0",
                                    "CRVAL2  = 0.0",
                                    "RADESYS = 'ICRS'"};
  };
  const auto at = [](double lon, double lat) {
    return sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon),
                                        sky::Angle::from_degrees(lat));
  };
  std::vector<sky::Direction> star;
  for (int k = 0; k < 1000; ++k) {
    star.push_back(sky::offset(at(40, 20), sky::Angle::from_degrees(0.36 * k),
                               sky::Angle::from_degrees(30 + 20 * (k % 2))));
  }
  const std::vector<sky::Region> regions = {sky::Circle(at(40, 10), sky::Angle::from_degrees(90)),
                                            sky::Range(0, 360, -90, 90), sky::Range(0, 360, 19, 21),
                                            sky::Range(200, 240, -60, 80), sky::Polygon(star)};
  std::vector<std::shared_ptr<const Wcs>> images = {test::parse(folded, {2000, 2000}),
                                                    test::parse(folded, {2000000, 2000000})};
  for (const char* code : {"AIT", "CAR", "HPX", "CSC", "PCO"}) {
    images.push_back(test::parse(all_sky(code), {1000000, 1000000}));
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (const sky::Region& region : regions) {
      const std::clock_t start = std::clock();
      box_of(*images[i], region);
      const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      BOOST_TEST(seconds < 1.5, "image " << i << " kind " << region.index());
    }
  }
  // A box that is not looked at to the end is too large, not too small.
  const auto whole = box_of(*images[2], regions[1]);
  BOOST_REQUIRE(whole);
  // Hammer-Aitoff: 2 sqrt 2 and sqrt 2 radians from the centre.
  const double wide = 2 * std::sqrt(2.0) * 180 / M_PI / 4e-4, high = wide / 2;
  const double first = 500000.5 - wide, last = 500000.5 + wide;
  BOOST_TEST(static_cast<double>(whole->x.first) <= first + 1);
  BOOST_TEST(static_cast<double>(whole->x.first) >= first - 1000);
  BOOST_TEST(static_cast<double>(whole->x.last) >= last - 1);
  BOOST_TEST(static_cast<double>(whole->x.last) <= last + 1000);
  BOOST_TEST(static_cast<double>(whole->y.first) <= 500000.5 - high + 1);
  BOOST_TEST(static_cast<double>(whole->y.last) >= 500000.5 + high - 1);
}

BOOST_AUTO_TEST_SUITE_END()
