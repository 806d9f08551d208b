// Jobs and the queue of tasks. The phases and what is kept are those of UWS 1.1 section 2.1.3; the
// shares of owners are counted by hand.
#include <fmt/format.h>
#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <map>
#include <thread>

#include "base/failure.h"
#include "scratch.h"
#include "store/jobs.h"
#include "store/queue.h"

using namespace soda;
using namespace soda::store;
using namespace std::chrono_literals;

namespace {

struct Bench {
  scratch::Folder folder;
  Jobs jobs{folder / "jobs.sqlite"};
  Queue queue{jobs, 4};
  std::int64_t holder = 0;

  std::int64_t enter() { return holder = queue.enter(this_process()); }

  Job make(const std::string& owner, Phase phase = Phase::queued) {
    Job job;
    job.service = "async";
    job.owner = owner;
    job.client = "127.0.0.1";
    job.phase = phase;
    job.parameters = {{"ID", "a"}, {"CIRCLE", "1 2 3"}, {"ID", "b"}};
    return jobs.create(job);
  }
  Job find(const Job& job) { return jobs.find(job.id).value(); }
};

std::vector<Item> items_of(std::int64_t count, std::int64_t of_one_group = 1) {
  std::vector<Item> items;
  for (std::int64_t i = 0; i < count; ++i) {
    Item item;
    item.number = i + 1;
    item.name = fmt::format("cutout-{}", i + 1);
    item.group = fmt::format("file {}", i / of_one_group);
    item.work = fmt::format("{{\"n\":{}}}", i);
    items.push_back(item);
  }
  return items;
}

std::vector<Item> done(std::vector<Item> items) {
  for (Item& item : items) {
    item.state = Item::State::done;
    item.media_type = "text/plain";
    item.size = 10;
  }
  return items;
}

Task take(Bench& bench, std::int64_t child = 1, Lane lane = Lane::fair) {
  auto task = bench.queue.take(bench.holder, child, lane);
  BOOST_REQUIRE(task);
  return *task;
}

}  // namespace

