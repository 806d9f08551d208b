// The DALI examples page (DALI 1.1 section 2.3): XHTML with RDFa Lite, read by people and by
// clients.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dali/service.h"

namespace soda::vosi {

struct Example {
  std::string id;  // an XML name, unique on the page
  std::string name, text;
  std::string capability;                                       // a standardID
  std::vector<std::pair<std::string, std::string>> parameters;  // generic-parameter key, value
  // Of TAP (TAP 1.1 section 2.4.4): what stands in QUERY, instead of a capability; the parameters
  // are those of the link to try it.
  std::string query = {};
};

// `all` says at which address the capability of an example is, for a link to try it.
std::string examples_document(std::string_view title, std::string_view base_url,
                              std::span<const dali::Service> all,
                              std::span<const Example> examples);

}  // namespace soda::vosi
