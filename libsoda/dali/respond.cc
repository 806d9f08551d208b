#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "base/failure.h"
#include "base/text.h"
#include "dali/fault.h"
#include "dali/responder.h"
#include "dali/table.h"

namespace soda::dali {
namespace {

constexpr std::size_t query_limit = 1 << 20;  // bytes of a query string
constexpr std::size_t ignored_listed = 1000;  // bytes of X-Ignored-Params
constexpr std::string_view exposed_headers =
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, "
    "Warning, "
    "X-Ignored-Params, X-SODA-NoContent";

class Stopwatch {
 public:
  double milliseconds() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> elapsed = now - since_;
    since_ = now;
    return elapsed.count();
  }

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

const Service* find_service(const Context& context, const std::vector<Service>& services,
                            std::string_view path) {
  const std::string mount = context.config.mount() + "/";
  if (!path.starts_with(mount)) return nullptr;
  const auto found = std::ranges::find(services, path.substr(mount.size()), &Service::name);
  return found == services.end() ? nullptr : &*found;
}

std::string allowed_methods(const Service& service) {
  std::string methods;
  for (const std::string_view method : split_blanks(service.methods)) {
    methods.append(method).append(", ");
  }
  return methods + "OPTIONS";
}

bool allows(const Service& service, std::string_view method) {
  return std::ranges::count(split_blanks(service.methods), method) > 0;
}

// Browsers ask before they send what they think unusual (Fetch standard, CORS preflight).
http::Response preflight(const Service& service) {
  http::Response response;
  response.status = 204;
  response.add("Allow", allowed_methods(service));
  response.add("Access-Control-Allow-Methods", allowed_methods(service));
  response.add("Access-Control-Allow-Headers",
               "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range");
  response.add("Access-Control-Max-Age", "86400");
  return response;
}

void check_request(const http::Request& request) {
  if (!request.conflicts.empty()) {
    throw Failure(FailureKind::internal,
                  fmt::format("the web server sends the variable {} twice with different values",
                              quoted(request.conflicts.front())));
  }
  if (request.query.size() > query_limit) {
    throw Failure(FailureKind::uri_too_long,
                  fmt::format("a query string of at most {} bytes is read (longer ones by POST), "
                              "received {}",
                              query_limit, request.query.size()));
  }
  if (request.defect) throw Failure(*request.defect);
}

http::FormLimits form_limits(const site::Config& config) {
  http::FormLimits limits;
  limits.fields = static_cast<std::size_t>(config.integer("max_fields"));
  limits.value_bytes = std::max(query_limit, static_cast<std::size_t>(config.integer("max_body")));
  return limits;
}

std::string ignored_list(const Arguments& arguments) {
  std::string list;
  for (const std::string& name : arguments.ignored()) {
    if (list.size() > ignored_listed) return list + ", ...";
    list.append(list.empty() ? "" : ", ").append(quoted(name, 40));
  }
  return list;
}

using Clock = std::chrono::system_clock;

// The administrator's reason, and when it ends.
class OutOfService : public Failure {
 public:
  explicit OutOfService(const store::Notice& notice)
      : Failure(FailureKind::unavailable, notice.reason), until_(notice.until) {}
  // Seconds from now, at least one; empty when nobody knows.
  std::optional<std::int64_t> seconds_left() const {
    if (!until_) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::seconds>(*until_ - Clock::now()).count();
    return std::max<std::int64_t>(left, 1);
  }

