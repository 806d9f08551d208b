#include "cutout/positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <span>
#include <utility>

#include "base/failure.h"
#include "base/text.h"

namespace soda::cutout {
namespace {

// value in the unit of BRECT = value * factor
struct Unit {
  std::string_view name;
  double factor;
  std::string_view brect;
};
constexpr std::array<Unit, 9> units = {{{"", 1, "deg"},
                                        {"deg", 1, "deg"},
                                        {"degree", 1, "deg"},
                                        {"arcmin", 60, "arcsec"},
                                        {"arcsec", 1, "arcsec"},
                                        {"mas", 1e-3, "arcsec"},
                                        {"rad", 180 / std::numbers::pi, "deg"},
                                        {"pixel", 1, "pixel"},
                                        {"pix", 1, "pixel"}}};

const Unit& unit_of(const Column& column) {
  const auto found = std::ranges::find_if(
      units, [&](const Unit& unit) { return equal_ignoring_case(unit.name, trim(column.unit)); });
  if (found != units.end()) return *found;
  throw Failure(FailureKind::usage,
                fmt::format("UPLOAD: the column \"{}\" is in \"{}\"; deg, arcmin, arcsec, mas, rad "
                            "and pixel are known",
                            quoted(column.name), quoted(column.unit)),
                "UPLOAD");
}

// Degrees; empty where the unit is no angle of that kind.
std::optional<double> degrees(double value, const Unit& unit) {
  if (unit.brect == "pixel") return std::nullopt;
  return unit.brect == "arcsec" ? value * unit.factor / 3600 : value * unit.factor;
}

constexpr std::size_t absent = static_cast<std::size_t>(-1);

std::size_t by_name(const std::vector<Column>& columns,
                    std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto found = std::ranges::find_if(
        columns, [&](const Column& column) { return equal_ignoring_case(column.name, name); });
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  }
  return absent;
}

std::size_t coordinate(const std::vector<Column>& columns, std::string_view name,
                       std::string_view ucd) {
  std::size_t at = by_name(columns, {name});
  for (std::size_t i = 0; at == absent && i < columns.size(); ++i) {
    if (equal_ignoring_case(columns[i].ucd, ucd)) at = i;
  }
  if (at == absent) {
    throw Failure(
        FailureKind::usage,
        fmt::format("UPLOAD: the table has no column \"{}\" and none with the UCD {}", name, ucd),
        "UPLOAD");
  }
  if (degrees(1, unit_of(columns[at]))) return at;
  throw Failure(FailureKind::usage,
                fmt::format("UPLOAD: the column \"{}\" is in pixels, an angle is expected",
                            quoted(columns[at].name)),
                "UPLOAD");
}

// Empty for NULL.
std::string text_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(trim(*text));
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return to_text(*real);
  return {};
}

struct RowFault {
  std::string sentence;
};

}  // namespace

struct PositionReader::Columns {
  explicit Columns(const std::vector<Column>& table)
      : ra(coordinate(table, "ra", "pos.eq.ra;meta.main")),
        dec(coordinate(table, "dec", "pos.eq.dec;meta.main")),
        radius(by_name(table, {"radius"})),
        width(by_name(table, {"width"})),
        height(by_name(table, {"height"})),
        id(by_name(table, {"id", "obs_publisher_did"})),
        collection(by_name(table, {"collection", "obs_collection"})),
        band(by_name(table, {"band"})),
        time(by_name(table, {"time"})) {
    unit.resize(table.size(), &units.front());
    for (const auto at : {ra, dec, radius, width, height}) {
      if (at != absent) unit[at] = &unit_of(table[at]);
    }
    if (height != absent && width == absent) {
      throw Failure(FailureKind::usage, "UPLOAD: the table has a column height but none width",
                    "UPLOAD");
    }
    if (width != absent && height != absent && unit[width]->brect != unit[height]->brect) {
      throw Failure(FailureKind::usage,
                    "UPLOAD: the columns width and height are in different units", "UPLOAD");
    }
  }

  std::size_t ra, dec, radius, width, height, id, collection, band, time;
  std::vector<const Unit*> unit;  // by column
};

namespace {

struct Row {
  std::span<const Cell> cells;
  std::int64_t number;

  std::optional<std::string> text(std::size_t column) const {
    if (column == absent) return std::nullopt;
    std::string value = text_of(cells[column]);
    return value.empty() ? std::nullopt : std::optional(std::move(value));
  }
  // Empty: there is no such column, or it is NULL.
  std::optional<double> number_of(std::size_t column, std::string_view name) const {
    const auto value = text(column);
    if (!value) return std::nullopt;
    const auto real = to_double(*value);
    if (real && std::isfinite(*real)) return real;
    throw RowFault{fmt::format("{} is \"{}\", a number is expected", name, quoted(*value))};
  }
};

}  // namespace

PositionReader::PositionReader(std::unique_ptr<TableReader> table, std::string own_size)
    : table_(std::move(table)),
      columns_(std::make_unique<const Columns>(table_->columns())),
      own_size_(std::move(own_size)) {}

PositionReader::~PositionReader() = default;

bool PositionReader::next(Position& position) {
  position = {};
  try {
    if (!table_->next()) return false;
    position.row = table_->row_number();
    fill(position);
  } catch (const RowFailure& failure) {
    position.row = table_->row_number();
    position.fault = fmt::format("row {}: {}", position.row, failure.reason());
  } catch (const RowFault& fault) {
    position.fault = fmt::format("row {}: {}", position.row, fault.sentence);
  }
  return true;
}

void PositionReader::fill(Position& position) const {
  const Columns& c = *columns_;
  const Row row{table_->row(), position.row};
  const auto ra = row.number_of(c.ra, "ra");
  const auto dec = row.number_of(c.dec, "dec");
  if (!ra || !dec) throw RowFault{"ra or dec is missing"};
  const double lon = degrees(*ra, *c.unit[c.ra]).value_or(NAN);
  const double lat = degrees(*dec, *c.unit[c.dec]).value_or(NAN);
  if (!(std::abs(lat) <= 90)) {
    throw RowFault{fmt::format("dec is {}, -90 to 90 degrees are expected", to_text(lat))};
  }
  position.at =
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat));
  position.id = row.text(c.id);
  position.collection = row.text(c.collection);
  position.band = row.text(c.band);
  position.time = row.text(c.time);

  const std::string place = fmt::format("{} {}", to_text(lon), to_text(lat));
  if (const auto radius = row.number_of(c.radius, "radius")) {
    const auto angle = degrees(*radius, *c.unit[c.radius]);
    if (!angle) throw RowFault{"radius is in pixels, an angle is expected"};
    position.shape = {"CIRCLE", fmt::format("{} {}", place, to_text(*angle))};
  } else if (const auto width = row.number_of(c.width, "width")) {
    const Unit& unit = *c.unit[c.width];
    const double w = *width * unit.factor;
    const auto height = row.number_of(c.height, "height");
    const double h = height ? *height * c.unit[c.height]->factor : w;
    position.shape = {"POS",
                      fmt::format("BRECT {} {} {} {}", place, to_text(w), to_text(h), unit.brect)};
  } else if (own_size_.empty()) {
    throw RowFault{"the row has no radius or width, and the job no RADIUS or BOX"};
  } else {
    const auto [word, size] = split_word(own_size_);
    position.shape = {"POS", fmt::format("{} {} {}", word, place, size)};
  }
}

}  // namespace soda::cutout
