// A request's query and body -> fields: http/form, http/multipart, and the request itself.
//
// Input: "NAME=VALUE" lines of CGI variables, an empty line, the body.
#include <string>
#include <vector>

#include "base/text.h"
#include "http/form.h"
#include "http/multipart.h"
#include "http/request.h"
#include "http/response.h"
#include "target.h"

namespace {

using namespace soda;
using fuzz::require;

void check_percent(std::string_view text) {
  const auto decoded = http::percent_decode(percent_encode(text), http::Plus::literal);
  require(decoded && *decoded == text, "what was percent-encoded decodes to itself");
  http::percent_decode(text, http::Plus::blank);
}

void check_form(const http::Request& request) {
  constexpr http::FormLimits limits{.fields = 64, .value_bytes = 4096};
  fuzz::survives({FailureKind::usage, FailureKind::unsupported_media}, [&] {
    const http::Form form = http::parse_form(request, limits);
    require(form.fields.size() + form.uploads.size() <= limits.fields, "fields are counted");
    for (const auto& field : form.fields) {
      require(field.value.size() <= limits.value_bytes, "values are bounded");
      require(is_utf8(field.name) && is_utf8(field.value), "fields are UTF-8");
    }
    for (const auto& upload : form.uploads) {
      require(is_utf8(upload.name) && is_utf8(upload.filename), "names of uploads are UTF-8");
    }
  });
}

void check_conditions(const http::Request& request) {
  http::Response response = http::text_response(200, std::string(100, 'x'));
  response.add("ETag", "\"a\"");
  response.add("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  const http::Window window = http::apply_conditions(request, response);
  require(
      window.first >= 0 && window.count >= 0 && window.first + window.count <= response.body_size(),
      "a range lies inside the body");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  std::string_view head = fuzz::take_until(text, "\n\n");
  std::vector<std::string_view> variables;
  while (!head.empty()) variables.push_back(fuzz::take_until(head, "\n"));
  http::Request request(variables);
  request.body = text;
  check_percent(request.query);
  check_percent(text);
  check_form(request);
  check_conditions(request);
  http::multipart_boundary(request.content_type);
  http::header_parameter(request.content_type, "boundary");
  return 0;
}
