#include "http/form.h"

#include <algorithm>

#include "base/failure.h"
#include "base/text.h"
#include "http/multipart.h"

namespace soda::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
  });
}

class Collector {
 public:
  explicit Collector(const FormLimits& limits) : limits_(limits) {}

  void add_urlencoded(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('&'), text.size());
      const std::string_view pair = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!pair.empty()) add_pair(pair);
    }
  }

  void add_multipart(std::string_view body, std::string_view boundary) {
    const std::size_t room = limits_.fields - form_.fields.size();
    for (Part& part : split_multipart(body, boundary, room)) {
      check_text(part.name, part.name);
      if (!part.filename) {
        add_field({std::move(part.name), std::string(part.content)});
        continue;
      }
      count_one();
      check_text(part.name, *part.filename);
      check_text(part.name, part.content_type);
      form_.uploads.push_back({std::move(part.name), std::move(*part.filename),
                               std::move(part.content_type), std::string(part.content)});
    }
  }

  Form take() { return std::move(form_); }

 private:
  void add_pair(std::string_view pair) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), Plus::blank);
    if (!name) {
      throw Failure(FailureKind::usage, "broken percent code in the parameter name \"" +
                                            quoted(pair.substr(0, equals)) + "\"");
    }
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::blank);
    if (!value) {
      throw Failure(FailureKind::usage,
                    quoted(*name) + ": broken percent code in the value \"" +
                        quoted(pair.substr(equals + 1)) + "\"",
                    *name);
    }
    add_field({std::move(*name), std::move(*value)});
  }

  void add_field(Field field) {
    count_one();
    check_text(field.name, field.name);
    if (field.value.size() > limits_.value_bytes) {
      throw Failure(FailureKind::usage,
                    quoted(field.name) + ": a value of at most " +
                        std::to_string(limits_.value_bytes) + " bytes is read, received " +
                        std::to_string(field.value.size()),
                    field.name);
    }
    check_text(field.name, field.value);
    form_.fields.push_back(std::move(field));
  }

  void count_one() {
    if (form_.fields.size() + form_.uploads.size() >= limits_.fields) {
      throw Failure(FailureKind::usage, "more than " + std::to_string(limits_.fields) +
                                            " parameters (limit max_fields)");
    }
  }

  static void check_text(const std::string& name, std::string_view text) {
    if (!is_utf8(text)) {
      throw Failure(FailureKind::usage,
                    quoted(name) + ": UTF-8 expected, received \"" + quoted(text) + "\"", name);
    }
    if (has_control_character(text)) {
      throw Failure(
          FailureKind::usage,
          quoted(name) + ": control characters are not allowed, received \"" + quoted(text) + "\"",
          name);
    }
  }

  FormLimits limits_;
  Form form_;
};

void add_body(const Request& request, Collector& collector) {
  const std::string_view type =
      trim(std::string_view(request.content_type).substr(0, request.content_type.find(';')));
  if (equal_ignoring_case(type, "application/x-www-form-urlencoded")) {
    collector.add_urlencoded(request.body);
    return;
  }
  if (equal_ignoring_case(type, "multipart/form-data")) {
    const auto boundary = multipart_boundary(request.content_type);
    if (!boundary) {
      throw Failure(FailureKind::usage, "multipart body: no legal boundary in Content-Type \"" +
                                            quoted(request.content_type) + "\"");
    }
    collector.add_multipart(request.body, *boundary);
    return;
  }
  if (request.body.empty()) return;
  throw Failure(FailureKind::unsupported_media,
                "a body of type application/x-www-form-urlencoded or multipart/form-data is "
                "expected, received \"" +
                    quoted(request.content_type) + "\"");
}

}  // namespace

Form parse_form(const Request& request, const FormLimits& limits) {
  Collector collector(limits);
  collector.add_urlencoded(request.query);
  if (request.method == "POST") add_body(request, collector);
  return collector.take();
}

const Upload* find_upload(const Form& form, std::string_view name) {
  const auto found = std::ranges::find_if(
      form.uploads, [name](const Upload& each) { return equal_ignoring_case(each.name, name); });
  return found == form.uploads.end() ? nullptr : &*found;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus == Plus::blank ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace soda::http
