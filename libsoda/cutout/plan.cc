#include "cutout/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/boxes.h"
#include "cutout/cards.h"
#include "cutout/selection.h"

namespace soda::cutout {
namespace {

// As many as CFITSIO's tile decompression handles.
constexpr std::size_t max_compressed_axes = 6;

class Planner {
 public:
  Planner(const store::Dataset& dataset, std::shared_ptr<const Source> source, const Cut& cut,
          const Limits& limits)
      : dataset_(dataset), cut_(cut), limits_(limits) {
    plan_.source = std::move(source);
  }

  std::variant<Plan, NoOverlap> run(const std::string& day) {
    check_request();
    parts_ = select(dataset_, source(), cut_, limits_);
    if (auto miss = find_boxes()) return std::move(*miss);
    for (const auto& hdu : source().hdus) add_hdu(hdu);
    check_masked();
    if (cut_.outside == Outside::plane && plan_.region) add_mask_planes();
    add_provenance(day);
    for (auto& hdu : plan_.hdus) sign(hdu);
    add_up();
    return std::move(plan_);
  }

 private:
  const Source& source() const { return *plan_.source; }

  void check_request() {
    if (cut_.shape) {
      if (const auto* region = std::get_if<sky::Region>(&*cut_.shape)) plan_.region = *region;
      return;
    }
    if (cut_.outside != Outside::keep) {
      throw Failure(FailureKind::usage, "MASK needs a shape: POS, CIRCLE or POLYGON", "MASK");
    }
    if (cut_.beyond == Beyond::pad) {
      throw Failure(FailureKind::usage, "PAD needs a shape: POS, CIRCLE or POLYGON", "PAD");
    }
  }

  // Boxes of every grid that has a chosen image; grids that the filters miss fall out. A miss of
  // all is the answer.
  std::optional<NoOverlap> find_boxes() {
    std::optional<NoOverlap> miss;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const int grid = source().hdus[i].record->grid;
      if (parts_[i] != Part::image || boxes_.contains(grid)) continue;
      const SourceHdu& head = source().hdus[head_of(dataset_, source(), grid)];
      // Of a whole file, the images that know nothing of the sky are no part of the mosaic.
      if (dataset_.hdu < 0 && cut_.shape && !head.wcs->celestial()) {
        boxes_[grid] = std::nullopt;
        continue;
      }
      auto found = boxes_of(head, dataset_, cut_, limits_, plan_.warnings);
      if (auto* missed = std::get_if<NoOverlap>(&found)) {
        boxes_[grid] = std::nullopt;
        if (!miss) miss = std::move(*missed);
      } else {
        boxes_[grid] = std::move(std::get<Boxes>(found));
      }
    }
    const bool any =
        std::ranges::any_of(boxes_, [](const auto& b) { return b.second.has_value(); });
    if (any) return std::nullopt;
    return miss ? std::move(miss)
                : NoOverlap{"POS", "no image of the file knows its place on the sky"};
  }

  void add_hdu(const SourceHdu& hdu) {
    const Part part = parts_[hdu.record->index];
    if (part == Part::image && boxes_[hdu.record->grid]) {
      add_image(hdu, fitted(*boxes_[hdu.record->grid], hdu.record->shape.size()));
    } else if (part == Part::lookup) {
      add_copy(hdu);
      const auto lead =
          std::ranges::find_if(boxes_, [](const auto& b) { return b.second.has_value(); });
      shift_lookup(plan_.hdus.back().header.open, lead->second->asked);
    } else if (part == Part::table) {
      add_copy(hdu);
    } else if (hdu.record->index == 0) {
      // The primary is always kept as HDU 0; an extension never becomes the primary.
      OutputHdu primary(hdu.header);
      if (!hdu.record->shape.empty() || hdu.header.open.integer("NAXIS").value_or(0) != 0) {
        drop_data(primary.header.open);
      }
      plan_.hdus.push_back(std::move(primary));
    }
  }

  // One grid may hold images that differ in degenerate axes at the end (a 4-D radio image and its
  // 2-D mask).
  static Boxes fitted(Boxes boxes, std::size_t axes) {
    boxes.asked.resize(axes, {1, 1});
    boxes.inside.resize(axes, {1, 1});
    return boxes;
  }

