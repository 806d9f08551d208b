#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
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

// A service, and the place in its tree.
struct Target {
  const Service* service = nullptr;  // null: none
  std::string_view below;            // within the path that was asked for
};

Target find_target(const Context& context, const std::vector<Service>& services,
                   std::string_view path) {
  const std::string mount = context.config.mount() + "/";
  if (!path.starts_with(mount)) return {};
  path.remove_prefix(mount.size());
  Target target;
  for (const Service& service : services) {
    const std::size_t length = service.name.size();
    if (!path.starts_with(service.name)) continue;
    if (path.size() > length && (path[length] != '/' || !service.resource)) continue;
    if (target.service != nullptr && target.service->name.size() > length) continue;
    target = {&service, path.substr(std::min(path.size(), length + 1))};
  }
  if (target.below.size() > 1 && target.below.ends_with('/')) target.below.remove_suffix(1);
  return target;
}

Resource resource_of(const Target& target) {
  const Service& service = *target.service;
  return service.resource ? service.resource(target.below)
                          : Resource{service.methods, service.parameters};
}

std::string allowed_methods(const Resource& resource) {
  std::string methods;
  for (const std::string_view method : split_blanks(resource.methods)) {
    methods.append(method).append(", ");
  }
  return methods + "OPTIONS";
}

bool allows(const Resource& resource, std::string_view method) {
  return std::ranges::count(split_blanks(resource.methods), method) > 0;
}

class NotAllowed : public Failure {
 public:
  NotAllowed(std::string allowed, std::string_view received)
      : Failure(FailureKind::method_not_allowed,
                fmt::format("{} is answered, received \"{}\"", allowed, quoted(received))),
        allowed_(std::move(allowed)) {}
  const std::string& allowed() const noexcept { return allowed_; }

 private:
  std::string allowed_;
};

// Browsers ask before they send what they think unusual (Fetch standard, CORS preflight).
http::Response preflight(const Resource& resource) {
  http::Response response;
  response.status = 204;
  response.add("Allow", allowed_methods(resource));
  response.add("Access-Control-Allow-Methods", allowed_methods(resource));
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

http::Response call_service(const Context& context, const Target& target, const Resource& resource,
                            const http::Request& request, LogLine& log) {
  Stopwatch watch;
  const store::Glance glance(context.database);
  const Service& service = *target.service;
  refuse_out_of_service(context, service);
  check_request(request);
  const http::Form form = http::parse_form(request, form_limits(context.config));
  const Arguments arguments(form, resource.parameters, service.strangers);
  if (const auto run_id = arguments.one("RUNID")) log.add("runid", *run_id);
  // examples.md section 6.3: some servers send REMOTE_USER from a header that nobody has verified.
  const std::string_view user = context.config.text("auth") == "server"
                                    ? request.variable("REMOTE_USER")
                                    : std::string_view();
  if (!user.empty()) log.add("user", user);
  log.add_milliseconds("parse_ms", watch.milliseconds());
  http::Response response =
      service.handle(context, {request, form, arguments, log, user, target.below});
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
  if (const auto* refused = dynamic_cast<const NotAllowed*>(&failure)) {
    response.add("Allow", refused->allowed());
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

http::Response dispatch(const Context& context, const Target& target, const http::Request& request,
                        LogLine& log) {
  if (target.service == nullptr) {
    throw Failure(FailureKind::not_found,
                  fmt::format("there is no service at \"{}\"", quoted(request.path)));
  }
  const Resource resource = resource_of(target);
  if (request.method == "OPTIONS") return preflight(resource);
  if (!allows(resource, request.method)) {
    throw NotAllowed(allowed_methods(resource), request.method);
  }
  return call_service(context, target, resource, request, log);
}

http::Response finished(http::Response response) {
  response.add("Access-Control-Allow-Origin", "*");
  response.add("Access-Control-Expose-Headers", std::string(exposed_headers));
  return response;
}

// What a service answers later, with all that an answer gets at once. The headers that are known
// already stand in `begun`.
class Promised final : public http::Later {
 public:
  Promised(http::Response begun, const Context& context, const Service& service,
           const http::Request& request, LogLine& log)
      : begun_(std::move(begun)),
        context_(context),
        service_(service),
        request_(request),
        log_(log) {}

  std::optional<http::Response> poll() override {
    return completed([](http::Later& later) { return later.poll(); });
  }
  http::Response settle() override {
    return *completed([](http::Later& later) { return std::optional(later.settle()); });
  }
  Clock::time_point deadline() const override { return begun_.later->deadline(); }

 private:
  template <class Ask>
  std::optional<http::Response> completed(Ask ask) {
    try {
      std::optional<http::Response> response = ask(*begun_.later);
      if (!response) return std::nullopt;
      response->headers.insert(response->headers.end(), begun_.headers.begin(),
                               begun_.headers.end());
      return finished(std::move(*response));
    } catch (const std::exception& error) {
      return finished(answer_exception(error, context_, &service_, request_, log_));
    }
  }

  http::Response begun_;
  const Context& context_;
  const Service& service_;
  const http::Request& request_;
  LogLine& log_;
};

}  // namespace

http::Response respond(const Context& context, const std::vector<Service>& services,
                       const http::Request& request, LogLine& log) {
  const Target target = find_target(context, services, request.path);
  log.add("service", target.service == nullptr ? "-" : target.service->name);
  try {
    http::Response response = dispatch(context, target, request, log);
    if (!response.later) return finished(std::move(response));
    http::Response promise;
    promise.later =
        std::make_unique<Promised>(std::move(response), context, *target.service, request, log);
    return promise;
  } catch (const std::exception& error) {
    return finished(answer_exception(error, context, target.service, request, log));
  }
}

http::Response respond_to(const std::exception& error, const Context& context,
                          const std::vector<Service>& services, const http::Request& request,
                          LogLine& log) {
  const Service* service = find_target(context, services, request.path).service;
  return finished(answer_exception(error, context, service, request, log));
}

}  // namespace soda::dali
