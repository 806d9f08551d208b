#include "store/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/database.h"
#include "store/indexed.h"
#include "store/obscore.h"

namespace soda::store {
namespace {

// file.did is the identifier of the whole file, without #HDU; file.stem its name as headers of
// other files may give it (stem_of in relations.h). `relation` is relations.h's; it refers to
// identifiers, not to rows, so that it outlives them. Lists of whole numbers (shapes,
// tiles) are text, lists of reals are blobs of little-endian doubles. `counter` holds a number that
// is drawn anew whenever the holdings change, so that a responder knows what to forget even when
// the file was exchanged for another. `notice` holds the last one at most (notice.h), in seconds
// since 1970.
constexpr std::string_view tables = R"sql(
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('holdings', random());

CREATE TABLE notice (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  reason TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER);

CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  root TEXT NOT NULL, path TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, gzipped INTEGER NOT NULL,
  collection TEXT NOT NULL, did TEXT NOT NULL, stem TEXT NOT NULL, problem TEXT,
  UNIQUE (root, path));
CREATE UNIQUE INDEX file_did ON file (did COLLATE NOCASE);
CREATE INDEX file_stem ON file (stem);

CREATE TABLE relation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  did TEXT NOT NULL COLLATE NOCASE, semantics TEXT NOT NULL, kind INTEGER NOT NULL,
  root TEXT NOT NULL, target TEXT NOT NULL,
  content_type TEXT NOT NULL, description TEXT NOT NULL, content_length INTEGER, author INTEGER NOT NULL,
  UNIQUE (did, semantics, kind, root, target));

CREATE TABLE hdu (
  file INTEGER NOT NULL REFERENCES file ON DELETE CASCADE, number INTEGER NOT NULL,
  kind TEXT NOT NULL, extname TEXT NOT NULL, extver INTEGER NOT NULL, bitpix INTEGER NOT NULL, shape TEXT NOT NULL,
  header_offset INTEGER NOT NULL, data_offset INTEGER NOT NULL, data_length INTEGER NOT NULL,
  compression TEXT NOT NULL, tile TEXT NOT NULL, grid INTEGER NOT NULL, all_sky INTEGER NOT NULL,
  em_min REAL, em_max REAL, t_min REAL, t_max REAL, pol_states TEXT NOT NULL, outline BLOB NOT NULL, cards TEXT NOT NULL,
  PRIMARY KEY (file, number));

CREATE TABLE auxiliary (
  file INTEGER NOT NULL, hdu INTEGER NOT NULL, number INTEGER NOT NULL,
  extname TEXT NOT NULL, extver INTEGER NOT NULL, extlevel INTEGER NOT NULL,
  column_name TEXT NOT NULL, row_number INTEGER NOT NULL,
  shape TEXT NOT NULL, array_values BLOB NOT NULL, cards TEXT NOT NULL,
  PRIMARY KEY (file, hdu, number),
  FOREIGN KEY (file, hdu) REFERENCES hdu ON DELETE CASCADE);
)sql";

// Rows leave the trees by hand (recorder.cc): SQLite lets no trigger of an untrusted schema write
// to virtual tables. own_column declares the archive's own columns of `dataset`, see columns.h, and
// own_table with its two companions the own tables, whose rows are in tables of their own, see
// own_tables.h. lon, lat and region are numbers of columns, from 1; a table without a name is being
// filled.
constexpr std::string_view more = R"sql(
CREATE TABLE own_column (
  position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type INTEGER NOT NULL,
  datatype TEXT NOT NULL, arraysize TEXT NOT NULL, xtype TEXT NOT NULL,
  unit TEXT NOT NULL, ucd TEXT NOT NULL, utype TEXT NOT NULL, description TEXT NOT NULL);

CREATE TABLE own_table (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE COLLATE NOCASE,
  description TEXT NOT NULL, utype TEXT NOT NULL, lon INTEGER, lat INTEGER, region INTEGER);
CREATE TABLE own_table_column (
  own_table INTEGER NOT NULL REFERENCES own_table ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, type INTEGER NOT NULL,
  datatype TEXT NOT NULL, arraysize TEXT NOT NULL, xtype TEXT NOT NULL,
  unit TEXT NOT NULL, ucd TEXT NOT NULL, utype TEXT NOT NULL, description TEXT NOT NULL,
  indexed INTEGER NOT NULL, principal INTEGER NOT NULL,
  PRIMARY KEY (own_table, position)) WITHOUT ROWID;
CREATE TABLE own_table_key (
  own_table INTEGER NOT NULL REFERENCES own_table ON DELETE CASCADE, position INTEGER NOT NULL,
  target TEXT NOT NULL, pairs TEXT NOT NULL, description TEXT NOT NULL,
  PRIMARY KEY (own_table, position)) WITHOUT ROWID;

CREATE UNIQUE INDEX dataset_did ON dataset (obs_publisher_did COLLATE NOCASE);
CREATE INDEX dataset_file ON dataset (file, hdu) WHERE file IS NOT NULL;
CREATE INDEX dataset_t_class ON dataset (t_class, t_min) WHERE t_class IS NOT NULL;
CREATE INDEX dataset_em_class ON dataset (em_class, em_min) WHERE em_class IS NOT NULL;

CREATE VIRTUAL TABLE sky3 USING rtree (id, x0, x1, y0, y1, z0, z1);
CREATE VIRTUAL TABLE sky5 USING rtree (id, x0, x1, y0, y1, z0, z1, t0, t1, e0, e1);
)sql";

}  // namespace

std::string_view sql_type(ColumnType type) {
  constexpr std::array<std::string_view, 3> names = {"TEXT", "INTEGER", "REAL"};
  return names[static_cast<std::size_t>(type)];
}

std::string schema_sql() {
  // A data set without a file is known from a catalogue only; its hdu is -1.
  // Identifiers of data sets are never used again, so that what refers to one (a job, an index)
  // cannot come to mean another.
  std::string sql(tables);
  sql +=
      "CREATE TABLE dataset (\n  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
      "  file INTEGER REFERENCES file ON DELETE CASCADE, hdu INTEGER NOT NULL,\n"
      "  shape BLOB, t_class INTEGER, em_class INTEGER";
  for (const ObsCoreColumn& column : obscore_columns()) {
    sql += fmt::format(",\n  {} {}", column.name, sql_type(column.type));
    if (!column.nullable) sql += " NOT NULL";
  }
  sql += ");\n";
  sql += more;
  const auto columns = obscore_columns();
  for (const std::string_view name : indexed_columns) {
    sql += fmt::format("CREATE INDEX dataset_{0} ON dataset ({0})", name);
    const bool nullable = std::any_of(columns.begin(), columns.end(), [&](const auto& column) {
      return column.name == name && column.nullable;
    });
    // NULL satisfies no question. (Of a column that cannot be NULL, SQLite would not use such an
    // index.)
    if (nullable) sql += fmt::format(" WHERE {} IS NOT NULL", name);
    sql += ";\n";
  }
  return sql;
}

const Schema& archive_schema() {
  static constexpr Schema schema{"The archive's data base",
                                 "make a new one by ingesting the archive anew",
                                 0x534F4441,  // "SODA"
                                 schema_version, schema_sql};
  return schema;
}

}  // namespace soda::store
