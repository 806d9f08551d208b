#include "tap/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

// SQLite's functions take 127 arguments.
constexpr std::size_t most_numbers = 126;

constexpr std::array<std::string_view, 8> frames = {
    "",        "ICRS", "ICRS GEOCENTER", "ICRS BARYCENTER", "ICRS TOPOCENTER", "UNKNOWNFRAME",
    "UNKNOWN", "J2000"};

// The arguments without the coordinate system, which is an optional literal before them (ADQL 2.1
// section 4.4.2).
void drop_frame(std::vector<Value>& arguments) {
  if (arguments.empty() || !arguments.front().text) return;
  const std::string frame = to_upper(trim(*arguments.front().text));
  if (std::ranges::find(frames, frame) == frames.end())
    refuse(arguments.front().place,
           fmt::format("positions here are ICRS; found the coordinate system {}",
                       in_quotes(*arguments.front().text)));
  arguments.erase(arguments.begin());
}

void need_count(const Node& node, const std::vector<Value>& arguments, bool right,
                std::string_view form) {
  if (right) return;
  refuse(node.place, fmt::format("found {} with {} argument{}, expected {}", node.text,
                                 arguments.size(), arguments.size() == 1 ? "" : "s", form));
}

void check_lat(const Value& lat) {
  if (!lat.number || (*lat.number >= -90 && *lat.number <= 90)) return;
  refuse(lat.place,
         fmt::format("a latitude is from -90 to 90 degrees; found {}", to_text(*lat.number)));
}

void check_size(const Value& size, double most, std::string_view what) {
  if (!size.number || (*size.number >= 0 && *size.number <= most)) return;
  refuse(size.place, fmt::format("{} is from 0 to {} degrees; found {}", what, to_text(most),
                                 to_text(*size.number)));
}

Value shape(const Node& node, Type type, std::string blob, const std::vector<Value>& arguments) {
  Value value;
  value.place = node.place;
  value.type = type;
  value.blob = std::move(blob);
  for (const Value& each : arguments) {
    add_references(value.references, each.references);
    value.aggregate = value.aggregate || each.aggregate;
  }
  return value;
}

std::string listed(const std::vector<Value>& values) {
  std::string text;
  for (const Value& each : values) {
    if (!text.empty()) text += ", ";
    text += each.type && is_geometry(*each.type) ? each.blob : each.sql;
  }
  return text;
}

void need_numbers(const std::vector<Value>& values, std::size_t first, const Node& node) {
  for (std::size_t i = first; i < values.size(); ++i)
    need_type(values[i], 'n', fmt::format("a coordinate or size of {}", node.text));
}

bool begins_with_geometry(const std::vector<Value>& values) {
  return !values.empty() && values.front().type && is_geometry(*values.front().type);
}

Value point(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 2, "POINT(lon, lat)");
  need_numbers(values, 0, node);
  check_lat(values[1]);
  Value result = shape(node, Type::point, fmt::format("adql_point({})", listed(values)), values);
  result.parts = std::move(values);
  return result;
}

// Of a centre given as a POINT of two numbers, these; so that both forms are one.
std::vector<Value> with_plain_centre(std::vector<Value> values) {
  if (!begins_with_geometry(values) || values.front().parts.size() != 2) return values;
  std::vector<Value> plain = values.front().parts;
  plain.insert(plain.end(), values.begin() + 1, values.end());
  return plain;
}

// The arguments of a shape around a centre: the centre as two numbers where it is known as such,
// then `sizes` numbers.
std::vector<Value> centred(const Node& node, std::vector<Value> values, std::size_t sizes,
                           std::string_view form) {
  const std::size_t first_size = begins_with_geometry(values) ? 1 : 2;
  need_count(node, values, values.size() == first_size + sizes, form);
  if (first_size == 1) need_type(values[0], 'p', "the centre of " + node.text);
  need_numbers(values, first_size == 1 ? 1 : 0, node);
  values = with_plain_centre(std::move(values));
  if (values.size() == 2 + sizes) check_lat(values[1]);
  return values;
}

Value circle(const Node& node, std::vector<Value> values) {
  values = centred(node, std::move(values), 1, "CIRCLE(lon, lat, radius) or CIRCLE(point, radius)");
  check_size(values.back(), 180, "the radius of a circle");
  Value result = shape(node, Type::circle, fmt::format("adql_circle({})", listed(values)), values);
  if (values.size() == 3) result.parts = std::move(values);
  return result;
}

Value box(const Node& node, std::vector<Value> values) {
  values = centred(node, std::move(values), 2,
                   "BOX(lon, lat, width, height) or BOX(point, width, height)");
  return shape(node, Type::polygon, fmt::format("adql_box({})", listed(values)), values);
}

bool all_constant(const std::vector<Value>& values) {
  return std::ranges::all_of(values, [](const Value& each) { return each.number.has_value(); });
}

