// The core without any server, against references, one position after the other on both sides.
//
//   core floor CONFIG ID FILE ROUNDS SIZE   against open+fstat+pread rows+close
//   core pair  CONFIG ID ID2 ROUNDS SIZE    one data set against another
//   core cold  CONFIG ID FILE ROUNDS SIZE   FILE out of the page cache, against pread of the rows
//   core tiles CONFIG ID FILE ROUNDS SIZE   FILE is compressed: against fits_read_subset
//   core mask  CONFIG ID FILE ROUNDS SIZE   a polygon with MASK=nan, against the same without
//
// Positions come on standard input as `positions` prints them. For each round it prints "OURS
// REFERENCE": the medians over the positions, in microseconds of the thread's own time (cold: of
// the clock's). Then "different N", the number of bytes or pixels that are not those of the
// reference (floor, tiles) or of the test of every pixel (mask); for cold "read N N": bytes from
// the disk per cut, ours and the reference's.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/form.h"
#include "ours.h"
#include "references.h"

namespace {

struct Position {
  std::string circle;  // "lon lat radius"
  bench::Box box;
  std::string polygon;                 // "lon lat lon lat …"
  std::vector<bench::Vector> corners;  // of the polygon
};

struct Task {
  std::string config, id, other;
  int rounds = 5;
  std::int64_t size = 0;
  std::vector<Position> positions;

