// Catalogues: which column goes where, units, what is derived, what is refused.
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "ingest/catalogue.h"
#include "ingest/units.h"
#include "scratch.h"
#include "store/query.h"
#include "store/recorder.h"
#include "table_text.h"

namespace {

using namespace soda;
using Lines = std::vector<std::string>;

struct Archive {
  scratch::Folder folder;
  store::Database database{folder / "archive.sqlite", store::Database::Mode::read_write};

  ingest::ImportReport import(const std::string& text, ingest::ImportOptions options = {}) {
    scratch::write_file(folder / "table", text);
    return ingest::import_catalogue(database, folder / "table", options, {});
  }
  // All rows, in order of their number.
  Lines rows(const Lines& columns) {
    Lines found;
    store::Answer answer = store::answer(database, {}, columns);
    while (answer.next()) {
      std::string row;
      for (const Cell& cell : answer.row()) {
        row += (row.empty() ? "" : " ") + table_text::shown(cell);
      }
      found.push_back(row);
    }
    return found;
  }
};

// A VOTable of one row: fields as (attributes, value).
std::string votable(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string head, row;
  for (const auto& [attributes, value] : fields) {
    head += "<FIELD " + attributes + "/>";
    row += "<TD>" + value + "</TD>";
  }
  const std::string needed =
      "<FIELD name='obs_publisher_did' datatype='char' arraysize='*'/>"
      "<FIELD name='Obs_Id' datatype='int'/>"
      "<FIELD name='CALIB_LEVEL' datatype='short'/>";
  return "<VOTABLE><RESOURCE><TABLE>" + needed + head +
         "<DATA><TABLEDATA><TR><TD>ivo://x/a</TD>"
         "<TD>17</TD><TD>3</TD>" +
         row + "</TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

std::string failure(Archive& archive, const std::string& text) {
  try {
    archive.import(text, {.collection = "c"});
  } catch (const Failure& thrown) {
    BOOST_TEST((thrown.kind() == FailureKind::usage));
    return thrown.what();
  }
  return {};
}

const std::string header = "obs_publisher_did,obs_id,calib_level,s_ra,s_dec,s_fov\n";

}  // namespace

BOOST_AUTO_TEST_CASE(catalogue_columns_by_name_and_utype) {
  Archive archive;
  const auto report = archive.import(
      votable({{"name='centre_ra' datatype='double' utype="
                "'obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1'",
                "10"},
               {"name='S_Dec' datatype='float' utype='obscore:Curation.rights'", "-20.5"},
               {"name='fov' datatype='double' unit='arcmin' utype="
                "'char.spatialaxis.coverage.bounds.extent.diameter'",
                "90"},
               {"name='mood' datatype='int'", "5"},
               {"name='em_min' datatype='int' unit='nm'", "500"}}),
      {.collection = "c"});
  BOOST_TEST(report.imported == 1);
  BOOST_TEST(report.ignored == Lines{"mood"}, boost::test_tools::per_element());
  BOOST_TEST(archive.rows({"obs_id", "calib_level", "obs_collection", "s_ra", "s_dec", "s_fov",
                           "s_region", "em_min", "data_rights"}) ==
                 Lines{"'17' 3 'c' r10 r-20.5 r1.5 'Circle ICRS 10 -20.5 0.75' r5e-07 -"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(catalogue_regions) {
  const std::pair<std::string, std::string> regions[] = {
      {"name='s_region' datatype='double' arraysize='*' xtype='polygon'", "0 0 1 0 1 1"},
      {"name='s_region' datatype='double' arraysize='3' xtype='circle'", "10 20 1"},
      {"name='s_region' datatype='char' arraysize='*' xtype='shape'", "circle 10 20 1"},
      {"name='s_region' datatype='char' arraysize='*'", "POLYGON ICRS 0 0 1 0 1 1"},
      {"name='s_region' datatype='char' arraysize='*'", "Circle 10 20 1"}};
  const std::string stored[] = {"'Polygon ICRS 0 0 1 0 1 1'", "'Circle ICRS 10 20 1'",
                                "'circle ICRS 10 20 1'", "'POLYGON ICRS 0 0 1 0 1 1'",
                                "'Circle ICRS 10 20 1'"};
  for (std::size_t i = 0; i < std::size(regions); ++i) {
    Archive archive;
    BOOST_TEST(archive.import(votable({regions[i]}), {.collection = "c"}).imported == 1);
    BOOST_TEST(archive.rows({"s_region"}).front() == stored[i]);
  }
}

BOOST_AUTO_TEST_CASE(catalogue_tables_that_are_refused) {
  Archive archive;
  BOOST_TEST(failure(archive, "obs_id,calib_level\n1,2\n").find("obs_publisher_did") !=
             std::string::npos);
  BOOST_TEST(failure(archive, votable({{"name='em_min' datatype='double' unit='GHz'", "1"}})) ==
             "the column \"em_min\" is in \"GHz\", which cannot be converted to m");
  BOOST_TEST(archive.rows({"obs_id"}).empty());
}

BOOST_AUTO_TEST_CASE(catalogue_in_batches) {
  Archive archive;
  std::string text = header;
  for (int i = 0; i < 25; ++i) text += fmt::format("ivo://x/{},{},2,10,20,0.1\n", i, i);
  text += "ivo://X/3,3,2,10,20,0.1\n";  // of an earlier batch
  text += "ivo://x/y,3,2,,,\n";
  const auto report = archive.import(text, {.collection = "c", .batch = 4});
  BOOST_TEST(report.imported == 26);
  BOOST_TEST(report.rejected == 1);
  BOOST_REQUIRE(report.examples.size() == 1U);
  BOOST_TEST(report.examples.front().row == 26);
  // A second time: all are replaced.
  BOOST_TEST(archive.import(text, {.collection = "d", .batch = 7}).imported == 26);
  BOOST_TEST(archive.rows({"obs_id"}).size() == 26U);
  BOOST_TEST(archive.rows({"obs_collection"}).front() == "'d'");
}

BOOST_AUTO_TEST_CASE(catalogue_with_many_bad_rows) {
  Archive archive;
  std::string text = header;
  for (int i = 0; i < 1000; ++i) text += i % 2 == 0 ? "ivo://x/y,1,9,,,\n" : "a\n";
  const auto report = archive.import(text, {.collection = "c", .batch = 10});
  BOOST_TEST(report.rejected == 1000);
  BOOST_REQUIRE(report.examples.size() == ingest::most_examples);
  for (std::size_t i = 0; i < ingest::most_examples; ++i) {
    BOOST_TEST(report.examples[i].row == static_cast<std::int64_t>(i + 1));
  }
}

BOOST_AUTO_TEST_CASE(catalogue_that_breaks_off) {
  Archive archive;
  const auto report =
      archive.import(header + "ivo://x/a,1,2,,,\nivo://x/b,1,2,,\"", {.collection = "c"});
  BOOST_TEST(report.imported == 1);
  BOOST_TEST(!report.broken.empty());
}

BOOST_AUTO_TEST_CASE(catalogue_own_columns) {
  Archive archive;
  std::vector<Column> own(2);
  own[0].name = "seeing";
  own[0].type = ColumnType::real;
  own[0].datatype = "double";
  own[0].unit = "arcsec";
  own[1].name = "night";
  own[1].type = ColumnType::integer;
  own[1].datatype = "int";
  { const store::Recorder recorder(archive.database, own); }
  BOOST_TEST(archive
                 .import(votable({{"name='Night' datatype='int'", "12"},
                                  {"name='seeing' datatype='double' unit='mas'", "1500"}}),
                         {.collection = "c"})
                 .ignored.empty());
  BOOST_TEST(archive.rows({"seeing", "night"}).front() == "r1.5 12");
}

// Exact where decimal fractions are.
BOOST_AUTO_TEST_CASE(catalogue_units) {
  const auto converted = [](double value, std::string_view from, std::string_view to) {
    return (*ingest::conversion(from, to))(value);
  };
  BOOST_TEST(converted(500, "nm", "m") == 5e-7);
  BOOST_TEST(converted(5500, "Angstrom", "m") == 5.5e-7);
  BOOST_TEST(converted(2.2, "um", "m") == 2.2e-6);
  BOOST_TEST(converted(90, "arcmin", "deg") == 1.5);
  BOOST_TEST(converted(1, "deg", "arcsec") == 3600);
  BOOST_TEST(converted(2, "h", "s") == 7200);
  BOOST_TEST(converted(86400, "s", "d") == 1);
  BOOST_TEST(converted(3, "MB", "kbyte") == 3000);
  BOOST_TEST(converted(7, "", "deg") == 7);
  BOOST_TEST(!ingest::conversion("nm", "deg"));
  BOOST_TEST(!ingest::conversion("parsec", "m"));
}
