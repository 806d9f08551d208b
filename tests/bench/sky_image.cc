#include "sky_image.h"

#include <wcslib/wcshdr.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace bench {
namespace {

constexpr double radian = std::numbers::pi / 180;

void check_wcs(int status, const char* what) {
  if (status != 0) {
    throw std::runtime_error(std::string("WCSLIB: ") + what + " gave " + std::to_string(status));
  }
}

}  // namespace

void check_fits(int status, const std::string& what) {
  if (status == 0) return;
  char text[FLEN_STATUS];
  fits_get_errstatus(status, text);
  throw std::runtime_error(what + ": " + text);
}

FitsFile open_image(const std::string& path) {
  fitsfile* file = nullptr;
  int status = 0;
  // The extended syntax of file names is not wanted: names are paths.
  fits_open_diskfile(&file, path.c_str(), READONLY, &status);
  FitsFile owner(file);
  check_fits(status, path);
  int axes = 0;
  if (fits_get_img_dim(file, &axes, &status) == 0 && axes == 0) {
    fits_movabs_hdu(file, 2, nullptr, &status);
  }
  check_fits(status, path);
  return owner;
}

Vector unit(double lon, double lat) {
  lon *= radian;
  lat *= radian;
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

Sky::Sky(fitsfile* file) {
  char* text = nullptr;
  int cards = 0, status = 0, rejected = 0;
  fits_hdr2str(file, 1, nullptr, 0, &text, &cards, &status);
  check_fits(status, "fits_hdr2str");
  const int parsed = wcspih(text, cards, WCSHDR_all, 0, &rejected, &count_, &wcs_);
  fits_free_memory(text, &status);
  check_wcs(parsed, "wcspih");
  if (count_ < 1) throw std::runtime_error("the image has no world coordinates");
  check_wcs(wcsset(wcs_), "wcsset");
}

Sky::~Sky() { wcsvfree(&count_, &wcs_); }

std::array<double, 2> Sky::sky_of(double x, double y) const {
  const double pixel[2] = {x, y};
  double intermediate[2], phi, theta, world[2];
  int bad;
  check_wcs(wcsp2s(wcs_, 1, 2, pixel, intermediate, &phi, &theta, world, &bad), "wcsp2s");
  return {world[0], world[1]};
}

std::vector<Vector> Sky::row(std::int64_t x, std::int64_t y, std::int64_t count) const {
  const auto n = static_cast<std::size_t>(count);
  std::vector<double> pixel(2 * n), intermediate(2 * n), phi(n), theta(n), world(2 * n);
  std::vector<int> bad(n);
  for (std::size_t i = 0; i < n; ++i) {
    pixel[2 * i] = static_cast<double>(x) + static_cast<double>(i);
    pixel[2 * i + 1] = static_cast<double>(y);
  }
  check_wcs(wcsp2s(wcs_, static_cast<int>(count), 2, pixel.data(), intermediate.data(), phi.data(),
                   theta.data(), world.data(), bad.data()),
            "wcsp2s");
  std::vector<Vector> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) out.push_back(unit(world[2 * i], world[2 * i + 1]));
  return out;
}

Box Sky::box_of_circle(double lon, double lat, double radius) const {
  constexpr int points = 16;
  std::array<double, 2 * points> world, pixel, intermediate;
  std::array<double, points> phi, theta;
  std::array<int, points> bad;
  const double sine = std::sin(radius * radian), cosine = std::cos(radius * radian);
  for (int i = 0; i < points; ++i) {
    const double angle = 2 * std::numbers::pi * i / points;
    const double sine_lat =
        std::sin(lat * radian) * cosine + std::cos(lat * radian) * sine * std::cos(angle);
    world[2 * i + 1] = std::asin(sine_lat) / radian;
    world[2 * i] = lon + std::atan2(std::sin(angle) * sine * std::cos(lat * radian),
                                    cosine - std::sin(lat * radian) * sine_lat) /
                             radian;
  }
  check_wcs(wcss2p(wcs_, points, 2, world.data(), phi.data(), theta.data(), intermediate.data(),
                   pixel.data(), bad.data()),
            "wcss2p");
  double low[2] = {1e300, 1e300}, high[2] = {-1e300, -1e300};
  for (int i = 0; i < 2 * points; ++i) {
    low[i % 2] = std::min(low[i % 2], pixel[i]);
    high[i % 2] = std::max(high[i % 2], pixel[i]);
  }
  Box box{std::llround(low[0]), std::llround(low[1]), 0, 0};
  box.width = std::llround(high[0]) - box.x + 1;
  box.height = std::llround(high[1]) - box.y + 1;
  return box;
}

}  // namespace bench
