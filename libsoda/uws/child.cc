#include "uws/child.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "base/failure.h"
#include "base/log.h"
#include "base/text.h"
#include "dali/fault.h"
#include "uws/bundle.h"
#include "uws/results_folder.h"
#include "uws/trouble.h"

namespace soda::uws {
namespace {

using Clock = std::chrono::steady_clock;
using store::Item;
using store::Task;

// Results are told to the store together, but readers of the status table want to see them come,
// and what is not told yet is lost with the child.
constexpr auto longest_silence = std::chrono::milliseconds(100);
// Then others may have their turn: what is left of the task goes back.
constexpr auto longest_turn = std::chrono::seconds(2);
constexpr auto weighing_interval = std::chrono::milliseconds(500);

class Child {
 public:
  Child(const EngineOptions& options, const Workshop& workshop, ChildPlace place)
      : options_(options),
        workshop_(workshop),
        slot_(place.slot),
        lane_(place.lane),
        services_(place.services),
        jobs_(options.database),
        queue_(jobs_, options.small_job),
        results_(options.results),
        log_(options.log_file, options.program) {}

  void run() {
    while (!told_to_end(Duration(0))) {
      try {
        const std::int64_t version = jobs_.data_version();
        if (work()) continue;
        bundle_.reset();
        sleep(version);
      } catch (const Failure& failure) {
        // Of the store: what is in hand waits with its lease, which ends with this process.
        log_.write(LogLine("trouble").add("error", failure.what()));
        slot_.lease = 0;
        return;
      }
    }
  }

 private:
  using Duration = EngineOptions::Duration;

  // SIGTERM, now or within that time.
  bool told_to_end(Duration within) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(within);
    const timespec time{seconds.count(), std::chrono::nanoseconds(within - seconds).count()};
    const int signal = ended_ ? SIGTERM : ::sigtimedwait(&set, nullptr, &time);
    if (signal == SIGHUP) log_.reopen();
    ended_ = signal == SIGTERM;
    return ended_;
  }

  // Until something has changed, or is to.
  void sleep(std::int64_t version) {
    while (!told_to_end(options_.idle) && jobs_.data_version() == version) {
    }
  }

  bool work() {
    const std::optional<Task> task = queue_.take(slot_.holder, ::getpid(), lane_, services_);
    if (!task) return false;
    slot_.lease = task->lease;
    const auto found = workshop_.kinds.find(task->job.service);
    if (found == workshop_.kinds.end()) {
      fail(*task, Failure(FailureKind::internal, "No worker knows this kind of job."));
    } else {
      perform(*task, *found->second);
    }
    ++slot_.tasks;
    slot_.lease = 0;
    return true;
  }

  void perform(const Task& task, dali::Work& work) {
    switch (task.kind) {
      case Task::Kind::plan:
        plan(task, work);
        return;
      case Task::Kind::items:
        do_items(task, work);
        return;
      case Task::Kind::close:
        close(task, work);
        return;
    }
  }

  void fail(const Task& task, const Failure& failure) {
    queue_.fail(task, dali::fault_text(failure, dali::ErrorStyle::text),
                failure.kind() == FailureKind::unavailable);
    ++slot_.jobs;
    log_.write(LogLine("job")
                   .add("job", task.job.id)
                   .add("service", task.job.service)
                   .add("phase", "ERROR")
                   .add("error", failure.what()));
  }

  // Tries until it succeeds, fails for good, or patience is at its end. Empty: told to end.
  // Once patience was in vain, nobody waits again before a try succeeds: a thousand items do not
  // wait a thousand times.
  template <class Try>
  std::optional<Failure> persist(const Try& attempt) {
    for (std::size_t tries = 0;; ++tries) {
      std::optional<Failure> failure = trouble_of(attempt);
      if (!failure) {
        impatient_ = false;
        return std::nullopt;
      }
      if (failure->kind() != FailureKind::unavailable) return failure;
      if (impatient_ || tries == options_.patience.size()) {
        impatient_ = true;
        return failure;
      }
      if (told_to_end(options_.patience[tries])) return failure;
    }
  }

