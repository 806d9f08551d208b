#include "store/dataset_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/failure.h"
#include "store/indexed.h"
#include "store/place.h"
#include "store/rows.h"

namespace soda::store {
namespace {

// Inserts, or rewrites the row that has the identifier.
std::string upsert_statement(const std::vector<Column>& own) {
  std::vector<std::string> names = {"file", "hdu"};
  for (const std::string_view name : hidden_columns) names.emplace_back(name);
  for (const ObsCoreColumn& column : obscore_columns()) names.push_back(column.name);
  for (const Column& column : own) names.push_back(column.name);
  std::string list, marks, assignments;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* separator = i == 0 ? "" : ", ";
    list += separator + names[i];
    marks += fmt::format("{}?{}", separator, i + 1);
    assignments += fmt::format("{0}{1} = excluded.{1}", separator, names[i]);
  }
  return fmt::format(
      "INSERT INTO dataset ({}) VALUES ({}) ON CONFLICT (obs_publisher_did COLLATE NOCASE) "
      "DO UPDATE SET {} RETURNING id",
      list, marks, assignments);
}

void bind_value(Statement& statement, int index, const Value& value) {
  struct Binder {
    Statement& statement;
    int index;
    void operator()(std::monostate) const { statement.bind_null(index); }
    void operator()(std::int64_t number) const { statement.bind(index, number); }
    void operator()(double number) const { statement.bind(index, number); }
    void operator()(const std::string& text) const {
      statement.bind(index, std::string_view(text));
    }
  };
  std::visit(Binder{statement, index}, value);
}

struct Extent {
  double lo = null_coordinate, hi = null_coordinate;
};

Extent extent_of(const std::optional<double>& lo, const std::optional<double>& hi,
                 double (*coordinate)(double)) {
  if (!lo || !hi || std::isnan(*lo) || std::isnan(*hi)) return {};
  const double a = coordinate(*lo), b = coordinate(*hi);
  return {std::min(a, b), std::max(a, b)};
}

void bind_box(Statement& row, std::int64_t id, const sky::Box& box) {
  row.bind(1, id);
  for (std::size_t k = 0; k < 3; ++k) {
    const int index = 2 + 2 * static_cast<int>(k);
    row.bind(index, box.lo[k]).bind(index + 1, box.hi[k]);
  }
}

}  // namespace

std::optional<sky::Footprint> footprint_of(ObsCore& record) {
  if (!record.s_region.empty()) return sky::Footprint::from_text(record.s_region);
  if (!record.s_ra || !record.s_dec || !record.s_fov) return std::nullopt;
  const double lon = *record.s_ra, lat = *record.s_dec, radius = *record.s_fov / 2;
  if (!std::isfinite(lon) || !(std::fabs(lat) <= 90) || !(radius > 0 && radius <= 180))
    return std::nullopt;
  record.s_region = circle_text(lon, lat, radius);
  return sky::Footprint(sky::Circle(
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat)),
      sky::Angle::from_degrees(radius)));
}

DatasetRows::DatasetRows(Database& database, const std::vector<Column>& own)
    : database_(database), own_count_(own.size()), upsert_(upsert_statement(own)) {}

void DatasetRows::put(std::optional<std::int64_t> file, int hdu, const ObsCore& record,
                      std::span<const Value> own, const std::optional<sky::Footprint>& footprint) {
  std::int64_t id = 0;
  {
    Statement row = database_.prepare(upsert_);
    row.bind(1, file).bind(2, std::int64_t{hdu});
    if (footprint) {
      row.bind_blob(3, footprint->bytes());
    } else {
      row.bind_null(3);
    }
    row.bind(4, width_class(record.t_min, record.t_max));
    row.bind(5, width_class(record.em_min, record.em_max));
    int index = bind_obscore(row, 6, record);
    for (std::size_t i = 0; i < own_count_; ++i)
      bind_value(row, index++, i < own.size() ? own[i] : Value());
    row.step();
    id = row.integer(0);
    row.run();
  }
  put_in_trees(id, record, footprint);
}

void DatasetRows::put_in_trees(std::int64_t id, const ObsCore& record,
                               const std::optional<sky::Footprint>& footprint) {
  std::optional<sky::Box> box;
  if (footprint) box = footprint->box();
  widen(box, record.s_ra, record.s_dec);
  if (box) {
    Statement three =
        database_.prepare("INSERT OR REPLACE INTO sky3 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    bind_box(three, id, *box);
    three.run();
  } else {
    database_.prepare("DELETE FROM sky3 WHERE id = ?1").bind(1, id).run();
  }
  if (!footprint) {
    database_.prepare("DELETE FROM sky5 WHERE id = ?1").bind(1, id).run();
    return;
  }
  const Extent time = extent_of(record.t_min, record.t_max, time_coordinate);
  const Extent wavelength = extent_of(record.em_min, record.em_max, wavelength_coordinate);
  Statement five = database_.prepare(
      "INSERT OR REPLACE INTO sky5 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  bind_box(five, id, footprint->box());
  five.bind(8, time.lo).bind(9, time.hi).bind(10, wavelength.lo).bind(11, wavelength.hi);
  five.run();
}

}  // namespace soda::store
