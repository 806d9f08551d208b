// Queries in ADQL on a catalogue of bench/catalogue, from their text to the bytes of the answer,
// beside the same work without us. One line of JSON for each command:
//   queries cones FILE ROWS       cones about places of the catalogue: microseconds a row returned
//   queries rows FILE COUNT       COUNT rows of twenty columns as BINARY2, against sqlite3_step
//   queries translate FILE        a query of 1 KB parsed, checked and translated, against what
//                                 SQLite takes to prepare the result
//   queries join FILE COUNT ROWS  an upload of COUNT positions joined within 0.01 degrees, against
//                                 a loop of C++ over the same tree
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "base/blocks.h"
#include "base/failure.h"
#include "base/text.h"
#include "catalogue_rows.h"
#include "dali/table.h"
#include "site/access.h"
#include "site/config.h"
#include "store/holdings.h"
#include "store/notice.h"
#include "tap/answer.h"
#include "tap/translate.h"

namespace {

using namespace soda;
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

// The most that was allocated, without mapped files: what is there now, for nothing here is large.
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

// What a responder has.
struct Responder {
  explicit Responder(const std::string& path)
      : config(site::Config::parse(
            fmt::format("base_url = \"http://archive.example/vo\"\ndatabase = \"{}\"\n"
                        "tap_upload_rows = 1000000\nmax_upload = 1000000000\n",
                        path),
            "bench")),
        database(std::make_shared<store::Database>(path, store::Database::Mode::read_only)),
        holdings(database),
        notices(*database),
        access(config),
        context{config, holdings, *database, notices, access, "0"},
        desk(context) {}

  site::Config config;
  std::shared_ptr<store::Database> database;
  store::Holdings holdings;
  store::NoticeBoard notices;
  site::Access access;
  dali::Context context;
  tap::Desk desk;
};

struct Answered {
  std::int64_t rows = 0, kib = 0;
  std::size_t bytes = 0;
};

// One query from its text to the bytes of a VOTable in BINARY2.
Answered answered(Responder& responder, const std::string& query, const std::string& upload = {}) {
  store::Guards guards;
  guards.time = std::chrono::minutes(10);
  tap::Request request;
  request.query = query;
  request.rows = 1'000'000'000;
  if (!upload.empty()) request.uploads = {"mine,param:mine"};
  const auto source = [&](const dali::UploadedTable&) -> ByteInput {
    return [&upload, at = std::size_t{0}](std::span<char> into) mutable {
      const std::size_t count = std::min(into.size(), upload.size() - at);
      std::memcpy(into.data(), upload.data() + at, count);
      at += count;
      return count;
    };
  };
  tap::Answer answer(responder.desk, responder.context, request, guards, source);
  Answered result;
  Blocks blocks([&](std::string_view block) {
    result.bytes += block.size();
    if (result.kib == 0) result.kib = anonymous_kib();
  });
  const auto writer =
      dali::make_table_writer(dali::TableForm::binary2, answer.table(responder.context), blocks);
  writer->finish(answer.write_rows(*writer));
  blocks.flush();
  result.rows = answer.rows();
  result.kib = std::max(result.kib, anonymous_kib());
  return result;
}

void cones(const std::string& path, std::uint64_t rows) {
  Responder responder(path);
  std::vector<double> times;
  std::int64_t found = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const sky::Direction place = bench::place_of(i, rows);
    const std::string query = fmt::format(
        "SELECT obs_publisher_did, s_ra, s_dec, t_min, em_min, obs_collection FROM ivoa.obscore "
        "WHERE 1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE({}, {}, 0.3))",
        place.lon().degrees(), place.lat().degrees());
    const auto begun = Clock::now();
    const std::int64_t count = answered(responder, query).rows;
    if (count == 0) continue;
    times.push_back(microseconds_since(begun) / static_cast<double>(count));
    found += count;
  }
  fmt::print("{{\"rows\": {}, \"us_a_row\": {:.2f}}}\n", found, median(times));
}

// Twenty columns as a client of ObsCore asks for them.
constexpr std::string_view many =
    "dataproduct_type, calib_level, obs_collection, obs_id, obs_publisher_did, obs_title, "
    "data_rights, access_estsize, target_name, s_ra, s_dec, s_fov, s_resolution, t_min, t_max, "
    "t_exptime, em_min, em_max, facility_name, instrument_name";

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
  const std::string sql = fmt::format("SELECT {} FROM dataset LIMIT {}", many, count);
  const auto begun = Clock::now();
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(plain.handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  const double took = microseconds_since(begun);
  sqlite3_finalize(statement);
  return took;
}

void rows(const std::string& path, std::int64_t count) {
  Responder responder(path);
  const std::string query = fmt::format("SELECT TOP {} {} FROM ivoa.obscore", count, many);
  std::vector<double> ratios, times;
  Answered last;
  for (int round = 0; round < rounds; ++round) {
    const auto begun = Clock::now();
    last = answered(responder, query);
    times.push_back(microseconds_since(begun));
    ratios.push_back(times.back() / plain_rows(path, count));
    if (last.rows != count) throw Failure(FailureKind::internal, "rows are missing");
  }
  fmt::print("{{\"us_a_row\": {:.3f}, \"against_step\": {:.2f}, \"own_kib\": {}}}\n",
             median(times) / static_cast<double>(count), median(ratios), last.kib);
}

