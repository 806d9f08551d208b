#include "uws/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "uws/desk.h"
#include "uws/page.h"
#include "uws/phase.h"
#include "xml/votable.h"

namespace soda::uws {
namespace {

using dali::Call;
using dali::Context;
using store::Job;
using store::Phase;

// How many a client sees.
std::int64_t shown_results(const Job& job) {
  return job.package.empty() ? job.done + job.empty + job.failed : 1;
}

http::Response job_response(Desk& desk, const Job& job, Reader reader) {
  const auto write = reader == Reader::browser ? write_page : write_job;
  return document(reader, shown_results(job),
                  [write, shown = desk.show(job)](const Emit& emit) { write(shown, emit); });
}

// The document of a job, once its phase is another than it was.
class PhaseChange final : public http::Later {
 public:
  PhaseChange(std::shared_ptr<Desk> desk, const Job& job, std::chrono::seconds patience,
              Reader reader)
      : desk_(std::move(desk)),
        id_(job.id),
        phase_(job.phase),
        deadline_(Clock::now() + patience),
        reader_(reader) {}

  std::optional<http::Response> poll() override {
    if (desk_->watch.phase(id_) == phase_) return std::nullopt;
    return settle();
  }
  http::Response settle() override {
    const std::optional<Job> job = desk_->jobs.find(id_);
    if (!job) refuse_destroyed();
    return job_response(*desk_, *job, reader_);
  }
  Clock::time_point deadline() const override { return deadline_; }

