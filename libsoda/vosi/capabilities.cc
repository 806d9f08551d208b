#include "vosi/capabilities.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "xml/writer.h"

namespace soda::vosi {
namespace {

constexpr std::string_view parametric = "vs:ParamHTTP";

// Parameters whose meaning DALI 1.1, SODA 1.0, SIA 2.0 or DataLink 1.1 define; all others are our
// own.
constexpr std::array<std::string_view, 11> standard_parameters = {
    "ID",     "POS",    "CIRCLE", "POLYGON", "BAND", "TIME", "POL", "RESPONSEFORMAT",
    "MAXREC", "UPLOAD", "RUNID"};

// VOTable's datatypes as the simple ones of input parameters (VODataService 1.2 section 3.5.3).
struct SimpleType {
  std::string_view votable, simple;
};
constexpr std::array<SimpleType, 6> simple_types = {{{"double", "real"},
                                                     {"float", "real"},
                                                     {"long", "integer"},
                                                     {"int", "integer"},
                                                     {"short", "integer"},
                                                     {"boolean", "boolean"}}};

void write_data_type(xml::Writer& document, const dali::Parameter& parameter) {
  const auto found = std::ranges::find(simple_types, parameter.datatype, &SimpleType::votable);
  document.start("dataType");
  // A text is one "string", not an array of characters.
  if (found != simple_types.end() && !parameter.arraysize.empty()) {
    document.attribute("arraysize", parameter.arraysize);
  }
  if (!parameter.xtype.empty()) document.attribute("extendedType", parameter.xtype);
  document.text(found == simple_types.end() ? "string" : found->simple).end();
}

void write_parameter(xml::Writer& document, const dali::Parameter& parameter) {
  const bool standard = std::ranges::count(standard_parameters, parameter.name) > 0;
  document.start("param").attribute("std", standard ? "true" : "false");
  document.element("name", parameter.name);
  if (!parameter.description.empty()) document.element("description", parameter.description);
  if (!parameter.unit.empty()) document.element("unit", parameter.unit);
  if (!parameter.ucd.empty()) document.element("ucd", parameter.ucd);
  write_data_type(document, parameter);
  document.end();
}

void write_query_types(xml::Writer& document, const dali::Service& service) {
  for (const std::string_view method : split_blanks(service.methods)) {
    if (method == "GET" || method == "POST") document.element("queryType", method);
  }
}

void write_capability(xml::Writer& document, const dali::Context& context,
                      const dali::Service& service) {
  document.start("capability").attribute("standardID", service.standard_id);
  if (!service.capability_type.empty()) document.attribute("xsi:type", service.capability_type);
  document.start("interface").attribute("xsi:type", service.interface_type);
  const bool is_parametric = service.interface_type == parametric;
  if (is_parametric) document.attribute("role", "std");
  if (!service.interface_version.empty()) document.attribute("version", service.interface_version);
  document.start("accessURL").attribute("use", service.access_use);
  document.text(context.config.base_url() + "/" + std::string(service.name)).end();
  if (is_parametric) {
    write_query_types(document, service);
    if (!service.result_type.empty()) document.element("resultType", service.result_type);
    for (const dali::Parameter& parameter : service.parameters) {
      if (parameter.described) write_parameter(document, parameter);
    }
  }
  document.end();
  if (service.capability) service.capability(context, document);
  document.end();
}

}  // namespace

std::string capabilities_document(const dali::Context& context,
                                  std::span<const dali::Service> all) {
  xml::Writer document;
  // Only the root is in VOSI's namespace: everything below it is in none.
  document.start("vosi:capabilities")
      .attribute("xmlns:vosi", "http://www.ivoa.net/xml/VOSICapabilities/v1.0")
      .attribute("xmlns:vr", "http://www.ivoa.net/xml/VOResource/v1.0")
      .attribute("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1")
      .attribute("xmlns:tr", "http://www.ivoa.net/xml/TAPRegExt/v1.0")
      .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
  for (const dali::Service& service : all) {
    if (!service.standard_id.empty()) write_capability(document, context, service);
  }
  return document.take();
}

}  // namespace soda::vosi
