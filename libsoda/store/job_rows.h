// Rows of the data base of jobs as structs: private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/jobs.h"

namespace soda::store {

struct JobRow {
  std::int64_t number = 0;
  Job job;  // without its parameters
};
// "SELECT …" of all that job_row() reads, FROM job.
std::string select_jobs(std::string_view where);
JobRow job_row(const Statement& statement);
std::optional<JobRow> find_job(Database& database, std::string_view id);
std::vector<std::pair<std::string, std::string>> read_parameters(Database& database,
                                                                 std::int64_t job);

std::string select_items(std::string_view where);
Item item_row(const Statement& statement);
std::vector<Item> read_items(Statement& statement);

std::int64_t milliseconds_of(Job::Time time);
Job::Time time_of(std::int64_t milliseconds);
std::optional<std::int64_t> milliseconds_of(const std::optional<Job::Time>& time);

void touch(Database& database, std::int64_t job);  // another version
// Ends the job: no tasks any more. The phase is over.
struct End {
  Phase phase;
  std::string_view error = {};
  std::int64_t transient = 0;
};
void end_job(Database& database, std::int64_t job, const End& end);
// Forgets it, and puts its files on the list of those to be removed.
void forget_job(Database& database, std::int64_t job);

}  // namespace soda::store
