// Figures of the data base: writes a catalogue of realistic rows and asks it questions, in this
// process. Prints one JSON object; times are processor time in microseconds unless they say wall.
//
//   catalogue write FILE ROWS           a new archive, rows in order along the sky
//   catalogue ask FILE                  Q1, Q2, Q3 (medians over 200 questions)
//   catalogue readers FILE              Q7: four reader processes against two
//   catalogue ingest FOLDER ROWS        Q8: batches beside readers against one transaction alone
//
// The rows: footprints of 0.15 degrees (80 %), 0.5 (18 %), 2 (1.9 %) and 10 (0.1 %); one row in ten
// lies in one of 200 crowded fields. Same number, same catalogue.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <functional>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "sky/footprint.h"
#include "store/query.h"
#include "store/recorder.h"

namespace {

using namespace soda;
using sky::Angle;
using sky::Direction;
using store::Database;

constexpr std::size_t batch_size = 10000;
constexpr int fields = 200, questions = 200;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Random numbers of one row, the same whatever was drawn before.
class Draw {
 public:
  explicit Draw(std::uint64_t row) : random_(row * 0x9E3779B97F4A7C15 + 1) {}
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random_);
  }
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  Direction anywhere() {
    const double lon = uniform(0, 360), z = uniform(-1, 1);
    return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_radians(std::asin(z)));
  }

 private:
  std::mt19937_64 random_;
};

