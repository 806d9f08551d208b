// A header's text -> world coordinates, boxes, footprints -> the plan of a cut: fits/header, wcs,
// sky, cutout/plan.
//
// Input: cards, one a line; a line "cut"; NAME=VALUE lines, the parameters of a cut. Shape and
// BITPIX are what the header says, where that is sensible, as the store would have it.
#include "fits/header.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cutout/cards.h"
#include "cutout/params.h"
#include "cutout/plan.h"
#include "target.h"
#include "textfile.h"
#include "wcs/pixels.h"
#include "wcs/wcs.h"

namespace {

using namespace soda;
using fuzz::require;

constexpr auto usage = FailureKind::usage;
constexpr auto corrupt = FailureKind::corrupt_data;
constexpr std::size_t longest = 64 << 10;
// Wild coordinates are followed pixel by pixel, up to a limit: seconds for images that are larger.
constexpr std::int64_t longest_axis = 2048;

// `most`: of an axis.
std::vector<std::int64_t> shape_of(const fits::Header& header, std::int64_t most) {
  std::vector<std::int64_t> shape;
  const auto axes = std::clamp<std::int64_t>(header.integer("NAXIS").value_or(2), 1, 8);
  for (std::int64_t i = 1; i <= axes; ++i) {
    const auto length = header.integer("NAXIS" + std::to_string(i)).value_or(10);
    shape.push_back(std::clamp<std::int64_t>(length, 1, most));
  }
  return shape;
}

// Whether ingest would have stored it: a scan refuses headers whose sizes it cannot read.
bool is_storable(const fits::Header& header, const std::vector<std::int64_t>& shape) {
  if (header.integer("NAXIS") != static_cast<std::int64_t>(shape.size())) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (header.integer("NAXIS" + std::to_string(i + 1)) != shape[i]) return false;
  }
  return true;
}

// Edits that any header must bear, and be a header after.
void check_edits(fits::Header header) {
  if (header.size() > 200) return;
  const std::size_t before = header.size();
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto card = header.card(i);
    require(card.size() == fits::card_length, "a card has 80 characters");
    const std::string keyword(fits::Header::keyword(card));
    header.string(keyword);
    header.integer(keyword);
    header.real(keyword);
    header.logical(keyword);
    header.text(i);
  }
  header.set("FUZZED", 0.1);
  require(header.real("FUZZED") == 0.1, "a number that was set is there");
  header.set("LONGTEXT", std::string(200, '\''));
  require(header.string("LONGTEXT") == std::string(200, '\''), "a text that was set is there");
  header.set("FUZZED", "text");
  require(header.string("FUZZED") == "text", "a value that was set anew is there");
  header.erase_all("LONGTEXT");
  require(!header.has("LONGTEXT"), "a card that was erased is gone");
  header.add_history("a line of history");
  require(header.size() >= before, "nothing else is lost");
  require(header.blocks().size() == header.blocks_length() && header.blocks().size() % 2880 == 0,
          "a header is whole blocks");
}

void check_direction(const sky::Direction& at) {
  const double norm = at.x() * at.x() + at.y() * at.y() + at.z() * at.z();
  require(std::abs(norm - 1) < 1e-9, "a direction has length 1");
}

void check_interval(const std::optional<wcs::PixelInterval>& interval, std::int64_t length) {
  if (!interval) return;
  require(1 <= interval->first && interval->first <= interval->last && interval->last <= length,
          "an interval lies inside its axis");
}

