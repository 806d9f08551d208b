// What a Wcs holds. Internal to the room; the only header that shows WCSLIB.
#pragma once

#include <wcslib/wcs.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wcs/distortion.h"
#include "wcs/frames.h"
#include "wcs/reach.h"
#include "wcs/wcs.h"

namespace soda::wcs {

struct ReleasePrm {
  void operator()(wcsprm* prm) const noexcept {
    wcsfree(prm);
    delete prm;
  }
};
using Prm = std::unique_ptr<wcsprm, ReleasePrm>;

// The celestial plane: two pixel axes <-> ICRS, the other axes held at their centres.
struct Celestial {
  Prm prm;  // two axes: longitude first; pixel x first. wcsset has been called
  Distortion distortion;
  Frame frame;
  int x_axis = 0, y_axis = 1;      // 0-based pixel axes of the image, x_axis < y_axis
  int lon_axis = 0, lat_axis = 1;  // the same two, by what they mainly drive
  std::int64_t nx = 0, ny = 0;

  // What one point costs, in points of a plain map: budgets count in these.
  int cost_of_pixel() const noexcept;
  int cost_of_sky() const noexcept;
};

struct Wcs::Impl {
  std::vector<std::int64_t> shape;
  std::vector<Axis> axes;
  // By pixel axis, those first that the image has, then those that it lacks (WCSAXES > NAXIS): the
  // world axis (of `full`) that it mainly drives, -1: none; and what that is.
  std::vector<int> world;
  std::vector<Role> roles;
  std::string problem;
  std::string frame_name;
  std::string
      rest_suffix;  // the letter of the representation in use, for messages that name keywords
  Prm full;         // all axes; null when the header has no WCS that WCSLIB accepts
  std::optional<Celestial> sky;
  std::optional<Reach> reach;  // of the image; present when `sky` is

  // Pixel coordinate of axis j's centre; 1 for the axes beyond the image's (WCSAXES > NAXIS,
  // FITS 4.0 section 8.2).
  double centre(std::size_t j) const {
    return j < shape.size() ? (static_cast<double>(shape[j]) + 1) / 2 : 1;
  }
};

}  // namespace soda::wcs
