#include "dali/descriptor.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "xml/votable.h"

namespace soda::dali {
namespace {

xml::Input input_of(const Parameter& parameter) {
  xml::Input input;
  input.column.name = parameter.name;
  input.column.datatype = parameter.datatype;
  input.column.arraysize = parameter.arraysize;
  input.column.xtype = parameter.xtype;
  input.column.unit = parameter.unit;
  input.column.ucd = parameter.ucd;
  input.column.description = parameter.description;
  if (parameter.choices.empty()) return input;
  for (const std::string_view choice : split(parameter.choices, '|')) {
    input.values.options.emplace_back(choice);
  }
  return input;
}

}  // namespace

xml::ServiceDescriptor descriptor_of(const Context& context, const Service& service,
                                     std::string_view description) {
  xml::ServiceDescriptor descriptor;
  descriptor.name = service.name;
  descriptor.description = description;
  descriptor.access_url = context.config.base_url() + "/" + std::string(service.name);
  descriptor.standard_id = service.standard_id;
  descriptor.content_type = service.result_type;
  for (const Parameter& parameter : service.parameters) {
    if (parameter.described) descriptor.inputs.push_back(input_of(parameter));
  }
  return descriptor;
}

http::Response self_description(const Context& context, const Service& service,
                                std::string_view description) {
  xml::ServiceDescriptor descriptor = descriptor_of(context, service, description);
  descriptor.utype = "adhoc:this";
  // DALI 1.1 section 4.4: a results resource with its status stands in every VOTable answer.
  http::Response response = http::text_response(
      200, xml::votable_without_table({"QUERY_STATUS", "OK", ""}, {&descriptor, 1}),
      "application/x-votable+xml");
  response.add("Cache-Control", "no-cache");
  return response;
}

}  // namespace soda::dali
