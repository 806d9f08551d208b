#include "vosi/examples.h"

#include <algorithm>

#include "base/text.h"
#include "http/form.h"
#include "xml/writer.h"

namespace soda::vosi {
namespace {

// Empty when no service of the site has this capability.
std::string address_of(const Example& example, std::string_view base_url,
                       std::span<const dali::Service> all) {
  const auto service = std::ranges::find_if(all, [&](const dali::Service& row) {
    return equal_ignoring_case(row.standard_id, example.capability);
  });
  if (service == all.end()) return {};
  std::string address(base_url);
  address.append("/").append(service->name);
  char separator = '?';
  for (const auto& [key, value] : example.parameters) {
    address.append(1, separator).append(key).append("=").append(percent_encode(value));
    separator = '&';
  }
  return address;
}

void write_parameters(xml::Writer& page, const Example& example) {
  page.start("p").text("Use ");
  page.start("span").attribute("property", "capability").text(example.capability).end();
  page.text(" with");
  std::string_view separator = " ";
  for (const auto& [key, value] : example.parameters) {
    page.text(separator);
    page.start("span").attribute("property", "generic-parameter").attribute("typeof", "keyval");
    page.start("span").attribute("property", "key").text(key).end();
    page.text("=");
    page.start("span").attribute("property", "value").text(value).end();
    page.end();
    separator = ", ";
  }
  page.text(".").end();
}

void write_example(xml::Writer& page, const Example& example, const std::string& address) {
  page.start("div").attribute("id", example.id).attribute("resource", "#" + example.id);
  page.attribute("typeof", "example");
  page.start("h2").attribute("property", "name").text(example.name).end();
  page.element("p", example.text);
  if (example.query.empty()) {
    write_parameters(page, example);
  } else {
    page.start("pre").attribute("property", "query").text(example.query).end();
  }
  // No property here: on an element with href it would mean the link (DALI 1.1 section 2.3).
  if (!address.empty()) {
    page.start("p").start("a").attribute("href", address).text("Try it").end().end();
  }
  page.end();
}

}  // namespace

std::string examples_document(std::string_view title, std::string_view base_url,
                              std::span<const dali::Service> all,
                              std::span<const Example> examples) {
  const std::string heading = std::string(title) + ": examples";
  xml::Writer page;
  page.start("html").attribute("xmlns", "http://www.w3.org/1999/xhtml").attribute("lang", "en");
  page.start("head").element("title", heading).end();
  page.start("body").element("h1", heading);
  page.start("div").attribute("vocab", "http://www.ivoa.net/rdf/examples#");
  if (examples.empty()) page.element("p", "The archive holds nothing yet.");
  for (const Example& example : examples) {
    write_example(page, example, address_of(example, base_url, all));
  }
  return page.take();
}

}  // namespace soda::vosi