 private:
  std::optional<Clock::time_point> until_;
};

// Whatever needs the archive needs its data base: when that cannot be asked, this is the answer.
void refuse_out_of_service(const Context& context, const Service& service) {
  if (service.hours == Hours::always) return;
  const std::optional<store::Notice>& notice = context.notices.last();
  if (notice && notice->in_effect(Clock::now())) throw OutOfService(*notice);
}

http::Response call_service(const Context& context, const Service& service,
                            const http::Request& request, LogLine& log) {
  Stopwatch watch;
  refuse_out_of_service(context, service);
  check_request(request);
  const http::Form form = http::parse_form(request, form_limits(context.config));
  const Arguments arguments(form, service.parameters);
  if (const auto run_id = arguments.one("RUNID")) log.add("runid", *run_id);
  // examples.md section 6.3: some servers send REMOTE_USER from a header that nobody has verified.
  const std::string_view user = context.config.text("auth") == "server"
                                    ? request.variable("REMOTE_USER")
                                    : std::string_view();
  if (!user.empty()) log.add("user", user);
  log.add_milliseconds("parse_ms", watch.milliseconds());
  http::Response response = service.handle(context, {request, form, arguments, log, user});
  log.add_milliseconds("plan_ms", watch.milliseconds());
  if (!arguments.ignored().empty()) response.add("X-Ignored-Params", ignored_list(arguments));
  if (!user.empty()) response.add("X-VO-Authenticated", std::string(user));
  return response;
}

// Who asked for rows as text gets errors as text (SIA 2.0 section 4). What cannot even be read asks
// for nothing.
bool asks_for_text(const Context& context, const http::Request& request) {
  try {
    const http::Form form = http::parse_form(request, form_limits(context.config));
    return std::ranges::any_of(form.fields, [](const http::Field& field) {
      if (!equal_ignoring_case(field.name, "RESPONSEFORMAT")) return false;
      const std::string_view type =
          trim(std::string_view(field.value).substr(0, field.value.find(';')));
      if (type.empty()) return false;
      const TableForm as = table_form(choose_format(table_formats(), type, "").index);
      return as == TableForm::csv || as == TableForm::tsv;
    });
  } catch (const Failure&) {
    return false;
  }
}

FaultOptions fault_options(const Failure& failure, const Context& context, const Service* service,
                           const http::Request& request) {
  FaultOptions options;
  options.style = service == nullptr ? ErrorStyle::text : service->errors;
  if (options.style == ErrorStyle::votable && asks_for_text(context, request)) {
    options.style = ErrorStyle::fault_text;
  }
  options.retry_after = context.config.integer("retry_after");
  if (const auto* closed = dynamic_cast<const OutOfService*>(&failure)) {
    options.retry_after = closed->seconds_left().value_or(options.retry_after);
  }
  options.realm = context.config.text("title");
  return options;
}

http::Response refusal(const Failure& failure, const Context& context, const Service* service,
                       const http::Request& request, LogLine& log) {
  log.add("kind", kind_name(failure.kind()));
  if (!failure.parameter().empty()) log.add("parameter", failure.parameter());
  log.add("error", failure.what());
  http::Response response =
      fault_response(failure, fault_options(failure, context, service, request));
  if (failure.kind() == FailureKind::method_not_allowed && service != nullptr) {
    response.add("Allow", allowed_methods(*service));
  }
  return response;
}

// What a library threw is for the log; the client gets the number under which to ask for it.
http::Response answer_exception(const std::exception& error, const Context& context,
                                const Service* service, const http::Request& request,
                                LogLine& log) {
  if (const auto* failure = dynamic_cast<const Failure*>(&error)) {
    return refusal(*failure, context, service, request, log);
  }
  log.add("exception", error.what());
  return refusal(Failure(FailureKind::internal, fmt::format("internal error (id {})", request.id)),
                 context, service, request, log);
}

http::Response dispatch(const Context& context, const Service* service,
                        const http::Request& request, LogLine& log) {
  if (service == nullptr) {
    throw Failure(FailureKind::not_found,
                  fmt::format("there is no service at \"{}\"", quoted(request.path)));
  }
  if (request.method == "OPTIONS") return preflight(*service);
  if (!allows(*service, request.method)) {
    throw Failure(FailureKind::method_not_allowed,
                  fmt::format("{} is answered, received \"{}\"", allowed_methods(*service),
                              quoted(request.method)));
  }
  return call_service(context, *service, request, log);
}

http::Response finished(http::Response response) {
  response.add("Access-Control-Allow-Origin", "*");
  response.add("Access-Control-Expose-Headers", std::string(exposed_headers));
  return response;
}

}  // namespace

http::Response respond(const Context& context, const std::vector<Service>& services,
                       const http::Request& request, LogLine& log) {
  const Service* service = find_service(context, services, request.path);
  log.add("service", service == nullptr ? "-" : service->name);
  try {
    return finished(dispatch(context, service, request, log));
  } catch (const std::exception& error) {
    return finished(answer_exception(error, context, service, request, log));
  }
}

http::Response respond_to(const std::exception& error, const Context& context,
                          const std::vector<Service>& services, const http::Request& request,
                          LogLine& log) {
  const Service* service = find_service(context, services, request.path);
  return finished(answer_exception(error, context, service, request, log));
}

}  // namespace soda::dali
