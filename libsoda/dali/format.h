// RESPONSEFORMAT and Accept -> one of the formats that a service offers (DALI 1.1 section 3.4.3).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace soda::dali {

struct Format {
  std::string_view media_type;  // "application/fits"
  std::string_view short_form;  // "fits"; may be empty
  // The type by which an Accept header must name it; empty: its own. For text/html it is
  // application/xhtml+xml, which browsers name first and nobody else names: Java's HTTP client (and
  // so TOPCAT, Aladin, STILTS) asks for text/html by default, and wants a table.
  std::string_view accepted_as = {};
};

// `asked`: the RESPONSEFORMAT value, or empty; `accept`: the Accept header, or empty. A value that
// none of `offered` meets is Failure(usage) listing them; Accept only chooses among them (the
// highest q of the most specific range, RFC 9110 section 12.5.1; of equals the one offered first)
// and never fails. Types are compared ignoring case; a parameter that a format of `offered` has
// ("serialization") must have the value asked for, others are let be. Returns the index in
// `offered` and the Content-Type to send (as asked, parameters included, when asked by media type).
struct Choice {
  std::size_t index;
  std::string content_type;
};
Choice choose_format(std::span<const Format> offered, std::string_view asked,
                     std::string_view accept);

}  // namespace soda::dali
