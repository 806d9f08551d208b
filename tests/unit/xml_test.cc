#define BOOST_TEST_MODULE xml
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>
#include <string>

#include "parsed.h"
#include "xml/writer.h"

using soda::xml::escape;
using soda::xml::Writer;

namespace {

std::string owned(xmlChar* text) {
  const std::string copy = text == nullptr ? "" : reinterpret_cast<const char*>(text);
  xmlFree(text);
  return copy;
}

std::string content_of(const xmlNode* node) { return owned(xmlNodeGetContent(node)); }

std::string attribute_of(xmlNode* node, const char* name) {
  return owned(xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_document) {
  Writer writer;
  writer.start("a").attribute("x", "1").attribute("y", "");
  writer.element("b", "text").start("c").end();
  writer.start("d").element("e", "");
  BOOST_TEST(writer.take() ==
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<a x=\"1\" y=\"\">\n"
             "  <b>text</b>\n"
             "  <c/>\n"
             "  <d>\n"
             "    <e></e>\n"
             "  </d>\n"
             "</a>\n");
}

BOOST_AUTO_TEST_CASE(running_text_is_not_indented) {
  Writer writer;
  writer.start("p").text("Use ").start("i").start("b").text("x").end().end().text(".");
  BOOST_TEST(writer.take() ==
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p>Use <i><b>x</b></i>.</p>\n");
}

BOOST_AUTO_TEST_CASE(escapes) {
  const std::string replacement = "\xEF\xBF\xBD";
  const std::pair<std::string, std::string> rows[] = {
      {"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c'"},
      {"]]>", "]]&gt;"},
      {std::string("a\0b", 3), "a" + replacement + "b"},
      {"\x1B\x7F", replacement + "\x7F"},
      {"\t\n\r", "\t\n&#13;"},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAD", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAD"},
      {"\xC3", replacement},
      {"\xC3(", replacement + "("},
      {"\xE2\x82", replacement + replacement},
      {"\xED\xA0\x80", replacement + replacement + replacement},  // a surrogate
      {"\xEF\xBF\xBF", replacement + replacement + replacement},  // U+FFFF
      {"\xF8\xFF", replacement + replacement},
      {"", ""},
  };
  for (const auto& [text, expected] : rows) BOOST_TEST(escape(text) == expected);
}

BOOST_AUTO_TEST_CASE(any_bytes_give_a_well_formed_document) {
  std::mt19937 random(19980210);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 30, ' ');
    std::ranges::generate(text, [&random] {
      constexpr std::string_view nasty = "<>&\"'-]\r\n\t";
      const auto draw = random();
      return draw % 3 == 0 ? nasty[draw / 3 % nasty.size()] : static_cast<char>(draw / 3);
    });
    Writer writer;
    writer.start("a").attribute("x", text).comment(text).element("b", text);
    BOOST_REQUIRE(parsed(writer.take()) != nullptr);
  }
}

BOOST_AUTO_TEST_CASE(legal_text_comes_back) {
  const std::string text = " a\r\nb\tc <&> \"'\xE2\x82\xAC ]]> ";
  Writer writer;
  writer.start("a").attribute("x", text).text(text);
  const auto document = parsed(writer.take());
  BOOST_REQUIRE(document != nullptr);
  xmlNode* root = xmlDocGetRootElement(document.get());
  BOOST_TEST(content_of(root) == text);
  BOOST_TEST(attribute_of(root, "x") == text);
}

BOOST_AUTO_TEST_CASE(comments_cannot_be_left) {
  for (const char* text : {"--", "-->", "a--b---c", "-", "->", ""}) {
    Writer writer;
    writer.start("a").comment(text);
    BOOST_TEST((parsed(writer.take()) != nullptr), text);
  }
}
