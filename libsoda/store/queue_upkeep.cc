// What a worker does for the queue as a whole: holders, limits of time, destruction, figures.
#include <fmt/format.h>

#include <utility>

#include "store/job_rows.h"
#include "store/queue.h"

namespace soda::store {
namespace {

void release(Database& file, std::int64_t holder) {
  file.prepare("UPDATE task SET lease = NULL, holder = NULL, child = NULL WHERE holder = ?1")
      .bind(1, holder)
      .run();
}

}  // namespace

std::int64_t Queue::enter(const Holder& self) {
  Database& file = jobs_.database();
  std::int64_t id = 0;
  file.transaction([&] {
    Statement insert =
        file.prepare("INSERT INTO holder (host, pid, started) VALUES (?1, ?2, ?3) RETURNING id");
    insert.bind(1, self.host).bind(2, self.pid).bind(3, self.started);
    if (insert.step()) id = insert.integer(0);
    insert.run();
  });
  return id;
}

bool Queue::beat(std::int64_t holder) {
  Database& file = jobs_.database();
  bool known = false;
  file.transaction([&] {
    Statement update = file.prepare("UPDATE holder SET beat = beat + 1 WHERE id = ?1 RETURNING 1");
    update.bind(1, holder);
    known = update.step();
  });
  return known;
}

void Queue::leave(std::int64_t holder) {
  Database& file = jobs_.database();
  file.transaction([&] {
    release(file, holder);
    file.prepare("DELETE FROM holder WHERE id = ?1").bind(1, holder).run();
  });
}

std::vector<Holder> Queue::holders() {
  Statement statement =
      jobs_.database().prepare("SELECT id, host, pid, started, beat FROM holder ORDER BY id");
  std::vector<Holder> out;
  while (statement.step()) {
    out.push_back({statement.integer(0), std::string(statement.text(1)), statement.integer(2),
                   statement.integer(3), statement.integer(4)});
  }
  return out;
}

std::vector<std::int64_t> Queue::leases(std::int64_t holder) {
  Statement statement = jobs_.database().prepare("SELECT lease FROM task WHERE holder = ?1");
  statement.bind(1, holder);
  std::vector<std::int64_t> out;
  while (statement.step()) out.push_back(statement.integer(0));
  return out;
}

std::int64_t Queue::stop_overdue() {
  Database& file = jobs_.database();
  const std::int64_t now = boot_milliseconds();
  const std::string host = this_process().host;
  std::map<std::int64_t, std::int64_t> seen;
  struct Overdue {
    std::int64_t job, limit;
  };
  std::vector<Overdue> overdue;
  {
    // The first condition is that of the index job_active.
    Statement statement = file.prepare(
        "SELECT number, execution_limit, boot, booted FROM job "
        "WHERE phase IN (1, 2) AND phase = 2 AND execution_limit > 0");
    while (statement.step()) {
      const std::int64_t job = statement.integer(0), limit = statement.integer(1);
      const auto known = first_seen_.find(job);
      std::int64_t since = known == first_seen_.end() ? now : known->second;
      if (statement.text(2) == host) since = statement.integer(3);
      seen.emplace(job, since);
      if ((now - since) / 1000 >= limit) overdue.push_back({job, limit});
    }
  }
  first_seen_ = std::move(seen);
  std::int64_t count = 0;
  for (const Overdue& one : overdue) {
    file.transaction([&] {
      Statement statement = file.prepare("SELECT 1 FROM job WHERE number = ?1 AND phase = 2");
      statement.bind(1, one.job);
      if (!statement.step()) return;
      end_job(file, one.job,
              {Phase::aborted,
               fmt::format("The job was stopped when its execution limit of {} s was reached.",
                           one.limit)});
      ++count;
    });
  }
  return count;
}

std::int64_t Queue::expire(Job::Time now) {
  Database& file = jobs_.database();
  std::vector<std::int64_t> due;
  {
    Statement statement = file.prepare(
        "SELECT number FROM job WHERE destruction IS NOT NULL AND destruction <= ?1 LIMIT 100");
    statement.bind(1, milliseconds_of(now));
    while (statement.step()) due.push_back(statement.integer(0));
  }
  std::int64_t count = 0;
  for (const std::int64_t job : due) {
    file.transaction([&] {
      // Its owner may have put it off meanwhile.
      Statement statement =
          file.prepare("SELECT 1 FROM job WHERE number = ?1 AND destruction <= ?2");
      statement.bind(1, job).bind(2, milliseconds_of(now));
      if (!statement.step()) return;
      statement.reset();
      forget_job(file, job);
      ++count;
    });
  }
  if (count > 0) {
    file.transaction(
        [&] { file.prepare("DELETE FROM share WHERE name NOT IN (SELECT share FROM job)").run(); });
  }
  return count;
}

std::vector<std::string> Queue::trash(std::int64_t limit) {
  Statement statement = jobs_.database().prepare("SELECT id FROM trash LIMIT ?1");
  statement.bind(1, limit);
  std::vector<std::string> out;
  while (statement.step()) out.emplace_back(statement.text(0));
  return out;
}

void Queue::emptied(const std::string& id) {
  Database& file = jobs_.database();
  file.transaction([&] { file.prepare("DELETE FROM trash WHERE id = ?1").bind(1, id).run(); });
}

bool Queue::is_known(const std::string& id) { return find_job(jobs_.database(), id).has_value(); }

Queue::Figures Queue::figures() {
  Database& file = jobs_.database();
  const Snapshot snapshot(file);
  Figures out;
  {
    Statement statement = file.prepare("SELECT phase, count(*) FROM job GROUP BY phase");
    while (statement.step())
      out.jobs[static_cast<Phase>(statement.integer(0))] = statement.integer(1);
  }
  Statement statement = file.prepare(
      "SELECT coalesce(sum(planned - done - empty - failed), 0), "
      "min(CASE WHEN phase = 1 THEN queued END) FROM job WHERE phase IN (1, 2)");
  statement.step();
  out.waiting_items = statement.integer(0);
  if (!statement.is_null(1)) out.oldest = time_of(statement.integer(1));
  out.bytes = bytes();
  return out;
}

std::int64_t Queue::bytes() {
  Statement statement = jobs_.database().prepare("SELECT coalesce(sum(bytes), 0) FROM job");
  statement.step();
  return statement.integer(0);
}

}  // namespace soda::store
