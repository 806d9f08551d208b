#include "dali/descriptor.h"

#include "base/text.h"
#include "xml/writer.h"

namespace soda::dali {
namespace {

void add_fixed(xml::Writer& xml, std::string_view name, std::string_view value) {
  xml.start("PARAM")
      .attribute("name", name)
      .attribute("datatype", "char")
      .attribute("arraysize", "*")
      .attribute("value", value)
      .end();
}

void add_input(xml::Writer& xml, const Parameter& parameter) {
  xml.start("PARAM").attribute("name", parameter.name).attribute("datatype", parameter.datatype);
  const std::pair<std::string_view, std::string_view> optional[] = {
      {"arraysize", parameter.arraysize},
      {"xtype", parameter.xtype},
      {"unit", parameter.unit},
      {"ucd", parameter.ucd}};
  for (const auto& [name, value] : optional) {
    if (!value.empty()) xml.attribute(name, value);
  }
  xml.attribute("value", "").element("DESCRIPTION", parameter.description);
  if (!parameter.choices.empty()) {
    xml.start("VALUES");
    for (const auto choice : split(parameter.choices, '|')) {
      xml.start("OPTION").attribute("value", choice).end();
    }
    xml.end();
  }
  xml.end();
}

}  // namespace

http::Response self_description(const Context& context, const Service& service,
                                std::string_view description) {
  xml::Writer xml;
  xml.start("VOTABLE")
      .attribute("version", "1.4")
      .attribute("xmlns", "http://www.ivoa.net/xml/VOTable/v1.3");
  // DALI 1.1 section 4.4: a results resource with its status stands in every VOTable answer.
  xml.start("RESOURCE").attribute("type", "results");
  xml.start("INFO").attribute("name", "QUERY_STATUS").attribute("value", "OK").end();
  xml.end();
  xml.start("RESOURCE")
      .attribute("type", "meta")
      .attribute("utype", "adhoc:this")
      .attribute("name", service.name);
  xml.element("DESCRIPTION", description);
  add_fixed(xml, "standardID", service.standard_id);
  add_fixed(xml, "accessURL", context.config.base_url() + "/" + std::string(service.name));
  add_fixed(xml, "contentType", service.result_type);
  xml.start("GROUP").attribute("name", "inputParams");
  for (const auto& parameter : service.parameters) {
    if (parameter.described) add_input(xml, parameter);
  }
  http::Response response = http::text_response(200, xml.take(), "application/x-votable+xml");
  response.add("Cache-Control", "no-cache");
  return response;
}

}  // namespace soda::dali
