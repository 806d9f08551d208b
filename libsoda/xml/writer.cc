#include "xml/writer.h"

#include <algorithm>
#include <utility>

#include "xml/characters.h"

namespace soda::xml {
std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
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
  for (;;) {
    const std::size_t blank = std::min(value.find('\n'), value.find('\t'));
    append_escaped(out_, value.substr(0, blank));
    if (blank == std::string_view::npos) break;
    out_ += value[blank] == '\n' ? "&#10;" : "&#9;";
    value.remove_prefix(blank + 1);
  }
  out_ += '"';
  return *this;
}

Writer& Writer::instruction(std::string_view target, std::string_view data) {
  out_.append("\n<?").append(target).append(" ").append(data).append("?>");
  return *this;
}

Writer& Writer::text(std::string_view content) {
  close_tag();
  if (!open_.empty()) open_.back().has_text = true;
  append_escaped(out_, content);
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

std::string Writer::drain() {
  close_tag();
  return std::exchange(out_, {});
}

std::string Writer::take() {
  while (!open_.empty()) end();
  return std::move(out_.append("\n"));
}

}  // namespace soda::xml
