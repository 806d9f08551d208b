#define BOOST_TEST_MODULE wcs
#include "wcs/wcs.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "base/failure.h"
#include "wcs_cases.h"
#include "wcs_header.h"

using namespace soda;
using namespace soda::wcs;
using soda::wcs::test::header;
using soda::wcs::test::parse;

namespace {

sky::Direction at(double lon, double lat) {
  return sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat));
}

std::vector<std::string> with(std::vector<std::string> cards,
                              const std::vector<std::string>& more) {
  cards.insert(cards.end(), more.begin(), more.end());
  return cards;
}

const std::vector<std::string>& cards_of(const std::string& name) {
  for (const auto& c : test::cases()) {
    if (c.name == name) return c.cards;
  }
  throw std::runtime_error("no case " + name);
}

// Where `a` sees the pixels of its image, `b` must too.
void same_sky(const Wcs& a, const Wcs& b) {
  for (const auto& [x, y] : {std::pair(1.0, 1.0), std::pair(50.0, 20.0), std::pair(99.0, 77.0)}) {
    const auto p = a.to_sky(x, y), q = b.to_sky(x, y);
    BOOST_REQUIRE(p);
    BOOST_REQUIRE(q);
    BOOST_TEST(sky::separation(*p, *q).degrees() < 1e-12);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(places)

BOOST_AUTO_TEST_CASE(agree_with_astropy_both_ways) {
  for (const auto& c : test::cases()) {
    BOOST_TEST_CONTEXT(c.name) {
      const auto wcs = parse(c.cards, c.shape);
      BOOST_REQUIRE_MESSAGE(wcs->celestial(), wcs->problem());
      for (const auto& place : c.places) {
        const auto there = wcs->to_sky(place.x, place.y);
        BOOST_REQUIRE(there);
        BOOST_TEST(sky::separation(*there, at(place.ra, place.dec)).degrees() < 1e-10);
        const auto back = wcs->to_pixel(at(place.ra, place.dec));
        BOOST_REQUIRE(back);
        BOOST_TEST(std::hypot(back->x - place.x, back->y - place.y) < 1e-6);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(many_at_once_are_the_same) {
  const auto wcs = parse(cards_of("sip"), {100, 80});
  std::vector<Wcs::Pixel> pixels;
  for (int i = 0; i < 333; ++i) pixels.push_back({0.5 + i * 0.3, 80 - i * 0.2});
  pixels[100].x = std::numeric_limits<double>::quiet_NaN();
  std::vector<sky::Direction> icrs(pixels.size());
  std::vector<char> ok(pixels.size());
  wcs->to_sky(pixels, icrs, ok);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    BOOST_REQUIRE_EQUAL(ok[i] != 0, i != 100);
    if (ok[i])
      BOOST_REQUIRE(sky::separation(icrs[i], *wcs->to_sky(pixels[i].x, pixels[i].y)).radians() <
                    1e-15);
  }
  std::vector<Wcs::Pixel> back(icrs.size());
  wcs->to_pixel(icrs, back, ok);
  for (std::size_t i = 0; i < back.size(); ++i) {
    if (i != 100)
      BOOST_REQUIRE(std::hypot(back[i].x - pixels[i].x, back[i].y - pixels[i].y) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(nowhere) {
  const auto wcs = parse(cards_of("icrs_tan"), {100, 80});
  BOOST_TEST(!wcs->to_pixel(at(190.5, 20.25)));
  BOOST_TEST(!wcs->to_sky(std::numeric_limits<double>::infinity(), 0));
  const auto map =
      parse({"CTYPE1  = 'RA---AIT'", "CTYPE2  = 'DEC--AIT'", "CRPIX1  = 180.5", "CRPIX2  = 90.5",
             "CDELT1  = -1.0", "CDELT2  = 1.0", "CRVAL1  = 0.0", "CRVAL2  = 0.0"},
            {360, 180});
  BOOST_TEST(!map->to_sky(1, 1));
  BOOST_TEST(!!map->to_sky(180.5, 90.5));
}

// astropy 5.2.1: SkyCoord(123.4, -33.3, frame=TETE(obstime=Time(55555.25, format="mjd"))).icrs; the
// pole tide and polar motion it adds are below 1e-6 degrees.
BOOST_AUTO_TEST_CASE(geocentric_apparent) {
  const auto wcs = parse({"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRPIX1  = 50",
                          "CRPIX2  = 40", "CDELT1  = -0.001", "CDELT2  = 0.001", "CRVAL1  = 123.4",
                          "CRVAL2  = -33.3", "RADESYS = 'GAPPT'", "MJD-OBS = 55555.25"},
                         {100, 80});
  BOOST_REQUIRE_MESSAGE(wcs->celestial(), wcs->problem());
  BOOST_TEST(
      sky::separation(*wcs->to_sky(50, 40), at(123.28345178939372, -33.26682000436137)).degrees() <
      2e-7);
  const auto back = wcs->to_pixel(*wcs->to_sky(12, 34));
  BOOST_REQUIRE(back);
  BOOST_TEST(std::hypot(back->x - 12, back->y - 34) < 1e-6);
  BOOST_TEST(!parse({"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CDELT1  = -0.001",
                     "CDELT2  = 0.001", "RADESYS = 'GAPPT'"},
                    {100, 80})
                  ->celestial());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(axes)

BOOST_AUTO_TEST_CASE(celestial_pair_anywhere) {
  // Latitude first, longitude last, as in a WSRT cube: the same sky as the plain image with the
  // axes in order.
  const auto cube =
      parse({"CTYPE1  = 'DEC--TAN'", "CRPIX1  = 40.25", "CDELT1  = 0.001", "CRVAL1  = -20.25",
             "CTYPE2  = 'STOKES'", "CRPIX2  = 1.0", "CDELT2  = 1.0", "CRVAL2  = 1.0",
             "CTYPE3  = 'FREQ'", "CRPIX3  = 1.0", "CDELT3  = 1e6", "CRVAL3  = 1.4e9",
             "CUNIT3  = 'Hz'", "CTYPE4  = 'RA---TAN'", "CRPIX4  = 50.5", "CDELT4  = -0.001",
             "CRVAL4  = 10.5", "RADESYS = 'ICRS'"},
            {80, 2, 7, 100});
  BOOST_REQUIRE_MESSAGE(cube->celestial(), cube->problem());
  BOOST_TEST(cube->lat_axis() == 0);
  BOOST_TEST(cube->lon_axis() == 3);
  BOOST_TEST(cube->axis(Role::stokes).value() == 1);
  BOOST_TEST(cube->axis(Role::spectral).value() == 2);
  BOOST_TEST(!cube->axis(Role::time));
  BOOST_TEST(cube->axes()[2].ctype == "FREQ");
  BOOST_TEST(cube->axes()[2].unit == "Hz");
  BOOST_TEST(cube->axes()[2].length == 7);
  BOOST_TEST(cube->frame() == "ICRS");
  const auto image = parse(cards_of("icrs_tan"), {100, 80});
  BOOST_TEST(sky::separation(*cube->to_sky(12, 34), *image->to_sky(34, 12)).degrees() < 1e-13);
  const auto back = cube->to_pixel(*image->to_sky(34, 12));
  BOOST_REQUIRE(back);
  BOOST_TEST(std::hypot(back->x - 12, back->y - 34) < 1e-8);
}

BOOST_AUTO_TEST_CASE(coupled_to_another_axis) {
  // A pixel along axis 3 moves the sky by 2 pixels in x: held at its centre, pixel 6 of 11, it
  // moves it by 10.
  const auto plain = with(cards_of("icrs_tan"),
                          {"CTYPE3  = 'FREQ'", "CRPIX3  = 1.0", "CDELT3  = 1e6", "CRVAL3  = 1e9"});
  const auto coupled = parse(with(plain, {"PC1_3   = 2.0"}), {100, 80, 11});
  const auto straight = parse(plain, {100, 80, 11});
  BOOST_REQUIRE_MESSAGE(coupled->celestial(), coupled->problem());
  BOOST_TEST(sky::separation(*coupled->to_sky(20, 30), *straight->to_sky(30, 30)).degrees() <
             1e-12);
  BOOST_TEST(coupled->axis(Role::spectral).value() == 2);
}

BOOST_AUTO_TEST_CASE(degenerate_axes_and_none) {
  const auto wcs = parse(with(cards_of("icrs_tan"), {"CTYPE3  = 'FREQ'", "CRVAL3  = 1e9",
                                                     "CTYPE4  = 'STOKES'", "CRVAL4  = 1.0"}),
                         {100, 80, 1, 1});
  BOOST_TEST(wcs->axis(Role::spectral).value() == 2);
  BOOST_TEST(wcs->axis(Role::stokes).value() == 3);
  const auto bare = parse({"OBJECT  = 'M 31'"}, {10, 20});
  BOOST_TEST(!bare->celestial());
  BOOST_TEST(!bare->problem().empty());
  BOOST_TEST(bare->axes().size() == 2U);
  BOOST_TEST(bare->axes()[1].length == 20);
  BOOST_TEST((bare->axes()[1].role == Role::other));
  BOOST_TEST(!bare->to_sky(1, 1));
  BOOST_TEST(!bare->to_pixel(at(0, 0)));
  BOOST_TEST(bare->lon_axis() == -1);
  const auto spectrum = parse(
      {"CTYPE1  = 'WAVE'", "CRVAL1  = 5e-7", "CDELT1  = 1e-10", "CRPIX1  = 1.0", "CUNIT1  = 'm'"},
      {100});
  BOOST_TEST(spectrum->axis(Role::spectral).value() == 0);
}

BOOST_AUTO_TEST_CASE(another_representation_has_the_sky) {
  const auto wcs =
      parse({"CTYPE1  = 'HPLN-TAN'", "CTYPE2  = 'HPLT-TAN'", "CRPIX1  = 1.0", "CRPIX2  = 1.0",
             "CDELT1  = 0.01", "CDELT2  = 0.01", "CTYPE1A = 'RA---TAN'", "CTYPE2A = 'DEC--TAN'",
             "CRPIX1A = 50.5", "CRPIX2A = 40.25", "CDELT1A = -0.001", "CDELT2A = 0.001",
             "CRVAL1A = 10.5", "CRVAL2A = -20.25", "RADESYSA= 'ICRS'"},
            {100, 80});
  BOOST_REQUIRE_MESSAGE(wcs->celestial(), wcs->problem());
  BOOST_TEST(wcs->problem().empty());
  BOOST_TEST(wcs->axes()[0].ctype == "RA---TAN");
  same_sky(*wcs, *parse(cards_of("icrs_tan"), {100, 80}));
  const auto solar =
      parse({"CTYPE1  = 'HPLN-TAN'", "CTYPE2  = 'HPLT-TAN'", "CDELT1  = 0.01", "CDELT2  = 0.01"},
            {100, 80});
  BOOST_TEST(!solar->celestial());
  BOOST_TEST(solar->problem().find("HPLN") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tables)

// A lookup distortion of +2 pixels in x everywhere, and of y / 100 in y.
BOOST_AUTO_TEST_CASE(lookup_distortions) {
  const auto source = [](const TableRequest& request) -> std::optional<TableArray> {
    if (request.extname != "WCSDVARR" || !request.column.empty()) return std::nullopt;
    TableArray array;
    array.shape = {3, 2};
    array.cards = header({"CRPIX1  = 1.0", "CRPIX2  = 1.0", "CRVAL1  = 0.0", "CRVAL2  = 0.0",
                          "CDELT1  = 50.0", "CDELT2  = 100.0"});
    // Cell k lies at pixel 1 + k CDELT.
    array.values = request.extver == 1 ? std::vector<double>(6, 2.0)
                                       : std::vector<double>{0.01, 0.01, 0.01, 1.01, 1.01, 1.01};
    return array;
  };
  const auto cards = with(cards_of("icrs_tan"),
                          {"CPDIS1  = 'LOOKUP'", "DP1     = 'EXTVER: 1'", "DP1     = 'NAXES: 2'",
                           "DP1     = 'AXIS.1: 1'", "DP1     = 'AXIS.2: 2'", "CPDIS2  = 'Lookup'",
                           "DP2     = 'EXTVER: 2'", "DP2     = 'NAXES: 2'", "DP2     = 'AXIS.1: 1'",
                           "DP2     = 'AXIS.2: 2'"});
  const auto plain = parse(cards_of("icrs_tan"), {100, 80});
  const auto distorted = parse(cards, {100, 80}, source);
  BOOST_REQUIRE_MESSAGE(distorted->celestial() && distorted->problem().empty(),
                        distorted->problem());
  // CRPIX 1 means that cell k is at pixel (k - 1) CDELT + 1: pixel 41 is 1.4 cells in, pixel 1 one
  // cell.
  BOOST_TEST(sky::separation(*distorted->to_sky(10, 1), *plain->to_sky(12, 2.01)).degrees() < 1e-9);
  const auto back = distorted->to_pixel(*plain->to_sky(12, 2.01));
  BOOST_REQUIRE(back);
  BOOST_TEST(std::hypot(back->x - 10, back->y - 1) < 1e-5);

  const auto missing = parse(cards, {100, 80});
  BOOST_TEST(missing->celestial());
  BOOST_TEST(missing->problem().find("WCSDVARR") != std::string::npos);
  same_sky(*missing, *plain);

  const auto lying = parse(cards, {100, 80}, [&](const TableRequest& request) {
    auto array = source(request);
    array->shape = {1000000000, 1000000000};
    return array;
  });
  BOOST_TEST(lying->celestial());
  BOOST_TEST(!lying->problem().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(no_header) {
  for (const std::string& text :
       {std::string(), std::string("GIF89a"), std::string(2880, '\0'), std::string(2880, '\xff')}) {
    const std::vector<std::int64_t> shape = {10, 10};
    BOOST_CHECK_EXCEPTION(Wcs::parse(text, shape), Failure,
                          [](const Failure& f) { return f.kind() == FailureKind::corrupt_data; });
  }
}

BOOST_AUTO_TEST_CASE(absurd_values_do_no_harm) {
  const std::vector<std::vector<std::string>> additions = {
      {"WCSAXES = 2000000000"},
      {"WCSAXES = -5"},
      {"CTYPE99 = 'FREQ'", "CRPIX99 = 1.0"},
      {"PV2_999999999 = 1.0", "PV2_99  = 1.0"},
      {"CRVAL1  = 1e400"},
      {"CDELT1  = 0.0"},
      {"CDELT1  = NaN"},
      {"CRPIX1  = 1e300", "CD1_1   = 1e-300", "CD2_2   = 1e-300"},
      {"PC1_1   = 0.0", "PC2_2   = 0.0"},
      {"A_ORDER = 2000000000", "B_ORDER = 2000000000"},
      {"A_ORDER = 9", "B_ORDER = 9", "A_9_0   = 1e300", "B_0_9   = -1e300"},
      {"A_ORDER = 3"},
      {"CPDIS1  = 'Polynomial'", "DP1     = 'NAXES: 2000000000'", "DP1     = 'NTERM: 2000000000'"},
      {"CPDIS1  = 'LOOKUP'", "DP1     = 'EXTVER: 1e300'"},
      {"CQDIS1  = 'TPD'", "DQ1     = 'NAXES: 2'", "DQ1     = 'AXIS.1: 77'"},
      {"CTYPE3  = 'FREQ-TAB'", "PS3_0   = 'T'", "PS3_1   = 'C'", "PV3_3   = 99"},
      {"CTYPE3  = 'WAVE-GRI'", "PV3_0   = 1e300"},
      {"CTYPE1  = 'RA---XXX'"},
      {"CTYPE1  = 'GLON-TAN'"},
      {"CTYPE2  = 'RA---TAN'"},
      {"LONPOLE = 1e9", "LATPOLE = 1e9"},
      {"CUNIT1  = 'kg/((((((((((((((((((((((((((((((((((((((((((((((s'"},
      {"CROTA2  = 1e300"},
      {"MJD-OBS = 1e300", "RADESYS = 'FK4'"},
      {"EQUINOX = -1e300", "RADESYS = 'FK5'"},
      {"CRVAL2  = 9999.0"},
      {"CTYPE1  = 'RA---TAN"},
      {"CTYPE1  = ''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''"}};
  for (const auto& more : additions) {
    BOOST_TEST_CONTEXT(more[0]) {
      const auto wcs = parse(with(cards_of("icrs_tan"), more), {100, 80, 3});
      BOOST_TEST(wcs->axes().size() == 3U);
      BOOST_TEST((wcs->celestial() || !wcs->problem().empty()));
      wcs->to_sky(50, 40);
      wcs->to_pixel(at(10.5, -20.25));
      BOOST_TEST(wcs->memory() < 1000000U);
    }
  }
}

BOOST_AUTO_TEST_CASE(many_representations_and_long_headers) {
  std::vector<std::string> cards;
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    cards.push_back(std::string("CTYPE32") + letter + "= 'FREQ'");
    cards.push_back(std::string("CD32_32") + letter + "= 1.0");
  }
  BOOST_TEST(!parse(cards, {2, 2})->celestial());
  std::vector<std::string> lines(100000, "COMMENT = 'CTYPE1'");
  const auto plain = cards_of("icrs_tan");
  lines.insert(lines.end(), plain.begin(), plain.end());
  BOOST_TEST(parse(lines, {100, 80})->celestial());
  std::vector<std::string> more(300000, "COMMENT");
  BOOST_TEST(!parse(more, {100, 80})->celestial());
}

BOOST_AUTO_TEST_CASE(strange_shapes) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{},
                                                 {1},
                                                 {0, 0},
                                                 {-1, 5},
                                                 {std::numeric_limits<std::int64_t>::max(), 3},
                                                 std::vector<std::int64_t>(40, 2)}) {
    const auto wcs = parse(cards_of("icrs_tan"), shape);
    BOOST_TEST(wcs->axes().size() == shape.size());
    wcs->to_sky(1, 1);
  }
}

BOOST_AUTO_TEST_CASE(random_damage) {
  std::mt19937 random(11);
  const std::string good = header(
      with(with(cards_of("sip"),
                {"CTYPE3  = 'FREQ-TAB'", "PS3_0   = 'T'", "PS3_1   = 'C'", "PV3_3   = 1"}),
           {"DP1     = 'EXTVER: 1'", "CPDIS1  = 'LOOKUP'", "PV2_1   = 1.0", "EQUINOX = 1950.0"}));
  const std::vector<std::int64_t> shape = {100, 80, 4};
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = good;
    for (int k = 0; k < 1 + trial % 12; ++k) {
      text[80 + random() % (text.size() - 80)] =
          "0123456789-+.eE'=/_ABCDTPVS \0\xff"[random() % 30];
    }
    const auto wcs = Wcs::parse(text, shape, [](const TableRequest&) {
      return TableArray{{1, 4}, {1, 2, 3, 4}, {}};
    });
    wcs->to_sky(3, 4);
    wcs->to_pixel(at(202.5, 47.2));
  }
}

BOOST_AUTO_TEST_SUITE_END()
