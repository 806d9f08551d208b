// Parameters of a request: query string (any method) and, for POST, the body as
// application/x-www-form-urlencoded (WHATWG URL section 5) or multipart/form-data (RFC 7578). Order
// is kept, query first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace soda::http {

struct Field {
  std::string name;
  std::string value;  // raw bytes, percent and '+' decoded
};
struct Upload {
  std::string name, filename, content_type;
  std::string content;  // any bytes
};
struct Form {
  std::vector<Field> fields;
  std::vector<Upload> uploads;  // multipart parts with a filename
};

struct FormLimits {
  std::size_t fields = 20000;  // fields and uploads together
  std::size_t value_bytes = 1 << 20;
};

// Failure(usage): broken percent code, half a multipart body, too many fields, a value that is too
// long, invalid UTF-8 or a control character other than tab, CR, LF (the sentence names the
// parameter); Failure(unsupported_media): a body of another content type.
Form parse_form(const Request& request, const FormLimits& limits = {});

// The file of that name, ignoring ASCII case; null: there is none. It belongs to the form.
const Upload* find_upload(const Form& form, std::string_view name);

// Percent-decoding of a query component; in forms a plus sign is a blank. Empty optional: a broken
// code.
enum class Plus { literal, blank };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

}  // namespace soda::http
