#define BOOST_TEST_MODULE data
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "base/failure.h"
#include "data/file.h"
#include "data/header_text.h"
#include "data/picture_cache.h"
#include "http/file_body.h"
#include "http/handoff.h"
#include "scratch.h"

using namespace soda::data;
namespace http = soda::http;
using http::disposition;
using http::file_body;
using http::handoff;
using http::Place;

namespace {

std::string header_of(std::string_view offer, const Place& place) {
  const auto header = handoff(offer, place);
  return header ? header->first + ": " + header->second : "-";
}

struct Text final : http::Sink {
  void write(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces) {
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      largest = std::max(largest, piece.iov_len);
    }
  }
  using Sink::write;
  std::string text;
  std::size_t largest = 0;
};

soda::FileDescriptor open_file(const std::string& path) {
  return soda::FileDescriptor(::open(path.c_str(), O_RDONLY));
}

// Sets the time of last use, as the cache sees it.
void used(const PictureCache& cache, const std::string& name, std::time_t when) {
  const auto picture = cache.find(name);
  BOOST_REQUIRE(picture.has_value());
  const timespec times[2] = {{when, 0}, {0, UTIME_OMIT}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, picture->absolute.c_str(), times, 0) == 0);
}

std::int64_t bytes_below(const std::string& folder) {
  std::int64_t total = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) total += static_cast<std::int64_t>(entry.file_size());
  }
  return total;
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_are_handed_over_as_the_web_server_offers) {
  const Place place{"images", "a b/%7?;#\xc3\xa9.fits", "/srv/i/a b/%7?;#\xc3\xa9.fits"};
  const std::string_view encoded = "a%20b/%257%3F%3B%23%C3%A9.fits";
  BOOST_TEST(header_of("x-accel-redirect:/soda-files/ images", place) ==
             std::string("X-Accel-Redirect: /soda-files/images/").append(encoded));
  BOOST_TEST(header_of("x-sendfile plates images", place) ==
             std::string("X-Sendfile: /srv/i/").append(encoded));
  for (const char* const offer : {"", "x-sendfile", "x-sendfile plates", "images", "x-other images",
                                  "x-sendfile Images", "x-accel-redirect:/f/"}) {
    BOOST_TEST(header_of(offer, place) == "-", offer);
  }
}

// RFC 6266 section 4.3, RFC 8187 section 3.2.
BOOST_AUTO_TEST_CASE(names_of_files_in_content_disposition) {
  BOOST_TEST(disposition("attachment", "a b.fits") == "attachment; filename=\"a b.fits\"");
  BOOST_TEST(disposition("inline", "a\"b\\c\n.fits") ==
             "inline; filename=\"a_b_c_.fits\"; filename*=UTF-8''a%22b%5Cc%0A.fits");
  BOOST_TEST(disposition("attachment", "M\xc3\xa9.fits") ==
             "attachment; filename=\"M__.fits\"; filename*=UTF-8''M%C3%A9.fits");
  BOOST_TEST(disposition("attachment", "\xff.fits") == "attachment; filename=\"_.fits\"");
}

