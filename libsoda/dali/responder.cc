#include "dali/responder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/failure.h"
#include "base/text.h"
#include "http/server.h"
#include "site/config.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/notice.h"

namespace soda::dali {
namespace {

constexpr int exit_broken = 1, exit_usage = 2;

enum class Action { serve, check, version, help };

struct Options {
  Action action = Action::serve;
  std::string config = site::Config::default_path();
  std::string bind;
};

struct Switch {
  std::string_view name;
  Action action;
};
constexpr std::array switches = {Switch{"--check", Action::check},
                                 Switch{"--version", Action::version},
                                 Switch{"--help", Action::help}};

struct ValueOption {
  std::string_view name;
  std::string Options::*member;
};
constexpr std::array value_options = {ValueOption{"--config", &Options::config},
                                      ValueOption{"--bind", &Options::bind}};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string_view name = argument.substr(0, equals);
    if (const auto found = std::ranges::find(switches, argument, &Switch::name);
        found != switches.end()) {
      options.action = found->action;
      continue;
    }
    const auto found = std::ranges::find(value_options, name, &ValueOption::name);
    if (found == value_options.end()) {
      throw Failure(FailureKind::usage,
                    fmt::format("unknown option \"{}\"; see --help", quoted(argument)));
    }
    if (equals == argument.size() && i + 1 == argc) {
      throw Failure(FailureKind::usage, fmt::format("{}: a value is expected", name));
    }
    options.*found->member = equals < argument.size() ? argument.substr(equals + 1) : argv[++i];
  }
  return options;
}

void print_help(const Program& program) {
  fmt::print(
      "{0}: {1}\n"
      "\n"
      "  --config FILE   settings (default: the environment's SODA_CONFIG, else {2})\n"
      "  --bind ADDRESS  unix:PATH or HOST:PORT; without it descriptor 0 is the listening socket\n"
      "  --check         read the settings and stop\n"
      "  --version\n"
      "  --help\n"
      "\n"
      "By hand: {0} --bind unix:/tmp/soda.sock, and point a web server's FastCGI at that socket.\n",
      program.name, program.summary, SODA_SYSCONFDIR "/soda/soda.toml");
}

// The log line of a request lives from the first step to the last byte.
class Loop {
 public:
  Loop(const Context& context, const std::vector<Service>& services, Log& log)
      : context_(context), services_(services), log_(log) {}

  http::Handlers handlers() {
    return {[this](const http::Request& request) { return handle(request); },
            [this](const http::Request& request, const std::exception& error) {
              return respond_to(error, context_, services_, request, pending_.at(&request).line);
            },
            [this](const http::Request& request, const http::Response& response,
                   const http::Outcome& outcome) { finish(request, response, outcome); }};
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    LogLine line{"request"};
    Clock::time_point begun = Clock::now(), handled;
    std::string_view next = "send_ms";  // what the time from then on is spent with
  };

  http::Response handle(const http::Request& request) {
    Pending& pending = pending_[&request];
    LogLine& line = pending.line;
    line.add("id", request.id);
    line.add("client", request.remote_address());
    line.add("method", request.method);
    line.add("path", request.path);
    http::Response response = respond(context_, services_, request, line);
    if (response.later) pending.next = "wait_ms";
    pending.handled = Clock::now();
    return response;
  }

  void finish(const http::Request& request, const http::Response& response,
              const http::Outcome& outcome) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const auto now = Clock::now();
    auto entry = pending_.extract(&request);
    Pending& pending = entry.mapped();
    LogLine& line = pending.line;
    line.add("status", response.status);
    line.add("bytes", outcome.bytes_out);
    if (outcome.client_gone) line.add("client_gone", "true");
    if (outcome.broken) line.add("broken", *outcome.broken);
    line.add_milliseconds(pending.next, Milliseconds(now - pending.handled).count());
    line.add_milliseconds("total_ms", Milliseconds(now - pending.begun).count());
    log_.write(line);
  }

  const Context& context_;
  const std::vector<Service>& services_;
  Log& log_;
  std::map<const http::Request*, Pending> pending_;  // one, and those that wait
};

// A program that takes files has to read larger bodies than others.
void limit_bodies(const site::Config& config, const std::vector<Service>& services,
                  http::ServerOptions& options) {
  options.body_limit = config.integer("max_body");
  const bool takes_files = std::ranges::any_of(services, [](const Service& service) {
    return std::ranges::any_of(service.parameters,
                               [](const Parameter& each) { return each.name == "UPLOAD"; });
  });
  if (!takes_files || config.integer("max_upload") <= options.body_limit) return;
  options.body_limit = config.integer("max_upload");
  options.body_limit_name = "max_upload";
}

void serve(const Program& program, const Options& options, const Context& context,
           const std::vector<Service>& services) {
  Log log(context.config.text("log_file"), program.name);
  http::ServerOptions server_options;
  server_options.bind = options.bind;
  limit_bodies(context.config, services, server_options);
  server_options.waiting_limit =
      static_cast<std::size_t>(context.config.integer("waiting_requests"));
  server_options.on_hangup = [&log] { log.reopen(); };
  http::Server server(server_options);
  log.write(LogLine("start")
                .add("version", context.version)
                .add("config", options.config)
                .add("bind", options.bind.empty() ? "descriptor 0" : options.bind)
                .add("base_url", context.config.base_url()));
  Loop loop(context, services, log);
  try {
    server.run(loop.handlers());
  } catch (const std::exception& error) {
    log.write(LogLine("stop").add("error", error.what()));
    throw;
  }
  log.write(LogLine("stop"));
}

void start(const Program& program, const Options& options) {
  const site::Config config = site::Config::load(options.config);
  const auto database =
      std::make_shared<store::Database>(config.text("database"), store::Database::Mode::read_only);
  store::Holdings holdings(database, static_cast<std::size_t>(config.integer("holdings_memory")));
  store::NoticeBoard notices(*database);
  site::Access access(config);
  const Context context{config,
                        holdings,
                        *database,
                        notices,
                        access,
                        SODA_VERSION,
                        program.fetch ? program.fetch(config) : nullptr};
  const std::vector<Service> services = program.services(context);
  if (options.action == Action::check) {
    fmt::print("{}: the settings in {} are good; services below {}:", program.name,
               options.config.empty() ? "no file" : options.config, config.base_url());
    for (const Service& service : services) fmt::print(" {}", service.name);
    fmt::print("\n");
    return;
  }
  serve(program, options, context, services);
}

}  // namespace

int run(int argc, char** argv, const Program& program) {
  try {
    const Options options = parse_options(argc, argv);
    if (options.action == Action::help) {
      print_help(program);
    } else if (options.action == Action::version) {
      fmt::print("{} {}\n", program.name, SODA_VERSION);
    } else {
      start(program, options);
    }
    return 0;
  } catch (const Failure& failure) {
    fmt::print(stderr, "{}: {}\n", program.name, failure.what());
    return failure.kind() == FailureKind::usage ? exit_usage : exit_broken;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program.name, error.what());
    return exit_broken;
  }
}

}  // namespace soda::dali
