// An archive with a few data sets and an upload, the catalogue of both, and queries to them: what
// the tests of the room tap ask.
#pragma once

#include <sqlite3.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "scratch.h"
#include "store/adql_functions.h"
#include "store/columns.h"
#include "store/recorder.h"
#include "store/select.h"
#include "tap/translate.h"

namespace tap_archive {

using namespace soda;

inline tap::TableColumn column(const std::string& name, const std::string& datatype,
                               const std::string& sql) {
  tap::TableColumn made;
  made.name = name;
  made.datatype = datatype;
  if (datatype == "char") made.arraysize = "*";
  if (datatype == "int") made.type = ColumnType::integer;
  if (datatype == "double") made.type = ColumnType::real;
  made.adql = tap::type_of(made);
  made.sql = sql;
  return made;
}

inline tap::Table obscore(const std::vector<Column>& columns) {
  tap::Table table;
  table.schema = "ivoa";
  table.name = "ObsCore";
  table.source = "main.\"dataset\"";
  table.index = tap::PositionIndex{"main.\"sky3\"", "{}.\"id\"", "s_region", "s_ra", "s_dec"};
  for (const Column& declared : columns) {
    tap::TableColumn made;
    static_cast<Column&>(made) = declared;
    made.adql = tap::type_of(declared);
    made.sql = "{}.\"" + declared.name + "\"";
    if (declared.name == "s_region") made.geometry = "{}.\"shape\"";
    made.indexed = declared.name == "obs_id" || declared.name == "obs_publisher_did";
    made.folded = declared.name == "obs_publisher_did";
    table.columns.push_back(made);
  }
  return table;
}

// The upload's columns as a TemporaryTable has them.
inline tap::Table upload() {
  tap::Table table;
  table.schema = "TAP_UPLOAD";
  table.name = "stars";
  table.source = "temp.\"table1\"";
  table.columns = {column("name", "char", "{}.\"c1\""), column("ra", "double", "{}.\"c2\""),
                   column("dec", "double", "{}.\"c3\""), column("Mag", "double", "{}.\"c4\""),
                   column("size", "int", "{}.\"c5\"")};
  table.order = "{}.\"rowid\"";
  return table;
}

// What the translation alone needs.
inline tap::Catalogue catalogue(const std::vector<Column>& columns) {
  tap::Catalogue made;
  made.schemas = {{"ivoa", "", ""}, {"TAP_UPLOAD", "", ""}};
  made.tables = {obscore(columns), upload()};
  return made;
}

inline store::ObsCore record(int number) {
  constexpr std::string_view targets[] = {"M31", "m31", "M33", "", "NGC 253"};
  store::ObsCore row;
  row.dataproduct_type = number % 4 == 0 ? "cube" : "image";
  row.calib_level = number % 4;
  row.obs_collection = "test";
  row.obs_id = "obs" + std::to_string(number);
  row.obs_publisher_did = "ivo://test/C?" + std::to_string(number);
  row.target_name = targets[number % 5];
  const double ra = number * 37 % 360, dec = number % 181 - 90;
  row.s_ra = ra;
  row.s_dec = dec;
  row.s_fov = 0.5 + number % 3;
  row.s_region = "Circle ICRS " + to_text(ra) + " " + to_text(dec) + " 0.5";
  if (number % 7 != 0) row.t_min = 50000 + number;
  if (number % 2 == 0)
    row.obs_release_date = number % 4 == 0 ? "2020-01-01T00:00:00" : "2021-05-05T12:00:00";
  return row;
}

inline std::string shown(const Cell& cell) {
  struct Show {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(double x) const { return to_text(x); }
    std::string operator()(std::string_view text) const { return std::string(text); }
  };
  return std::visit(Show{}, cell);
}

using Rows = std::vector<std::string>;

class Archive {
 public:
  explicit Archive(int rows = 400) {
    store::Recorder recorder(database_);
    std::vector<store::CatalogueRow> batch;
    for (int i = 0; i < rows; ++i) batch.push_back({record(i), {}});
    database_.transaction([&] { recorder.import_rows(batch); });
    catalogue_ = tap_archive::catalogue(store::all_columns(database_));
  }
  ~Archive() { sqlite3_close(plain_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  const tap::Catalogue& catalogue() const { return catalogue_; }

  // Rows as text, values separated by "|".
  Rows ask(std::string_view adql) {
    const tap::Query query = tap::translate(adql, catalogue_);
    store::Inquiry inquiry(selector_, {});
    const tap::Table& stars = catalogue_.tables[1];
    const std::vector<Column> columns(stars.columns.begin(), stars.columns.end());
    store::TemporaryTable table = inquiry.make_table("stars", columns);
    const auto add = [&](std::string_view name, double ra, double dec, Cell mag,
                         std::int64_t size) {
      const std::vector<Cell> cells = {name, ra, dec, mag, size};
      table.add(cells);
    };
    add("a", 37, -89, 1.5, 1);
    add("b", 74, -88, 2.5, 2);
    add("c", 200, 5, std::monostate(), 3);
    inquiry.select(query.sql, query.bindings);
    Rows rows;
    while (inquiry.next()) {
      std::string row;
      for (const Cell& cell : inquiry.row()) row += (row.empty() ? "" : "|") + shown(cell);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  // What SQLite is going to do, a line each; nothing is run. The reason where it does not compile.
  Rows plan(std::string_view adql) {
    const tap::Query query = tap::translate(adql, catalogue_);
    sqlite3_stmt* statement = nullptr;
    Rows lines;
    if (sqlite3_prepare_v2(plain_, ("EXPLAIN QUERY PLAN " + query.sql).c_str(), -1, &statement,
                           nullptr) != SQLITE_OK)
      lines = {std::string("no plan: ") + sqlite3_errmsg(plain_)};
    while (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW)
      lines.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
    sqlite3_finalize(statement);
    return lines;
  }

 private:
  // A connection without guards, which lets a plan be seen.
  static sqlite3* opened(const std::string& path) {
    sqlite3* connection = nullptr;
    sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr);
    store::register_adql_functions(connection);
    sqlite3_exec(connection,
                 "CREATE TEMP TABLE table1 (c1 TEXT, c2 REAL, c3 REAL, c4 REAL, c5 INTEGER)",
                 nullptr, nullptr, nullptr);
    return connection;
  }

  scratch::Folder folder_;
  std::string path_ = folder_ / "soda.db";
  store::Database database_{path_, store::Database::Mode::read_write};
  store::Selector selector_{path_};
  tap::Catalogue catalogue_;
  sqlite3* plain_ = opened(path_);
};

// The sentence of the refusal; "accepted" when there is none.
inline std::string refusal(std::string_view adql, const tap::Catalogue& catalogue) {
  try {
    tap::translate(adql, catalogue);
    return "accepted";
  } catch (const Failure& failure) {
    return failure.kind() == FailureKind::usage ? failure.what()
                                                : std::string("not of usage: ") + failure.what();
  }
}

}  // namespace tap_archive