void check_box(const wcs::Wcs& wcs, const sky::Region& region) {
  const auto box = wcs::box_of(wcs, region);
  const int x = std::min(wcs.lon_axis(), wcs.lat_axis());
  const int y = std::max(wcs.lon_axis(), wcs.lat_axis());
  const auto unclipped = wcs::unclipped_box_of(wcs, region, 1000);
  if (unclipped) {
    require(unclipped->x.first <= unclipped->x.last && unclipped->y.first <= unclipped->y.last,
            "an unclipped box is in order");
  }
  if (!box) return;
  check_interval(box->x, wcs.axes()[x].length);
  check_interval(box->y, wcs.axes()[y].length);
  wcs::PixelBox corner = *box;
  corner.x.last = std::min(corner.x.last, corner.x.first + 15);
  corner.y.last = std::min(corner.y.last, corner.y.first + 15);
  const auto mask = wcs::mask_of(wcs, region, corner);
  require(static_cast<std::int64_t>(mask.size()) == corner.x.length() * corner.y.length(),
          "a mask covers its box");
}

void check_celestial(const wcs::Wcs& wcs) {
  const auto axes = static_cast<int>(wcs.axes().size());
  require(wcs.lon_axis() >= 0 && wcs.lon_axis() < axes && wcs.lat_axis() >= 0 &&
              wcs.lat_axis() < axes && wcs.lon_axis() != wcs.lat_axis(),
          "two axes drive the sky");
  sky::Direction centre;
  if (const auto at = wcs.to_sky(1, 1)) {
    check_direction(*at);
    wcs.to_pixel(*at);
    centre = *at;
  }
  if (const auto footprint = wcs::footprint_of(wcs)) {
    check_direction(footprint->centre);
    for (const auto& vertex : footprint->outline) check_direction(vertex);
    require(footprint->outline.size() <= 256, "an outline has at most 256 points");
    require(footprint->radius.radians() >= 0 && footprint->radius.degrees() <= 180.001,
            "a footprint has a radius");
    require(!std::isnan(footprint->pixel_scale.radians()), "a footprint has a scale");
    centre = footprint->centre;
  }
  check_box(wcs, sky::Circle(centre, sky::Angle::from_degrees(0.1)));
  check_box(wcs, sky::Range(0, 360, 80, 90));
}

void check_axes(const wcs::Wcs& wcs) {
  constexpr sky::Band band{{1e-7}, {1}};
  constexpr sky::TimeSpan time{{50000}, {60000}};
  using wcs::Role;
  if (const auto axis = wcs.axis(Role::spectral)) {
    fuzz::survives({FailureKind::usage},
                   [&] { check_interval(wcs::channels_of(wcs, band), wcs.axes()[*axis].length); });
    const auto limits = wcs::band_of(wcs);
    require(!limits || limits->lo <= limits->hi, "a band is in order");
  }
  if (const auto axis = wcs.axis(Role::time)) {
    fuzz::survives({FailureKind::usage},
                   [&] { check_interval(wcs::planes_of(wcs, time), wcs.axes()[*axis].length); });
    const auto limits = wcs::time_of(wcs);
    require(!limits || limits->lo <= limits->hi, "a time span is in order");
  }
  if (wcs.axis(Role::stokes)) wcs::states_of(wcs);
}

store::Dataset dataset_of(const fits::Header& header, const std::vector<std::int64_t>& shape) {
  auto holding = std::make_shared<store::Holding>();
  holding->file = {.id = 1, .root = "data", .path = "fuzz.fits", .size = INT64_MAX};
  store::HduRecord record;
  record.kind = "image";
  const auto bitpix = static_cast<int>(header.integer("BITPIX").value_or(-32) % 128);
  const bool legal =
      bitpix == 8 || bitpix == 16 || bitpix == 32 || bitpix == 64 || bitpix == -32 || bitpix == -64;
  record.bitpix = legal ? bitpix : -32;
  record.shape = shape;
  record.data_offset = 2880;
  record.cards = header.cards();
  record.grid = 0;
  holding->hdus.push_back(std::move(record));
  store::Dataset dataset;
  dataset.id = 1;
  dataset.obscore.obs_publisher_did = "ivo://test.example/fuzz?fuzz.fits";
  dataset.holding = std::move(holding);
  return dataset;
}

