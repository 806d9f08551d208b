// Tables beside ObsCore that an archive offers to queries: what is declared of them, and their
// rows, in the archive's data base. Each is made whole by one import, and read by statements only
// (select.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/declared_table.h"
#include "base/handle.h"
#include "store/database.h"
#include "store/select.h"

namespace soda::store {

struct OwnTable : DeclaredTable {
  TableForm form;
};

// In order of their names; those of the present transaction or snapshot.
std::vector<OwnTable> own_tables(Database& database);

// Fills a new table, which takes the place of one of the same name when it is finished: until then
// readers see the old one, and an import that ends before has changed nothing. To be used outside a
// transaction.
class OwnTableWriter {
 public:
  // Takes the right to ingest (Database::claim). Throws Failure(usage): a name, a column's name or
  // a key's column that cannot be; no column, or more than 1000; columns whose names differ in
  // letter case only.
  OwnTableWriter(Database& database, const DeclaredTable& declared);
  ~OwnTableWriter();
  OwnTableWriter(const OwnTableWriter&) = delete;
  OwnTableWriter& operator=(const OwnTableWriter&) = delete;

  // One cell for each column, of its type. Rows are written in batches, neighbours on the sky
  // together.
  void add(std::span<const Cell> row);
  // Makes the indexes and the name.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Takes the right to ingest; false when there is no table of that name (letter case ignored).
bool drop_own_table(Database& database, std::string_view name);

}  // namespace soda::store
