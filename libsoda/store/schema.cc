#include "store/schema.h"

#include <fmt/format.h>

#include <array>

#include "store/obscore.h"

namespace soda::store {
namespace {

// file.did is the identifier of the whole file, without #HDU. Lists of whole numbers (shapes,
// tiles) are text, lists of reals are blobs of little-endian doubles. `counter` holds a number that
// is drawn anew whenever the holdings change, so that a responder knows what to forget even when
// the file was exchanged for another.
constexpr std::string_view tables = R"sql(
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('holdings', random());

CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  root TEXT NOT NULL, path TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, gzipped INTEGER NOT NULL,
  collection TEXT NOT NULL, did TEXT NOT NULL, problem TEXT,
  UNIQUE (root, path));
CREATE UNIQUE INDEX file_did ON file (did COLLATE NOCASE);

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

constexpr std::string_view indexes = R"sql(
CREATE UNIQUE INDEX dataset_did ON dataset (obs_publisher_did COLLATE NOCASE);
CREATE INDEX dataset_file ON dataset (file, hdu);
CREATE INDEX dataset_obs_id ON dataset (obs_id);
CREATE INDEX dataset_collection_t_min ON dataset (obs_collection, t_min);
)sql";

constexpr std::array<std::string_view, 3> type_names = {"TEXT", "INTEGER", "REAL"};

}  // namespace

std::string schema_sql() {
  // Identifiers of data sets are never used again, so that what refers to one (a job, an index)
  // cannot come to mean another.
  std::string sql(tables);
  sql +=
      "CREATE TABLE dataset (\n  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
      "  file INTEGER NOT NULL REFERENCES file ON DELETE CASCADE, hdu INTEGER NOT NULL";
  for (const ObsCoreColumn& column : obscore_columns()) {
    sql +=
        fmt::format(",\n  {} {}", column.name, type_names[static_cast<std::size_t>(column.type)]);
    if (!column.nullable) sql += " NOT NULL";
  }
  sql += ");\n";
  sql += indexes;
  return sql;
}

}  // namespace soda::store
