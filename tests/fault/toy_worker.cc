// The engine of jobs with work that does nothing of use (unit/toy_work.h), as a program that can be
// killed:
//   toy_worker run DATABASE RESULTS CHILDREN LOG
//   toy_worker submit DATABASE [NAME=VALUE…]     prints the job's identifier
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "toy_work.h"

namespace {

int submit(const std::vector<std::string>& arguments) {
  soda::store::Jobs jobs(arguments.at(1));
  soda::store::Job job;
  job.service = "toy";
  job.phase = soda::store::Phase::queued;
  job.destruction = std::chrono::system_clock::now() + std::chrono::hours(1);
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    job.parameters.emplace_back(arguments[i].substr(0, equals), arguments[i].substr(equals + 1));
  }
  job.execution_limit = toy::number(job, "LIMIT");
  fmt::print("{}\n", jobs.create(job).id);
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  soda::uws::EngineOptions options;
  options.database = arguments.at(1);
  options.results = arguments.at(2);
  options.pools = {{{}, soda::to_integer(arguments.at(3)).value()}};
  options.log_file = arguments.at(4);
  soda::uws::run_engine(options, toy::equip);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    return arguments.at(0) == "submit" ? submit(arguments) : run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "toy_worker: {}\n", error.what());
  }
  return 1;
}