BOOST_AUTO_TEST_CASE(a_file_is_sent_in_bounded_pieces_and_in_part) {
  scratch::Folder folder;
  std::string bytes(3'000'001, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  scratch::write_file(folder / "f", bytes);
  const auto size = static_cast<std::int64_t>(bytes.size());
  const auto body = file_body(open_file(folder / "f"), size);
  BOOST_TEST(body->size() == size);
  Text whole, part, none;
  body->write(whole, 0, size);
  BOOST_TEST((whole.text == bytes));
  BOOST_TEST(whole.largest <= std::size_t{256} << 10);
  body->write(part, 262143, 262146);
  BOOST_TEST((part.text == bytes.substr(262143, 262146)));
  body->write(none, 5, 0);
  BOOST_TEST(none.text.empty());
  std::filesystem::resize_file(folder / "f", 1000);
  BOOST_CHECK_THROW(body->write(none, 0, size), soda::Failure);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_the_one_that_was_ingested) {
  scratch::Folder folder;
  scratch::write_file(folder / "f", "SIMPLE");
  struct stat status {};
  BOOST_REQUIRE(::stat((folder / "f").c_str(), &status) == 0);
  StoredFile file{"images", "f", folder / "f", "application/fits",
                  soda::fits::Identity{
                      status.st_size,
                      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
                      status.st_ino}};
  http::Request request;
  request.method = "GET";
  const auto kind = [&] {
    try {
      file_response(request, file);
    } catch (const soda::Failure& failure) {
      return static_cast<int>(failure.kind());
    }
    return -1;
  };
  BOOST_TEST(kind() == -1);
  --file.expected->mtime_ns;
  BOOST_TEST(kind() == static_cast<int>(soda::FailureKind::corrupt_data));
  file.expected.reset();
  file.absolute = folder.path();
  BOOST_TEST(kind() == static_cast<int>(soda::FailureKind::corrupt_data));
  file.absolute = folder / "nowhere";
  BOOST_TEST(kind() == static_cast<int>(soda::FailureKind::unavailable));
}

BOOST_AUTO_TEST_CASE(only_large_files_are_handed_over_and_only_to_get_and_head) {
  scratch::Folder folder;
  scratch::write_file(folder / "f", std::string(65536, 'x'));
  const std::vector<std::string_view> variables = {"SODA_HANDOFF=x-sendfile images"};
  http::Request request{std::span<const std::string_view>(variables)};
  const StoredFile file{"images", "f", folder / "f", "text/plain", std::nullopt};
  const auto handed = [&](const char* method) {
    request.method = method;
    const auto response = file_response(request, file);
    return !response.header("X-Sendfile").empty() &&
           response.body_size() == http::Body::unknown_size;
  };
  BOOST_TEST(handed("GET"));
  BOOST_TEST(handed("HEAD"));
  BOOST_TEST(!handed("POST"));
  std::filesystem::resize_file(folder / "f", 65535);
  BOOST_TEST(!handed("GET"));
}

BOOST_AUTO_TEST_CASE(headers_as_lines) {
  soda::store::Holding holding;
  const auto card = [](std::string text) { return text.append(80 - text.size(), ' '); };
  holding.hdus.resize(2);
  holding.hdus[0].cards = card("SIMPLE  =                    T") + card("OBJECT  = 'M\xff\x01'");
  holding.hdus[1].cards = card("XTENSION= 'IMAGE   '");
  BOOST_TEST(header_text(holding) == card("SIMPLE  =                    T") + "\n" +
                                         card("OBJECT  = 'M?"
                                              "?'") +
                                         "\n" + card("END") + "\n\n" +
                                         card("XTENSION= 'IMAGE   '") + "\n" + card("END") + "\n");
  holding.hdus.clear();
  BOOST_TEST(header_text(holding).empty());
}

BOOST_AUTO_TEST_CASE(pictures_are_kept_and_found) {
  scratch::Folder folder;
  const PictureCache cache(folder / "previews", 64 << 20);
  BOOST_TEST(!cache.find("a.png").has_value());
  BOOST_TEST(cache.keep("a.png", "picture", For::all) == "");
  auto found = cache.find("a.png");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->status.st_size == 7);
  BOOST_TEST((found->status.st_mode & 0777) == 0644U);
  BOOST_TEST(found->absolute == folder / "previews/" + found->path);
  BOOST_TEST(cache.keep("b.png", "picture", For::us) == "");
  BOOST_TEST((cache.find("b.png")->status.st_mode & 0777) == 0600U);
  // Its modification time, from which web servers make ETags, stays when it is used.
  used(cache, "a.png", 1000);
  const auto before = cache.find("a.png")->status;
  const auto after = cache.find("a.png")->status;
  BOOST_TEST(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  BOOST_TEST(after.st_atim.tv_sec > 1000);
  const PictureCache none("", 64 << 20), zero(folder / "other", 0);
  BOOST_TEST(none.keep("a.png", "x", For::all) == "");
  BOOST_TEST(zero.keep("a.png", "x", For::all) == "");
  BOOST_TEST(!none.find("a.png").has_value());
  BOOST_TEST(!std::filesystem::exists(folder / "other"));
}

BOOST_AUTO_TEST_CASE(the_cache_keeps_within_its_limit_and_what_was_used_last) {
  scratch::Folder folder;
  constexpr std::int64_t limit = 64 * 10000;
  const PictureCache cache(folder.path(), limit);
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "p" + std::to_string(i) + ".png";
    BOOST_TEST(cache.keep(name, std::string(1000, 'x'), For::all) == "");
    used(cache, name, i + 1);
  }
  BOOST_TEST(bytes_below(folder.path()) <= limit);
  BOOST_TEST(bytes_below(folder.path()) > limit * 9 / 10);
  // The oldest are gone, the newest are there.
  int old = 0, recent = 0;
  for (int i = 0; i < 200; ++i) {
    old += cache.find("p" + std::to_string(i) + ".png").has_value();
    recent += cache.find("p" + std::to_string(1999 - i) + ".png").has_value();
  }
  BOOST_TEST(old == 0);
  BOOST_TEST(recent == 200);
  BOOST_TEST(cache.keep("large.png", std::string(10001, 'x'), For::all) != "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_kept_is_told) {
  scratch::Folder folder;
  scratch::write_file(folder / "file", "x");
  BOOST_TEST(PictureCache(folder / "file", 64 << 20).keep("a.png", "x", For::all) != "");
  BOOST_TEST(PictureCache(folder / "no/where", 64 << 20).keep("a.png", "x", For::all) != "");
  const pid_t child = scratch::start([&] {
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
    if (!scratch::become_nobody()) return 1;
    const PictureCache cache(folder / "p", 64 << 20);
    if (cache.turn("a.png")) return 2;
    return cache.keep("a.png", "x", For::all).empty() ? 3 : 0;
  });
  BOOST_TEST(scratch::wait_for(child) == 0);
}

// One picture is made by one process at a time, another one meanwhile; a process that dies gives
// its turn back.
BOOST_AUTO_TEST_CASE(turns) {
  scratch::Folder folder;
  const PictureCache cache(folder.path(), 64 << 20);
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(scratch::start([&] {
      const auto turn = cache.turn("a.png");
      if (!turn) return 1;
      if (cache.find("a.png")) return 0;
      ::usleep(100000);
      return cache.keep("a.png", "picture", For::all).empty() ? 7 : 2;
    }));
  }
  int made = 0;
  for (const pid_t child : children) made += scratch::wait_for(child);
  BOOST_TEST(made == 7);
  auto held = cache.turn("b.png");
  BOOST_TEST(static_cast<bool>(held));
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(static_cast<bool>(cache.turn("c.png")));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(1)));
}
