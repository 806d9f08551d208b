// sodactl: the administrator's one command.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

#include "base/failure.h"
#include "sodactl_commands.h"

namespace {

constexpr int wrong_usage = 2;

std::string default_config() {
  const char* set = std::getenv("SODA_CONFIG");
  return set != nullptr && *set != '\0' ? set : SODA_SYSCONFDIR "/soda/soda.toml";
}

int run(int argc, char** argv) {
  CLI::App app("Administer an archive of the libsoda image services.", "sodactl");
  app.set_version_flag("--version", "sodactl " SODA_VERSION);
  app.require_subcommand(1);
  std::string config = default_config();
  app.add_option("--config", config, "Settings, soda.toml(5)")->capture_default_str();

  std::function<int(const soda::site::Config&)> command;

  CLI::App* ingest =
      app.add_subcommand("ingest", "Read the headers of FITS files into the archive");
  std::string collection;
  std::vector<std::string> paths;
  ingest->add_option("--collection", collection,
                     "Collection of new files (default: default); known ones move to it");
  ingest->add_option("PATH", paths, "Files or folders below a data root")->required();
  ingest->callback([&] {
    command = [&](const soda::site::Config& settings) {
      return sodactl::ingest(settings, collection, paths);
    };
  });

  CLI::App* check = app.add_subcommand("check", "Examine settings, data base and files");
  check->callback([&] { command = sodactl::check; });

  CLI::App* list = app.add_subcommand("list", "One line for each data set");
  bool json = false;
  list->add_option("--collection", collection, "Only this collection");
  list->add_flag("--json", json, "One JSON array of ObsCore records");
  list->callback([&] {
    command = [&](const soda::site::Config& settings) {
      return sodactl::list(settings, collection,
                           json ? sodactl::Format::json : sodactl::Format::text);
    };
  });

  CLI::App* show = app.add_subcommand("show", "All that is known of one data set");
  std::string id;
  show->add_option("ID", id, "Its identifier, ivo://…")->required();
  show->callback([&] {
    command = [&](const soda::site::Config& settings) { return sodactl::show(settings, id); };
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : wrong_usage;
  }
  return command(soda::site::Config::load(config));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) == 0) return status;
    fmt::print(stderr, "sodactl: the output cannot be written\n");
  } catch (const soda::Failure& failure) {
    fmt::print(stderr, "sodactl: {}\n", failure.what());
    if (failure.kind() == soda::FailureKind::usage) return wrong_usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sodactl: {}\n", error.what());
  }
  return EXIT_FAILURE;
}
