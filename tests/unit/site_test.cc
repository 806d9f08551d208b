#define BOOST_TEST_MODULE site
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "base/failure.h"
#include "scratch.h"
#include "site/config.h"
#include "site/url.h"

using namespace soda::site;
using soda::Failure;
using soda::FailureKind;

namespace {

Config config_of(const std::string& toml) { return Config::parse(toml, "soda.toml"); }

std::string refusal(const std::string& toml) {
  try {
    config_of(toml);
  } catch (const Failure& failure) {
    return failure.kind() == FailureKind::usage ? failure.what() : "another kind";
  }
  return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_row_of_the_table_is_whole_and_its_default_is_legal) {
  std::set<std::string_view> names;
  for (const Setting& setting : settings()) {
    BOOST_TEST(names.insert(setting.name).second, setting.name);
    BOOST_TEST(setting.text.ends_with('.'), setting.name);
    // A default that is written into the file is accepted.
    const std::string shown = Config::load("").shown(setting.name);
    const std::string line = std::string(setting.name) + " = " + shown;
    BOOST_TEST(refusal(line) == "accepted", line);
    BOOST_TEST(config_of(line).shown(setting.name) == shown);
    BOOST_TEST(Config::load("").origin(setting.name) == "default");
  }
  BOOST_TEST(names.contains("base_url"));
}

BOOST_AUTO_TEST_CASE(defaults) {
  const Config config = Config::load("");
  BOOST_TEST(config.base_url() == "http://127.0.0.1:8080/vo");
  BOOST_TEST(config.mount() == "/vo");
  BOOST_TEST(config.integer("max_vertices") == 10000);
  BOOST_TEST(config.text("file_access") == "map");
  BOOST_TEST(config.text("database").ends_with("/lib/soda/archive.sqlite"));
  BOOST_TEST(config.data_roots().empty());
  BOOST_TEST(config.collections().empty());
}

BOOST_AUTO_TEST_CASE(values_and_their_origin) {
  const Config config = config_of(
      "# a comment\n"
      "title = \"Plates of 1923\"\n"
      "\n"
      "max_vertices = 1_000\n"
      "database = \"\"\n"
      "[data_roots]\n"
      "main = \"/data/fits/\"\n"
      "old-2 = \"/\"\n");
  BOOST_TEST(config.text("title") == "Plates of 1923");
  BOOST_TEST(config.origin("title") == "soda.toml:2");
  BOOST_TEST(config.integer("max_vertices") == 1000);
  BOOST_TEST(config.origin("max_vertices") == "soda.toml:4");
  BOOST_TEST(config.origin("contact") == "default");
  BOOST_TEST(config.text("database").ends_with("archive.sqlite"));
  BOOST_TEST(config.data_roots().at("main") == "/data/fits");
  BOOST_TEST(config.data_roots().at("old-2") == "/");
}

BOOST_AUTO_TEST_CASE(collections) {
  const Config config = config_of(R"(
[collection.hst.columns]
facility_name = "'HST'"
target_name = ["TARGNAME", "0:OBJECT"]
[collection.hst.filters]
F606W = [4.7e-7, 7.2e-7]
"H alpha" = [6.56e-7, 6.57e-7]
[collection.hst.constants]
calib_level = 3
obs_collection = "HST"
s_resolution = 0.1
[collection."".columns]
o_unit = "BUNIT"
)");
  const Collection& hst = config.collections().at("hst");
  BOOST_TEST(hst.name == "hst");
  BOOST_TEST(hst.columns.at("facility_name").at(0) == "'HST'");
  BOOST_TEST(hst.columns.at("target_name").size() == 2u);
  BOOST_TEST(hst.columns.at("target_name").at(1) == "0:OBJECT");
  BOOST_TEST(hst.filters.at("F606W").first == 4.7e-7);
  BOOST_TEST(hst.filters.at("H alpha").second == 6.57e-7);
  BOOST_TEST(hst.constants.at("calib_level") == "3");
  BOOST_TEST(hst.constants.at("s_resolution") == "0.1");
  BOOST_TEST(config.collections().at("").columns.size() == 1u);
}

BOOST_AUTO_TEST_CASE(own_tables) {
  const Config config = Config::parse(R"(
[[table]]
name = "survey.stars"
description = "Stars"
[[table.column]]
name = "area"
type = "text"
xtype = "adql:REGION"
principal = false
[[table.column]]
name = "visit"
type = "integer"
indexed = true
[[table.key]]
target = "ivoa.obscore"
columns = { visit = "obs_id" }
[[table]]
name = "survey.more"
)",
                                      "soda.toml");
  BOOST_REQUIRE(config.tables().size() == 2u);
  const soda::DeclaredTable& stars = config.tables()[0];
  BOOST_TEST(stars.name == "survey.stars");
  BOOST_TEST(stars.description == "Stars");
  BOOST_REQUIRE(stars.columns.size() == 2u);
  BOOST_TEST(stars.columns[0].xtype == "adql:REGION");
  BOOST_TEST(!stars.columns[0].principal);
  BOOST_TEST(!stars.columns[0].indexed);
  BOOST_TEST(stars.columns[1].indexed);
  BOOST_TEST(stars.columns[1].datatype == "long");
  BOOST_REQUIRE(stars.keys.size() == 1u);
  BOOST_TEST(stars.keys[0].target == "ivoa.obscore");
  BOOST_TEST(stars.keys[0].columns.at(0).first == "visit");
  BOOST_TEST(config.tables()[1].columns.empty());
}

