// Which types may stand where, and units.
#include <boost/test/unit_test.hpp>
#include <string>

#include "store/obscore.h"
#include "tap/units.h"
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

// The sentence about a value of SELECT, or about a condition, without its place.
std::string of_value(std::string_view value) {
  const std::string said = refusal("SELECT " + std::string(value) + " FROM ivoa.obscore", known());
  return said.substr(said.find(": ") == std::string::npos ? 0 : said.find(": ") + 2);
}
std::string of_condition(std::string_view condition) {
  const std::string said =
      refusal("SELECT 1 FROM ivoa.obscore WHERE " + std::string(condition), known());
  return said.substr(said.find(": ") == std::string::npos ? 0 : said.find(": ") + 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(types)

BOOST_AUTO_TEST_CASE(numbers_and_texts_do_not_mix) {
  BOOST_TEST(of_condition("s_ra = '12'") ==
             "s_ra (a number) cannot be compared with a character string (a number stands without "
             "quotes)");
  BOOST_TEST(of_condition("obs_id > 5") ==
             "obs_id (a character string) cannot be compared with a whole number");
  BOOST_TEST(of_condition("obs_id IN ('a', 5)") ==
             "obs_id (a character string) cannot be compared with a whole number");
  BOOST_TEST(of_condition("s_ra BETWEEN 1 AND 'b'") ==
             "s_ra (a number) cannot be compared with a character string (a number stands without "
             "quotes)");
  BOOST_TEST(of_condition("calib_level IN (SELECT obs_id FROM ivoa.obscore)") ==
             "calib_level (a whole number) cannot be compared with a character string");
  BOOST_TEST(of_condition("s_ra IN (SELECT s_ra, s_dec FROM ivoa.obscore)") ==
             "the query of IN gives 1 column; found 2");
  BOOST_TEST(of_condition("s_ra LIKE '1%'") ==
             "found s_ra (a number), expected a character string as the text before LIKE");
  BOOST_TEST(of_value("obs_id + 1") ==
             "found obs_id (a character string), expected a number as an operand of arithmetic");
  BOOST_TEST(of_value("s_ra || 'x'") ==
             "found s_ra (a number), expected a character string as an operand of ||");
  BOOST_TEST(of_value("s_ra & 1") ==
             "found s_ra (a number), expected a whole number as an operand of &");
  BOOST_TEST(
      of_value("COALESCE(s_ra, 'x')") ==
      "the arguments of COALESCE must be of one type; found a number and a character string");
  BOOST_TEST(
      of_value("CASE WHEN s_ra > 1 THEN 1 ELSE 'x' END") ==
      "the results of CASE must be of one type; found a whole number and a character string");
  BOOST_TEST(
      of_value("s_ra > 1") ==
      "found a condition, expected a value in the list of SELECT (ADQL has no truth values)");
  for (const std::string_view fine :
       {"s_ra = NULL", "obs_id = NULL", "s_ra = calib_level", "obs_release_date > '2020-01-01'",
        "obs_id < target_name", "s_region LIKE 'Circle%'", "NULL IS NULL"})
    BOOST_TEST(of_condition(fine) == "accepted", fine);
}

BOOST_AUTO_TEST_CASE(functions_take_what_they_take) {
  BOOST_TEST(of_value("SQRT(obs_id)") ==
             "found obs_id (a character string), expected a number as argument 1 of SQRT");
  BOOST_TEST(of_value("SQRT()") == "SQRT takes 1 argument; found 0");
  BOOST_TEST(of_value("ROUND(1, 2, 3)") == "ROUND takes 1 or 2 arguments; found 3");
  BOOST_TEST(of_value("ROUND(1, 2.5)") ==
             "found a number, expected a whole number as argument 2 of ROUND");
  BOOST_TEST(of_value("LOWER(s_ra)") ==
             "found s_ra (a number), expected a character string as argument 1 of LOWER");
  BOOST_TEST(of_value("ivo_simbadpoint('M31')") ==
             "the function ivo_simbadpoint is not offered: it would have to ask another service; "
             "give the position itself, as POINT");
  BOOST_TEST(of_value("load_extension('x')") == "there is no function \"load_extension\"");
  for (const std::string_view name : {"sqlite_version", "randomblob", "hex", "printf", "readfile",
                                      "writefile", "zeroblob", "quote", "typeof", "adql_point",
                                      "adql_near", "json_each", "iif", "changes", "fts3_tokenizer"})
    BOOST_TEST(of_value(std::string(name) + "(1)").starts_with("there is no function"), name);
  BOOST_TEST(of_value("CAST(s_ra AS BLOB)")
                 .starts_with("found the type \"BLOB\", expected SMALLINT, INTEGER, BIGINT"));
  BOOST_TEST(of_value("CAST(s_ra AS POINT)") ==
             "found s_ra (a number), expected a character string as what is cast to POINT");
}

BOOST_AUTO_TEST_CASE(geometries_are_no_values_to_compare) {
  BOOST_TEST(of_condition("POINT(1, 2) = POINT(1, 2)") == "a point cannot be compared");
  BOOST_TEST(of_condition("1 = CONTAINS(1, s_region)") ==
             "found a whole number, expected a geometry as an argument of CONTAINS");
  BOOST_TEST(of_condition("DISTANCE(s_region, POINT(1, 2)) < 1") ==
             "found s_region (a region), expected a point as an argument of DISTANCE");
  BOOST_TEST(of_value("DISTANCE(1, 2, 3)") ==
             "found DISTANCE with 3 arguments, expected DISTANCE(point, point) or DISTANCE(lon, "
             "lat, lon, lat)");
  BOOST_TEST(of_value("POINT(10, 90.5)") == "a latitude is from -90 to 90 degrees; found 90.5");
  BOOST_TEST(of_value("CIRCLE(1, 2, -3)") ==
             "the radius of a circle is from 0 to 180 degrees; found -3");
  BOOST_TEST(of_value("POINT('GALACTIC', 1, 2)") ==
             "positions here are ICRS; found the coordinate system \"GALACTIC\"");
  BOOST_TEST(of_value("REGION(obs_id)") ==
             "found REGION with 1 argument, expected REGION('a literal of STC-S')");
  BOOST_TEST(of_value("POLYGON(1, 2, 3, 4, 5)")
                 .starts_with("found POLYGON with 5 arguments, expected POLYGON(lon, lat"));
  BOOST_TEST(of_value("SUM(POINT(1, 2))") ==
             "found a point, expected a number as the argument of SUM");
}

BOOST_AUTO_TEST_CASE(groups_and_aggregates_are_strict) {
  const auto said = [](std::string_view adql) { return refusal(adql, known()); };
  BOOST_TEST(said("SELECT obs_id, COUNT(*) FROM ivoa.obscore GROUP BY target_name") ==
             "line 1, column 8: column \"obs_id\" is neither in GROUP BY nor within an aggregate");
  BOOST_TEST(said("SELECT COUNT(*) FROM ivoa.obscore HAVING s_ra > 1") ==
             "line 1, column 42: column \"s_ra\" is neither in GROUP BY nor within an aggregate");
  BOOST_TEST(said("SELECT COUNT(*) FROM ivoa.obscore GROUP BY s_dec ORDER BY s_ra") ==
             "line 1, column 59: column \"s_ra\" is neither in GROUP BY nor within an aggregate");
  BOOST_TEST(said("SELECT 1 FROM ivoa.obscore WHERE COUNT(*) > 1") ==
             "line 1, column 34: COUNT cannot stand here: aggregates belong in SELECT, HAVING or "
             "ORDER BY");
  BOOST_TEST(said("SELECT MAX(MIN(s_ra)) FROM ivoa.obscore") ==
             "line 1, column 12: MIN cannot stand here: aggregates belong in SELECT, HAVING or "
             "ORDER BY");
  BOOST_TEST(said("SELECT * FROM ivoa.obscore GROUP BY s_ra") ==
             "line 1, column 8: column \"dataproduct_type\" is neither in GROUP BY nor within an "
             "aggregate");
  BOOST_TEST(said("SELECT DISTINCT s_ra FROM ivoa.obscore ORDER BY s_dec") ==
             "line 1, column 49: with DISTINCT, ORDER BY takes the columns of SELECT only");
  BOOST_TEST(said("SELECT s_ra FROM ivoa.obscore ORDER BY 2") ==
             "line 1, column 40: ORDER BY names column 2; SELECT has 1");
  for (const std::string_view fine :
       {"SELECT s_ra + 1, FLOOR(s_ra + 1) FROM ivoa.obscore GROUP BY s_ra",
        "SELECT FLOOR(s_ra), FLOOR(s_ra) * 2 FROM ivoa.obscore GROUP BY FLOOR(s_ra)",
        "SELECT o.s_ra FROM ivoa.obscore o GROUP BY s_ra HAVING MAX(s_dec) > 1 ORDER BY MIN(s_dec)",
        "SELECT 'x' || obs_id FROM ivoa.obscore GROUP BY 'x' || obs_id"})
    BOOST_TEST(said(fine) == "accepted", fine << ": " << said(fine));
}

BOOST_AUTO_TEST_CASE(operands_of_set_operators_agree) {
  const auto said = [](std::string_view adql) { return refusal(adql, known()); };
  BOOST_TEST(said("SELECT s_ra FROM ivoa.obscore UNION SELECT s_ra, s_dec FROM ivoa.obscore") ==
             "line 1, column 31: the queries joined by UNION have 1 and 2 columns");
  BOOST_TEST(said("SELECT s_ra FROM ivoa.obscore EXCEPT SELECT obs_id FROM ivoa.obscore") ==
             "line 1, column 31: column 1 of the queries joined by EXCEPT is a number and a "
             "character string");
  BOOST_TEST(
      said("SELECT s_ra FROM ivoa.obscore UNION SELECT s_dec FROM ivoa.obscore ORDER BY s_dec") ==
      "line 1, column 77: there is no column \"s_dec\" in the answer");
}

// Factors from the definitions: VOUnit 1.0 and the IAU and CODATA constants that it names.
BOOST_AUTO_TEST_CASE(units_convert_by_their_dimensions) {
  const auto factor = [](std::string_view from, std::string_view to) {
    const tap::Conversion made = tap::unit_conversion(from, to);
    BOOST_TEST(made.problem == "", from << " " << to);
    return made.factor;
  };
  BOOST_TEST(factor("deg", "arcsec") == 3600);
  BOOST_TEST(factor("arcsec", "deg") == 1 / 3600.0);
  BOOST_TEST(factor("deg", "mas") == 3600000);
  BOOST_TEST(factor("d", "s") == 86400);
  BOOST_TEST(factor("m", "nm") == 1e9);
  BOOST_TEST(factor("m", "Angstrom") == 1e10);
  BOOST_TEST(factor("kbyte", "Mbyte") == 1e-3);
  BOOST_TEST(factor("byte", "bit") == 8);
  BOOST_TEST(factor("Kibyte", "byte") == 1024);
  BOOST_TEST(factor("Jy", "W.m**-2.Hz**-1") == 1e-26, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(factor("mJy", "erg/s/cm2/Hz") == 1e-26, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(factor("km/s", "m.s-1") == 1000);
  BOOST_TEST(factor("km s-1", "m/s") == 1000);
  BOOST_TEST(factor("kpc", "pc") == 1000);
  BOOST_TEST(factor("yr", "d") == 365.25);
  BOOST_TEST(factor("eV", "J") == 1.602176634e-19, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(factor("deg**2", "arcmin2") == 3600);
  BOOST_TEST(factor("sqrt(m2)", "m") == 1);
  BOOST_TEST(factor("m**(1/2)", "sqrt(m)") == 1);
  BOOST_TEST(factor("10**3.m", "km") == 1);
  BOOST_TEST(factor("min", "s") == 60);
  BOOST_TEST(factor("Pa", "N/m2") == 1);
  BOOST_TEST(factor("mag", "mmag") == 1000);
  for (const auto& [from, to] : {std::pair{"deg", "m"},
                                 {"deg", "furlong"},
                                 {"m", ""},
                                 {"Jy", "mag"},
                                 {"m", "s**"},
                                 {"m", "((((m"},
                                 {"foo", "m"},
                                 {"m", "km**999"}})
    BOOST_TEST(!tap::unit_conversion(from, to).problem.empty(), from << " " << to);
  BOOST_TEST(of_value("IN_UNIT(s_ra, 'm')") ==
             "\"deg\" cannot be converted to \"m\": they measure different things");
  BOOST_TEST(of_value("IN_UNIT(s_ra + 1, 'arcsec')") ==
             "IN_UNIT needs a value whose unit is known: a column that has one");
  BOOST_TEST(of_value("IN_UNIT(s_ra, obs_id)") ==
             "the second argument of IN_UNIT is a unit as a literal: 'arcsec'");
}

BOOST_AUTO_TEST_SUITE_END()