  void plan(const Task& task, dali::Work& work) {
    dali::Plan plan;
    const auto failure = persist([&] {
      plan = work.plan(workshop_.context, task.job);
      const bool good = std::ranges::all_of(
          plan.items, [](const Item& item) { return is_result_name(item.name); });
      if (!good || (!plan.package.empty() && !is_result_name(plan.package)))
        throw Failure(FailureKind::internal, "A result of the plan has a name that is none.");
    });
    if (ended_ && failure) return;
    if (failure) return fail(task, *failure);
    queue_.planned(task, plan.items, plan.package);
  }

  void do_items(const Task& task, dali::Work& work) {
    std::vector<Item> finished;
    const auto begun = Clock::now();
    auto told = begun;
    std::size_t count = 0;
    for (; count < task.items.size(); ++count) {
      const auto now = Clock::now();
      if (now - begun > longest_turn || told_to_end(Duration(0))) break;
      if (now - told > longest_silence) {
        if (!queue_.finish(task, finished)) return;
        finished.clear();
        told = now;
      }
      const Item& item = task.items[count];
      slot_.item = item.number;
      std::optional<Item> made = do_item(task, work, item);
      slot_.item = 0;
      if (!made) break;
      add_up(*made);
      finished.push_back(std::move(*made));
    }
    if (bundle_) settle_bundle();
    if (!queue_.finish(task, finished)) return;
    if (count < task.items.size()) queue_.put_back(task);
  }

  // The disk is told to begin, so that the end of the job need not wait long for it.
  void settle_bundle() {
    bundle_->begin_writing();
    if (bundle_->is_empty()) bundle_.reset();
  }

  // Empty: told to end.
  std::optional<Item> do_item(const Task& task, dali::Work& work, const Item& item) {
    const auto begun = Clock::now();
    Item made;
    const auto failure = persist([&] {
      refuse_when_full();
      if (!bundle_ || !bundle_->takes_more(task.job.id)) {
        bundle_.reset();
        bundle_.emplace(results_, task.job.id, bundle_name(task.lease, ++bundles_));
      }
      made = written(task, work, item);
    });
    if (ended_ && failure) return std::nullopt;
    if (failure) {
      made = item;
      made.state = Item::State::failed;
      made.reason = dali::fault_text(*failure, dali::ErrorStyle::text);
    }
    made.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
    if (made.state == Item::State::failed) {
      log_.write(
          LogLine("item").add("job", task.job.id).add("item", item.name).add("error", made.reason));
    }
    return made;
  }

  // What the work makes of the item, its result in the bundle.
  Item written(const Task& task, dali::Work& work, const Item& item) {
    try {
      Item made = work.run(workshop_.context, task.job, item, *bundle_);
      made.number = item.number;
      if (made.state == Item::State::waiting)
        throw Failure(FailureKind::internal, "The work came back undone.");
      Bundle::Extent extent;
      if (made.state == Item::State::failed) {
        bundle_->drop();
        made.file.clear();
      } else {
        extent = bundle_->keep();
        made.file = bundle_->name();
      }
      made.start = extent.start;
      made.size = extent.size;
      return made;
    } catch (...) {
      bundle_->drop();
      throw;
    }
  }

  void add_up(const Item& item) {
    slot_.done += item.state == Item::State::done ? 1 : 0;
    slot_.empty += item.state == Item::State::empty ? 1 : 0;
    slot_.failed += item.state == Item::State::failed ? 1 : 0;
    slot_.bytes += item.size;
    stored_ += item.size;
  }

  void refuse_when_full() {
    if (options_.results_limit <= 0) return;
    const auto now = Clock::now();
    if (!weighed_ || now - *weighed_ > weighing_interval) {
      stored_ = queue_.bytes();
      weighed_ = now;
    }
    if (stored_ >= options_.results_limit) {
      weighed_.reset();
      throw results_are_full(stored_, options_.results_limit);
    }
  }

