// Statements from outside: what they may do, and what cuts them.
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "base/failure.h"
#include "base/text.h"
#include "scratch.h"
#include "store/recorder.h"
#include "store/select.h"

namespace {

using namespace soda;
using namespace soda::store;
using namespace std::chrono_literals;

ObsCore record(int number) {
  ObsCore row;
  row.dataproduct_type = "image";
  row.obs_collection = "test";
  row.obs_id = "obs" + std::to_string(number);
  row.obs_publisher_did = "ivo://test/" + std::to_string(number);
  row.s_ra = number % 360;
  row.s_dec = number % 90;
  if (number % 3 != 0) row.s_fov = 0.5;
  return row;
}

struct Archive {
  scratch::Folder folder;
  std::string path = folder / "soda.db";
  Database database{path, Database::Mode::read_write};

  explicit Archive(int rows = 300) {
    Recorder recorder(database);
    std::vector<CatalogueRow> batch;
    for (int i = 0; i < rows; ++i) batch.push_back({record(i), {}});
    database.transaction([&] { BOOST_REQUIRE(recorder.import_rows(batch).empty()); });
  }
};

std::string shown(const Cell& cell) {
  struct Show {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(double x) const { return to_text(x); }
    std::string operator()(std::string_view text) const { return std::string(text); }
  };
  return std::visit(Show{}, cell);
}

std::string first(Selector& selector, const std::string& sql, std::vector<Value> bindings = {},
                  Guards guards = {}) {
  Inquiry inquiry(selector, std::move(guards));
  inquiry.select(sql, bindings);
  if (!inquiry.next()) return "none";
  std::string text;
  for (const Cell& cell : inquiry.row()) text += (text.empty() ? "" : "|") + shown(cell);
  return text;
}

// What is thrown, or "nothing".
std::string refusal(Selector& selector, const std::string& sql, Guards guards = {}) {
  try {
    Inquiry inquiry(selector, std::move(guards));
    inquiry.select(sql, {});
    while (inquiry.next()) {
    }
    return "nothing";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

bool says(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) BOOST_TEST_MESSAGE("said: " << text);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guarded_statements)

BOOST_AUTO_TEST_CASE(rows_come_as_they_are_stored) {
  Archive archive;
  Selector selector(archive.path);
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "300");
  BOOST_TEST(first(selector, "SELECT ?1, ?2, ?3, ?4",
                   {std::int64_t{7}, 2.5, std::string("text"), Value()}) == "7|2.5|text|NULL");
  Inquiry inquiry(selector, {});
  inquiry.select(
      "SELECT obs_id, s_ra, calib_level FROM main.dataset ORDER BY length(obs_id), obs_id", {});
  BOOST_TEST(inquiry.width() == 3U);
  int rows = 0;
  while (inquiry.next()) {
    BOOST_TEST(std::get<std::string_view>(inquiry.row()[0]) == "obs" + std::to_string(rows));
    BOOST_TEST(std::get<double>(inquiry.row()[1]) == rows % 360);
    BOOST_TEST(std::get<std::int64_t>(inquiry.row()[2]) == 2);
    ++rows;
  }
  BOOST_TEST(rows == 300);
  BOOST_TEST(!inquiry.next());
}

BOOST_AUTO_TEST_CASE(a_cone_is_answered_by_the_tree) {
  Archive archive;
  Selector selector(archive.path);
  const std::string tree =
      "SELECT count(*) FROM main.dataset AS o WHERE o.id IN (SELECT id FROM main.sky3 WHERE id "
      "MATCH adql_near(?1, ?2, ?3)) AND adql_point_in_circle(o.s_ra, o.s_dec, ?1, ?2, ?3) = 1";
  const std::string slow =
      "SELECT count(*) FROM main.dataset AS o WHERE adql_distance(o.s_ra, o.s_dec, ?1, ?2) <= ?3";
  for (const double radius : {0.0, 0.5, 1.5, 20.0, 170.0, 180.0}) {
    const std::vector<Value> cone = {10.0, 10.0, radius};
    BOOST_TEST(first(selector, tree, cone) == first(selector, slow, cone));
  }
  BOOST_TEST(first(selector, tree, {10.0, 10.0, 0.0}) == "1");
}

BOOST_AUTO_TEST_CASE(only_published_tables_are_read) {
  Archive archive;
  Selector selector(archive.path);
  for (const std::string table : {"file",
                                  "hdu",
                                  "counter",
                                  "notice",
                                  "own_column",
                                  "own_table",
                                  "relation",
                                  "auxiliary",
                                  "sky3_node",
                                  "sky5",
                                  "sqlite_schema",
                                  "sqlite_master",
                                  "sqlite_temp_schema",
                                  "sqlite_temp_master",
                                  "sqlite_sequence",
                                  "sqlite_stat1",
                                  "pragma_database_list",
                                  "pragma_table_info('dataset')",
                                  "dbstat",
                                  "sqlite_stmt",
                                  "json_tree('[1]')",
                                  "fts3tokenize('simple','a')",
                                  "bytecode('SELECT 1')",
                                  "pragma_compile_options",
                                  "pragma_function_list",
                                  "generate_series(1,10)"}) {
    BOOST_TEST_CONTEXT(table) {
      const std::string why = refusal(selector, "SELECT count(*) FROM " + table);
      BOOST_TEST((says(why, "not published") || says(why, "a query failed")));
      BOOST_TEST(refusal(selector, "SELECT * FROM " + table) != "nothing");
    }
  }
  for (const std::string column : {"hdu", "t_class", "em_class"})
    BOOST_TEST(says(refusal(selector, "SELECT " + column + " FROM main.dataset"), "not published"));
  BOOST_TEST(refusal(selector, "SELECT 1 FROM main.dataset WHERE hdu > 0") != "nothing");
}

BOOST_AUTO_TEST_CASE(only_known_functions_are_called) {
  Archive archive;
  Selector selector(archive.path);
  for (const std::string call : {"load_extension('x')",
                                 "printf('%1000000d', 1)",
                                 "format('%d', 1)",
                                 "randomblob(10)",
                                 "zeroblob(10)",
                                 "sqlite_version()",
                                 "sqlite_source_id()",
                                 "sqlite_compileoption_get(1)",
                                 "sqlite_compileoption_used('x')",
                                 "last_insert_rowid()",
                                 "changes()",
                                 "total_changes()",
                                 "hex('a')",
                                 "quote('a')",
                                 "char(1)",
                                 "unicode('a')",
                                 "date('now')",
                                 "julianday('now')",
                                 "strftime('%s', 'now')",
                                 "json('1')",
                                 "json_extract('[1]', '$[0]')",
                                 "soundex('a')",
                                 "fts3_tokenizer('simple')",
                                 "rtreecheck('sky3')",
                                 "rtreenode(3, x'00')",
                                 "rtreedepth(x'00')",
                                 "typeof(1)",
                                 "group_concat('a')",
                                 "sqlite_offset(id)",
                                 "current_timestamp",
                                 "soda_near(1)",
                                 "like('a', 'b')",
                                 "json_group_array(1)",
                                 "ntile(2) OVER ()",
                                 "sqlite_log(1, 'x')"}) {
    BOOST_TEST_CONTEXT(call) {
      BOOST_TEST(refusal(selector, "SELECT " + call + " FROM main.dataset") != "nothing");
    }
  }
}

BOOST_AUTO_TEST_CASE(only_a_select_is_run) {
  Archive archive;
  Selector selector(archive.path);
  for (const std::string sql :
       {"PRAGMA user_version",
        "PRAGMA writable_schema = 1",
        "PRAGMA table_info(dataset)",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'x'",
        "ANALYZE",
        "REINDEX",
        "CREATE TABLE t (x)",
        "CREATE TEMP TABLE t (x)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE TEMP TRIGGER t AFTER INSERT ON dataset BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE temp.v USING rtree (a, b, c)",
        "DROP TABLE dataset",
        "DELETE FROM dataset",
        "UPDATE dataset SET obs_id = 'x'",
        "INSERT INTO notice VALUES (1, '', 0, 0)",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "EXPLAIN SELECT 1",
        "EXPLAIN QUERY PLAN SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE dataset",
        "",
        "-- nothing",
        "REPLACE INTO counter VALUES ('a', 1)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT * FROM dataset INDEXED BY nothing",
        "SELECT \"no such text\"",
        "SELECT obs_id FROM main.dataset WHERE obs_id = \"obs1\""}) {
    BOOST_TEST_CONTEXT(sql) { BOOST_TEST(refusal(selector, sql) != "nothing"); }
  }
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "300");
}

