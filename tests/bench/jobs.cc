// Jobs for the benchmark of batches: as if so many users had each sent the same one.
//
//   jobs DATABASE RESULTS USERS TABLE NAME=VALUE…      TABLE: a file to upload, or "-"
//
// Makes the jobs at once, waits for the last, and prints a line for each: seconds from its making
// to its end, phase, cuts done, without content, failed. Then they are destroyed.
#include "store/jobs.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "dali/upload.h"

namespace {

using namespace soda;

store::Job asked_for(const std::vector<std::string>& words, const std::string& user) {
  store::Job job;
  job.id = store::new_job_id();
  job.service = "async";
  job.owner = user;
  job.phase = store::Phase::queued;
  for (std::size_t i = 5; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    job.parameters.emplace_back(words[i].substr(0, equals), words[i].substr(equals + 1));
  }
  if (words[4] == "-") return job;
  const std::filesystem::path place = dali::upload_path(words[2], job.id, {"table", "table", ""});
  std::filesystem::create_directories(place.parent_path());
  std::filesystem::copy_file(words[4], place);
  job.parameters.emplace_back("UPLOAD", "positions,param:table");
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  const auto users = argc < 5 ? std::nullopt : to_integer(words[3]);
  if (!users) {
    fmt::print(stderr, "usage: jobs DATABASE RESULTS USERS TABLE NAME=VALUE...\n");
    return 2;
  }
  store::Jobs jobs(words[1]);
  std::vector<std::string> ids;
  for (std::int64_t user = 0; user < *users; ++user) {
    ids.push_back(jobs.create(asked_for(words, fmt::format("user{}", user))).id);
  }
  for (const auto& id : ids) {
    auto job = jobs.find(id);
    while (job && !store::is_over(job->phase)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      job = jobs.find(id);
    }
    if (!job) return EXIT_FAILURE;
    const std::chrono::duration<double> took = job->ended.value_or(job->created) - job->created;
    fmt::print("{:.3f} {} {} {} {} {}\n", took.count(), store::phase_word(job->phase), job->done,
               job->empty, job->failed, quoted(job->error, 200));
  }
  for (const auto& id : ids) jobs.destroy(id);
  return EXIT_SUCCESS;
}
