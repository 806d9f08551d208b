// A well-formed UTF-8 XML document, written element by element into a string.
//
// Texts and values may be anything: what XML 1.0 cannot hold (control characters, invalid UTF-8;
// section 2.2) becomes U+FFFD. Names are the program's own and are not checked. Elements that hold
// no text of their own are indented by two blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace soda::xml {

class Writer {
 public:
  // Begins with the XML declaration.
  Writer();

  Writer& start(std::string_view name);
  // Only between start() and the first content.
  Writer& attribute(std::string_view name, std::string_view value);
  Writer& text(std::string_view content);
  // A processing instruction, before the first element. Its data are as <?target data?> has them.
  Writer& instruction(std::string_view target, std::string_view data);
  // A comment for people; "--" in it is broken up.
  Writer& comment(std::string_view content);
  Writer& end();
  // <name>content</name>
  Writer& element(std::string_view name, std::string_view content);

  // What has been written since the last call, so that a long document can leave in parts. The
  // start tag of the innermost open element is complete; what the caller puts below it in between
  // is his to escape.
  std::string drain();
  // The document (after `drain` the rest of it), with all open elements closed. The writer is
  // spent.
  std::string take();

 private:
  struct Open {
    std::string name;
    bool has_text = false;
    bool has_children = false;
  };

  void close_tag();
  void indent();

  std::string out_;
  std::vector<Open> open_;
  bool in_tag_ = false;  // ">" of the last start tag is still to come
};

// With & < > " escaped, and characters that XML cannot hold replaced.
std::string escape(std::string_view text);

}  // namespace soda::xml
