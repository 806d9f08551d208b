// Jobs of the asynchronous services (UWS 1.1) in a data base file of their own: what clients create
// and read here, and workers take, renew and finish (store/queue.h). Every state lives in that file
// and nowhere else, so that any process may die at any time and nothing is lost, done twice or seen
// half.
//
// A job is planned into items (for cutouts: one each result, in the order that the standard gives
// them); items are worked off in tasks (neighbours, items of one file together).
//
// Times are UTC, to the millisecond. Failures are those of Database, about "the data base of jobs";
// one that is locked is waited for up to 30 s. One object, one thread; after fork() the child must
// not use its parent's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/database.h"

namespace soda::store {

// UWS 1.1 section 2.1.3.
enum class Phase {
  pending,
  queued,
  executing,
  completed,
  error,
  aborted,
  held,
  suspended,
  archived
};
std::string_view phase_word(Phase phase) noexcept;     // "PENDING" …
std::optional<Phase> phase_of(std::string_view word);  // exactly as UWS writes it
// Nothing changes any more but by destruction: completed, error, aborted, archived.
bool is_over(Phase phase) noexcept;

struct Job {
  using Time = std::chrono::system_clock::time_point;

  std::string id;       // 128 random bits as 26 letters and digits: unguessable
  std::string service;  // "async"; "tap" later
  std::string owner;    // the authenticated user; empty: anonymous
  std::string client;   // address that created it: fair share among the anonymous
  std::string run_id;
  Phase phase = Phase::pending;
  Time created;
  std::optional<Time> queued, started, ended, destruction;
  std::int64_t execution_limit = 0;                             // seconds; 0: none
  std::vector<std::pair<std::string, std::string>> parameters;  // in order, names as declared
  std::string error;       // the sentence with its standard code ("UsageFault: …"); empty: none
  bool transient = false;  // of the error
  // Items: all, finished well, finished without content, failed; bytes of results on disk.
  std::int64_t planned = 0, done = 0, empty = 0, failed = 0, bytes = 0;
  std::string package;       // name of the one result that holds all items; empty: each its own
  std::int64_t version = 0;  // grows with every change of the job: what WAIT looks at
};

struct Item {
  enum class State { waiting, done, empty, failed };

  std::int64_t number = 0;  // from 1, the order of results; 0: the package
  std::string name;         // of the result: "cutout-1"; unique in the job
  std::string label;        // for the status table: data set and position, as given
  std::string work;         // opaque to the store: what is to be done (JSON, made by the planner)
  std::string group;        // items of one group share a file and are worked off together
  State state = State::waiting;
  std::string media_type, reason;  // reason: of no content or of failure
  // Where the result lies: `size` bytes from `start` on, in that file of the job's folder.
  std::string file;
  std::int64_t start = 0, size = 0;
  double milliseconds = 0;
};

std::string new_job_id();

class Jobs {
 public:
  // The file is opened, or made, with its folder, at the first use.
  explicit Jobs(std::string path);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // A new job, PENDING or QUEUED as its phase says. `created` and (unless there is one: uploads may
  // lie in the job's folder already) `id` are filled in; what only workers write is ignored. When
  // it returns, the job outlives a loss of power.
  Job create(Job job);
  std::optional<Job> find(std::string_view id);
  // The job as it is, within a transaction, handed to `edit`; of what that changes there are
  // written: run_id, parameters, execution_limit, destruction, and phase, when it becomes queued
  // (from pending or held), held (from pending) or aborted (from any that is not over: what is
  // done so far stays). What is legal when is uws/phase's to say: `edit` throws, and nothing has
  // changed; any other change of phase is Failure(internal). Returns the job afterwards; empty when
  // there is none of that id.
  std::optional<Job> change(std::string_view id, const std::function<void(Job&)>& edit);
  // Forgets it at once; a worker removes its files. False when there was none.
  bool destroy(std::string_view id);

  struct Filter {
    std::string service;               // empty: all
    std::optional<std::string> owner;  // empty optional: everybody's
    std::vector<Phase> phases;         // empty: all but archived
    std::optional<Job::Time> after;    // created later than that
    std::optional<std::int64_t> last;  // the newest so many
  };
  // Newest first when `last` is given, else in the order of creation. Without their parameters.
  std::vector<Job> list(const Filter& filter);

  // Items by number, those above `after`, at most `limit`: for the status table.
  std::vector<Item> items(std::string_view id, std::int64_t after, std::int64_t limit);
  // What a client may fetch now, in order, at most `limit` with numbers above `after` (from -1):
  // items that are done or empty; of a job with a package only that, once it is there.
  std::vector<Item> results(std::string_view id, std::int64_t after, std::int64_t limit);
  // An item by name, whatever its state.
  std::optional<Item> item(std::string_view id, std::string_view name);
  // One of the results by name.
  std::optional<Item> result(std::string_view id, std::string_view name);

  // See Database::data_version: has anything changed since? Costs two calls of stat.
  std::int64_t data_version();

  // Closes the file until the next use: before a fork() whose child uses the file as well (SQLite
  // keeps its locks by process).
  void disconnect();

  // For store/queue.h and tests.
  Database& database();

 private:
  std::string path_;
  std::unique_ptr<Database> database_;
};

}  // namespace soda::store
