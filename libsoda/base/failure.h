// The one exception of the project: a kind, one sentence, and the parameter it is about.
//
// Thrown once, where a thing is found to be wrong; caught once, in dali/responder (or by sodactl),
// where dali/fault turns it into the status and document that the service's standard asks for. The
// sentence is written for the client: it names the parameter, the limit and the value received, and
// never a path, an SQL statement or a trace. "No overlap" is not a failure: functions that can find
// nothing return an empty optional.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace soda {

enum class FailureKind {
  usage,               // a parameter is missing, malformed or out of range: 400
  multi_valued,        // several values where one is supported: 400
  not_found,           // unknown identifier or path: 404
  not_authenticated,   // 401
  not_authorised,      // 403
  wrong_state,         // not in the state that the thing is in (UWS 1.1 section 2.2.3.1): 403
  method_not_allowed,  // 405
  too_large,           // the answer would exceed a limit of the site: 413
  uri_too_long,        // 414
  unsupported_media,   // a request body of a type that is not read: 415
  unavailable,         // transient; a retry may succeed: 503
  corrupt_data,        // the archive's file is not what was ingested, or is damaged: 500
  internal,            // a defect of ours: 500
};

class Failure : public std::runtime_error {
 public:
  Failure(FailureKind kind, std::string sentence, std::string parameter = {})
      : std::runtime_error(std::move(sentence)), kind_(kind), parameter_(std::move(parameter)) {}

  FailureKind kind() const noexcept { return kind_; }
  // The name of the parameter (or setting) at fault; empty when it is about none.
  const std::string& parameter() const noexcept { return parameter_; }

 private:
  FailureKind kind_;
  std::string parameter_;
};

}  // namespace soda
