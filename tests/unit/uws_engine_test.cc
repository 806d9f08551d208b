// The engine of jobs, with work that does nothing of use (toy_work.h) and is told to misbehave.
#define BOOST_TEST_MODULE uws_engine
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "scratch.h"
#include "store/jobs.h"
#include "store/queue.h"
#include "toy_work.h"
#include "uws/bundle.h"
#include "uws/engine.h"
#include "uws/metrics.h"
#include "uws/results_folder.h"

using namespace soda;
using namespace soda::store;
using namespace std::chrono_literals;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// An engine in a process of its own, which goes with the object.
class Worker {
 public:
  explicit Worker(const uws::EngineOptions& options) {
    pid_ = scratch::start([&] {
      uws::run_engine(options, toy::equip);
      return 0;
    });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (pid_ != 0) end(SIGKILL);
  }
  int end(int signal) {
    ::kill(pid_, signal);
    const int status = scratch::wait_for(pid_);
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_ = 0;
};

struct Bench {
  scratch::Folder folder;
  uws::EngineOptions options;
  Jobs jobs{folder / "jobs.sqlite"};

  Bench() {
    options.database = folder / "jobs.sqlite";
    options.results = folder / "results";
    options.log_file = folder / "log";
    options.pause = 20ms;
    options.patience = {100ms, 200ms};
  }
  Job make(const Parameters& parameters, std::int64_t limit = 0) {
    Job job;
    job.service = "toy";
    job.phase = Phase::queued;
    job.parameters = parameters;
    job.execution_limit = limit;
    return jobs.create(job);
  }
  Job find(const Job& job) { return jobs.find(job.id).value(); }
  // The job when it is over, or after that time.
  Job wait(const Job& job, std::chrono::seconds longest = 20s) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    while (!is_over(find(job).phase) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(10ms);
    return find(job);
  }
  std::string file(const Job& job, const std::string& name) const {
    return options.results + "/" + job.id + "/" + name;
  }
  // The bytes of a result, as the store says where they are.
  std::string read(const Job& job, const std::string& name) {
    const Item item = jobs.item(job.id, name).value();
    std::ifstream in(file(job, item.file), std::ios::binary);
    std::string bytes(static_cast<std::size_t>(item.size), '\0');
    in.seekg(item.start).read(bytes.data(), item.size);
    return in.good() ? bytes : "too short";
  }
  std::size_t files(const Job& job) const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(options.results + "/" + job.id))
      ++count;
    return count;
  }
  // Every result is there, once, and right; and every file has results.
  void judge_results(const Job& job, std::int64_t items, std::int64_t bytes) {
    BOOST_TEST((job.phase == Phase::completed), phase_word(job.phase) << " " << job.error);
    BOOST_TEST((job.planned == items && job.done == items && job.bytes == items * bytes));
    const auto results = jobs.results(job.id, -1, 1'000'000);
    BOOST_REQUIRE(results.size() == static_cast<std::size_t>(items));
    std::set<std::string> named;
    for (const Item& item : results) named.insert(item.file);
    BOOST_TEST(files(job) == named.size());
    std::int64_t wrong = 0;
    for (const Item& item : results)
      wrong += read(job, item.name) == toy::content(item.number, bytes) ? 0 : 1;
    BOOST_TEST(wrong == 0);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_are_done_by_all_children) {
  Bench bench;
  const Worker worker(bench.options);
  const Job large = bench.make({{"ITEMS", "300"}, {"GROUP", "7"}});
  const Job small = bench.make({{"ITEMS", "1"}, {"BYTES", "0"}});
  const Job none = bench.make({{"ITEMS", "0"}});
  bench.judge_results(bench.wait(large), 300, 1000);
  bench.judge_results(bench.wait(small), 1, 0);
  BOOST_TEST((bench.wait(none).phase == Phase::completed));
}

