#include "store/job_rows.h"

#include <fmt/format.h>

namespace soda::store {
namespace {

std::optional<Job::Time> optional_time(const Statement& statement, int column) {
  if (statement.is_null(column)) return std::nullopt;
  return time_of(statement.integer(column));
}

}  // namespace

std::int64_t milliseconds_of(Job::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Job::Time time_of(std::int64_t milliseconds) {
  return Job::Time(std::chrono::milliseconds(milliseconds));
}

std::optional<std::int64_t> milliseconds_of(const std::optional<Job::Time>& time) {
  if (!time) return std::nullopt;
  return milliseconds_of(*time);
}

std::string select_jobs(std::string_view where) {
  return fmt::format(
      "SELECT number, id, service, owner, client, run_id, phase, created, queued, started, ended, "
      "destruction, execution_limit, error, transient, planned, done, empty, failed, bytes, "
      "package, version FROM job {}",
      where);
}

JobRow job_row(const Statement& row) {
  JobRow out;
  out.number = row.integer(0);
  Job& job = out.job;
  job.id = row.text(1);
  job.service = row.text(2);
  job.owner = row.text(3);
  job.client = row.text(4);
  job.run_id = row.text(5);
  job.phase = static_cast<Phase>(row.integer(6));
  job.created = time_of(row.integer(7));
  job.queued = optional_time(row, 8);
  job.started = optional_time(row, 9);
  job.ended = optional_time(row, 10);
  job.destruction = optional_time(row, 11);
  job.execution_limit = row.integer(12);
  job.error = row.text(13);
  job.transient = row.integer(14) != 0;
  job.planned = row.integer(15);
  job.done = row.integer(16);
  job.empty = row.integer(17);
  job.failed = row.integer(18);
  job.bytes = row.integer(19);
  job.package = row.text(20);
  job.version = row.integer(21);
  return out;
}

std::optional<JobRow> find_job(Database& database, std::string_view id) {
  Statement statement = database.prepare(select_jobs("WHERE id = ?1"));
  statement.bind(1, id);
  if (!statement.step()) return std::nullopt;
  return job_row(statement);
}

std::vector<std::pair<std::string, std::string>> read_parameters(Database& database,
                                                                 std::int64_t job) {
  Statement statement =
      database.prepare("SELECT name, value FROM parameter WHERE job = ?1 ORDER BY position");
  statement.bind(1, job);
  std::vector<std::pair<std::string, std::string>> out;
  while (statement.step()) out.emplace_back(statement.text(0), statement.text(1));
  return out;
}

std::string select_items(std::string_view where) {
  return fmt::format(
      "SELECT number, name, label, work, grouping, state, media_type, reason, size, milliseconds, "
      "file, start FROM item {}",
      where);
}

Item item_row(const Statement& row) {
  Item item;
  item.number = row.integer(0);
  item.name = row.text(1);
  item.label = row.text(2);
  item.work = row.text(3);
  item.group = row.text(4);
  item.state = static_cast<Item::State>(row.integer(5));
  item.media_type = row.text(6);
  item.reason = row.text(7);
  item.size = row.integer(8);
  item.milliseconds = row.real(9);
  item.file = row.text(10);
  item.start = row.integer(11);
  return item;
}

std::vector<Item> read_items(Statement& statement) {
  std::vector<Item> out;
  while (statement.step()) out.push_back(item_row(statement));
  return out;
}

void touch(Database& database, std::int64_t job) {
  database.prepare("UPDATE job SET version = version + 1 WHERE number = ?1").bind(1, job).run();
}

void end_job(Database& database, std::int64_t job, const End& end) {
  database
      .prepare(
          "UPDATE job SET phase = ?2, error = ?3, transient = ?4, ended = ?5, "
          "version = version + 1 WHERE number = ?1")
      .bind(1, job)
      .bind(2, static_cast<std::int64_t>(end.phase))
      .bind(3, end.error)
      .bind(4, end.transient)
      .bind(5, milliseconds_of(std::chrono::system_clock::now()))
      .run();
  database.prepare("DELETE FROM task WHERE job = ?1").bind(1, job).run();
}

void forget_job(Database& database, std::int64_t job) {
  database.prepare("INSERT OR IGNORE INTO trash SELECT id FROM job WHERE number = ?1")
      .bind(1, job)
      .run();
  database.prepare("DELETE FROM job WHERE number = ?1").bind(1, job).run();
}

}  // namespace soda::store
