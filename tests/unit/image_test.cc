// Limits, stretches, colour maps, reduction, rendering. The numbers come from astropy 5.2.1
// (visualization), numpy 1.24 and matplotlib 3.6.
#define BOOST_TEST_MODULE image
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "image/limits.h"
#include "image/reduce.h"
#include "image/render.h"
#include "image/stretch.h"

using namespace soda::image;

namespace {

constexpr double blank = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Values like noise, with an outlier every so often.
std::vector<double> noise(long count, long every) {
  std::vector<double> values;
  for (long i = 0; i < count; ++i) {
    values.push_back(static_cast<double>(i * 7919 % 1009 + i * 104729 % 997 + i * 1299709 % 991 +
                                         (i % every == 0 ? 50000 : 0)));
  }
  return values;
}

void check_near(const Limits& found, double low, double high) {
  BOOST_CHECK_CLOSE(found.low, low, 1e-7);
  BOOST_CHECK_CLOSE(found.high, high, 1e-7);
}

std::vector<int> shades_of(const std::vector<double>& values, Stretch stretch,
                           Limits limits = {0, 1}, Sense sense = Sense::normal,
                           unsigned char lowest = 0) {
  const auto found = shades(values, limits, stretch, sense, lowest);
  return {found.begin(), found.end()};
}

Plane plane(int width, int height, std::vector<double> values) {
  Plane out(width, height, 0);
  out.values = std::move(values);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(zscale_as_astropy) {
  check_near(zscale(noise(5000, 97)), 164.0, 4587.56853357826);
  check_near(zscale(noise(1999, 50)), 269.0, 4627.4807391815275);
  check_near(zscale(noise(700, 13)), 269.0, 4855.649433002486);
  check_near(zscale(noise(60, 7)), 430.0, 52505.0);
  check_near(zscale(noise(4, 2)), 1215.0, 50816.0);
  // Four samples are too few for a line.
  BOOST_TEST((zscale(std::vector<double>{0, 1, 2, 3}) == Limits{0, 3}));
  BOOST_TEST((zscale(std::vector<double>{7}) == Limits{7, 7}));
  BOOST_TEST((zscale(std::vector<double>(100, 7)) == Limits{7, 7}));
}

BOOST_AUTO_TEST_CASE(limits_without_values) {
  const std::vector<double> none = {blank, infinity, -infinity};
  for (const auto& values : {none, std::vector<double>{}}) {
    BOOST_TEST((zscale(values) == Limits{}));
    BOOST_TEST((percentiles(values, 1, 99) == Limits{}));
    BOOST_TEST((extremes(values) == Limits{}));
  }
}

BOOST_AUTO_TEST_CASE(limits_skip_what_is_not_finite) {
  std::vector<double> values = noise(700, 13);
  const Limits expected = zscale(values);
  for (long i = 600; i >= 0; i -= 7)
    values.insert(values.begin() + i, i % 2 == 0 ? blank : infinity);
  BOOST_TEST((zscale(values) == expected));
  BOOST_TEST((extremes(std::vector<double>{blank, 3, infinity, -2, -infinity}) == Limits{-2, 3}));
}

BOOST_AUTO_TEST_CASE(percentiles_as_numpy) {
  const std::vector<double> values = {5, blank, 1, 4, 2, infinity, 3, 10};
  check_near(percentiles(values, 1, 99.5), 1.05, 9.875);
  check_near(percentiles(values, 25, 50), 2.25, 3.5);
  BOOST_TEST((percentiles(values, 0, 100) == Limits{1, 10}));
}

BOOST_AUTO_TEST_CASE(stretches_as_astropy) {
  const std::vector<double> x = {0, .01, .1, .25, .5, .9, 1};
  BOOST_TEST(shades_of(x, Stretch::linear) == (std::vector<int>{0, 3, 26, 64, 128, 230, 255}));
  BOOST_TEST(shades_of(x, Stretch::log) == (std::vector<int>{0, 89, 170, 204, 229, 251, 255}));
  BOOST_TEST(shades_of(x, Stretch::sqrt) == (std::vector<int>{0, 26, 81, 128, 180, 242, 255}));
  BOOST_TEST(shades_of(x, Stretch::asinh) == (std::vector<int>{0, 8, 75, 140, 197, 246, 255}));
  BOOST_TEST(shades_of({1, 1, 2, 3, 8, 5}, Stretch::histogram, {1, 8}) ==
             (std::vector<int>{51, 51, 102, 153, 255, 204}));
}

BOOST_AUTO_TEST_CASE(what_is_beyond_the_limits_is_clipped) {
  const std::vector<double> values = {-infinity, -1, 2, infinity, blank};
  for (const Stretch stretch :
       {Stretch::linear, Stretch::log, Stretch::sqrt, Stretch::asinh, Stretch::histogram}) {
    BOOST_TEST(shades_of({-infinity, -1, 0, 1, 2, infinity, blank}, stretch) ==
               (std::vector<int>{0, 0, 0, 255, 255, 255, 0}));
  }
  BOOST_TEST(shades_of(values, Stretch::linear, {0, 1}, Sense::reversed, 1) ==
             (std::vector<int>{255, 255, 1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(limits_that_leave_nothing_between_them) {
  for (const Stretch stretch : {Stretch::asinh, Stretch::histogram}) {
    BOOST_TEST(shades_of({7, 7}, stretch, {7, 7}) == (std::vector<int>{0, 0}));
  }
  // Their distance is no number.
  const double huge = std::numeric_limits<double>::max();
  BOOST_TEST(shades_of({-huge, 0, huge}, Stretch::linear, {-huge, huge}).size() == 3);
}

BOOST_AUTO_TEST_CASE(maps_within_one_level_of_matplotlib) {
  const auto near = [](const Colour& found, int red, int green, int blue) {
    BOOST_TEST(std::abs(found.red - red) <= 1);
    BOOST_TEST(std::abs(found.green - green) <= 1);
    BOOST_TEST(std::abs(found.blue - blue) <= 1);
  };
  const Palette viridis = *palette(Map::viridis);
  near(viridis[0], 68, 1, 84);
  near(viridis[37], 70, 51, 127);
  near(viridis[128], 33, 145, 140);
  near(viridis[191], 92, 200, 99);
  near(viridis[254], 251, 231, 35);
  near(viridis[255], 253, 231, 37);
  const Palette inferno = *palette(Map::inferno);
  near(inferno[1], 1, 0, 5);
  near(inferno[64], 87, 16, 110);
  near(inferno[150], 217, 77, 61);
  near(inferno[230], 246, 215, 70);
  near(inferno[255], 252, 255, 164);
  const Palette heat = *palette(Map::heat);
  BOOST_TEST((heat[0] == Colour{0, 0, 0}));
  BOOST_TEST((heat[255] == Colour{255, 255, 255}));
  BOOST_TEST(!palette(Map::grey));
}

BOOST_AUTO_TEST_CASE(blocks_meet_without_gap_or_overlap) {
  for (const long of : {1L, 2L, 7L, 100L, 56569L}) {
    for (long n = 1; n <= std::min(of, 300L); ++n) {
      BOOST_REQUIRE(block_begin(0, n, of) == 0);
      BOOST_REQUIRE(block_begin(n, n, of) == of);
      for (long i = 0; i < n; ++i) {
        BOOST_REQUIRE(block_begin(i, n, of) < block_begin(i + 1, n, of));
        BOOST_REQUIRE(block_of(block_begin(i, n, of), n, of) == i);
        BOOST_REQUIRE(block_of(block_begin(i + 1, n, of) - 1, n, of) == i);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(reduction_is_the_mean_of_what_is_finite) {
  Reduction reduction(5, 4, 2, 2);  // blocks of 2 and 3 columns
  reduction.add(0, 0, std::vector<double>{1, 2, blank, 4, infinity});
  reduction.add(1, 2, std::vector<double>{6, blank, 8});  // in pieces
  reduction.add(1, 0, std::vector<double>{3, blank});
  reduction.add(2, 0, std::vector<double>{blank, blank, -infinity, blank, infinity});
  const Plane out = reduction.take();  // the last row was left out
  BOOST_TEST(out.values[0] == 2);
  BOOST_TEST(out.values[1] == 6);
  BOOST_TEST(std::isnan(out.values[2]));
  BOOST_TEST(out.values[3] == -infinity);
}

BOOST_AUTO_TEST_CASE(pictures_are_upright) {
  Look look;
  look.stretch = Stretch::linear;
  look.low = 0;
  look.high = 255;
  const Picture picture = render(plane(2, 2, {10, 20, 30, 40}), look);
  BOOST_TEST(picture.samples == (std::vector<unsigned char>{30, 40, 10, 20}));
  BOOST_TEST((picture.gaps == Gaps::none));
  look.sense = Sense::reversed;
  BOOST_TEST(render(plane(1, 1, {10}), look).samples.front() == 245);
}

BOOST_AUTO_TEST_CASE(gaps_are_told_from_black) {
  Look look;
  look.stretch = Stretch::linear;
  look.low = 0;
  look.high = 255;
  const Picture picture = render(plane(3, 1, {blank, 0, 200}), look);
  BOOST_TEST(picture.samples == (std::vector<unsigned char>{0, 1, 200}));
  BOOST_TEST((picture.gaps == Gaps::zeros));
  const Picture nothing = render(plane(2, 1, {blank, blank}), Look{});
  BOOST_TEST(nothing.samples == (std::vector<unsigned char>{0, 0}));
  BOOST_TEST((nothing.gaps == Gaps::zeros));
}

BOOST_AUTO_TEST_CASE(colours_have_limits_of_their_own) {
  Look look;
  look.stretch = Stretch::linear;
  look.percentiles = PercentileRange{0, 100};
  const Picture picture =
      render_colours({plane(1, 2, {0, 1}), plane(1, 2, {200, 100}), plane(1, 2, {-5, 5})}, look);
  BOOST_TEST(picture.channels == 3);
  BOOST_TEST(picture.samples == (std::vector<unsigned char>{255, 0, 255, 0, 255, 0}));
  const Picture holes = render_colours(
      {plane(1, 2, {blank, 1}), plane(1, 2, {blank, 0}), plane(1, 2, {blank, blank})}, look);
  BOOST_TEST(holes.samples[3] == 0);  // the bottom: no value in any channel
  BOOST_TEST(holes.samples[0] == 1);  // a channel without a value only is black
  BOOST_TEST(holes.samples[2] == 0);
}

BOOST_AUTO_TEST_CASE(enlarged_pixels_are_blocks) {
  Picture picture;
  picture.width = 2;
  picture.height = 1;
  picture.samples = {1, 2};
  const Picture large = enlarged(picture, 6);
  BOOST_TEST(large.width == 6);
  BOOST_TEST(large.height == 3);
  BOOST_TEST(large.samples ==
             (std::vector<unsigned char>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  BOOST_TEST(enlarged(picture, 1).width == 2);
  picture.width = 1;
  picture.height = 2;
  BOOST_TEST(enlarged(picture, 4).samples == (std::vector<unsigned char>{1, 1, 1, 1, 2, 2, 2, 2}));
}
