// A table of positions (UPLOAD) as the cuts that its rows ask for.
//
// Columns, by name (letter case ignored) or, for the first two, by UCD: ra and dec (also
// pos.eq.ra;meta.main, pos.eq.dec;meta.main; degrees or radians, ICRS); radius, or width with
// height (without: a square), each in degrees, arcmin, arcsec, radians, and width and height also
// in pixels, as the column's unit says (degrees without one); id (of the data set to cut; also
// obs_publisher_did), collection (also obs_collection), band (metres) and time (MJD), each "lo hi"
// or one value. Other columns do not matter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/table_reader.h"
#include "http/form.h"
#include "sky/direction.h"

namespace soda::cutout {

struct Position {
  std::int64_t row = 0;  // from 1
  std::string fault;     // why nothing can be cut for this row; empty: all is well
  sky::Direction at;
  http::Field shape;  // of a request: CIRCLE or POS
  std::optional<std::string> id, collection, band, time;
};

class PositionReader {
 public:
  // `own_size` is the shape of rows that have no size: "CIRCLE 0.1" or "BRECT 51 51 pixel"; empty:
  // such rows are at fault. Throws Failure(usage): no column for ra or dec, a unit that is not
  // known.
  PositionReader(std::unique_ptr<TableReader> table, std::string own_size);
  ~PositionReader();
  // Failure as the table's, but for rows: these are at fault.
  bool next(Position& position);

 private:
  struct Columns;
  void fill(Position& position) const;

  std::unique_ptr<TableReader> table_;
  std::unique_ptr<const Columns> columns_;
  std::string own_size_;
};

}  // namespace soda::cutout
