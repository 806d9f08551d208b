// A catalogue that an archive has already, as rows of the store: ObsCore columns in a VOTable, a
// FITS table, CSV or TSV.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/table.h"
#include "store/database.h"

namespace soda::ingest {

struct ImportOptions {
  std::string collection;        // for rows that name none
  std::size_t batch = 10'000;    // rows a transaction
  std::vector<Column> own = {};  // the archive's own columns, as its settings declare them
};

struct RejectedRow {
  std::int64_t row;  // of the table, from 1
  std::string reason;
};

struct ImportReport {
  std::int64_t imported = 0, rejected = 0;
  std::vector<RejectedRow> examples;  // the first of the rejected ones
  std::vector<std::string> ignored;   // columns that the archive does not have
  std::string broken;                 // why the table could not be read to its end; empty: it was
};
inline constexpr std::size_t most_examples = 20;

// Columns are found by name, letter case ignored, then by utype; the archive's own columns by name
// too. Numbers in another unit are converted. Where the table has no s_region, or the row's is
// empty, it becomes a circle of the diameter s_fov around s_ra, s_dec. Rows replace those of the
// same obs_publisher_did; a second one in the same table is rejected.
//
// Each batch is one transaction. Rows that cannot be taken (store::Recorder::import_rows says why)
// are left out one by one; a table that breaks off keeps what came before. `progress` gets the
// number of rows read, after each batch.
//
// Throws Failure(usage): no table, a column that is needed is missing (obs_publisher_did, obs_id,
// calib_level, and obs_collection unless the options name one), a unit that cannot be converted;
// Failure(too_large); Failure(unavailable): the file cannot be read, another ingest is at work, the
// data base cannot be written.
ImportReport import_catalogue(store::Database& database, const std::string& path,
                              const ImportOptions& options,
                              const std::function<void(std::int64_t)>& progress);

}  // namespace soda::ingest
