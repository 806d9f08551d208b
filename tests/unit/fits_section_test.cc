#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "base/failure.h"
#include "fits/section.h"
#include "scratch.h"
#include "synthetic.h"

using namespace soda;
using namespace soda::fits;
using Shape = std::vector<std::int64_t>;

namespace {

std::string collected(const std::function<void(const ByteSink&)>& copy) {
  std::string bytes;
  copy([&](std::span<const iovec> pieces) {
    BOOST_TEST(!pieces.empty());
    BOOST_TEST(pieces.size() <= 1024U);
    for (const iovec& piece : pieces) {
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
  });
  return bytes;
}

// The pixels of a section one by one, from the rule that says what each holds.
std::string expected(int bitpix, const Section& section) {
  std::string bytes;
  Shape place = section.first;
  for (;;) {
    // One pixel at this place: the last of an image whose only pixel it is.
    const std::int64_t value = synthetic::value_at(place);
    const auto size = static_cast<std::size_t>(std::abs(bitpix) / 8);
    bytes += synthetic::pixels(bitpix, {1}, 1 - value).substr(0, size);
    std::size_t axis = 0;
    while (axis < place.size() && ++place[axis] > section.last[axis]) {
      place[axis] = section.first[axis];
      ++axis;
    }
    if (axis == place.size()) return bytes;
  }
}

struct Fixture {
  scratch::Folder folder;
  std::string path = folder / "image.fits";

  ImageLayout image(int bitpix, const Shape& shape) {
    const std::string header = synthetic::primary(bitpix, shape).blocks();
    synthetic::write(path, header + synthetic::pixels(bitpix, shape));
    return {static_cast<std::int64_t>(header.size()), bitpix, shape};
  }
  MappedFile file(FileAccess access = FileAccess::map) const {
    return MappedFile(path, identify(path), access);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sections, Fixture)

BOOST_AUTO_TEST_CASE(any_box_of_any_type_either_way) {
  std::mt19937 random(1);
  const Shape shapes[] = {{37}, {20, 15}, {1, 9}, {9, 1}, {7, 6, 5}, {5, 4, 3, 2}, {3, 1, 2, 1, 2}};
  for (const int bitpix : {8, 16, 32, 64, -32, -64}) {
    for (const Shape& shape : shapes) {
      const ImageLayout layout = image(bitpix, shape);
      for (const FileAccess access : {FileAccess::map, FileAccess::read}) {
        const MappedFile mapped = file(access);
        BOOST_TEST((mapped.data() == nullptr) == (access == FileAccess::read));
        for (int i = 0; i < 8; ++i) {
          Section box;
          for (const std::int64_t length : shape) {
            std::uniform_int_distribution<std::int64_t> any(1, length);
            const auto [low, high] = std::minmax({any(random), any(random)});
            // Every second box is whole on its first axes, so that rows are merged.
            const bool whole = i % 2 == 1 && box.first.size() < 2;
            box.first.push_back(whole ? 1 : low);
            box.last.push_back(whole ? length : high);
          }
          const std::string all =
              collected([&](const ByteSink& sink) { copy_plain(mapped, layout, box, sink); });
          BOOST_REQUIRE(all == expected(bitpix, box));
          const auto skip = static_cast<std::size_t>(random() % (all.size() + 2));
          const auto count = static_cast<std::size_t>(random() % (all.size() + 2));
          const std::string window = collected([&](const ByteSink& sink) {
            copy_plain(mapped, layout, box, sink, static_cast<std::int64_t>(skip),
                       static_cast<std::int64_t>(count));
          });
          BOOST_REQUIRE(window == (skip < all.size() ? all.substr(skip, count) : ""));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_far_apart_and_long_ones) {
  // A stride of 64 KiB and more is read, not mapped; a full row is longer than the buffer.
  const ImageLayout layout = image(16, {70000, 40});
  const MappedFile mapped = file();
  for (const Section& box : {Section{{69000, 3}, {70000, 39}}, Section{{1, 1}, {70000, 40}},
                             Section{{2, 1}, {70000, 40}}, Section{{5, 5}, {5, 5}}}) {
    const std::string all =
        collected([&](const ByteSink& sink) { copy_plain(mapped, layout, box, sink); });
    BOOST_REQUIRE(all == expected(16, box));
  }
}

BOOST_AUTO_TEST_CASE(many_rows_come_in_many_calls) {
  const ImageLayout layout = image(8, {10, 5000});
  const MappedFile mapped = file();
  const Section box{{2, 1}, {9, 5000}};
  int calls = 0;
  copy_plain(mapped, layout, box, [&](std::span<const iovec>) { ++calls; });
  BOOST_TEST(calls == 5);
  calls = 0;
  copy_plain(mapped, layout, {{1, 7}, {10, 4000}}, [&](std::span<const iovec> pieces) {
    ++calls;
    BOOST_TEST(pieces.size() == 1U);
    BOOST_TEST(pieces[0].iov_len == 39940U);
  });
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(sections_outside_are_refused) {
  const ImageLayout layout = image(16, {20, 10});
  const MappedFile mapped = file();
  const auto nothing = [](std::span<const iovec>) {};
  for (const Section& box :
       {Section{{0, 1}, {20, 10}}, Section{{1, 1}, {21, 10}}, Section{{5, 1}, {4, 10}},
        Section{{1}, {20}}, Section{{1, 1, 1}, {20, 10, 1}}, Section{{1, 1}, {20}}}) {
    BOOST_CHECK_EXCEPTION(copy_plain(mapped, layout, box, nothing), Failure,
                          [](const Failure& f) { return f.kind() == FailureKind::internal; });
  }
  const ImageLayout longer{layout.data_offset, 16, {20, 2000}};
  const ImageLayout endless{layout.data_offset, -64, {INT64_MAX, INT64_MAX}};
  for (const ImageLayout& wrong : {longer, endless}) {
    BOOST_CHECK_EXCEPTION(copy_plain(mapped, wrong, {{1, 1}, {2, 2}}, nothing), Failure,
                          [](const Failure& f) { return f.kind() == FailureKind::corrupt_data; });
  }
}

BOOST_AUTO_TEST_CASE(files_that_shrink) {
  const ImageLayout layout = image(16, {20, 4000});
  const MappedFile mapped = file(), read = file(FileAccess::read);
  std::filesystem::resize_file(path, 5000);
  std::array<char, 100> bytes;
  BOOST_CHECK_THROW(mapped.copy(100000, bytes), Failure);
  BOOST_CHECK_THROW(mapped.copy(-1, bytes), Failure);
  BOOST_CHECK_THROW(copy_plain(read, layout, {{1, 1}, {20, 4000}}, [](std::span<const iovec>) {}),
                    Failure);
  // From the mapping the write fails, and the process lives.
  int failed = 0;
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe(ends.data()) == 0);
  copy_plain(mapped, layout, {{1, 3999}, {20, 4000}}, [&](std::span<const iovec> pieces) {
    if (::writev(ends[1], pieces.data(), static_cast<int>(pieces.size())) < 0) failed = errno;
  });
  BOOST_TEST(failed == EFAULT);
  ::close(ends[0]);
  ::close(ends[1]);
}

// Resident pages of mapped files, as the kernel counts them.
std::int64_t resident_file_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stoll(line.substr(8)) * 1024;
  }
  return -1;
}

BOOST_AUTO_TEST_CASE(little_of_a_mapping_stays_resident) {
  const ImageLayout layout = image(-32, {2000, 12500});  // 100 MB
  const MappedFile mapped = file();
  const std::int64_t before = resident_file_bytes();
  std::int64_t most = 0;
  unsigned sum = 0;
  for (const Section& box : {Section{{1, 1}, {2000, 12500}}, Section{{900, 1}, {1000, 12500}}}) {
    copy_plain(mapped, layout, box, [&](std::span<const iovec> pieces) {
      for (const iovec& piece : pieces) {  // touch every page, as a socket would
        for (std::size_t i = 0; i < piece.iov_len; i += 512) {
          sum += static_cast<unsigned char>(static_cast<const char*>(piece.iov_base)[i]);
        }
      }
      most = std::max(most, resident_file_bytes() - before);
    });
  }
  BOOST_TEST(sum > 0U);
  BOOST_TEST(most < (std::int64_t{28} << 20));
  BOOST_TEST(mapped.workspace().resident <= mapped.workspace().resident_limit);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(file_cache, Fixture)

BOOST_AUTO_TEST_CASE(keeps_the_most_recent) {
  FileCache cache({.capacity = 2});
  std::vector<std::shared_ptr<const MappedFile>> files;
  for (const char* name : {"a", "b", "c"}) {
    synthetic::write(folder / name, std::string(5000, *name));
    files.push_back(cache.open(folder / name, identify(folder / name), false));
  }
  BOOST_TEST(cache.open(folder / "c", identify(folder / "c"), false) == files[2]);
  BOOST_TEST(cache.open(folder / "b", identify(folder / "b"), false) == files[1]);
  BOOST_TEST(cache.open(folder / "a", identify(folder / "a"), false) != files[0]);
  BOOST_TEST(cache.open(folder / "b", identify(folder / "b"), false) == files[1]);
  BOOST_TEST(cache.open(folder / "c", identify(folder / "c"), false) != files[2]);
  std::array<char, 3> bytes;
  files[0]->copy(4997, bytes);  // evicted, but alive as long as it is held
  BOOST_TEST(std::string(bytes.data(), 3) == "aaa");
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_refused) {
  FileCache cache;
  synthetic::write(folder / "a", "one");
  const Identity old = identify(folder / "a");
  cache.open(folder / "a", old, false);
  synthetic::write(folder / "a", "longer");
  const Identity now = identify(folder / "a");
  BOOST_TEST(!(now == old));
  BOOST_TEST(cache.open(folder / "a", now, false)->size() == 6);
  BOOST_CHECK_EXCEPTION(cache.open(folder / "a", old, false), Failure,
                        [](const Failure& f) { return f.kind() == FailureKind::corrupt_data; });
  std::filesystem::remove(folder / "a");
  BOOST_CHECK_EXCEPTION(FileCache().open(folder / "a", now, false), Failure,
                        [](const Failure& f) { return f.kind() == FailureKind::unavailable; });
}

std::size_t count_files(const std::string& path) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path),
                                                std::filesystem::directory_iterator()));
}

BOOST_AUTO_TEST_CASE(gzipped_files_are_unpacked_once) {
  const std::string cache_folder = folder / "cache";
  std::filesystem::create_directory(cache_folder);
  std::vector<std::string> contents;
  for (const char* name : {"a.gz", "b.gz", "c.gz"}) {
    contents.push_back(std::string(100000, *name));
    synthetic::write_gzipped(folder / name, contents.back());
  }
  const FileCache::Settings settings{.unpack_folder = cache_folder, .unpack_limit = 250000};
  const auto read = [&](FileCache& cache, const char* name) {
    const auto file = cache.open(folder / name, identify(folder / name), true);
    std::string bytes(static_cast<std::size_t>(file->size()), '\0');
    file->copy(0, bytes);
    return bytes;
  };
  {
    FileCache cache(settings);
    BOOST_TEST((read(cache, "a.gz") == contents[0]));
    BOOST_TEST((read(cache, "a.gz") == contents[0]));
    BOOST_TEST(count_files(cache_folder) == 1U);
  }
  const auto only = std::filesystem::directory_iterator(cache_folder)->path();
  const std::uint64_t inode = identify(only.string()).inode;
  // A second process finds it there, at the price of one look.
  FileCache cache(settings);
  BOOST_TEST((read(cache, "a.gz") == contents[0]));
  BOOST_TEST(identify(only.string()).inode == inode);
  // The limit holds two; the one used longest ago goes.
  BOOST_TEST((read(cache, "b.gz") == contents[1]));
  std::filesystem::last_write_time(
      only, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  BOOST_TEST((read(cache, "c.gz") == contents[2]));
  BOOST_TEST(count_files(cache_folder) == 2U);
  BOOST_TEST(!std::filesystem::exists(only));
  BOOST_TEST((read(cache, "a.gz") == contents[0]));  // held open by the cache all the time
}

BOOST_AUTO_TEST_CASE(gzipped_files_that_cannot_be_unpacked) {
  const std::string cache_folder = folder / "cache";
  std::filesystem::create_directory(cache_folder);
  synthetic::write_gzipped(folder / "bomb.gz", std::string(50 << 20, '\0'));
  const Identity bomb = identify(folder / "bomb.gz");
  const auto kind = [&](const FileCache::Settings& settings, const Identity& expected) {
    try {
      FileCache(settings).open(folder / "bomb.gz", expected, true);
    } catch (const Failure& failure) {
      return failure.kind();
    }
    return FailureKind::internal;
  };
  const FileCache::Settings settings{.unpack_folder = cache_folder, .unpack_limit = 1 << 20};
  BOOST_TEST((kind(settings, bomb) == FailureKind::too_large));
  BOOST_TEST(count_files(cache_folder) == 0U);
  BOOST_TEST((kind({}, bomb) == FailureKind::unavailable));
  BOOST_TEST((kind({.unpack_folder = folder / "none", .unpack_limit = 1 << 30}, bomb) ==
              FailureKind::unavailable));
  Identity other = bomb;
  ++other.size;
  BOOST_TEST((kind(settings, other) == FailureKind::corrupt_data));
}

BOOST_AUTO_TEST_SUITE_END()
