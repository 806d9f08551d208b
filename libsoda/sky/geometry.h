// A point, circle, polygon or region of the ICRS sky as a value that statements pass around: bytes.
//
// They are either those of a footprint (footprint.h), which are a region, or a kind and the degrees
// that the value was made of, so that it is shown as it was given. Little-endian, the same on every
// machine. Longitudes are wrapped into [0, 360).
// What is out of range is Failure(usage), a clause without its full stop; bytes that are no
// geometry are Failure(unavailable).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sky/shape.h"

namespace soda::sky {

enum class GeometryKind { point, circle, polygon, region };

inline constexpr std::size_t most_polygon_vertices = 2000;

std::string make_point(double lon, double lat);
std::string make_circle(double lon, double lat, double radius);
// lon, lat, lon, lat …; whether its edges cross is found by shape_of.
std::string make_polygon(std::span<const double> lon_lat);
// The arms of a cross of w by h about the centre; the sides are great circles at right angles to
// their ends (ADQL 2.1 section 4.2.8). A polygon.
std::string make_box(double lon, double lat, double w, double h);
// STC-S as Footprint::from_text reads it, and "Position [frame] lon lat"; or the numbers of
// DALI 1.1 (section 3.3.5 to 3.3.7): 2 are a point, 3 a circle, 6 and more a polygon. A region has
// at most as many vertices in all as a polygon.
std::string geometry_from_text(std::string_view text);

GeometryKind kind_of(std::string_view geometry);
// What it was made of: lon lat, lon lat radius, or lon lat lon lat …; those of a region's only
// part, to 1e-11 degrees. Empty for a region of several.
std::vector<double> degrees_of(std::string_view geometry);
Shape shape_of(std::string_view geometry);
// "12.5 -3 0.1": degrees_of as text.
std::string dali_text(std::string_view geometry);
// "Position ICRS 12.5 -3".
std::string stcs_text(std::string_view geometry);

}  // namespace soda::sky