BOOST_AUTO_TEST_CASE(items_without_content_and_failed_ones) {
  Bench bench;
  const Worker worker(bench.options);
  const Job job = bench.wait(bench.make({{"ITEMS", "4"}, {"EMPTY", "2"}, {"FAIL", "3"}}));
  BOOST_TEST((job.phase == Phase::completed && job.done == 2 && job.empty == 1 && job.failed == 1));
  const auto items = bench.jobs.items(job.id, 0, 10);
  BOOST_TEST(items[1].reason == "nothing there");
  BOOST_TEST(bench.read(job, "toy-2") == "NoContent: nothing there\n");
  BOOST_TEST(items[2].reason == "UsageError: FAIL: asked for.");
  BOOST_TEST(bench.read(job, "toy-4") == toy::content(4, 1000));
  const Job refused = bench.wait(bench.make({{"PLAN", "1"}}));
  BOOST_TEST((refused.phase == Phase::error && refused.error == "UsageError: PLAN: not this."));
  const Job all = bench.wait(bench.make({{"ITEMS", "1"}, {"FAIL", "1"}}));
  BOOST_TEST((all.phase == Phase::error && all.error == "UsageError: FAIL: asked for."));
}

BOOST_AUTO_TEST_CASE(a_crash_is_one_items) {
  Bench bench;
  const Worker worker(bench.options);
  const Job job = bench.wait(bench.make({{"ITEMS", "50"}, {"GROUP", "50"}, {"CRASH", "20"}}));
  BOOST_TEST((job.phase == Phase::completed && job.done == 49 && job.failed == 1));
  const Item item = bench.jobs.items(job.id, 19, 1).front();
  BOOST_TEST(item.reason.find("crashed the worker's process repeatedly") != std::string::npos);
  BOOST_TEST(item.reason.find("signal 11") != std::string::npos);
  BOOST_TEST(bench.read(job, "toy-21") == toy::content(21, 1000));

  const std::string once = bench.folder / "once";
  const Job again = bench.wait(bench.make({{"ITEMS", "5"}, {"CRASH", "3"}, {"ONCE", once}}));
  bench.judge_results(again, 5, 1000);
  const Job plan = bench.wait(bench.make({{"PLAN", "2"}}));
  BOOST_TEST((plan.phase == Phase::error));
  BOOST_TEST(plan.error.find("Planning") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_package_replaces_its_items) {
  Bench bench;
  const Worker worker(bench.options);
  const Job job = bench.wait(
      bench.make({{"ITEMS", "3"}, {"BYTES", "2"}, {"FAIL", "2"}, {"PACKAGE", "all.bin"}}));
  BOOST_TEST((job.phase == Phase::completed));
  const auto package = bench.jobs.result(job.id, "all.bin");
  BOOST_REQUIRE(package);
  BOOST_TEST(package->size == 4);
  BOOST_TEST(package->media_type == "application/octet-stream");
  BOOST_TEST(bench.read(job, "all.bin") == toy::content(1, 2) + toy::content(3, 2));
  std::this_thread::sleep_for(100ms);
  BOOST_TEST(bench.files(job) == 1U);
}

BOOST_AUTO_TEST_CASE(results_lie_behind_each_other) {
  Bench bench;
  bench.options.pools = {uws::Pool{{}, 1}};
  const Worker worker(bench.options);
  const Job small = bench.wait(bench.make({{"ITEMS", "40"}}));
  bench.judge_results(small, 40, 1000);
  BOOST_TEST(bench.files(small) == 1U);
  // Large ones have a file each: web servers send it themselves.
  const Job large = bench.wait(bench.make({{"ITEMS", "3"}, {"BYTES", "1048576"}}));
  bench.judge_results(large, 3, 1048576);
  BOOST_TEST(bench.files(large) == 3U);
  for (const Item& item : bench.jobs.results(large.id, -1, 10)) BOOST_TEST(item.start == 0);
}

BOOST_AUTO_TEST_CASE(a_bundle_keeps_what_is_a_result) {
  scratch::Folder folder;
  const uws::ResultsFolder results(folder / "results");
  std::filesystem::create_directory(folder / "results");
  const std::string path = folder / "results/job/.7-1.bundle";
  const auto bytes = [&] { return std::filesystem::file_size(path); };
  {
    uws::Bundle bundle(results, "job", uws::bundle_name(7, 1));
    BOOST_TEST((bundle.is_empty() && bundle.takes_more("job") && !bundle.takes_more("other")));
    bundle.write("abc");
    bundle.drop();
    BOOST_TEST(bytes() == 0U);
    bundle.write("first");
    const auto first = bundle.keep();
    BOOST_TEST((first.start == 0 && first.size == 5));
    bundle.write("half of");
    bundle.drop();
    const auto empty = bundle.keep();
    BOOST_TEST((empty.start == 5 && empty.size == 0));
    bundle.write("second");
    const auto second = bundle.keep();
    BOOST_TEST((second.start == 5 && second.size == 6));
    BOOST_TEST(bytes() == 11U);
    BOOST_TEST(bundle.takes_more("job"));
    // Nobody's bundle is written to twice.
    BOOST_CHECK_THROW(uws::Bundle(results, "job", uws::bundle_name(7, 1)), std::system_error);
    results.tidy("job", std::vector<std::string>{});
    BOOST_TEST(!bundle.takes_more("job"));
  }
  { const uws::Bundle nothing(results, "job", uws::bundle_name(7, 2)); }
  BOOST_TEST(std::filesystem::is_empty(folder / "results/job"));
  uws::Bundle large(results, "job", uws::bundle_name(7, 3));
  large.write(std::string(uws::ends_bundle, 'x'));
  large.keep();
  BOOST_TEST(!large.takes_more("job"));
}

BOOST_AUTO_TEST_CASE(an_abort_takes_less_than_a_second) {
  Bench bench;
  const Worker worker(bench.options);
  const Job job = bench.make({{"ITEMS", "100"}, {"SLEEP", "5000"}, {"BYTES", "9"}});
  while (bench.find(job).planned == 0) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(200ms);
  bench.jobs.change(job.id, [](Job& it) { it.phase = Phase::aborted; });
  // The children are free for another job.
  const auto begun = std::chrono::steady_clock::now();
  bench.judge_results(bench.wait(bench.make({{"ITEMS", "2"}, {"SLEEP", "1"}})), 2, 1000);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 1s));
  BOOST_TEST((bench.find(job).phase == Phase::aborted && bench.find(job).done == 0));
}

