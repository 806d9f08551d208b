// The functions that translated ADQL calls, and the archive's own tables.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "scratch.h"
#include "store/own_tables.h"
#include "store/select.h"

namespace {

using namespace soda;
using namespace soda::store;

std::string shown(const Cell& cell) {
  struct Show {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(double x) const { return to_text(x); }
    std::string operator()(std::string_view text) const { return std::string(text); }
  };
  return std::visit(Show{}, cell);
}

struct Fixture {
  scratch::Folder folder;
  std::string path = folder / "soda.db";
  Database database{path, Database::Mode::read_write};
  Selector selector{path};

  std::string all(const std::string& sql) {
    Inquiry inquiry(selector, {});
    inquiry.select(sql, {});
    std::string text;
    while (inquiry.next()) {
      for (const Cell& cell : inquiry.row()) text += (text.empty() ? "" : "|") + shown(cell);
    }
    return text;
  }
  // The value, or "! " and what was refused.
  std::string value(const std::string& expression) {
    try {
      return all("SELECT " + expression);
    } catch (const Failure& failure) {
      return std::string("! ") + failure.what();
    }
  }
  double number(const std::string& expression) {
    return to_double(value(expression)).value_or(-1e300);
  }
};

struct Case {
  const char *expression, *expected;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(adql_functions, Fixture)

// Worked by hand from ADQL 2.1 section 4.3, and the values of the catalogue of UDFs 1.2.
BOOST_AUTO_TEST_CASE(values) {
  for (const Case& one : std::initializer_list<Case>{
           {"adql_round(2.5)", "3"},
           {"adql_round(-2.5)", "-3"},
           {"adql_round(2.345, 2)", "2.35"},
           {"adql_round(1234.5, -2)", "1200"},
           {"adql_round(1e300, 10)", "1e+300"},
           {"adql_truncate(0.29, 2)", "0.29"},
           {"adql_truncate(-1.999, 2)", "-1.99"},
           {"adql_truncate(1299, -2)", "1200"},
           {"adql_mod(7, 3)", "1"},
           {"adql_mod(-7, 3)", "-1"},
           {"adql_mod(7.5, 2)", "1.5"},
           {"adql_mod(7, 0)", "NULL"},
           {"adql_mod(-9223372036854775807 - 1, -1)", "0"},
           {"adql_log(0)", "NULL"},
           {"adql_log(-1)", "NULL"},
           {"adql_log10(1000)", "3"},
           {"adql_sqrt(-1)", "NULL"},
           {"adql_sqrt(2.25)", "1.5"},
           {"adql_power(2, 10)", "1024"},
           {"adql_power(10, 400)", "NULL"},
           {"adql_acos(2)", "NULL"},
           {"adql_cot(0)", "NULL"},
           {"adql_ceiling(-1.5)", "-1"},
           {"adql_floor(-1.5)", "-2"},
           {"adql_floor(NULL)", "NULL"},
           {"adql_rand() < 1", "1"},
           {"adql_like('abc', 'a%')", "1"},
           {"adql_like('Abc', 'a%')", "0"},
           {"adql_like('abc', '%b%')", "1"},
           {"adql_like('abc', 'a_c')", "1"},
           {"adql_like('ac', 'a_c')", "0"},
           {"adql_like('a\xc3\xa9"
            "c', 'a_c')",
            "1"},
           {"adql_like('', '%')", "1"},
           {"adql_like('', '')", "1"},
           {"adql_like('abcabd', '%abd')", "1"},
           {"adql_like('aaaaaaaab', '%a%a%a%c')", "0"},
           {"adql_like('50%', '50\\%')", "0"},
           {"adql_like(NULL, '%')", "NULL"},
           {"adql_ilike('ABC', 'a_C')", "1"},
           {"adql_lower('A\xc3\x89Z')", "a\xc3\x89z"},
           {"adql_cast_smallint(32767.4)", "32767"},
           {"adql_cast_integer('12')", "12"},
           {"adql_cast_integer(' -12.5 ')", "-13"},
           {"adql_cast_bigint('9223372036854775807')", "9223372036854775807"},
           {"adql_cast_double('1e3')", "1000"},
           {"adql_cast_real(0.1)", "0.10000000149011612"},
           {"adql_cast_varchar(1.5, 0)", "1.5"},
           {"adql_cast_char('abcdef', 3)", "abc"},
           {"adql_cast_timestamp('2020-01-02 03:04:05Z')", "2020-01-02T03:04:05"},
           {"adql_dali(adql_cast_point('12.3 45.6'))", "12.3 45.6"},
           {"adql_dali(adql_cast_circle('12.3 45.6 1'))", "12.3 45.6 1"},
           {"adql_dali(adql_cast_polygon('1 0.1 2 0.2 3 0.3'))", "1 0.1 2 0.2 3 0.3"},
           {"ivo_healpix_index(0, 1, 1)", "4"},
           {"ivo_healpix_index(17, 1, 1)", "81609757711"},
           {"ivo_healpix_index(17, 359, -1)", "73009064944"},
           {"ivo_healpix_index(17, adql_point(1, 1))", "81609757711"},
           {"adql_dali(ivo_healpix_center(0, 6))", "180 0"},
           {"ivo_hasword('the Quick fox', 'quick FOX')", "1"},
           {"ivo_hasword('the Quick fox', 'qui')", "0"},
           {"ivo_hasword('abc', '')", "0"},
           {"ivo_hashlist_has('a#Bc#d', 'bC')", "1"},
           {"ivo_hashlist_has('a#bc#d', 'b')", "0"},
           {"ivo_hashlist_has('a#bc#d', 'a#bc')", "0"},
           {"ivo_nocasematch('ABC', 'a%')", "1"},
           {"ivo_interval_overlaps(1, 2, 2, 3)", "1"},
           {"ivo_interval_overlaps(1, 2, 2.1, 3)", "0"},
           {"ivo_interval_overlaps(2, 1, 0, 3)", "0"},
           {"ivo_to_jd('2000-01-02T12:00:00')", "2451546"},
           {"ivo_to_mjd('2000-01-02T12:00:00')", "51545.5"},
           {"ivo_to_mjd(NULL)", "NULL"},
           {"adql_percent_encode('ivo://x/y?a b')", "ivo%3A%2F%2Fx%2Fy%3Fa%20b"}}) {
    BOOST_TEST_CONTEXT(one.expression) { BOOST_TEST(value(one.expression) == one.expected); }
  }
}

BOOST_AUTO_TEST_CASE(geometry) {
  for (const Case& one : std::initializer_list<Case>{
           {"adql_dali(adql_point(370, -5))", "10 -5"},
           {"adql_dali(adql_point(-1, 90))", "359 90"},
           {"adql_coord1(adql_point(12.3, 45.6))", "12.3"},
           {"adql_coord2(adql_point(12.3, 45.6))", "45.6"},
           {"adql_coordsys(adql_point(1, 2))", "ICRS"},
           {"adql_stcs(adql_circle(1, 2, 3))", "Circle ICRS 1 2 3"},
           {"adql_dali(adql_circle(adql_point(1, 2), 3))", "1 2 3"},
           {"adql_dali(adql_polygon(1, 2, 3, 4, 5, 0))", "1 2 3 4 5 0"},
           {"adql_dali(adql_polygon(adql_point(1, 2), adql_point(3, 4), adql_point(5, 0)))",
            "1 2 3 4 5 0"},
           {"adql_stcs(adql_region('Position ICRS 10 20'))", "Position ICRS 10 20"},
           {"adql_stcs(adql_region('circle icrs 10 20 0.5'))", "Circle ICRS 10 20 0.5"},
           {"adql_stcs(adql_region('Union ICRS (Circle 10 20 1 Circle 50 -20 2)'))",
            "Union ICRS (Circle 10 20 1 Circle 50 -20 2)"},
           {"adql_dali(adql_region('Union ICRS (Circle 10 20 1 Circle 50 -20 2)'))", "NULL"},
           {"adql_stcs(adql_region('1 2 3'))", "Circle ICRS 1 2 3"},
           {"adql_contains(adql_point(0, 1), adql_circle(0, 0, 1))", "1"},
           {"adql_contains(adql_point(0, 1.0000001), adql_circle(0, 0, 1))", "0"},
           {"adql_contains(adql_point(123, 90), adql_circle(7, 89, 1))", "1"},
           {"adql_contains(adql_point(359.9, 0), adql_circle(0.1, 0, 0.2))", "1"},
           {"adql_contains(adql_circle(0, 0, 1), adql_circle(0, 0, 1))", "1"},
           {"adql_contains(adql_circle(0, 0, 1), adql_circle(0, 1, 2))", "1"},
           {"adql_contains(adql_circle(0, 0, 1), adql_circle(0, 1.01, 2))", "0"},
           {"adql_contains(adql_circle(0, 0, 100), adql_circle(0, 0, 180))", "1"},
           {"adql_contains(adql_circle(0, 0, 100), adql_circle(180, 0, 90))", "0"},
           {"adql_contains(adql_polygon(0,0, 10,0, 10,10, 0,10), adql_polygon(0,0, 10,0, 10,10, "
            "0,10))",
            "1"},
           {"adql_contains(adql_polygon(0,0, 5,0, 5,5), adql_polygon(0,0, 10,0, 10,10, 0,10))",
            "1"},
           {"adql_contains(adql_polygon(0,0, 11,0, 5,5), adql_polygon(0,0, 10,0, 10,10, 0,10))",
            "0"},
           // A hollow on the east side, which the second triangle bridges.
           {"adql_contains(adql_polygon(0,0, 10,0, 0,10), adql_polygon(0,0, 10,0, 1,1, 0,10))",
            "0"},
           {"adql_contains(adql_polygon(10,0, 1,1, 0,10), adql_polygon(0,0, 10,0, 1,1, 0,10))",
            "0"},
           {"adql_contains(adql_polygon(0,0, 10,0, 1,1), adql_polygon(0,0, 10,0, 1,1, 0,10))", "1"},
           {"adql_contains(adql_circle(5, 5, 4), adql_polygon(0,0, 10,0, 10,10, 0,10))", "1"},
           {"adql_contains(adql_circle(5, 5, 5.1), adql_polygon(0,0, 10,0, 10,10, 0,10))", "0"},
           {"adql_contains(adql_polygon(0,0, 10,0, 10,10, 0,10), adql_circle(5, 5, 8))", "1"},
           {"adql_contains(adql_polygon(0,0, 10,0, 10,10, 0,10), adql_circle(5, 5, 7))", "0"},
           {"adql_contains(adql_polygon(0,0, 10,0, 10,10, 0,10), adql_circle(185, 0, 170))", "0"},
           {"adql_contains(adql_polygon(100,0, 110,0, 110,10, 100,10), adql_circle(185, 0, 170))",
            "1"},
           {"adql_contains(adql_polygon(0,0, 10,0, 10,10), adql_point(0, 0))", "0"},
           {"adql_contains(adql_point(0, 0), adql_point(0, 0))", "1"},
           {"adql_intersects(adql_circle(0,0,1), adql_circle(0,2,1))", "1"},
           {"adql_intersects(adql_circle(0,0,1), adql_circle(0,2.0001,1))", "0"},
           {"adql_intersects(adql_point(5, 0), adql_polygon(0,0, 10,0, 10,10, 0,10))", "1"},
           {"adql_intersects('Circle ICRS 0 0 1', '0 0.5')", "1"},
           {"adql_point_in(5, 5, adql_box(5, 5, 2, 2))", "1"},
           {"adql_point_in(5, 6, adql_box(5, 5, 2, 2))", "1"},
           {"adql_point_in(5, 6.001, adql_box(5, 5, 2, 2))", "0"},
           {"adql_point_in_circle(10, 0, 11, 0, 1)", "1"},
           {"adql_contains(NULL, adql_circle(0, 0, 1))", "NULL"},
           {"adql_area(adql_point(1, 2))", "0"},
           {"adql_dali(adql_centroid(adql_circle(10, 20, 30)))", "10 20 "}}) {
    BOOST_TEST_CONTEXT(one.expression) {
      BOOST_TEST(trim(value(one.expression)) == trim(one.expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_of_geometry) {
  constexpr double pi = 3.14159265358979323846;
  const double square_degrees = (180 / pi) * (180 / pi);
  const auto near = [](double a, double b, double relative) {
    return std::fabs(a - b) <= relative * std::fabs(b);
  };
  BOOST_TEST(near(number("adql_area(adql_circle(0, 0, 180))"), 4 * pi * square_degrees, 1e-14));
  BOOST_TEST(near(number("adql_area(adql_circle(3, 4, 1e-6))"), pi * 1e-12, 1e-12));
  // An eighth of the sphere.
  BOOST_TEST(
      near(number("adql_area(adql_polygon(0,0, 90,0, 0,90))"), pi / 2 * square_degrees, 1e-13));
  BOOST_TEST(near(number("adql_area(adql_box(10, 20, 1e-4, 1e-4))"), 1e-8, 1e-8));
  // Latitude differences are exact; one of a billionth of a degree is as good.
  BOOST_TEST(near(number("adql_distance(10, 20, 10, 20.000000001)"), 20.000000001 - 20, 1e-12));
  BOOST_TEST(near(number("adql_distance(0, 60, 1e-9, 60)"), 0.5e-9, 1e-12));
  BOOST_TEST(near(number("adql_distance(359.5, 0, 0.5, 0)"), 1, 1e-15));
  BOOST_TEST(near(number("adql_distance(0, 0, 180, 1e-7)"), 180 - 1e-7, 1e-15));
  BOOST_TEST(number("adql_distance(77, 90, 123, 90)") < 1e-13);
  BOOST_TEST(near(number("adql_distance(adql_point(0, 90), adql_point(5, -90))"), 180, 1e-15));
  const auto centre = value("adql_dali(ivo_healpix_center(17, ivo_healpix_index(17, 23.4, 56.7)))");
  const auto parts = split_blanks(centre);
  BOOST_REQUIRE(parts.size() == 2);
  BOOST_TEST(near(to_double(parts[0]).value(), 23.399843462947466, 1e-14));
  BOOST_TEST(near(to_double(parts[1]).value(), 56.70016214363192, 1e-14));
}

BOOST_AUTO_TEST_CASE(refusals) {
  for (const Case& one : std::initializer_list<Case>{
           {"adql_point(1, 91)", "! a latitude must lie between -90 and 90 degrees, not at 91"},
           {"adql_circle(1, 1, 181)",
            "! the radius of a circle must be at least 0 and at most 180 degrees, not 181"},
           {"adql_circle(1, 1, -1)",
            "! the radius of a circle must be at least 0 and at most 180 degrees, not -1"},
           {"adql_polygon(1, 1, 2, 2)",
            "! a polygon needs at least 3 vertices of two numbers each"},
           {"adql_region('blob 1 2 3')", nullptr},
           {"adql_region('')", "! a region without words or numbers says nothing"},
           {"adql_region('1 2 3 4')", nullptr},
           {"adql_region('Position GALACTIC 1 2')", nullptr},
           {"adql_cast_smallint(40000)", "! the value \"40000\" cannot be cast to SMALLINT"},
           {"adql_cast_integer(3e9)", nullptr},
           {"adql_cast_bigint(1e19)", nullptr},
           {"adql_cast_bigint('abc')", "! the value \"abc\" cannot be cast to BIGINT"},
           {"adql_cast_real(1e39)", nullptr},
           {"adql_cast_double('')", nullptr},
           {"adql_cast_timestamp('today')", nullptr},
           {"adql_cast_timestamp(5)", nullptr},
           {"adql_cast_point('1 2 3')", nullptr},
           {"adql_coord1(adql_circle(1, 2, 3))", nullptr},
           {"adql_contains(1, adql_circle(1, 2, 3))", nullptr},
           {"adql_contains(x'0102', adql_circle(1, 2, 3))", nullptr},
           {"adql_contains(x'0101000000', adql_circle(1, 2, 3))", nullptr},
           {"adql_contains(x'', adql_circle(1, 2, 3))", nullptr},
           {"adql_area(x'0200000001000000')", nullptr},
           {"adql_contains(adql_point(1, 1), adql_polygon(0,0, 10,10, 10,0, 0,10))", nullptr},
           {"ivo_healpix_index(30, 1, 1)", nullptr},
           {"ivo_healpix_index(-1, 1, 1)", nullptr},
           {"ivo_healpix_center(0, 12)", nullptr},
           {"ivo_to_jd('x')", nullptr}}) {
    BOOST_TEST_CONTEXT(one.expression) {
      const std::string got = value(one.expression);
      BOOST_TEST(got.starts_with("! "), got);
      if (one.expected != nullptr) BOOST_TEST(got == one.expected);
    }
  }
}

// Nothing interrupts a function: what can be long is bounded by itself.
BOOST_AUTO_TEST_CASE(no_call_takes_long) {
  const auto of_long_text = [&](const std::string& expression) {
    const auto begun = std::chrono::steady_clock::now();
    std::string got;
    try {
      Inquiry inquiry(selector, {});
      const std::vector<Value> bindings(1, std::string(std::size_t{2} << 20, 'a'));
      inquiry.select("SELECT " + expression + " FROM (SELECT ?1 AS x)", bindings);
      BOOST_REQUIRE(inquiry.next());
      got = shown(inquiry.row()[0]);
    } catch (const Failure& failure) {
      got = std::string("! ") + failure.what();
    }
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(5)));
    return got;
  };
  BOOST_TEST(of_long_text("length(x)") == "2097152");
  const std::string letters(2000, 'a');
  BOOST_TEST(of_long_text("adql_like(x, '%" + letters + "b%')") ==
             "! a pattern of LIKE or ILIKE takes too long on a long text");
  BOOST_TEST(of_long_text("adql_like(x, '%b')") == "0");
  BOOST_TEST(of_long_text("ivo_hasword(x, x)").starts_with("! the words that ivo_hasword"));
  BOOST_TEST(of_long_text("adql_region(x)").starts_with("! a region is described by more"));
  BOOST_TEST(of_long_text("adql_cast_double(x)").starts_with("! the value \"aaaa"));
  BOOST_TEST(of_long_text("x || x || x").starts_with("! a value of the query"));
  std::string circles = "Union ICRS (";
  for (int i = 0; i < 1300; ++i) circles += "Circle " + std::to_string(i % 360) + " 1 0.001 ";
  BOOST_TEST(value("adql_region('" + circles + ")')") ==
             "! a region may have 2000 vertices in all; this one has more");
}

BOOST_AUTO_TEST_CASE(texts_are_joined) {
  BOOST_TEST(all("SELECT ivo_string_agg(x, ', ') FROM (SELECT 'a' AS x UNION ALL SELECT NULL UNION "
                 "ALL SELECT 'b')") == "a, b");
  BOOST_TEST(all("SELECT ivo_string_agg(x, ',') FROM (SELECT NULL AS x)") == "NULL");
}

namespace {

DeclaredTable stars() {
  DeclaredTable table;
  table.name = "survey.stars";
  table.description = "Stars";
  table.columns.resize(4);
  static_cast<Column&>(table.columns[0]) = {"ra",  ColumnType::real,      "double", "", "",
                                            "deg", "pos.eq.ra;meta.main", "",       ""};
  static_cast<Column&>(table.columns[1]) = {"dec", ColumnType::real,       "double", "", "",
                                            "deg", "pos.eq.dec;meta.main", "",       ""};
  static_cast<Column&>(table.columns[2]) = {"Name \"x\"", ColumnType::text, "char", "*", "", "", "",
                                            "",           "names"};
  static_cast<Column&>(table.columns[3]) = {
      "area", ColumnType::text, "char", "*", "adql:REGION", "", "", "", ""};
  table.columns[2].indexed = true;
  table.keys = {{"ivoa.obscore", {{"area", "s_region"}}, "why"}};
  return table;
}

void fill(Database& database, const DeclaredTable& table, int rows, bool whole = true) {
  OwnTableWriter writer(database, table);
  for (int i = 0; i < rows; ++i) {
    const std::string name = "star " + std::to_string(i);
    const std::string area = i % 2 == 0 ? "Circle ICRS " + std::to_string(i) + " 5 0.5" : "?";
    writer.add(std::vector<Cell>{double(i % 360), double(i % 80), std::string_view(name),
                                 std::string_view(area)});
  }
  if (whole) writer.finish();
}

}  // namespace

BOOST_AUTO_TEST_CASE(own_tables_are_kept_and_searched) {
  fill(database, stars(), 300);
  const std::vector<OwnTable> tables = own_tables(database);
  BOOST_REQUIRE(tables.size() == 1U);
  const OwnTable& table = tables[0];
  BOOST_TEST(table.name == "survey.stars");
  BOOST_TEST(table.columns.size() == 4U);
  BOOST_TEST(table.columns[2].name == "Name \"x\"");
  BOOST_TEST(table.columns[2].indexed);
  BOOST_TEST(table.keys.at(0).columns.at(0).second == "s_region");
  BOOST_TEST(table.form.position.lon.value() == 0U);
  BOOST_TEST(table.form.position.region.value() == 3U);
  BOOST_TEST(all("SELECT count(*), count(shape) FROM " + table.form.source) == "300|150");
  const std::string near = "SELECT count(*) FROM " + table.form.source +
                           " AS t WHERE t.rowid IN (SELECT id FROM " + table.form.rtree +
                           " WHERE id MATCH adql_near(adql_circle(20, 5, 1))) AND ";
  BOOST_TEST(all(near + "adql_intersects(t.shape, adql_circle(20, 5, 0.1)) = 1") == "1");
  BOOST_TEST(all(near + "adql_point_in_circle(t.c1, t.c2, 20, 5, 1) = 1") == "0");
  BOOST_TEST(all("SELECT c3 FROM " + table.form.source + " AS t JOIN " + table.form.rtree +
                 " AS s ON s.id = t.rowid WHERE s.id MATCH adql_near(20, 20, 0.1) AND "
                 "adql_point_in_circle(t.c1, t.c2, 20, 20, 0.1) = 1") == "star 20");
}

BOOST_AUTO_TEST_CASE(own_tables_are_replaced_whole) {
  fill(database, stars(), 10);
  const auto count = [&] {
    return all("SELECT count(*) FROM " + own_tables(database)[0].form.source);
  };
  BOOST_TEST(count() == "10");
  fill(database, stars(), 5, false);
  BOOST_TEST(count() == "10");
  fill(database, stars(), 7);
  BOOST_REQUIRE(own_tables(database).size() == 1U);
  BOOST_TEST(count() == "7");
  BOOST_TEST(drop_own_table(database, "SURVEY.stars"));
  BOOST_TEST(!drop_own_table(database, "survey.stars"));
  BOOST_TEST(own_tables(database).empty());
  Statement left = database.prepare(
      "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'own\\_%' ESCAPE '\\' AND name NOT LIKE "
      "'own\\_table%' ESCAPE '\\' AND name <> 'own_column'");
  left.step();
  BOOST_TEST(left.integer(0) == 0);
}

BOOST_AUTO_TEST_CASE(own_tables_of_impossible_names_are_refused) {
  const auto refused = [&](const DeclaredTable& table) {
    BOOST_CHECK_THROW(fill(database, table, 1), Failure);
  };
  for (const std::string name : {"stars", "ivoa.stars", "tap_schema.x", "tap_upload.x", "a.b.c",
                                 "A.b", "a.", ".b", "", "survey.\"x\"", "survey.x;"}) {
    DeclaredTable table = stars();
    table.name = name;
    BOOST_TEST_CONTEXT(name) { refused(table); }
  }
  DeclaredTable table = stars();
  table.columns[1].name = "RA";
  refused(table);
  table = stars();
  table.columns[1].name = "";
  refused(table);
  table = stars();
  table.columns.clear();
  refused(table);
  table = stars();
  table.columns.resize(1001, table.columns[0]);
  refused(table);
  table = stars();
  table.keys[0].columns[0].first = "nothing";
  refused(table);
  BOOST_TEST(own_tables(database).empty());
}

BOOST_AUTO_TEST_SUITE_END()
