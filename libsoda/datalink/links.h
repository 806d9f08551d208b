// The rows of one data set: what there is of it and where (DataLink 1.1 section 3.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dali/places.h"
#include "store/holdings.h"
#include "xml/descriptor.h"

namespace soda::datalink {

// A row without its ID; empty texts are NULL. Exactly one of access_url, service_def and
// error_message is there.
struct Link {
  // Whose data the link hands out, as far as it is for us to say who may have them.
  enum class Gate { file, cut, elsewhere };

  std::string access_url, service_def, error_message;
  std::string description, semantics, content_type;
  std::optional<std::int64_t> content_length;  // bytes
  std::string content_qualifier, local_semantics;
  Gate gate = Gate::elsewhere;
};

// All of a data set, made once and used for many requests: relations are shown as they are, never
// followed, so that those which lead in circles do no harm.
struct Links {
  std::vector<Link> rows;
  std::string descriptors;  // the resources that service_def refers to, as they stand in a document

  std::size_t memory() const noexcept;
};

// What a picture of a data set looks like, in words: "north is up, east is left". May be empty.
using Orient = std::function<std::string(const store::Dataset&)>;

// `cutters`: descriptors of the services that cut (dali::descriptor_of). IDs of their resources are
// made of the data set's number, so that those of several data sets can stand in one document.
Links links_of(const store::Dataset& dataset, const dali::Places& places,
               std::span<const xml::ServiceDescriptor> cutters, const Orient& orient);

// The row of an identifier that nothing can be said of: `fault` begins with one of the words of
// DataLink 1.1 section 3.4.
Link fault_row(std::string fault);

}  // namespace soda::datalink
