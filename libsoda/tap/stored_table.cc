#include "tap/stored_table.h"

#include <fmt/format.h>

namespace soda::tap {

TableColumn stored_column(const Column& declared, std::size_t index, const store::TableForm& form) {
  TableColumn column;
  static_cast<Column&>(column) = declared;
  column.adql = type_of(column);
  column.sql = fmt::format("{{}}.\"{}\"", form.columns.at(index));
  const store::Position& position = form.position;
  if (position.region == index && !form.shape.empty()) {
    column.geometry = fmt::format("{{}}.\"{}\"", form.shape);
  }
  const bool places = position.region == index || position.lon == index || position.lat == index;
  column.indexed = places && !form.rtree.empty();
  return column;
}

void set_source(Table& table, const store::TableForm& form) {
  table.source = form.source;
  if (form.rtree.empty()) return;
  const auto name_of = [&](const std::optional<std::size_t>& index) {
    return index ? table.columns.at(*index).name : std::string();
  };
  table.index = PositionIndex{form.rtree, "{}.\"rowid\"", name_of(form.position.region),
                              name_of(form.position.lon), name_of(form.position.lat)};
}

}  // namespace soda::tap
