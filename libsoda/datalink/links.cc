#include "datalink/links.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "datalink/cutters.h"

namespace soda::datalink {
namespace {

using store::Dataset;
using store::HduRecord;
using store::Relation;

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// http://www.ivoa.net/rdf/product-type: the narrowest that is true.
std::string qualifier_of(const store::ObsCore& record) {
  const auto is_long = [](const std::optional<std::int64_t>& pixels) { return pixels > 1; };
  const std::array<std::pair<bool, std::string_view>, 3> axes = {
      {{is_long(record.em_xel), "#spectral-cube"},
       {is_long(record.t_xel), "#time-cube"},
       {is_long(record.pol_xel), "#polarization-cube"}}};
  if (record.dataproduct_type != "cube") return "#image";
  const auto count = std::ranges::count_if(axes, &std::pair<bool, std::string_view>::first);
  if (count != 1) return "#cube";
  return std::string(
      std::ranges::find(axes, true, &std::pair<bool, std::string_view>::first)->second);
}

// Images beside the data set's own in the same file, by what their EXTNAME says.
struct Companion {
  std::string_view names, semantics, text;
};
constexpr std::array companions = {
    Companion{"WHT WEIGHT WEIGHTS IVAR INVVAR", "#weight", "Weights"},
    Companion{"ERR ERROR ERRORS SIGMA UNCERT VAR VARIANCE", "#error", "Errors"},
    Companion{"NOISE RMS", "#noise", "Noise"},
};

const Companion* companion_of(const HduRecord& hdu) {
  const auto row = std::ranges::find_if(companions, [&](const Companion& each) {
    return std::ranges::any_of(split_blanks(each.names), [&](std::string_view name) {
      return equal_ignoring_case(name, hdu.extname);
    });
  });
  return row == companions.end() ? nullptr : &*row;
}

class Maker {
 public:
  Maker(const Dataset& dataset, const dali::Places& places,
        std::span<const xml::ServiceDescriptor> cutters, const Orient& orient)
      : dataset_(dataset),
        did_(dataset.obscore.obs_publisher_did),
        qualifier_(qualifier_of(dataset.obscore)),
        places_(places),
        cutters_(cutters),
        orient_(orient) {}

  Links make() {
    if (dataset_.holding) {
      add_file();
      add_pictures();
      add_cuts();
      add_header();
      add_companions();
    } else {
      add_elsewhere();
    }
    for (const Relation& relation : dataset_.relations) add_relation(relation);
    return std::move(links_);
  }

 private:
  Link& add(std::string semantics, std::string description) {
    Link& link = links_.rows.emplace_back();
    link.semantics = std::move(semantics);
    link.description = std::move(description);
    return link;
  }

  void add_file() {
    const store::FileRecord& file = dataset_.holding->file;
    std::string text = fmt::format("The file {}", file_name(file.path));
    if (dataset_.hdu > 0) text += fmt::format(", which holds the image in HDU {}", dataset_.hdu);
    Link& link = add("#this", std::move(text));
    link.access_url = places_.data(did_);
    link.content_type = store::access_format_of(
        store::Access::file, file.gzipped ? store::Packing::gzip : store::Packing::none);
    link.content_length = file.size;
    link.content_qualifier = qualifier_;
    link.local_semantics = "file";
    link.gate = Link::Gate::file;
  }

  void add_pictures() {
    constexpr std::array<std::array<std::string_view, 3>, 2> pictures = {
        {{"#preview-image", "preview", "Picture of the image"},
         {"#thumbnail", "thumbnail", "Small picture of the image"}}};
    const std::string orientation = orient_(dataset_);
    const std::string behind = orientation.empty() ? "" : ": " + orientation;
    for (const auto& [semantics, part, text] : pictures) {
      Link& link = add(std::string(semantics), std::string(text) + behind);
      link.access_url = places_.data(did_, part);
      link.content_type = "image/png";
      link.local_semantics = part;
      link.gate = Link::Gate::file;
    }
  }

  // Of rows of the table, or of the whole file, which has none.
  std::string resource_id(std::string_view cutter, std::string_view detail) const {
    const bool whole = dataset_.id == 0;
    return fmt::format("{}-{}{}-{}", cutter, whole ? "file" : "",
                       whole ? dataset_.holding->file.id : dataset_.id, detail);
  }

