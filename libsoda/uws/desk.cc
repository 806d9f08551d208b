#include "uws/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "dali/format.h"
#include "dali/upload.h"

namespace soda::uws {
namespace {

constexpr dali::Parameter control(std::string_view name, std::string_view datatype,
                                  dali::Repeat repeat, std::string_view description) {
  const std::string_view arraysize = datatype == "char" ? "*" : "";
  return {name, datatype, arraysize, "", "", "", repeat, "", description, false};
}

constexpr std::array controls = {
    control("PHASE", "char", dali::Repeat::list, "Phases to list; RUN, to start a job at once."),
    control("AFTER", "char", dali::Repeat::single, "Jobs created later."),
    control("LAST", "int", dali::Repeat::single, "The newest so many jobs."),
    control("EXECUTIONDURATION", "int", dali::Repeat::single, "Seconds that a job may execute."),
    control("DESTRUCTION", "char", dali::Repeat::single, "When a job is to be destroyed."),
};

std::vector<dali::Parameter> creation_parameters(std::span<const dali::Parameter> own) {
  std::vector<dali::Parameter> all(own.begin(), own.end());
  all.insert(all.end(), controls.begin(), controls.end());
  return all;
}

}  // namespace

std::optional<store::Phase> PhaseWatch::phase(const std::string& id) {
  refresh();
  const auto known = known_.find(id);
  if (known != known_.end()) return known->second;
  const std::optional<store::Job> job = jobs_.find(id);
  const auto phase = job ? std::optional(job->phase) : std::nullopt;
  known_.emplace(id, phase);
  return phase;
}

void PhaseWatch::refresh() {
  // All who wait are asked for in one go: one look is enough for all of them.
  constexpr std::chrono::milliseconds fresh{20};
  const auto now = Clock::now();
  if (version_ && now - looked_ < fresh) return;
  looked_ = now;
  const std::int64_t version = jobs_.data_version();
  if (version_ != version) known_.clear();
  version_ = version;
}

Desk::Desk(const dali::Context& context, Kind given)
    : kind(std::move(given)),
      jobs(context.config.text("jobs_database")),
      results_path(context.config.text("results_folder")),
      results(results_path),
      list(context.config.base_url() + "/" + std::string(kind.name)),
      watch(context.config.text("jobs_database")),
      creation(creation_parameters(kind.parameters)) {}

store::Job Desk::find(const dali::Call& call, std::string_view id) {
  std::optional<store::Job> job = jobs.find(id);
  const bool is_visible =
      job && job->service == kind.name && (job->owner.empty() || job->owner == call.user);
  if (!is_visible) {
    throw Failure(FailureKind::not_found, fmt::format("there is no job \"{}\"", quoted(id)));
  }
  call.log.add("job", job->id);
  return std::move(*job);
}

void Desk::change(std::string_view id, const std::function<void(store::Job&)>& edit) {
  if (!jobs.change(id, edit)) refuse_destroyed();
}

void refuse_destroyed() { throw Failure(FailureKind::not_found, "the job has been destroyed"); }

std::vector<ShownParameter> Desk::parameters_of(const store::Job& job) const {
  using Way = ShownParameter::Way;
  std::vector<ShownParameter> shown;
  for (const auto& [name, value] : job.parameters) {
    shown.push_back({name, value, Way::value});
    if (name != "UPLOAD") continue;
    const std::string part = dali::parse_upload(value).part;
    if (part.empty()) continue;
    shown.push_back(
        {part, fmt::format("{}/parameters/{}", address_of(job.id), part), Way::reference});
  }
  return shown;
}

// SODA 1.0 section 4: every combination has a result; of one that failed it says why.
ShownResults Desk::results_of(const store::Job& job) {
  constexpr std::int64_t at_a_time = 1000;
  if (job.planned == 0) return [](const auto&) {};
  const std::string folder = address_of(job.id) + "/results/";
  return [this, id = job.id, is_packed = !job.package.empty(), folder](const auto& show) {
    std::int64_t last = -1;
    std::vector<store::Item> items;
    do {
      items = is_packed ? jobs.results(id, last, at_a_time) : jobs.items(id, last, at_a_time);
      for (const store::Item& item : items) {
        last = item.number;
        if (item.state == store::Item::State::waiting) continue;
        const bool has_failed = item.state == store::Item::State::failed;
        if (has_failed && kind.results == Kind::Results::one) continue;
        show({item.name, folder + item.name, has_failed ? "text/plain" : item.media_type,
              has_failed ? std::ssize(failure_text(item)) : item.size});
      }
    } while (std::ssize(items) == at_a_time);
    if (kind.results == Kind::Results::one) return;
    const std::string status(status_name);
    show({status, folder + status, "application/x-votable+xml", std::nullopt});
  };
}

std::string failure_text(const store::Item& item) { return item.reason + "\n"; }

ShownJob Desk::show(const store::Job& job) {
  const bool several = kind.results == Kind::Results::several;
  return {job, address_of(job.id), parameters_of(job), results_of(job),
          several ? ShownJob::Progress::told : ShownJob::Progress::untold};
}

http::Response see_other(std::string address) {
  http::Response response;
  response.status = 303;
  response.add("Location", std::move(address));
  return response;
}

http::Response plain(std::string text) {
  http::Response response = http::text_response(200, std::move(text));
  response.add("Cache-Control", "no-store");
  return response;
}

Reader reader_of(const http::Request& request) {
  constexpr std::array<dali::Format, 3> formats = {{{"text/xml", "", {}},
                                                    {"application/xml", "", {}},
                                                    {"text/html", "", "application/xhtml+xml"}}};
  const bool is_browser =
      dali::choose_format(formats, "", request.header("Accept")).index == formats.size() - 1;
  return is_browser ? Reader::browser : Reader::program;
}

namespace {

// A document that is made while it is sent.
class LongDocument final : public http::Body {
 public:
  explicit LongDocument(WriteDocument write) : write_(std::move(write)) {}
  std::int64_t size() const override { return unknown_size; }
  void write(http::Sink& sink, std::int64_t, std::int64_t) override {
    write_([&](std::string_view piece) { sink.write(piece); });
  }

 private:
  WriteDocument write_;
};

}  // namespace

http::Response document(Reader reader, std::int64_t results, WriteDocument write) {
  constexpr std::int64_t long_list = 500;
  std::string text;
  if (results <= long_list) write([&](std::string_view piece) { text += piece; });
  http::Response response = document(reader, std::move(text));
  if (results > long_list) response.body = std::make_unique<LongDocument>(std::move(write));
  return response;
}

http::Response document(Reader reader, std::string text) {
  http::Response response = http::text_response(
      200, std::move(text), reader == Reader::browser ? "application/xhtml+xml" : "text/xml");
  response.add("Cache-Control", "no-store");
  response.add("Vary", "Accept");
  return response;
}

}  // namespace soda::uws
