#include "store/jobs.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/failure.h"
#include "store/job_rows.h"
#include "store/job_schema.h"

namespace soda::store {
namespace {

constexpr std::array<std::string_view, 9> words = {"PENDING",   "QUEUED",    "EXECUTING",
                                                   "COMPLETED", "ERROR",     "ABORTED",
                                                   "HELD",      "SUSPENDED", "ARCHIVED"};

void write_parameters(Database& database, std::int64_t number, const Job& job) {
  database.prepare("DELETE FROM parameter WHERE job = ?1").bind(1, number).run();
  Statement insert = database.prepare("INSERT INTO parameter VALUES (?1, ?2, ?3, ?4)");
  std::int64_t position = 0;
  for (const auto& [name, value] : job.parameters) {
    insert.bind(1, number).bind(2, ++position).bind(3, name).bind(4, value).run();
    insert.reset();
  }
}

void enqueue(Database& database, std::int64_t number) {
  database.prepare("UPDATE job SET phase = ?2, queued = ?3 WHERE number = ?1")
      .bind(1, number)
      .bind(2, static_cast<std::int64_t>(Phase::queued))
      .bind(3, milliseconds_of(std::chrono::system_clock::now()))
      .run();
  database.prepare("INSERT INTO task (job, kind) VALUES (?1, 0)").bind(1, number).run();
}

void hold(Database& database, std::int64_t number) {
  database.prepare("UPDATE job SET phase = ?2 WHERE number = ?1")
      .bind(1, number)
      .bind(2, static_cast<std::int64_t>(Phase::held))
      .run();
}

void change_phase(Database& database, const JobRow& before, Phase phase) {
  const Phase from = before.job.phase;
  if (phase == Phase::queued && (from == Phase::pending || from == Phase::held)) {
    enqueue(database, before.number);
  } else if (phase == Phase::held && from == Phase::pending) {
    hold(database, before.number);
  } else if (phase == Phase::aborted && !is_over(from)) {
    end_job(database, before.number, {phase});
  } else {
    throw Failure(FailureKind::internal, fmt::format("A job cannot go from {} to {}.",
                                                     phase_word(from), phase_word(phase)));
  }
}

}  // namespace

std::string_view phase_word(Phase phase) noexcept { return words[static_cast<std::size_t>(phase)]; }

std::optional<Phase> phase_of(std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Phase>(found - words.begin());
}

bool is_over(Phase phase) noexcept {
  return phase == Phase::completed || phase == Phase::error || phase == Phase::aborted ||
         phase == Phase::archived;
}

std::string new_job_id() {
  // 5 bits a character: 26 of them hold 128. Lower case, so that case cannot be lost on the way.
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<unsigned char, 26> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw Failure(FailureKind::unavailable, "The system has no random numbers to give.");
  std::string id;
  for (const unsigned char byte : random) id += alphabet[byte % alphabet.size()];
  return id;
}

Jobs::Jobs(std::string path) : path_(std::move(path)) {}
Jobs::~Jobs() = default;

Database& Jobs::database() {
  if (!database_) {
    std::error_code there_already;
    std::filesystem::create_directory(std::filesystem::path(path_).parent_path(), there_already);
    database_ = std::make_unique<Database>(path_, Database::Mode::read_write, jobs_schema());
  }
  return *database_;
}

void Jobs::disconnect() { database_.reset(); }

std::int64_t Jobs::data_version() { return database().data_version(); }

Job Jobs::create(Job job) {
  if (job.phase != Phase::pending && job.phase != Phase::queued)
    throw Failure(FailureKind::internal, "A new job is pending or queued.");
  if (job.id.empty()) job.id = new_job_id();
  const auto now = milliseconds_of(std::chrono::system_clock::now());
  Database& file = database();
  file.transaction(
      [&] {
        file.prepare(
                "INSERT INTO job (id, service, owner, client, share, run_id, phase, created, "
                "destruction, execution_limit) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)")
            .bind(1, job.id)
            .bind(2, job.service)
            .bind(3, job.owner)
            .bind(4, job.client)
            .bind(5, job.owner.empty() ? "client " + job.client : "owner " + job.owner)
            .bind(6, job.run_id)
            .bind(7, now)
            .bind(8, milliseconds_of(job.destruction))
            .bind(9, job.execution_limit)
            .run();
        const JobRow row = find_job(file, job.id).value();
        write_parameters(file, row.number, job);
        if (job.phase == Phase::queued) enqueue(file, row.number);
        auto parameters = std::move(job.parameters);
        job = find_job(file, job.id).value().job;
        job.parameters = std::move(parameters);
      },
      Durability::machine);
  return job;
}

std::optional<Job> Jobs::find(std::string_view id) {
  Database& file = database();
  const Snapshot snapshot(file);
  std::optional<JobRow> row = find_job(file, id);
  if (!row) return std::nullopt;
  row->job.parameters = read_parameters(file, row->number);
  return std::move(row->job);
}

std::optional<Job> Jobs::change(std::string_view id, const std::function<void(Job&)>& edit) {
  Database& file = database();
  std::optional<Job> out;
  file.transaction(
      [&] {
        std::optional<JobRow> row = find_job(file, id);
        if (!row) return;
        row->job.parameters = read_parameters(file, row->number);
        Job job = row->job;
        edit(job);
        file.prepare(
                "UPDATE job SET run_id = ?2, destruction = ?3, execution_limit = ?4 "
                "WHERE number = ?1")
            .bind(1, row->number)
            .bind(2, job.run_id)
            .bind(3, milliseconds_of(job.destruction))
            .bind(4, job.execution_limit)
            .run();
        if (job.parameters != row->job.parameters) write_parameters(file, row->number, job);
        if (job.phase != row->job.phase) change_phase(file, *row, job.phase);
        touch(file, row->number);
        out = find_job(file, id).value().job;
        out->parameters = std::move(job.parameters);
      },
      Durability::machine);
  return out;
}

bool Jobs::destroy(std::string_view id) {
  Database& file = database();
  bool found = false;
  file.transaction(
      [&] {
        const std::optional<JobRow> row = find_job(file, id);
        found = row.has_value();
        if (row) forget_job(file, row->number);
      },
      Durability::machine);
  return found;
}

std::vector<Job> Jobs::list(const Filter& filter) {
  // Phases as a set of bits.
  std::int64_t phases = 0;
  for (const Phase phase : filter.phases) phases |= std::int64_t{1} << static_cast<int>(phase);
  if (filter.phases.empty()) phases = ~(std::int64_t{1} << static_cast<int>(Phase::archived));
  std::string where = "WHERE (?1 = '' OR service = ?1) AND (1 << phase) & ?2 AND created > ?3";
  if (filter.owner) where += " AND owner = ?5";
  where += filter.last ? " ORDER BY number DESC LIMIT ?4" : " ORDER BY number LIMIT ?4";
  Statement statement = database().prepare(select_jobs(where));
  statement.bind(1, filter.service)
      .bind(2, phases)
      .bind(3, filter.after ? milliseconds_of(*filter.after) : std::int64_t{-1} << 62)
      .bind(4, filter.last.value_or(-1));
  if (filter.owner) statement.bind(5, *filter.owner);
  std::vector<Job> out;
  while (statement.step()) out.push_back(job_row(statement).job);
  return out;
}

std::vector<Item> Jobs::items(std::string_view id, std::int64_t after, std::int64_t limit) {
  Statement statement = database().prepare(
      select_items("WHERE job = (SELECT number FROM job WHERE id = ?1) AND number > max(?2, 0) "
                   "ORDER BY number LIMIT ?3"));
  statement.bind(1, id).bind(2, after).bind(3, limit);
  return read_items(statement);
}

namespace {
// Of a job with a package, only that.
constexpr std::string_view fetchable =
    "WHERE job = (SELECT number FROM job WHERE id = ?1) AND state IN (1, 2) AND "
    "(number = 0) = (SELECT package <> '' FROM job WHERE id = ?1) ";
}  // namespace

std::vector<Item> Jobs::results(std::string_view id, std::int64_t after, std::int64_t limit) {
  Statement statement = database().prepare(
      select_items(std::string(fetchable) + "AND number > ?2 ORDER BY number LIMIT ?3"));
  statement.bind(1, id).bind(2, after).bind(3, limit);
  return read_items(statement);
}

std::optional<Item> Jobs::item(std::string_view id, std::string_view name) {
  Statement statement = database().prepare(
      select_items("WHERE job = (SELECT number FROM job WHERE id = ?1) AND name = ?2"));
  statement.bind(1, id).bind(2, name);
  if (!statement.step()) return std::nullopt;
  return item_row(statement);
}

std::optional<Item> Jobs::result(std::string_view id, std::string_view name) {
  Statement statement = database().prepare(select_items(std::string(fetchable) + "AND name = ?2"));
  statement.bind(1, id).bind(2, name);
  if (!statement.step()) return std::nullopt;
  return item_row(statement);
}

}  // namespace soda::store
