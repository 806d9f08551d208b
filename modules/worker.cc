// soda-worker: does the jobs of the asynchronous services.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "cutout/batch.h"
#include "fetching.h"
#include "site/access.h"
#include "site/config.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/notice.h"
#include "tap/service.h"
#include "uws/engine.h"

namespace {

using namespace soda;

constexpr int wrong_usage = 2;

// The names of the services that take the jobs.
constexpr std::string_view cutout_jobs = "async", query_jobs = "tap/async";

uws::EngineOptions options_of(const site::Config& config) {
  uws::EngineOptions options;
  options.database = config.text("jobs_database");
  options.results = config.text("results_folder");
  options.pools = {{{std::string(cutout_jobs)}, config.integer("worker_children")},
                   {{std::string(query_jobs)}, config.integer("tap_children")}};
  options.small_job = config.integer("small_job");
  options.memory_limit = config.integer("worker_memory");
  options.results_limit = config.integer("results_limit");
  options.log_file = config.text("log_file");
  options.metrics = config.text("metrics");
  return options;
}

uws::Kinds kinds(const dali::Context& context) {
  uws::Kinds all;
  all.emplace(cutout_jobs, cutout::make_batch(context));
  all.emplace(query_jobs, tap::make_work(context));
  return all;
}

void work(const site::Config& config) {
  uws::run_engine(options_of(config), [&](const std::function<void(const uws::Workshop&)>& use) {
    const auto database = std::make_shared<store::Database>(config.text("database"),
                                                            store::Database::Mode::read_only);
    store::Holdings holdings(database, static_cast<std::size_t>(config.integer("holdings_memory")));
    store::NoticeBoard notices(*database);
    site::Access access(config);
    const dali::Context context{
        config, holdings, *database, notices, access, SODA_VERSION, modules::fetch_of(config)};
    const uws::Kinds known = kinds(context);
    use({context, known});
  });
}

int run(int argc, char** argv) {
  CLI::App app("Does the jobs of the asynchronous services.", "soda-worker");
  app.set_version_flag("--version", "soda-worker " SODA_VERSION);
  std::string file = site::Config::default_path();
  bool only_check = false;
  app.add_option("--config", file, "Settings, soda.toml(5)")->capture_default_str();
  app.add_flag("--check", only_check, "Read the settings and stop");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : wrong_usage;
  }
  const site::Config config = site::Config::load(file);
  if (only_check) {
    fmt::print("soda-worker: the settings in {} are good; {} children\n", file,
               config.integer("worker_children") + config.integer("tap_children"));
  } else {
    work(config);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Failure& failure) {
    fmt::print(stderr, "soda-worker: {}\n", failure.what());
    return failure.kind() == FailureKind::usage ? wrong_usage : EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "soda-worker: {}\n", error.what());
  }
  return EXIT_FAILURE;
}