  std::string query(const std::string& of, std::string_view shape, std::string_view value) const {
    return fmt::format("ID={}&{}={}", soda::percent_encode(of), shape, soda::percent_encode(value));
  }
};

std::vector<Position> read_positions(std::int64_t size) {
  std::vector<Position> positions;
  for (std::string line; std::getline(std::cin, line);) {
    const auto words = soda::split_blanks(line);
    const auto x = soda::to_integer(words.at(3)), y = soda::to_integer(words.at(4));
    Position position{fmt::format("{} {} {}", words[0], words[1], words[2]),
                      {x.value(), y.value(), size, size},
                      fmt::format("{}", fmt::join(words.begin() + 5, words.end(), " ")),
                      {}};
    for (std::size_t i = 5; i + 1 < words.size(); i += 2) {
      position.corners.push_back(
          bench::unit(soda::to_double(words[i]).value(), soda::to_double(words[i + 1]).value()));
    }
    positions.push_back(std::move(position));
  }
  if (positions.empty()) throw std::runtime_error("no positions on standard input");
  return positions;
}

double now_in_microseconds(clockid_t clock) {
  timespec time;
  if (::clock_gettime(clock, &time) != 0) throw std::runtime_error("clock_gettime failed");
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The two sides of a comparison at a position; `prepare` is done before each and not measured. Work
// that never waits is measured by the thread's own time, which other processes do not lengthen.
struct Sides {
  clockid_t clock;
  std::function<void(const Position&)> prepare, ours, reference;
};

// Who comes first changes from position to position: the second finds its bytes in the processor's
// caches.
void compare(const Task& task, const Sides& sides) {
  for (int round = -1; round < task.rounds; ++round) {
    std::vector<double> ours, reference;
    for (std::size_t i = 0; i < task.positions.size(); ++i) {
      const Position& position = task.positions[i];
      const auto measure = [&](const auto& work, std::vector<double>& times) {
        sides.prepare(position);
        const double start = now_in_microseconds(sides.clock);
        work(position);
        times.push_back(now_in_microseconds(sides.clock) - start);
      };
      const bool ours_first = (i + static_cast<std::size_t>(round + 1)) % 2 == 0;
      if (ours_first) measure(sides.ours, ours);
      measure(sides.reference, reference);
      if (!ours_first) measure(sides.ours, ours);
    }
    // The first one warms up.
    if (round >= 0) fmt::print("{:.2f} {:.2f}\n", median(ours), median(reference));
  }
}

// Where the pixels of the first image of an answer begin: behind the block that holds END.
std::string_view pixels_of(const std::vector<char>& answer, std::size_t length) {
  const std::string_view text(answer.data(), answer.size());
  for (std::size_t at = 0; at < text.size(); at += 80) {
    if (text.substr(at, 8) != "END     ") continue;
    const std::size_t begin = (at / 2880 + 1) * 2880;
    // An image that was compressed follows an empty primary.
    if (text.substr(begin, 8) == "XTENSION") continue;
    return text.substr(begin, length);
  }
  throw std::runtime_error("an answer without END");
}

std::size_t bytes_that_differ(std::string_view a, std::string_view b) {
  std::size_t count = std::max(a.size(), b.size()) - std::min(a.size(), b.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += a[i] != b[i];
  return count;
}

void floor(const Task& task) {
  bench::Ours ours(task.config);
  const bench::Rows rows(task.other);
  std::vector<char> answer, expected;
  std::size_t different = 0;
  for (const auto& position : task.positions) {
    ours.cut(ours.request(task.query(task.id, "CIRCLE", position.circle)), answer);
    rows.read(position.box, expected);
    different +=
        bytes_that_differ(pixels_of(answer, expected.size()), {expected.data(), expected.size()});
  }
  soda::http::Request request;
  compare(task, {CLOCK_THREAD_CPUTIME_ID,
                 [&](const Position& p) {
                   request = ours.request(task.query(task.id, "CIRCLE", p.circle));
                 },
                 [&](const Position&) { ours.cut(request, answer); },
                 [&](const Position& p) { rows.read(p.box, expected); }});
  fmt::print("different {}\n", different);
}

void pair(const Task& task) {
  bench::Ours ours(task.config);
  std::vector<char> answer;
  soda::http::Request one, other;
  compare(task, {CLOCK_THREAD_CPUTIME_ID,
                 [&](const Position& p) {
                   one = ours.request(task.query(task.id, "CIRCLE", p.circle));
                   other = ours.request(task.query(task.other, "CIRCLE", p.circle));
                 },
                 [&](const Position&) { ours.cut(one, answer); },
                 [&](const Position&) { ours.cut(other, answer); }});
}

std::int64_t bytes_from_disk() {
  std::ifstream io("/proc/self/io");
  for (std::string name, value; io >> name >> value;) {
    if (name == "read_bytes:") return soda::to_integer(value).value_or(0);
  }
  throw std::runtime_error("/proc/self/io cannot be read");
}

// A process that has served this image before, whose mapping holds none of the pages to come: a
// mapped page cannot be evicted.
void cold(const Task& task) {
  const bench::Rows rows(task.other);
  std::optional<bench::Ours> ours;
  std::vector<char> answer, expected;
  soda::http::Request request;
  std::size_t turn = 0;
  std::int64_t ours_read = 0, reference_read = 0;
  const auto prepare = [&](const Position& p) {
    ours.emplace(task.config);
    const auto& elsewhere =
        task.positions[(turn++ + task.positions.size() / 2) % task.positions.size()];
    if (&elsewhere != &p) {
      ours->cut(ours->request(task.query(task.id, "CIRCLE", elsewhere.circle)), answer);
    }
    request = ours->request(task.query(task.id, "CIRCLE", p.circle));
    bench::evict(task.other);
    if (const double part = rows.resident(p.box); part > 0.05) {
      throw std::runtime_error(
          fmt::format("{:.0f} % of the pages could not be evicted", 100 * part));
    }
  };
  const auto counted = [&](std::int64_t& sum, const std::function<void()>& work) {
    const std::int64_t before = bytes_from_disk();
    work();
    sum += bytes_from_disk() - before;
  };
  compare(task, {CLOCK_MONOTONIC, prepare,
                 [&](const Position&) { counted(ours_read, [&] { ours->cut(request, answer); }); },
                 [&](const Position& p) {
                   counted(reference_read, [&] { rows.read(p.box, expected); });
                 }});
  const auto cuts = static_cast<std::int64_t>(task.positions.size()) * (task.rounds + 1);
  fmt::print("read {} {}\n", ours_read / cuts, reference_read / cuts);
}

void tiles(const Task& task) {
  bench::Ours ours(task.config);
  bench::OpenSubset subset(task.other);
  std::vector<char> answer;
  std::vector<float> expected;
  std::size_t different = 0;
  for (const auto& position : task.positions) {
    ours.cut(ours.request(task.query(task.id, "CIRCLE", position.circle)), answer);
    subset.read(position.box, expected);
    const auto pixels = pixels_of(answer, 4 * expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      std::uint32_t stored;
      std::memcpy(&stored, pixels.data() + 4 * i, 4);
      different += __builtin_bswap32(stored) != std::bit_cast<std::uint32_t>(expected[i]);
    }
  }
  soda::http::Request request;
  compare(task, {CLOCK_THREAD_CPUTIME_ID,
                 [&](const Position& p) {
                   request = ours.request(task.query(task.id, "CIRCLE", p.circle));
                 },
                 [&](const Position&) { ours.cut(request, answer); },
                 [&](const Position& p) { subset.read(p.box, expected); }});
  fmt::print("different {}\n", different);
}

std::size_t pixels_that_differ(const bench::Sky& sky, const Position& position,
                               const std::vector<char>& answer) {
  const bench::Box& box = position.box;
  const auto count = static_cast<std::size_t>(box.width * box.height);
  const auto pixels = pixels_of(answer, 4 * count);
  if (pixels.size() != 4 * count) throw std::runtime_error("an answer of another size");
  std::size_t different = 0, kept = 0;
  for (std::int64_t y = 0; y < box.height; ++y) {
    const auto row = sky.row(box.x, box.y + y, box.width);
    for (std::size_t x = 0; x < row.size(); ++x) {
      std::uint32_t stored;
      std::memcpy(&stored, pixels.data() + 4 * (static_cast<std::size_t>(y * box.width) + x), 4);
      const bool blank = std::isnan(std::bit_cast<float>(__builtin_bswap32(stored)));
      const bool in = bench::inside(position.corners, row[x]);
      different += blank == in;
      kept += in;
    }
  }
  if (kept < count / 2 || kept > count * 9 / 10) {
    throw std::runtime_error(fmt::format("the polygon holds {} of {} pixels", kept, count));
  }
  return different;
}

void mask(const Task& task) {
  bench::Ours ours(task.config);
  const auto file = bench::open_image(task.other);
  const bench::Sky sky(file.get());
  std::vector<char> answer;
  soda::http::Request masked, plain;
  std::size_t different = 0;
  for (const auto& position : task.positions) {
    ours.cut(ours.request(task.query(task.id, "POLYGON", position.polygon) + "&MASK=nan"), answer);
    different += pixels_that_differ(sky, position, answer);
  }
  compare(task, {CLOCK_THREAD_CPUTIME_ID,
                 [&](const Position& p) {
                   const auto query = task.query(task.id, "POLYGON", p.polygon);
                   masked = ours.request(query + "&MASK=nan");
                   plain = ours.request(query);
                 },
                 [&](const Position&) { ours.cut(masked, answer); },
                 [&](const Position&) { ours.cut(plain, answer); }});
  fmt::print("different {}\n", different);
}

struct Mode {
  std::string_view name;
  void (*run)(const Task&);
};
constexpr Mode modes[] = {
    {"floor", floor}, {"pair", pair}, {"cold", cold}, {"tiles", tiles}, {"mask", mask}};

}  // namespace

int main(int argc, char** argv) {
  const auto* mode = std::ranges::find(modes, argc > 1 ? argv[1] : "", &Mode::name);
  const auto rounds = soda::to_integer(argc > 5 ? argv[5] : "");
  const auto size = soda::to_integer(argc > 6 ? argv[6] : "");
  if (argc != 7 || mode == std::end(modes) || !rounds || !size) {
    fmt::print(stderr, "usage: core floor|pair|cold|tiles|mask CONFIG ID OTHER ROUNDS SIZE\n");
    return 2;
  }
  try {
    mode->run({argv[2], argv[3], argv[4], static_cast<int>(*rounds), *size, read_positions(*size)});
  } catch (const std::exception& error) {
    fmt::print(stderr, "core: {}\n", error.what());
    return 1;
  }
  return 0;
}
