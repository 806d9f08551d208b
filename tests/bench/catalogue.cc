// Figures of the data base: writes a catalogue of realistic rows and asks it questions, in this
// process. Prints one JSON object; times are processor time in microseconds unless they say wall.
//
//   catalogue write FILE ROWS           a new archive, rows in order along the sky
//   catalogue ask FILE [CLASS…]         medians over all questions of these classes (all of them)
//   catalogue step FILE DEGREES LIMIT COUNT
//                                       rows of COUNT circles by sqlite3_step alone
//   catalogue readers FILE              four reader processes against two
//   catalogue ingest FOLDER ROWS        batches beside readers against one transaction alone
//   catalogue places ROWS COUNT         where the questions are asked: degrees, one a line
//   catalogue copy ROWS                 the same rows for PostgreSQL: statement, then COPY's lines
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
#include "catalogue_rows.h"
#include "store/query.h"
#include "store/recorder.h"

namespace {

using namespace soda;
using bench::Draw;
using sky::Angle;
using sky::Direction;
using store::Database;

constexpr std::size_t batch_size = 10000, bulk_size = 200000;
constexpr int questions = 200;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void import(store::Recorder& recorder, std::span<const std::uint64_t> numbers) {
  std::vector<store::CatalogueRow> rows;
  rows.reserve(numbers.size());
  for (const std::uint64_t number : numbers) rows.push_back({bench::entry_of(number).obscore, {}});
  if (!recorder.import_rows(rows).empty())
    throw Failure(FailureKind::internal, "rows of the catalogue were rejected");
}

// Hands over the numbers ten thousand at a time.
void in_batches(std::span<const std::uint64_t> all,
                const std::function<void(std::span<const std::uint64_t>)>& work) {
  for (std::size_t at = 0; at < all.size(); at += batch_size)
    work(all.subspan(at, std::min(batch_size, all.size() - at)));
}

void run(Database& database, const std::string& sql) { database.prepare(sql).run(); }

// The statements that make the indexes of `dataset` again, all but the one that the writer needs.
std::vector<std::string> drop_indexes(Database& database) {
  std::vector<std::string> names, again;
  {
    store::Statement row = database.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'dataset' AND sql "
        "IS NOT NULL AND name <> 'dataset_did'");
    while (row.step()) {
      names.emplace_back(row.text(0));
      again.emplace_back(row.text(1));
    }
  }
  for (const std::string& name : names) run(database, "DROP INDEX " + name);
  return again;
}

// Not as an archive does it, with readers at work (that is Q8), but in the shortest time: indexes
// are made at the end, nothing is written twice, and a file that a crash left is of no use.
void write(const std::string& file, std::uint64_t rows) {
  const double start = wall_seconds(), start_cpu = cpu_seconds();
  const std::vector<std::uint64_t> numbers = bench::numbers_in_order(rows);
  Database database(file, Database::Mode::read_write);
  store::Recorder recorder(database);
  for (const char* sql : {"PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF",
                          "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -2097152"})
    run(database, sql);
  const std::vector<std::string> indexes = drop_indexes(database);
  const std::span<const std::uint64_t> all(numbers);
  for (std::size_t at = 0; at < all.size(); at += bulk_size) {
    database.transaction([&] {
      in_batches(all.subspan(at, std::min(bulk_size, all.size() - at)),
                 [&](auto batch) { import(recorder, batch); });
    });
    fmt::print(stderr, "catalogue: {} of {} rows\n", std::min(at + bulk_size, all.size()), rows);
  }
  for (const std::string& sql : indexes) run(database, sql);
  run(database, "PRAGMA journal_mode = WAL");
  fmt::print("{{\"rows\": {}, \"wall_seconds\": {:.1f}, \"cpu_seconds\": {:.1f}}}\n", rows,
             wall_seconds() - start, cpu_seconds() - start_cpu);
}

// Of all questions of a class; processor time and time by the clock in microseconds.
struct Figure {
  double us = 0, p99_us = 0, wall_us = 0, rows = 0, all_rows = 0;
};