// As a person writes it who knows what is wanted: a kilobyte.
std::string long_query() {
  return fmt::format(
      "SELECT TOP 100 o.obs_publisher_did, o.obs_collection, o.obs_title, o.instrument_name, "
      "o.access_url, o.access_format, o.access_estsize, o.s_xel1, o.s_xel2, o.pol_states, o.s_ra, "
      "o.s_dec, o.t_min, o.t_max, o.t_max - o.t_min AS span, DISTANCE(POINT(o.s_ra, o.s_dec), "
      "POINT(150.1, 2.2)) AS dist, CASE WHEN o.em_min < 4e-7 THEN 'blue' ELSE 'red' END AS colour "
      "FROM ivoa.obscore AS o WHERE 1 = CONTAINS(POINT('ICRS', o.s_ra, o.s_dec), CIRCLE('ICRS', "
      "150.1, 2.2, 0.5)) AND INTERSECTS(o.s_region, POLYGON(149, 1, 151, 1, 151, 3, 149, 3)) = 1 "
      "AND o.calib_level >= 2 AND (o.obs_collection LIKE 'SURVEY%' OR o.obs_collection IN ('A', "
      "'B', 'C')) AND o.dataproduct_type = 'image' AND o.t_min BETWEEN 50000 AND 60000 AND "
      "o.t_exptime IS NOT NULL AND o.em_min <= 7e-7 AND o.em_max >= 4e-7 AND ROUND(o.s_fov, 2) < "
      "1.5 AND NOT (o.target_name = 'none' OR LOWER(o.instrument_name) = 'wide field') AND "
      "o.facility_name IN (SELECT facility_name FROM ivoa.obscore WHERE t_min > 55000 AND "
      "s_resolution < 1.2) ORDER BY dist ASC, t_min DESC");
}

void translation(const std::string& path) {
  Responder responder(path);
  const auto catalogue = responder.desk.tables().get(responder.context);
  const std::string query = long_query();
  std::vector<double> ratios, ours;
  constexpr int runs = 400;
  for (int round = 0; round < rounds; ++round) {
    auto begun = Clock::now();
    tap::Query translated;
    for (int i = 0; i < runs; ++i) translated = tap::translate(query, *catalogue);
    ours.push_back(microseconds_since(begun) / runs);
    store::Guards guards;
    double prepared = 0;
    for (int i = 0; i < runs; ++i) {
      store::Inquiry inquiry(responder.desk.selector(), guards);
      begun = Clock::now();
      inquiry.select(translated.sql + std::string(static_cast<std::size_t>(i % 100), ' '),
                     translated.bindings);
      prepared += microseconds_since(begun);
    }
    ratios.push_back(ours.back() / (prepared / runs));
  }
  fmt::print("{{\"bytes\": {}, \"us\": {:.1f}, \"against_prepare\": {:.2f}}}\n", query.size(),
             median(ours), median(ratios));
}

struct Positions {
  std::vector<double> lon, lat;

  Positions(std::uint64_t count, std::uint64_t rows) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const sky::Direction place = bench::place_of(i, rows);
      lon.push_back(place.lon().degrees());
      lat.push_back(place.lat().degrees());
    }
  }
  // As a client sends it.
  std::string votable() const {
    xml::ResultTable table;
    std::vector<Column> columns(2);
    columns[0] = {"ra", ColumnType::real, "double", "", "", "deg", "pos.eq.ra;meta.main", "", ""};
    columns[1] = {"dec", ColumnType::real, "double", "", "", "deg", "pos.eq.dec;meta.main", "", ""};
    table.fields = xml::fields_of(columns);
    std::string text;
    Blocks blocks([&](std::string_view block) { text += block; });
    const auto writer = dali::make_table_writer(dali::TableForm::binary2, std::move(table), blocks);
    for (std::size_t i = 0; i < lon.size(); ++i) writer->row(std::vector<Cell>{lon[i], lat[i]});
    writer->finish({});
    blocks.flush();
    return text;
  }
};

// What a program of one's own would do: one statement on the tree with the box of each circle, the
// rows that it finds read and held against the circle.
std::int64_t looped(const std::string& path, const Positions& at) {
  const Plain plain(path);
  std::int64_t pairs = 0;
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
        ++pairs;
      }
    }
    sqlite3_reset(tree);
  }
  sqlite3_finalize(tree);
  return pairs;
}

void join(const std::string& path, std::uint64_t count, std::uint64_t rows) {
  const Positions at(count, rows);
  const std::string upload = at.votable();
  const std::string query = fmt::format(
      "SELECT o.obs_id, t.ra FROM TAP_UPLOAD.mine AS t JOIN ivoa.obscore AS o ON 1 = "
      "CONTAINS(POINT(o.s_ra, o.s_dec), CIRCLE(t.ra, t.dec, {}))",
      radius);
  Responder responder(path);
  std::vector<double> ratios, ours;
  Answered last;
  for (int round = 0; round < rounds; ++round) {
    auto begun = Clock::now();
    const std::int64_t pairs = looped(path, at);
    const double loop = microseconds_since(begun);
    begun = Clock::now();
    last = answered(responder, query, upload);
    ours.push_back(microseconds_since(begun));
    ratios.push_back(ours.back() / loop);
    if (last.rows != pairs)
      throw Failure(FailureKind::internal, fmt::format("{} pairs against {}", last.rows, pairs));
  }
  fmt::print("{{\"pairs\": {}, \"us\": {:.0f}, \"against_loop\": {:.2f}, \"own_kib\": {}}}\n",
             last.rows, median(ours), median(ratios), last.kib);
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const auto number = [&](std::size_t at) { return to_integer(arguments.at(at)).value_or(0); };
  const auto whole = [&](std::size_t at) { return static_cast<std::uint64_t>(number(at)); };
  const std::vector<std::pair<std::string, std::function<void()>>> commands = {
      {"cones", [&] { cones(arguments.at(1), whole(2)); }},
      {"rows", [&] { rows(arguments.at(1), number(2)); }},
      {"translate", [&] { translation(arguments.at(1)); }},
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
