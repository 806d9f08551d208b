#include "tap/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "dali/upload.h"
#include "tap/answer.h"
#include "tap/capability.h"
#include "tap/guards.h"
#include "tap/params.h"
#include "tap/turnstile.h"
#include "xml/writer.h"

namespace soda::tap {
namespace {

using dali::Call;
using dali::Context;

// What a process keeps between requests.
struct State {
  explicit State(const Context& context)
      : desk(context),
        turnstile(std::filesystem::path(context.config.text("jobs_database"))
                      .replace_filename("queries.lock"),
                  context.config.integer("tap_queries_per_user")) {}

  Desk desk;
  Turnstile turnstile;
};

std::chrono::seconds time_limit(const site::Config& config) {
  return std::chrono::seconds(config.integer("tap_time_limit"));
}

// The parts of the request itself, as they lie in memory, or what lies at an address.
ByteInput upload_of(const Context& context, const http::Form& form,
                    const dali::UploadedTable& table) {
  if (!table.address.empty()) return file_input(dali::fetched_file(context, table.address));
  const http::Upload* const found = http::find_upload(form, table.part);
  if (found == nullptr) {
    throw Failure(FailureKind::usage, fmt::format("the request has no part \"{}\" with a file",
                                                  soda::quoted(table.part)));
  }
  return [rest = std::string_view(found->content)](std::span<char> into) mutable {
    const std::size_t count = std::min(into.size(), rest.size());
    std::memcpy(into.data(), rest.data(), count);
    rest.remove_prefix(count);
    return count;
  };
}

std::string client_of(const Call& call) {
  if (call.user.empty()) return std::string(call.request.remote_address());
  return "user " + std::string(call.user);
}

store::Guards guards_for(const Context& context, const Call& call) {
  store::Guards guards = guards_of(context.config, time_limit(context.config));
  // Nobody waits behind a query whose client has gone.
  guards.cancelled = [&request = call.request] { return request.is_abandoned(); };
  return guards;
}

// A query, and its place among those of its user, until the last row has been written.
struct Running {
  Running(State& state, const Context& context, const Call& call, const Request& request)
      : place(state.turnstile.enter(client_of(call))),
        answer(state.desk, context, request, guards_for(context, call),
               [&](const dali::UploadedTable& upload) {
                 return upload_of(context, call.form, upload);
               }) {}

  std::unique_ptr<Turnstile::Place> place;
  Answer answer;
};

http::Response answer_query(State& state, const Context& context, const Call& call) {
  const Request request =
      parse_request(call.arguments, context.config, call.request.header("Accept"));
  const auto running = std::make_shared<Running>(state, context, call, request);
  return dali::table_response(
      request.format, running->answer.table(context),
      [running, &log = call.log](dali::TableWriter& writer) {
        // Free before the client has the end of the answer and asks again.
        const auto place = std::move(running->place);
        xml::Ending ending = running->answer.write_rows(writer);
        log.add("rows", std::to_string(running->answer.rows()));
        return ending;
      },
      call.log);
}

// For people who followed the address of the service.
std::string page(const Context& context) {
  const std::string base = context.config.base_url() + "/tap";
  xml::Writer page;
  page.start("html").attribute("xmlns", "http://www.w3.org/1999/xhtml").attribute("lang", "en");
  const std::string heading = context.config.text("title") + ": queries (TAP)";
  page.start("head").element("title", heading).end();
  page.start("body").element("h1", heading);
  page.start("form").attribute("method", "post").attribute("action", base + "/sync");
  for (const auto& [name, value] :
       {std::pair{"LANG", "ADQL"}, std::pair{"RESPONSEFORMAT", "html"}}) {
    page.start("input").attribute("type", "hidden").attribute("name", name);
    page.attribute("value", value).end();
  }
  page.start("p").start("textarea").attribute("name", "QUERY").attribute("rows", "8");
  page.attribute("cols", "80").text("SELECT TOP 100 * FROM ivoa.obscore").end().end();
  page.start("p").start("input").attribute("type", "submit").attribute("value", "Run").end().end();
  page.end();
  page.start("p").text("Below this address: ");
  std::string_view separator;
  for (const std::string_view name : {"tables", "examples", "capabilities", "availability"}) {
    page.text(separator).start("a").attribute("href", base + "/" + std::string(name));
    page.text(name).end();
    separator = ", ";
  }
  page.end();
  return page.take();
}

}  // namespace

dali::Service root_service(const Context&) {
  dali::Service service;
  service.name = "tap";
  service.standard_id = "ivo://ivoa.net/std/TAP";
  service.interface_type = "vs:ParamHTTP";
  service.interface_version = "1.1";
  service.access_use = "base";
  service.methods = "GET HEAD";
  service.hours = dali::Hours::always;
  service.capability_type = "tr:TableAccess";
  service.capability = write_capability;
  service.handle = [](const Context& context, const Call&) {
    return http::text_response(200, page(context), "application/xhtml+xml");
  };
  return service;
}

dali::Service sync_service(const Context& context) {
  dali::Service service;
  service.name = "tap/sync";
  service.methods = "GET HEAD POST";
  service.parameters = parameters();
  service.errors = dali::ErrorStyle::votable;
  service.strangers = dali::Strangers::ignored;
  service.handle = [state = std::make_shared<State>(context)](const Context& given,
                                                              const Call& call) {
    return answer_query(*state, given, call);
  };
  return service;
}

std::span<const dali::Parameter> job_parameters() { return parameters(); }

}  // namespace soda::tap