BOOST_AUTO_TEST_CASE(limits_of_time_and_memory) {
  Bench bench;
#ifndef __SANITIZE_ADDRESS__  // it takes more memory than there is
  bench.options.memory_limit = 1 << 30;
#endif
  const Worker worker(bench.options);
  const auto begun = std::chrono::steady_clock::now();
  const Job slow = bench.wait(bench.make({{"ITEMS", "2"}, {"SLEEP", "60000"}}, 1));
  BOOST_TEST((slow.phase == Phase::aborted));
  BOOST_TEST(slow.error.find("execution limit of 1 s") != std::string::npos);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 3s));
#ifndef __SANITIZE_ADDRESS__
  const Job greedy = bench.wait(bench.make({{"ITEMS", "2"}, {"GREEDY", "1"}}));
  BOOST_TEST((greedy.phase == Phase::completed && greedy.done == 1));
  BOOST_TEST(bench.jobs.items(greedy.id, 0, 1).front().reason.find("memory") != std::string::npos);
#endif
}

BOOST_AUTO_TEST_CASE(results_have_a_limit) {
  Bench bench;
  bench.options.results_limit = 5000;
  bench.options.pools = {{{}, 1}};
  const Worker worker(bench.options);
  const Job full = bench.wait(bench.make({{"ITEMS", "5"}}));
  bench.judge_results(full, 5, 1000);
  const Job refused = bench.wait(bench.make({{"ITEMS", "2"}}));
  BOOST_TEST((refused.phase == Phase::error));
  BOOST_TEST(refused.error.find("results_limit: all results may take 5000 bytes") !=
             std::string::npos);
  bench.jobs.destroy(full.id);
  bench.judge_results(bench.wait(bench.make({{"ITEMS", "2"}})), 2, 1000);
}

