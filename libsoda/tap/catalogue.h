// What may be asked: the tables of the site, their columns, and how each is had from SQLite. Filled
// by the service from the one declaration of columns (ObsCore with the archive's own ones,
// TAP_SCHEMA, the archive's own tables, the uploads of one request); read by the translation, and
// by whoever writes TAP_SCHEMA and /tables.
//
// Everything here is trusted text: the SQL fragments are ours, and names come from declarations
// that were checked. "{}" in a fragment stands for the alias of the row source, already quoted; it
// may stand there several times. Positions are ICRS degrees.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"

namespace soda::tap {

// The types of ADQL 2.1 (section 3.2), CHAR, VARCHAR and CLOB being one. `region` is the type of
// STC-S text columns such as s_region (xtype adql:REGION).
enum class Type {
  smallint,
  integer,
  bigint,
  real,
  double_precision,
  text,
  timestamp,
  point,
  circle,
  polygon,
  region,
  interval,
  blob
};

bool is_numeric(Type type);
bool is_integer(Type type);   // smallint, integer, bigint
bool is_geometry(Type type);  // point, circle, polygon, region
// "a number", "a character string", "a polygon": for messages.
std::string_view said(Type type);
// The type of a column declared in VOTable's terms (TAP 1.1 section 4.3): datatype short, int,
// long, float, double, char, boolean…, with its arraysize and xtype. What ADQL cannot compute with
// (an array of numbers without an xtype) is a blob.
Type type_of(const Column& column);

// `name` as it is to be shown, without quotes; a name that ADQL takes only in quotes (a reserved
// word, a blank) is stored plain, see identifier().
struct TableColumn : Column {
  Type adql = Type::text;
  bool indexed = false, principal = false, standard = false;
  // The value: `{}."obs_id"`, a call, CASE … END or what is in parentheses. An indexed column is
  // the bare column, so that SQLite can use the index.
  std::string sql;
  // SQLite has an index of it that ignores ASCII case, and no other: equality is asked of it first.
  bool folded = false;
  // Of a geometry: the expression of the blob that the functions of store/adql_functions.h take
  // (`{}."shape"`). Empty: it must be parsed from the text of `sql` with adql_region.
  std::string geometry;
};

// An R*Tree of boxes in the space of unit vectors: columns id, x0, x1, y0, y1, z0, z1.
struct PositionIndex {
  std::string rtree;  // `main."sky3"`
  std::string row;    // the expression equal to its id: `{}."id"`
  // What the boxes hold of each row, as names of columns; empty: nothing of that kind. A box that
  // holds a region and a point bounds both.
  std::string region;
  std::string lon, lat;
};

struct ForeignKey {
  std::string id, target;  // target: `schema.table`
  struct Pair {
    std::string from, to;
  };
  std::vector<Pair> columns;
  std::string description, utype;
};

struct Table {
  std::string schema, name;
  std::string kind = "table";  // or "view"
  std::string description, utype;
  std::vector<TableColumn> columns;  // in the order of SELECT *
  std::vector<ForeignKey> keys;
  std::string source;  // `main."dataset"`, or a SELECT in parentheses
  std::optional<PositionIndex> index;
  // ORDER BY when the query gives none and reads this table only; empty: none.
  std::string order;
};

struct Schema {
  std::string name, description, utype;
};

struct Catalogue {
  std::vector<Schema> schemas;
  std::vector<Table> tables;
};

// Whether ADQL 2.1 reserves the word (its section 2.1.3), in any case.
bool is_reserved(std::string_view word);
// The name as it stands in a query: as it is when it is a regular identifier, else in double
// quotes.
std::string identifier(std::string_view name);
// `schema.table` as it stands in a query: what TAP_SCHEMA.tables.table_name holds.
std::string table_name(const Table& table);

}  // namespace soda::tap
