#include "ingest/grids.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "wcs/pixels.h"

namespace soda::ingest {
namespace {

constexpr double same_place_pixels = 0.01;

// Degenerate axes at the end do not make another grid: 4-D radio images come with 2-D masks.
std::vector<std::int64_t> essential_shape(const fits::Hdu& hdu) {
  std::vector<std::int64_t> shape = hdu.shape;
  while (!shape.empty() && shape.back() == 1) shape.pop_back();
  return shape;
}

enum class Agreement { same, different, unknown };

Agreement same_sky(const wcs::Wcs& a, const wcs::Wcs& b) {
  if (!a.celestial() || !b.celestial()) return Agreement::unknown;
  if (a.lon_axis() != b.lon_axis() || a.lat_axis() != b.lat_axis()) return Agreement::different;
  const auto length = [&](int axis) {
    return static_cast<double>(a.axes()[static_cast<std::size_t>(axis)].length);
  };
  const double width = length(a.x_axis());
  const double height = length(a.y_axis());
  bool compared = false;
  for (const double fx : {0.5, 0.1, 0.9}) {
    for (const double fy : {0.5, 0.1, 0.9}) {
      const double x = 0.5 + fx * width;
      const double y = 0.5 + fy * height;
      const auto direction = a.to_sky(x, y);
      const auto other = b.to_sky(x, y);
      if (direction.has_value() != other.has_value()) return Agreement::different;
      if (!direction) continue;
      const auto pixel = a.to_pixel(*other);
      if (!pixel || std::hypot(pixel->x - x, pixel->y - y) > same_place_pixels)
        return Agreement::different;
      compared = true;
    }
  }
  return compared ? Agreement::same : Agreement::unknown;
}

Agreement same_band(const wcs::Wcs& a, const wcs::Wcs& b) {
  const std::optional<sky::Band> one = wcs::band_of(a);
  const std::optional<sky::Band> two = wcs::band_of(b);
  if (!one || !two) return Agreement::unknown;
  const double tolerance = 1e-9 * std::max(one->hi.metres, two->hi.metres);
  const bool same = std::abs(one->lo.metres - two->lo.metres) <= tolerance &&
                    std::abs(one->hi.metres - two->hi.metres) <= tolerance;
  return same ? Agreement::same : Agreement::different;
}

// SCI,1 and SCI,2 are two pictures, unless their world coordinates say otherwise.
bool numbered_apart(const fits::Hdu& a, const fits::Hdu& b) {
  return !a.extname.empty() && equal_ignoring_case(a.extname, b.extname) && a.extver != b.extver;
}

bool may_share(const ScannedHdu& a, const ScannedHdu& b) {
  if (essential_shape(*a.hdu) != essential_shape(*b.hdu)) return false;
  const Agreement sky = a.wcs && b.wcs ? same_sky(*a.wcs, *b.wcs) : Agreement::unknown;
  if (sky == Agreement::different) return false;
  if (sky == Agreement::unknown && numbered_apart(*a.hdu, *b.hdu)) return false;
  return !a.wcs || !b.wcs || same_band(*a.wcs, *b.wcs) != Agreement::different;
}

}  // namespace

bool is_picture(const fits::Hdu& hdu) {
  if (hdu.kind != fits::HduKind::image && hdu.kind != fits::HduKind::compressed_image) return false;
  const bool has_pixels =
      std::none_of(hdu.shape.begin(), hdu.shape.end(), [](std::int64_t n) { return n == 0; });
  return has_pixels &&
         std::any_of(hdu.shape.begin(), hdu.shape.end(), [](std::int64_t n) { return n > 1; });
}

int assign_grids(std::vector<ScannedHdu>& hdus) {
  // Of each grid the member that others are compared with: its first, until one comes that knows
  // its place on the sky.
  std::vector<std::size_t> references;
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    ScannedHdu& picture = hdus[i];
    if (!is_picture(*picture.hdu) || picture.is_lookup) continue;
    std::optional<std::size_t> best;
    // The nearest before, unless one further ahead has the same EXTVER and the nearest has not
    // (SCI,1 SCI,2 DQ,1 DQ,2).
    for (std::size_t grid = references.size(); grid-- > 0;) {
      const ScannedHdu& reference = hdus[references[grid]];
      if (!may_share(reference, picture)) continue;
      const bool same_version = reference.hdu->extver == picture.hdu->extver;
      if (!best || same_version) best = grid;
      if (same_version) break;
    }
    if (!best) {
      best = references.size();
      references.push_back(i);
    }
    picture.grid = static_cast<int>(*best);
    const ScannedHdu& reference = hdus[references[*best]];
    const bool knows_more =
        picture.wcs && picture.wcs->celestial() && !(reference.wcs && reference.wcs->celestial());
    if (knows_more) references[*best] = i;
  }
  return static_cast<int>(references.size());
}

std::size_t head_of(const std::vector<ScannedHdu>& hdus, int grid) {
  constexpr std::array names = {"SCI", "SCIENCE", "DATA", "IMAGE", "PRIMARY"};
  const auto rank = [&](const ScannedHdu& picture) {
    const std::string& name = picture.hdu->extname;
    const bool named = std::any_of(names.begin(), names.end(),
                                   [&](const char* n) { return equal_ignoring_case(name, n); });
    return named ? 0 : name.empty() ? 1 : 2;
  };
  std::size_t head = hdus.size();
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    if (hdus[i].grid == grid && (head == hdus.size() || rank(hdus[i]) < rank(hdus[head]))) head = i;
  }
  return head;
}

}  // namespace soda::ingest
