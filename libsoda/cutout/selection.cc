#include "cutout/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failure.h"
#include "base/text.h"

namespace soda::cutout {
namespace {

bool is_table(const store::HduRecord& record) {
  return record.kind == "table" || record.kind == "ascii_table";
}

// EXT is an EXTNAME, or a number with 0 = primary.
bool names(const std::string& extension, const store::HduRecord& record) {
  if (const auto number = to_integer(extension)) return *number == record.index;
  return equal_ignoring_case(extension, record.extname);
}

bool named_by_any(const std::vector<std::string>& extensions, const store::HduRecord& record) {
  return std::ranges::any_of(extensions, [&](const auto& e) { return names(e, record); });
}

void check_extensions(const Source& source, const Cut& cut) {
  for (const auto& extension : cut.extensions) {
    const bool known = std::ranges::any_of(
        source.hdus, [&](const auto& hdu) { return names(extension, *hdu.record); });
    if (known) continue;
    throw Failure(FailureKind::usage,
                  fmt::format("EXT names no HDU of this file (0 to {} or an EXTNAME), got \"{}\"",
                              source.hdus.size() - 1, quoted(extension)),
                  "EXT");
  }
}

bool table_comes_along(const store::HduRecord& record, const Cut& cut, const Limits& limits) {
  switch (cut.detail) {
    case Detail::image:
    case Detail::masked_image:
      return false;
    case Detail::all:
      return true;
    case Detail::standard:
      break;
  }
  return record.data_length <= limits.small_table ||
         std::ranges::any_of(limits.tables, [&](const auto& name) {
           return equal_ignoring_case(name, record.extname);
         });
}

Part part_of(const store::Dataset& dataset, const SourceHdu& hdu, int grid, const Cut& cut,
             const Limits& limits) {
  const auto& record = *hdu.record;
  if (!cut.extensions.empty()) {
    if (!named_by_any(cut.extensions, record)) return Part::none;
    return hdu.is_image() ? Part::image : is_table(record) ? Part::table : Part::none;
  }
  if (hdu.is_image()) {
    if (dataset.hdu < 0) return Part::image;
    if (record.grid != grid) return Part::none;
    return cut.detail == Detail::image && record.index != dataset.hdu ? Part::none : Part::image;
  }
  return is_table(record) && table_comes_along(record, cut, limits) ? Part::table : Part::none;
}

// What the world coordinates of the chosen images refer to comes along whatever was asked: without
// it they would be wrong.
void add_referred(const Source& source, std::vector<Part>& parts) {
  for (std::size_t i = 0; i < source.hdus.size(); ++i) {
    if (parts[i] != Part::image) continue;
    for (const auto& array : source.hdus[i].record->arrays) {
      for (std::size_t k = 0; k < source.hdus.size(); ++k) {
        const auto& record = *source.hdus[k].record;
        if (parts[k] != Part::none || record.extname != array.extname ||
            record.extver != array.extver) {
          continue;
        }
        parts[k] = array.column.empty() ? Part::lookup : Part::table;
      }
    }
  }
}

}  // namespace

std::vector<Part> select(const store::Dataset& dataset, const Source& source, const Cut& cut,
                         const Limits& limits) {
  check_extensions(source, cut);
  const int grid = dataset.hdu < 0 ? -1 : source.hdus.at(dataset.hdu).record->grid;
  std::vector<Part> parts;
  for (const auto& hdu : source.hdus) {
    parts.push_back(part_of(dataset, hdu, grid, cut, limits));
  }
  if (std::ranges::find(parts, Part::image) == parts.end()) {
    throw Failure(FailureKind::usage,
                  cut.extensions.empty()
                      ? "the data set has no image to cut"
                      : fmt::format("EXT names no image that can be cut, got {}",
                                    quoted(fmt::format("{}", fmt::join(cut.extensions, " ")))),
                  "EXT");
  }
  add_referred(source, parts);
  return parts;
}

int head_of(const store::Dataset& dataset, const Source& source, int grid) {
  if (dataset.hdu >= 0 && source.hdus[dataset.hdu].record->grid == grid) return dataset.hdu;
  int first = -1;
  for (const auto& hdu : source.hdus) {
    if (hdu.record->grid != grid) continue;
    if (hdu.wcs->celestial()) return hdu.record->index;
    if (first < 0) first = hdu.record->index;
  }
  return first;
}

}  // namespace soda::cutout
