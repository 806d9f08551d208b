// Queries as jobs.
#include <chrono>
#include <utility>

#include "base/failure.h"
#include "dali/upload.h"
#include "http/file_sink.h"
#include "tap/answer.h"
#include "tap/guards.h"
#include "tap/params.h"
#include "tap/service.h"

namespace soda::tap {
namespace {

using store::Item;

// TAP 1.1 section 5.2.1 fixes it.
constexpr std::string_view result_name = "result";

http::Form form_of(const store::Job& job) {
  http::Form form;
  for (const auto& [name, value] : job.parameters) form.fields.push_back({name, value});
  return form;
}

Request request_of(const dali::Context& context, const store::Job& job) {
  return parse_request(dali::Arguments(form_of(job), parameters(), dali::Strangers::ignored),
                       context.config, "");
}

// As long as the job may execute; the engine ends it then.
std::chrono::seconds time_limit(const site::Config& config, const store::Job& job) {
  return std::chrono::seconds(job.execution_limit > 0 ? job.execution_limit
                                                      : config.integer("tap_execution_limit"));
}

class Queries final : public dali::Work {
 public:
  explicit Queries(const dali::Context& context) : desk_(context) {}

  // What is wrong with a query is found when it runs (TAP 1.1 section 5.1).
  void check(const dali::Context&, const store::Job&) override {}

  dali::Plan plan(const dali::Context& context, const store::Job& job) override {
    request_of(context, job);
    Item item;
    item.number = 1;
    item.name = result_name;
    return {{item}, ""};
  }

  Item run(const dali::Context& context, const store::Job& job, const Item& item,
           http::Sink& result) override {
    const Request request = request_of(context, job);
    Answer answer(
        desk_, context, request, guards_of(context.config, time_limit(context.config, job)),
        [&](const dali::UploadedTable& upload) {
          return file_input(http::open_to_read(dali::uploaded_file(context, job.id, upload)));
        });
    Blocks out([&result](std::string_view block) { result.write(block); });
    const auto writer =
        dali::make_table_writer(dali::table_form(request.format.index), answer.table(context), out);
    writer->finish(answer.write_rows(*writer));
    out.flush();
    Item done = item;
    done.state = Item::State::done;
    done.media_type = request.format.content_type;
    return done;
  }

  std::string pack(const dali::Context&, const store::Job&, std::span<const dali::Made>,
                   const std::string&) override {
    throw Failure(FailureKind::internal, "queries have no packages");
  }

 private:
  Desk desk_;
};

}  // namespace

std::unique_ptr<dali::Work> make_work(const dali::Context& context) {
  return std::make_unique<Queries>(context);
}

}  // namespace soda::tap