 private:
  std::shared_ptr<Desk> desk_;
  std::string id_;
  Phase phase_;
  Clock::time_point deadline_;
  Reader reader_;
};

// UWS 1.1 section 2.2.1.1: -1 is as long as we like.
std::chrono::seconds patience_asked(const Context& context, const Call& call) {
  const auto text = call.arguments.one("WAIT");
  if (!text) return std::chrono::seconds(0);
  const auto seconds = to_integer(*text);
  if (!seconds || *seconds < -1) {
    throw Failure(FailureKind::usage,
                  fmt::format("WAIT: a number of seconds, or -1, is expected, received \"{}\"",
                              quoted(*text)),
                  "WAIT");
  }
  const std::int64_t limit = context.config.integer("wait_limit");
  return std::chrono::seconds(*seconds == -1 ? limit : std::min(*seconds, limit));
}

// Who waits for the end of a phase that has ended already gets his answer at once.
bool has_left(const Call& call, Phase phase) {
  const auto word = call.arguments.one("PHASE");
  return word && *word != store::phase_word(phase);
}

http::Response show_job(const std::shared_ptr<Desk>& desk, const Context& context, const Call& call,
                        const Place& place) {
  const Job job = desk->find(call, place.id);
  const auto patience = patience_asked(context, call);
  const Reader reader = reader_of(call.request);
  if (patience.count() == 0 || !is_active(job.phase) || has_left(call, job.phase)) {
    return job_response(*desk, job, reader);
  }
  http::Response response;
  response.later = std::make_unique<PhaseChange>(desk, job, patience, reader);
  return response;
}

http::Response destroy_job(Desk& desk, const Context&, const Call& call, const Place& place) {
  const Job job = desk.find(call, place.id);
  desk.jobs.destroy(job.id);
  return see_other(desk.list);
}

// DALI 1.1 section 2.2: parameters of a job are not taken here.
http::Response act_on_job(Desk& desk, const Context& context, const Call& call,
                          const Place& place) {
  const auto action = call.arguments.one("ACTION");
  if (action && *action == "DELETE") return destroy_job(desk, context, call, place);
  desk.find(call, place.id);
  throw Failure(FailureKind::usage,
                fmt::format("ACTION: DELETE is expected (parameters are taken below the job, at "
                            "\"parameters\"), received \"{}\"",
                            quoted(action.value_or(""))),
                "ACTION");
}

http::Response show_phase(Desk& desk, const Context&, const Call& call, const Place& place) {
  return plain(std::string(store::phase_word(desk.find(call, place.id).phase)));
}

http::Response give_order(Desk& desk, const Context& context, const Call& call,
                          const Place& place) {
  const Job found = desk.find(call, place.id);
  const std::string word = call.arguments.one("PHASE").value_or("");
  const auto order = order_of(word);
  if (!order) {
    throw Failure(FailureKind::usage,
                  fmt::format("PHASE: RUN or ABORT is expected, received \"{}\"", quoted(word)),
                  "PHASE");
  }
  if (obeyed(found.phase, *order) == found.phase) return see_other(desk.address_of(found.id));
  desk.change(found.id, [&](Job& job) {
    job.phase = obeyed(job.phase, *order);
    if (*order == Order::run) desk.kind.work->check(context, job);
  });
  return see_other(desk.address_of(found.id));
}

http::Response show_limit(Desk& desk, const Context&, const Call& call, const Place& place) {
  return plain(std::to_string(desk.find(call, place.id).execution_limit));
}

std::string required(const Call& call, std::string_view name) {
  const auto value = call.arguments.one(name);
  if (value) return *value;
  throw Failure(FailureKind::usage, fmt::format("{}: a value is expected", name),
                std::string(name));
}

http::Response set_limit(Desk& desk, const Context& context, const Call& call, const Place& place) {
  const Job found = desk.find(call, place.id);
  const std::int64_t limit =
      execution_limit_of(desk.kind, context.config, required(call, "EXECUTIONDURATION"));
  desk.change(found.id, [&](Job& job) {
    if (store::is_over(job.phase)) {
      throw Failure(
          FailureKind::wrong_state,
          fmt::format("EXECUTIONDURATION: the job is over, it is {}", store::phase_word(job.phase)),
          "EXECUTIONDURATION");
    }
    job.execution_limit = limit;
  });
  return see_other(desk.address_of(found.id));
}

http::Response show_destruction(Desk& desk, const Context&, const Call& call, const Place& place) {
  const auto time = desk.find(call, place.id).destruction;
  return plain(time ? utc_text(*time) : std::string());
}

http::Response set_destruction(Desk& desk, const Context& context, const Call& call,
                               const Place& place) {
  const Job found = desk.find(call, place.id);
  const Job::Time time =
      destruction_of(context.config, found.created, required(call, "DESTRUCTION"));
  desk.change(found.id, [&](Job& job) { job.destruction = time; });
  return see_other(desk.address_of(found.id));
}

// Nobody knows how long a queue takes.
http::Response show_quote(Desk& desk, const Context&, const Call& call, const Place& place) {
  desk.find(call, place.id);
  return plain({});
}

http::Response show_owner(Desk& desk, const Context&, const Call& call, const Place& place) {
  return plain(desk.find(call, place.id).owner);
}

// DALI 1.1 section 2.2: with status 200. Of a job that was stopped at its limit of time, too.
http::Response show_error(Desk& desk, const Context&, const Call& call, const Place& place) {
  const Job job = desk.find(call, place.id);
  if (!job.error.empty() && desk.kind.errors == dali::ErrorStyle::votable) {
    return http::text_response(200,
                               xml::votable_without_table({"QUERY_STATUS", "ERROR", job.error}, {}),
                               "application/x-votable+xml");
  }
  if (!job.error.empty()) return plain(job.error + "\n");
  throw Failure(FailureKind::not_found,
                fmt::format("the job has not failed, it is {}", store::phase_word(job.phase)));
}

http::Response show_parameters(Desk& desk, const Context&, const Call& call, const Place& place) {
  return document(Reader::program,
                  parameters_document(desk.parameters_of(desk.find(call, place.id))));
}

http::Response show_results(Desk& desk, const Context&, const Call& call, const Place& place) {
  const Job job = desk.find(call, place.id);
  return document(
      Reader::program, shown_results(job),
      [results = desk.results_of(job)](const Emit& emit) { write_results(results, emit); });
}

constexpr dali::Parameter control(std::string_view name, std::string_view datatype) {
  return {name, datatype, datatype == "char" ? "*" : "", "", "", "", dali::Repeat::single, "",
          "",   false};
}
constexpr std::array of_job = {control("WAIT", "int"), control("PHASE", "char"),
                               control("ACTION", "char")};
constexpr std::array of_phase = {control("PHASE", "char")};
constexpr std::array of_limit = {control("EXECUTIONDURATION", "int")};
constexpr std::array of_destruction = {control("DESTRUCTION", "char")};
constexpr std::array of_result = {control("RESPONSEFORMAT", "char")};

using Handler = http::Response (*)(Desk&, const Context&, const Call&, const Place&);

// A kind of place in the tree and what is done there. The first row is the list, the second a job;
// GET of a job may wait and is not in the table.
struct Branch {
  std::string_view child;
  enum class Depth { list, job, child, named } depth;
  Handler get, post, remove;
  std::span<const dali::Parameter> parameters;
};
using Depth = Branch::Depth;
constexpr std::array branches = {
    Branch{"", Depth::list, list_jobs, create_job, nullptr, {}},
    Branch{"", Depth::job, nullptr, act_on_job, destroy_job, of_job},
    Branch{"phase", Depth::child, show_phase, give_order, nullptr, of_phase},
    Branch{"executionduration", Depth::child, show_limit, set_limit, nullptr, of_limit},
    Branch{"destruction", Depth::child, show_destruction, set_destruction, nullptr, of_destruction},
    Branch{"quote", Depth::child, show_quote, nullptr, nullptr, {}},
    Branch{"owner", Depth::child, show_owner, nullptr, nullptr, {}},
    Branch{"error", Depth::child, show_error, nullptr, nullptr, {}},
    Branch{"parameters", Depth::child, show_parameters, add_parameters, nullptr, {}},
    Branch{"parameters", Depth::named, show_parameter, nullptr, nullptr, {}},
    Branch{"results", Depth::child, show_results, nullptr, nullptr, {}},
    Branch{"results", Depth::named, show_result, nullptr, nullptr, of_result},
};

struct Found {
  const Branch& branch;
  Place place;
};

Found find_branch(std::string_view below) {
  std::vector<std::string_view> parts;
  if (!below.empty()) parts = split(below, '/');
  const std::size_t depth = parts.size();
  const bool has_gap = std::ranges::count(parts, "") > 0;
  parts.resize(std::max<std::size_t>(depth, 3));
  const Place place{parts[0], parts[1], parts[2]};
  const auto found = std::ranges::find_if(branches, [&](const Branch& branch) {
    return static_cast<std::size_t>(branch.depth) == depth && branch.child == place.child;
  });
  if (has_gap || found == branches.end()) {
    throw Failure(FailureKind::not_found,
                  fmt::format("there is nothing at \"{}\" below the jobs", quoted(below)));
  }
  return {*found, place};
}

// Whether the children of jobs take what the list does.
bool takes_job_parameters(const Branch& branch) {
  return branch.depth == Depth::list || branch.post == add_parameters;
}

struct Methods {
  bool post, remove;
  std::string_view text;
};
constexpr std::array methods = {Methods{false, false, "GET HEAD"},
                                Methods{true, false, "GET HEAD POST"},
                                Methods{true, true, "GET HEAD POST DELETE"}};

std::string_view methods_of(const Branch& branch) {
  return std::ranges::find_if(methods,
                              [&](const Methods& row) {
                                return row.post == (branch.post != nullptr) &&
                                       row.remove == (branch.remove != nullptr);
                              })
      ->text;
}

http::Response answer(const std::shared_ptr<Desk>& desk, const Context& context, const Call& call) {
  const auto [branch, place] = find_branch(call.below);
  const std::string& method = call.request.method;
  if (method == "POST") return branch.post(*desk, context, call, place);
  if (method == "DELETE") return branch.remove(*desk, context, call, place);
  if (branch.get == nullptr) return show_job(desk, context, call, place);
  return branch.get(*desk, context, call, place);
}

}  // namespace

dali::Service jobs_service(const Context& context, Kind kind) {
  const auto desk = std::make_shared<Desk>(context, std::move(kind));
  dali::Service service{};
  service.name = desk->kind.name;
  service.standard_id = desk->kind.standard_id;
  service.interface_type = "vs:ParamHTTP";
  service.interface_version = "1.0";
  service.access_use = "base";
  service.methods = methods_of(branches.front());
  service.result_type = "text/xml";
  service.parameters = desk->kind.parameters;
  service.errors = desk->kind.errors;
  service.strangers = desk->kind.strangers;
  service.resource = [desk](std::string_view below) {
    const Branch& branch = find_branch(below).branch;
    return dali::Resource{methods_of(branch),
                          takes_job_parameters(branch) ? desk->creation : branch.parameters};
  };
  service.handle = [desk](const Context& given, const Call& call) {
    return answer(desk, given, call);
  };
  return service;
}

}  // namespace soda::uws
