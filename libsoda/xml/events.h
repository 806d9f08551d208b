// An XML document as events, while its bytes come in: nothing of it is kept.
//
// Made for documents of strangers. Entities are neither declared nor expanded nor fetched, external
// subsets not loaded: a document that declares one, or refers to one that XML does not define
// itself, is refused; a bare DOCTYPE, as VOTable 1.0 had it, is let through. The depth of elements
// (64), the length of tags, comments and CDATA sections (128 KiB) and the number of different names
// (10,000) are bounded: libxml2's time grows with their squares.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace soda::xml {

// Of one element; lives as long as the call that hands it over.
class Attributes {
 public:
  Attributes(const void* table, int count) noexcept : table_(table), count_(count) {}
  // The value of the attribute without a prefix that is called so.
  std::optional<std::string> find(std::string_view name) const;
  std::string get(std::string_view name) const { return find(name).value_or(std::string()); }

 private:
  const void* table_;  // libxml2's: five pointers an attribute
  int count_;
};

// Names are without their prefix; namespaces are not looked at. What a handler throws ends the
// parsing and comes out of EventParser::feed.
class Events {
 public:
  virtual ~Events() = default;
  virtual void start(std::string_view name, const Attributes& attributes) = 0;
  virtual void end() = 0;
  // Character data, CDATA included, in parts of any length.
  virtual void text(std::string_view part) = 0;
};

class EventParser {
 public:
  // `events` must outlive it.
  explicit EventParser(Events& events);
  ~EventParser();
  EventParser(const EventParser&) = delete;
  EventParser& operator=(const EventParser&) = delete;

  // Throws Failure(usage) when the document is not well-formed or refused (see above), with the
  // line. Not to be called again after that.
  void feed(std::string_view bytes);
  // The document ends here.
  void finish();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::xml