double part_of(std::vector<double>& values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

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

// Each question is asked twice and the second counts.
Figure ask(Database& database, const Maker& make, const std::vector<std::string>& columns,
           std::uint64_t rows, int count) {
  std::vector<double> times, walls, found;
  Figure figure;
  for (int i = 0; i < count; ++i) {
    const store::Question question = make(bench::place_of(static_cast<std::uint64_t>(i), rows));
    rows_of(database, question, columns);
    const double start = cpu_seconds(), wall_start = wall_seconds();
    found.push_back(static_cast<double>(rows_of(database, question, columns)));
    walls.push_back(1e6 * (wall_seconds() - wall_start));
    times.push_back(1e6 * (cpu_seconds() - start));
    figure.all_rows += found.back();
  }
  figure.us = part_of(times, 0.5);
  figure.p99_us = part_of(times, 0.99);
  figure.wall_us = part_of(walls, 0.5);
  figure.rows = part_of(found, 0.5);
  return figure;
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

void ask_all(const std::string& file, const std::vector<std::string>& classes) {
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
  fmt::print("{{\"archive\": {}", rows);
  for (const Row& row : table) {
    if (!classes.empty() && std::find(classes.begin(), classes.end(), row.name) == classes.end())
      continue;
    const Figure ids = ask(database, row.make, none, rows, row.count);
    const Figure cells = ask(database, row.make, all, rows, row.count);
    fmt::print(
        ",\n \"{}\": {{\"questions\": {}, \"all_rows\": {}, \"rows\": {}, \"us\": {:.1f}, "
        "\"p99_us\": {:.1f}, \"wall_us\": {:.1f}, \"us_with_columns\": {:.1f}}}",
        row.name, row.count, ids.all_rows, ids.rows, ids.us, ids.p99_us, ids.wall_us, cells.us);
  }
  fmt::print("}}\n");
}

std::size_t touched(const store::Statement& row, int column, ColumnType type) {
  if (row.is_null(column)) return 0;
  if (type == ColumnType::text) return row.text(column).size();
  return row.real(column) < 1 ? 1 : 2;
}

// What SQLite alone needs for the rows of some answers: found by their numbers, all columns
// touched.
void step_rows(const std::string& file, double degrees, std::int64_t limit, std::uint64_t count) {
  Database database(file, Database::Mode::read_only);
  const std::uint64_t rows = count_of(database);
  std::vector<std::vector<std::int64_t>> answers(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    store::Question question = circle(degrees)(bench::place_of(i, rows));
    question.limit = limit;
    store::Answer answer = store::answer(database, question, {});
    while (answer.next()) answers[i].push_back(answer.id());
  }
  std::string list;
  const std::vector<Column> columns = store::all_columns(database);
  for (const Column& column : columns) list += (list.empty() ? "" : ", ") + column.name;
  std::vector<double> times;
  std::size_t stepped = 0, bytes = 0;
  for (int round = 0; round < 6; ++round) {
    stepped = bytes = 0;
    const double start = cpu_seconds();
    for (const auto& ids : answers) {
      const store::Snapshot snapshot(database);
      store::Statement row = database.prepare("SELECT " + list + " FROM dataset WHERE id = ?1");
      for (const std::int64_t id : ids) {
        if (!row.reset().bind(1, id).step()) throw Failure(FailureKind::internal, "a row is gone");
        ++stepped;
        for (std::size_t i = 0; i < columns.size(); ++i)
          bytes += touched(row, static_cast<int>(i), columns[i].type);
      }
    }
    if (round > 0) times.push_back(1e6 * (cpu_seconds() - start));  // the first one warms up
  }
  fmt::print("{{\"rows\": {}, \"us\": {:.1f}, \"bytes\": {}}}\n", stepped, part_of(times, 0.5),
             bytes);
}

void print_places(std::uint64_t rows, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Direction at = bench::place_of(i, rows);
    fmt::print("{} {}\n", to_text(at.lon().degrees()), to_text(at.lat().degrees()));
  }
}

void copy_rows(std::uint64_t rows) {
  fmt::print("{}", bench::create_statement("obscore"));
  fmt::print("COPY obscore FROM STDIN;\n");
  for (const std::uint64_t number : bench::numbers_in_order(rows))
    fmt::print("{}", bench::copy_line(number));
  fmt::print("\\.\n");
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
  const std::vector<std::uint64_t> numbers = bench::numbers_in_order(rows);
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
  const auto number = [&](std::size_t at) {
    return static_cast<std::uint64_t>(to_integer(arguments.at(at)).value_or(0));
  };
  const auto classes = [&] {
    return std::vector<std::string>(arguments.begin() + 2, arguments.end());
  };
  const std::vector<std::pair<std::string, std::function<void()>>> commands = {
      {"write", [&] { write(arguments.at(1), number(2)); }},
      {"ask", [&] { ask_all(arguments.at(1), classes()); }},
      {"step",
       [&] {
         step_rows(arguments.at(1), static_cast<double>(number(2)),
                   static_cast<std::int64_t>(number(3)), number(4));
       }},
      {"readers", [&] { readers(arguments.at(1)); }},
      {"ingest", [&] { ingest(arguments.at(1), number(2)); }},
      {"places", [&] { print_places(number(1), number(2)); }},
      {"copy", [&] { copy_rows(number(1)); }}};
  try {
    for (const auto& [name, run] : commands) {
      if (arguments.size() > 1 && arguments[0] == name) {
        run();
        return 0;
      }
    }
    fmt::print(stderr, "catalogue: see the first lines of catalogue.cc\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "catalogue: {}\n", error.what());
    return 1;
  }
}