Value centroid(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 1, "CENTROID(geometry)");
  need_type(values[0], 'g', "the argument of CENTROID");
  return shape(node, Type::point, fmt::format("adql_centroid({})", listed(values)), values);
}

Value number_of(const Node& node, Type type, std::string sql, const std::vector<Value>& values) {
  Value result = shape(node, type, {}, values);
  result.sql = std::move(sql);
  return result;
}

Value area(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 1, "AREA(geometry)");
  need_type(values[0], 'g', "the argument of AREA");
  return number_of(node, Type::double_precision, fmt::format("adql_area({})", listed(values)),
                   values);
}

Value coordinate(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 1, node.text + "(point)");
  need_type(values[0], 'p', "the argument of " + node.text);
  return number_of(node, Type::double_precision,
                   fmt::format("adql_{}({})", to_lower(node.text), listed(values)), values);
}

Value coordsys(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 1, "COORDSYS(geometry)");
  need_type(values[0], 'g', "the argument of COORDSYS");
  return number_of(node, Type::text, fmt::format("adql_coordsys({})", listed(values)), values);
}

// The point as "lon, lat".
std::string lon_lat(const Value& point) {
  if (point.parts.size() == 2) return listed(point.parts);
  return fmt::format("adql_coord1({0}), adql_coord2({0})", point.blob);
}

// A POINT of two numbers that stand in another function.
Value point_at(const Node& node, const Value& lon, const Value& lat) {
  return point(node, {lon, lat});
}

Value distance(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 2 || values.size() == 4,
             "DISTANCE(point, point) or DISTANCE(lon, lat, lon, lat)");
  if (values.size() == 4) {
    need_numbers(values, 0, node);
    values = {point_at(node, values[0], values[1]), point_at(node, values[2], values[3])};
  }
  for (const Value& each : values) need_type(each, 'p', "an argument of DISTANCE");
  const bool plain = values[0].parts.size() == 2 && values[1].parts.size() == 2;
  const std::string operands =
      plain ? lon_lat(values[0]) + ", " + lon_lat(values[1]) : listed(values);
  Value result =
      number_of(node, Type::double_precision, fmt::format("adql_distance({})", operands), values);
  result.parts = std::move(values);
  return result;
}

// Whether the first lies in the second, by the quickest function.
std::string contains_sql(const Value& inner, const Value& outer) {
  if (inner.parts.size() != 2) return fmt::format("adql_contains({}, {})", inner.blob, outer.blob);
  if (outer.parts.size() == 3)
    return fmt::format("adql_point_in_circle({}, {})", listed(inner.parts), listed(outer.parts));
  return fmt::format("adql_point_in({}, {})", listed(inner.parts), outer.blob);
}

Value relation(const Node& node, std::vector<Value> values) {
  need_count(node, values, values.size() == 2, node.text + "(geometry, geometry)");
  for (const Value& each : values) need_type(each, 'g', "an argument of " + node.text);
  Value& a = values[0];
  Value& b = values[1];
  std::string sql;
  if (!a.type || !b.type) {
    sql = "NULL";
  } else if (node.text == "CONTAINS" || *a.type == Type::point) {
    sql = contains_sql(a, b);
  } else if (*b.type == Type::point) {
    sql = contains_sql(b, a);
  } else {
    sql = fmt::format("adql_intersects({}, {})", a.blob, b.blob);
  }
  Value result = number_of(node, Type::integer, std::move(sql), values);
  result.parts = std::move(values);
  return result;
}

struct Maker {
  std::string_view name;
  bool framed;  // may begin with a coordinate system
  Value (*make)(const Node&, std::vector<Value>);
};
constexpr Maker makers[] = {
    {"POINT", true, point},        {"CIRCLE", true, circle},        {"BOX", true, box},
    {"CENTROID", false, centroid}, {"AREA", false, area},           {"COORD1", false, coordinate},
    {"COORD2", false, coordinate}, {"COORDSYS", false, coordsys},   {"DISTANCE", false, distance},
    {"CONTAINS", false, relation}, {"INTERSECTS", false, relation},
};

// The source whose index knows the value as its point.
const Source* placed_at(const Value& lon, const Value& lat) {
  const Source* source = lon.source;
  if (source == nullptr || source != lat.source || source->table == nullptr) return nullptr;
  const std::optional<PositionIndex>& index = source->table->index;
  if (!index || index->lon.empty()) return nullptr;
  return lon.column->name == index->lon && lat.column->name == index->lat ? source : nullptr;
}

// The source whose index bounds the geometry.
const Source* indexed_by(const Value& value) {
  if (value.parts.size() == 2) return placed_at(value.parts[0], value.parts[1]);
  const Source* source = value.source;
  if (source == nullptr || source->table == nullptr || !source->table->index) return nullptr;
  return !source->table->index->region.empty() && value.column->name == source->table->index->region
             ? source
             : nullptr;
}

