// What a picture reads, how it is asked for, and where north is. No file is opened here.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "cutout/look.h"
#include "cutout/params.h"
#include "cutout/picture.h"
#include "cutout/sampling.h"

using namespace soda;
using namespace soda::cutout;

namespace {

wcs::PixelBox box(std::int64_t width, std::int64_t height) { return {{1, width}, {1, height}}; }

std::int64_t total(const std::vector<wcs::PixelInterval>& runs) {
  std::int64_t count = 0, last = 0;
  for (const auto& run : runs) {
    BOOST_REQUIRE(run.first > last && run.first <= run.last);  // ascending, apart
    last = run.last;
    count += run.length();
  }
  return count;
}

image::Look look_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
  http::Form form;
  for (const auto& [name, value] : parameters) form.fields.push_back({name, value});
  return parse_look(dali::Arguments(form, picture_parameters()), 2048);
}

std::shared_ptr<const Source> source_of(const std::string& cards, const std::string& kind,
                                        int grid) {
  auto holding = std::make_shared<store::Holding>();
  store::HduRecord record;
  record.kind = kind;
  record.bitpix = 16;
  record.shape = {100, 80};
  record.grid = grid;
  record.cards = cards;
  holding->hdus.push_back(record);
  return make_source(holding);
}

std::string turned(double cd11, double cd12, double cd21, double cd22) {
  std::string cards;
  for (const auto& card :
       {std::string("SIMPLE  =                    T"), std::string("CTYPE1  = 'RA---TAN'"),
        std::string("CTYPE2  = 'DEC--TAN'"), std::string("CRVAL1  = 10.0"),
        std::string("CRVAL2  = 30.0"), std::string("CRPIX1  = 50.5"), std::string("CRPIX2  = 40.5"),
        fmt::format("CD1_1   = {}", cd11), fmt::format("CD1_2   = {}", cd12),
        fmt::format("CD2_1   = {}", cd21), fmt::format("CD2_2   = {}", cd22)}) {
    cards += fmt::format("{:<80}", card);
  }
  store::Dataset dataset;
  return orientation(dataset, *source_of(cards, "image", 0));
}

}  // namespace

BOOST_AUTO_TEST_CASE(small_images_are_read_whole) {
  const auto sampling = sample(box(2048, 2000), box(2048, 2000), {}, 256);
  BOOST_TEST(sampling.width == 256);
  BOOST_TEST(sampling.height == 250);
  BOOST_TEST(total(sampling.rows) == 2000);
  BOOST_TEST(total(sampling.columns) == 2048);
}

BOOST_AUTO_TEST_CASE(no_picture_has_more_pixels_than_its_image) {
  const auto sampling = sample(box(100, 30), box(100, 30), {}, 256);
  BOOST_TEST(sampling.width == 100);
  BOOST_TEST(sampling.height == 30);
  BOOST_TEST(sample(box(1, 1), box(1, 1), {}, 256).height == 1);
  BOOST_TEST(sample(box(100000, 2), box(100000, 2), {}, 256).height == 1);
}

BOOST_AUTO_TEST_CASE(large_images_are_read_in_rows) {
  const auto whole = box(56569, 56569);
  const double file = 56569.0 * 56569 * 2;
  for (const int size : {1, 64, 256, 1024, 2048}) {
    const auto sampling = sample(whole, whole, {Storage::Rows::stored, 2, 1}, size);
    const double read = 2.0 * static_cast<double>(total(sampling.rows)) *
                        static_cast<double>(total(sampling.columns));
    BOOST_TEST(read <= 0.02 * file);
    BOOST_TEST(total(sampling.rows) >= sampling.height);
    if (size <= 512) BOOST_TEST(sampling.height == size);
    // No picture row is left without a row of the image.
    std::vector<char> shown(static_cast<std::size_t>(sampling.height));
    for (const auto& run : sampling.rows) {
      for (std::int64_t y = run.first; y <= run.last; ++y) {
        shown[static_cast<std::size_t>((y * sampling.height - 1) / 56569)] = 1;
      }
    }
    BOOST_TEST(std::ranges::count(shown, 1) == sampling.height);
  }
}

BOOST_AUTO_TEST_CASE(very_wide_images_are_read_in_runs) {
  const auto wide = box(1000000000, 40);
  const auto sampling = sample(wide, wide, {Storage::Rows::stored, 4, 1}, 512);
  BOOST_TEST(sampling.width == 512);
  BOOST_TEST(static_cast<double>(total(sampling.columns)) *
                 static_cast<double>(total(sampling.rows)) * 4 <=
             96.0 * (1 << 20));
  BOOST_TEST(sampling.columns.size() == 512);
}

