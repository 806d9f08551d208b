// A Failure as the answer that the service's standard asks for: status, headers (WWW-Authenticate,
// Retry-After) and document (SODA 1.0 section 4.2 codes in text/plain; DALI 1.1 section 4.2 VOTable
// with the fault names of DataLink and SIA). The one place that knows this mapping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "dali/service.h"
#include "http/response.h"

namespace soda::dali {

int status_of(FailureKind kind) noexcept;
std::string_view soda_code(FailureKind kind) noexcept;  // "UsageError" …
std::string_view kind_name(FailureKind kind) noexcept;  // "usage" …, for the log

// "UsageFault: POS: …": the code that the standard of `style` has for the kind, and the sentence
// (SIA 2.0 section 4.4; SODA 1.0 section 4.2).
std::string fault_text(const Failure& failure, ErrorStyle style);

struct FaultOptions {
  ErrorStyle style = ErrorStyle::text;
  std::int64_t retry_after = 30;       // seconds, sent with 503
  std::string_view realm = "archive";  // of the challenge that 401 needs (RFC 9110 section 15.5.2)
};
http::Response fault_response(const Failure& failure, const FaultOptions& options);

}  // namespace soda::dali
