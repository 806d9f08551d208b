// Boxes and masks against a slow scan; footprints.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "wcs/pixels.h"
#include "wcs/wcs.h"
#include "wcs_cases.h"
#include "wcs_header.h"

using namespace soda;
using namespace soda::wcs;
using soda::wcs::test::parse;
using soda::wcs::test::tan_cards;

namespace soda::wcs {
std::ostream& operator<<(std::ostream& out, const PixelBox& b) {
  return out << b.x.first << ".." << b.x.last << " x " << b.y.first << ".." << b.y.last;
}
}  // namespace soda::wcs

namespace {

sky::Direction at(double lon, double lat) {
  return sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat));
}
sky::Circle circle(const sky::Direction& centre, double degrees) {
  return sky::Circle(centre, sky::Angle::from_degrees(degrees));
}

// The image sampled on a grid of a fraction of a pixel, edges included.
struct Grid {
  std::vector<Wcs::Pixel> pixels;
  std::vector<sky::Direction> icrs;
  std::vector<char> ok;
  double nx, ny, step;

  Grid(const Wcs& wcs, std::int64_t width, std::int64_t height, int parts)
      : nx(static_cast<double>(width)), ny(static_cast<double>(height)), step(1.0 / parts) {
    for (std::int64_t j = 0; j <= height * parts; ++j) {
      for (std::int64_t i = 0; i <= width * parts; ++i) {
        pixels.push_back(
            {0.5 + static_cast<double>(i) * step, 0.5 + static_cast<double>(j) * step});
      }
    }
    icrs.resize(pixels.size());
    ok.resize(pixels.size());
    wcs.to_sky(pixels, icrs, ok);
  }

  // The box may not leave out a sample inside the region, and must end within a step and a half of
  // one.
  void check(const sky::Region& region, const std::optional<PixelBox>& box) const {
    double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      if (!ok[i] || !sky::contains(region, icrs[i])) continue;
      x0 = std::min(x0, pixels[i].x), x1 = std::max(x1, pixels[i].x);
      y0 = std::min(y0, pixels[i].y), y1 = std::max(y1, pixels[i].y);
    }
    if (x0 > x1) {
      // No sample: nothing, or something smaller than the grid.
      BOOST_TEST((!box || (box->x.length() <= 2 && box->y.length() <= 2)));
      return;
    }
    BOOST_REQUIRE(box);
    const double slack = 1e-6, reach = 1.5 * step;
    BOOST_TEST(static_cast<double>(box->x.first) - 0.5 <= x0 + slack, *box << " misses x " << x0);
    BOOST_TEST(static_cast<double>(box->x.last) + 0.5 >= x1 - slack, *box << " misses x " << x1);
    BOOST_TEST(static_cast<double>(box->y.first) - 0.5 <= y0 + slack, *box << " misses y " << y0);
    BOOST_TEST(static_cast<double>(box->y.last) + 0.5 >= y1 - slack, *box << " misses y " << y1);
    BOOST_TEST(static_cast<double>(box->x.first) + 0.5 >= std::max(x0 - reach, 0.5) - slack,
               *box << " begins before x " << x0);
    BOOST_TEST(static_cast<double>(box->x.last) - 0.5 <= std::min(x1 + reach, nx + 0.5) + slack,
               *box << " ends after x " << x1);
    BOOST_TEST(static_cast<double>(box->y.first) + 0.5 >= std::max(y0 - reach, 0.5) - slack,
               *box << " begins before y " << y0);
    BOOST_TEST(static_cast<double>(box->y.last) - 0.5 <= std::min(y1 + reach, ny + 0.5) + slack,
               *box << " ends after y " << y1);
  }
};

// Regions of all kinds and sizes about a place.
std::vector<sky::Region> regions_about(const sky::Direction& c, double size, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<sky::Region> regions = {circle(c, size)};
  const double lon = c.lon().degrees(), lat = c.lat().degrees();
  const double w = std::min(size / std::max(std::cos(c.lat().radians()), 0.01), 170.0);
  regions.push_back(sky::Range(lon - w * uniform(random), lon + w * uniform(random),
                               std::max(lat - size * uniform(random), -90.0),
                               std::min(lat + size * uniform(random), 90.0)));
  std::vector<sky::Direction> v;
  const int n = 3 + static_cast<int>(uniform(random) * 6);
  for (int k = 0; k < n; ++k) {
    v.push_back(sky::offset(
        c, sky::Angle::from_degrees(360.0 * (k + 0.3 * uniform(random)) / n),
        sky::Angle::from_degrees(std::min(size, 60.0) * (0.4 + 0.6 * uniform(random)))));
  }
  regions.push_back(sky::Polygon(v));
  return regions;
}