BOOST_AUTO_TEST_CASE(tiles_are_decoded_from_their_top) {
  const auto whole = box(56569, 56569);
  const auto sampling = sample(whole, whole, {Storage::Rows::from_top, 1, 256}, 1024);
  BOOST_TEST(sampling.height <= 221);
  BOOST_TEST(sampling.height >= 200);
  for (const auto& run : sampling.rows) {
    BOOST_TEST(run.first == run.last);
    BOOST_TEST((run.first - 1) % 256 == 0);
  }
  const auto slow = sample(whole, whole, {Storage::Rows::whole_tiles, 1, 16}, 1024);
  BOOST_TEST(total(slow.rows) * 16 * 56569 <= 512 << 20);
}

BOOST_AUTO_TEST_CASE(what_is_not_in_the_image_is_not_read) {
  const wcs::PixelBox asked{{-49, 50}, {61, 160}};
  const wcs::PixelBox inside{{1, 50}, {61, 100}};
  const auto sampling = sample(asked, inside, {}, 50);
  BOOST_TEST(sampling.width == 50);
  BOOST_TEST((sampling.columns.front() == inside.x));
  BOOST_TEST((sampling.rows.front() == inside.y));
  const wcs::PixelBox wide{{-100000, 100000}, {-100000, 100000}};
  const wcs::PixelBox part{{1, 100000}, {1, 100000}};
  const auto sparse = sample(wide, part, {Storage::Rows::stored, 8, 1}, 100);
  BOOST_TEST(sparse.rows.front().first >= 1);
  BOOST_TEST(sparse.rows.back().last <= 100000);
}

BOOST_AUTO_TEST_CASE(looks) {
  const auto plain = look_of({});
  BOOST_TEST((plain.stretch == image::Stretch::asinh));
  BOOST_TEST(!plain.size);
  const auto all = look_of({{"STRETCH", "SQRT"}, {"MIN", "-5"}, {"CMAP", "heat_r"}, {"SIZE", "7"}});
  BOOST_TEST((all.stretch == image::Stretch::sqrt));
  BOOST_TEST(*all.low == -5);
  BOOST_TEST(!all.high);
  BOOST_TEST((all.map == image::Map::heat));
  BOOST_TEST((all.sense == image::Sense::reversed));
  BOOST_TEST(*all.size == 7);
  BOOST_TEST((look_of({{"CMAP", "grey_r"}, {"INVERT", "1"}}).sense == image::Sense::normal));
  BOOST_TEST(look_of({{"PERCENTILE", "99"}}).percentiles->low == 0.5);
  BOOST_TEST(look_of({{"PERCENTILE", " 1  99.5 "}}).percentiles->high == 99.5);
}

BOOST_AUTO_TEST_CASE(directions_in_words) {
  const double c = std::cos(12 * 3.14159265358979 / 180), s = std::sin(12 * 3.14159265358979 / 180);
  BOOST_TEST(turned(-1e-3, 0, 0, 1e-3) == "north is up, east is left");
  BOOST_TEST(turned(1e-3, 0, 0, 1e-3) == "north is up, east is right (mirrored)");
  BOOST_TEST(turned(1e-3, 0, 0, -1e-3) == "north is down, east is right");
  // Along +x, and along -x.
  BOOST_TEST(turned(0, 1e-3, 1e-3, 0) == "north is right, east is up");
  BOOST_TEST(turned(0, -1e-3, -1e-3, 0) == "north is left, east is down");
  BOOST_TEST(turned(-1e-3 * c, 1e-3 * s, 1e-3 * s, 1e-3 * c) ==
             "north is 12 degrees clockwise from up, east is left of north");
  BOOST_TEST(turned(1e-3 * c, -1e-3 * s, 1e-3 * s, 1e-3 * c) ==
             "north is 12 degrees clockwise from up, east is right of north (mirrored)");
}

BOOST_AUTO_TEST_CASE(a_file_of_tables_has_no_picture) {
  const auto source = source_of("", "table", -1);
  store::Dataset dataset;
  Tools tools{fits::FileCache(), fits::FileCache(), fits::TileReader()};
  for (const int hdu : {-1, 0, 5}) {
    dataset.hdu = hdu;
    BOOST_TEST(orientation(dataset, *source).empty());
    BOOST_CHECK_EXCEPTION(
        whole_picture({dataset, source, "/nowhere"}, tools, image::Look{}, image::Encoding::png),
        Failure, [](const Failure& failure) {
          return failure.kind() == FailureKind::not_found &&
                 std::string_view(failure.what()).find("no image") != std::string_view::npos;
        });
  }
}
