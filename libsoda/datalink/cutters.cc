#include "datalink/cutters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "store/outline.h"

namespace soda::datalink {
namespace {

using store::Dataset;
using store::HduRecord;

constexpr std::string_view image_alone = "Image";

bool is_image(const HduRecord& hdu) { return hdu.grid >= 0; }
bool is_table(const HduRecord& hdu) { return hdu.kind == "table" || hdu.kind == "ascii_table"; }

// Images on the pixels of the data set's own, or all of the file.
std::vector<const HduRecord*> images_of(const Dataset& dataset) {
  const auto& hdus = dataset.holding->hdus;
  const auto own = std::ranges::find(hdus, dataset.hdu, &HduRecord::index);
  std::vector<const HduRecord*> images;
  for (const HduRecord& hdu : hdus) {
    if (is_image(hdu) && (own == hdus.end() || hdu.grid == own->grid)) images.push_back(&hdu);
  }
  return images;
}

// What is cut: the images that a cut of the level gives, and those whose outlines are the data
// set's.
struct Subject {
  Subject(const Dataset& of, const Level& level) : dataset(of), images(images_of(of)) {
    outlined = images;
    if (of.hdu < 0) return;
    std::erase_if(outlined, [&](const HduRecord* hdu) { return hdu->index != of.hdu; });
    if (level.detail == image_alone) images = outlined;
  }

  const Dataset& dataset;
  std::vector<const HduRecord*> images, outlined;
};

bool has_card(const HduRecord& hdu, std::string_view keyword) {
  constexpr std::size_t card = 80, name = 8;
  for (std::size_t at = 0; at + card <= hdu.cards.size(); at += card) {
    if (trim(std::string_view(hdu.cards).substr(at, name)) == keyword) return true;
  }
  return false;
}

// Whether there is a value for pixels that are none: NaN, or what BLANK says.
bool can_be_blank(const Subject& subject) {
  return std::ranges::all_of(subject.images, [](const HduRecord* hdu) {
    return hdu->bitpix < 0 || has_card(*hdu, "BLANK") || has_card(*hdu, "ZBLANK");
  });
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t length : shape) {
    text += fmt::format("{}1:{}", text.size() > 1 ? "," : "", length);
  }
  return text + "]";
}

// What is done to a parameter of the service; false: it is left out.
using Fit = bool (*)(xml::Input&, const Subject&);

bool fit_circle(xml::Input& input, const Subject& subject) {
  std::vector<double> points;
  for (const HduRecord* hdu : subject.outlined) {
    if (hdu->all_sky) {
      input.values.maximum = "0 0 180";
      return true;
    }
    points.insert(points.end(), hdu->outline.begin(), hdu->outline.end());
  }
  input.values.maximum = store::circle_around(points);
  return !points.empty();
}

bool fit_polygon(xml::Input& input, const Subject& subject) {
  const auto& images = subject.outlined;
  if (std::ranges::any_of(images, &HduRecord::all_sky)) return true;
  if (std::ranges::all_of(images, [](const HduRecord* hdu) { return hdu->outline.empty(); })) {
    return false;
  }
  // Several outlines are no polygon: CIRCLE says where they lie.
  if (images.size() == 1) input.values.maximum = store::vertices_text(images.front()->outline);
  return true;
}

bool fit_position(xml::Input&, const Subject& subject) {
  return std::ranges::any_of(
      subject.outlined, [](const HduRecord* hdu) { return hdu->all_sky || !hdu->outline.empty(); });
}

bool fit_interval(xml::Input& input, const std::optional<double>& lo,
                  const std::optional<double>& hi) {
  if (!lo || !hi) return false;
  input.values.minimum = to_text(*lo);
  input.values.maximum = to_text(*hi);
  return true;
}

bool fit_band(xml::Input& input, const Subject& subject) {
  return fit_interval(input, subject.dataset.obscore.em_min, subject.dataset.obscore.em_max);
}

bool fit_time(xml::Input& input, const Subject& subject) {
  return fit_interval(input, subject.dataset.obscore.t_min, subject.dataset.obscore.t_max);
}

// "/I/Q/", ObsCore 1.1 section B.6.6.
bool fit_states(xml::Input& input, const Subject& subject) {
  input.values.options.clear();
  for (const std::string_view state : split(subject.dataset.obscore.pol_states, '/')) {
    if (!state.empty()) input.values.options.emplace_back(state);
  }
  return !input.values.options.empty();
}

bool fit_channel(xml::Input& input, const Subject& subject) {
  const auto& channels = subject.dataset.obscore.em_xel;
  if (!channels || *channels < 2) return false;
  input.values.minimum = "1";
  input.values.maximum = std::to_string(*channels);
  return true;
}

bool fit_pixels(xml::Input& input, const Subject& subject) {
  const auto& images = subject.images;
  const bool alike = std::ranges::all_of(
      images, [&](const HduRecord* hdu) { return hdu->shape == images.front()->shape; });
  if (alike && !images.empty()) {
    input.column.description += "; this image has " + shape_text(images.front()->shape);
  }
  return true;
}

// By name where the name tells them apart, else by number.
bool fit_extensions(xml::Input& input, const Subject& subject) {
  const auto& images = subject.images;
  if (images.size() < 2) return false;
  for (const HduRecord* hdu : images) {
    const auto namesakes = std::ranges::count_if(
        subject.dataset.holding->hdus,
        [&](const HduRecord& other) { return equal_ignoring_case(other.extname, hdu->extname); });
    input.values.options.push_back(
        hdu->extname.empty() || namesakes > 1 ? std::to_string(hdu->index) : hdu->extname);
  }
  return true;
}

bool fit_mask(xml::Input& input, const Subject& subject) {
  if (!can_be_blank(subject)) std::erase(input.values.options, "nan");
  return fit_position(input, subject);
}

bool fit_padding(xml::Input&, const Subject& subject) { return can_be_blank(subject); }

// Parameters that are not here stay as the service declares them.
constexpr std::array fits = std::to_array<std::pair<std::string_view, Fit>>({
    {"POS", fit_position},
    {"CIRCLE", fit_circle},
    {"POLYGON", fit_polygon},
    {"BAND", fit_band},
    {"TIME", fit_time},
    {"POL", fit_states},
    {"CHANNEL", fit_channel},
    {"PIXELS", fit_pixels},
    {"EXT", fit_extensions},
    {"MASK", fit_mask},
    {"PAD", fit_padding},
});

bool fitted(xml::Input& input, const Subject& subject) {
  const auto row =
      std::ranges::find(fits, input.column.name, &std::pair<std::string_view, Fit>::first);
  return row == fits.end() || row->second(input, subject);
}

}  // namespace

