#include "xml/writer.h"

#include <cstddef>

#include "base/text.h"

namespace soda::xml {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the UTF-8 sequence that a lead byte announces; 1 for anything that is none.
std::size_t announced_length(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  if (lead >= 0xE0) return lead < 0xF0 ? 3 : 1;
  return lead >= 0xC2 ? 2 : 1;
}

// The first character of `text` if it is valid UTF-8 that XML allows; else empty.
std::string_view legal_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::string_view character = text.substr(0, announced_length(lead));
  if (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') return {};
  // The two noncharacters of the basic plane are not XML characters (production 2).
  if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") return {};
  return is_utf8(character) ? character : std::string_view();
}

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':  // would be read back as a line feed
      return "&#13;";
    default:
      return {};
  }
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view character = legal_character(text);
    const std::string_view escaped = reference(text.front());
    if (character.empty()) {
      out += replacement;
    } else {
      out += escaped.empty() ? character : escaped;
    }
    text.remove_prefix(character.empty() ? 1 : character.size());
  }
  return out;
}

Writer::Writer() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") {}

void Writer::close_tag() {
  if (in_tag_) out_ += '>';
  in_tag_ = false;
}

void Writer::indent() {
  out_ += '\n';
  out_.append(2 * open_.size(), ' ');
}

Writer& Writer::start(std::string_view name) {
  close_tag();
  if (open_.empty() || !open_.back().has_text) indent();
  if (!open_.empty()) open_.back().has_children = true;
  // Inside running text white space has a meaning: nothing below is indented either.
  const bool inherited = !open_.empty() && open_.back().has_text;
  out_.append("<").append(name);
  open_.push_back({std::string(name), inherited, false});
  in_tag_ = true;
  return *this;
}

Writer& Writer::attribute(std::string_view name, std::string_view value) {
  out_.append(" ").append(name).append("=\"");
  // A parser would turn line ends and tabs in an attribute into blanks (section 3.3.3).
  for (const char c : escape(value)) {
    if (c == '\n') {
      out_ += "&#10;";
    } else if (c == '\t') {
      out_ += "&#9;";
    } else {
      out_ += c;
    }
  }
  out_ += '"';
  return *this;
}

Writer& Writer::text(std::string_view content) {
  close_tag();
  if (!open_.empty()) open_.back().has_text = true;
  out_ += escape(content);
  return *this;
}

Writer& Writer::comment(std::string_view content) {
  close_tag();
  if (open_.empty() || !open_.back().has_text) indent();
  if (!open_.empty()) open_.back().has_children = true;
  out_ += "<!-- ";
  char previous = ' ';
  for (const char c : escape(content)) {
    if (c == '-' && previous == '-') out_ += ' ';
    out_ += c;
    previous = c;
  }
  out_ += " -->";
  return *this;
}

Writer& Writer::end() {
  const Open element = std::move(open_.back());
  open_.pop_back();
  if (in_tag_) {
    out_ += "/>";
    in_tag_ = false;
    return *this;
  }
  if (element.has_children && !element.has_text) indent();
  out_.append("</").append(element.name).append(">");
  return *this;
}

Writer& Writer::element(std::string_view name, std::string_view content) {
  return start(name).text(content).end();
}

std::string Writer::take() {
  while (!open_.empty()) end();
  return std::move(out_.append("\n"));
}

}  // namespace soda::xml
