// Writes one row of `dataset` with all that the indexes need. Private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sky/footprint.h"
#include "store/columns.h"
#include "store/database.h"
#include "store/obscore.h"

namespace soda::store {

// The footprint that a record describes: s_region, or else a circle of s_fov about s_ra, s_dec,
// which then becomes s_region. Empty when it describes none. Throws Failure(usage) for an s_region
// that is not understood.
std::optional<sky::Footprint> footprint_of(ObsCore& record);

class DatasetRows {
 public:
  // `own` are the archive's own columns, as own_columns() gives them.
  DatasetRows(Database& database, const std::vector<Column>& own);
  // Inserts, or rewrites the row that has the identifier, whose number stays. `own` are the values
  // of the archive's own columns in their order; those beyond its end are NULL. No file: from a
  // catalogue.
  void put(std::optional<std::int64_t> file, int hdu, const ObsCore& record,
           std::span<const Value> own, const std::optional<sky::Footprint>& footprint);

 private:
  void put_in_trees(std::int64_t id, const ObsCore& record,
                    const std::optional<sky::Footprint>& footprint);

  Database& database_;
  std::size_t own_count_;
  std::string upsert_;
};

}  // namespace soda::store
