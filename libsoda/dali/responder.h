// The main loop of every FastCGI program: options, settings, store, the accept loop, the choice of
// the service by path, errors, the log line.
#pragma once

#include <exception>
#include <functional>
#include <string_view>
#include <vector>

#include "dali/service.h"
#include "site/config.h"

namespace soda::dali {

struct Program {
  std::string_view name;     // "soda-sync"
  std::string_view summary;  // one line for --help
  // Called once, after the settings are read. The store may be missing still: it is asked at each
  // request.
  std::function<std::vector<Service>(const Context&)> services;
  // Makes Context::fetch; none: this program fetches nothing.
  std::function<decltype(Context::fetch)(const site::Config&)> fetch = nullptr;
};

// Options: --config FILE, --bind ADDRESS, --check, --version, --help. Returns the exit status: 0, 1
// when the socket failed while running, or 2 for a wrong option or setting (told on standard
// error).
int run(int argc, char** argv, const Program& program);

// One request against a table of services, without any server: what `run` does for each (and tests
// do directly). A service answers at the mount of base_url, a slash and its name, and nowhere else,
// unless it has a tree. Throws nothing. An answer of later refers to everything given here. The log
// line gets service, status, kind, the sentence that the client gets, and milliseconds by step.
http::Response respond(const Context& context, const std::vector<Service>& services,
                       const http::Request& request, LogLine& log);

// The answer to an exception that came out of the body of a response before its first byte.
http::Response respond_to(const std::exception& error, const Context& context,
                          const std::vector<Service>& services, const http::Request& request,
                          LogLine& log);

}  // namespace soda::dali
