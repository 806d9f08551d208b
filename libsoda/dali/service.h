// A service is one row: where it is mounted, what it is called in capabilities, which parameters it
// takes, and the function that answers.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "dali/param.h"
#include "http/request.h"
#include "http/response.h"
#include "site/access.h"
#include "site/config.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/notice.h"
#include "xml/writer.h"

namespace soda::dali {

// What a program holds for as long as it runs; handed to handlers by reference.
struct Context {
  const site::Config& config;
  store::Holdings& holdings;
  store::Database& database;
  store::NoticeBoard& notices;
  site::Access& access;
  std::string version;  // of the package
  // Writes what an address of the web names (fetch/fetch.h); none: this program cannot.
  std::function<void(const std::string& address, http::Sink& into)> fetch = nullptr;
};

// One call: the request, its checked arguments, and the log line to which a handler may add (step
// times, data set, boxes).
struct Call {
  const http::Request& request;
  const http::Form& form;
  const Arguments& arguments;
  LogLine& log;
  // Who asks, as the web server says it, when the setting auth is "server"; empty: anonymous.
  std::string_view user = {};
  // Of a service with a tree: what follows its name in the path, "k3v9/phase"; empty: the service
  // itself.
  std::string_view below = {};
};

// Parameters of a call that shows what a service does, name and value: for the page of examples.
using ExampleCall = std::vector<std::pair<std::string, std::string>>;

// In which form an error goes back.
enum class ErrorStyle {
  text,        // text/plain, codes of SODA 1.0
  votable,     // VOTable, faults of DataLink and SIA
  fault_text,  // those faults as text/plain: to who asked a service of the second kind for CSV
};

// Whether a service answers while the archive is out of service (store/notice.h).
enum class Hours { of_the_archive, always };

// One place in the tree of a service (UWS 1.1 section 2.2).
struct Resource {
  std::string_view methods;
  std::span<const Parameter> parameters;
};

struct Service {
  // What follows the base in the path: "sync", or, of a service of several, "tap/sync".
  std::string_view name;
  std::string_view standard_id;  // "ivo://ivoa.net/std/SODA#sync-1.0"; empty: not in capabilities
  std::string_view interface_type;     // "vs:ParamHTTP" or "vr:WebBrowser"
  std::string_view interface_version;  // "1.0" or empty
  std::string_view access_use;         // "full" or "base"
  std::string_view methods;            // "GET HEAD POST"
  std::string_view result_type;        // of capabilities; may be empty
  std::span<const Parameter> parameters;
  ErrorStyle errors = ErrorStyle::text;
  Hours hours = Hours::of_the_archive;
  Strangers strangers = Strangers::suspected;
  // Of a capability that says more than its interfaces: its type ("tr:TableAccess"), and what
  // follows them.
  std::string_view capability_type = {};
  std::function<void(const Context&, xml::Writer&)> capability = nullptr;
  // Set for a service that answers below its name, too: what takes the place of `methods` and
  // `parameters` there. Throws Failure(not_found).
  std::function<Resource(std::string_view below)> resource = nullptr;
  // An answer of later (http/response.h) may hold the context, the request and the log line, and
  // nothing else of the call; it may throw as any handler.
  std::function<http::Response(const Context&, const Call&)> handle;
};

}  // namespace soda::dali
