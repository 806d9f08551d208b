// Which column of a table goes where in a row of the store. Of use inside this room only.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/table.h"
#include "ingest/units.h"
#include "store/obscore.h"
#include "store/recorder.h"

namespace soda::ingest {

class CatalogueColumns {
 public:
  // Throws Failure(usage) for a unit that cannot be converted.
  CatalogueColumns(const std::vector<Column>& table, const std::vector<Column>& own);

  // Of ObsCore, by its name there.
  bool has(std::string_view obscore_column) const;
  const std::vector<std::string>& ignored() const noexcept { return ignored_; }
  // Returns what is wrong with the row, empty for nothing that can be seen here.
  std::string fill(std::span<const Cell> cells, store::CatalogueRow& row) const;

 private:
  // How a region that is only numbers becomes one: by its xtype (DALI 1.1 section 3.3).
  struct Target {
    std::size_t from;                               // index in the table
    const store::ObsCoreColumn* obscore = nullptr;  // or
    std::size_t own = 0;                            // index there
    ColumnType type = ColumnType::text;
    std::string name;
    Conversion conversion;
    std::string shape;  // put before the numbers of an s_region
  };

  void add(const Column& column, Target target, const Column& wanted);

  std::size_t own_count_;
  std::vector<Target> targets_;
  std::vector<std::string> ignored_;
};

}  // namespace soda::ingest
