// Service descriptors (DataLink 1.1 section 4): a resource of a VOTable that says how a service is
// called. The one place that writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "xml/writer.h"

namespace soda::xml {

// VALUES of a FIELD or PARAM (VOTable 1.4 section 4.7); what is empty is left out.
struct Values {
  std::string minimum, maximum;
  std::vector<std::string> options;
};

// An input of the service. With a `ref` clients take the value from the FIELD of that ID, row by
// row; with a `value` they must send it; with neither the user chooses.
struct Input {
  Column column;
  std::string value, ref;
  Values values;
};

struct ServiceDescriptor {
  std::string id;  // an XML name, unique in the document; empty unless something refers to it
  std::string name, description;
  std::string utype = "adhoc:service";  // "adhoc:this": the service that sends the document
  std::string access_url, standard_id, resource_identifier, content_type;
  std::vector<std::string> example_urls;
  std::vector<Input> inputs;
};

// One as it stands in a document below VOTABLE, to be kept and written many times.
std::string descriptor_text(const ServiceDescriptor& service);

// Within an open VOTABLE or RESOURCE. Empty texts are left out; what XML cannot hold is replaced.
void write_descriptor(Writer& xml, const ServiceDescriptor& service);

// Attributes and children of a FIELD or PARAM that is open and has nothing yet but its `ID`.
// `value` and VALUES follow: the caller calls write_values and ends the element.
void write_column_attributes(Writer& xml, const Column& column);
void write_values(Writer& xml, const Values& values);

}  // namespace soda::xml
