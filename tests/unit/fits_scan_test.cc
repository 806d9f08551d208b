#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/failure.h"
#include "fits/file.h"
#include "scratch.h"
#include "synthetic.h"

using namespace soda;
using namespace soda::fits;
using synthetic::Cards;
using synthetic::extension;
using synthetic::padded;
using synthetic::pixels;
using synthetic::primary;
using Shape = std::vector<std::int64_t>;

namespace {

struct Fixture {
  scratch::Folder folder;
  std::string path = folder / "x.fits";

  Scan scan_of(const std::string& bytes) {
    synthetic::write(path, bytes);
    return scan(path);
  }
  // The sentence that says why the scan stopped, after `good` HDUs.
  std::string problem_of(const std::string& bytes, std::size_t good) {
    const Scan found = scan_of(bytes);
    BOOST_TEST(found.hdus.size() == good);
    BOOST_REQUIRE(found.problem);
    BOOST_TEST(found.problem->hdu == static_cast<int>(good));
    return found.problem->sentence;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::string small_image() { return primary(16, {20, 10}).blocks() + pixels(16, {20, 10}); }

std::string table(std::int64_t width, std::int64_t rows, std::int64_t heap) {
  Cards cards;
  cards.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2);
  cards.add("NAXIS1", width).add("NAXIS2", rows).add("PCOUNT", heap).add("GCOUNT", 1);
  return cards.text();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(scanning, Fixture)

BOOST_AUTO_TEST_CASE(all_kinds_of_hdus) {
  const std::string text = table(6, 4, 100);
  std::string ascii = text;
  ascii.replace(ascii.find("BINTABLE"), 8, "TABLE   ");
  ascii.replace(ascii.find("PCOUNT  =                  100"), 30, "PCOUNT  =                    0");
  const std::string bytes =
      small_image() + extension(-32, {7, 5, 3}, " SCI ", 4).blocks() + pixels(-32, {7, 5, 3}) +
      extension(8, {}, "EMPTY").blocks() + padded(text + "END", ' ') + padded(std::string(124, 1)) +
      padded(ascii + "END", ' ') + padded(std::string(24, 1)) +
      Cards().add("XTENSION", "FOREIGN").add("BITPIX", 8).add("NAXIS", 0).blocks();
  const Scan found = scan_of(bytes);
  BOOST_TEST(!found.problem);
  BOOST_REQUIRE(found.hdus.size() == 6U);
  const HduKind kinds[] = {HduKind::image, HduKind::image,       HduKind::image,
                           HduKind::table, HduKind::ascii_table, HduKind::other};
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST((found.hdus[i].kind == kinds[i]));
  const Hdu& science = found.hdus[1];
  BOOST_TEST(science.index == 1);
  BOOST_TEST(science.header_offset == 5760);
  BOOST_TEST(science.data_offset == 8640);
  BOOST_TEST(science.data_length == 7 * 5 * 3 * 4);
  BOOST_TEST((science.shape == Shape{7, 5, 3}));
  BOOST_TEST(science.bitpix == -32);
  BOOST_TEST(science.extname == "SCI");
  BOOST_TEST(science.extver == 4);
  BOOST_TEST(found.hdus[2].shape.empty());
  BOOST_TEST(found.hdus[3].data_length == 124);
  BOOST_TEST(found.hdus[3].bitpix == 0);
  BOOST_TEST(found.identity.size == static_cast<std::int64_t>(bytes.size()));
  BOOST_TEST((found.identity == identify(path)));
}

BOOST_AUTO_TEST_CASE(random_groups_are_not_images) {
  Cards cards;
  cards.add("SIMPLE", true).add("BITPIX", -32).add("NAXIS", 3).add("NAXIS1", 0).add("NAXIS2", 3);
  cards.add("NAXIS3", 4).add("GROUPS", true).add("PCOUNT", 6).add("GCOUNT", 10);
  const Scan found = scan_of(cards.blocks() + padded(std::string(4 * 10 * (6 + 12), 'x')) +
                             extension(8, {2, 2}, "N").blocks() + pixels(8, {2, 2}));
  BOOST_TEST(!found.problem);
  BOOST_REQUIRE(found.hdus.size() == 2U);
  BOOST_TEST((found.hdus[0].kind == HduKind::other));
  BOOST_TEST(found.hdus[0].data_length == 720);
  BOOST_TEST(found.hdus[0].shape.empty());
}

BOOST_AUTO_TEST_CASE(not_fits_at_all) {
  for (const std::string& bytes : {std::string(), std::string("SIMPLE"), std::string(5000, '\0'),
                                   std::string("<html>"), padded("XTENSION= 'IMAGE'", ' ')}) {
    synthetic::write(path, bytes);
    BOOST_CHECK_EXCEPTION(scan(path), Failure, [](const Failure& failure) {
      return failure.kind() == FailureKind::corrupt_data;
    });
  }
  BOOST_CHECK_EXCEPTION(scan(folder / "absent"), Failure, [&](const Failure& failure) {
    return failure.kind() == FailureKind::unavailable && !contains(failure.what(), folder.path());
  });
  BOOST_CHECK_THROW(scan(folder.path()), Failure);
}

BOOST_AUTO_TEST_CASE(lies_about_size) {
  BOOST_TEST(contains(problem_of(primary(16, {2000000000, 2000000000}).blocks(), 0), "declares"));
  BOOST_TEST(contains(problem_of(primary(-64, {1LL << 40, 1LL << 40}).blocks(), 0), "beyond"));
  BOOST_TEST(contains(problem_of(primary(16, {20, -1}).blocks(), 0), "NAXIS2 = -1"));
  BOOST_TEST(contains(problem_of(primary(12, {20, 1}).blocks(), 0), "BITPIX = 12"));
  const std::string good = small_image();
  BOOST_TEST(contains(problem_of(good + padded(table(6, 4, -1) + "END", ' '), 1), "PCOUNT = -1"));
  BOOST_TEST(contains(problem_of(good + padded(table(6, 4, INT64_MAX) + "END", ' '), 1), "beyond"));
  BOOST_TEST(contains(problem_of(good + padded(table(6, 4, 9000) + "END", ' '), 1), "declares"));
  Cards axes;
  axes.add("SIMPLE", true).add("BITPIX", 8).add("NAXIS", 1000);
  BOOST_TEST(contains(problem_of(axes.blocks(), 0), "NAXIS = 1000"));
  Cards none;
  none.add("SIMPLE", true).add("BITPIX", 8).add("NAXIS", 2).add("NAXIS1", 5);
  BOOST_TEST(contains(problem_of(none.blocks(), 0), "NAXIS2 is missing"));
}

BOOST_AUTO_TEST_CASE(files_cut_short) {
  const std::string bytes =
      small_image() + small_image().replace(0, 80, Cards().add("XTENSION", "IMAGE").text());
  BOOST_TEST(scan_of(bytes).hdus.size() == 2U);
  // Without the padding of the last block everything is still there.
  BOOST_TEST(!scan_of(bytes.substr(0, 3 * 2880 + 400)).problem);
  BOOST_TEST(contains(problem_of(bytes.substr(0, 3 * 2880 + 399), 1), "declares 400 bytes"));
  BOOST_TEST(contains(problem_of(bytes.substr(0, 2 * 2880 + 100), 1), "no END"));
  BOOST_TEST(contains(problem_of(small_image().substr(0, 2880 + 399), 0), "declares 400 bytes"));
  // Special records, or junk: FITS 4.0 section 3.5.
  BOOST_TEST(!scan_of(bytes + std::string(3000, 'x')).problem);
  BOOST_TEST(scan_of(bytes + std::string(3000, '\0')).hdus.size() == 2U);
}

BOOST_AUTO_TEST_CASE(nulls_after_end) {
  const std::string cards = primary(16, {20, 10}).raw("END").text();
  const Scan found = scan_of(padded(cards, '\0') + pixels(16, {20, 10}));
  BOOST_TEST(!found.problem);
  BOOST_TEST(found.hdus.at(0).data_offset == 2880);
}

BOOST_AUTO_TEST_CASE(long_headers) {
  Cards cards = primary(8, {2, 2});
  std::string text = cards.text();
  while (text.size() < 100000 * 80) text += std::string("HISTORY").append(73, ' ');
  const Scan found = scan_of(padded(text + "END", ' ') + pixels(8, {2, 2}));
  BOOST_TEST(!found.problem);
  BOOST_TEST(found.hdus.at(0).header.size() == 100000U);
  while (text.size() < (17U << 20)) text += std::string("HISTORY").append(73, ' ');
  BOOST_TEST(contains(problem_of(padded(text + "END", ' '), 0), "no END card within 16777216"));
}

BOOST_AUTO_TEST_CASE(many_hdus) {
  std::string bytes = small_image();
  const std::string more = extension(8, {}, "N").blocks();
  for (int i = 0; i < 4095; ++i) bytes += more;
  BOOST_TEST(scan_of(bytes).hdus.size() == 4096U);
  BOOST_TEST(contains(problem_of(bytes + more, 4096), "more than 4096"));
}

BOOST_AUTO_TEST_CASE(gzipped_files) {
  const std::string bytes =
      small_image() + extension(-32, {300, 300}, "B").blocks() + pixels(-32, {300, 300});
  synthetic::write_gzipped(path, bytes);
  const Scan found = scan(path);
  BOOST_TEST(found.gzipped);
  BOOST_TEST(!found.problem);
  BOOST_REQUIRE(found.hdus.size() == 2U);
  BOOST_TEST(found.hdus[1].data_offset == 3 * 2880);
  BOOST_TEST((found.identity == identify(path)));
  BOOST_TEST(contains(scan(path, 100000).problem.value().sentence, "more than 100000 bytes"));
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size - 200);
  BOOST_TEST(scan(path).problem.value().hdu == 1);
}

// What this process has read from files so far (proc(5), io).
std::int64_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::int64_t count = 0;
  file >> name >> count;
  BOOST_REQUIRE(name == "rchar:");
  return count;
}

// HDUs of all sizes, headers of several blocks: no part of the file is inflated twice.
BOOST_AUTO_TEST_CASE(gzipped_files_are_inflated_once) {
  std::mt19937 random(1);
  std::string bytes = small_image();
  for (const std::int64_t side : {0, 3, 30, 90, 400, 3, 0, 500, 30, 90}) {
    Cards cards;
    cards.add("XTENSION", "IMAGE").add("BITPIX", 8).add("NAXIS", 2);
    cards.add("NAXIS1", side).add("NAXIS2", side).add("PCOUNT", 0).add("GCOUNT", 1);
    for (std::int64_t i = 0; i < 5 * side; ++i) cards.raw("COMMENT " + std::to_string(random()));
    std::string noise(static_cast<std::size_t>(side * side), '\0');
    for (char& c : noise) c = static_cast<char>(random());
    bytes += padded(cards.text() + "END", ' ') + padded(noise);
  }
  synthetic::write_gzipped(path, bytes);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path));
  BOOST_REQUIRE(size > 200'000);
  const std::int64_t before = bytes_read();
  const Scan found = scan(path);
  const std::int64_t after = bytes_read();
  BOOST_TEST(!found.problem);
  BOOST_TEST(found.hdus.size() == 11U);
  BOOST_TEST(after - before < size + 10'000);
}

// A compressed image that is none: FITS 4.0 section 10.1.
BOOST_AUTO_TEST_CASE(compressed_images) {
  Cards z;
  z.add("TFIELDS", 1).add("TTYPE1", "COMPRESSED_DATA").add("TFORM1", "1PB(9)").add("ZIMAGE", true);
  z.add("ZBITPIX", 16, "kept").add("ZNAXIS", 2).add("ZNAXIS1", 20).add("ZNAXIS2", 10);
  z.add("ZCMPTYPE", "RICE_1").add("ZNAME1", "BYTEPIX").add("ZVAL1", 2).add("ZPCOUNT", 0);
  z.add("BZERO", 32768.0).add("EXTNAME", "COMPRESSED_IMAGE").add("CRPIX1", 5.0);
  z.add("ZHECKSUM", "abc").add("CHECKSUM", "table").add("ZTENSION", "IMAGE").raw("COMMENT c");
  const auto file = [&](std::int64_t rows) {
    return small_image() + padded(table(8, rows, 0) + z.text() + "END", ' ') +
           padded(std::string(static_cast<std::size_t>(8 * rows), '\0'));
  };
  const Scan found = scan_of(file(10));
  BOOST_TEST(!found.problem);
  BOOST_REQUIRE(found.hdus.size() == 2U);
  const Hdu& hdu = found.hdus[1];
  BOOST_TEST((hdu.kind == HduKind::compressed_image));
  BOOST_TEST(hdu.bitpix == 16);
  BOOST_TEST((hdu.shape == Shape{20, 10}));
  BOOST_TEST((hdu.compression.value().tile == Shape{20, 1}));
  BOOST_TEST(hdu.compression->algorithm == "RICE_1");
  BOOST_TEST(hdu.extname.empty());

  Cards plain;
  plain.add("XTENSION", "IMAGE", "image extension").add("BITPIX", 16, "kept").add("NAXIS", 2);
  plain.add("NAXIS1", 20).add("NAXIS2", 10).add("PCOUNT", 0).add("GCOUNT", 1);
  plain.add("BZERO", 32768.0).add("CRPIX1", 5.0).add("CHECKSUM", "abc").raw("COMMENT c");
  BOOST_TEST(hdu.image_header().cards() == plain.text());
  BOOST_TEST(found.hdus[0].image_header().cards() == found.hdus[0].header.cards());

  BOOST_TEST(contains(problem_of(file(9), 1), "10 tiles, but its table 9 rows"));
}

BOOST_AUTO_TEST_SUITE_END()
