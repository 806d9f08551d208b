// The guarded statements of TAP on a catalogue of bench/catalogue, beside the same work without
// them. One line of JSON for each command:
//   queries cones FILE ROWS    cones about places of the catalogue: microseconds a row returned
//   queries rows FILE COUNT    COUNT rows of twenty columns, against sqlite3_step alone
//   queries join FILE COUNT ROWS   an upload of COUNT positions joined within 0.01 degrees, against
//   a
//                              loop of C++ over the same tree
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "catalogue_rows.h"
#include "store/select.h"

namespace {

using namespace soda;
using namespace soda::store;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 5;
constexpr double radius = 0.01;  // degrees

double microseconds_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Of allocated memory, not of mapped files.
std::int64_t anonymous_kib() {
  std::int64_t found = 0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr) {
      const auto words = split_blanks(line);
      if (words.size() > 1 && words[0] == "RssAnon:") found = to_integer(words[1]).value_or(0);
    }
    std::fclose(file);
  }
  return found;
}

Guards patient() {
  Guards guards;
  guards.time = std::chrono::minutes(10);
  return guards;
}

constexpr std::string_view cone =
    "SELECT o.obs_publisher_did, o.s_ra, o.s_dec, o.t_min, o.em_min, o.obs_collection FROM "
    "main.dataset AS o WHERE o.id IN (SELECT id FROM main.sky3 WHERE id MATCH adql_near(?1, ?2, "
    "?3)) AND adql_point_in_circle(o.s_ra, o.s_dec, ?1, ?2, ?3) = 1";

void cones(const std::string& path, std::uint64_t rows) {
  Selector selector(path);
  std::vector<double> times;
  std::int64_t found = 0;
  double spent = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const sky::Direction place = bench::place_of(i, rows);
    const std::vector<Value> circle = {place.lon().degrees(), place.lat().degrees(), 0.3};
    const auto begun = Clock::now();
    std::int64_t count = 0;
    Inquiry inquiry(selector, patient());
    inquiry.select(cone, circle);
    while (inquiry.next()) ++count;
    if (count == 0) continue;
    const double took = microseconds_since(begun);
    times.push_back(took / static_cast<double>(count));
    spent += took;
    found += count;
  }
  fmt::print("{{\"rows\": {}, \"us_a_row\": {:.2f}, \"us_a_row_in_all\": {:.2f}}}\n", found,
             median(times), spent / static_cast<double>(found));
}

// Twenty columns as a client of ObsCore asks for them.
constexpr std::string_view many =
    "SELECT dataproduct_type, calib_level, obs_collection, obs_id, obs_publisher_did, access_url, "
    "access_format, access_estsize, target_name, s_ra, s_dec, s_fov, s_resolution, t_min, t_max, "
    "t_exptime, em_min, em_max, facility_name, instrument_name FROM main.dataset LIMIT ?1";

double guarded_rows(Selector& selector, std::int64_t count) {
  const auto begun = Clock::now();
  Inquiry inquiry(selector, patient());
  inquiry.select(many, std::vector<Value>{count});
  std::size_t sum = 0;
  while (inquiry.next()) sum += inquiry.row()[3].index();
  const double took = microseconds_since(begun);
  if (sum == 0) throw Failure(FailureKind::internal, "no rows");
  return took;
}

