#include "data/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "base/failure.h"
#include "base/fingerprint.h"
#include "base/text.h"
#include "cutout/cut.h"
#include "dali/access.h"
#include "dali/descriptor.h"
#include "dali/literal.h"
#include "data/companion.h"
#include "data/file.h"
#include "data/header_text.h"
#include "data/params.h"
#include "data/pictures.h"
#include "store/query.h"

namespace soda::data {
namespace {

// The media types of the archive's files; of a gzipped one the bytes are sent as they are stored,
// without Content-Encoding, because that is what the file is.
constexpr std::string_view fits_type = "application/fits", gzip_type = "image/x-fits-gzip";

using DatasetPointer = std::shared_ptr<const store::Dataset>;

// What one call is about, once it is known and allowed.
struct Asked {
  Pictures& pictures;
  const dali::Context& context;
  const dali::Call& call;
  const store::Dataset& dataset;
  site::Readers readers;
};

http::Response file_part(const Asked& asked) {
  const auto& file = asked.dataset.holding->file;
  return file_response(asked.call.request,
                       {.root = file.root,
                        .path = file.path,
                        .absolute = cutout::path_of(asked.context.config, file),
                        .content_type = std::string(file.gzipped ? gzip_type : fits_type),
                        .expected = fits::Identity{file.size, file.mtime_ns, file.inode}});
}

http::Response header_part(const Asked& asked) {
  const store::Holding& holding = *asked.dataset.holding;
  http::Response response = http::text_response(200, header_text(holding));
  Fingerprint tag;
  tag.add(std::get<std::string>(response.body));
  response.add("ETag", fmt::format("\"{:016x}\"", tag.value()));
  return response;
}

http::Response preview_part(const Asked& asked) {
  return asked.pictures.answer(asked.context, asked.call, asked.dataset, 512, asked.readers);
}

http::Response thumbnail_part(const Asked& asked) {
  return asked.pictures.answer(asked.context, asked.call, asked.dataset, 256, asked.readers);
}

http::Response relation_part(const Asked& asked) {
  const auto link = asked.call.arguments.one("LINK");
  if (!link) {
    throw Failure(FailureKind::usage, "LINK is missing: it is the number of the companion file",
                  "LINK");
  }
  const auto number =
      dali::parse_integer("LINK", *link, 1, std::numeric_limits<std::int64_t>::max());
  return file_response(asked.call.request, companion(asked.context.config, asked.context.database,
                                                     asked.dataset, number));
}

// Whose rights count: of a picture the data set's own, of what comes from the whole file the
// strictest of all data sets of the file.
enum class Extent { dataset, file };

struct Part {
  std::string_view name;
  Extent extent;
  http::Response (*answer)(const Asked& asked);
};
constexpr std::array parts = {
    Part{"file", Extent::file, file_part},
    Part{"header", Extent::file, header_part},
    Part{"preview", Extent::dataset, preview_part},
    Part{"thumbnail", Extent::dataset, thumbnail_part},
    Part{"relation", Extent::file, relation_part},
};

// The record by which a caller is admitted.
store::ObsCore record_for(const dali::Context& context, const store::Dataset& dataset,
                          Extent extent) {
  store::ObsCore record = dataset.obscore;
  const std::size_t mark = record.obs_publisher_did.find('#');
  if (extent == Extent::dataset || mark == std::string::npos) return record;
  if (const auto whole = context.holdings.find(record.obs_publisher_did.substr(0, mark))) {
    record.data_rights = whole->obscore.data_rights;
    record.obs_release_date = whole->obscore.obs_release_date;
  }
  return record;
}

// Data sets without a file here: they are elsewhere, or nowhere.
http::Response elsewhere(const dali::Context& context, const dali::Call& call,
                         const std::string& id, std::string_view part) {
  store::Question question;
  question.obs_publisher_did = {id};
  question.limit = 1;
  std::optional<store::Answer> answer =
      store::answer(context.database, question, {"access_url", "data_rights", "obs_release_date"});
  if (!answer->next()) {
    answer.reset();  // the data base is asked again
    throw Failure(FailureKind::not_found, context.holdings.why_absent(id), "ID");
  }
  const auto text = [&](std::size_t column) {
    const auto* value = std::get_if<std::string_view>(&answer->row()[column]);
    return value == nullptr ? std::string() : std::string(*value);
  };
  store::ObsCore record;
  record.obs_publisher_did = id;
  record.data_rights = text(1);
  record.obs_release_date = text(2);
  const auto readers = dali::admit(context, call, record, site::Scope::data);
  const std::string url = text(0);
  if (part != "file" || !(url.starts_with("http://") || url.starts_with("https://"))) {
    throw Failure(FailureKind::not_found,
                  fmt::format("PART={}: the archive knows this data set from a catalogue only, and "
                              "has no file of it",
                              part),
                  "PART");
  }
  http::Response response = http::text_response(303, "");
  response.headers.clear();
  response.add("Location", url);
  if (readers == site::Readers::some) site::make_private(response);
  return response;
}

http::Response answer(Pictures& pictures, const dali::Context& context, const dali::Call& call) {
  const auto id = call.arguments.one("ID");
  if (!id) throw Failure(FailureKind::usage, "ID is missing: it names the data set", "ID");
  const std::string name = call.arguments.one("PART").value_or("file");
  call.log.add("id", *id);
  call.log.add("part", name);
  const DatasetPointer dataset = context.holdings.find(*id);
  if (!dataset) return elsewhere(context, call, *id, name);
  const auto part = std::ranges::find(parts, name, &Part::name);
  if (part == parts.end()) {
    throw Failure(FailureKind::internal, fmt::format("no row for PART={}", quoted(name)));
  }
  const auto readers =
      dali::admit(context, call, record_for(context, *dataset, part->extent), site::Scope::data);
  http::Response response = part->answer({pictures, context, call, *dataset, readers});
  if (readers == site::Readers::some) site::make_private(response);
  return response;
}

}  // namespace

dali::Service data_service(const dali::Context& context) {
  dali::Service service;
  service.name = "data";
  service.methods = "GET HEAD POST";
  service.parameters = parameters();
  service.handle = [pictures = std::make_shared<Pictures>(context.config), row = service](
                       const dali::Context& c, const dali::Call& call) {
    if (call.arguments.empty()) {
      return dali::self_description(c, row,
                                    "The file of a data set, its headers as text, or a picture");
    }
    return answer(*pictures, c, call);
  };
  return service;
}

}  // namespace soda::data
