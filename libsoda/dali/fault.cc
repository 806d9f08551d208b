#include "dali/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "xml/votable.h"

namespace soda::dali {
namespace {

struct Mapping {
  int status;
  std::string_view soda, fault, name;
};

// No default: a new kind does not compile before it has its row.
Mapping mapping(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::usage:
      return {400, "UsageError", "UsageFault", "usage"};
    case FailureKind::multi_valued:
      return {400, "MultiValuedParamNotSupported", "UsageFault", "multi_valued"};
    case FailureKind::not_found:
      return {404, "UsageError", "NotFoundFault", "not_found"};
    case FailureKind::not_authenticated:
      return {401, "AuthenticationError", "DefaultFault", "not_authenticated"};
    case FailureKind::not_authorised:
      return {403, "AuthorizationError", "DefaultFault", "not_authorised"};
    case FailureKind::wrong_state:
      return {403, "UsageError", "UsageFault", "wrong_state"};
    case FailureKind::method_not_allowed:
      return {405, "UsageError", "UsageFault", "method_not_allowed"};
    case FailureKind::too_large:
      return {413, "UsageError", "UsageFault", "too_large"};
    case FailureKind::uri_too_long:
      return {414, "UsageError", "UsageFault", "uri_too_long"};
    case FailureKind::unsupported_media:
      return {415, "UsageError", "UsageFault", "unsupported_media"};
    case FailureKind::unavailable:
      return {503, "ServiceUnavailable", "TransientFault", "unavailable"};
    case FailureKind::corrupt_data:
      return {500, "Error", "FatalFault", "corrupt_data"};
    case FailureKind::internal:
      return {500, "Error", "DefaultFault", "internal"};
  }
  return {500, "Error", "DefaultFault", "internal"};  // a value that is no enumerator
}

std::string quoted_string(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c < ' ' || c > '~') continue;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return '"' + quoted + '"';
}

}  // namespace

int status_of(FailureKind kind) noexcept { return mapping(kind).status; }
std::string_view soda_code(FailureKind kind) noexcept { return mapping(kind).soda; }
std::string_view kind_name(FailureKind kind) noexcept { return mapping(kind).name; }

std::string fault_text(const Failure& failure, ErrorStyle style) {
  const Mapping row = mapping(failure.kind());
  return fmt::format("{}: {}", style == ErrorStyle::text ? row.soda : row.fault, failure.what());
}

http::Response fault_response(const Failure& failure, const FaultOptions& options) {
  const Mapping row = mapping(failure.kind());
  const std::string text = fault_text(failure, options.style);
  // DALI 1.1 section 4.4.2: an error needs no table.
  http::Response response =
      options.style == ErrorStyle::votable
          ? http::text_response(row.status,
                                xml::votable_without_table({"QUERY_STATUS", "ERROR", text}, {}),
                                "application/x-votable+xml")
          : http::text_response(row.status, text + "\n");
  if (row.status == 401) {
    response.add("WWW-Authenticate", "Basic realm=" + quoted_string(options.realm));
  }
  if (row.status == 503) response.add("Retry-After", std::to_string(options.retry_after));
  return response;
}

}  // namespace soda::dali