  void close(const Task& task, dali::Work& work) {
    const auto files = queue_.files(task);
    if (const auto lost = lost_items(task, files); !lost.empty()) {
      const Failure failure(FailureKind::internal, "The result was lost from the disk twice.");
      queue_.redo(task, lost, dali::fault_text(failure, dali::ErrorStyle::text));
      return;
    }
    std::vector<std::string> bundles;
    for (const auto& [file, length] : files) bundles.push_back(file);
    std::optional<Item> package;
    const auto failure = persist([&] {
      if (!task.job.package.empty() && task.job.failed < task.job.planned)
        package = pack(task, work);
      results_.tidy(task.job.id, bundles);
      results_.make_durable(task.job.id, package ? std::vector{package->file} : bundles);
    });
    if (ended_ && failure) return;
    if (failure) return fail(task, *failure);
    if (!queue_.close(task, package)) return;
    ++slot_.jobs;
    // Nothing depends on it: what a killed child leaves here goes with the job.
    if (package) results_.tidy(task.job.id, {});
    tell_end(task);
  }

  static bool has_result(const Item& item) {
    return item.state == Item::State::done || item.state == Item::State::empty;
  }

  // The store says that they are done: after a loss of power the disk may know nothing of it.
  std::vector<std::int64_t> lost_items(const Task& task,
                                       const std::map<std::string, std::int64_t>& files) {
    std::map<std::string_view, std::int64_t> short_ones;
    for (const auto& [file, length] : files) {
      const std::int64_t size = results_.size(task.job.id, file);
      if (size < length) short_ones.emplace(file, size);
    }
    std::vector<std::int64_t> lost;
    if (short_ones.empty()) return lost;
    for (const Item& item : jobs_.items(task.job.id, 0, task.job.planned)) {
      const auto found = short_ones.find(item.file);
      if (has_result(item) && found != short_ones.end() &&
          (found->second < item.start + item.size || found->second < 0))
        lost.push_back(item.number);
    }
    return lost;
  }

  Item pack(const Task& task, dali::Work& work) {
    const auto begun = Clock::now();
    std::vector<dali::Made> made;
    for (Item& item : jobs_.items(task.job.id, 0, task.job.planned)) {
      std::string path = has_result(item) ? results_.file(task.job.id, item.file) : std::string();
      made.push_back({std::move(item), std::move(path)});
    }
    const std::string part = results_.part(task.job.id, task.job.package, task.lease);
    Item package;
    package.name = package.file = task.job.package;
    package.media_type = work.pack(workshop_.context, task.job, made, part);
    package.size = results_.keep(part, task.job.id, package.name);
    package.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
    return package;
  }

  void tell_end(const Task& task) {
    const auto job = jobs_.find(task.job.id);
    if (!job) return;
    LogLine line("job");
    line.add("job", job->id).add("service", job->service);
    line.add("phase", store::phase_word(job->phase)).add("items", job->planned);
    line.add("empty", job->empty).add("failed", job->failed).add("bytes", job->bytes);
    if (job->started && job->ended) {
      line.add_milliseconds(
          "ms", std::chrono::duration<double, std::milli>(*job->ended - *job->started).count());
    }
    log_.write(line);
  }

  const EngineOptions& options_;
  const Workshop& workshop_;
  Slot& slot_;
  store::Lane lane_;
  const std::vector<std::string>& services_;
  store::Jobs jobs_;
  store::Queue queue_;
  ResultsFolder results_;
  Log log_;
  std::optional<Bundle> bundle_;  // of the job that was last worked on
  std::int64_t bundles_ = 0;      // begun so far
  bool ended_ = false;
  bool impatient_ = false;
  std::int64_t stored_ = 0;
  std::optional<Clock::time_point> weighed_;
};

}  // namespace

void run_child(const EngineOptions& options, const Workshop& workshop, ChildPlace place) {
  Child(options, workshop, place).run();
}

}  // namespace soda::uws