BOOST_AUTO_TEST_CASE(a_runaway_is_cut) {
  Archive archive(2000);
  Selector selector(archive.path);
  Guards guards;
  guards.time = 200ms;
  const auto begun = std::chrono::steady_clock::now();
  const std::string join = "main.dataset a, main.dataset b, main.dataset c";
  BOOST_TEST(says(refusal(selector, "SELECT count(*) FROM " + join, guards), "longer than 0.2 s"));
  BOOST_TEST(says(refusal(selector, "SELECT sum(a.s_ra * b.s_dec) FROM " + join, guards),
                  "longer than 0.2 s"));
  BOOST_TEST(
      says(refusal(selector, "SELECT 1 FROM " + join + " WHERE a.s_ra + b.s_ra + c.s_ra > 10000",
                   guards),
           "longer than 0.2 s"));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 5s));
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "2000");
}

BOOST_AUTO_TEST_CASE(memory_and_disk_are_bounded) {
  Archive archive(2000);
  Selector selector(archive.path);
  Guards guards;
  guards.time = 60s;
  guards.memory = std::size_t{16} << 20;
  guards.scratch = std::int64_t{64} << 20;
  const std::string join = "main.dataset a, main.dataset b";
  BOOST_TEST(says(
      refusal(selector,
              "SELECT a.obs_publisher_did || b.obs_publisher_did AS x FROM " + join + " ORDER BY x",
              guards),
      "more than 64 MiB for sorting"));
  BOOST_TEST(says(
      refusal(selector, "SELECT DISTINCT a.obs_publisher_did || b.obs_publisher_did FROM " + join,
              guards),
      "more than 64 MiB for sorting"));
  BOOST_TEST(says(refusal(selector,
                          "SELECT ivo_string_agg(a.obs_publisher_did || b.obs_publisher_did, ',') "
                          "FROM " +
                              join,
                          guards),
                  "longer than is allowed"));
  std::string doubling = "SELECT a.obs_id";
  for (int i = 0; i < 30; ++i) doubling = "SELECT x || x || x AS x FROM (" + doubling + " AS x)";
  const std::string nested = refusal(selector, doubling + " LIMIT 1", guards);
  BOOST_TEST(nested != "nothing");
  std::string with = "WITH q0 AS (SELECT id FROM main.dataset)";
  for (int i = 1; i < 25; ++i) {
    const std::string before = "q" + std::to_string(i - 1);
    with += ", q" + std::to_string(i) + " AS (SELECT a.id FROM " + before + " a, " + before + " b)";
  }
  const std::string exploding = refusal(selector, with + " SELECT count(*) FROM q24", guards);
  BOOST_TEST(exploding != "nothing");
  BOOST_TEST_MESSAGE(exploding);
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "2000");
}

