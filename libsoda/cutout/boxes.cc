#include "cutout/boxes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/failure.h"
#include "base/text.h"

namespace soda::cutout {
namespace {

using wcs::PixelInterval;
using wcs::Role;

// What one filter says about one image.
struct Miss {
  std::string reason;
};

class Narrowing {
 public:
  Narrowing(const SourceHdu& hdu, const store::Dataset& dataset, const Cut& cut,
            const Limits& limits, std::vector<std::string>& warnings)
      : hdu_(hdu), dataset_(dataset), cut_(cut), limits_(limits), warnings_(warnings) {
    for (const std::int64_t length : hdu.record->shape) box_.push_back({1, length});
    asked_ = box_;
  }

  std::variant<Boxes, NoOverlap> run() {
    using Step = std::optional<Miss> (Narrowing::*)();
    static constexpr std::pair<const char*, Step> steps[] = {
        {"PIXELS", &Narrowing::by_pixels},   {"POS", &Narrowing::by_shape},
        {"CHANNEL", &Narrowing::by_channel}, {"BAND", &Narrowing::by_band},
        {"TIME", &Narrowing::by_time},       {"POL", &Narrowing::by_states}};
    for (const auto& [name, step] : steps) {
      if (auto miss = (this->*step)()) return NoOverlap{name, std::move(miss->reason)};
    }
    return Boxes{std::move(asked_), std::move(box_)};
  }

 private:
  // Narrows one axis; the shape alone may ask for more than the image has.
  std::optional<Miss> narrow(int axis, const PixelInterval& to, const char* what) {
    auto& box = box_[axis];
    const PixelInterval both{std::max(box.first, to.first), std::min(box.last, to.last)};
    if (both.first > both.last) {
      return Miss{
          fmt::format("{} selects pixels {} to {} of axis {}, of which {} to {} are at hand", what,
                      to.first, to.last, axis + 1, box.first, box.last)};
    }
    box = asked_[axis] = both;
    return std::nullopt;
  }

  std::optional<Miss> by_pixels() {
    if (cut_.pixels.empty()) return std::nullopt;
    if (cut_.pixels.size() != box_.size()) {
      throw Failure(FailureKind::usage,
                    fmt::format("PIXELS needs one section for each of the image's {} axes, got {}",
                                box_.size(), cut_.pixels.size()),
                    "PIXELS");
    }
    for (std::size_t axis = 0; axis < box_.size(); ++axis) {
      if (!cut_.pixels[axis]) continue;
      if (auto miss = narrow(static_cast<int>(axis), *cut_.pixels[axis], "PIXELS")) return miss;
    }
    return std::nullopt;
  }

  std::optional<Miss> by_shape() {
    if (!cut_.shape) return std::nullopt;
    if (!hdu_.wcs->celestial()) {
      throw Failure(FailureKind::usage,
                    fmt::format("the image has no celestial coordinates to cut by position{}{}",
                                hdu_.wcs->problem().empty() ? "" : ": ", hdu_.wcs->problem()),
                    "POS");
    }
    const int x = hdu_.wcs->x_axis();
    const int y = hdu_.wcs->y_axis();
    const auto whole = whole_box();
    if (!whole) return Miss{"the shape does not touch the image"};
    const PixelBox clipped{clip(whole->x, x), clip(whole->y, y)};
    if (clipped.x.first > clipped.x.last || clipped.y.first > clipped.y.last) {
      return Miss{"the shape does not touch the image"};
    }
    if (auto miss = narrow(x, clipped.x, "the shape")) return miss;
    if (auto miss = narrow(y, clipped.y, "the shape")) return miss;
    if (cut_.beyond == Beyond::pad) {
      asked_[x] = whole->x;
      asked_[y] = whole->y;
    }
    return std::nullopt;
  }

  using PixelBox = wcs::PixelBox;

  PixelInterval clip(const PixelInterval& interval, int axis) const {
    return {std::max<std::int64_t>(interval.first, 1),
            std::min(interval.last, hdu_.record->shape[axis])};
  }

  // The shape's box; beyond the image's edges too when the cut pads (or the shape is a rectangle of
  // pixels).
  std::optional<PixelBox> whole_box() const {
    if (const auto* rectangle = std::get_if<PixelRectangle>(&*cut_.shape)) {
      return rectangle_box(*rectangle);
    }
    const auto& region = std::get<sky::Region>(*cut_.shape);
    if (cut_.beyond == Beyond::clip) return wcs::box_of(*hdu_.wcs, region);
    // No wider than an answer may be: a margin of more pixels than fit is refused by the size
    // check.
    const auto margin = static_cast<std::int64_t>(std::sqrt(static_cast<double>(limits_.answer)));
    return wcs::unclipped_box_of(*hdu_.wcs, region, margin);
  }

  // w by h whole pixels whose middle is nearest to the position.
  std::optional<PixelBox> rectangle_box(const PixelRectangle& rectangle) const {
    const auto pixel = hdu_.wcs->to_pixel(rectangle.centre);
    if (!pixel || std::abs(pixel->x) > 1e15 || std::abs(pixel->y) > 1e15) return std::nullopt;
    const auto interval = [](double centre, double width) {
      const auto count = std::max<std::int64_t>(1, std::llround(width));
      const auto first =
          static_cast<std::int64_t>(std::llround(centre - static_cast<double>(count - 1) / 2));
      return PixelInterval{first, first + count - 1};
    };
    return PixelBox{interval(pixel->x, rectangle.width), interval(pixel->y, rectangle.height)};
  }