// Cards that were folded away are none that an edit needs.
void check_folding(fits::FoldedHeader header, const std::vector<std::int64_t>& shape,
                   const std::vector<wcs::PixelInterval>& asked) {
  fits::Header whole = header.unfold();
  const auto edit = [&](fits::Header& cards) {
    cutout::shift_image(cards, shape, asked);
    cutout::shift_lookup(cards, asked);
    cutout::add_box_cards(cards, asked);
    cutout::drop_data(cards);
  };
  edit(whole);
  edit(header.open);
  require(header.unfold().cards() == whole.cards(), "a folded header is edited as a whole one");
}

void check_plan(const cutout::Plan& plan, const cutout::Limits& limits) {
  std::int64_t length = 0;
  for (const auto& hdu : plan.hdus) {
    const fits::Header header = hdu.header.unfold();
    require(header.cards().size() % fits::card_length == 0, "a header is whole cards");
    require(hdu.header.blocks_length() == static_cast<std::int64_t>(header.blocks_length()),
            "a folded header knows its length");
    length += hdu.length();
    const auto* const pixels = std::get_if<cutout::Pixels>(&hdu.data);
    if (pixels == nullptr) continue;
    const auto& shape = plan.source->hdus[pixels->hdu].record->shape;
    check_folding(plan.source->hdus[pixels->hdu].header, shape, pixels->asked);
    require(pixels->asked.size() == shape.size() && pixels->inside.size() == shape.size(),
            "a box has the image's axes");
    for (std::size_t i = 0; i < shape.size(); ++i) {
      check_interval(pixels->inside[i], shape[i]);
      require(pixels->asked[i].first <= pixels->inside[i].first &&
                  pixels->inside[i].last <= pixels->asked[i].last,
              "the box asked for holds the one that the image has");
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
      require(header.integer("NAXIS" + std::to_string(i + 1)) == pixels->asked[i].length(),
              "NAXISn of the answer is the box's length");
    }
  }
  require(length == plan.length && length % 2880 == 0, "a plan knows its length");
  require(length <= limits.answer, "a plan keeps to the limit");
}

void check_cut(const store::Dataset& dataset, std::string_view lines) {
  const auto& shape = dataset.holding->hdus.front().shape;
  const bool any_region = std::ranges::max(shape) <= longest_axis;
  http::Form form;
  while (!lines.empty()) {
    std::string_view line = fuzz::take_until(lines, "\n");
    const std::string_view name = fuzz::take_until(line, "=");
    if (is_utf8(name) && is_utf8(line))
      form.fields.push_back({std::string(name), std::string(line)});
  }
  fuzz::survives({usage, FailureKind::multi_valued, FailureKind::too_large, corrupt}, [&] {
    const dali::Arguments arguments(form, cutout::parameters());
    const cutout::Cut cut = cutout::parse_cut(arguments, 100);
    if (cut.shape && !any_region) return;
    cutout::Limits limits;
    limits.answer = 64 << 20;
    const auto planned =
        cutout::plan(dataset, cutout::make_source(dataset.holding), cut, limits, "2026-01-31");
    if (const auto* const plan = std::get_if<cutout::Plan>(&planned)) {
      check_plan(*plan, limits);
    } else {
      const auto& miss = std::get<cutout::NoOverlap>(planned);
      require(!miss.axis.empty() && !miss.reason.empty(), "a miss has a reason");
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, std::min(size, longest));
  const std::string_view lines = fuzz::take_until(text, "\ncut\n");
  const fits::Header header(fuzz::cards_of(lines));
  check_edits(header);
  const auto shape = shape_of(header, longest_axis);
  fuzz::survives({corrupt}, [&] {
    const auto wcs = wcs::Wcs::parse(header.cards(), shape);
    require(wcs->axes().size() == shape.size(), "there is one axis for each of the image's");
    check_axes(*wcs);
    if (wcs->celestial()) check_celestial(*wcs);
  });
  const auto full = shape_of(header, INT64_MAX);
  if (is_storable(header, full)) check_cut(dataset_of(header, full), text);
  return 0;
}
