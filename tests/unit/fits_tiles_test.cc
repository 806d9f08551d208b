#include <fitsio.h>

#include <bit>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>
#include <string>

#include "base/failure.h"
#include "fits/endian.h"
#include "fits/quantized.h"
#include "fits/rice.h"
#include "fits/section.h"
#include "fits_text.h"
#include "make_compressed.h"
#include "scratch.h"
#include "synthetic.h"

using namespace soda;
using namespace soda::fits;
using Shape = std::vector<std::int64_t>;

namespace {

// All files of make_compressed, made once for the suite.
struct Files {
  scratch::Folder folder;
  Files() {
    std::filesystem::create_directory(folder / "damaged");
    synthetic::make_compressed(folder.path());
  }
};

std::string cut(TileReader& reader, const std::string& path, const Section& section, int hdu = 1) {
  const Scan contents = scan(path);
  const Hdu& found = contents.hdus.at(static_cast<std::size_t>(hdu));
  const MappedFile file(path, contents.identity, FileAccess::read);
  std::string bytes;
  reader.copy(file, hdu, found.bitpix, found.shape, section, [&](std::span<const iovec> pieces) {
    for (const iovec& piece : pieces) {
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
  });
  return bytes;
}

// The whole image by CFITSIO, unscaled, in the byte order of FITS.
template <class T>
std::string by_cfitsio(const std::string& path, int type, std::size_t count,
                       const std::vector<std::int64_t>& shape) {
  std::vector<T> values(count);
  std::vector<long> first(shape.size(), 1), last(shape.begin(), shape.end()), step(first);
  fitsfile* file = nullptr;
  int status = 0, any = 0;
  fits_open_diskfile(&file, path.c_str(), READONLY, &status);
  fits_movabs_hdu(file, 2, nullptr, &status);
  fits_set_bscale(file, 1, 0, &status);
  // Not fits_read_img(), which refuses compressed images of four axes.
  fits_read_subset(file, type, first.data(), last.data(), step.data(), nullptr, values.data(), &any,
                   &status);
  fits_close_file(file, &status);
  BOOST_REQUIRE(status == 0);
  std::string bytes(count * sizeof(T), '\0');
  for (std::size_t i = 0; i < count; ++i) store_big_endian(&bytes[i * sizeof(T)], values[i]);
  return bytes;
}

std::string by_cfitsio(const std::string& path, const Hdu& hdu) {
  std::size_t count = 1;
  for (const std::int64_t length : hdu.shape) count *= static_cast<std::size_t>(length);
  switch (hdu.bitpix) {
    case 8:
      return by_cfitsio<unsigned char>(path, TBYTE, count, hdu.shape);
    case 16:
      return by_cfitsio<std::int16_t>(path, TSHORT, count, hdu.shape);
    case 32:
      return by_cfitsio<std::int32_t>(path, TINT, count, hdu.shape);
    case -32:
      return by_cfitsio<float>(path, TFLOAT, count, hdu.shape);
    default:
      return by_cfitsio<double>(path, TDOUBLE, count, hdu.shape);
  }
}

// A box out of the whole, pixel by pixel.
std::string box_of(const std::string& whole, const Shape& shape, std::size_t pixel,
                   const Section& box) {
  std::string bytes;
  Shape place = box.first;
  for (;;) {
    std::size_t index = 0;
    for (std::size_t i = shape.size(); i-- > 0;) {
      index = index * static_cast<std::size_t>(shape[i]) + static_cast<std::size_t>(place[i] - 1);
    }
    bytes += whole.substr(index * pixel, pixel);
    std::size_t axis = 0;
    while (axis < place.size() && ++place[axis] > box.last[axis]) {
      place[axis] = box.first[axis];
      ++axis;
    }
    if (axis == place.size()) return bytes;
  }
}

Section whole_of(const Shape& shape) { return {Shape(shape.size(), 1), shape}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tiles, Files)

BOOST_AUTO_TEST_CASE(every_algorithm_as_cfitsio_reads_it) {
  std::mt19937 random(3);
  TileReader reader, tiny(500);
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string();
    BOOST_TEST_CONTEXT(entry.path().filename()) {
      const Scan contents = scan(path);
      const Hdu& hdu = contents.hdus.at(1);
      const std::string whole = by_cfitsio(path, hdu);
      const auto pixel = static_cast<std::size_t>(std::abs(hdu.bitpix) / 8);
      BOOST_REQUIRE(cut(reader, path, whole_of(hdu.shape)) == whole);
      for (int i = 0; i < 12; ++i) {
        Section box;
        for (const std::int64_t length : hdu.shape) {
          std::uniform_int_distribution<std::int64_t> any(1, length);
          const auto [low, high] = std::minmax({any(random), any(random)});
          box.first.push_back(low);
          box.last.push_back(high);
        }
        // With a budget of nearly nothing it has to go in small bands.
        BOOST_REQUIRE(cut(i % 3 == 0 ? tiny : reader, path, box) ==
                      box_of(whole, hdu.shape, pixel, box));
      }
      ++seen;
    }
  }
  BOOST_TEST(seen == 14);
}

// Lossless files hold what was put into them.
BOOST_AUTO_TEST_CASE(pixels_name_their_places) {
  TileReader reader;
  for (const char* name : {"rice_int32_tiles.fits", "rice_cube.fits", "gzip2_double.fits",
                           "hcompress_int32.fits", "gzip1_float.fits"}) {
    const std::string path = folder / name;
    const Scan contents = scan(path);
    const Hdu& hdu = contents.hdus.at(1);
    const std::string plain = synthetic::pixels(hdu.bitpix, hdu.shape);
    const std::string whole = cut(reader, path, whole_of(hdu.shape));
    BOOST_TEST((whole == plain.substr(0, whole.size())));
  }
}

BOOST_AUTO_TEST_CASE(damaged_tiles_are_told_and_others_read) {
  TileReader reader;
  struct Row {
    const char* name;
    Section bad, good;
  };
  const Row rows[] = {{"rice_tile_zeroed.fits", {{1, 1}, {10, 5}}, {{257, 1}, {500, 30}}},
                      {"hcompress_tile_lies.fits", {{1, 1}, {10, 5}}, {{51, 1}, {100, 40}}},
                      {"gzip_tile_zeroed.fits", {{1, 6}, {10, 6}}, {{1, 1}, {120, 5}}}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const std::string path = folder / ("damaged/" + std::string(row.name));
      const Scan contents = scan(path);
      BOOST_CHECK_EXCEPTION(cut(reader, path, row.bad), Failure, [](const Failure& failure) {
        return failure.kind() == FailureKind::corrupt_data;
      });
      const std::string good = cut(reader, path, row.good);
      const auto pixel = static_cast<std::size_t>(std::abs(contents.hdus.at(1).bitpix) / 8);
      const Shape shape = contents.hdus[1].shape;
      const std::string plain = synthetic::pixels(contents.hdus[1].bitpix, shape);
      BOOST_TEST((good == box_of(plain, shape, pixel, row.good)));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_as_ingested_is_refused) {
  TileReader reader;
  const std::string path = folder / "rice_int32_tiles.fits";
  const MappedFile file(path, identify(path), FileAccess::read);
  const Shape shape = {130, 100}, other = {131, 100};
  const auto nothing = [](std::span<const iovec>) {};
  const Section box{{1, 1}, {2, 2}};
  BOOST_CHECK_THROW(reader.copy(file, 0, 32, shape, box, nothing), Failure);
  BOOST_CHECK_THROW(reader.copy(file, 2, 32, shape, box, nothing), Failure);
  BOOST_CHECK_THROW(reader.copy(file, 1, 16, shape, box, nothing), Failure);
  BOOST_CHECK_THROW(reader.copy(file, 1, 32, other, box, nothing), Failure);
  BOOST_CHECK_THROW(reader.copy(file, 1, 32, shape, {{0, 1}, {2, 2}}, nothing), Failure);
  reader.copy(file, 1, 32, shape, box, nothing);
}

// FITS 4.0 appendix I: the seed after the last number.
BOOST_AUTO_TEST_CASE(dither_numbers_end_as_the_standard_says) {
  const std::vector<float> numbers = dither_numbers();
  BOOST_REQUIRE(numbers.size() == 10000U);
  BOOST_TEST(numbers.back() == static_cast<float>(1043618065 / 2147483647.0));
  BOOST_TEST(numbers.front() == static_cast<float>(16807 / 2147483647.0));
}

BOOST_AUTO_TEST_CASE(undefined_and_zero_pixels) {
  Quantization how;
  how.scale = 0.5;
  how.zero = 10;
  how.blank = -2147483647;
  how.dither = Dither::subtractive_2;
  std::string integers(16, '\0'), pixels(16, '\0');
  store_big_endian(&integers[0], std::int32_t{-2147483647});
  store_big_endian(&integers[4], std::int32_t{-2147483646});
  store_big_endian(&integers[8], std::int32_t{100});
  const std::vector<float> numbers = dither_numbers();
  dequantize(integers.data(), 0, 4, -32, how, numbers, pixels.data());
  BOOST_TEST(load_big_endian<std::uint32_t>(&pixels[0]) == 0xFFFFFFFFU);
  BOOST_TEST(load_big_endian<float>(&pixels[4]) == 0.0F);
  const auto start = static_cast<std::size_t>(numbers[0] * 500);
  const double third = (100 - numbers[start + 2] + 0.5) * 0.5 + 10;
  BOOST_TEST(load_big_endian<float>(&pixels[8]) == static_cast<float>(third));
  how.dither = Dither::none;
  dequantize(integers.data(), 0, 4, -32, how, numbers, pixels.data());
  BOOST_TEST(load_big_endian<float>(&pixels[8]) == 60.0F);
}

// By hand, FITS 4.0 section 10.4.1: first pixel 5; parameter 2 (code 1 means 0 low bits: here code
// 2, 1 low bit); differences 0, +1, -1, +3 fold to 0, 2, 1, 6.
BOOST_AUTO_TEST_CASE(rice_by_hand) {
  const std::string bits =
      "00000101"
      "010"
      "1"
      "0"
      "01"
      "0"
      "1"
      "1"
      "0001"
      "0";
  std::vector<unsigned char> coded((bits.size() + 7) / 8);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') coded[i / 8] |= static_cast<unsigned char>(0x80U >> (i % 8));
  }
  const std::size_t length = coded.size();
  coded.resize(length + rice_padding);
  std::string pixels(4, '\0');
  rice_decode({coded.data(), length}, 1, 32, 4, pixels);
  BOOST_TEST(pixels == std::string({5, 6, 5, 8}));
  BOOST_CHECK_THROW(rice_decode({coded.data(), 2}, 1, 32, 4, pixels), Failure);
  BOOST_CHECK_THROW(rice_decode({coded.data(), length}, 1, 0, 4, pixels), Failure);
  BOOST_CHECK_THROW(rice_decode({coded.data(), length}, 1, 32, 5, pixels), Failure);
}

// For the first pixels of a tile its first bytes are enough, but where one of them is as long as
// here: 7, then 15007 to the end; the difference of the second is 30000 zeros and a one.
BOOST_AUTO_TEST_CASE(first_pixels_of_a_tile_with_a_long_code) {
  std::string bits(29, '0');
  bits +=
      "111"
      "00001"
      "1" +
      std::string(30000, '0') + std::string(31, '1') + "00000";
  std::string heap((bits.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') heap[i / 8] = static_cast<char>(heap[i / 8] | (0x80 >> (i % 8)));
  }
  const auto length = static_cast<std::int32_t>(heap.size());
  std::string row(8, '\0');
  store_big_endian(&row[0], length);
  const std::string path = folder / "long_code.fits";
  synthetic::write(path, fits_text::primary({}, {}) +
                             fits_text::header({"XTENSION= 'BINTABLE'",
                                                "BITPIX  = 8",
                                                "NAXIS   = 2",
                                                "NAXIS1  = 8",
                                                "NAXIS2  = 1",
                                                "PCOUNT  = " + std::to_string(length),
                                                "GCOUNT  = 1",
                                                "TFIELDS = 1",
                                                "TTYPE1  = 'COMPRESSED_DATA'",
                                                "TFORM1  = '1PB'",
                                                "ZIMAGE  = T",
                                                "ZCMPTYPE= 'RICE_1'",
                                                "ZBITPIX = 32",
                                                "ZNAXIS  = 2",
                                                "ZNAXIS1 = 64",
                                                "ZNAXIS2 = 1",
                                                "ZTILE1  = 64",
                                                "ZTILE2  = 1",
                                                "ZNAME1  = 'BLOCKSIZE'",
                                                "ZVAL1   = 32",
                                                "ZNAME2  = 'BYTEPIX'",
                                                "ZVAL2   = 4"}) +
                             fits_text::padded(row + heap, '\0'));
  TileReader reader;
  const std::string some = cut(reader, path, {{1, 1}, {2, 1}});
  BOOST_REQUIRE(some.size() == 8);
  BOOST_TEST(load_big_endian<std::int32_t>(&some[0]) == 7);
  BOOST_TEST(load_big_endian<std::int32_t>(&some[4]) == 15007);
  const std::string last = cut(reader, path, {{64, 1}, {64, 1}});
  BOOST_TEST(load_big_endian<std::int32_t>(last.data()) == 15007);
}

BOOST_AUTO_TEST_CASE(rice_never_reads_beyond_its_end) {
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    std::vector<unsigned char> coded(random() % 40 + rice_padding);
    const std::size_t length = coded.size() - rice_padding;
    for (std::size_t k = 0; k < length; ++k) {
      coded[k] = static_cast<unsigned char>(random() % 3 == 0 ? random() : 0);
    }
    std::string pixels(400, '\0');
    try {
      rice_decode({coded.data(), length}, 1 << (i % 3), 32, 100, pixels);
    } catch (const Failure& failure) {
      BOOST_REQUIRE((failure.kind() == FailureKind::corrupt_data));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(auxiliary_arrays)

BOOST_AUTO_TEST_CASE(columns_and_images) {
  scratch::Folder folder;
  synthetic::Cards cards;
  cards.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2).add("NAXIS1", 48 + 12 + 8);
  cards.add("NAXIS2", 2).add("PCOUNT", 12).add("GCOUNT", 1).add("TFIELDS", 3);
  cards.add("TTYPE1", "Coords").add("TFORM1", "6D").add("TDIM1", "(2,3)");
  cards.add("TTYPE2", "RAW").add("TFORM2", "6I").add("TSCAL2", 2.0).add("TZERO2", 1.0);
  cards.add("TNULL2", -1).add("TTYPE3", "VAR").add("TFORM3", "1PJ(3)");
  std::string data;
  const auto put = [&](auto value) {
    std::string bytes(sizeof(value), '\0');
    store_big_endian(bytes.data(), value);
    data += bytes;
  };
  for (int row = 1; row <= 2; ++row) {
    for (int i = 0; i < 6; ++i) put(100.5 * row + i);
    for (int i = 0; i < 6; ++i) put(static_cast<std::int16_t>(i == 5 ? -1 : 10 * row + i));
    put(std::int32_t{row == 1 ? 3 : 900});
    put(std::int32_t{0});
  }
  for (int i = 0; i < 3; ++i) put(std::int32_t{7 + i});
  const std::string bytes = synthetic::primary(16, {3, 2}).add("BZERO", 32768.0).blocks() +
                            synthetic::pixels(16, {3, 2}, 32768) + cards.blocks() +
                            synthetic::padded(data);
  const std::string path = folder / "t.fits";
  synthetic::write_gzipped(folder / "t.fits.gz", bytes);
  synthetic::write(path, bytes);
  for (const std::string& name : {path, folder / "t.fits.gz"}) {
    const auto coords = read_column(name, 1, "COORDS", 2, 1000);
    BOOST_REQUIRE(coords);
    BOOST_TEST((coords->shape == Shape{2, 3}));
    BOOST_TEST(coords->values.at(5) == 206.0);
    const auto raw = read_column(name, 1, "raw", 1, 1000);
    BOOST_REQUIRE(raw);
    BOOST_TEST((raw->shape == Shape{6}));
    BOOST_TEST(raw->values.at(2) == 25.0);
    BOOST_TEST(std::isnan(raw->values.at(5)));
    const auto variable = read_column(name, 1, "VAR", 1, 1000);
    BOOST_REQUIRE(variable);
    BOOST_TEST(variable->values == (std::vector<double>{7, 8, 9}),
               boost::test_tools::per_element());
    BOOST_TEST(!read_column(name, 1, "VAR", 2, 1000));  // 900 elements are not there
    BOOST_TEST(!read_column(name, 1, "Coords", 3, 1000));
    BOOST_TEST(!read_column(name, 1, "Coords", 0, 1000));
    BOOST_TEST(!read_column(name, 1, "Coords", 1, 47));
    BOOST_TEST(!read_column(name, 1, "none", 1, 1000));
    BOOST_TEST(!read_column(name, 0, "Coords", 1, 1000));
    const auto image = read_image(name, 0, 1000);
    BOOST_REQUIRE(image);
    BOOST_TEST((image->shape == Shape{3, 2}));
    BOOST_TEST(image->values.at(4) == 2002.0);
    BOOST_TEST(!read_image(name, 0, 11));
    BOOST_TEST(!read_image(name, 1, 1000));
    BOOST_TEST(!read_image(name, 7, 1000));
  }
}

BOOST_AUTO_TEST_CASE(impossible_tables) {
  scratch::Folder folder;
  const std::string path = folder / "t.fits";
  for (const char* form : {"3D", "99999999999999999999D", "9223372036854775807D", "Z", "", "1PZ"}) {
    synthetic::Cards cards;
    cards.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2).add("NAXIS1", 16);
    cards.add("NAXIS2", 2).add("PCOUNT", 0).add("GCOUNT", 1).add("TFIELDS", 1);
    cards.add("TTYPE1", "A").add("TFORM1", form);
    synthetic::write(path, synthetic::primary(8, {}).blocks() + cards.blocks() +
                               synthetic::padded(std::string(32, '\0')));
    BOOST_TEST_CONTEXT(form) {
      BOOST_CHECK_EXCEPTION(read_column(path, 1, "A", 1, 1000), Failure,
                            [](const Failure& f) { return f.kind() == FailureKind::corrupt_data; });
    }
  }
}

BOOST_FIXTURE_TEST_CASE(compressed_images_too, Files) {
  const auto image = read_image(folder / "rice_cube.fits", 1, 100000);
  BOOST_REQUIRE(image);
  BOOST_TEST(image->values.size() == 40U * 30 * 9);
  BOOST_TEST(image->values.at(40 * 30 * 8 + 40 * 29 + 39) == 9030040.0);
}

BOOST_AUTO_TEST_SUITE_END()
