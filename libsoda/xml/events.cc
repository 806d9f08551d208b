#include "xml/events.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <new>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"

namespace soda::xml {
namespace {

constexpr int deepest = 64;
constexpr std::size_t part = std::size_t{1} << 14;                // what libxml2 gets at once
constexpr std::ptrdiff_t longest_wait = std::ptrdiff_t{1} << 17;  // for the end of what has begun
constexpr int most_names = 10'000;

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

Failure refused(std::string_view what) {
  return {FailureKind::usage, fmt::format("the XML document is refused: {}", what)};
}

void release(xmlParserCtxt* context) {
  xmlFreeDoc(context->myDoc);
  xmlFreeParserCtxt(context);
}

}  // namespace

std::optional<std::string> Attributes::find(std::string_view name) const {
  const auto* table = static_cast<const xmlChar* const*>(table_);
  for (int i = 0; i < count_; ++i, table += 5) {
    if (table[1] != nullptr || view(table[0]) != name) continue;
    std::string value(reinterpret_cast<const char*>(table[3]),
                      reinterpret_cast<const char*>(table[4]));
    // Unless it is told to expand entities libxml2 leaves one of them in attributes, in this form.
    constexpr std::string_view ampersand = "&#38;";
    for (std::size_t at = 0; (at = value.find(ampersand, at)) != value.npos; ++at) {
      value.erase(at + 1, ampersand.size() - 1);
    }
    return value;
  }
  return std::nullopt;
}

// Handlers are called from C, through which no exception may pass: what is thrown waits in
// `thrown`.
struct EventParser::Impl {
  explicit Impl(Events& handler) : events(handler) {
    xmlSAXHandler handlers{};
    handlers.initialized = XML_SAX2_MAGIC;
    handlers.startElementNs = on_start;
    handlers.endElementNs = on_end;
    handlers.characters = handlers.ignorableWhitespace = handlers.cdataBlock = on_text;
    handlers.reference = on_reference;
    handlers.entityDecl = on_entity;
    handlers.attributeDecl = on_attribute_declaration;
    handlers.serror = on_error;
    context.reset(xmlCreatePushParserCtxt(&handlers, this, nullptr, 0, nullptr));
    if (context == nullptr) throw std::bad_alloc();
    xmlCtxtUseOptions(context.get(), XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  }

  template <class Work>
  static void guarded(void* self, Work work) noexcept {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.thrown) return;
    try {
      work(impl);
    } catch (...) {
      impl.thrown = std::current_exception();
      xmlStopParser(impl.context.get());
    }
  }

  static void on_start(void* self, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                       const xmlChar**, int count, int, const xmlChar** attributes) {
    guarded(self, [&](Impl& impl) {
      if (++impl.depth > deepest) {
        throw refused(fmt::format("its elements are nested more than {} deep", deepest));
      }
      impl.events.start(view(name), Attributes(attributes, count));
    });
  }
  static void on_end(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
    guarded(self, [](Impl& impl) {
      --impl.depth;
      impl.events.end();
    });
  }
  static void on_text(void* self, const xmlChar* text, int length) {
    guarded(self, [&](Impl& impl) {
      impl.events.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
    });
  }
  static void on_reference(void* self, const xmlChar* name) {
    guarded(self, [&](Impl&) {
      throw refused(fmt::format("it refers to the entity \"{}\"", quoted(view(name))));
    });
  }
  static void on_entity(void* self, const xmlChar* name, int, const xmlChar*, const xmlChar*,
                        xmlChar*) {
    guarded(self, [&](Impl&) {
      throw refused(fmt::format("it declares the entity \"{}\"", quoted(view(name))));
    });
  }
  // Whoever declares attributes can give them values that no element has.
  static void on_attribute_declaration(void* self, const xmlChar* element, const xmlChar*, int, int,
                                       const xmlChar*, xmlEnumeration* values) {
    xmlFreeEnumeration(values);
    guarded(self, [&](Impl&) {
      throw refused(
          fmt::format("it declares attributes of the element \"{}\"", quoted(view(element))));
    });
  }
  static void on_error(void* self, xmlErrorPtr error) {
    guarded(self, [&](Impl&) {
      if (error->level != XML_ERR_FATAL || error->code == XML_ERR_USER_STOP) return;
      if (error->code == XML_ERR_NO_MEMORY) throw std::bad_alloc();
      const std::string_view message = error->message == nullptr ? "" : error->message;
      throw Failure(FailureKind::usage, fmt::format("the XML document is damaged, line {}: {}",
                                                    error->line, quoted(trim(message), 200)));
    });
  }

  void parse(std::string_view bytes, int last) {
    const int status =
        xmlParseChunk(context.get(), bytes.data(), static_cast<int>(bytes.size()), last);
    if (thrown) std::rethrow_exception(thrown);
    if (context->wellFormed == 0 || context->disableSAX != 0) {
      throw Failure(FailureKind::usage,
                    fmt::format("the XML document is damaged (libxml2's error {})", status));
    }
    // What follows costs libxml2 time that grows with the square of the length, or of the number.
    const xmlParserInput* const input = context->input;
    if (input != nullptr && input->end - input->cur > longest_wait) {
      throw refused(
          fmt::format("a tag, comment or CDATA section is longer than {} bytes", longest_wait));
    }
    if (xmlDictSize(context->dict) > most_names) {
      throw refused(fmt::format("it has more than {} different names", most_names));
    }
  }

  Events& events;
  int depth = 0;
  std::exception_ptr thrown;
  Handle<xmlParserCtxt, release> context;
};

EventParser::EventParser(Events& events) : impl_(std::make_unique<Impl>(events)) {}
EventParser::~EventParser() = default;

void EventParser::feed(std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), part))) {
    impl_->parse(bytes.substr(0, part), 0);
  }
}

void EventParser::finish() { impl_->parse({}, 1); }

}  // namespace soda::xml