BOOST_AUTO_TEST_CASE(own_columns) {
  const Config config = config_of(R"(
[[column]]
name = "lsst_visit"
type = "integer"
description = "Number of the visit"
[[column]]
name = "seeing"
type = "real"
unit = "arcsec"
ucd = "instr.obsty.seeing"
)");
  BOOST_REQUIRE(config.columns().size() == 2u);
  const soda::Column& visit = config.columns()[0];
  BOOST_TEST(visit.name == "lsst_visit");
  BOOST_TEST((visit.type == soda::ColumnType::integer));
  BOOST_TEST(visit.datatype == "long");
  BOOST_TEST(visit.description == "Number of the visit");
  BOOST_TEST(config.columns()[1].unit == "arcsec");
  BOOST_TEST(config.columns()[1].ucd == "instr.obsty.seeing");
  BOOST_TEST(config.columns()[1].datatype == "double");
}

BOOST_AUTO_TEST_CASE(refusals_name_line_key_limit_and_value) {
  const std::pair<const char*, const char*> rows[] = {
      {"\nmax_vertices = 2", "soda.toml:2: max_vertices: 3 to 1000000 is expected, received 2"},
      {"max_vertices = 1e3",
       "soda.toml:1: max_vertices: a whole number is expected, received 1000"},
      {"max_vertices = \"3\"", "soda.toml:1: max_vertices: a whole number is expected, received 3"},
      {"max_vertices = nan", "soda.toml:1: max_vertices: a whole number is expected, received NaN"},
      {"title = 3", "soda.toml:1: title: a text is expected, received 3"},
      {"title = \"a\\u0007\"",
       "soda.toml:1: title: control characters are not allowed, received a\\x07"},
      {"file_access = \"mmap\"",
       "soda.toml:1: file_access: one of map|read is expected, received mmap"},
      {"max_vertice = 9", "soda.toml:1: max_vertice: unknown setting (is max_vertices meant?)"},
      {"colour = 9", "soda.toml:1: colour: unknown setting"},
      {"base_url = \"example.org\"",
       "soda.toml:1: base_url: http://HOST[:PORT][/PATH] is expected (or https), received "
       "example.org"},
      {"authority = \"a b\"",
       "soda.toml:1: authority: at least three letters, digits or -_.!~*'() are expected, received "
       "a b"},
      {"database = \"x.sqlite\"",
       "soda.toml:1: database: an absolute path is expected, received x.sqlite"},
      {"max_answer = 99999999999999999",
       "soda.toml:1: max_answer: 2880 to 1.12589990684262e+15 bytes is "
       "expected, received 99999999999999999"},
      {"[data_roots]\nx = \"rel\"",
       "soda.toml:2: data_roots.x: an absolute path is expected, received rel"},
      {"[data_roots]\n\"a/b\" = \"/x\"",
       "soda.toml:2: data_roots.a/b: a name of letters, digits, - _ . is "
       "expected, not beginning with a dot"},
      {"[data_roots]\nx = 1", "soda.toml:2: data_roots.x: a text is expected, received 1"},
      {"data_roots = 1", "soda.toml:1: data_roots: a table is expected, received 1"},
      {"collection = 1", "soda.toml:1: collection: a table is expected, received 1"},
      {"column = 1", "soda.toml:1: column: [[column]] tables are expected, received 1"},
      {"[[column]]\nname = \"a\"",
       "soda.toml:1: column: name and type are expected in each [[column]]"},
      {"[[column]]\nname = \"a\"\ntype = \"blob\"",
       "soda.toml:3: column.type: text, integer or real is expected, received blob"},
      {"[[column]]\nname = \"A b\"\ntype = \"text\"",
       "soda.toml:2: column.name: at most 64 of a-z, 0-9 and _ are expected, the first a letter, "
       "received A b"},
      {"[[column]]\nname = \"a\"\ntype = \"text\"\nunits = \"m\"",
       "soda.toml:4: column.units: unknown key; name, type, unit, ucd, utype, description are "
       "known"},
      {"[[column]]\nname = \"a\"\ntype = \"text\"\n[[column]]\nname = \"a\"\ntype = \"real\"",
       "soda.toml:5: column.name: another name is expected, this one is declared, received a"},
      {"table = 1", "soda.toml:1: table: [[table]] tables are expected, received 1"},
      {"[[table]]\ndescription = \"a\"",
       "soda.toml:1: table: a name is expected in each [[table]]"},
      {"[[table]]\nname = \"a\"", "soda.toml:2: table.name: schema.table is expected, received a"},
      {"[[table]]\nname = \"ivoa.a\"",
       "soda.toml:2: table.name: a schema of the archive's own is expected, not ivoa, received "
       "ivoa.a"},
      {"[[table]]\nname = \"a.b\"\nrows = 1",
       "soda.toml:3: table.rows: unknown key; name, description, utype, column and key are known"},
      {"[[table]]\nname = \"a.b\"\n[[table]]\nname = \"a.b\"",
       "soda.toml:4: table.name: another name is expected, this one is declared, received a.b"},
      {"[[table]]\nname = \"a.b\"\n[[table.column]]\nname = \"c\"\ntype = \"text\"\nindexed = 1",
       "soda.toml:6: table.column.indexed: true or false is expected, received 1"},
      {"[[table]]\nname = \"a.b\"\n[[table.column]]\nname = \"c\"",
       "soda.toml:3: table.column: name and type are expected in each [[table.column]]"},
      {"[[table]]\nname = \"a.b\"\n[[table.key]]\ntarget = \"c.d\"",
       "soda.toml:3: table.key: target and columns are expected in each [[table.key]]"},
      {"[collection.c]\ncolums = 1",
       "soda.toml:2: collection.c.colums: unknown key; columns, filters, constants, companions and "
       "relations are known"},
      {"[collection.c.filters]\nV = [5e-7]",
       "soda.toml:2: collection.c.filters.V: two wavelengths in metres, "
       "[em_min, em_max], are expected, received [5e-07]"},
      {"[collection.c.filters]\nV = [6e-7, 5e-7]",
       "soda.toml:2: collection.c.filters.V: 0 < em_min <= em_max "
       "in metres is expected, received [6e-07, 5e-07]"},
      {"[collection.c.columns]\nx = [1]",
       "soda.toml:2: collection.c.columns.x: a text is expected, received 1"},
      {"[collection.c.constants]\nx = [1]",
       "soda.toml:2: collection.c.constants.x: a text is expected, received [1]"},
  };
  for (const auto& [toml, expected] : rows) BOOST_TEST(refusal(toml) == expected);
}

