#include "cutout/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace soda::cutout {
namespace {

using wcs::PixelInterval;
using Section = std::vector<SectionRange>;

// Sections in pixels of the detector, and in pixels of the image.
constexpr std::string_view of_detector[] = {"CCDSEC", "DETSEC"};
constexpr std::string_view of_image[] = {"DATASEC", "TRIMSEC", "BIASSEC"};

// FITS keywords have eight characters: O_DATASEC becomes O_DATASE.
std::string kept_name(std::string_view name) { return ("O_" + std::string(name)).substr(0, 8); }

// What is left of a section of the image, in the cut's own pixels.
std::optional<Section> in_cut(const Section& section, std::span<const PixelInterval> asked) {
  if (section.size() > asked.size()) return std::nullopt;
  Section out;
  for (std::size_t axis = 0; axis < section.size(); ++axis) {
    const auto& box = asked[axis];
    const std::int64_t from = std::max(section[axis].from, box.first);
    const std::int64_t to = std::min(section[axis].to, box.last);
    if (section[axis].from > section[axis].to || from > to) return std::nullopt;
    out.push_back({from - box.first + 1, to - box.first + 1});
  }
  return out;
}

// The detector pixels of image pixels [from, to], given that image pixels `image` are detector
// pixels `detector` (binned by a whole number, and perhaps reversed).
std::optional<SectionRange> detector_range(const SectionRange& detector, const SectionRange& image,
                                           std::int64_t from, std::int64_t to) {
  const std::int64_t pixels = image.to - image.from + 1;
  const std::int64_t span = std::abs(detector.to - detector.from) + 1;
  if (pixels < 1 || span % pixels != 0) return std::nullopt;
  const std::int64_t binning = span / pixels;
  const std::int64_t step = detector.from <= detector.to ? 1 : -1;
  return SectionRange{detector.from + step * binning * (from - image.from),
                      detector.from + step * (binning * (to - image.from + 1) - 1)};
}

std::optional<Section> on_detector(const Section& detector, const Section& image,
                                   std::span<const PixelInterval> asked) {
  if (detector.size() != image.size() || image.size() > asked.size()) return std::nullopt;
  Section out;
  for (std::size_t axis = 0; axis < detector.size(); ++axis) {
    const std::int64_t from = std::max(image[axis].from, asked[axis].first);
    const std::int64_t to = std::min(image[axis].to, asked[axis].last);
    if (from > to) return std::nullopt;
    const auto range = detector_range(detector[axis], image[axis], from, to);
    if (!range) return std::nullopt;
    out.push_back(*range);
  }
  return out;
}

}  // namespace

std::optional<std::vector<SectionRange>> parse_section(std::string_view text) {
  text = trim(text);
  if (text.size() < 5 || text.front() != '[' || text.back() != ']') return std::nullopt;
  Section out;
  for (const auto part : split(text.substr(1, text.size() - 2), ',')) {
    const auto ends = split(part, ':');
    if (ends.size() != 2) return std::nullopt;
    const auto from = to_integer(trim(ends[0]));
    const auto to = to_integer(trim(ends[1]));
    constexpr std::int64_t far = 1'000'000'000'000;
    if (!from || !to || std::abs(*from) > far || std::abs(*to) > far) return std::nullopt;
    out.push_back({*from, *to});
  }
  return out;
}

bool is_section(std::string_view keyword) {
  return std::ranges::find(of_detector, keyword) != std::end(of_detector) ||
         std::ranges::find(of_image, keyword) != std::end(of_image);
}

std::string section_text(std::span<const SectionRange> section) {
  std::string text = "[";
  for (const auto& range : section) {
    if (text.size() > 1) text += ',';
    text += fmt::format("{}:{}", range.from, range.to);
  }
  return text + "]";
}

void shift_sections(fits::Header& header, std::span<const std::int64_t> shape,
                    std::span<const PixelInterval> asked) {
  // The image pixels that the detector sections speak of, before anything moves.
  std::optional<Section> image;
  if (const auto text = header.string("DATASEC")) {
    image = parse_section(*text);
  } else {
    image.emplace();
    for (std::size_t axis = 0; axis < std::min<std::size_t>(shape.size(), 2); ++axis) {
      image->push_back({1, shape[axis]});
    }
  }
  const auto replace = [&](std::string_view name, const auto& moved) {
    const auto index = header.find(name);
    if (!index) return;
    const auto text = header.string(name);
    const auto section = text ? parse_section(*text) : std::nullopt;
    const auto out = section ? moved(*section) : std::nullopt;
    if (out) {
      header.set(name, std::string_view(section_text(*out)));
    } else {
      header.rename(*index, kept_name(name));
    }
  };
  for (const auto name : of_detector) {
    replace(name, [&](const Section& detector) -> std::optional<Section> {
      return image ? on_detector(detector, *image, asked) : std::nullopt;
    });
  }
  for (const auto name : of_image) {
    replace(name, [&](const Section& section) { return in_cut(section, asked); });
  }
}

}  // namespace soda::cutout