BOOST_AUTO_TEST_CASE(destroyed_jobs_leave_nothing) {
  Bench bench;
  const Worker worker(bench.options);
  const Job job = bench.wait(bench.make({{"ITEMS", "20"}}));
  const Job late = bench.make({{"ITEMS", "5"}, {"SLEEP", "3000"}});
  while (bench.find(late).planned == 0) std::this_thread::sleep_for(5ms);
  bench.jobs.change(late.id, [](Job& it) { it.destruction = std::chrono::system_clock::now(); });
  bench.jobs.destroy(job.id);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  const auto is_empty = [&] { return std::filesystem::is_empty(bench.options.results); };
  while (!(is_empty() && !bench.jobs.find(late.id)) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(20ms);
  BOOST_TEST(!bench.jobs.find(late.id));
  BOOST_TEST(is_empty());
}

BOOST_AUTO_TEST_CASE(a_result_that_the_disk_lost_is_made_again) {
  Bench bench;
  bench.options.pools = {{{}, 1}};
  const Job job = bench.make({{"ITEMS", "40"}, {"SLEEP", "20"}});
  {
    const Worker worker(bench.options);
    while (bench.find(job).done < 10) std::this_thread::sleep_for(5ms);
  }
  // As a loss of power may leave it: the store knows of results that the disk does not.
  const auto known = bench.jobs.results(job.id, -1, 100);
  BOOST_REQUIRE(known.size() >= 10U);
  std::filesystem::resize_file(bench.file(job, known[4].file), 4500);
  const Worker worker(bench.options);
  bench.judge_results(bench.wait(job), 40, 1000);
}

BOOST_AUTO_TEST_CASE(told_to_end_it_finishes_the_item_in_hand) {
  Bench bench;
  const Job job = bench.make({{"ITEMS", "64"}, {"SLEEP", "300"}});
  {
    Worker worker(bench.options);
    while (bench.find(job).planned == 0) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(100ms);
    const auto begun = std::chrono::steady_clock::now();
    BOOST_TEST(worker.end(SIGTERM) == 0);
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  }
  BOOST_TEST(bench.find(job).done >= 1);
  Queue queue(bench.jobs, 1);
  BOOST_TEST(queue.holders().empty());
  BOOST_TEST((bench.find(job).phase == Phase::executing));
}

BOOST_AUTO_TEST_CASE(results_have_names_that_are_names) {
  for (const char* good : {"cutout-1", "a", "cutouts.tar", "A_b.c-9"})
    BOOST_TEST(uws::is_result_name(good), good);
  for (const char* bad : {"", ".", "..", ".hidden", "a/b", "a b", "\xc3\xa4", "a\n"})
    BOOST_TEST(!uws::is_result_name(bad), bad);
  BOOST_TEST(!uws::is_result_name(std::string(201, 'a')));
}

BOOST_AUTO_TEST_CASE(metrics_are_of_this_machine_only) {
  for (const char* bad : {"0.0.0.0:9464", "192.168.1.1:1", "127.0.0.1", "127.0.0.1:0",
                          "unix:", "127.0.0.1:99999", "example.org:80", "/tmp/x"}) {
    BOOST_CHECK_THROW(uws::MetricsPort port(bad), Failure);
  }
  BOOST_TEST(uws::MetricsPort("").descriptor() == -1);

  Bench bench;
  bench.options.metrics = "unix:" + (bench.folder / "m");
  const Worker worker(bench.options);
  bench.wait(bench.make({{"ITEMS", "3"}, {"FAIL", "2"}}));
  const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  (bench.folder / "m").copy(name.sun_path, sizeof name.sun_path - 1);
  BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) ==
                0);
  const std::string request = "GET /metrics HTTP/1.1\r\n\r\n";
  BOOST_REQUIRE(::write(client.get(), request.data(), request.size()) > 0);
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(client.get(), buffer, sizeof buffer)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  for (const char* line :
       {"HTTP/1.0 200 OK", "soda_jobs{phase=\"COMPLETED\"} 1\n", "soda_jobs{phase=\"QUEUED\"} 0\n",
        "soda_items_total{state=\"done\"} 2\n", "soda_items_total{state=\"failed\"} 1\n",
        "soda_worker_children 2\n", "soda_oldest_queued_seconds 0\n",
        "soda_items_bytes_total 2000\n"}) {
    BOOST_TEST(answer.find(line) != std::string::npos, line << " in " << answer);
  }
}