BOOST_AUTO_TEST_CASE(broken_toml_names_the_line) {
  for (const char* toml : {"a = ", "\na b", "a = \"x", "[x", "a = 1\na = 2", "a = \"\xFF\""}) {
    BOOST_TEST(refusal(toml).starts_with("soda.toml:"), toml << refusal(toml));
  }
  BOOST_TEST(refusal(std::string("title = \"a\0b\"", 13)).starts_with("soda.toml:"));
}

BOOST_AUTO_TEST_CASE(files) {
  const scratch::Folder folder;
  BOOST_CHECK_THROW(Config::load(folder / "absent.toml"), Failure);
  BOOST_CHECK_THROW(Config::load(folder.path()), Failure);
  const std::string path = folder / "soda.toml";
  scratch::write_file(path, "title = \"x\"\n");
  const Config config = Config::load(path);
  BOOST_TEST(config.text("title") == "x");
  BOOST_TEST(config.origin("title") == path + ":1");
  BOOST_TEST((std::chrono::system_clock::now() - config.modified() < std::chrono::minutes(1)));
  std::filesystem::resize_file(path, (16 << 20) + 1);
  BOOST_CHECK_THROW(Config::load(path), Failure);
}

BOOST_AUTO_TEST_CASE(asking_for_what_the_table_lacks_is_a_defect) {
  const Config config = Config::load("");
  BOOST_CHECK_THROW(config.text("no_such"), Failure);
  BOOST_CHECK_THROW(config.integer("title"), Failure);
}

BOOST_AUTO_TEST_CASE(default_path_follows_the_environment) {
  unsetenv("SODA_CONFIG");
  BOOST_TEST(Config::default_path().ends_with("/soda/soda.toml"));
  setenv("SODA_CONFIG", "/x/y.toml", 1);
  BOOST_TEST(Config::default_path() == "/x/y.toml");
  unsetenv("SODA_CONFIG");
}

BOOST_AUTO_TEST_CASE(urls) {
  const char* good[] = {"http://a", "https://example.org/", "HTTP://a:80/vo",
                        "http://[::1]:8080/vo/x_y~z", "http://127.0.0.1:8080/vo"};
  for (const char* text : good) BOOST_TEST(parse_url(text).has_value(), text);
  const char* bad[] = {
      "",           "a",           "ftp://a",      "http://",     "http:///vo",
      "http://a?b", "http://a/#b", "http://u@a/",  "http://a:0/", "http://a:99999/",
      "http://a:x", "http://a/ b", "http://a/%20", "http://:80/", "http://a b/"};
  for (const char* text : bad) BOOST_TEST(!parse_url(text).has_value(), text);
  BOOST_TEST(parse_url("https://a.b:8443/vo/x")->path == "/vo/x");
  BOOST_TEST(parse_url("https://a.b:8443/vo/x")->authority == "a.b:8443");
  BOOST_TEST(config_of("base_url = \"https://a.b/\"").mount().empty());
  BOOST_TEST(config_of("base_url = \"https://a.b/vo//\"").base_url() == "https://a.b/vo");
}
