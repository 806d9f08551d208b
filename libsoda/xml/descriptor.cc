#include "xml/descriptor.h"

#include <utility>

namespace soda::xml {
namespace {

void attribute_if(Writer& xml, std::string_view name, std::string_view value) {
  if (!value.empty()) xml.attribute(name, value);
}

void write_fixed(Writer& xml, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  xml.start("PARAM")
      .attribute("name", name)
      .attribute("datatype", "char")
      .attribute("arraysize", "*")
      .attribute("value", value)
      .end();
}

void write_bound(Writer& xml, std::string_view name, std::string_view value) {
  if (!value.empty()) xml.start(name).attribute("value", value).end();
}

void write_input(Writer& xml, const Input& input) {
  xml.start("PARAM");
  write_column_attributes(xml, input.column);
  attribute_if(xml, "ref", input.ref);
  xml.attribute("value", input.value);
  if (!input.column.description.empty()) xml.element("DESCRIPTION", input.column.description);
  write_values(xml, input.values);
  xml.end();
}

}  // namespace

void write_column_attributes(Writer& xml, const Column& column) {
  xml.attribute("name", column.name).attribute("datatype", column.datatype);
  attribute_if(xml, "arraysize", column.arraysize);
  attribute_if(xml, "xtype", column.xtype);
  attribute_if(xml, "unit", column.unit);
  attribute_if(xml, "ucd", column.ucd);
  attribute_if(xml, "utype", column.utype);
}

void write_values(Writer& xml, const Values& values) {
  if (values.minimum.empty() && values.maximum.empty() && values.options.empty()) return;
  xml.start("VALUES");
  write_bound(xml, "MIN", values.minimum);
  write_bound(xml, "MAX", values.maximum);
  for (const std::string& option : values.options) {
    xml.start("OPTION").attribute("value", option).end();
  }
  xml.end();
}

std::string descriptor_text(const ServiceDescriptor& service) {
  Writer xml;
  xml.start("VOTABLE");
  xml.drain();
  write_descriptor(xml, service);
  return xml.drain();
}

void write_descriptor(Writer& xml, const ServiceDescriptor& service) {
  xml.start("RESOURCE").attribute("type", "meta").attribute("utype", service.utype);
  attribute_if(xml, "ID", service.id);
  attribute_if(xml, "name", service.name);
  if (!service.description.empty()) xml.element("DESCRIPTION", service.description);
  write_fixed(xml, "standardID", service.standard_id);
  write_fixed(xml, "accessURL", service.access_url);
  write_fixed(xml, "resourceIdentifier", service.resource_identifier);
  write_fixed(xml, "contentType", service.content_type);
  for (const std::string& url : service.example_urls) write_fixed(xml, "exampleURL", url);
  xml.start("GROUP").attribute("name", "inputParams");
  for (const Input& input : service.inputs) write_input(xml, input);
  xml.end().end();
}

}  // namespace soda::xml
