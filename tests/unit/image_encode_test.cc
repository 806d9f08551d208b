// What is encoded is read back with the libraries' own readers.
#include <png.h>

// jpeglib.h needs FILE and size_t.
#include <jpeglib.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "base/failure.h"
#include "image/encode.h"

using namespace soda::image;

namespace {

Picture gradient(int width, int height, int channels) {
  Picture picture;
  picture.width = width;
  picture.height = height;
  picture.channels = channels;
  for (int i = 0; i < width * height * channels; ++i) {
    picture.samples.push_back(static_cast<unsigned char>(i * 7 % 251 + 1));
  }
  return picture;
}

// Red, green, blue, opacity.
std::vector<unsigned char> read_png(const std::string& bytes) {
  png_image reader{};
  reader.version = PNG_IMAGE_VERSION;
  BOOST_REQUIRE(png_image_begin_read_from_memory(&reader, bytes.data(), bytes.size()));
  reader.format = PNG_FORMAT_RGBA;
  std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(reader));
  BOOST_REQUIRE(png_image_finish_read(&reader, nullptr, pixels.data(), 0, nullptr));
  return pixels;
}

struct Decoded {
  int width, height, components;
  std::vector<unsigned char> samples;
};

Decoded read_jpeg(const std::string& bytes) {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg_start_decompress(&jpeg);
  Decoded out{static_cast<int>(jpeg.output_width),
              static_cast<int>(jpeg.output_height),
              jpeg.output_components,
              {}};
  const auto row = static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.components);
  out.samples.resize(row * static_cast<std::size_t>(out.height));
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW into = out.samples.data() + jpeg.output_scanline * row;
    jpeg_read_scanlines(&jpeg, &into, 1);
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(png_grey) {
  Picture picture = gradient(5, 4, 1);
  picture.samples[3] = 0;
  for (const Gaps gaps : {Gaps::none, Gaps::zeros}) {
    picture.gaps = gaps;
    const auto pixels = read_png(encode(picture, Encoding::png));
    BOOST_REQUIRE(pixels.size() == 80);
    for (std::size_t i = 0; i < 20; ++i) {
      const bool gap = gaps == Gaps::zeros && i == 3;
      BOOST_TEST(pixels[4 * i + 3] == (gap ? 0 : 255));
      if (!gap) BOOST_TEST(pixels[4 * i + 1] == picture.samples[i]);
    }
  }
}

BOOST_AUTO_TEST_CASE(png_palette) {
  Picture picture = gradient(6, 3, 1);
  picture.samples[0] = 0;
  picture.gaps = Gaps::zeros;
  picture.palette.emplace();
  for (std::size_t i = 0; i < 256; ++i) {
    (*picture.palette)[i] = {static_cast<unsigned char>(i), static_cast<unsigned char>(255 - i), 9};
  }
  const auto pixels = read_png(encode(picture, Encoding::png));
  BOOST_TEST(pixels[3] == 0);
  BOOST_TEST(pixels[7] == 255);
  BOOST_TEST(pixels[4] == picture.samples[1]);
  BOOST_TEST(pixels[5] == 255 - picture.samples[1]);
  BOOST_TEST(pixels[6] == 9);
}

BOOST_AUTO_TEST_CASE(png_colours) {
  Picture picture = gradient(3, 3, 3);
  picture.samples[0] = picture.samples[1] = picture.samples[2] = 0;
  picture.samples[3] = 0;
  picture.gaps = Gaps::zeros;
  const auto pixels = read_png(encode(picture, Encoding::png));
  BOOST_TEST(pixels[3] == 0);
  BOOST_TEST(pixels[7] == 255);
  BOOST_TEST(pixels[4] == 0);
  BOOST_TEST(pixels[5] == picture.samples[4]);
}

BOOST_AUTO_TEST_CASE(notes) {
  const std::string bytes = encode(gradient(2, 2, 1), Encoding::png,
                                   {{"Title", "plain"},
                                    {"Source", "gr\xC3\xBC\xC3\x9F"},
                                    {"Comment", "\xFF"},
                                    {"Software", ""}});
  read_png(bytes);
  BOOST_TEST((bytes.find(std::string("tEXtTitle\0plain", 15)) != std::string::npos));
  BOOST_TEST((bytes.find("gr\xC3\xBC\xC3\x9F") != std::string::npos));
  BOOST_TEST((bytes.find("Comment") == std::string::npos));
  BOOST_TEST((bytes.find("Software") == std::string::npos));
  const std::string jpeg = encode(gradient(2, 2, 1), Encoding::jpeg, {{"Title", "plain"}});
  BOOST_TEST((jpeg.find("Title: plain") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(jpeg_forms) {
  Picture grey = gradient(40, 30, 1);
  std::fill(grey.samples.begin(), grey.samples.end(), 99);
  const Decoded one = read_jpeg(encode(grey, Encoding::jpeg));
  BOOST_TEST(one.components == 1);
  BOOST_TEST(one.width == 40);
  BOOST_TEST(one.height == 30);
  BOOST_TEST(std::abs(one.samples[777] - 99) <= 1);
  grey.palette.emplace();
  grey.palette->fill({200, 100, 50});
  grey.gaps = Gaps::zeros;
  std::fill_n(grey.samples.begin(), 600, 0);  // the upper half: black, whatever the palette says
  const Decoded colour = read_jpeg(encode(grey, Encoding::jpeg));
  BOOST_TEST(colour.components == 3);
  BOOST_TEST(colour.samples[0] <= 4);
  BOOST_TEST(std::abs(colour.samples[3 * 1100] - 200) <= 4);
  BOOST_TEST(read_jpeg(encode(gradient(300, 200, 3), Encoding::jpeg)).components == 3);
}

BOOST_AUTO_TEST_CASE(one_pixel_and_large) {
  for (const Encoding encoding : {Encoding::png, Encoding::jpeg}) {
    BOOST_TEST(!encode(gradient(1, 1, 1), encoding).empty());
    BOOST_TEST(!encode(gradient(65500, 1, 1), encoding).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_picture_that_lies_is_refused) {
  Picture picture = gradient(4, 4, 1);
  picture.samples.pop_back();
  Picture none;
  Picture wide = gradient(65501, 1, 1);
  for (const Picture* bad : {&picture, &none, &wide}) {
    for (const Encoding encoding : {Encoding::png, Encoding::jpeg}) {
      BOOST_CHECK_THROW(encode(*bad, encoding), soda::Failure);
    }
  }
}
