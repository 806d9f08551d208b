#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "sky/geometry.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

using sky::Angle;
using sky::Direction;
using sky::GeometryKind;
using sky::Shape;

constexpr double square_degrees = (180 / std::numbers::pi) * (180 / std::numbers::pi);

// The bytes of a geometry, which a column may hold as text.
class Geometry {
 public:
  Geometry(const Call& call, std::size_t i) {
    if (call.type(i) == SQLITE_TEXT) {
      made_ = sky::geometry_from_text(call.text(i));
      bytes_ = made_;
    } else if (call.type(i) == SQLITE_BLOB) {
      bytes_ = call.blob(i);
    } else {
      throw Failure(FailureKind::usage, "a number stands where a geometry should");
    }
  }
  Geometry(const Geometry&) = delete;
  Geometry& operator=(const Geometry&) = delete;
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string made_;
  std::string_view bytes_;
};

const Shape& shape_at(Call& call, std::size_t i) {
  return call.kept<Shape>(i, [&] { return sky::shape_of(Geometry(call, i).bytes()); });
}

Direction direction_of(double lon, double lat) {
  if (!(std::fabs(lat) <= 90) || !std::isfinite(lon)) {
    // The maker's sentence.
    sky::make_point(lon, lat);
  }
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_degrees(lat));
}

std::vector<double> point_at(const Call& call, std::size_t i) {
  const Geometry geometry(call, i);
  if (sky::kind_of(geometry.bytes()) != GeometryKind::point)
    throw Failure(FailureKind::usage, "a circle, polygon or region stands where a point should");
  return sky::degrees_of(geometry.bytes());
}

void point(Call& call) { call.blob_is(sky::make_point(call.real(0), call.real(1))); }

void circle(Call& call) {
  if (call.count() == 3)
    return call.blob_is(sky::make_circle(call.real(0), call.real(1), call.real(2)));
  const std::vector<double> centre = point_at(call, 0);
  call.blob_is(sky::make_circle(centre[0], centre[1], call.real(1)));
}

void box(Call& call) {
  if (call.count() == 4)
    return call.blob_is(sky::make_box(call.real(0), call.real(1), call.real(2), call.real(3)));
  const std::vector<double> centre = point_at(call, 0);
  call.blob_is(sky::make_box(centre[0], centre[1], call.real(1), call.real(2)));
}

void polygon(Call& call) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < call.count(); ++i) {
    if (call.type(i) == SQLITE_BLOB) {
      const std::vector<double> vertex = point_at(call, i);
      numbers.insert(numbers.end(), vertex.begin(), vertex.end());
    } else {
      numbers.push_back(call.real(i));
    }
  }
  call.blob_is(sky::make_polygon(numbers));
}

void region(Call& call) {
  if (call.type(0) == SQLITE_BLOB) return call.value_is(0);
  call.blob_is(Geometry(call, 0).bytes());
}

bool holds(Call& call, std::size_t inner, std::size_t outer) {
  if (call.type(inner) == SQLITE_BLOB && sky::kind_of(call.blob(inner)) == GeometryKind::point) {
    const std::vector<double> degrees = sky::degrees_of(call.blob(inner));
    return shape_at(call, outer).holds(direction_of(degrees[0], degrees[1]));
  }
  return shape_at(call, outer).holds(shape_at(call, inner));
}

void contains(Call& call) { call.integer_is(holds(call, 0, 1) ? 1 : 0); }

void intersects(Call& call) { call.integer_is(shape_at(call, 0).meets(shape_at(call, 1)) ? 1 : 0); }

void point_in(Call& call) {
  const Shape& shape = shape_at(call, 2);
  call.integer_is(shape.holds(direction_of(call.real(0), call.real(1))) ? 1 : 0);
}

// The circle is most often constant: kept at its radius, whose place no one else uses.
struct KeptCircle {
  double lon, lat, radius;
  Shape shape;
};

Direction circle_centre(double lon, double lat, double radius) {
  if (!(radius >= 0 && radius <= 180)) sky::make_circle(lon, lat, radius);  // its sentence
  return direction_of(lon, lat);
}

