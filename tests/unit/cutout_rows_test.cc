// Padding and masking of pixel rows, against the obvious per-pixel loop.
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "cutout/rows.h"

using namespace soda;
using cutout::Pixels;

namespace {

// Bytes of a 1-byte-a-pixel box through a filter, fed in pieces of `chunk` bytes.
std::string run(const Pixels& pixels, const std::string& inner, std::size_t chunk, int bitpix = 8) {
  std::string out;
  cutout::RowFilter filter(pixels, bitpix, nullptr, 0, 1, [&](std::span<const iovec> pieces) {
    for (const auto& p : pieces) out.append(static_cast<const char*>(p.iov_base), p.iov_len);
  });
  for (std::size_t i = 0; i < inner.size(); i += chunk) {
    std::string piece = inner.substr(i, chunk);
    const iovec v{piece.data(), piece.size()};
    filter.write(std::span(&v, 1));
  }
  filter.flush();
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows)

BOOST_AUTO_TEST_CASE(padding_on_all_sides) {
  const Pixels pixels{0, {{-1, 4}, {0, 3}}, {{1, 3}, {1, 2}}, false, 46};  // 46 = '.'
  const std::string expected =
      "......"
      "..abc."
      "..def."
      "......";
  for (std::size_t chunk = 1; chunk <= 6; ++chunk) {
    BOOST_TEST_CONTEXT(chunk) { BOOST_TEST(run(pixels, "abcdef", chunk) == expected); }
  }
}

BOOST_AUTO_TEST_CASE(padding_of_a_cube_repeats_by_plane) {
  const Pixels pixels{0, {{1, 2}, {1, 2}, {1, 2}}, {{1, 2}, {2, 2}, {1, 2}}, false, 46};
  BOOST_TEST(run(pixels, "abcd", 3) == "..ab..cd");
}

BOOST_AUTO_TEST_CASE(blank_values_are_big_endian) {
  const Pixels one{0, {{0, 1}}, {{1, 1}}, false, -32768};
  BOOST_TEST(run(one, "ab", 2, 16) == std::string("\x80\0ab", 4));
  const Pixels real{0, {{0, 1}}, {{1, 1}}, false, std::nullopt};
  BOOST_TEST(run(real, "abcd", 4, -32) == std::string("\x7F\xC0\0\0abcd", 8));
  BOOST_TEST(run(real, "abcdefgh", 4, -64) == std::string("\x7F\xF8\0\0\0\0\0\0abcdefgh", 16));
}

BOOST_AUTO_TEST_SUITE_END()
