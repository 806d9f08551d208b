// sodactl: the administrator's one command.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>

#include "base/failure.h"
#include "sodactl_commands.h"

namespace {

constexpr int wrong_usage = 2;

std::string default_config() {
  const char* set = std::getenv("SODA_CONFIG");
  return set != nullptr && *set != '\0' ? set : SODA_SYSCONFDIR "/soda/soda.toml";
}

// What the command line says; CLI11 writes into it while it parses.
struct Line {
  std::string config = default_config();
  std::string collection, id, file, reason, from, until, part, scope = "data", name, table;
  std::string format = sodactl::export_formats().front();
  std::vector<std::string> paths, ids, phases;
  std::optional<std::string> owner;
  sodactl::NewLink link;
  bool json = false;
  std::function<int(const soda::site::Config&)> command;
};

void add_files(CLI::App& app, Line& line) {
  CLI::App* ingest =
      app.add_subcommand("ingest", "Read the headers of FITS files into the archive");
  ingest->add_option("--collection", line.collection,
                     "Collection of new files (default: default); known ones move to it");
  ingest->add_option("PATH", line.paths, "Files or folders below a data root")->required();
  ingest->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::ingest(settings, line.collection, line.paths);
    };
  });
  CLI::App* check = app.add_subcommand("check", "Examine settings, data base and files");
  check->callback([&line] { line.command = sodactl::check; });
}

void add_views(CLI::App& app, Line& line) {
  CLI::App* list = app.add_subcommand("list", "One line for each data set");
  list->add_option("--collection", line.collection, "Only this collection");
  list->add_flag("--json", line.json, "One JSON array of ObsCore records");
  list->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::list(settings, line.collection,
                           line.json ? sodactl::Format::json : sodactl::Format::text);
    };
  });
  CLI::App* show = app.add_subcommand("show", "All that is known of one data set");
  show->add_option("ID", line.id, "Its identifier, ivo://…")->required();
  show->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::show(settings, line.id);
    };
  });
}

void add_catalogue(CLI::App& app, Line& line) {
  CLI::App* take = app.add_subcommand("import", "Take over the ObsCore rows of a table");
  CLI::Option* collection =
      take->add_option("--collection", line.collection, "Collection of rows that name none");
  take->add_option("--table", line.table,
                   "Make it the archive's own table SCHEMA.TABLE for queries instead")
      ->excludes(collection);
  take->add_option("FILE", line.file, "VOTable, FITS, CSV or TSV, gzipped or not")->required();
  take->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      if (!line.table.empty()) return sodactl::import_own_table(settings, line.file, line.table);
      return sodactl::import_rows(settings, line.file, line.collection);
    };
  });
  CLI::App* write = app.add_subcommand("export", "Write all data sets as one table");
  write->add_option("--format", line.format, "Form of the table")
      ->check(CLI::IsMember(sodactl::export_formats()))
      ->capture_default_str();
  write->add_option("--output", line.file, "File to write (default: standard output)");
  write->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::export_rows(settings, line.format, line.file);
    };
  });
  CLI::App* retract = app.add_subcommand("retract", "Take data sets out of the archive");
  CLI::Option_group* what = retract->add_option_group("what");
  what->add_option("ID", line.ids, "Their identifiers, ivo://…");
  what->add_option("--table", line.table, "The archive's own table SCHEMA.TABLE instead");
  what->require_option(1);
  retract->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      if (!line.table.empty()) return sodactl::retract_own_table(settings, line.table);
      return sodactl::retract_rows(settings, line.ids);
    };
  });
}

void add_link_options(CLI::App& app, sodactl::NewLink& link) {
  app.add_option("ID", link.id, "Identifier of the data set, ivo://…")->required();
  app.add_option("SEMANTICS", link.semantics, "A term of DataLink's vocabulary: weight, …")
      ->required();
  app.add_option("TARGET", link.target, "An identifier, an address, or a file below a data root")
      ->required();
}