BOOST_AUTO_TEST_CASE(sorting_goes_on_in_files) {
  Archive archive(2000);
  Selector selector(archive.path);
  Guards guards;
  guards.time = 60s;
  guards.memory = std::size_t{24} << 20;
  Inquiry inquiry(selector, guards);
  inquiry.select(
      "SELECT a.obs_publisher_did || b.obs_publisher_did AS x FROM main.dataset a, main.dataset b "
      "WHERE b.id <= 300 ORDER BY x",
      {});
  std::string last;
  int rows = 0;
  while (inquiry.next()) {
    const auto text = std::get<std::string_view>(inquiry.row()[0]);
    if (text < last) BOOST_ERROR("out of order");
    last = text;
    ++rows;
  }
  BOOST_TEST(rows == 600'000);
}

BOOST_AUTO_TEST_CASE(a_cancelled_query_ends) {
  Archive archive(2000);
  Selector selector(archive.path);
  Guards guards;
  guards.time = 60s;
  const auto end = std::chrono::steady_clock::now() + 100ms;
  guards.cancelled = [end] { return std::chrono::steady_clock::now() > end; };
  BOOST_TEST(says(refusal(selector,
                          "SELECT count(*) FROM main.dataset a, main.dataset b, "
                          "main.dataset c",
                          guards),
                  "cancelled"));
}

BOOST_AUTO_TEST_CASE(what_the_client_does_between_rows_is_no_time_of_the_query) {
  Archive archive;
  Selector selector(archive.path);
  Guards guards;
  guards.time = 50ms;
  Inquiry inquiry(selector, guards);
  inquiry.select("SELECT a.id FROM main.dataset a, main.dataset b LIMIT 20000", {});
  int rows = 0;
  while (inquiry.next()) {
    if (++rows % 2000 == 0) ::usleep(20'000);
  }
  BOOST_TEST(rows == 20'000);
}

BOOST_AUTO_TEST_CASE(compilers_complaints_are_for_the_client) {
  Archive archive;
  Selector selector(archive.path);
  std::string many = "SELECT 1";
  for (int i = 0; i < 600; ++i) many += " UNION ALL SELECT 1";
  BOOST_TEST(says(refusal(selector, many), "more than 500 SELECTs"));
  std::string deep = "1";
  for (int i = 0; i < 1100; ++i) deep += " + s_ra";
  BOOST_TEST(says(refusal(selector, "SELECT " + deep + " FROM main.dataset"), "nested too deeply"));
  std::string joins = "main.dataset a0";
  for (int i = 1; i < 80; ++i) joins += ", main.dataset a" + std::to_string(i);
  BOOST_TEST(says(refusal(selector, "SELECT count(*) FROM " + joins), "64 tables"));
  BOOST_TEST(
      says(refusal(selector, "SELECT sum(9000000000000000000) FROM main.dataset"), "64 bits"));
}

BOOST_AUTO_TEST_CASE(a_replaced_archive_is_the_one_that_answers) {
  Archive one(300), two(17);
  Selector selector(one.path);
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "300");
  std::filesystem::rename(two.path, one.path);
  std::filesystem::remove(one.path + "-wal");
  std::filesystem::remove(one.path + "-shm");
  std::filesystem::rename(two.path + "-wal", one.path + "-wal");
  BOOST_TEST(first(selector, "SELECT count(*) FROM main.dataset") == "17");
}

BOOST_AUTO_TEST_CASE(a_statement_comes_again_with_other_values) {
  const Archive archive;
  Selector selector(archive.path);
  const std::string sql = "SELECT count(*), ?2 FROM main.\"dataset\" AS t1 WHERE t1.s_ra < ?1";
  for (int round = 0; round < 3; ++round) {
    BOOST_TEST(first(selector, sql, {std::int64_t{100}, std::string("a")}) == "100|a");
    BOOST_TEST(first(selector, sql, {7.5, std::string("b")}) == "8|b");
    BOOST_TEST(first(selector, sql, {Value{}, Value{}}) == "0|NULL");
  }
  // What was cut runs again, and what was left half read begins anew.
  const std::string endless =
      "SELECT count(*) FROM main.\"dataset\" a, main.\"dataset\" b, main.\"dataset\" c WHERE "
      "a.s_ra < "
      "?1";
  Guards brief;
  brief.time = 20ms;
  BOOST_CHECK_THROW(first(selector, endless, {std::int64_t{1000}}, brief), Failure);
  BOOST_TEST(first(selector, endless, {std::int64_t{-1}}) == "0");
  const std::string rows = "SELECT t1.obs_id FROM main.\"dataset\" AS t1 ORDER BY t1.obs_id";
  for (int round = 0; round < 2; ++round) BOOST_TEST(first(selector, rows) == "obs0");
}

// A statement that was kept belongs to the tables that were published then.
BOOST_AUTO_TEST_CASE(kept_statements_end_with_the_schema) {
  Archive archive;
  Selector selector(archive.path);
  const std::string sql = "SELECT count(*) FROM main.\"dataset\" AS t1";
  BOOST_TEST(first(selector, sql) == "300");
  archive.database.prepare("CREATE INDEX later ON dataset (obs_title)").run();
  BOOST_TEST(first(selector, sql) == "300");
  archive.database.prepare("ALTER TABLE dataset RENAME TO elsewhere").run();
  BOOST_CHECK_THROW(first(selector, sql), Failure);
}

BOOST_AUTO_TEST_CASE(temporary_tables_last_as_long_as_their_inquiry) {
  Archive archive;
  Selector selector(archive.path);
  std::vector<Column> columns(3);
  columns[0] = {"ra", ColumnType::real, "double", "", "", "deg", "pos.eq.ra;meta.main", "", ""};
  columns[1] = {"dec", ColumnType::real, "double", "", "", "deg", "pos.eq.dec;meta.main", "", ""};
  columns[2] = {"name", ColumnType::text, "char", "*", "", "", "", "", ""};
  for (int round = 0; round < 2; ++round) {
    Inquiry inquiry(selector, {});
    TemporaryTable table = inquiry.make_table("the upload mine", columns);
    BOOST_TEST(table.form().source == "temp.\"table1\"");
    for (int i = 0; i < 100; ++i) {
      const std::string name = "star " + std::to_string(i);
      table.add(std::vector<Cell>{double(i), i % 7 == 0 ? Cell() : Cell(double(i)),
                                  std::string_view(name)});
    }
    inquiry.select(
        "SELECT count(*), count(t.c2), max(t.c3), (SELECT count(*) FROM temp.sky1) FROM "
        "temp.table1 t CROSS JOIN temp.\"sky1\" s CROSS JOIN main.dataset o WHERE "
        "s.id = t.rowid AND o.id = t.rowid",
        {});
    BOOST_REQUIRE(inquiry.next());
    BOOST_TEST(shown(inquiry.row()[0]) == "78");
    BOOST_TEST(shown(inquiry.row()[2]) == "star 90");
  }
  BOOST_TEST(refusal(selector, "SELECT * FROM temp.table1") != "nothing");
  Inquiry inquiry(selector, {});
  TemporaryTable small = inquiry.make_table("the upload mine", columns, {.rows = 3, .bytes = 1000});
  for (int i = 0; i < 3; ++i) small.add(std::vector<Cell>{1.0});
  BOOST_CHECK_EXCEPTION(small.add(std::vector<Cell>{1.0}), Failure, [](const Failure& failure) {
    return failure.kind() == FailureKind::too_large &&
           says(failure.what(), "the upload mine has more than 3 rows");
  });
}

BOOST_AUTO_TEST_CASE(a_row_that_is_too_long_is_no_row_without_its_text) {
  Archive archive;
  Selector selector(archive.path);
  std::vector<Column> columns(3);
  for (Column& column : columns) column.type = ColumnType::text;
  const auto is_told = [](const Failure& failure) {
    return failure.kind() == FailureKind::too_large &&
           says(failure.what(), "the upload mine has a row of more than 4194304 bytes");
  };
  Inquiry inquiry(selector, {});
  TemporaryTable table = inquiry.make_table("the upload mine", columns);
  const std::string one(5 << 20, 'x'), third(2 << 20, 'x');
  BOOST_CHECK_EXCEPTION(table.add(std::vector<Cell>{std::string_view(one)}), Failure, is_told);
  BOOST_CHECK_EXCEPTION(table.add(std::vector<Cell>(3, std::string_view(third))), Failure, is_told);
}

BOOST_AUTO_TEST_CASE(an_upload_is_joined_along_the_tree) {
  Archive archive;
  Selector selector(archive.path);
  std::vector<Column> columns(2);
  columns[0] = {"ra", ColumnType::real, "double", "", "", "deg", "pos.eq.ra", "", ""};
  columns[1] = {"dec", ColumnType::real, "double", "", "", "deg", "pos.eq.dec", "", ""};
  const auto count = [&](const std::string& sql) {
    Inquiry inquiry(selector, {});
    TemporaryTable table = inquiry.make_table("the upload", columns);
    for (int i = 0; i < 50; ++i)
      table.add(std::vector<Cell>{i + 0.005, i % 5 == 0 ? Cell() : Cell(double(i))});
    inquiry.select(sql, {});
    inquiry.next();
    return shown(inquiry.row()[0]);
  };
  const std::string exact = "adql_point_in_circle(o.s_ra, o.s_dec, t.c1, t.c2, 0.01) = 1";
  const std::string slow =
      count("SELECT count(*) FROM temp.table1 t, main.dataset o WHERE " + exact);
  BOOST_TEST(slow == "40");
  BOOST_TEST(count("SELECT count(*) FROM temp.table1 t CROSS JOIN main.sky3 s CROSS JOIN "
                   "main.dataset o WHERE s.id MATCH adql_near(t.c1, t.c2, 0.01) AND o.id = s.id "
                   "AND " +
                   exact) == slow);
  BOOST_TEST(count("SELECT count(*) FROM temp.table1 t JOIN main.dataset o ON o.id IN (SELECT id "
                   "FROM main.sky3 WHERE id MATCH adql_near(t.c1, t.c2, 0.01)) AND " +
                   exact) == slow);
}

BOOST_AUTO_TEST_SUITE_END()
