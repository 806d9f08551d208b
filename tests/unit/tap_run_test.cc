// Translated queries on SQLite: their rows, and how SQLite is going to find them. The rows expected
// follow from the formulas of tap_archive.h.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "tap_archive.h"

namespace {

using namespace tap_archive;

struct Fixture {
  Archive archive;

  void gives(std::string_view adql, const Rows& expected) {
    const Rows rows = archive.ask(adql);
    BOOST_TEST(rows == expected, adql << "\n" << boost::test_tools::per_element());
  }
  std::string count(const std::string& condition) {
    return archive.ask("SELECT COUNT(*) FROM ivoa.obscore WHERE " + condition).at(0);
  }
  // Some line of the plan has the text.
  bool plans(std::string_view adql, std::string_view text) {
    const Rows lines = archive.plan(adql);
    const bool found = std::ranges::any_of(
        lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
    if (!found) {
      for (const std::string& line : lines) BOOST_TEST_MESSAGE(line);
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(translated, Fixture)

BOOST_AUTO_TEST_CASE(values) {
  gives(
      "SELECT TOP 1 7/2, -7/2, 7/2., 1/0, 5 % 3, MOD(-5, 3), 6 & 3, 6 | 3, 6 ^ 3, ~6, 'a' || 'b', "
      "'it''s', 2 - -3, -(2 - 5) FROM ivoa.obscore",
      {"3|-3|3.5|NULL|2|-2|2|7|5|-7|ab|it's|5|3"});
  gives(
      "SELECT TOP 1 1 - 2 - 3, 1 - (2 - 3), 2 * 3 + 4, 2 * (3 + 4), 12 / 2 / 3, 12 / (6 / 3), -2 * "
      "-3, "
      "1 | 2 & 4, (1 | 2) & 4 FROM ivoa.obscore",
      {"-4|2|10|14|2|6|6|1|0"});
  gives(
      "SELECT TOP 1 LOG(1), LOG10(100), POWER(2, 10), ROUND(2.567, 2), TRUNCATE(-2.7), "
      "CEILING(1.2), "
      "FLOOR(-1.2), SQRT(-1), ABS(-3), DEGREES(PI()) FROM ivoa.obscore",
      {"0|2|1024|2.57|-2|2|-2|NULL|3|180"});
  gives(
      "SELECT TOP 1 CAST(2.5 AS INTEGER), CAST('12' AS INTEGER), CAST(12 AS VARCHAR), "
      "COALESCE(NULL, 3), "
      "COALESCE(5), CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, UPPER('aB'), NULL FROM "
      "ivoa.obscore",
      {"3|12|12|3|5|b|AB|NULL"});
  gives(
      "SELECT TOP 1 POINT(10, 20), CIRCLE(POINT(10, 20), 3), DISTANCE(10, 0, 11, 0), "
      "COORD1(POINT(370, 5)), CENTROID(CIRCLE(1, 2, 3)) FROM ivoa.obscore",
      {"10 20|10 20 3|1|10|1 2"});
}

BOOST_AUTO_TEST_CASE(order_limits_and_sets) {
  gives("SELECT TOP 3 obs_id FROM ivoa.obscore ORDER BY s_dec DESC, obs_id OFFSET 1",
        {"obs361", "obs179", "obs360"});
  gives("SELECT TOP 0 obs_id FROM ivoa.obscore", {});
  gives("SELECT obs_id FROM ivoa.obscore ORDER BY obs_id DESC OFFSET 398", {"obs1", "obs0"});
  gives("(SELECT TOP 2 obs_id FROM ivoa.obscore ORDER BY obs_id) ORDER BY obs_id DESC",
        {"obs1", "obs0"});
  // INTERSECT binds tighter: {1} with ({1, 2} and {2}).
  gives(
      "SELECT calib_level FROM ivoa.obscore WHERE calib_level = 1 UNION SELECT calib_level FROM "
      "ivoa.obscore WHERE calib_level < 3 INTERSECT SELECT calib_level FROM ivoa.obscore WHERE "
      "calib_level = 2 ORDER BY calib_level",
      {"1", "2"});
  gives(
      "(SELECT calib_level FROM ivoa.obscore WHERE calib_level = 1 UNION SELECT calib_level FROM "
      "ivoa.obscore WHERE calib_level = 2) INTERSECT SELECT calib_level FROM ivoa.obscore WHERE "
      "calib_level = 2",
      {"2"});
  gives("SELECT 1 FROM tap_upload.stars EXCEPT ALL SELECT TOP 1 1 FROM ivoa.obscore", {"1", "1"});
  gives("SELECT 1 FROM tap_upload.stars INTERSECT ALL SELECT TOP 2 1 FROM ivoa.obscore",
        {"1", "1"});
  gives(
      "SELECT COUNT(*) FROM (SELECT calib_level FROM ivoa.obscore UNION ALL SELECT size2 FROM "
      "(SELECT \"size\" AS size2, \"size\" FROM tap_upload.stars) s) t",
      {"403"});
}

BOOST_AUTO_TEST_CASE(groups) {
  gives(
      "SELECT calib_level, COUNT(*), MIN(obs_id) FROM ivoa.obscore WHERE s_ra < 180 GROUP BY "
      "calib_level HAVING COUNT(*) > 1 ORDER BY 1 DESC",
      archive.ask(
          "SELECT calib_level, COUNT(*), MIN(obs_id) FROM ivoa.obscore WHERE NOT s_ra >= 180 "
          "GROUP BY calib_level ORDER BY calib_level DESC"));
  gives(
      "SELECT COUNT(*), COUNT(t_min), COUNT(DISTINCT calib_level), SUM(calib_level) FROM "
      "ivoa.obscore",
      {"400|342|4|600"});
  gives("SELECT COUNT(*) FROM ivoa.obscore WHERE 1 = 0 HAVING COUNT(*) = 0", {"0"});
  gives("SELECT FLOOR(s_dec / 100) AS bin, COUNT(*) FROM ivoa.obscore GROUP BY bin ORDER BY bin",
        {"-1|218", "0|182"});
}

BOOST_AUTO_TEST_CASE(letter_case_in_patterns) {
  BOOST_TEST(count("target_name LIKE 'M3%'") == "160");
  BOOST_TEST(count("target_name LIKE 'M31'") == "80");
  BOOST_TEST(count("target_name ILIKE 'm31'") == "160");
  BOOST_TEST(count("target_name LIKE '_31'") == "160");
  BOOST_TEST(count("target_name NOT LIKE 'M%'") == "160");  // NULL is neither
  BOOST_TEST(count("target_name LIKE '%[3]%'") == "0");
  BOOST_TEST(count("target_name LIKE '%*%' OR target_name LIKE '%?%'") == "0");
  BOOST_TEST(count("target_name = 'm31'") == "80");
  BOOST_TEST(count("obs_publisher_did = 'ivo://test/C?5'") == "1");
  BOOST_TEST(count("obs_publisher_did = 'ivo://test/c?5'") == "0");
  BOOST_TEST(count("obs_publisher_did LIKE 'ivo://test/C?5%'") == "11");
  BOOST_TEST(count("obs_publisher_did LIKE 'ivo://TEST/%'") == "0");
  BOOST_TEST(count("obs_publisher_did LIKE 'ivo://test/C?39Z%'") == "0");
  BOOST_TEST(count("obs_publisher_did LIKE 'ivo://test/C%'") == "400");
  BOOST_TEST(count("obs_publisher_did LIKE 'ivo://test/c%'") == "0");
  BOOST_TEST(count("obs_publisher_did IN ('ivo://test/C?5', 'ivo://test/c?6')") == "1");
}

BOOST_AUTO_TEST_CASE(nulls) {
  BOOST_TEST(count("t_min > 0") == "342");
  BOOST_TEST(count("NOT (t_min > 0)") == "0");
  BOOST_TEST(count("NOT (t_min > 0 OR t_min IS NULL)") == "0");
  BOOST_TEST(count("NOT (t_min > 0 AND s_ra < 400)") == "0");
  BOOST_TEST(count("t_min IS NULL") == "58");
  BOOST_TEST(count("obs_id NOT IN ('obs1', NULL)") == "0");
  BOOST_TEST(count("t_min = NULL") == "0");
  BOOST_TEST(count("NOT t_min IN (50001, 50002)") == "340");
}

BOOST_AUTO_TEST_CASE(times) {
  BOOST_TEST(count("obs_release_date = '2020-01-01'") == "100");
  BOOST_TEST(count("obs_release_date = '2020-01-01 00:00:00Z'") == "100");
  BOOST_TEST(count("obs_release_date > '2020-01-01'") == "100");
  BOOST_TEST(count("obs_release_date >= '2020-01-01'") == "200");
  BOOST_TEST(count("obs_release_date <> '2020-01-01'") == "100");
  BOOST_TEST(count("obs_release_date BETWEEN '2020-01-01' AND '2021-05-05T12:00'") == "200");
  BOOST_TEST(count("obs_release_date NOT BETWEEN '2020-01-01' AND '2020-01-02'") == "100");
  BOOST_TEST(
      refusal("SELECT 1 FROM ivoa.obscore WHERE obs_release_date > 'tomorrow'",
              archive.catalogue()) ==
      "line 1, column 53: found \"tomorrow\", expected a time like '2020-12-31T23:59:59.5' or "
      "'2020-12-31'");
}

BOOST_AUTO_TEST_CASE(long_lists_are_one_parameter) {
  std::string numbers = "50001", texts = "'obs1'";
  for (int i = 0; i < 90000; ++i) {
    numbers += ",-" + std::to_string(i) + ".5";
    texts += ",'\"\\\n" + std::to_string(i) + "'";
  }
  BOOST_TEST(count("t_min IN (" + numbers.substr(0, 900000) + "1)") == "1");
  BOOST_TEST(count("obs_id IN (" + texts.substr(0, texts.rfind(",'", 900000)) + ")") == "1");
  BOOST_TEST(count("obs_id NOT IN (" + texts.substr(0, texts.rfind(",'", 900000)) + ")") == "399");
}

BOOST_AUTO_TEST_CASE(joins) {
  gives(
      "SELECT s.name, o.obs_id FROM tap_upload.stars s JOIN ivoa.obscore o ON DISTANCE(s.ra, "
      "s.dec, "
      "o.s_ra, o.s_dec) < 0.1 ORDER BY 1, 2",
      {"a|obs1", "b|obs2"});
  gives(
      "SELECT s.name, o.obs_id FROM tap_upload.stars s LEFT JOIN ivoa.obscore o ON 1 = "
      "CONTAINS(POINT(o.s_ra, o.s_dec), CIRCLE(s.ra, s.dec, 0.1)) ORDER BY 1",
      {"a|obs1", "b|obs2", "c|NULL"});
  gives(
      "SELECT o.obs_id, s.name FROM ivoa.obscore o RIGHT JOIN tap_upload.stars s ON o.obs_id = "
      "'obs' || "
      "s.name ORDER BY 2",
      {"NULL|a", "NULL|b", "NULL|c"});
  gives(
      "SELECT x FROM (SELECT name AS x FROM tap_upload.stars WHERE name < 'c') a FULL JOIN (SELECT "
      "name "
      "AS x FROM tap_upload.stars WHERE name > 'a') b USING (x) ORDER BY x",
      {"a", "b", "c"});
  gives(
      "SELECT * FROM (SELECT name, ra FROM tap_upload.stars) a NATURAL JOIN (SELECT name, dec FROM "
      "tap_upload.stars) b ORDER BY name DESC",
      {"c|200|5", "b|74|-88", "a|37|-89"});
  gives(
      "SELECT a.name FROM tap_upload.stars a, tap_upload.stars b LEFT JOIN tap_upload.stars c ON "
      "b.name "
      "= c.name WHERE a.name = c.name ORDER BY 1",
      {"a", "b", "c"});
  gives(
      "SELECT name FROM tap_upload.stars s WHERE EXISTS (SELECT 1 FROM ivoa.obscore o WHERE 1 = "
      "CONTAINS(POINT(s.ra, s.dec), o.s_region)) ORDER BY name",
      {"a", "b"});
  gives(
      "SELECT name FROM tap_upload.stars s WHERE NOT EXISTS (SELECT 1 FROM ivoa.obscore o WHERE "
      "o.s_ra = s.ra) ORDER BY name",
      archive.ask(
          "SELECT name FROM tap_upload.stars WHERE ra NOT IN (SELECT s_ra FROM ivoa.obscore) "
          "ORDER BY name"));
  gives(
      "WITH near AS (SELECT obs_id, s_region FROM ivoa.obscore WHERE s_dec < -85) SELECT n.obs_id "
      "FROM "
      "near n, tap_upload.stars s WHERE 1 = CONTAINS(POINT(s.ra, s.dec), n.s_region) ORDER BY 1",
      {"obs1", "obs2"});
  gives("SELECT name FROM tap_upload.stars", {"a", "b", "c"});
}

// All spellings give the rows that plain arithmetic gives, by the tree where it can help.
BOOST_AUTO_TEST_CASE(places_by_the_tree_or_without) {
  const std::string point = "POINT('ICRS', s_ra, s_dec)", circle = "CIRCLE('', 37, -80, 12)";
  const std::string contains = "CONTAINS(" + point + ", " + circle + ")";
  const std::string plain =
      "2 * DEGREES(ASIN(SQRT(POWER(SIN(RADIANS(s_dec + 80) / 2), 2) + "
      "COS(RADIANS(s_dec)) * COS(RADIANS(-80)) * POWER(SIN(RADIANS(s_ra - 37) / 2), "
      "2)))) <= 12";
  const std::string inside = count(plain);
  BOOST_TEST(inside != "0");
  const std::string tree = "SCAN xt1 VIRTUAL TABLE";
  const std::string all = "SELECT obs_id FROM ivoa.obscore WHERE ";
  for (const std::string& condition :
       Rows{"1 = " + contains, contains + " = 1", "0 <> " + contains, contains + " > 0",
            "NOT (0 = " + contains + ")", "NOT " + contains + " = 0", "0.5 < " + contains,
            "NOT (" + contains + " = 0 OR s_dec > 90)",
            "1 = INTERSECTS(" + point + ", " + circle + ")",
            "1 = INTERSECTS(" + circle + ", " + point + ")",
            "DISTANCE(" + point + ", POINT(37, -80)) <= 12", "12 >= DISTANCE(37, -80, s_ra, s_dec)",
            "NOT DISTANCE(s_ra, s_dec, 37, -80) > 12",
            "DISTANCE(s_ra, s_dec, 37, -80) BETWEEN 0 AND 12",
            "1 = CONTAINS(POINT(37, -80), CIRCLE(s_ra, s_dec, 12))",
            "s_ra < 400 AND (1 = " + contains + " AND s_dec IS NOT NULL)"}) {
    BOOST_TEST(count(condition) == inside, condition);
    BOOST_TEST(plans(all + condition, tree), condition);
  }
  const std::string outside = std::to_string(400 - std::stoi(inside));
  for (const std::string& condition :
       Rows{"0 = " + contains, contains + " <> 1", "NOT " + contains + " = 1", "1 > " + contains,
            "DISTANCE(s_ra, s_dec, 37, -80) > 12",
            "NOT (DISTANCE(s_ra, s_dec, 37, -80) BETWEEN 0 AND 12)"}) {
    BOOST_TEST(count(condition) == outside, condition);
    BOOST_TEST(!plans(all + condition, "VIRTUAL TABLE"), condition);
  }
  BOOST_TEST(count(contains + " >= 0") == "400");
  BOOST_TEST(count("1 = " + contains + " OR 0 = " + contains) == "400");
  BOOST_TEST(plans(all + "1 = CONTAINS(POINT(37, -80), s_region)", tree));
  BOOST_TEST(plans(all + "INTERSECTS(s_region, POLYGON(1, 2, 3, 4, 5, 1)) = 1", tree));
  BOOST_TEST(plans(all + "1 = CONTAINS(s_region, CIRCLE(1, 2, 3))", tree));
  BOOST_TEST(plans(all + "1 = " + contains + " OR obs_id = 'obs5'", "MULTI-INDEX OR"));
  BOOST_TEST(count("1 = " + contains + " OR obs_id = 'obs5'") ==
             std::to_string(std::stoi(inside) +
                            (count("obs_id = 'obs5' AND 1 = " + contains) == "1" ? 0 : 1)));
  // What depends on the row itself cannot be looked up.
  BOOST_TEST(
      !plans(all + "1 = INTERSECTS(CIRCLE('', s_ra, s_dec, s_fov / 2), s_region)", "VIRTUAL"));
  BOOST_TEST(count("1 = INTERSECTS(CIRCLE('', s_ra, s_dec, s_fov / 2), s_region)") == "400");
  // A radius that may be anything.
  BOOST_TEST(count("DISTANCE(s_ra, s_dec, 37, -80) < 200") == "400");
  BOOST_TEST(count("DISTANCE(s_ra, s_dec, 37, -80) < -1") == "0");
}

BOOST_AUTO_TEST_CASE(joins_walk_the_tree_once_for_each_place) {
  const std::string tables = "SELECT s.name FROM ivoa.obscore o, tap_upload.stars s WHERE ";
  for (const std::string condition :
       {"DISTANCE(o.s_ra, o.s_dec, s.ra, s.dec) < 0.01",
        "1 = CONTAINS(POINT(s.ra, s.dec), o.s_region) AND o.calib_level = 2 AND o.obs_id > 'a'",
        "1 = INTERSECTS(o.s_region, CIRCLE(s.ra, s.dec, s.Mag))"}) {
    const Rows lines = archive.plan(tables + condition);
    BOOST_REQUIRE_EQUAL(lines.size(), 3U);
    BOOST_TEST(lines[0] == "SCAN t2");
    BOOST_TEST(lines[1].starts_with("SCAN xt1 VIRTUAL TABLE INDEX"));
    BOOST_TEST(lines[2].starts_with("SEARCH t1 USING INTEGER PRIMARY KEY"));
  }
  BOOST_TEST(
      plans("SELECT s.name FROM tap_upload.stars s LEFT JOIN ivoa.obscore o ON "
            "DISTANCE(o.s_ra, o.s_dec, s.ra, s.dec) < 0.01",
            "CORRELATED LIST SUBQUERY"));
  BOOST_TEST(
      plans("SELECT s.name FROM tap_upload.stars s WHERE EXISTS (SELECT 1 FROM ivoa.obscore o "
            "WHERE DISTANCE(o.s_ra, o.s_dec, s.ra, s.dec) < 0.01)",
            "SCAN xt2 VIRTUAL TABLE"));
  // Of two archives' rows, the one that is asked for by its name comes first.
  const Rows lines = archive.plan(
      "SELECT a.obs_id FROM ivoa.obscore b, ivoa.obscore a WHERE 1 = CONTAINS(POINT(a.s_ra, "
      "a.s_dec), "
      "b.s_region) AND a.obs_id = 'obs1'");
  BOOST_TEST(lines[0] == "SEARCH t2 USING INDEX dataset_obs_id (obs_id=?)");
}

BOOST_AUTO_TEST_CASE(indexes_of_columns_are_used) {
  const std::string all = "SELECT s_ra FROM ivoa.obscore WHERE ";
  BOOST_TEST(plans(all + "obs_id = 'obs5'", "USING INDEX dataset_obs_id (obs_id=?)"));
  BOOST_TEST(
      plans(all + "obs_id LIKE 'obs5%'", "USING INDEX dataset_obs_id (obs_id>? AND obs_id<?)"));
  BOOST_TEST(plans(all + "obs_id IN ('obs5', 'obs6')", "USING INDEX dataset_obs_id (obs_id=?)"));
  BOOST_TEST(plans(all + "obs_publisher_did = 'ivo://test/C?5'",
                   "USING INDEX dataset_did (obs_publisher_did=?)"));
  BOOST_TEST(plans(all + "obs_publisher_did LIKE 'ivo://test/C?5%'",
                   "USING INDEX dataset_did (obs_publisher_did>? AND obs_publisher_did<?)"));
  BOOST_TEST(plans(all + "obs_publisher_did LIKE 'ivo://test/C?5'",
                   "USING INDEX dataset_did (obs_publisher_did=?)"));
  BOOST_TEST(plans(all + "obs_publisher_did IN (SELECT name FROM tap_upload.stars)",
                   "USING INDEX dataset_did (obs_publisher_did=?)"));
}

// The deepest texts that are accepted are those that SQLite's parser can hold.
BOOST_AUTO_TEST_CASE(what_is_accepted_compiles) {
  struct Nest {
    std::string before, open, core, close, after;
  };
  const Nest nests[] = {
      {"SELECT TOP 1 ", "1+(2*", "1", ")", " FROM ivoa.obscore"},
      {"SELECT TOP 1 ", "ABS(1+", "s_ra", ")", " FROM ivoa.obscore"},
      {"SELECT TOP 1 ", "COALESCE(NULL, 1-(", "s_ra", "))", " FROM ivoa.obscore"},
      {"SELECT TOP 1 ", "CASE WHEN 1=1 AND (2=2 OR 3>", "1", ") THEN 1 END", " FROM ivoa.obscore"},
      {"SELECT TOP 1 1 FROM ivoa.obscore WHERE ", "(1=1 AND (2=2 OR ", "1=1", "))", ""},
      {"SELECT TOP 1 1 FROM ivoa.obscore WHERE ", "NOT (1=1 AND ", "2=2", ")", ""},
      {"SELECT TOP 1 * FROM ", "(SELECT 1 AS x, y.* FROM ", "tap_upload.stars y", ") y", ""},
      {"SELECT TOP 1 1 FROM ivoa.obscore WHERE 1=1 AND 1 IN ",
       "(SELECT 1 FROM ivoa.obscore WHERE 1=1 AND 1 IN ", "(2)", ")", ""},
      {"SELECT TOP 1 1 FROM ivoa.obscore WHERE NOT ",
       "EXISTS (SELECT 1 FROM ivoa.obscore WHERE 1=2 OR (1=1 AND 2=2 AND NOT ", "1=1", "))", ""},
      {"SELECT TOP 1 1 FROM ivoa.obscore WHERE s_ra BETWEEN 1 AND 2 AND 1 + 2 * ",
       "ABS(1 - 2 * POWER(3, 1 + ", "2", "))", " NOT IN (1, 2) OR 1=1"},
      {"SELECT TOP 1 1 FROM ivoa.obscore GROUP BY s_dec HAVING 1=1 AND EXISTS ",
       "(SELECT 1 FROM ivoa.obscore GROUP BY s_ra, s_dec HAVING 1=1 AND COUNT(*) = 1 AND 2=3 OR "
       "EXISTS ",
       "(SELECT 1 FROM ivoa.obscore)", ")", ""},
      {"SELECT TOP 1 1 FROM ivoa.obscore x JOIN ivoa.obscore y ON 1=1 AND 1 IN ",
       "(SELECT x.calib_level FROM tap_upload.stars LEFT JOIN ivoa.obscore x ON 1=1 AND 2=2 AND 3 "
       "NOT IN ",
       "(1, 2)", ")", ""},
      {"SELECT TOP 1 1, 2, 3 + CASE WHEN 1=1 THEN ", "1 + 2 * (CASE 1 WHEN 2 THEN 3 ELSE 4 | (5 & ",
       "1", ") END)", " END FROM ivoa.obscore"},
      {"", "(SELECT TOP 1 1 FROM ivoa.obscore UNION SELECT 2 FROM ivoa.obscore INTERSECT ",
       "SELECT 1 FROM ivoa.obscore", ")", ""},
      {"SELECT TOP 1 1 FROM ", "(ivoa.obscore x LEFT JOIN ", "ivoa.obscore y", " ON 1=1)", ""},
  };
  for (const Nest& nest : nests) {
    std::size_t accepted = 0;
    for (std::size_t depth = 1; depth < 100; ++depth) {
      std::string adql = nest.before;
      for (std::size_t i = 0; i < depth; ++i) adql += nest.open;
      adql += nest.core;
      for (std::size_t i = 0; i < depth; ++i) adql += nest.close;
      adql += nest.after;
      if (refusal(adql, archive.catalogue()) != "accepted") break;
      const Rows lines = archive.plan(adql);
      const bool compiles = lines.empty() || !lines.front().starts_with("no plan");
      BOOST_TEST(compiles, depth << " times " << nest.open << ": " << lines.front());
      if (!compiles) break;
      ++accepted;
    }
    BOOST_TEST(accepted >= 3U, nest.open << " " << accepted);
    BOOST_TEST_MESSAGE(accepted << " of " << nest.open);
  }
}

BOOST_AUTO_TEST_SUITE_END()
