// A file of a table as one of the archive's own tables, which queries read beside ObsCore.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/declared_table.h"
#include "ingest/catalogue.h"
#include "store/database.h"

namespace soda::ingest {

// `name` is "schema.table". Where `declared` has a table of that name with columns, these are
// taken, by name (letter case ignored); else all that the file has, as the file declares them.
// A column with a position (UCD pos.eq.ra and pos.eq.dec, degrees) or a region (xtype) is indexed
// on the sky. A table of that name that was there before is replaced when the file has been read
// to its end; until then it stays.
//
// Rows that cannot be read, or whose values are not of their column's type, are left out one by
// one. Throws Failure(usage): no table, a table that breaks off, a declared column that the file
// does not have or has in another unit, see also store::OwnTableWriter; Failure(too_large);
// Failure(unavailable) as import_catalogue.
ImportReport import_table(store::Database& database, const std::string& path, std::string_view name,
                          std::span<const DeclaredTable> declared,
                          const std::function<void(std::int64_t)>& progress);

}  // namespace soda::ingest