Direction centre_of(Draw& draw) {
  if (draw.below(10) != 0) return draw.anywhere();
  Draw field(1'000'000'007ULL + static_cast<std::uint64_t>(draw.below(fields)));
  return sky::offset(field.anywhere(), Angle::from_degrees(draw.uniform(0, 360)),
                     Angle::from_degrees(0.5 * std::sqrt(draw.uniform(0, 1))));
}

double size_of(Draw& draw) {
  const int of = draw.below(1000);
  return of < 800 ? 0.15 : of < 980 ? 0.5 : of < 999 ? 2 : 10;
}

store::CatalogueRow row_of(std::uint64_t number) {
  struct Band {
    const char* name;
    double lo, hi;
  };
  constexpr std::array<Band, 5> bands = {{{"u", 3.2e-7, 4e-7},
                                          {"g", 4e-7, 5.5e-7},
                                          {"r", 5.5e-7, 7e-7},
                                          {"i", 6.9e-7, 8.2e-7},
                                          {"K", 2e-6, 2.3e-6}}};
  constexpr std::array<double, 10> exposures = {10, 30, 60, 100, 120, 300, 600, 900, 1200, 1800};
  Draw draw(number);
  const Direction centre = centre_of(draw);
  const double size = size_of(draw), turn = draw.uniform(0, 90);
  store::CatalogueRow row;
  store::ObsCore& o = row.obscore;
  const int collection = draw.below(20), instrument = draw.below(50);
  const Band& band = bands[static_cast<std::size_t>(draw.below(5))];
  std::vector<double> outline;
  for (int corner = 3; corner >= 0; --corner) {
    const Direction d = sky::offset(centre, Angle::from_degrees(turn + 45 + 90 * corner),
                                    Angle::from_degrees(size / std::numbers::sqrt2));
    outline.insert(outline.end(), {d.lon().degrees(), d.lat().degrees()});
  }
  o.dataproduct_type = draw.below(20) == 0 ? "cube" : "image";
  o.calib_level = 1 + draw.below(3);
  o.obs_collection = fmt::format("SURVEY-DR{}", collection);
  o.obs_id = fmt::format("obs-{:09}", number / 3);
  o.obs_publisher_did =
      fmt::format("ivo://archive.example/survey?dr{}/exposures/{:09}.fits", collection, number);
  o.access_format = "application/x-votable+xml;content=datalink";
  o.access_estsize = 8192 + draw.below(10000);
  // Survey fields of two degrees.
  o.target_name = fmt::format("FIELD {:03.0f}{:+03.0f}", centre.lon().degrees() / 2,
                              centre.lat().degrees() / 2);
  o.s_ra = centre.lon().degrees();
  o.s_dec = centre.lat().degrees();
  o.s_fov = size * std::numbers::sqrt2;
  o.s_region = store::polygon_text(outline);
  o.s_resolution = 0.05 * (10 + draw.below(30));
  o.s_xel1 = 2048;
  o.s_xel2 = 2048;
  o.s_pixel_scale = size / 2048 * 3600;
  o.t_min = draw.uniform(50000, 60000);
  o.t_exptime = exposures[static_cast<std::size_t>(draw.below(exposures.size()))];
  o.t_max = *o.t_min + *o.t_exptime / 86400;
  o.t_resolution = o.t_exptime;
  o.t_xel = 1;
  o.em_min = band.lo;
  o.em_max = band.hi;
  o.em_res_power = 4;
  o.em_xel = 1;
  o.o_ucd = "phot.count";
  o.facility_name = fmt::format("Observatory {}", instrument / 10);
  o.instrument_name = fmt::format("CAM-{}", instrument);
  o.obs_title = fmt::format("{} {} {}", o.instrument_name, o.target_name, band.name);
  o.data_rights = "public";
  o.filter = band.name;
  return row;
}

// Numbers of the rows in order along the sky, as a bulk load has them.
std::vector<std::uint64_t> numbers_in_order(std::uint64_t rows) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> keys;
  keys.reserve(rows);
  for (std::uint64_t number = 0; number < rows; ++number) {
    Draw draw(number);
    keys.emplace_back(sky::hilbert_order(centre_of(draw)), number);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint64_t> numbers;
  numbers.reserve(rows);
  for (const auto& [key, number] : keys) numbers.push_back(number);
  return numbers;
}

void import(store::Recorder& recorder, std::span<const std::uint64_t> numbers) {
  std::vector<store::CatalogueRow> rows;
  rows.reserve(numbers.size());
  for (const std::uint64_t number : numbers) rows.push_back(row_of(number));
  if (!recorder.import_rows(rows).empty())
    throw Failure(FailureKind::internal, "rows of the catalogue were rejected");
}

// Hands over the numbers ten thousand at a time.
void in_batches(const std::vector<std::uint64_t>& numbers,
                const std::function<void(std::span<const std::uint64_t>)>& work) {
  const std::span<const std::uint64_t> all(numbers);
  for (std::size_t at = 0; at < all.size(); at += batch_size)
    work(all.subspan(at, std::min(batch_size, all.size() - at)));
}

void write(const std::string& file, std::uint64_t rows) {
  const std::vector<std::uint64_t> numbers = numbers_in_order(rows);
  Database database(file, Database::Mode::read_write);
  store::Recorder recorder(database);
  const double start = wall_seconds();
  in_batches(numbers, [&](auto batch) { database.transaction([&] { import(recorder, batch); }); });
  const double seconds = wall_seconds() - start;
  fmt::print("{{\"rows\": {}, \"wall_seconds\": {:.1f}, \"rows_per_second\": {:.0f}}}\n", rows,
             seconds, static_cast<double>(rows) / seconds);
}

struct Figure {
  double median = 0, p99 = 0, rows = 0;
};

std::vector<std::string> every_column(Database& database) {
  std::vector<std::string> names;
  for (const Column& column : store::all_columns(database)) names.push_back(column.name);
  return names;
}

std::int64_t rows_of(Database& database, const store::Question& question,
                     const std::vector<std::string>& columns) {
  store::Answer answer = store::answer(database, question, columns);
  std::int64_t rows = 0;
  while (answer.next()) ++rows;
  return rows;
}

using Maker = std::function<store::Question(const Direction&)>;

// Half of the questions are about random places, half about rows; each is asked twice and the
// second counts.
Figure ask(Database& database, const Maker& make, const std::vector<std::string>& columns,
           std::uint64_t rows, int count) {
  std::vector<double> times;
  double found = 0;
  for (int i = 0; i < count; ++i) {
    Draw draw(77'000'000'000ULL + static_cast<std::uint64_t>(i));
    Draw of_row(static_cast<std::uint64_t>(draw.uniform(0, static_cast<double>(rows))));
    const store::Question question = make(i % 2 == 0 ? draw.anywhere() : centre_of(of_row));
    rows_of(database, question, columns);
    const double start = cpu_seconds();
    found += static_cast<double>(rows_of(database, question, columns));
    times.push_back(1e6 * (cpu_seconds() - start));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  return {at(0.5), at(0.99), found / count};
}

Maker circle(double degrees) {
  return [degrees](const Direction& at) {
    store::Question question;
    question.positions.emplace_back(sky::Circle(at, Angle::from_degrees(degrees)));
    return question;
  };
}
Maker filtered(const Maker& make) {
  return [make](const Direction& at) {
    store::Question question = make(at);
    question.bands = {{{4.5e-7}, {5e-7}}};
    question.times = {{{54000}, {54500}}};
    question.obs_collection = {"SURVEY-DR3"};
    return question;
  };
}

std::uint64_t count_of(Database& database) {
  return static_cast<std::uint64_t>(store::count_datasets(database));
}

void ask_all(const std::string& file) {
  Database database(file, Database::Mode::read_only);
  const std::uint64_t rows = count_of(database);
  const std::vector<std::string> none, all = every_column(database);
  struct Row {
    const char* name;
    Maker make;
    int count;
  };
  const std::vector<Row> table = {{"point", circle(1e-7), questions},
                                  {"circle 0.1", circle(0.1), questions},
                                  {"circle 1", circle(1), 50},
                                  {"circle 10", circle(10), 10},
                                  {"point filtered", filtered(circle(1e-7)), questions},
                                  {"circle 0.1 filtered", filtered(circle(0.1)), questions},
                                  {"circle 1 filtered", filtered(circle(1)), 50},
                                  {"circle 10 filtered", filtered(circle(10)), 10}};
  fmt::print("{{\"rows\": {}", rows);
  for (const Row& row : table) {
    const Figure ids = ask(database, row.make, none, rows, row.count);
    const Figure cells = ask(database, row.make, all, rows, row.count);
    fmt::print(
        ",\n \"{}\": {{\"rows\": {:.1f}, \"us\": {:.1f}, \"p99_us\": {:.1f}, "
        "\"us_with_columns\": {:.1f}}}",
        row.name, ids.rows, ids.median, ids.p99, cells.median);
  }
  fmt::print("}}\n");
}

// Wall seconds of so many processes that do the same work each.
double together(int processes, const std::function<void()>& work) {
  const double start = wall_seconds();
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return wall_seconds() - start;
}

void readers(const std::string& file) {
  const auto work = [&] {
    Database database(file, Database::Mode::read_only);
    const std::uint64_t rows = count_of(database);
    const std::vector<std::string> all = every_column(database);
    for (int i = 0; i < 10; ++i) ask(database, circle(0.1), all, rows, questions);
  };
  std::vector<double> ratios;
  for (int round = 0; round < 5; ++round) {
    const double two = together(2, work);
    ratios.push_back(together(4, work) / two);
  }
  std::sort(ratios.begin(), ratios.end());
  fmt::print("{{\"four_against_two\": {:.2f}}}\n", ratios[2]);
}

double ingest_once(const std::string& file, const std::vector<std::uint64_t>& numbers,
                   const std::function<void(Database&, store::Recorder&)>& work) {
  std::filesystem::remove(file);
  std::filesystem::remove(file + "-wal");
  std::filesystem::remove(file + "-shm");
  Database database(file, Database::Mode::read_write);
  store::Recorder recorder(database);
  const double start = cpu_seconds();
  work(database, recorder);
  return static_cast<double>(numbers.size()) / (cpu_seconds() - start);
}

// Asks until it is told to stop; exits with 1 when an answer failed.
pid_t start_reader(const std::string& file, int stop) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 0;
  try {
    Database database(file, Database::Mode::read_only);
    const std::vector<std::string> all = every_column(database);
    char byte = 0;
    for (std::uint64_t i = 0; ::read(stop, &byte, 1) < 0; ++i) {
      Draw draw(i);
      rows_of(database, circle(0.1)(draw.anywhere()), all);
      ::usleep(2000);
    }
  } catch (const Failure& failure) {
    fmt::print(stderr, "a reader failed: {}\n", failure.what());
    status = 1;
  }
  ::_exit(status);
}

void ingest(const std::string& folder, std::uint64_t rows) {
  const std::string file = folder + "/ingest.sqlite";
  const std::vector<std::uint64_t> numbers = numbers_in_order(rows);
  std::vector<double> ratios, bulk_rates;
  int failed = 0;
  for (int round = 0; round < 3; ++round) {
    const double bulk = ingest_once(file, numbers, [&](Database& database, auto& recorder) {
      database.transaction([&] { in_batches(numbers, [&](auto b) { import(recorder, b); }); });
    });
    const double batches = ingest_once(file, numbers, [&](Database& database, auto& recorder) {
      int stop[2];
      if (::pipe2(stop, O_NONBLOCK) != 0) throw Failure(FailureKind::internal, "no pipe");
      const std::array<pid_t, 2> children = {start_reader(file, stop[0]),
                                             start_reader(file, stop[0])};
      in_batches(numbers, [&](auto b) { database.transaction([&] { import(recorder, b); }); });
      ::close(stop[1]);
      ::close(stop[0]);
      for (const pid_t child : children) {
        ::kill(child, SIGTERM);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0) ++failed;
      }
    });
    ratios.push_back(batches / bulk);
    bulk_rates.push_back(bulk);
  }
  std::sort(ratios.begin(), ratios.end());
  std::sort(bulk_rates.begin(), bulk_rates.end());
  fmt::print(
      "{{\"rows\": {}, \"bulk_rows_per_cpu_second\": {:.0f}, \"batches_against_bulk\": "
      "{:.2f}, \"failed_readers\": {}}}\n",
      rows, bulk_rates[1], ratios[1], failed);
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const auto number = [&] {
    return static_cast<std::uint64_t>(to_integer(arguments.at(2)).value_or(0));
  };
  const std::vector<std::pair<std::string, std::function<void()>>> commands = {
      {"write", [&] { write(arguments.at(1), number()); }},
      {"ask", [&] { ask_all(arguments.at(1)); }},
      {"readers", [&] { readers(arguments.at(1)); }},
      {"ingest", [&] { ingest(arguments.at(1), number()); }}};
  try {
    for (const auto& [name, run] : commands) {
      if (!arguments.empty() && arguments[0] == name) {
        run();
        return 0;
      }
    }
    fmt::print(stderr,
               "catalogue write FILE ROWS | ask FILE | readers FILE | ingest FOLDER ROWS\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "catalogue: {}\n", error.what());
    return 1;
  }
}
