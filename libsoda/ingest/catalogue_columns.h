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
  struct Target {
    const store::ObsCoreColumn* obscore;  // or, when there is none,
    std::size_t own;                      // the index of one of the archive's own
  };
  struct Assignment {
    std::size_t from;  // index in the table
    Target target;
    ColumnType type;
    std::string name;
    Conversion conversion;
    std::string shape;  // what an s_region needs before its numbers
  };

  // The first column of the table that is the same and not taken yet, if there is one.
  void take(const std::vector<Column>& table, const Column& wanted, Target target,
            bool (*same)(const Column&, const Column&));
  void add(const Column& column, const Column& wanted, Assignment made);

  std::size_t own_count_;
  std::vector<bool> taken_;  // columns of the table
  std::vector<Assignment> assignments_;
  std::vector<std::string> ignored_;
};

}  // namespace soda::ingest
