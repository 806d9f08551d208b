// Files as the archive's own tables: which columns, what is converted, what is refused.
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "ingest/own_table.h"
#include "scratch.h"
#include "store/own_tables.h"
#include "store/select.h"
#include "table_text.h"

namespace {

using namespace soda;

struct Archive {
  scratch::Folder folder;
  std::string path = folder / "archive.sqlite";
  store::Database database{path, store::Database::Mode::read_write};

  ingest::ImportReport import(const std::string& text, const std::string& name = "s.t",
                              const std::vector<DeclaredTable>& declared = {}) {
    scratch::write_file(folder / "table", text);
    return ingest::import_table(database, folder / "table", name, declared, {});
  }
  std::string failure(const std::string& text, const std::string& name = "s.t",
                      const std::vector<DeclaredTable>& declared = {}) {
    try {
      import(text, name, declared);
    } catch (const Failure& thrown) {
      return thrown.what();
    }
    return "nothing";
  }
  // All of the only table.
  std::string rows() {
    const store::OwnTable table = store::own_tables(database).at(0);
    store::Selector selector(path);
    store::Inquiry inquiry(selector, {});
    std::string list;
    for (const std::string& column : table.form.columns)
      list += (list.empty() ? "" : ", ") + column;
    inquiry.select("SELECT " + list + " FROM " + table.form.source + " ORDER BY rowid", {});
    std::string text;
    while (inquiry.next()) {
      for (const Cell& cell : inquiry.row()) text += table_text::shown(cell) + " ";
      text += "| ";
    }
    return text;
  }
};

DeclaredTable declared() {
  DeclaredTable table;
  table.name = "s.t";
  table.columns.resize(2);
  static_cast<Column&>(table.columns[0]) = {"n", ColumnType::integer, "long", "", "", "", "", "",
                                            ""};
  static_cast<Column&>(table.columns[1]) = {"x", ColumnType::real, "double", "", "", "deg", "", "",
                                            ""};
  table.columns[0].indexed = true;
  return table;
}

std::string votable(const std::string& fields, const std::string& rows) {
  return "<VOTABLE><RESOURCE><TABLE>" + fields + "<DATA><TABLEDATA>" + rows +
         "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(own_table_files, Archive)

BOOST_AUTO_TEST_CASE(columns_as_the_file_has_them) {
  const ingest::ImportReport report = import(
      votable("<FIELD name='RA(ICRS)' datatype='double' unit='deg' ucd='pos.eq.ra;meta.main'/>"
              "<FIELD name='Dec' datatype='float' unit='deg' ucd='pos.eq.dec;meta.main'/>"
              "<FIELD name='size' datatype='int'/><FIELD name='v' datatype='double' arraysize='2'/>"
              "<FIELD name='flag' datatype='boolean'/>",
              "<TR><TD>1.5</TD><TD>-2</TD><TD>3</TD><TD>4 5</TD><TD>T</TD></TR>"
              "<TR><TD/><TD>NaN</TD><TD>x</TD><TD/><TD/></TR>"
              "<TR><TD>359</TD><TD>89</TD><TD>7</TD><TD>1 2</TD><TD>F</TD></TR>"));
  BOOST_TEST(report.imported == 2);
  BOOST_TEST(report.rejected == 1);
  BOOST_TEST(report.examples.at(0).row == 2);
  const store::OwnTable table = store::own_tables(database).at(0);
  BOOST_TEST(table.columns.at(0).name == "RA(ICRS)");
  BOOST_TEST(table.columns.at(1).datatype == "float");
  BOOST_TEST(table.columns.at(3).arraysize == "2");
  BOOST_TEST(!table.form.rtree.empty());
  BOOST_TEST(rows().find("4 5") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(columns_as_they_are_declared) {
  const auto report =
      import("X,other,N\n1.5,a,1\n2,b,\n,c,3\nz,d,4\n5,e,5.5\n", "s.t", {declared()});
  BOOST_TEST(report.imported == 3);
  BOOST_TEST(report.rejected == 2);
  BOOST_TEST(report.examples.at(0).reason == "column \"x\": the value is of another type");
  BOOST_TEST(store::own_tables(database).at(0).columns.size() == 2U);
  BOOST_TEST(store::own_tables(database).at(0).columns.at(0).indexed);
  BOOST_TEST(store::own_tables(database).at(0).form.rtree.empty());
}

BOOST_AUTO_TEST_CASE(what_is_refused_changes_nothing) {
  import("a\n1\n");
  BOOST_TEST(failure("a,b\n1,2\n", "s.t", {declared()}) == "the table has no column \"n\"");
  BOOST_TEST(failure(votable("<FIELD name='n' datatype='int'/>"
                             "<FIELD name='x' datatype='double' unit='arcsec'/>",
                             ""),
                     "s.t", {declared()}) ==
             "the column \"x\" is declared in deg; the table has it in arcsec");
  for (const std::string name : {"t", "ivoa.obscore", "tap_schema.tables", "S.t", "s.t;", ""})
    BOOST_TEST(failure("a\n1\n", name).find("cannot have that name") != std::string::npos);
  // A table that breaks off.
  BOOST_TEST(failure(votable("<FIELD name='a' datatype='int'/>", "<TR><TD>1</TD></TR><TR>")) !=
             "nothing");
  BOOST_TEST(failure("\xff\xfe") != "nothing");
  BOOST_TEST(failure("") != "nothing");
  BOOST_TEST(rows() == "'1' | ");
  BOOST_REQUIRE(store::own_tables(database).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