  void add_copy(const SourceHdu& hdu) {
    OutputHdu out(hdu.header);
    out.data = Copy{hdu.record->data_offset, hdu.record->data_length};
    out.data_length = hdu.record->data_length;
    plan_.hdus.push_back(std::move(out));
  }

  void add_image(const SourceHdu& hdu, const Boxes& boxes) {
    const auto& record = *hdu.record;
    if (hdu.is_compressed() && record.shape.size() > max_compressed_axes) {
      throw Failure(
          FailureKind::corrupt_data,
          fmt::format("HDU {} is a tile-compressed image with {} axes; no more than {} can "
                      "be decompressed",
                      record.index, record.shape.size(), max_compressed_axes));
    }
    OutputHdu out(hdu.header);
    Pixels pixels{record.index, boxes.asked, boxes.inside, false, std::nullopt};
    pixels.blank = record.bitpix > 0 ? hdu.header.open.integer("BLANK") : std::nullopt;
    const bool has_blank = record.bitpix < 0 || pixels.blank;
    const bool is_head = record.index == head_of(dataset_, source(), record.grid);
    pixels.blank_outside = cut_.outside == Outside::blank && plan_.region && has_blank;
    if (cut_.outside == Outside::blank && plan_.region && is_head && !has_blank) {
      refuse_mask(record);
    }
    if (boxes.asked != boxes.inside && !has_blank) {
      throw Failure(
          FailureKind::usage,
          fmt::format("PAD needs a BLANK value in an integer image, and HDU {} (BITPIX {}) "
                      "has none",
                      record.index, record.bitpix),
          "PAD");
    }
    out.data_length = bytes_of(boxes.asked, record.bitpix);
    shift_image(out.header.open, record.shape, boxes.asked);
    add_box_cards(out.header.open, boxes.asked);
    note_box(record.index, boxes);
    out.data = std::move(pixels);
    plan_.hdus.push_back(std::move(out));
  }

  [[noreturn]] static void refuse_mask(const store::HduRecord& record) {
    throw Failure(FailureKind::usage,
                  fmt::format("MASK=nan needs a BLANK value in an integer image, and HDU {} "
                              "(BITPIX {}) has none",
                              record.index, record.bitpix),
                  "MASK");
  }

  // The image itself must be maskable, or all that was chosen of its companions.
  void check_masked() const {
    if (cut_.outside != Outside::blank || !plan_.region) return;
    const store::HduRecord* unmasked = nullptr;
    for (const auto& hdu : plan_.hdus) {
      const auto* pixels = std::get_if<Pixels>(&hdu.data);
      if (pixels == nullptr) continue;
      if (pixels->blank_outside) return;
      unmasked = source().hdus[pixels->hdu].record;
    }
    if (unmasked != nullptr) refuse_mask(*unmasked);
  }

  std::int64_t bytes_of(const std::vector<wcs::PixelInterval>& box, int bitpix) const {
    std::int64_t bytes = std::abs(bitpix) / 8;
    for (const auto& axis : box) {
      if (__builtin_mul_overflow(bytes, axis.length(), &bytes)) bytes = INT64_MAX;
      if (bytes > limits_.answer) too_large(bytes);
    }
    return bytes;
  }

  [[noreturn]] void too_large(std::int64_t bytes) const {
    throw Failure(FailureKind::too_large,
                  fmt::format("the answer would have {}{} bytes, and this site sends at most {} in "
                              "one answer",
                              bytes == INT64_MAX ? "more than " : "", bytes, limits_.answer));
  }

  void note_box(int index, const Boxes& boxes) {
    if (!plan_.summary.empty()) plan_.summary += ' ';
    plan_.summary += fmt::format("{}[", index);
    for (std::size_t i = 0; i < boxes.asked.size(); ++i) {
      plan_.summary +=
          fmt::format("{}{}:{}", i ? "," : "", boxes.asked[i].first, boxes.asked[i].last);
    }
    plan_.summary += ']';
  }