const std::vector<std::string> kAllSky = {
    "CTYPE1  = 'RA---AIT'", "CTYPE2  = 'DEC--AIT'", "CRPIX1  = 60.5",
    "CRPIX2  = 30.5",       "CDELT1  = -3.0",       "CDELT2  = 3.0",
    "CRVAL1  = 40.0",       "CRVAL2  = 0.0",        "RADESYS = 'ICRS'"};

}  // namespace

BOOST_AUTO_TEST_SUITE(boxes)

BOOST_AUTO_TEST_CASE(against_a_slow_scan) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (const auto& c : test::cases()) {
    const auto wcs = parse(c.cards, c.shape);
    const Grid grid(*wcs, c.shape[0], c.shape[1], 3);
    const double scale = footprint_of(*wcs)->pixel_scale.degrees();
    for (int trial = 0; trial < 8; ++trial) {
      const auto place = wcs->to_sky(-20 + 140 * uniform(random), -20 + 120 * uniform(random));
      if (!place) continue;
      const double size = scale * std::pow(10.0, -0.3 + 2.6 * uniform(random));
      for (const sky::Region& region : regions_about(*place, size, random)) {
        BOOST_TEST_CONTEXT(c.name << " trial " << trial << " size " << size / scale << " kind "
                                  << region.index()) {
          grid.check(region, box_of(*wcs, region));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(all_sky_maps_against_a_slow_scan) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto wcs = parse(kAllSky, {120, 60});
  const Grid grid(*wcs, 120, 60, 3);
  for (int trial = 0; trial < 25; ++trial) {
    const auto place = wcs->to_sky(120 * uniform(random), 60 * uniform(random));
    if (!place) continue;
    for (const sky::Region& region :
         regions_about(*place, std::pow(10.0, 0.3 + 1.6 * uniform(random)), random)) {
      BOOST_TEST_CONTEXT("trial " << trial << " kind " << region.index()) {
        grid.check(region, box_of(*wcs, region));
      }
    }
  }
  // Over the cut at lon 220, at a pole, and everything.
  for (const sky::Region& region :
       {sky::Region(circle(at(220, 10), 8)), sky::Region(circle(at(0, 90), 12)),
        sky::Region(sky::Range(0, 360, -90, 90)), sky::Region(circle(at(1, 2), 180)),
        sky::Region(sky::Range(210, 230, -20, 20)), sky::Region(circle(at(40, 0), 100))}) {
    grid.check(region, box_of(*wcs, region));
  }
}

// COBE's quad cube: its two polynomials are inverse to each other to some arc seconds only. Faces
// begin just before a sample, so that the grid sees thin parts of a region at their edges.
BOOST_AUTO_TEST_CASE(quad_cube_against_a_slow_scan) {
  const auto wcs = parse(
      {"CTYPE1  = 'RA---CSC'", "CTYPE2  = 'DEC--CSC'", "CRPIX1  = 315.4999", "CRPIX2  = 135.4999",
       "CDELT1  = -1.0", "CDELT2  = 1.0", "CRVAL1  = 40.0", "CRVAL2  = 0.0", "RADESYS = 'ICRS'"},
      {360, 270});
  double worst = 0;
  for (int k = 0; k < 4000; ++k) {
    const Wcs::Pixel p{std::fmod(0.7 + 61.803 * k, 360.0), std::fmod(0.9 + 0.1618 * k, 270.0)};
    const auto d = wcs->to_sky(p.x, p.y);
    if (!d) continue;
    const auto back = wcs->to_pixel(*d);
    BOOST_REQUIRE(back);
    // Places on a cut come back from its other side.
    const double off = std::hypot(back->x - p.x, back->y - p.y);
    if (off < 1) worst = std::max(worst, off);
  }
  BOOST_TEST(worst < 1e-3);  // 13e-3 by the polynomials; what remains is single precision
  // Points of a row together are the points one by one.
  std::vector<Wcs::Pixel> row;
  for (int i = 0; i < 180; ++i) row.push_back({0.7 + 2.0 * i, 54.5});
  std::vector<sky::Direction> together(row.size());
  std::vector<char> ok(row.size());
  wcs->to_sky(row, together, ok);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto alone = wcs->to_sky(row[i].x, row[i].y);
    BOOST_REQUIRE_EQUAL(alone.has_value(), ok[i] != 0);
    if (alone) BOOST_TEST(sky::separation(*alone, together[i]).degrees() < 1e-9);
  }
  const Grid grid(*wcs, 360, 270, 3);
  std::mt19937 random(8);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<sky::Region> regions;
  for (int k = 0; k < 40; ++k) {
    // Edges of faces lie on the meridians 40 +- 45 degrees and near the latitudes of 45.
    const double lon = 85 + 90 * (k % 4) - 20 * uniform(random), lat = -40 + 60 * uniform(random);
    regions.push_back(sky::Range(lon, lon + 25, lat, lat + 15 * uniform(random)));
    regions.push_back(circle(at(lon + 15, lat), 1 + 12 * uniform(random)));
  }
  for (std::size_t k = 0; k < regions.size(); ++k) {
    BOOST_TEST_CONTEXT("region " << k) { grid.check(regions[k], box_of(*wcs, regions[k])); }
  }
}

BOOST_AUTO_TEST_CASE(tiny_regions_have_one_pixel) {
  const auto wcs = parse(tan_cards("10.0", "20.0"), {200, 150});
  for (const auto& [x, y] :
       {std::pair(1.0, 1.0), std::pair(200.0, 150.0), std::pair(200.3, 150.4), std::pair(0.6, 77.0),
        std::pair(77.2, 150.49), std::pair(100.0, 75.0)}) {
    const auto box = box_of(*wcs, circle(*wcs->to_sky(x, y), 1e-9));
    BOOST_REQUIRE(box);
    const auto i = static_cast<std::int64_t>(std::lround(x)),
               j = static_cast<std::int64_t>(std::lround(y));
    BOOST_TEST(*box == (PixelBox{{i, i}, {j, j}}));
  }
  BOOST_TEST(!box_of(*wcs, circle(*wcs->to_sky(200.6, 75), 1e-9)));
  BOOST_TEST(!box_of(*wcs, circle(*wcs->to_sky(100, 0.4), 1e-9)));
}

BOOST_AUTO_TEST_CASE(whole_image_and_none) {
  const auto wcs = parse(tan_cards("0.0", "89.99"), {200, 150});
  const PixelBox whole{{1, 200}, {1, 150}};
  BOOST_TEST(*box_of(*wcs, circle(at(0, 90), 10)) == whole);
  BOOST_TEST(*box_of(*wcs, circle(at(0, 0), 180)) == whole);
  BOOST_TEST(*box_of(*wcs, sky::Range(0, 360, -90, 90)) == whole);
  BOOST_TEST(*box_of(*wcs, sky::Range(0, 360, 80, 90)) == whole);
  BOOST_TEST(!box_of(*wcs, circle(at(0, -90), 10)));
  BOOST_TEST(!box_of(*wcs, sky::Range(0, 360, -90, 80)));
  // A band of sky around the image, which lies in the hole.
  BOOST_TEST(!box_of(*wcs, sky::Range(0, 360, 10, 60)));
}

BOOST_AUTO_TEST_CASE(a_circle_by_hand) {
  // Radius 10.2 pixels about the centre of pixel (100, 75), on a plate that is flat to 1e-6: 89.8
  // to 110.2.
  const auto wcs = parse(tan_cards("10.0", "20.0"), {200, 150});
  const auto box = box_of(*wcs, circle(*wcs->to_sky(100, 75), 0.0102));
  BOOST_REQUIRE(box);
  BOOST_TEST(*box == (PixelBox{{90, 110}, {65, 85}}));
  const auto over = box_of(*wcs, circle(*wcs->to_sky(195, 5), 0.0102));
  BOOST_REQUIRE(over);
  BOOST_TEST(*over == (PixelBox{{185, 200}, {1, 15}}));
}

BOOST_AUTO_TEST_CASE(unclipped) {
  const auto wcs = parse(tan_cards("10.0", "20.0"), {200, 150});
  const sky::Region over = circle(*wcs->to_sky(195, 5), 0.0102);
  BOOST_TEST(*unclipped_box_of(*wcs, over, 1000) == (PixelBox{{185, 205}, {-5, 15}}));
  BOOST_TEST(*unclipped_box_of(*wcs, over, 3) == (PixelBox{{185, 203}, {-2, 15}}));
  BOOST_TEST(*unclipped_box_of(*wcs, over, 0) == (PixelBox{{185, 200}, {1, 15}}));
  BOOST_TEST(*unclipped_box_of(*wcs, over, -7) == (PixelBox{{185, 200}, {1, 15}}));
  // A margin beyond the horizon of the tangent plane.
  BOOST_TEST(*unclipped_box_of(*wcs, over, 1000000000) == (PixelBox{{185, 205}, {-5, 15}}));
}

// A cubic distortion makes an S of a straight edge through the middle, where its deviation does not
// show.
BOOST_AUTO_TEST_CASE(edges_bent_to_an_s) {
  const auto wcs = parse(
      {"CTYPE1  = 'RA---TAN-SIP'", "CTYPE2  = 'DEC--TAN-SIP'", "CRPIX1  = 100.5", "CRPIX2  = 75.5",
       "CDELT1  = -0.001", "CDELT2  = 0.001", "CRVAL1  = 10.0", "CRVAL2  = 0.0", "RADESYS = 'ICRS'",
       "A_ORDER = 2", "B_ORDER = 3", "B_3_0   = 4e-5", "B_1_0   = -0.24"},
      {200, 150});
  const Grid grid(*wcs, 200, 150, 3);
  std::vector<sky::Direction> v = {*wcs->to_sky(20, 0), *wcs->to_sky(181, 0)};
  // The edge that joins these two passes the middle of the image.
  v.push_back(at(10 - 0.0805, 0));
  v.push_back(at(10 + 0.0805, 0));
  const sky::Region region = sky::Polygon(v);
  grid.check(region, box_of(*wcs, region));
}

BOOST_AUTO_TEST_CASE(ten_thousand_vertices) {
  const auto wcs = parse(tan_cards("10.0", "20.0"), {200, 150});
  std::vector<sky::Direction> v;
  for (int k = 0; k < 10000; ++k) {
    v.push_back(sky::offset(*wcs->to_sky(100, 75), sky::Angle::from_degrees(0.036 * k),
                            sky::Angle::from_degrees(0.0402)));
  }
  BOOST_TEST(*box_of(*wcs, sky::Polygon(v)) == (PixelBox{{60, 140}, {35, 115}}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(masks)

BOOST_AUTO_TEST_CASE(no_pixel_differs_from_the_exact_test) {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (const char* name :
       {"sip", "icrs_tan", "pole_inside", "wrap_0h", "hpx", "fk4_b1950", "tpv"}) {
    const auto& list = test::cases();
    const auto& c = *std::find_if(list.begin(), list.end(),
                                  [&](const auto& k) { return std::string(k.name) == name; });
    const auto wcs = parse(c.cards, c.shape);
    const double scale = footprint_of(*wcs)->pixel_scale.degrees();
    for (int trial = 0; trial < 6; ++trial) {
      const auto place = wcs->to_sky(100 * uniform(random), 80 * uniform(random));
      BOOST_REQUIRE(place);
      for (const sky::Region& region :
           regions_about(*place, scale * std::pow(10.0, 2.2 * uniform(random)), random)) {
        // Larger than the box of the region, and off the image on one side.
        const PixelBox box{{-5, 90}, {3, 80}};
        const auto mask = mask_of(*wcs, region, box);
        BOOST_REQUIRE_EQUAL(mask.size(), 96U * 78U);
        std::size_t k = 0, differ = 0;
        for (std::int64_t y = box.y.first; y <= box.y.last; ++y) {
          for (std::int64_t x = box.x.first; x <= box.x.last; ++x, ++k) {
            const auto d = wcs->to_sky(static_cast<double>(x), static_cast<double>(y));
            differ += (mask[k] != 0) != (d && sky::contains(region, *d));
          }
        }
        BOOST_TEST(differ == 0U, name << " trial " << trial << " kind " << region.index());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(pixels_without_sky_are_outside) {
  const auto wcs = parse(kAllSky, {120, 60});
  const auto mask = mask_of(*wcs, sky::Range(0, 360, -90, 90), {{1, 120}, {1, 60}});
  BOOST_TEST(mask[0] == 0);
  BOOST_TEST(mask[29 * 120 + 60] == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(footprints)

BOOST_AUTO_TEST_CASE(of_a_tangent_plane) {
  // Great circles are straight there: four corners suffice. Outer edges: half a pixel beyond the
  // centres.
  const auto wcs = parse(tan_cards("10.0", "20.0"), {200, 150});
  const auto f = footprint_of(*wcs);
  BOOST_REQUIRE(f);
  BOOST_TEST(f->outline.size() == 4U);
  BOOST_TEST(sky::separation(f->centre, at(10, 20)).degrees() < 1e-12);
  BOOST_TEST(f->pixel_scale.degrees() == 0.001, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(f->radius.degrees() == 0.125, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(!f->all_sky);
  const auto polygon = sky::Polygon(f->outline);
  BOOST_TEST(sky::contains(polygon, *wcs->to_sky(0.51, 0.51)));
  BOOST_TEST(!sky::contains(polygon, *wcs->to_sky(0.49, 0.6)));
  BOOST_TEST(sky::contains(polygon, *wcs->to_sky(200.49, 150.49)));
  BOOST_TEST(!sky::contains(polygon, *wcs->to_sky(200.51, 150)));
}

BOOST_AUTO_TEST_CASE(hold_the_image_to_a_hundredth_of_a_pixel) {
  for (const auto& c : test::cases()) {
    BOOST_TEST_CONTEXT(c.name) {
      const auto wcs = parse(c.cards, c.shape);
      const auto f = footprint_of(*wcs);
      BOOST_REQUIRE(f);
      BOOST_REQUIRE(!f->all_sky);
      BOOST_TEST(f->outline.size() <= 256U);
      const sky::Region polygon = sky::Polygon(f->outline);
      // The order of the outline is the polygon's own: counter-clockwise seen from inside.
      const auto& own = std::get<sky::Polygon>(polygon).vertices();
      const auto first = std::min_element(own.begin(), own.end(), [&](auto& a, auto& b) {
        return sky::separation(a, f->outline[0]) < sky::separation(b, f->outline[0]);
      });
      const auto next = first + 1 == own.end() ? own.begin() : first + 1;
      BOOST_TEST(sky::separation(*next, f->outline[1]).degrees() < 1e-12);
      const double w = static_cast<double>(c.shape[0]), h = static_cast<double>(c.shape[1]);
      for (int k = 0; k <= 100; ++k) {
        const double x = 0.53 + (w - 0.06) * k / 100, y = 0.53 + (h - 0.06) * k / 100;
        for (const auto& p : {Wcs::Pixel{x, 0.53}, Wcs::Pixel{x, h + 0.47}, Wcs::Pixel{0.53, y},
                              Wcs::Pixel{w + 0.47, y}}) {
          BOOST_TEST(sky::contains(polygon, *wcs->to_sky(p.x, p.y)));
          BOOST_TEST(sky::contains(sky::Circle(f->centre, f->radius), *wcs->to_sky(p.x, p.y)));
        }
        for (const auto& p : {Wcs::Pixel{x, 0.47}, Wcs::Pixel{x, h + 0.53}, Wcs::Pixel{0.47, y},
                              Wcs::Pixel{w + 0.53, y}}) {
          BOOST_TEST(!sky::contains(polygon, *wcs->to_sky(p.x, p.y)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(all_sky_and_half) {
  const auto all = footprint_of(*parse(kAllSky, {120, 60}));
  BOOST_REQUIRE(all);
  BOOST_TEST(all->all_sky);
  BOOST_TEST(all->outline.empty());
  BOOST_TEST(all->radius.degrees() == 180, boost::test_tools::tolerance(0.01));
  BOOST_TEST(sky::separation(all->centre, at(40, 0)).degrees() < 1e-9);
  // A round map in a square image: no sky in the corners, but an outline.
  const auto disc = footprint_of(
      *parse({"CTYPE1  = 'RA---SIN'", "CTYPE2  = 'DEC--SIN'", "CRPIX1  = 50.5", "CRPIX2  = 50.5",
              "CDELT1  = -1.2", "CDELT2  = 1.2", "CRVAL1  = 40.0", "CRVAL2  = 30.0"},
             {90, 90}));
  BOOST_REQUIRE(disc);
  BOOST_TEST(disc->radius.degrees() > 60);
  BOOST_TEST(!footprint_of(*parse({"OBJECT  = 'none'"}, {3, 3})));
}

BOOST_AUTO_TEST_SUITE_END()
