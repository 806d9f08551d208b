// The declaration of a service's parameters, and a request's values checked against it (DALI 1.1
// section 3; SODA 1.0 section 3).
//
// One row per parameter is all there is: parsing, limits, the descriptor, capabilities and the
// manual come from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/form.h"

namespace soda::dali {

enum class Repeat {
  single,  // a second value is MultiValuedParamNotSupported (usage for RESPONSEFORMAT, MAXREC,
           // RUNID)
  filter,  // several values, one filter (POL)
  list,    // several values, each of its own
};

struct Parameter {
  std::string_view name;      // upper case
  std::string_view datatype;  // VOTable
  std::string_view arraysize, xtype, unit, ucd;
  Repeat repeat;
  std::string_view choices;  // "Image|MaskedImage|All"; empty: free. Compared ignoring case
  std::string_view description;
  bool described;  // appears in descriptors (DALI's own do not)
};

// Names of parameters that are not declared: refused when they are one edit away from one that is,
// or, where clients of many services send what they like (TAP 1.1 section 2.3), let be.
enum class Strangers { suspected, ignored };

// The values of a request, by declared parameter; names compared ignoring case (DALI 1.1 section
// 3), order kept. Accepted by every service, declared or not, are RUNID, at most 64 characters
// (DALI 1.1 section 3.4.6), and EXPIRES, KEY and SIGNATURE (site/signature.h).
class Arguments {
 public:
  // Throws Failure: a repeated single parameter, a suspect stranger (naming both), a value not
  // among the choices (one that is gets the declared spelling). Values that are empty or blank
  // count as absent (SODA clients send "CIRCLE="). Other unknown names are kept in `ignored`.
  // `declared` must outlive the object.
  Arguments(const http::Form& form, std::span<const Parameter> declared,
            Strangers strangers = Strangers::suspected);

  // `name` in upper case; one that was not declared has no values.
  bool has(std::string_view name) const;
  std::optional<std::string> one(std::string_view name) const;
  const std::vector<std::string>& all(std::string_view name) const;
  const std::vector<std::string>& ignored() const noexcept { return ignored_; }
  bool empty() const noexcept;  // no parameter has a value but those that every service takes

 private:
  std::vector<std::pair<std::string_view, std::vector<std::string>>> values_;
  std::vector<std::string> ignored_;
};

}  // namespace soda::dali