  // One byte image for each grid that was cut.
  void add_mask_planes() {
    std::int64_t version = 0;
    for (const auto& [grid, boxes] : boxes_) {
      if (!boxes) continue;
      const SourceHdu& head = source().hdus[head_of(dataset_, source(), grid)];
      const int x = head.wcs->x_axis();
      const int y = head.wcs->y_axis();
      const wcs::PixelBox box{boxes->asked[x], boxes->asked[y]};
      fits::Header shifted = head.header.unfold();
      shift_image(shifted, head.record->shape, boxes->asked);
      fits::Header mask = mask_header(shifted, x, y, box.x.length(), box.y.length());
      if (boxes_.size() > 1) mask.set("EXTVER", ++version);
      OutputHdu out(fits::FoldedHeader(std::move(mask)));
      out.data = MaskPlane{head.record->index, box};
      out.data_length = bytes_of({box.x, box.y}, 8);
      plan_.hdus.push_back(std::move(out));
    }
  }

  void add_provenance(const std::string& day) {
    fits::Header& primary = plan_.hdus.front().header.open;
    if (plan_.hdus.size() > 1 && primary.has("NEXTEND")) {
      primary.set("NEXTEND", static_cast<std::int64_t>(plan_.hdus.size()) - 1);
    }
    // A mask appended to a file that had no extension.
    if (plan_.hdus.size() > 1 && primary.logical("EXTEND") == false) primary.set("EXTEND", true);
    primary.set("SODAID", std::string_view(dataset_.obscore.obs_publisher_did),
                "cut from this data set");
    if (dataset_.hdu >= 0) {
      primary.set("SODAHDU", static_cast<std::int64_t>(dataset_.hdu), "its image HDU, 0 = primary");
      const auto& boxes = boxes_[source().hdus[dataset_.hdu].record->grid];
      if (boxes && !std::holds_alternative<Pixels>(plan_.hdus.front().data)) {
        add_box_cards(primary, boxes->asked);
      }
    }
    if (!cut_.request_text.empty()) {
      primary.set("SODACUT", std::string_view(cut_.request_text), "as asked for");
    }
    primary.set("SODADATE", std::string_view(day), "UTC day of the cut");
    primary.set("SODAVERS", "libsoda " SODA_VERSION, "software that made the cut");
    for (std::size_t i = 0; i < plan_.warnings.size(); ++i) {
      primary.set(fmt::format("SODAWRN{}", i + 1), std::string_view(plan_.warnings[i]));
    }
  }

  // What is copied whole stays valid, unless its header was edited.
  void sign(OutputHdu& hdu) const {
    const auto* copy = std::get_if<Copy>(&hdu.data);
    const bool untouched = copy && is_unchanged(hdu, *copy);
    if (!untouched) plan_signature(hdu, limits_);
  }

  bool is_unchanged(const OutputHdu& out, const Copy& copy) const {
    return std::ranges::any_of(source().hdus, [&](const SourceHdu& hdu) {
      return hdu.record->data_offset == copy.offset &&
             hdu.header.open.cards() == out.header.open.cards();
    });
  }

  void add_up() {
    for (const auto& hdu : plan_.hdus) {
      plan_.length += hdu.length();
      if (plan_.length > limits_.answer) too_large(plan_.length);
    }
  }

  const store::Dataset& dataset_;
  const Cut& cut_;
  const Limits& limits_;
  Plan plan_;
  std::vector<Part> parts_;
  std::map<int, std::optional<Boxes>> boxes_;  // by grid
};

}  // namespace

std::int64_t OutputHdu::length() const noexcept {
  return header.blocks_length() + fits::padded(data_length);
}

void plan_signature(OutputHdu& hdu, const Limits& limits) {
  fits::Header& header = hdu.header.open;
  const bool signed_before = header.has("CHECKSUM") || header.has("DATASUM");
  hdu.sign = signed_before && hdu.data_length <= limits.signing_budget;
  if (!signed_before || hdu.sign) return;
  header.erase_all("CHECKSUM");
  header.erase_all("DATASUM");
}

std::variant<Plan, NoOverlap> plan(const store::Dataset& dataset,
                                   std::shared_ptr<const Source> source, const Cut& cut,
                                   const Limits& limits, const std::string& day) {
  return Planner(dataset, std::move(source), cut, limits).run(day);
}

}  // namespace soda::cutout