std::vector<Level> levels_of(const Dataset& dataset) {
  if (!dataset.holding) return {};
  const bool whole = dataset.hdu < 0;
  const std::size_t images = images_of(dataset).size();
  const auto tables = std::ranges::count_if(dataset.holding->hdus, is_table);
  std::vector<Level> levels;
  levels.push_back(
      {"Image", whole ? "every image of the file that it touches" : "the image alone"});
  if (!whole && images > 1) {
    levels.push_back(
        {"MaskedImage",
         fmt::format("the image and {} on the same pixels",
                     images == 2 ? "the other one" : fmt::format("the {} others", images - 1))});
  }
  if (tables > 0) {
    levels.push_back(
        {"All", fmt::format("everything: all images {} and {}",
                            whole ? "that it touches" : "on the same pixels",
                            tables == 1 ? "the table" : fmt::format("the {} tables", tables))});
  }
  return levels;
}

xml::ServiceDescriptor for_dataset(xml::ServiceDescriptor service, const Dataset& dataset,
                                   const Level& level, std::string id) {
  service.id = std::move(id);
  const Subject subject(dataset, level);
  std::vector<xml::Input> inputs;
  for (xml::Input& input : service.inputs) {
    if (input.column.name == "ID") input.value = dataset.obscore.obs_publisher_did;
    if (input.column.name == "DETAIL") {
      input.value = level.detail;
      input.values = {};
    }
    if (fitted(input, subject)) inputs.push_back(std::move(input));
  }
  service.inputs = std::move(inputs);
  return service;
}

}  // namespace soda::datalink