void add_links(CLI::App& app, Line& line) {
  CLI::App* link = app.add_subcommand("link", "Say what belongs to a data set");
  add_link_options(*link, line.link);
  link->add_option("--description", line.link.description, "A sentence for people");
  link->add_option("--type", line.link.type, "Media type (default: by the name's suffix)");
  link->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::link(settings, line.link);
    };
  });
  CLI::App* unlink = app.add_subcommand("unlink", "Take that back");
  add_link_options(*unlink, line.link);
  unlink->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::unlink(settings, line.link.id, line.link.semantics, line.link.target);
    };
  });
  CLI::App* links = app.add_subcommand("links", "What belongs to a data set");
  links->add_option("ID", line.link.id, "Its identifier, ivo://…")->required();
  links->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::links(settings, line.link.id);
    };
  });
}

void add_notice(CLI::App& app, Line& line) {
  CLI::App* offline = app.add_subcommand("offline", "Take the archive out of service");
  offline->add_option("REASON", line.reason, "What clients are told")->required();
  offline->add_option("--from", line.from, "When, ISO 8601 in UTC (default: now)");
  offline->add_option("--until", line.until, "When it ends (default: with sodactl online)");
  offline->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::offline(settings, line.reason, line.from, line.until);
    };
  });
  CLI::App* online = app.add_subcommand("online", "Take the archive back into service");
  online->callback([&line] { line.command = sodactl::online; });
}

void add_signing(CLI::App& app, Line& line) {
  CLI::App* sign = app.add_subcommand("sign", "Print an address that lets in whoever has it");
  sign->add_option("ID", line.id, "Identifier of the data set, ivo://…")->required();
  sign->add_option("--scope", line.scope, "What it is good for: data, or cut")
      ->capture_default_str();
  sign->add_option("--part", line.part, "A part of it (default: the file)")
      ->check(CLI::IsMember({"header", "preview", "thumbnail"}));
  sign->add_option("--expires", line.until,
                   "Until when, ISO 8601 in UTC (default: the setting signature_life)");
  sign->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::sign(settings, line.id, line.part, line.scope, line.until);
    };
  });
  CLI::App* key = app.add_subcommand("key", "Print a new line for the key file");
  key->add_option("NAME", line.name, "Name of the key")->required();
  key->callback([&line] {
    line.command = [&line](const soda::site::Config&) { return sodactl::make_key(line.name); };
  });
}

void add_jobs(CLI::App& app, Line& line) {
  CLI::App* jobs = app.add_subcommand("jobs", "Jobs of the asynchronous services");
  jobs->require_subcommand(1);
  CLI::App* list = jobs->add_subcommand("list", "One line for each job");
  list->add_option("--phase", line.phases, "Only jobs in this phase (may be repeated)")
      ->expected(1)
      ->take_all();
  list->add_option("--owner", line.owner, "Only jobs of this user; empty: of nobody");
  list->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::list_jobs(settings, line.phases, line.owner);
    };
  });
  CLI::App* show = jobs->add_subcommand("show", "All that is known of one job");
  show->add_option("JOB", line.id, "Its identifier")->required();
  show->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::show_job(settings, line.id);
    };
  });
  CLI::App* abort = jobs->add_subcommand("abort", "Stop jobs; what they have done stays");
  abort->add_option("JOB", line.ids, "Their identifiers")->required();
  abort->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::abort_jobs(settings, line.ids);
    };
  });
  CLI::App* purge = jobs->add_subcommand("purge", "Destroy jobs with their results");
  purge->add_option("JOB", line.ids, "Their identifiers");
  purge->add_option("--before", line.until, "All that ended before this time, ISO 8601 in UTC");
  purge->callback([&line] {
    line.command = [&line](const soda::site::Config& settings) {
      return sodactl::purge_jobs(settings, line.ids, line.until);
    };
  });
}

int run(int argc, char** argv) {
  CLI::App app("Administer an archive of the libsoda image services.", "sodactl");
  app.set_version_flag("--version", "sodactl " SODA_VERSION);
  app.require_subcommand(1);
  Line line;
  app.add_option("--config", line.config, "Settings, soda.toml(5)")->capture_default_str();
  add_files(app, line);
  add_views(app, line);
  add_catalogue(app, line);
  add_links(app, line);
  add_notice(app, line);
  add_signing(app, line);
  add_jobs(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : wrong_usage;
  }
  return line.command(soda::site::Config::load(line.config));
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
