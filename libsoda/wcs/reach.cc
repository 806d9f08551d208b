#include "wcs/reach.h"

#include <wcslib/prj.h>
#include <wcslib/wcs.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "wcs/impl.h"

namespace soda::wcs {

namespace {

constexpr int kSamples = 9;  // a side, for the outline and for the inside

// Room for what lies between the samples, and the largest cap that counts as smooth: beyond it a
// polygon's edge or a far part of the map may come back from the other side.
constexpr double kMargin = 1.05;
constexpr double kLargest = 80;

// Angular distance in degrees from the native point (phi, theta) to the meridian phi = 180, where
// projections that are not zenithal are cut.
double distance_to_seam(double phi, double theta) {
  constexpr double kDegree = std::numbers::pi / 180;
  const double away = 180 - std::fabs(phi);
  if (away >= 90) return 90 - std::fabs(theta);
  return std::asin(std::cos(theta * kDegree) * std::sin(away * kDegree)) / kDegree;
}

// True when the projection of `prm` is continuous within `radius` degrees of the native point (phi,
// theta).
bool continuous(const prjprm& prj, double phi, double theta, double radius) {
  // Zenithal ones are cut nowhere; where they end the transformation itself says so.
  if (prj.category == ZENITHAL) return true;
  // Quad cubes and HEALPix are cut in many places.
  if (prj.category == QUADCUBE || prj.category == HEALPIX) return false;
  return distance_to_seam(phi, theta) > radius;
}

}  // namespace

Rect image_of(const Wcs& wcs) {
  const Celestial& sky = *wcs.impl().sky;
  return {0.5, 0.5, static_cast<double>(sky.nx) + 0.5, static_cast<double>(sky.ny) + 0.5};
}

Reach reach_of(const Wcs& wcs, const Rect& rect) {
  Reach reach{rect, {}, sky::Angle::from_degrees(180), false};
  std::vector<Wcs::Pixel> pixels;
  pixels.push_back({(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2});
  for (const Wcs::Pixel& corner : corners_of(rect)) pixels.push_back(corner);
  for (int j = 0; j < kSamples; ++j) {
    for (int i = 0; i < kSamples; ++i) {
      pixels.push_back({rect.x0 + (rect.x1 - rect.x0) * i / (kSamples - 1),
                        rect.y0 + (rect.y1 - rect.y0) * j / (kSamples - 1)});
    }
  }
  std::vector<sky::Direction> icrs(pixels.size());
  std::vector<char> ok(pixels.size());
  wcs.to_sky(pixels, icrs, ok);
  if (std::find(ok.begin(), ok.end(), '\0') != ok.end()) return reach;
  reach.centre = icrs[0];
  std::copy_n(icrs.begin() + 1, reach.corners.size(), reach.corners.begin());
  double radius = 0;
  for (const auto& direction : icrs) {
    radius = std::max(radius, sky::separation(icrs[0], direction).degrees());
  }
  radius *= kMargin;
  if (!(radius > 0 && radius < kLargest)) return reach;
  reach.radius = sky::Angle::from_degrees(radius);

  // Native coordinates of the centre.
  const Celestial& sky = *wcs.impl().sky;
  const Wcs::Pixel centre = sky.distortion.apply(pixels[0]);
  double pixel[2] = {centre.x, centre.y}, image[2], phi = 0, theta = 0, world[2];
  int status = 0;
  if (wcsp2s(sky.prm.get(), 1, 2, pixel, image, &phi, &theta, world, &status) != 0) return reach;
  // Only a straight projection has one; tables of coordinates (-TAB) do not.
  if (sky.prm->ntab > 0) return reach;
  // Boundaries are followed a little beyond the cap.
  reach.smooth = continuous(sky.prm->cel.prj, phi, theta, radius * 1.3);
  return reach;
}

}  // namespace soda::wcs
