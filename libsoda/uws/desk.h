// What the resources of a service of jobs share. Private to the room.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dali/service.h"
#include "store/jobs.h"
#include "uws/document.h"
#include "uws/results_folder.h"
#include "uws/service.h"

namespace soda::uws {

// The result that tells of all others: a table, made when it is asked for.
inline constexpr std::string_view status_name = "status";

// The phases of jobs for those who wait for them: read again only when the data base has changed,
// and then once for all who wait for the same job. It has a connection of its own, because one does
// not see its own changes as changes.
class PhaseWatch {
 public:
  explicit PhaseWatch(std::string database) : jobs_(std::move(database)) {}
  // Empty: there is no such job (any more).
  std::optional<store::Phase> phase(const std::string& id);

 private:
  using Clock = std::chrono::steady_clock;

  void refresh();

  store::Jobs jobs_;
  std::map<std::string, std::optional<store::Phase>, std::less<>> known_;
  std::optional<std::int64_t> version_;
  Clock::time_point looked_{};
};

struct Desk {
  Desk(const dali::Context& context, Kind given);

  Kind kind;
  store::Jobs jobs;
  std::string results_path;
  ResultsFolder results;
  std::string list;  // its address
  PhaseWatch watch;
  // Of the list and of a job's `parameters`: those of jobs and those that control them.
  std::vector<dali::Parameter> creation;

  std::string address_of(std::string_view job) const { return list + "/" + std::string(job); }
  // A job that the caller may see. Throws Failure(not_found).
  store::Job find(const dali::Call& call, std::string_view id);
  // store::Jobs::change; throws Failure(not_found) when the job has gone since it was found.
  void change(std::string_view id, const std::function<void(store::Job&)>& edit);
  ShownJob show(const store::Job& job);
  std::vector<ShownParameter> parameters_of(const store::Job& job) const;
  // Reads them from the store as they are handed over.
  ShownResults results_of(const store::Job& job);
};

// What an item that failed has for a result.
std::string failure_text(const store::Item& item);

[[noreturn]] void refuse_destroyed();

// A place in the tree: ".../ID/CHILD/NAME".
struct Place {
  std::string_view id, child, name;
};

// RFC 9110 section 15.4.4.
http::Response see_other(std::string address);
http::Response plain(std::string text);
// A document that is XML for programs and a page for browsers, and no cache's.
enum class Reader { program, browser };
Reader reader_of(const http::Request& request);
http::Response document(Reader reader, std::string text);
// The same, written by `write`: as it is sent when it is about so many results.
using WriteDocument = std::function<void(const Emit&)>;
http::Response document(Reader reader, std::int64_t results, WriteDocument write);

// The handlers, one a resource and method.
http::Response list_jobs(Desk& desk, const dali::Context&, const dali::Call&, const Place&);
http::Response create_job(Desk& desk, const dali::Context&, const dali::Call&, const Place&);
http::Response add_parameters(Desk& desk, const dali::Context&, const dali::Call&, const Place&);
http::Response show_result(Desk& desk, const dali::Context&, const dali::Call&, const Place&);
http::Response show_parameter(Desk& desk, const dali::Context&, const dali::Call&, const Place&);

// The value of a control parameter, checked and brought within the site's limits.
std::int64_t execution_limit_of(const Kind& kind, const site::Config& config,
                                std::string_view text);
store::Job::Time destruction_of(const site::Config& config, store::Job::Time created,
                                std::string_view text);

}  // namespace soda::uws
