#include "http/multipart.h"

#include <algorithm>
#include <cstdint>

#include "base/failure.h"
#include "base/text.h"

namespace soda::http {
namespace {

constexpr std::size_t header_limit = 8192;  // bytes of all headers of one part

[[noreturn]] void refuse(const std::string& what) {
  throw Failure(FailureKind::usage, "multipart body: " + what);
}

std::string_view first_word(std::string_view value) {
  return trim(value.substr(0, value.find(';')));
}

// Reads a quoted string whose opening quote has been taken off `rest`; leaves `rest` behind the
// closing one.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return value;
    // Only the quote and the backslash are escaped: browsers send Windows paths unescaped.
    if (c == '\\' && !rest.empty() && (rest.front() == '"' || rest.front() == '\\')) {
      c = rest.front();
      rest.remove_prefix(1);
    }
    value += c;
  }
  return std::nullopt;
}

void read_header(std::string_view line, Part& part, bool& named) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) refuse("a part header without colon");
  const std::string_view name = trim(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (equal_ignoring_case(name, "Content-Type")) part.content_type = value;
  if (equal_ignoring_case(name, "Content-Transfer-Encoding")) {
    // RFC 7578 section 4.7 forbids encodings; these three change nothing.
    const std::string encoding = to_lower(value);
    if (encoding != "7bit" && encoding != "8bit" && encoding != "binary") {
      refuse("Content-Transfer-Encoding " + quoted(value) + " is not supported");
    }
  }
  if (!equal_ignoring_case(name, "Content-Disposition")) return;
  if (!equal_ignoring_case(first_word(value), "form-data")) refuse("a part that is no form-data");
  if (auto field = header_parameter(value, "name")) {
    part.name = std::move(*field);
    named = true;
  }
  part.filename = header_parameter(value, "filename");
}

// Takes the headers and their closing empty line off `rest`.
Part take_headers(std::string_view& rest) {
  Part part;
  bool named = false;
  const std::string_view window = rest.substr(0, header_limit);
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = window.find("\r\n", at);
    if (end == std::string_view::npos) {
      if (rest.size() > header_limit) {
        refuse("the headers of a part are longer than " + std::to_string(header_limit) + " bytes");
      }
      refuse("it ends inside the headers of a part");
    }
    const std::string_view line = window.substr(at, end - at);
    at = end + 2;
    if (line.empty()) break;
    read_header(line, part, named);
  }
  if (!named) refuse("a part without a name");
  rest.remove_prefix(at);
  return part;
}

enum class Delimiter { next, closing };

// What follows "--boundary": "--" closes; blanks and a line end begin a part.
Delimiter take_delimiter_end(std::string_view& rest) {
  if (rest.starts_with("--")) return Delimiter::closing;
  const std::size_t text = rest.find_first_not_of(" \t");
  if (text == std::string_view::npos || !rest.substr(text).starts_with("\r\n")) {
    refuse("a delimiter is not followed by a line end");
  }
  rest.remove_prefix(text + 2);
  return Delimiter::next;
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view value, std::string_view name) {
  std::size_t semicolon = value.find(';');
  std::string_view rest = semicolon == std::string_view::npos ? "" : value.substr(semicolon + 1);
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::optional<std::string> found;
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      found = take_quoted(rest);
      if (!found) return std::nullopt;
      semicolon = rest.find(';');
    } else {
      semicolon = rest.find(';');
      found = std::string(trim(rest.substr(0, semicolon)));
    }
    if (equal_ignoring_case(key, name)) return found;
    rest = semicolon == std::string_view::npos ? "" : rest.substr(semicolon + 1);
  }
  return std::nullopt;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!equal_ignoring_case(first_word(content_type), "multipart/form-data")) return std::nullopt;
  auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70 || boundary->ends_with(' ')) {
    return std::nullopt;
  }
  const bool printable =
      std::ranges::all_of(*boundary, [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? boundary : std::nullopt;
}

std::vector<Part> split_multipart(std::string_view body, std::string_view boundary,
                                  std::size_t limit) {
  const std::string first = "--" + std::string(boundary);
  const std::string delimiter = "\r\n" + first;
  std::string_view rest = body;
  if (rest.starts_with(first)) {
    rest.remove_prefix(first.size());
  } else {
    const std::size_t at = rest.find(delimiter);  // after a preamble, which has no meaning
    if (at == std::string_view::npos) refuse("no delimiter found");
    rest.remove_prefix(at + delimiter.size());
  }
  std::vector<Part> parts;
  while (take_delimiter_end(rest) == Delimiter::next) {
    if (parts.size() == limit) {
      refuse("more than " + std::to_string(limit) + " parts");
    }
    Part part = take_headers(rest);
    // The line end before a delimiter belongs to the delimiter, so that the empty line that ends
    // the headers may be it.
    const std::string_view from(rest.data() - 2, rest.size() + 2);
    const std::size_t end = from.find(delimiter);
    if (end == std::string_view::npos) refuse("it ends before its closing delimiter");
    part.content = end < 2 ? std::string_view() : from.substr(2, end - 2);
    rest = from.substr(end + delimiter.size());
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace soda::http
