// What the language accepts and refuses, and how it says so.
#define BOOST_TEST_MODULE tap
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "store/obscore.h"
#include "tap_archive.h"

namespace {

using namespace tap_archive;

const tap::Catalogue& known() {
  static const tap::Catalogue made = [] {
    const auto columns = store::obscore_columns();
    return catalogue(std::vector<Column>(columns.begin(), columns.end()));
  }();
  return made;
}

std::string said(std::string_view adql) { return refusal(adql, known()); }

void refused(std::string_view adql, std::string_view sentence) {
  BOOST_TEST(said(adql) == sentence, adql << "\n   said: " << said(adql));
}

void accepted(std::string_view adql) {
  BOOST_TEST(said(adql) == "accepted", adql << "\n   said: " << said(adql));
}

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(grammar)

BOOST_AUTO_TEST_CASE(what_stands_where_something_else_was_expected_is_named_with_its_place) {
  refused("", "line 1, column 1: found the end of the query, expected SELECT");
  refused("SELEC s_ra FROM ivoa.obscore", "line 1, column 1: found \"SELEC\", expected SELECT");
  refused("SELECT s_ra\nFRM ivoa.obscore",
          "line 2, column 5: found \"ivoa\", expected \",\" or FROM");
  refused("SELECT s_ra FROM ivoa.obscore WHERE",
          "line 1, column 36: found the end of the query, expected a value");
  refused("SELECT s_ra FROM ivoa.obscore WHERE s_ra >",
          "line 1, column 43: found the end of the query, expected a value");
  refused("SELECT TOP x s_ra FROM ivoa.obscore",
          "line 1, column 12: found \"x\", expected an unsigned whole number after TOP");
  refused("SELECT s_ra, FROM ivoa.obscore", "line 1, column 14: found \"FROM\", expected a value");
  refused("SELECT s_ra FROM ivoa.obscore WHERE s_ra NOT 5",
          "line 1, column 42: found \"NOT\", expected BETWEEN, IN, LIKE or ILIKE after NOT, or an "
          "operator");
  refused("SELECT size FROM ivoa.obscore",
          "line 1, column 8: found \"size\", expected a value (SIZE is a reserved word: as a name "
          "it must be in double quotes)");
  refused("SELECT 'ab FROM ivoa.obscore",
          "line 1, column 8: the character string that begins here has no end");
  refused("SELECT 12abc FROM ivoa.obscore", "line 1, column 8: \"12abc\" is no number");
  refused("SELECT 0x1F FROM ivoa.obscore", "line 1, column 8: \"0x1F\" is no number");
}

BOOST_AUTO_TEST_CASE(habits_of_other_languages_are_told_what_to_write) {
  refused(
      "SELECT s_ra FROM ivoa.obscore LIMIT 10",
      "line 1, column 37: found \"10\", expected the end of the query; ADQL has no LIMIT: write "
      "SELECT TOP n");
  refused(
      "SELECT TOP 4 DISTINCT s_ra FROM ivoa.obscore",
      "line 1, column 14: found \"DISTINCT\", expected a value (DISTINCT is a reserved word: as "
      "a name it must be in double quotes); DISTINCT stands before TOP");
  refused("SELECT /* all */ s_ra FROM ivoa.obscore",
          "line 1, column 8: comments in ADQL begin with -- and end with the line; found \"/*\"");
  refused("SELECT s_ra FROM ivoa.obscore WHERE CONTAINS(POINT(1, 2), s_region)",
          "line 1, column 37: CONTAINS(...) is 1 or 0, not a condition: write 1 = CONTAINS(...)");
  refused("SELECT (SELECT 1 FROM ivoa.obscore) FROM ivoa.obscore",
          "line 1, column 9: ADQL has no query as a value: use it in FROM, or after IN or EXISTS");
  refused("SELECT s_ra FROM ivoa.obscore WHERE obs_id LIKE 'a' ESCAPE 'b'",
          "line 1, column 53: ADQL's LIKE has no ESCAPE");
  refused("SELECT s_ra FROM ivoa.obscore; SELECT s_dec FROM ivoa.obscore",
          "line 1, column 30: found \";\", expected the end of the query; one query ends with at "
          "most one ;, and nothing follows it");
}

BOOST_AUTO_TEST_CASE(lookalikes_are_told_by_their_code) {
  refused("SELECT s_ra FROM ivoa.obscore WHERE obs_id = \u2018x\u2019",
          "line 1, column 46: the character U+2018 cannot stand here; was ' meant?");
  refused("SELECT s\u00a0ra FROM ivoa.obscore",
          "line 1, column 9: the character U+00A0 cannot stand here; was a blank meant?");
  refused("SELECT s_ra FROM ivoa.obscore WHERE s_dec \u2265 3",
          "line 1, column 43: the character U+2265 cannot stand here; was >= meant?");
  refused("SELECT \u0455_ra FROM ivoa.obscore",
          "line 1, column 8: the character U+0455 cannot stand here");
  refused(
      "SELECT _x FROM ivoa.obscore",
      "line 1, column 8: the character U+005F cannot stand here; an identifier that begins with "
      "_ must be in double quotes");
  refused(std::string_view("SELECT \xff FROM ivoa.obscore"), "the query is not UTF-8");
  accepted("SELECT '\u2018\u00e9\u4e2d', s_ra AS \"\u03b1\" FROM ivoa.obscore -- \u2019");
  // Columns are counted in characters.
  refused("SELECT '\u4e2d\u4e2d', x FROM ivoa.obscore",
          "line 1, column 14: there is no column \"x\"");
}

BOOST_AUTO_TEST_CASE(the_whole_of_the_grammar_is_accepted) {
  for (const std::string_view adql : {
           "select all top 3 s_ra as x, -s_dec y, * from ivoa.obscore as o -- a comment\n;",
           "SELECT DISTINCT TOP 4 o.* FROM ivoa.obscore o",
           "SELECT ivoa.obscore.s_ra FROM ivoa.obscore",
           "SELECT s_ra FROM ObsCore",
           "SELECT \"s_ra\" FROM \"ivoa\".\"ObsCore\"",
           "SELECT COUNT(*), COUNT(DISTINCT obs_id), AVG(ALL s_ra) FROM ivoa.obscore HAVING "
           "COUNT(*) > 1",
           "SELECT s_ra FROM ivoa.obscore WHERE s_ra != 3 AND s_ra <> .5 AND s_ra < 12. OR s_ra > "
           "1e-3",
           "SELECT s_ra FROM ivoa.obscore WHERE NOT (NOT s_ra IS NOT NULL) AND s_ra NOT BETWEEN 1 "
           "AND 2",
           "SELECT s_ra FROM ivoa.obscore WHERE (((s_ra + 1) * 2) > 3) AND ((s_ra > 1))",
           "SELECT 'it''s' || obs_id FROM ivoa.obscore WHERE obs_id NOT IN ('a', 'b')",
           "SELECT a.s_ra FROM ivoa.obscore a, ivoa.obscore b CROSS JOIN ivoa.obscore c",
           "SELECT a.s_ra FROM (ivoa.obscore a JOIN ivoa.obscore b ON a.obs_id = b.obs_id)",
           "SELECT s_ra FROM ivoa.obscore a NATURAL LEFT OUTER JOIN (SELECT obs_id FROM "
           "ivoa.obscore) b",
           "SELECT x FROM ((SELECT s_ra AS x FROM ivoa.obscore) UNION (SELECT s_dec FROM "
           "ivoa.obscore)) AS u",
           "(SELECT s_ra FROM ivoa.obscore) UNION ALL SELECT s_dec FROM ivoa.obscore ORDER BY 1 "
           "DESC OFFSET 3",
           "WITH a AS (SELECT s_ra FROM ivoa.obscore ORDER BY s_ra OFFSET 2), b AS (SELECT * FROM "
           "a) "
           "SELECT * FROM b",
           "SELECT s_ra FROM ivoa.obscore ORDER BY s_ra + 1, 1 ASC, obs_id DESC OFFSET 0",
           "SELECT ROUND(s_ra), ROUND(s_ra, -2), PI(), RAND(), RAND(3) FROM ivoa.obscore",
           "SELECT CASE WHEN s_ra > 1 THEN 1 ELSE 0 END, CASE obs_id WHEN 'a' THEN 1 END FROM "
           "ivoa.obscore",
           "SELECT s_ra FROM ivoa.obscore WHERE 1 = CONTAINS(POINT(s_ra, s_dec), BOX('', 1, 2, 3, "
           "4))",
           "SELECT CIRCLE(POINT(1, 2), 3), BOX(POINT(1, 2), 3, 4), POLYGON(1,2,3,4,5,6), "
           "POLYGON('ICRS', POINT(1,2), POINT(3,4), POINT(5,6)), CENTROID(s_region) FROM "
           "ivoa.obscore",
           "SELECT AREA(s_region), COORD1(POINT(1,2)), COORDSYS(s_region), REGION('Circle 1 2 3') "
           "FROM ivoa.obscore",
           "SELECT calib_level & 1 | ~2 ^ 3, BITWISE_XOR(calib_level, BITWISE_NOT(1)) FROM "
           "ivoa.obscore",
           "SELECT COUNT(*) FROM ivoa.obscore GROUP BY FLOOR(s_ra / 10) ORDER BY COUNT(*) DESC",
           "SELECT FLOOR(s_ra / 10) AS bin, COUNT(*) FROM ivoa.obscore GROUP BY bin",
           "SELECT s_ra FROM ivoa.obscore WHERE obs_id IN (SELECT name FROM tap_upload.stars)",
           "SELECT ivo_string_agg(obs_id, ', ') FROM ivoa.obscore GROUP BY calib_level",
       }) {
    accepted(adql);
  }
}

BOOST_AUTO_TEST_CASE(hostile_texts_are_answered_or_refused_and_soon) {
  const std::string from = " FROM ivoa.obscore";
  const auto nested = [&](std::size_t depth) {
    return "SELECT " + times(depth, "(") + "1" + times(depth, ")") + from;
  };
  accepted(nested(90));
  const std::string deep = "the query is nested more than 100 levels deep";
  BOOST_TEST(said(nested(10000)) == "line 1, column 107: " + deep);
  BOOST_TEST(said("SELECT " + times(200000, "(")).find(deep) != std::string::npos);
  BOOST_TEST(said("SELECT " + times(10000, "- ") + "1" + from).find(deep) != std::string::npos);
  BOOST_TEST(said("SELECT 1" + from + " WHERE " + times(10000, "NOT ") + "1=1").find(deep) !=
             std::string::npos);
  BOOST_TEST(said("SELECT 1" + from + " WHERE 1 IN " + times(10000, "(SELECT 1 FROM x WHERE 1 IN "))
                 .find(deep) != std::string::npos);
  BOOST_TEST(said("SELECT 1 FROM " + times(10000, "(SELECT 1 FROM ")).find(deep) !=
             std::string::npos);
  BOOST_TEST(said(times(100000, "(")).find(deep) != std::string::npos);
  accepted("SELECT 1" + times(499, "+1") + from);
  BOOST_TEST(said("SELECT 1" + times(100000, "+1") + from).find("at most 500 operands in a row") !=
             std::string::npos);
  accepted("SELECT 1" + from + " WHERE 1=1" + times(1990, " OR 1=1"));
  BOOST_TEST(said("SELECT 1" + from + " WHERE 1=1" + times(90000, " OR 1=1"))
                 .find("at most 2000 conditions") != std::string::npos);
  BOOST_TEST(said("SELECT 1" + from + " GROUP BY 1" + times(90000, ", s_ra"))
                 .find("GROUP BY has at most 200 terms") != std::string::npos);
  BOOST_TEST(said("SELECT COALESCE(1" + times(90000, ", 1") + ")" + from)
                 .find("at most 10000 arguments") != std::string::npos);
  BOOST_TEST(said("WITH a AS (SELECT 1 FROM x)" + times(9000, ", a AS (SELECT 1 FROM x)"))
                 .find("WITH names at most 100 tables") != std::string::npos);
  accepted("SELECT 1" + from + " WHERE s_ra IN (1" + times(99999, ",1.5") + ")");
  accepted("SELECT 1" + from + " WHERE obs_id IN ('a'" + times(99999, ",'b'") + ")");
  accepted("SELECT 1" + from + times(400, " UNION ALL SELECT 1" + from));
  BOOST_TEST(said("SELECT 1" + from + times(999, " UNION SELECT 1" + from))
                 .find("at most 500 queries can be joined by UNION") != std::string::npos);
  BOOST_TEST(said("SELECT 1 FROM ivoa.obscore a0" + times(1000, ", ivoa.obscore a"))
                 .find("at most 60 tables can be joined") != std::string::npos);
  BOOST_TEST(said("SELECT '" + times(1 << 20, "x") + "'" + from) ==
             "a query has at most 1048576 bytes; received " +
                 std::to_string((1 << 20) + 9 + from.size()));
  accepted("SELECT '" + times((1 << 20) - 100, "x") + "'" + from);
  accepted("SELECT 1" + from + times(1000000, " "));
  BOOST_TEST(said("SELECT *" + times(300, ",*") + from).find("at most 1000 columns") !=
             std::string::npos);
  accepted("SELECT 1" + times(999, ",1") + from);
  // Where the list is too long, it is not read on.
  BOOST_TEST(said("SELECT 1" + times(1000, ",1") + ", ()") ==
             "line 1, column 2008: a SELECT has at most 1000 columns");
  BOOST_TEST(said("SELECT 1e999" + from).find("beyond the range") != std::string::npos);
}

// Each common table refers twice to the one before: 2^40 tables.
BOOST_AUTO_TEST_CASE(queries_that_multiply_are_counted) {
  std::string adql = "WITH w0 AS (SELECT s_ra FROM ivoa.obscore)";
  for (int i = 1; i <= 40; ++i) {
    const std::string name = "w" + std::to_string(i), last = "w" + std::to_string(i - 1);
    adql += ", " + name + " AS (SELECT DISTINCT a.s_ra FROM " + last + " a, " + last + " b)";
  }
  BOOST_TEST(said(adql + " SELECT s_ra FROM w40").find("refers to more than 2000 tables") !=
             std::string::npos);
  std::string arms =
      "SELECT 1 AS x FROM ivoa.obscore" + times(99, " UNION ALL SELECT 2 FROM ivoa.obscore");
  BOOST_TEST(said("SELECT 1 FROM (" + arms + ") a, (" + arms + ") b").find("multiply") !=
             std::string::npos);
}

// So that SQLite compiles them once.
BOOST_AUTO_TEST_CASE(queries_that_differ_in_numbers_are_one_statement) {
  const auto cone = [](double lon, double lat) {
    return tap::translate(fmt::format("SELECT TOP 5 s_ra + 2 AS x FROM ivoa.obscore WHERE 1 = "
                                      "CONTAINS(POINT(s_ra, s_dec), CIRCLE({}, {}, 0.5))",
                                      lon, lat),
                          known());
  };
  const tap::Query one = cone(10.25, -5.5), other = cone(359, 89.75);
  BOOST_TEST(one.sql == other.sql);
  BOOST_TEST((one.bindings != other.bindings));
  // However many there are, all are there.
  std::string sum = "SELECT s_ra";
  for (int i = 0; i < 300; ++i) sum += fmt::format(" + {}.5", i);
  const tap::Query many = tap::translate(sum + " AS x FROM ivoa.obscore", known());
  BOOST_TEST(many.bindings.size() < 200);
  BOOST_TEST(many.sql.find("299.5") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(the_nearest_name_is_suggested) {
  refused("SELECT s_rra FROM ivoa.obscore",
          "line 1, column 8: there is no column \"s_rra\"; did you mean s_ra?");
  refused("SELECT o.obsid FROM ivoa.obscore o",
          "line 1, column 10: o has no column \"obsid\"; did you mean obs_id?");
  refused("SELECT 1 FROM ivoa.obscor",
          "line 1, column 15: there is no table \"ivoa.obscor\"; did you mean ivoa.ObsCore?");
  refused("SELECT p.s_ra FROM ivoa.obscore obs", "line 1, column 8: FROM has no table \"p\"");
  refused("SELECT CONTAIN(1, 2) FROM ivoa.obscore",
          "line 1, column 8: there is no function \"CONTAIN\"; did you mean CONTAINS?");
  refused(
      "SELECT obs_id FROM ivoa.obscore WHERE obs_id = \"x\"",
      "line 1, column 48: there is no column \"x\"; a character string stands in single quotes");
}

BOOST_AUTO_TEST_CASE(letter_case_counts_within_double_quotes_only) {
  accepted("SELECT S_RA, \"s_ra\", MAG, mag, \"Mag\" FROM IVOA.OBSCORE, tap_upload.STARS");
  refused("SELECT \"S_RA\" FROM ivoa.obscore",
          "line 1, column 8: there is no column \"S_RA\"; did you mean s_ra?");
  refused("SELECT \"mag\" FROM tap_upload.stars",
          "line 1, column 8: there is no column \"mag\"; did you mean Mag?");
  refused("SELECT x FROM (SELECT s_ra AS \"x\", s_dec AS \"X\" FROM ivoa.obscore) t",
          "line 1, column 8: t has more than one column \"x\": put the one that is meant in double "
          "quotes");
  accepted("SELECT \"x\", \"X\" FROM (SELECT s_ra AS \"x\", s_dec AS \"X\" FROM ivoa.obscore) t");
  accepted("SELECT \"size\" FROM tap_upload.stars");
}

BOOST_AUTO_TEST_CASE(a_name_must_mean_one_thing) {
  refused("SELECT s_ra FROM ivoa.obscore a, ivoa.obscore b",
          "line 1, column 8: column \"s_ra\" is ambiguous: a and b have it");
  refused("SELECT a.s_ra FROM ivoa.obscore a, ivoa.obscore a",
          "line 1, column 8: \"a\" is ambiguous: two tables of FROM have this name");
  refused("SELECT 1 FROM ivoa.obscore a JOIN ivoa.obscore b USING (s_raa)",
          "line 1, column 57: the table on the left has no column \"s_raa\"; did you mean s_ra?");
  accepted("SELECT s_ra FROM ivoa.obscore a JOIN ivoa.obscore b USING (s_ra)");
  // An alias hides the table's own name.
  refused("SELECT obscore.s_ra FROM ivoa.obscore a",
          "line 1, column 8: FROM has no table \"obscore\"");
  // Columns of a query in FROM are those that it selects; a query there sees nothing around it.
  refused("SELECT s_dec FROM (SELECT s_ra FROM ivoa.obscore) t",
          "line 1, column 8: there is no column \"s_dec\"");
  refused("SELECT 1 FROM ivoa.obscore o, (SELECT o.s_ra FROM tap_upload.stars) t",
          "line 1, column 39: FROM has no table \"o\"");
  refused(
      "WITH a AS (SELECT 1 AS x FROM ivoa.obscore), A AS (SELECT 1 AS x FROM ivoa.obscore) "
      "SELECT x FROM a",
      "line 1, column 46: WITH names \"A\" twice");
}

BOOST_AUTO_TEST_CASE(columns_of_the_answer_have_names_of_their_own) {
  const auto names = [](std::string_view adql) {
    std::string all;
    for (const auto& column : tap::translate(adql, known()).columns) {
      all += (all.empty() ? "" : " ") + column.name + ":" + column.datatype;
      if (!column.unit.empty()) all += "[" + column.unit + "]";
    }
    return all;
  };
  BOOST_TEST(
      names("SELECT S_RA, o.s_ra, s_ra AS X, COUNT(*), COUNT(*), MAX(s_ra), 1, 1+1, LOG(s_ra), "
            "AVG(calib_level), SUM(calib_level), obs_id || 'x' FROM ivoa.obscore o GROUP BY s_ra, "
            "obs_id") ==
      "s_ra:double[deg] s_ra_2:double[deg] X:double[deg] count_all:long count_all_2:long "
      "max_s_ra:double[deg] col_7:int col_8:long log_9:double avg_calib_level:double "
      "sum_calib_level:long col_12:char");
  BOOST_TEST(names("SELECT IN_UNIT(s_fov, 'arcsec') AS a, CAST(s_ra AS SMALLINT) AS b, s_region, "
                   "POINT(1, 2), CAST(s_ra AS REAL) FROM ivoa.obscore") ==
             "a:double[arcsec] b:short[deg] s_region:char point_4:double col_5:float[deg]");
}

BOOST_AUTO_TEST_SUITE_END()