bool local(const Source* source, const Value& value) {
  return std::ranges::any_of(value.references, [&](const Reference& each) {
    return each.source == source && !each.outer;
  });
}

void need(Near& near, const Value& value) {
  for (const Reference& each : value.references) {
    if (!each.outer && std::ranges::find(near.needs, each.source) == near.needs.end())
      near.needs.push_back(each.source);
  }
  near.constant = near.constant && value.references.empty();
}

// What may lie near a geometry: of `place`'s source, by `other`, which does not depend on it.
void add_near(std::vector<Near>& all, const Value& place, const Value& other) {
  const Source* source = indexed_by(place);
  if (source == nullptr || local(source, other) || other.aggregate) return;
  if (std::ranges::any_of(place.references, &Reference::outer)) return;
  Near near{source, {}, {}, true, 0};
  need(near, other);
  if (other.parts.size() == 2) {
    near.arguments = listed(other.parts) + ", 0.0";
  } else if (other.parts.size() == 3) {
    near.arguments = listed(other.parts);
    near.reach = other.parts[2].number.value_or(0);
  } else {
    near.arguments = other.blob;
  }
  all.push_back(std::move(near));
}

// The centre of a circle around a source's own point, when the radius is not the source's: what
// lies in the circle has its centre that near.
void add_centre_near(std::vector<Near>& all, const Value& point, const Value& circle) {
  if (circle.parts.size() != 3 || point.type != Type::point) return;
  for (Near& near : distance_near(point, circle, circle.parts[2])) all.push_back(std::move(near));
}

}  // namespace

std::vector<Near> distance_near(const Value& a, const Value& b, const Value& radius) {
  std::vector<Near> all;
  const auto centre = [](const Value& value) {
    return value.parts.size() >= 2 ? placed_at(value.parts[0], value.parts[1]) : indexed_by(value);
  };
  for (const auto& [place, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const Source* source = centre(*place);
    if (source == nullptr || local(source, *other) || local(source, radius)) continue;
    if (std::ranges::any_of(place->references, &Reference::outer)) continue;
    if (radius.aggregate || other->aggregate || radius.number.value_or(0) >= 180) continue;
    Near near{source, {}, {}, true, radius.number.value_or(0)};
    need(near, *other);
    need(near, radius);
    const std::string position = other->parts.size() >= 2
                                     ? other->parts[0].sql + ", " + other->parts[1].sql
                                     : lon_lat(*other);
    near.arguments = fmt::format(
        "{}, {}", position, radius.number ? radius.sql : fmt::format("min({}, 180.0)", radius.sql));
    all.push_back(std::move(near));
  }
  return all;
}

std::vector<Near> contains_near(const Value& a, const Value& b) {
  std::vector<Near> all;
  add_near(all, a, b);
  add_near(all, b, a);
  add_centre_near(all, a, b);
  return all;
}

std::vector<Near> intersects_near(const Value& a, const Value& b) {
  std::vector<Near> all = contains_near(a, b);
  add_centre_near(all, b, a);
  return all;
}

// POLYGON and REGION write a text of their own; the others are in the table.
std::optional<Value> Translator::geometry(const Node& node, const Scope& scope) {
  const bool polygon = node.text == "POLYGON";
  const bool region = node.text == "REGION";
  const auto row = std::ranges::find(makers, node.text, &Maker::name);
  if (row == std::end(makers) && !polygon && !region) return std::nullopt;
  std::vector<Value> values = arguments(node, scope);
  if (region) {
    need_count(node, values, values.size() == 1 && values[0].text, "REGION('a literal of STC-S')");
    return shape(node, Type::region, fmt::format("adql_region({})", values[0].sql), values);
  }
  if (polygon || row->framed) drop_frame(values);
  if (!polygon) return row->make(node, std::move(values));
  const bool points = begins_with_geometry(values);
  need_count(node, values,
             points ? values.size() >= 3 : values.size() >= 6 && values.size() % 2 == 0,
             "POLYGON(lon, lat, lon, lat, lon, lat, ...) or POLYGON(point, point, point, ...)");
  for (std::size_t i = 0; i < values.size(); ++i) {
    need_type(values[i], points ? 'p' : 'n', "a vertex of POLYGON");
    if (!points && i % 2 == 1) check_lat(values[i]);
  }
  if (values.size() <= most_numbers)
    return shape(node, Type::polygon, fmt::format("adql_polygon({})", listed(values)), values);
  if (!all_constant(values))
    refuse(node.place, fmt::format("a POLYGON of columns has at most {} vertices",
                                   points ? most_numbers : most_numbers / 2));
  std::string text;
  for (const Value& each : values) text += (text.empty() ? "" : " ") + to_text(*each.number);
  return shape(node, Type::polygon, fmt::format("adql_region({})", text_sql(text)), values);
}

}  // namespace soda::tap
