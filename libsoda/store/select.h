// Statements that come from outside (translated ADQL), run on a connection of their own under
// guard.
//
// A Selector is kept for as long as its process lives; an Inquiry is one question put to it: its
// temporary tables (uploads, TAP_SCHEMA) are made first, then one statement is run and read row by
// row. Nothing of an inquiry is left for the next.
//
// What a statement can do: read the archive's published columns (ObsCore's, the archive's own, its
// number `id` and footprint `shape`), the R*Tree sky3, own tables (own_tables.h) and the inquiry's
// temporary tables, by the functions of adql_functions.h and a list of SQLite's own. SQLite asks
// about each when it compiles the statement; everything else is refused there, whatever the
// translation lets through: other tables, pragmas, ATTACH, writing, recursion, extensions. Text in
// double quotes is never a string.
//
// Failures: usage for what the guards cut and for values that the functions refuse, in sentences
// for the client; internal for a statement that does not compile, which is a defect of the
// translation; those of database.h otherwise.
// One object, one thread, one Inquiry at a time; after fork() the child must not use its parent's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "store/columns.h"

namespace soda::store {

// From the making of the Inquiry to its end.
struct Guards {
  std::chrono::milliseconds time{10'000};
  // Bytes that SQLite takes for this inquiry beyond what the process has; sorting and temporary
  // tables go on in files when they outgrow it.
  std::size_t memory = std::size_t{48} << 20;
  std::int64_t scratch = std::int64_t{1} << 30;  // bytes of those files
  // Asked some hundred times a second; true ends the statement with Failure(unavailable).
  std::function<bool()> cancelled;
};

// Which of a table's columns say where on the sky a row is; indices into its columns.
struct Position {
  std::optional<std::size_t> lon, lat;  // degrees, both or none
  std::optional<std::size_t> region;    // text that adql_region() reads
  bool any() const noexcept { return lon.has_value() || region.has_value(); }
};
// By UCD (pos.eq.ra;meta.main and pos.eq.dec;meta.main, or the only pos.eq pair) and xtype (point,
// circle, polygon, adql:REGION).
Position position_of(std::span<const Column> columns);

// How statements name a table that was made from outside.
struct TableForm {
  std::string source;                // temp."table1", main."own3"
  std::vector<std::string> columns;  // c1, c2 … in the order declared
  Position position;
  // R*Tree of the rows by rowid with the columns id, x0, x1, y0, y1, z0, z1, whose boxes hold the
  // position and the region: empty where there is no position. (That of a temporary table is built
  // when a statement names it.)
  std::string rtree;
  std::string shape;  // column with the geometry (adql_functions.h) of the region; empty: none
};

struct TableBounds {
  std::int64_t rows = 1'000'000;
  std::int64_t bytes = std::int64_t{256} << 20;  // of all cells
};

class Inquiry;

class Selector {
 public:
  // Nothing is opened before the first Inquiry; the file may be replaced between two.
  explicit Selector(std::string path);
  ~Selector();
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;

  struct Impl;

 private:
  friend class Inquiry;
  std::unique_ptr<Impl> impl_;
};

// Rows going into a temporary table.
class TemporaryTable {
 public:
  const TableForm& form() const noexcept;
  // One cell for each column, or fewer (NULL). Throws Failure(too_large) at a bound.
  void add(std::span<const Cell> row);

  struct Impl;

 private:
  friend class Inquiry;
  explicit TemporaryTable(Impl& impl) : impl_(&impl) {}
  Impl* impl_;  // the Inquiry's
};

class Inquiry {
 public:
  // Begins a snapshot of the archive.
  Inquiry(Selector& selector, Guards guards);
  ~Inquiry();
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  // Of the snapshot: another number when tables have been made or dropped (PRAGMA schema_version).
  std::int64_t schema_version() const noexcept;
  // `name` is of failures' sentences ("the upload stars").
  TemporaryTable make_table(std::string_view name, std::span<const Column> columns,
                            const TableBounds& bounds = {});
  // Compiles and begins to run: to be called once, after the last add(). `bindings` are those of
  // ?1, ?2 …
  void select(std::string_view sql, std::span<const Value> bindings);
  std::size_t width() const noexcept;  // columns of a row
  bool next();
  // Cells as SQLite has them (a blob is a text of bytes); valid until the next call of next().
  std::span<const Cell> row() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::store
