// The splitting of a multipart/form-data body (RFC 7578, RFC 2046 section 5.1) into its parts,
// binary-safe and without copies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soda::http {

struct Part {
  std::string name;
  std::optional<std::string> filename;
  std::string content_type;
  std::string_view content;  // points into the body
};

// The boundary parameter of a Content-Type value, unquoted; empty optional when it is not
// multipart/form-data with a legal boundary (1 to 70 characters, RFC 2046 section 5.1.1).
std::optional<std::string> multipart_boundary(std::string_view content_type);

// Failure(usage): no first delimiter, a part without name, headers longer than 8 KiB, a transfer
// encoding, more than `limit` parts, a body that ends before its closing delimiter.
std::vector<Part> split_multipart(std::string_view body, std::string_view boundary,
                                  std::size_t limit);

// A header value "form-data; name=\"x\"" as its first word (lower case) and one parameter's value;
// quoted strings may hold backslash escapes. Empty optional: absent or malformed.
std::optional<std::string> header_parameter(std::string_view value, std::string_view name);

}  // namespace soda::http
