#define BOOST_TEST_MODULE pack
#include <malloc.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "pack/tar.h"
#include "pack/zip.h"
#include "scratch.h"

namespace {

using namespace soda;

// Bytes that 1000 calls of a function leave allocated, after a few that fill malloc's own caches.
// With a sanitizer it is none that malloc knows of: there the leak is told at the end.
template <class Function>
std::int64_t left_by(const Function& function) {
  for (int i = 0; i < 20; ++i) function();
  const auto before = static_cast<std::int64_t>(::mallinfo2().uordblks);
  for (int i = 0; i < 1000; ++i) function();
  return static_cast<std::int64_t>(::mallinfo2().uordblks) - before;
}

}  // namespace

// POSIX.1-2001, ustar: name at 0, size in octal at 124, the magic word at 257.
BOOST_AUTO_TEST_CASE(a_header_is_one_block) {
  const std::string header = pack::tar_header("cutout-1.fits", 2880, 1000000000);
  BOOST_TEST(header.size() == 512U);
  BOOST_TEST(header.substr(0, 14) == std::string("cutout-1.fits") + '\0');
  BOOST_TEST(header.substr(124, 11) == "00000005500");
  BOOST_TEST(header.substr(257, 5) == "ustar");
}

BOOST_AUTO_TEST_CASE(headers_leave_nothing_behind) {
  BOOST_TEST(left_by([] { pack::tar_header("cutout-1.fits", 2880, 0); }) < 1000);
  BOOST_TEST(left_by([] { pack::tar_header("none.txt", 0, 0); }) < 1000);
}

// A job may end within a member: neither memory nor the member's bytes are to come of it.
BOOST_AUTO_TEST_CASE(a_zip_file_that_is_given_up_leaves_nothing_behind) {
  const scratch::Folder folder;
  const std::string path = folder / "given_up.zip";
  BOOST_TEST(left_by([&] {
               std::filesystem::remove(path);
               pack::ZipFile out(path);
               out.begin("cutout-1.fits", 1 << 30, 0);
               out.write(std::string(100, 'x'));
             }) < 1000);
  BOOST_TEST(std::filesystem::file_size(path) < 1000U);
}