struct Plain {
  explicit Plain(const std::string& path) {
    sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    sqlite3_exec(handle, "PRAGMA mmap_size = 2147418112", nullptr, nullptr, nullptr);
  }
  ~Plain() { sqlite3_close(handle); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  sqlite3* handle = nullptr;
};

double plain_rows(const std::string& path, std::int64_t count) {
  const Plain plain(path);
  const auto begun = Clock::now();
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(plain.handle, many.data(), static_cast<int>(many.size()), &statement, nullptr);
  sqlite3_bind_int64(statement, 1, count);
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  const double took = microseconds_since(begun);
  sqlite3_finalize(statement);
  return took;
}

void rows(const std::string& path, std::int64_t count) {
  Selector selector(path);
  std::vector<double> ratios;
  double ours = 0;
  for (int round = 0; round < rounds; ++round) {
    ours = guarded_rows(selector, count);
    ratios.push_back(ours / plain_rows(path, count));
  }
  fmt::print("{{\"us_a_row\": {:.3f}, \"against_step\": {:.2f}, \"anonymous_kib\": {}}}\n",
             ours / static_cast<double>(count), median(ratios), anonymous_kib());
}

struct Positions {
  std::vector<double> lon, lat;
};

Positions positions_of(std::uint64_t count, std::uint64_t rows) {
  Positions positions;
  for (std::uint64_t i = 0; i < count; ++i) {
    const sky::Direction place = bench::place_of(i, rows);
    positions.lon.push_back(place.lon().degrees());
    positions.lat.push_back(place.lat().degrees());
  }
  return positions;
}

struct Joined {
  double upload_us = 0, join_us = 0;
  std::int64_t pairs = 0;
};

Joined joined(Selector& selector, const Positions& at, std::string_view from) {
  Joined result;
  std::vector<Column> columns(2);
  columns[0] = {"ra", ColumnType::real, "double", "", "", "deg", "pos.eq.ra", "", ""};
  columns[1] = {"dec", ColumnType::real, "double", "", "", "deg", "pos.eq.dec", "", ""};
  Inquiry inquiry(selector, patient());
  auto begun = Clock::now();
  TemporaryTable table = inquiry.make_table("the upload", columns);
  for (std::size_t i = 0; i < at.lon.size(); ++i)
    table.add(std::vector<Cell>{at.lon[i], at.lat[i]});
  result.upload_us = microseconds_since(begun);
  begun = Clock::now();
  inquiry.select(fmt::format("SELECT o.obs_id, t.c1 FROM {} AND adql_point_in_circle(o.s_ra, "
                             "o.s_dec, t.c1, t.c2, {}) = 1",
                             from, radius),
                 {});
  while (inquiry.next()) ++result.pairs;
  result.join_us = microseconds_since(begun);
  return result;
}

// What a program of one's own would do: one statement on the tree with the box of each circle, the
// rows that it finds read and held against the circle.
Joined looped(const std::string& path, const Positions& at) {
  const Plain plain(path);
  Joined result;
  const auto begun = Clock::now();
  sqlite3_stmt* tree = nullptr;
  sqlite3_prepare_v2(plain.handle,
                     "SELECT o.obs_id, o.s_ra, o.s_dec FROM sky3 s CROSS JOIN dataset o ON o.id = "
                     "s.id WHERE x0 <= ?1 AND x1 >= ?2 AND y0 <= ?3 AND y1 >= ?4 AND z0 <= ?5 AND "
                     "z1 >= ?6",
                     -1, &tree, nullptr);
  constexpr double degree = std::numbers::pi / 180;
  const double chord = 2 * std::sin(radius * degree / 2);
  for (std::size_t i = 0; i < at.lon.size(); ++i) {
    const double lon = at.lon[i] * degree, lat = at.lat[i] * degree;
    const double c[3] = {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon),
                         std::sin(lat)};
    for (int k = 0; k < 3; ++k) {
      sqlite3_bind_double(tree, 1 + 2 * k, c[k] + chord);
      sqlite3_bind_double(tree, 2 + 2 * k, c[k] - chord);
    }
    while (sqlite3_step(tree) == SQLITE_ROW) {
      const double ra = sqlite3_column_double(tree, 1) * degree;
      const double dec = sqlite3_column_double(tree, 2) * degree;
      const double d[3] = {std::cos(dec) * std::cos(ra) - c[0], std::cos(dec) * std::sin(ra) - c[1],
                           std::sin(dec) - c[2]};
      if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= chord * chord) {
        sqlite3_column_text(tree, 0);
        ++result.pairs;
      }
    }
    sqlite3_reset(tree);
  }
  sqlite3_finalize(tree);
  result.join_us = microseconds_since(begun);
  return result;
}

void join(const std::string& path, std::uint64_t count, std::uint64_t rows) {
  const Positions at = positions_of(count, rows);
  const std::string by_tree = fmt::format(
      "temp.table1 AS t CROSS JOIN main.sky3 AS s CROSS JOIN main.dataset AS o WHERE "
      "s.id MATCH adql_near(t.c1, t.c2, {}) AND o.id = s.id",
      radius);
  const std::string by_list = fmt::format(
      "temp.table1 AS t JOIN main.dataset AS o WHERE o.id IN (SELECT id FROM main.sky3 "
      "WHERE id MATCH adql_near(t.c1, t.c2, {}))",
      radius);
  Selector selector(path);
  std::vector<double> tree, list;
  Joined last, reference;
  for (int round = 0; round < rounds; ++round) {
    reference = looped(path, at);
    last = joined(selector, at, by_list);
    list.push_back((last.upload_us + last.join_us) / reference.join_us);
    last = joined(selector, at, by_tree);
    tree.push_back((last.upload_us + last.join_us) / reference.join_us);
    if (last.pairs != reference.pairs)
      throw Failure(FailureKind::internal,
                    fmt::format("{} pairs against {}", last.pairs, reference.pairs));
  }
  fmt::print(
      "{{\"pairs\": {}, \"upload_us\": {:.0f}, \"join_us\": {:.0f}, \"loop_us\": {:.0f}, "
      "\"against_loop\": {:.2f}, \"by_list_against_loop\": {:.2f}, \"anonymous_kib\": {}}}\n",
      last.pairs, last.upload_us, last.join_us, reference.join_us, median(tree), median(list),
      anonymous_kib());
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const auto number = [&](std::size_t at) { return to_integer(arguments.at(at)).value_or(0); };
  const auto whole = [&](std::size_t at) { return static_cast<std::uint64_t>(number(at)); };
  const std::vector<std::pair<std::string, std::function<void()>>> commands = {
      {"cones", [&] { cones(arguments.at(1), whole(2)); }},
      {"rows", [&] { rows(arguments.at(1), number(2)); }},
      {"join", [&] { join(arguments.at(1), whole(2), whole(3)); }}};
  try {
    for (const auto& [name, run] : commands) {
      if (arguments.size() > 1 && arguments[0] == name) {
        run();
        return 0;
      }
    }
    fmt::print(stderr, "queries: see the first lines of queries.cc\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "queries: {}\n", error.what());
    return 1;
  }
}
