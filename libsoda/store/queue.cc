#include "store/queue.h"

#include <algorithm>
#include <functional>

#include "base/failure.h"
#include "store/job_rows.h"

namespace soda::store {
namespace {

// A task is what is lost when a child dies, and what one child can do without asking; small jobs
// are split further, so that several children share them.
constexpr std::size_t most_items = 128;
constexpr std::size_t fewest_tasks = 16;

bool is_leased(Database& file, const Task& task) {
  Statement statement = file.prepare("SELECT 1 FROM task WHERE id = ?1 AND lease = ?2");
  statement.bind(1, task.id).bind(2, task.lease);
  return statement.step();
}

std::int64_t job_of(Database& file, const Task& task) {
  Statement statement = file.prepare("SELECT job FROM task WHERE id = ?1");
  statement.bind(1, task.id);
  if (!statement.step()) throw Failure(FailureKind::internal, "A task without a job.");
  return statement.integer(0);
}

std::int64_t last_id(Database& file) {
  Statement statement = file.prepare("SELECT last_insert_rowid()");
  statement.step();
  return statement.integer(0);
}

void insert_task(Database& file, std::int64_t job, Task::Kind kind) {
  file.prepare("INSERT INTO task (job, kind) VALUES (?1, ?2)")
      .bind(1, job)
      .bind(2, static_cast<std::int64_t>(kind))
      .run();
}

void delete_task(Database& file, std::int64_t task) {
  file.prepare("DELETE FROM task WHERE id = ?1").bind(1, task).run();
}

// The order in which jobs are looked at. `small` is whether the job is; `begun`, whether its only
// item, or its end, is all that it lacks.
constexpr std::string_view order_of(Lane lane) {
  return lane == Lane::quick ? "begun DESC, small DESC, served, number"
                             : "begun DESC, served, small DESC, number";
}

// Names between blanks, to be looked for in SQL.
std::string list_of(std::span<const std::string> services) {
  std::string list;
  for (const std::string& service : services) list.append(" ").append(service).append(" ");
  return list;
}

std::optional<std::int64_t> choose_job(Database& file, Lane lane, std::int64_t small_job,
                                       std::string_view services) {
  std::string sql =
      "SELECT job.number AS number, job.planned <= ?1 AS small, coalesce(share.served, 0) AS "
      "served, job.phase = 2 AND job.planned = 1 AS begun "
      "FROM job LEFT JOIN share ON share.name = job.share WHERE job.phase IN (1, 2) AND "
      "(?2 = '' OR instr(?2, ' ' || job.service || ' ')) AND EXISTS (SELECT 1 FROM task WHERE "
      "task.job = job.number AND task.lease IS NULL) ORDER BY ";
  sql += order_of(lane);
  sql += " LIMIT 1";
  Statement statement = file.prepare(sql);
  statement.bind(1, small_job).bind(2, services);
  if (!statement.step()) return std::nullopt;
  return statement.integer(0);
}

std::int64_t draw_lease(Database& file) {
  Statement statement =
      file.prepare("UPDATE counter SET value = value + 1 WHERE name = 'lease' RETURNING value");
  if (!statement.step()) throw Failure(FailureKind::internal, "The counter of leases is gone.");
  return statement.integer(0);
}

void begin(Database& file, std::int64_t job, const std::string& host) {
  file.prepare(
          "UPDATE job SET phase = 2, started = ?2, boot = ?3, booted = ?4, version = version + 1 "
          "WHERE number = ?1 AND phase = 1")
      .bind(1, job)
      .bind(2, milliseconds_of(std::chrono::system_clock::now()))
      .bind(3, host)
      .bind(4, boot_milliseconds())
      .run();
}

// What finishing some items adds to a job.
struct Sums {
  std::int64_t done = 0, empty = 0, failed = 0, bytes = 0;
  void add(const Item& item) {
    done += item.state == Item::State::done ? 1 : 0;
    empty += item.state == Item::State::empty ? 1 : 0;
    failed += item.state == Item::State::failed ? 1 : 0;
    bytes += item.size;
  }
};

void add_sums(Database& file, std::int64_t job, const Sums& sums) {
  file.prepare(
          "UPDATE job SET done = done + ?2, empty = empty + ?3, failed = failed + ?4, "
          "bytes = bytes + ?5, version = version + 1 WHERE number = ?1")
      .bind(1, job)
      .bind(2, sums.done)
      .bind(3, sums.empty)
      .bind(4, sums.failed)
      .bind(5, sums.bytes)
      .run();
}

// Those that were finished already add nothing.
Sums finish_items(Database& file, std::int64_t job, std::int64_t task,
                  std::span<const Item> items) {
  Statement update = file.prepare(
      "UPDATE item SET state = ?4, media_type = ?5, reason = ?6, size = ?7, milliseconds = ?8, "
      "file = ?9, start = ?10 WHERE job = ?1 AND number = ?2 AND task = ?3 AND state = 0 RETURNING "
      "1");
  Sums sums;
  for (const Item& item : items) {
    update.bind(1, job)
        .bind(2, item.number)
        .bind(3, task)
        .bind(4, static_cast<std::int64_t>(item.state))
        .bind(5, item.media_type)
        .bind(6, item.reason)
        .bind(7, item.size)
        .bind(8, item.milliseconds)
        .bind(9, item.file)
        .bind(10, item.start);
    if (update.step()) {
      sums.add(item);
      update.run();
    }
    update.reset();
  }
  return sums;
}

bool has_waiting(Database& file, std::int64_t task) {
  Statement statement = file.prepare("SELECT 1 FROM item WHERE task = ?1 AND state = 0 LIMIT 1");
  statement.bind(1, task);
  return statement.step();
}

bool has_tasks(Database& file, std::int64_t job) {
  Statement statement = file.prepare("SELECT 1 FROM task WHERE job = ?1 LIMIT 1");
  statement.bind(1, job);
  return statement.step();
}

void end_task_when_done(Database& file, std::int64_t job, std::int64_t task) {
  if (has_waiting(file, task)) return;
  delete_task(file, task);
  if (!has_tasks(file, job)) insert_task(file, job, Task::Kind::close);
}

// Items in order of work, cut into runs for one task each: groups stay together up to most_items,
// and small groups share a task.
std::vector<std::vector<const Item*>> runs_of(std::span<const Item> items) {
  std::vector<const Item*> order;
  order.reserve(items.size());
  std::map<std::string_view, std::size_t> rank;  // groups, by first appearance
  for (const Item& item : items) {
    order.push_back(&item);
    rank.emplace(item.group, rank.size());
  }
  std::ranges::stable_sort(order, {}, [&](const Item* item) { return rank.at(item->group); });
  const std::size_t wanted =
      std::clamp<std::size_t>(items.size() / fewest_tasks, 1, most_items / 2);
  std::vector<std::vector<const Item*>> runs;
  for (const Item* item : order) {
    const bool joins = !runs.empty() && runs.back().size() < most_items &&
                       (runs.back().size() < wanted || runs.back().back()->group == item->group);
    if (!joins) runs.emplace_back();
    runs.back().push_back(item);
  }
  return runs;
}

void insert_items(Database& file, std::int64_t job, std::span<const Item> items) {
  Statement insert = file.prepare(
      "INSERT OR IGNORE INTO item (job, number, task, name, label, work, grouping) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING 1");
  for (const auto& run : runs_of(items)) {
    insert_task(file, job, Task::Kind::items);
    const std::int64_t task = last_id(file);
    for (const Item* item : run) {
      insert.bind(1, job)
          .bind(2, item->number)
          .bind(3, task)
          .bind(4, item->name)
          .bind(5, item->label)
          .bind(6, item->work)
          .bind(7, item->group);
      if (!insert.step())
        throw Failure(FailureKind::internal, "Two items of a plan have one number or name.");
      insert.reset();
    }
  }
}

std::string first_reason(Database& file, std::int64_t job) {
  Statement statement =
      file.prepare("SELECT reason FROM item WHERE job = ?1 AND state = 3 ORDER BY number LIMIT 1");
  statement.bind(1, job);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

void insert_package(Database& file, std::int64_t job, const Item& package) {
  file.prepare(
          "INSERT OR REPLACE INTO item (job, number, task, name, label, work, grouping, state, "
          "media_type, size, milliseconds, file) "
          "VALUES (?1, 0, 0, ?2, '', '', '', ?3, ?4, ?5, ?6, ?7)")
      .bind(1, job)
      .bind(2, package.name)
      .bind(3, static_cast<std::int64_t>(Item::State::done))
      .bind(4, package.media_type)
      .bind(5, package.size)
      .bind(6, package.milliseconds)
      .bind(7, package.file)
      .run();
  // The files of the items go when the package stands.
  file.prepare("UPDATE job SET bytes = ?2 WHERE number = ?1")
      .bind(1, job)
      .bind(2, package.size)
      .run();
}

std::int64_t counted(Statement& statement) { return statement.step() ? statement.integer(0) : 0; }

// See Queue::Blame.
constexpr std::int64_t enough_blame = 4;

// An item that is not finished, and killed (or lost) once more.
void count_crash(Database& file, std::int64_t job, std::int64_t task, std::int64_t item,
                 Queue::Blame blame, const std::string& reason) {
  Statement update = file.prepare(
      "UPDATE item SET crashes = crashes + ?3 WHERE job = ?1 AND number = ?2 AND state = 0 "
      "RETURNING crashes");
  update.bind(1, job).bind(2, item).bind(3, static_cast<std::int64_t>(blame));
  if (counted(update) < enough_blame) return;
  update.reset();
  Item failed;
  failed.number = item;
  failed.state = Item::State::failed;
  failed.reason = reason;
  add_sums(file, job, finish_items(file, job, task, {&failed, 1}));
}

// A finished item waits again, as one of that task.
void take_back(Database& file, std::int64_t job, std::int64_t number, std::int64_t task) {
  Statement find = file.prepare(select_items("WHERE job = ?1 AND number = ?2"));
  find.bind(1, job).bind(2, number);
  if (!find.step()) return;
  Sums sums;
  sums.add(item_row(find));
  add_sums(file, job, {-sums.done, -sums.empty, -sums.failed, -sums.bytes});
  file.prepare("UPDATE item SET state = 0, size = 0, task = ?3 WHERE job = ?1 AND number = ?2")
      .bind(1, job)
      .bind(2, number)
      .bind(3, task)
      .run();
}

// Runs `work` with the number of the task's job, in one transaction, as long as the task is still
// leased to who says so; false when it is not.
bool while_leased(Database& file, const Task& task,
                  const std::function<void(Database&, std::int64_t job)>& work,
                  Durability durability = Durability::process) {
  bool leased = false;
  file.transaction(
      [&] {
        leased = is_leased(file, task);
        if (leased) work(file, job_of(file, task));
      },
      durability);
  return leased;
}

}  // namespace

Queue::Queue(Jobs& jobs, std::int64_t small_job) : jobs_(jobs), small_job_(small_job) {}

std::optional<Task> Queue::take(std::int64_t holder, std::int64_t child, Lane lane,
                                std::span<const std::string> services) {
  const std::string listed = list_of(services);
  Database& file = jobs_.database();
  // Looked for without the lock first: children without work must not keep others from theirs.
  if (!choose_job(file, lane, small_job_, listed)) return std::nullopt;
  std::optional<Task> out;
  file.transaction([&] {
    const auto job = choose_job(file, lane, small_job_, listed);
    Statement self = file.prepare("SELECT host FROM holder WHERE id = ?1");
    self.bind(1, holder);
    if (!job || !self.step()) return;
    Task task;
    task.lease = draw_lease(file);
    {
      Statement take = file.prepare(
          "UPDATE task SET lease = ?2, holder = ?3, child = ?4 WHERE id = (SELECT id FROM task "
          "WHERE job = ?1 AND lease IS NULL ORDER BY id LIMIT 1) RETURNING id, kind");
      take.bind(1, *job).bind(2, task.lease).bind(3, holder).bind(4, child);
      if (!take.step()) return;
      task.id = take.integer(0);
      task.kind = static_cast<Task::Kind>(take.integer(1));
      take.run();
    }
    file.prepare("INSERT OR REPLACE INTO share SELECT share, ?2 FROM job WHERE number = ?1")
        .bind(1, *job)
        .bind(2, task.lease)
        .run();
    begin(file, *job, std::string(self.text(0)));
    Statement row = file.prepare(select_jobs("WHERE number = ?1"));
    row.bind(1, *job);
    row.step();
    task.job = job_row(row).job;
    task.job.parameters = read_parameters(file, *job);
    Statement items = file.prepare(select_items("WHERE task = ?1 AND state = 0 ORDER BY number"));
    items.bind(1, task.id);
    task.items = read_items(items);
    out = std::move(task);
  });
  return out;
}

bool Queue::planned(const Task& task, std::span<const Item> items, const std::string& package) {
  return while_leased(jobs_.database(), task, [&](Database& file, std::int64_t job) {
    delete_task(file, task.id);
    insert_items(file, job, items);
    file.prepare(
            "UPDATE job SET planned = ?2, package = ?3, version = version + 1 WHERE number = ?1")
        .bind(1, job)
        .bind(2, static_cast<std::int64_t>(items.size()))
        .bind(3, package)
        .run();
    if (items.empty()) insert_task(file, job, Task::Kind::close);
  });
}

bool Queue::finish(const Task& task, std::span<const Item> items) {
  return while_leased(jobs_.database(), task, [&](Database& file, std::int64_t job) {
    add_sums(file, job, finish_items(file, job, task.id, items));
    end_task_when_done(file, job, task.id);
  });
}

bool Queue::put_back(const Task& task) {
  return while_leased(jobs_.database(), task, [&](Database& file, std::int64_t) {
    file.prepare("UPDATE task SET lease = NULL, holder = NULL, child = NULL WHERE id = ?1")
        .bind(1, task.id)
        .run();
  });
}

std::map<std::string, std::int64_t> Queue::files(const Task& task) {
  Statement statement = jobs_.database().prepare(
      "SELECT file, max(start + size) FROM item "
      "WHERE job = (SELECT job FROM task WHERE id = ?1) AND number > 0 AND state IN (1, 2) "
      "GROUP BY file");
  statement.bind(1, task.id);
  std::map<std::string, std::int64_t> out;
  while (statement.step()) out.emplace(statement.text(0), statement.integer(1));
  return out;
}

bool Queue::close(const Task& task, const std::optional<Item>& package) {
  return while_leased(
      jobs_.database(), task,
      [&](Database& file, std::int64_t job) {
        if (package) insert_package(file, job, *package);
        const bool all_failed = task.job.planned > 0 && task.job.failed == task.job.planned;
        if (all_failed) {
          end_job(file, job, {Phase::error, first_reason(file, job)});
        } else {
          end_job(file, job, {Phase::completed});
        }
      },
      Durability::machine);
}

bool Queue::redo(const Task& task, std::span<const std::int64_t> items, const std::string& reason) {
  return while_leased(jobs_.database(), task, [&](Database& file, std::int64_t job) {
    delete_task(file, task.id);
    insert_task(file, job, Task::Kind::items);
    const std::int64_t again = last_id(file);
    for (const std::int64_t number : items) take_back(file, job, number, again);
    for (const std::int64_t number : items)
      count_crash(file, job, again, number, Blame::crashed, reason);
    end_task_when_done(file, job, again);
  });
}

bool Queue::fail(const Task& task, const std::string& error, bool transient) {
  return while_leased(
      jobs_.database(), task,
      [&](Database& file, std::int64_t job) {
        end_job(file, job, {Phase::error, error, transient ? 1 : 0});
      },
      Durability::machine);
}

void Queue::died(std::int64_t holder, std::int64_t child) {
  Database& file = jobs_.database();
  file.transaction([&] {
    file.prepare(
            "UPDATE task SET lease = NULL, holder = NULL, child = NULL "
            "WHERE holder = ?1 AND child = ?2")
        .bind(1, holder)
        .bind(2, child)
        .run();
  });
}

void Queue::crashed(std::int64_t holder, std::int64_t child, std::int64_t item, Blame blame,
                    const std::string& reason) {
  Database& file = jobs_.database();
  file.transaction([&] {
    Statement held =
        file.prepare("SELECT id, job, kind FROM task WHERE holder = ?1 AND child = ?2");
    held.bind(1, holder).bind(2, child);
    if (!held.step()) return;
    const std::int64_t task = held.integer(0), job = held.integer(1);
    const auto kind = static_cast<Task::Kind>(held.integer(2));
    held.reset();
    file.prepare("UPDATE task SET lease = NULL, holder = NULL, child = NULL WHERE id = ?1")
        .bind(1, task)
        .run();
    // Beside all items it will die again, whichever child has the task; a kill there means nothing.
    const bool is_beside = kind == Task::Kind::items && item == 0 && blame == Blame::crashed;
    if (kind != Task::Kind::items || is_beside) {
      Statement update =
          file.prepare("UPDATE task SET crashes = crashes + ?2 WHERE id = ?1 RETURNING crashes");
      update.bind(1, task).bind(2, static_cast<std::int64_t>(blame));
      if (counted(update) >= enough_blame) end_job(file, job, {Phase::error, reason});
      return;
    }
    count_crash(file, job, task, item, blame, reason);
    end_task_when_done(file, job, task);
  });
}

}  // namespace soda::store