  void add_cuts() {
    for (const xml::ServiceDescriptor& cutter : cutters_) {
      for (const Level& level : levels_of(dataset_)) {
        const std::string id = resource_id(cutter.name, to_lower(level.detail));
        const std::string text = fmt::format("Cut out a part of {}", level.sentence);
        xml::ServiceDescriptor own = for_dataset(cutter, dataset_, level, id);
        own.name = id;  // names of resources are unique in a document, too
        own.description = text;
        links_.descriptors += xml::descriptor_text(own);
        Link& link = add("#cutout", text);
        link.service_def = id;
        link.content_type = cutter.content_type;
        link.content_qualifier = qualifier_;
        link.local_semantics = fmt::format("{}-{}", cutter.name, to_lower(level.detail));
        link.gate = Link::Gate::cut;
      }
    }
  }

  void add_header() {
    Link& link = add("#detached-header", "The header of every HDU as text");
    link.access_url = places_.data(did_, "header");
    link.content_type = "text/plain; charset=utf-8";
    link.local_semantics = "header";
    link.gate = Link::Gate::file;
  }

  void add_companions() {
    const auto& hdus = dataset_.holding->hdus;
    const auto own = std::ranges::find(hdus, dataset_.hdu, &HduRecord::index);
    for (const HduRecord& hdu : hdus) {
      const bool beside = hdu.grid >= 0 && hdu.index != dataset_.hdu &&
                          (own == hdus.end() || hdu.grid == own->grid);
      const Companion* kind = beside ? companion_of(hdu) : nullptr;
      if (kind != nullptr) add_companion(hdu, *kind);
    }
  }

  // The whole HDU, cut out of the file.
  void add_companion(const HduRecord& hdu, const Companion& kind) {
    Link& link = add(std::string(kind.semantics),
                     fmt::format("{} of the image: HDU {}, {}", kind.text, hdu.index, hdu.extname));
    link.access_url = fmt::format("{}&EXT={}", places_.cut(did_), hdu.index);
    link.content_type = store::fits_format;
    link.content_qualifier = qualifier_;
    link.local_semantics = "hdu-" + to_lower(hdu.extname);
    link.gate = Link::Gate::cut;
  }

  // Known from a catalogue only.
  void add_elsewhere() {
    const store::ObsCore& record = dataset_.obscore;
    if (record.access_url.empty()) {
      links_.rows.push_back(
          fault_row("NotFoundFault: the data set is known, but its file is not in this archive"));
      return;
    }
    Link& link = add("#this", "The data set, elsewhere");
    link.access_url = record.access_url;
    link.content_type = record.access_format;
    link.content_qualifier = qualifier_;
  }

  void add_relation(const Relation& relation) {
    Link& link = add(relation.semantics, relation.description);
    link.content_type = relation.content_type;
    link.content_length = relation.content_length;
    switch (relation.kind) {
      case Relation::Kind::file:
        link.access_url = places_.relation(did_, relation.id);
        link.gate = Link::Gate::file;
        if (link.description.empty()) {
          link.description = fmt::format("The file {}", file_name(relation.target));
        }
        break;
      case Relation::Kind::url:
        link.access_url = relation.target;
        break;
      case Relation::Kind::dataset:
      case Relation::Kind::name:
        link.access_url = places_.links(relation.target);
        link.content_type = store::links_format;
        if (link.description.empty()) link.description = relation.target;
        break;
    }
  }

  const Dataset& dataset_;
  const std::string& did_;
  std::string qualifier_;
  const dali::Places& places_;
  std::span<const xml::ServiceDescriptor> cutters_;
  const Orient& orient_;
  Links links_;
};

}  // namespace

std::size_t Links::memory() const noexcept {
  std::size_t bytes = sizeof *this + descriptors.capacity() + rows.capacity() * sizeof(Link);
  for (const Link& row : rows) {
    for (const std::string* text :
         {&row.access_url, &row.service_def, &row.error_message, &row.description, &row.semantics,
          &row.content_type, &row.content_qualifier, &row.local_semantics}) {
      bytes += text->capacity();
    }
  }
  return bytes;
}

Links links_of(const Dataset& dataset, const dali::Places& places,
               std::span<const xml::ServiceDescriptor> cutters, const Orient& orient) {
  return Maker(dataset, places, cutters, orient).make();
}

Link fault_row(std::string fault) {
  Link link;
  link.semantics = "#this";
  link.error_message = std::move(fault);
  return link;
}

}  // namespace soda::datalink