void point_in_circle(Call& call) {
  const double lon = call.real(2), lat = call.real(3), radius = call.real(4);
  const auto make = [&] {
    return KeptCircle{lon, lat, radius, sky::shape_of(sky::make_circle(lon, lat, radius))};
  };
  const Direction point = direction_of(call.real(0), call.real(1));
  const KeptCircle& kept = call.kept<KeptCircle>(4, make);
  // A constant radius about a centre that changes.
  const bool same = kept.lon == lon && kept.lat == lat && kept.radius == radius;
  const bool inside =
      same ? kept.shape.holds(point)
           : sky::within(circle_centre(lon, lat, radius), point, Angle::from_degrees(radius));
  call.integer_is(inside ? 1 : 0);
}

// Vincenty's formula for the sphere, the small differences taken before any rounding: accurate
// for tiny, for right and for nearly opposite separations alike.
double distance_of(double lon1, double lat1, double lon2, double lat2) {
  direction_of(lon1, lat1);
  direction_of(lon2, lat2);
  constexpr double degree = std::numbers::pi / 180;
  const double dlon = std::remainder(lon2 - lon1, 360.0) * degree;
  const double dlat = (lat2 - lat1) * degree;
  const double sin1 = std::sin(lat1 * degree), cos1 = std::cos(lat1 * degree);
  const double sin2 = std::sin(lat2 * degree), cos2 = std::cos(lat2 * degree);
  const double half = std::sin(dlon / 2);
  const double east = cos2 * std::sin(dlon);
  const double north = std::sin(dlat) + 2 * sin1 * cos2 * half * half;
  const double ahead = sin1 * sin2 + cos1 * cos2 * std::cos(dlon);
  return std::atan2(std::hypot(east, north), ahead) / degree;
}

void distance(Call& call) {
  if (call.count() == 4) {
    return call.real_is(distance_of(call.real(0), call.real(1), call.real(2), call.real(3)));
  }
  const std::vector<double> a = point_at(call, 0), b = point_at(call, 1);
  call.real_is(distance_of(a[0], a[1], b[0], b[1]));
}

void area(Call& call) { call.real_is(shape_at(call, 0).area() * square_degrees); }

void centroid(Call& call) {
  const Geometry geometry(call, 0);
  const GeometryKind kind = sky::kind_of(geometry.bytes());
  if (kind == GeometryKind::point || kind == GeometryKind::circle) {
    const std::vector<double> degrees = sky::degrees_of(geometry.bytes());
    return call.blob_is(sky::make_point(degrees[0], degrees[1]));
  }
  const auto middle = shape_at(call, 0).centroid();
  if (!middle) return call.null();
  call.blob_is(sky::make_point(middle->lon().degrees(), middle->lat().degrees()));
}

template <std::size_t axis>
void coordinate(Call& call) {
  call.real_is(point_at(call, 0)[axis]);
}

void frame(Call& call) {
  const Geometry checked(call, 0);
  call.text_is("ICRS");
}

void dali(Call& call) {
  const std::string text = sky::dali_text(Geometry(call, 0).bytes());
  text.empty() ? call.null() : call.text_is(text);
}

void stcs(Call& call) { call.text_is(sky::stcs_text(Geometry(call, 0).bytes())); }

}  // namespace

std::span<const SqlFunction> geometry_functions() {
  static constexpr auto table = std::to_array<SqlFunction>({
      {"adql_point", 2, sql_function<point>},
      {"adql_circle", 3, sql_function<circle>},
      {"adql_circle", 2, sql_function<circle>},
      {"adql_box", 4, sql_function<box>},
      {"adql_box", 3, sql_function<box>},
      {"adql_polygon", -1, sql_function<polygon>},
      {"adql_region", 1, sql_function<region>},
      {"adql_contains", 2, sql_function<contains>},
      {"adql_intersects", 2, sql_function<intersects>},
      {"adql_point_in", 3, sql_function<point_in>},
      {"adql_point_in_circle", 5, sql_function<point_in_circle>},
      {"adql_distance", 2, sql_function<distance>},
      {"adql_distance", 4, sql_function<distance>},
      {"adql_area", 1, sql_function<area>},
      {"adql_centroid", 1, sql_function<centroid>},
      {"adql_coord1", 1, sql_function<coordinate<0>>},
      {"adql_coord2", 1, sql_function<coordinate<1>>},
      {"adql_coordsys", 1, sql_function<frame>},
      {"adql_dali", 1, sql_function<dali>},
      {"adql_stcs", 1, sql_function<stcs>},
  });
  return table;
}

}  // namespace soda::store