BOOST_AUTO_TEST_CASE(job_from_creation_to_its_end) {
  Bench bench;
  const Job made = bench.make("ann", Phase::pending);
  BOOST_TEST(made.id.size() == 26U);
  BOOST_TEST(made.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
  BOOST_TEST((bench.find(made).parameters == made.parameters));
  bench.enter();
  BOOST_TEST(!bench.queue.take(bench.holder, 1, Lane::fair));  // PENDING is not taken

  bench.jobs.change(made.id, [](Job& job) {
    job.run_id = "r";
    job.parameters.emplace_back("BAND", "1 2");
    job.phase = Phase::queued;
  });
  Job job = bench.find(made);
  BOOST_TEST((job.phase == Phase::queued && job.run_id == "r" && job.parameters.size() == 4));
  const Task plan = take(bench);
  BOOST_TEST((plan.kind == Task::Kind::plan && plan.job.parameters.size() == 4));
  BOOST_TEST((bench.find(made).phase == Phase::executing && bench.find(made).started));
  BOOST_TEST(bench.queue.planned(plan, items_of(3, 3), ""));
  BOOST_TEST(!bench.queue.planned(plan, items_of(3, 3), ""));  // once

  Task work = take(bench);
  BOOST_TEST((work.kind == Task::Kind::items && work.items.size() == 3));
  work.items = done(work.items);
  work.items[1].state = Item::State::empty;
  BOOST_TEST(bench.queue.finish(work, std::span(work.items).first(2)));
  job = bench.find(made);
  BOOST_TEST((job.done == 1 && job.empty == 1 && job.bytes == 20 && job.planned == 3));
  BOOST_TEST(bench.jobs.results(made.id, -1, 10).size() == 2U);
  work.items[2].state = Item::State::failed;
  work.items[2].reason = "no";
  work.items[2].size = 0;
  BOOST_TEST(bench.queue.finish(work, work.items));  // the first two are told once more
  job = bench.find(made);
  BOOST_TEST((job.done == 1 && job.empty == 1 && job.failed == 1 && job.bytes == 20));
  BOOST_TEST(!bench.queue.finish(work, work.items));

  const Task close = take(bench);
  BOOST_TEST((close.kind == Task::Kind::close));
  const auto version = bench.find(made).version;
  BOOST_TEST(bench.queue.close(close, std::nullopt));
  job = bench.find(made);
  BOOST_TEST((job.phase == Phase::completed && job.ended && job.version > version));
  BOOST_TEST(bench.jobs.result(made.id, "cutout-1").value().size == 10);
  BOOST_TEST(!bench.jobs.result(made.id, "cutout-3"));  // failed
  BOOST_TEST(bench.jobs.items(made.id, 1, 10).back().reason == "no");
  BOOST_TEST(!bench.queue.take(bench.holder, 1, Lane::fair));

  BOOST_TEST(bench.jobs.destroy(made.id));
  BOOST_TEST(!bench.jobs.destroy(made.id));
  BOOST_TEST(!bench.jobs.find(made.id));
  BOOST_TEST((bench.queue.trash(10) == std::vector{made.id}));
  bench.queue.emptied(made.id);
  BOOST_TEST(bench.queue.trash(10).empty());
}

BOOST_AUTO_TEST_CASE(changes_that_are_refused_change_nothing) {
  Bench bench;
  const Job made = bench.make("ann", Phase::pending);
  BOOST_CHECK_THROW(bench.jobs.change(made.id,
                                      [](Job& job) {
                                        job.run_id = "x";
                                        throw Failure(FailureKind::usage, "no");
                                      }),
                    Failure);
  BOOST_CHECK_THROW(bench.jobs.change(made.id, [](Job& job) { job.phase = Phase::completed; }),
                    Failure);
  BOOST_TEST(bench.find(made).run_id.empty());
  BOOST_TEST((bench.find(made).phase == Phase::pending));
  BOOST_TEST(!bench.jobs.change("nobody", [](Job&) {}));
}

BOOST_AUTO_TEST_CASE(lists_are_filtered) {
  Bench bench;
  const Job a = bench.make("ann"), b = bench.make("bob"), c = bench.make("ann", Phase::pending);
  Jobs::Filter filter;
  filter.owner = "ann";
  BOOST_TEST(bench.jobs.list(filter).size() == 2U);
  filter.last = 1;
  BOOST_TEST(bench.jobs.list(filter).front().id == c.id);
  filter.last.reset();
  filter.phases = {Phase::queued, Phase::error};
  BOOST_TEST(bench.jobs.list(filter).front().id == a.id);
  filter.owner.reset();
  filter.after = a.created - 1ms;
  BOOST_TEST(bench.jobs.list(filter).size() == 2U);
  filter.after = b.created + 1s;
  BOOST_TEST(bench.jobs.list(filter).empty());
  filter = {};
  filter.service = "tap";
  BOOST_TEST(bench.jobs.list(filter).empty());
}

BOOST_AUTO_TEST_CASE(an_aborted_job_takes_no_more_results) {
  Bench bench;
  bench.enter();
  const Job made = bench.make("ann");
  bench.queue.planned(take(bench), items_of(2, 1), "");
  const Task first = take(bench);
  bench.queue.finish(first, done(first.items));
  const Task second = take(bench);
  BOOST_TEST((bench.queue.leases(bench.holder) == std::vector{second.lease}));
  bench.jobs.change(made.id, [](Job& job) { job.phase = Phase::aborted; });
  BOOST_TEST(bench.queue.leases(bench.holder).empty());
  BOOST_TEST(!bench.queue.finish(second, done(second.items)));
  BOOST_TEST((bench.find(made).phase == Phase::aborted && bench.find(made).done == 1));
  BOOST_TEST(bench.jobs.results(made.id, -1, 10).size() == 1U);  // what was done stays
  BOOST_TEST(!bench.queue.take(bench.holder, 1, Lane::fair));
}

BOOST_AUTO_TEST_CASE(files_stay_together_in_tasks) {
  Bench bench;
  bench.enter();
  bench.make("ann");
  // Results go round 20 files of 200 items; in tasks a file's are together.
  auto items = items_of(4000);
  for (Item& item : items) item.group = fmt::format("file {}", (item.number - 1) % 20);
  bench.queue.planned(take(bench), items, "");
  std::map<std::string, int> tasks_of_file;
  std::size_t seen = 0;
  for (int i = 0; seen < 4000; ++i) {
    const Task task = take(bench, i);
    seen += task.items.size();
    BOOST_TEST(task.items.size() <= 128U);
    std::map<std::string, int> files;
    for (const Item& item : task.items) ++files[item.group];
    for (const auto& file : files) ++tasks_of_file[file.first];
  }
  BOOST_TEST(seen == 4000U);
  BOOST_TEST(tasks_of_file.size() == 20U);
  for (const auto& [file, tasks] : tasks_of_file) BOOST_TEST(tasks <= 3, file);
}

BOOST_AUTO_TEST_CASE(what_is_put_back_is_taken_again) {
  Bench bench;
  bench.enter();
  const Job job = bench.make("ann");
  bench.queue.planned(take(bench), items_of(3, 3), "");
  const Task first = take(bench, 1);
  auto some = done(first.items);
  some.resize(1);
  some[0].file = "a";
  some[0].start = 5;
  BOOST_TEST(bench.queue.finish(first, some));
  BOOST_TEST(bench.queue.put_back(first));
  BOOST_TEST(!bench.queue.put_back(first));
  BOOST_TEST(!bench.queue.finish(first, done(first.items)));
  const Task again = take(bench, 2);
  BOOST_TEST((again.id == first.id && again.items.size() == 2U));
  auto rest = done(again.items);
  rest[0].file = "b";
  rest[1].state = Item::State::failed;
  BOOST_TEST(bench.queue.finish(again, rest));
  const Task last = take(bench, 1);
  BOOST_TEST((last.kind == Task::Kind::close));
  BOOST_TEST(
      (bench.queue.files(last) == std::map<std::string, std::int64_t>{{"a", 15}, {"b", 10}}));
  const auto kept = bench.jobs.item(job.id, "cutout-1");
  BOOST_TEST((kept && kept->file == "a" && kept->start == 5 && kept->size == 10));
}

// Its time runs from its plan on: it must not wait for others then.
BOOST_AUTO_TEST_CASE(a_job_of_one_result_goes_on_when_it_is_planned) {
  for (const Lane lane : {Lane::fair, Lane::quick}) {
    Bench bench;
    bench.enter();
    const Job first = bench.make("ann"), second = bench.make("bob");
    const Task plan = take(bench, 1, lane);
    BOOST_TEST(plan.job.id == first.id);
    bench.queue.planned(plan, items_of(1), "");
    const Task work = take(bench, 1, lane);
    BOOST_TEST((work.job.id == first.id && work.kind == Task::Kind::items));
    BOOST_TEST((bench.find(second).phase == Phase::queued));
    bench.queue.finish(work, done(work.items));
    const Task close = take(bench, 1, lane);
    BOOST_TEST((close.job.id == first.id && close.kind == Task::Kind::close));
    bench.queue.close(close, std::nullopt);
    BOOST_TEST(take(bench, 1, lane).job.id == second.id);
  }
}

BOOST_AUTO_TEST_CASE(owners_share_and_small_jobs_pass) {
  Bench bench;
  bench.enter();
  for (const char* owner : {"ann", "ann", "ann", "bob"}) {
    bench.make(owner);
    bench.queue.planned(take(bench), items_of(100, 1), "");
  }
  std::map<std::string, int> served;
  for (int i = 0; i < 6; ++i) ++served[take(bench, i).job.owner];
  BOOST_TEST((served["ann"] == 3 && served["bob"] == 3));  // not 3 to 1

  const Job small = bench.make("ann");
  bench.queue.planned(take(bench, 1, Lane::quick), items_of(2), "");
  const Task quick = take(bench, 1, Lane::quick);
  BOOST_TEST(quick.job.id == small.id);
  bool small_was_next_of_ann = false;
  for (int i = 0; i < 2; ++i) {
    const Task task = take(bench, 2);
    if (task.job.owner == "ann") small_was_next_of_ann = task.job.id == small.id;
  }
  BOOST_TEST(small_was_next_of_ann);
}

BOOST_AUTO_TEST_CASE(what_the_dead_had_in_hand_is_taken_again) {
  Bench bench;
  bench.enter();
  const Job made = bench.make("ann");
  bench.queue.planned(take(bench), items_of(2, 2), "");
  const Task lost = take(bench, 7);
  bench.queue.died(bench.holder, 8);
  BOOST_TEST(!bench.queue.take(bench.holder, 1, Lane::fair));  // another child's
  bench.queue.died(bench.holder, 7);
  const Task again = take(bench, 9);
  BOOST_TEST((again.id == lost.id && again.lease != lost.lease && again.items.size() == 2));
  BOOST_TEST(!bench.queue.finish(lost, done(lost.items)));  // it was not dead after all: too late
  BOOST_TEST(bench.queue.finish(again, done(again.items)));
  BOOST_TEST(bench.find(made).done == 2);

  const Task close = take(bench);
  bench.queue.leave(bench.holder);
  BOOST_TEST(!bench.queue.close(close, std::nullopt));
  BOOST_TEST(!bench.queue.take(bench.holder, 1, Lane::fair));  // nobody holds for the departed
  bench.enter();
  BOOST_TEST(bench.queue.close(take(bench), std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_task_that_crashes_twice_between_its_items_fails_the_job) {
  Bench bench;
  bench.enter();
  const Job made = bench.make("ann");
  bench.queue.planned(take(bench), items_of(3, 3), "");
  for (int i = 0; i < 5; ++i) {
    take(bench, 1);
    bench.queue.crashed(bench.holder, 1, 0, Queue::Blame::killed, "killed");
  }
  take(bench, 1);
  bench.queue.crashed(bench.holder, 1, 0, Queue::Blame::crashed, "once");
  take(bench, 2);
  bench.queue.crashed(bench.holder, 2, 0, Queue::Blame::crashed, "no item's fault");
  const Job job = bench.find(made);
  BOOST_TEST((job.phase == Phase::error && job.error == "no item's fault"));
}

BOOST_AUTO_TEST_CASE(an_item_that_kills_twice_has_failed) {
  Bench bench;
  bench.enter();
  const Job made = bench.make("ann");
  bench.queue.planned(take(bench), items_of(3, 3), "");
  take(bench, 1);
  bench.queue.crashed(bench.holder, 1, 2, Queue::Blame::crashed, "the decoder crashed");
  BOOST_TEST(take(bench, 2).items.size() == 3U);
  bench.queue.crashed(bench.holder, 2, 2, Queue::Blame::crashed, "the decoder crashed");
  const Task rest = take(bench, 3);
  BOOST_TEST(rest.items.size() == 2U);
  bench.queue.finish(rest, done(rest.items));
  bench.queue.close(take(bench), std::nullopt);
  const Job job = bench.find(made);
  BOOST_TEST((job.phase == Phase::completed && job.done == 2 && job.failed == 1));
  BOOST_TEST(bench.jobs.items(made.id, 1, 1).front().reason == "the decoder crashed");

  // Planning that kills twice is the job's end; so is a job of which nothing succeeded.
  const Job plan = bench.make("ann");
  take(bench, 1);
  bench.queue.crashed(bench.holder, 1, 0, Queue::Blame::crashed, "planning crashed");
  BOOST_TEST((bench.find(plan).phase == Phase::executing));
  take(bench, 1);
  bench.queue.crashed(bench.holder, 1, 0, Queue::Blame::crashed, "planning crashed");
  BOOST_TEST(
      (bench.find(plan).phase == Phase::error && bench.find(plan).error == "planning crashed"));
  const Job failing = bench.make("ann");
  bench.queue.planned(take(bench), items_of(1), "");
  Task task = take(bench);
  task.items[0].state = Item::State::failed;
  task.items[0].reason = "gone";
  bench.queue.finish(task, task.items);
  bench.queue.close(take(bench), std::nullopt);
  BOOST_TEST((bench.find(failing).phase == Phase::error && bench.find(failing).error == "gone"));
}

BOOST_AUTO_TEST_CASE(a_package_is_the_one_result) {
  Bench bench;
  bench.enter();
  const Job made = bench.make("ann");
  bench.queue.planned(take(bench), items_of(2, 2), "cutouts.tar");
  const Task work = take(bench);
  bench.queue.finish(work, done(work.items));
  BOOST_TEST(bench.jobs.results(made.id, -1, 10).empty());
  BOOST_TEST(!bench.jobs.result(made.id, "cutout-1"));
  Item package;
  package.name = "cutouts.tar";
  package.media_type = "application/x-tar";
  package.size = 99;
  bench.queue.close(take(bench), package);
  BOOST_TEST(bench.jobs.results(made.id, -1, 10).size() == 1U);
  BOOST_TEST(bench.jobs.result(made.id, "cutouts.tar").value().media_type == "application/x-tar");
  BOOST_TEST(bench.jobs.items(made.id, 0, 10).size() == 2U);
  BOOST_TEST(bench.find(made).bytes == 99);
}

BOOST_AUTO_TEST_CASE(limits_of_time) {
  Bench bench;
  bench.enter();
  Job job = bench.make("ann", Phase::pending);
  bench.jobs.change(job.id, [](Job& it) {
    it.execution_limit = 1;
    it.phase = Phase::queued;
  });
  take(bench);
  BOOST_TEST(bench.queue.stop_overdue() == 0);
  std::this_thread::sleep_for(1100ms);
  BOOST_TEST(bench.queue.stop_overdue() == 1);
  BOOST_TEST((bench.find(job).phase == Phase::aborted));
  BOOST_TEST(bench.find(job).error.find("limit of 1 s") != std::string::npos);

  const auto now = std::chrono::system_clock::now();
  bench.jobs.change(job.id, [&](Job& it) { it.destruction = now + 10s; });
  BOOST_TEST(bench.queue.expire(now) == 0);
  BOOST_TEST(bench.queue.expire(now - 24h) == 0);  // the clock was set back
  BOOST_TEST(bench.queue.expire(now + 11s) == 1);
  BOOST_TEST(!bench.jobs.find(job.id));
  BOOST_TEST(bench.queue.trash(10).size() == 1U);
}

BOOST_AUTO_TEST_CASE(figures_count) {
  Bench bench;
  bench.enter();
  bench.make("ann");
  const Job waiting = bench.make("bob");
  bench.queue.planned(take(bench), items_of(5, 5), "");
  const auto figures = bench.queue.figures();
  BOOST_TEST(figures.jobs.at(Phase::queued) == 1);
  BOOST_TEST(figures.jobs.at(Phase::executing) == 1);
  BOOST_TEST(figures.waiting_items == 5);
  BOOST_TEST((figures.oldest == bench.find(waiting).queued));
}

BOOST_AUTO_TEST_CASE(the_living_and_the_dead) {
  const Holder self = this_process();
  BOOST_TEST(is_alive(self));
  Holder other = self;
  other.started += 1;
  BOOST_TEST(!is_alive(other));  // the number was given to another process
  const pid_t child = scratch::start([] { return ::pause(); });
  Holder held = self;
  held.pid = child;
  std::this_thread::sleep_for(50ms);
  ::kill(child, SIGKILL);
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(!is_alive(held));  // a zombie still
  scratch::wait_for(child);

  // Elsewhere: by the beat, in the observer's own time.
  HolderWatch watch(self, 30s);
  Holder far{5, "another/1", 1, 1, 10};
  Holder here{6, self.host, child, 1, 0};
  HolderWatch::Clock::time_point now{};
  const auto dead = [&](Holder a, std::chrono::seconds later) {
    const std::vector<Holder> all{a, here};
    return watch.dead(all, now += later);
  };
  BOOST_TEST((dead(far, 0s) == std::vector<std::int64_t>{6}));
  BOOST_TEST((dead(far, 29s) == std::vector<std::int64_t>{6}));
  far.beat = 11;
  BOOST_TEST((dead(far, 5s) == std::vector<std::int64_t>{6}));
  BOOST_TEST((dead(far, 30s) == std::vector<std::int64_t>{6}));
  BOOST_TEST((dead(far, 1s) == std::vector<std::int64_t>{5, 6}));
}

BOOST_AUTO_TEST_CASE(a_locked_store_is_waited_for) {
  Bench bench;
  bench.make("ann");
  sqlite3* raw = nullptr;
  sqlite3_open((bench.folder / "jobs.sqlite").c_str(), &raw);
  sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  std::thread release([&] {
    std::this_thread::sleep_for(3s);
    sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr);
  });
  BOOST_TEST(bench.jobs.list({}).size() == 1U);  // reading does not wait
  const auto begun = std::chrono::steady_clock::now();
  bench.make("bob");
  BOOST_TEST((std::chrono::steady_clock::now() - begun > 2s));
  release.join();
  sqlite3_close(raw);
  BOOST_TEST(bench.jobs.list({}).size() == 2U);
}