  std::optional<Miss> by_channel() {
    if (!cut_.channel) return std::nullopt;
    std::optional<int> axis = hdu_.wcs->axis(Role::spectral);
    // A cube whose third axis says nothing of itself still has planes.
    for (int i = 0; !axis && i < static_cast<int>(box_.size()); ++i) {
      if (hdu_.wcs->axes()[i].role == Role::other && hdu_.record->shape[i] > 1) axis = i;
    }
    if (!axis) {
      throw Failure(FailureKind::usage, "CHANNEL needs a spectral axis, and the image has none",
                    "CHANNEL");
    }
    return narrow(*axis, *cut_.channel, "CHANNEL");
  }

  // A filter on an axis that the image lacks: the data set's own interval decides, if it is known.
  template <class T>
  std::optional<Miss> by_metadata(const char* name, const sky::Interval<T>& asked,
                                  const std::optional<double>& lo, const std::optional<double>& hi,
                                  const char* unit) {
    if (!lo || !hi) {
      warnings_.push_back(fmt::format(
          "{} was not applied: the image has no such axis and the archive does not know its limits",
          name));
      return std::nullopt;
    }
    if (sky::overlaps(asked, {T{*lo}, T{*hi}})) return std::nullopt;
    return Miss{fmt::format("the data cover {} to {} {}", to_text(*lo), to_text(*hi), unit)};
  }

  // `limits`: the axis's own, as found at ingest, for the reason that a miss is given.
  std::optional<Miss> narrow_or_miss(int axis, const std::optional<PixelInterval>& found,
                                     const char* name, const std::optional<double>& lo,
                                     const std::optional<double>& hi, const char* unit) {
    if (found) return narrow(axis, *found, name);
    if (!lo || !hi) return Miss{"the interval lies outside the image's axis"};
    return Miss{fmt::format("the image covers {} to {} {}", to_text(*lo), to_text(*hi), unit)};
  }

  std::optional<Miss> by_band() {
    if (!cut_.band) return std::nullopt;
    const auto& own = dataset_.obscore;
    const auto axis = hdu_.wcs->axis(Role::spectral);
    if (!axis) return by_metadata("BAND", *cut_.band, own.em_min, own.em_max, "m");
    return narrow_or_miss(*axis, wcs::channels_of(*hdu_.wcs, *cut_.band), "BAND",
                          hdu_.record->em_min, hdu_.record->em_max, "m");
  }

  std::optional<Miss> by_time() {
    if (!cut_.time) return std::nullopt;
    const auto& own = dataset_.obscore;
    const auto axis = hdu_.wcs->axis(Role::time);
    if (!axis) return by_metadata("TIME", *cut_.time, own.t_min, own.t_max, "d (MJD)");
    return narrow_or_miss(*axis, wcs::planes_of(*hdu_.wcs, *cut_.time), "TIME", hdu_.record->t_min,
                          hdu_.record->t_max, "d (MJD)");
  }

  std::optional<Miss> by_states() {
    if (cut_.states.empty()) return std::nullopt;
    const auto axis = hdu_.wcs->axis(Role::stokes);
    if (!axis) return by_known_states();
    const auto states = wcs::states_of(*hdu_.wcs);
    std::vector<std::int64_t> planes;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (std::ranges::find(cut_.states, states[i]) != cut_.states.end()) {
        planes.push_back(static_cast<std::int64_t>(i) + 1);
      }
    }
    const auto listed = fmt::format("{}", fmt::join(states, " "));
    if (planes.empty()) return Miss{fmt::format("the image has the states {}", listed)};
    if (planes.back() - planes.front() + 1 != static_cast<std::int64_t>(planes.size())) {
      throw Failure(FailureKind::usage,
                    fmt::format("POL must select neighbouring planes; {} are not neighbours in the "
                                "image's order {}",
                                fmt::join(cut_.states, " "), listed),
                    "POL");
    }
    return narrow(*axis, {planes.front(), planes.back()}, "POL");
  }

  std::optional<Miss> by_known_states() {
    const std::string& known = dataset_.obscore.pol_states;
    if (known.empty()) {
      warnings_.push_back(
          "POL was not applied: the image has no such axis and the archive does not know its "
          "states");
      return std::nullopt;
    }
    for (const auto& state : cut_.states) {
      if (known.find("/" + state + "/") != std::string::npos) return std::nullopt;
    }
    return Miss{fmt::format("the data have the states {}", known)};
  }

  const SourceHdu& hdu_;
  const store::Dataset& dataset_;
  const Cut& cut_;
  const Limits& limits_;
  std::vector<std::string>& warnings_;
  std::vector<PixelInterval> box_, asked_;
};

}  // namespace

std::variant<Boxes, NoOverlap> boxes_of(const SourceHdu& hdu, const store::Dataset& dataset,
                                        const Cut& cut, const Limits& limits,
                                        std::vector<std::string>& warnings) {
  return Narrowing(hdu, dataset, cut, limits, warnings).run();
}

}  // namespace soda::cutout
