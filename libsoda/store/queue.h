// The worker's side of the jobs (store/jobs.h): taking tasks, finishing them, and clearing up after
// those who cannot any more. Every call is one transaction, safe against kill -9 at any point.
//
// A task is leased to one child of one worker (a Holder). A lease ends with the task, or when its
// holder is known to be dead; the wall clock plays no part, so that setting it does no harm. What
// is finished under a lease that has ended meanwhile (the child was believed dead, the job was
// aborted) is not taken: those calls return false.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/holder.h"
#include "store/jobs.h"

namespace soda::store {

struct Task {
  enum class Kind {
    plan,   // parameters -> items
    items,  // `items`
    close,  // all items are finished: pack them, end the job
  };
  Kind kind = Kind::plan;
  std::int64_t id = 0, lease = 0;
  Job job;
  std::vector<Item> items;  // those of the task that are not finished, in order of work
};

// quick: jobs of few items first, whoever waits; fair: whoever was served longest ago first, and of
// theirs the jobs of few items. Otherwise the oldest job first. One child in the quick lane keeps
// small jobs from waiting behind large ones; the others keep large ones going. Before all others in
// both: a job of one item, once it is planned, because its time runs from then on.
enum class Lane { fair, quick };

class Queue {
 public:
  // The jobs must outlive it. Jobs of up to `small_job` items are small; so is one that is not
  // planned yet.
  Queue(Jobs& jobs, std::int64_t small_job);

  // A worker comes, tells that it lives, goes (what its children had in hand waits again).
  std::int64_t enter(const Holder& self);
  // False: it was believed dead and is to enter anew.
  bool beat(std::int64_t holder);
  void leave(std::int64_t holder);
  std::vector<Holder> holders();

  // The next task for that child, of a job of these services (none: of any); the job is EXECUTING
  // from now on.
  std::optional<Task> take(std::int64_t holder, std::int64_t child, Lane lane,
                           std::span<const std::string> services = {});
  // The items of a plan, in order of work: neighbours of one group share a task. Throws
  // Failure(internal) when numbers or names stand twice.
  bool planned(const Task& task, std::span<const Item> items, const std::string& package);
  // Some of the task's items: state, media_type, reason, file, start, size, milliseconds. Those
  // that are finished already are left as they are. The task ends with its last item, and with the
  // job's last item the task to close it begins.
  bool finish(const Task& task, std::span<const Item> items);
  // What is left of the task waits again.
  bool put_back(const Task& task);
  // The files that hold results of the job's items, and how long each must be at least to do so.
  std::map<std::string, std::int64_t> files(const Task& task);
  // COMPLETED, or ERROR with the first reason when every item failed. `package`: of a job that has
  // one. Outlives a loss of power; the caller sees to it that the results do.
  bool close(const Task& task, const std::optional<Item>& package);
  // Instead of close(): these items are finished, but their results are not on the disk (which lost
  // power before they were written). They are to be done again, or have failed with `reason` when
  // that was so already.
  bool redo(const Task& task, std::span<const std::int64_t> items, const std::string& reason);
  // The job ends in ERROR with this text.
  bool fail(const Task& task, const std::string& error, bool transient);

  // The child is dead: what it had in hand waits again. With `item` (0: none) at work when it died
  // by itself, that is counted: after two crashes, or four kills from outside (which the item may
  // have brought about by its hunger for memory, or have nothing to do with), the item has failed
  // with `reason`; planning or packing that does so, or crashes twice between items, fails the job.
  enum class Blame { killed = 1, crashed = 2 };
  void died(std::int64_t holder, std::int64_t child);
  void crashed(std::int64_t holder, std::int64_t child, std::int64_t item, Blame blame,
               const std::string& reason);

  // Leases of that holder that still stand: a child with another works in vain.
  std::vector<std::int64_t> leases(std::int64_t holder);

  // Ends jobs that executed longer than their limit, by the clock of this system; one that began
  // before the system was started, or on another, counts from when this Queue first saw it. How
  // many.
  std::int64_t stop_overdue();
  // Forgets jobs whose destruction time is past. How many.
  std::int64_t expire(Job::Time now);
  // Jobs whose files are to be removed; and when that is done.
  std::vector<std::string> trash(std::int64_t limit);
  void emptied(const std::string& id);
  bool is_known(const std::string& id);

  struct Figures {
    std::map<Phase, std::int64_t> jobs;
    std::int64_t waiting_items = 0, bytes = 0;
    std::optional<Job::Time> oldest;  // since when the job that waits longest is queued
  };
  Figures figures();
  // Bytes of all results.
  std::int64_t bytes();

 private:
  Jobs& jobs_;
  std::int64_t small_job_;
  std::map<std::int64_t, std::int64_t> first_seen_;  // job -> boot_milliseconds
};

}  // namespace soda::store
