// Outlines of images (degrees, ICRS; lon, lat, lon, lat …) as texts that clients are told.
#pragma once

#include <span>
#include <string>

namespace soda::store {

// A circle that holds all points, and with it every outline through them: "lon lat radius". It is
// small, not the smallest: its middle is that of the points. Points farther apart than half a
// sphere give the whole sky. Empty for no points.
std::string circle_around(std::span<const double> lon_lat);

// "lon lat lon lat …", to 1e-8 degrees, in the outline's order. Empty for fewer than three.
std::string vertices_text(std::span<const double> lon_lat);

}  // namespace soda::store
