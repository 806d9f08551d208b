// Documents of strangers: every form and version, and what attackers send.
#include <boost/test/unit_test.hpp>

#include "table_text.h"
#include "xml/base64_decoder.h"
#include "xml/votable_reader.h"

namespace {

using namespace soda;
using Lines = std::vector<std::string>;
using table_text::input;
using table_text::names_of;
using table_text::rows_of;

std::string document(const std::string& inside,
                     const std::string& fields =
                         "<FIELD name='i' datatype='int'/>"
                         "<FIELD name='t' datatype='char' arraysize='*'/>") {
  return "<?xml version='1.0'?>\n<VOTABLE version='1.4' "
         "xmlns='http://www.ivoa.net/xml/VOTable/v1.3'>"
         "<RESOURCE type='results'><TABLE>" +
         fields + inside + "</TABLE></RESOURCE></VOTABLE>";
}
std::string tabledata(const std::string& rows) {
  return "<DATA><TABLEDATA>" + rows + "</TABLEDATA></DATA>";
}
std::string stream(const std::string& form, const std::string& base64) {
  return "<DATA><" + form + "><STREAM encoding='base64'>" + base64 + "</STREAM></" + form +
         "></DATA>";
}

Lines read(const std::string& text) {
  Lines first;
  for (const std::size_t step : {1, 5, 100000}) {
    const Lines rows = rows_of(*xml::read_votable(input(text, step), {}));
    if (step == 1) first = rows;
    BOOST_TEST(rows == first, boost::test_tools::per_element());
  }
  return first;
}

// The sentence of the failure; empty when there is none.
std::string failure(const std::string& text, const TableLimits& limits = {},
                    FailureKind kind = FailureKind::usage) {
  try {
    rows_of(*xml::read_votable(input(text, 100), limits));
  } catch (const Failure& thrown) {
    BOOST_TEST((thrown.kind() == kind), thrown.what());
    return thrown.what();
  }
  return {};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(votable_tabledata) {
  BOOST_TEST(read(document(tabledata("<TR><TD>1</TD><TD>a &lt;b&gt; &#233;</TD></TR>"
                                     "<TR><TD/><TD></TD></TR>\n<!-- no row -->"
                                     "<TR>\n <TD> -2 </TD><TD><![CDATA[<x> ]]></TD></TR>"))) ==
                 (Lines{"1 'a <b> \xC3\xA9'", "- -", "-2 '<x> '"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(votable_rows_that_are_refused) {
  BOOST_TEST(
      read(document(tabledata("<TR><TD>x</TD><TD/></TR><TR><TD>1</TD></TR>"
                              "<TR><TD>1</TD><TD/><TD/></TR><TR><TD>2147483648</TD><TD/></TR>"
                              "<TR><TD>7</TD><TD/></TR>"))) ==
          (Lines{"refused: column \"i\": \"x\" is no int",
                 "refused: it has 1 cells, the table 2 columns",
                 "refused: it has 3 cells, the table 2 columns",
                 "refused: column \"i\": \"2147483648\" is no int", "7 -"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(votable_literals) {
  const auto cell = [](const std::string& field, const std::string& text) {
    return read(document(tabledata("<TR><TD>" + text + "</TD></TR>"),
                         "<FIELD name='x' " + field + "</FIELD>"))
        .front();
  };
  BOOST_TEST(cell("datatype='short'>", "0xFFFE") == "-2");
  BOOST_TEST(cell("datatype='short'>", "0x1FFFF") ==
             "refused: column \"x\": \"0x1FFFF\" is no short");
  BOOST_TEST(cell("datatype='unsignedByte'>", "0xfe") == "254");
  BOOST_TEST(cell("datatype='unsignedByte'>", "256") ==
             "refused: column \"x\": \"256\" is no unsignedByte");
  BOOST_TEST(cell("datatype='long'>", "9223372036854775807") == "9223372036854775807");
  BOOST_TEST(cell("datatype='boolean'>", "True") == "1");
  BOOST_TEST(cell("datatype='boolean'>", "?") == "-");
  BOOST_TEST(cell("datatype='bit'>", "0") == "0");
  BOOST_TEST(cell("datatype='double'>", "+Inf") == "r+Inf");
  BOOST_TEST(cell("datatype='double'>", "-Infinity") == "r-Inf");
  BOOST_TEST(cell("datatype='float'>", "NaN") == "-");
  BOOST_TEST(cell("datatype='float' arraysize='1'>", "1.5") == "r1.5");
  BOOST_TEST(cell("datatype='float' arraysize='2x*'>", " 1 2  3 4\n") == "'1 2  3 4'");
  BOOST_TEST(cell("datatype='char'>", "long") == "'long'");
  BOOST_TEST(cell("datatype='int'><VALUES null='-99'/>", "-99") == "-");
  BOOST_TEST(cell("datatype='int'><VALUES null='-99'/>", "0xFFFFFF9D") == "-");
  BOOST_TEST(cell("datatype='char' arraysize='*'><VALUES null='none'/>", "none") == "-");
}

// Rows by hand. BINARY: 00000001 00000002 'ab'; 7FFFFFFF (the null) 00000000.
// BINARY2: a byte of flags before each, 0x00 and 0x80.
BOOST_AUTO_TEST_CASE(votable_binary) {
  const std::string fields =
      "<FIELD name='i' datatype='int'><VALUES null='2147483647'/></FIELD>"
      "<FIELD name='t' datatype='char' arraysize='*'/>";
  const Lines rows = {"1 'ab'", "- -"};
  BOOST_TEST(read(document(stream("BINARY", "AAAAAQAAAAJhYn//\n//8AAAAA"), fields)) == rows,
             boost::test_tools::per_element());
  BOOST_TEST(read(document(stream("BINARY2", "AAAAAAEAAAACYWKA AAAAAQAAAAA="), fields)) == rows,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(votable_of_other_versions) {
  const std::string rest =
      "<RESOURCE><TABLE><FIELD ID='c' datatype='int'/><FIELD datatype='int'/>"
      "<DATA><TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></"
      "VOTABLE>";
  for (const std::string root :
       {"<!DOCTYPE VOTABLE SYSTEM 'http://us-vo.org/xml/VOTable.dtd'><VOTABLE version='1.0'>",
        "<VOTABLE version='1.2' xmlns='http://www.ivoa.net/xml/VOTable/v1.2'>",
        "\xEF\xBB\xBF<VOTABLE xmlns:x='urn:y' version='1.6'><RESOURCE type='meta'/>"}) {
    const auto table = xml::read_votable(input(root + rest), {});
    BOOST_TEST(names_of(*table) == (Lines{"c", "col2"}), boost::test_tools::per_element());
    BOOST_TEST(rows_of(*table) == Lines{"1 2"}, boost::test_tools::per_element());
  }
  BOOST_TEST(
      read("<v:VOTABLE xmlns:v='urn:x'><v:RESOURCE><v:RESOURCE><v:TABLE>"
           "<v:FIELD name='a' datatype='int'/></v:TABLE></v:RESOURCE></v:RESOURCE></v:VOTABLE>")
          .empty());
}

BOOST_AUTO_TEST_CASE(votable_columns) {
  const auto table = xml::read_votable(
      input(document("",
                     "<FIELD name='a&amp;b' datatype='double' unit='deg' ucd='pos' utype='u' "
                     "xtype='x' arraysize='2'><DESCRIPTION>What &amp; why</DESCRIPTION></FIELD>")),
      {});
  const Column& column = table->columns().front();
  BOOST_TEST(column.name == "a&b");
  BOOST_TEST((column.type == ColumnType::text));
  BOOST_TEST(column.datatype == "double");
  BOOST_TEST(column.arraysize == "2");
  BOOST_TEST(column.unit == "deg");
  BOOST_TEST(column.ucd == "pos");
  BOOST_TEST(column.utype == "u");
  BOOST_TEST(column.xtype == "x");
  BOOST_TEST(column.description == "What & why");
  BOOST_TEST(!table->next());
}

BOOST_AUTO_TEST_CASE(votable_second_table_is_not_read) {
  std::string text = document(tabledata("<TR><TD>1</TD><TD/></TR>"));
  text.insert(text.rfind("</RESOURCE>"), "<TABLE><FIELD name='z' datatype='no'/>" +
                                             tabledata("<TR><TD>9</TD></TR>") + "</TABLE>");
  BOOST_TEST(read(text) == Lines{"1 -"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(votable_that_tells_an_error) {
  const std::string info = "<INFO name='QUERY_STATUS' value='ERROR'>no such &lt;table&gt;</INFO>";
  BOOST_TEST(
      contains(failure("<VOTABLE><RESOURCE>" + info + "</RESOURCE></VOTABLE>"), "no such <table>"));
  std::string text = document(tabledata("<TR><TD>1</TD><TD/></TR>"));
  text.insert(text.rfind("</RESOURCE>"), info);
  BOOST_TEST(contains(failure(text), "no such <table>"));
}

BOOST_AUTO_TEST_CASE(votable_entities_are_refused) {
  const std::string laughs =
      "<!DOCTYPE VOTABLE [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
      "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>";
  BOOST_TEST(contains(failure(laughs + "<VOTABLE>&c;</VOTABLE>"), "declares the entity"));
  BOOST_TEST(contains(failure("<!DOCTYPE VOTABLE [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                              "<VOTABLE>&x;</VOTABLE>"),
                      "declares the entity"));
  BOOST_TEST(contains(failure("<!DOCTYPE VOTABLE [<!ENTITY % x SYSTEM 'file:///etc/passwd'>%x;]>"
                              "<VOTABLE/>"),
                      "declares the entity"));
  BOOST_TEST(contains(
      failure("<!DOCTYPE VOTABLE SYSTEM 'file:///etc/passwd'><VOTABLE>&x;</VOTABLE>"), "entity"));
  BOOST_TEST(contains(failure("<!DOCTYPE VOTABLE [<!ATTLIST FIELD name CDATA 'x'>]><VOTABLE/>"),
                      "declares attributes"));
  BOOST_TEST(contains(failure("<VOTABLE>&x;</VOTABLE>"), "damaged"));
}

BOOST_AUTO_TEST_CASE(votable_that_is_damaged) {
  BOOST_TEST(contains(failure(""), "damaged"));
  BOOST_TEST(contains(failure("<VOTABLE>"), "damaged"));
  BOOST_TEST(contains(failure("<html/>"), "root element"));
  BOOST_TEST(contains(failure("<VOTABLE/>"), "no table"));
  BOOST_TEST(contains(failure(document(tabledata("<TR><TD>1</TR>"))), "damaged"));
  BOOST_TEST(contains(failure(document(tabledata(""), "")), "no FIELD"));
  BOOST_TEST(contains(failure(document("", "<FIELD name='q' datatype='quark'/>")), "quark"));
  BOOST_TEST(
      contains(failure(document("", "<FIELD name='q' datatype='int' arraysize='-1'/>")), "-1"));
  BOOST_TEST(contains(failure(document("", "<FIELD name='q' datatype='int' arraysize='*x2'/>")),
                      "arraysize"));
  BOOST_TEST(contains(
      failure(document("", "<FIELD name='q' datatype='int' arraysize='4294967296x4294967296'/>")),
      "arraysize"));
  BOOST_TEST(contains(failure(document("<DATA><FITS><STREAM href='x'/></FITS></DATA>")), "FITS"));
  BOOST_TEST(contains(failure(document("<DATA><BINARY><STREAM href='http://x/'/></BINARY></DATA>")),
                      "href"));
  BOOST_TEST(contains(failure(document(stream("BINARY", "AAA"))), "not whole"));
  BOOST_TEST(contains(failure(document(stream("BINARY", "AAAA"))), "within a row"));
  BOOST_TEST(contains(failure(document(stream("BINARY", "A*AA"))), "base64"));
  BOOST_TEST(contains(failure(document(stream("BINARY", "AAAA="))), "padding"));
  BOOST_TEST(contains(failure(document(tabledata("<TR><TD encoding='base64'>AA==</TD><TD/></TR>"))),
                      "encoded cells"));
  // Rows without bytes would be endless.
  BOOST_TEST(contains(
      failure(document(stream("BINARY", "AAAA"), "<FIELD name='q' datatype='int' arraysize='0'/>")),
      "no bytes"));
  BOOST_TEST(contains(failure(document(tabledata("") + tabledata(""))), "two DATA"));
}

BOOST_AUTO_TEST_CASE(votable_limits) {
  constexpr FailureKind too_large = FailureKind::too_large;
  TableLimits limits;
  limits.cell = 1000;
  const std::string row = "<TR><TD>1</TD><TD>" + std::string(1001, 'x') + "</TD></TR>";
  BOOST_TEST(contains(failure(document(tabledata(row)), limits, too_large), "1000 bytes"));
  // 7FFFFFFF characters announced.
  BOOST_TEST(contains(failure(document(stream("BINARY", "AAAAAX////8=")), limits, too_large),
                      "1000 bytes"));
  limits.columns = 1;
  BOOST_TEST(contains(failure(document(""), limits, too_large), "1 columns"));
  limits = {};
  limits.rows = 1;
  BOOST_TEST(contains(
      failure(document(tabledata("<TR><TD/><TD/></TR><TR><TD/><TD/></TR>")), limits, too_large),
      "1 rows"));
  limits = {};
  limits.bytes = 100;
  BOOST_TEST(contains(failure(document(""), limits, too_large), "100 bytes"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<RESOURCE>";
  BOOST_TEST(contains(failure("<VOTABLE>" + deep), "64 deep"));
}

// What would take libxml2 minutes: it is refused before.
BOOST_AUTO_TEST_CASE(votable_that_is_slow) {
  const auto many = [](std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format(fmt::runtime(part), i);
    return text;
  };
  BOOST_TEST(contains(failure("<VOTABLE " + many(" a{}=''", 300000) + "/>"), "longer than 131072"));
  BOOST_TEST(contains(failure("<VOTABLE><!--" + many("- ", 100000) + "--></VOTABLE>"),
                      "longer than 131072"));
  BOOST_TEST(contains(failure("<VOTABLE><![CDATA[" + many("x", 9000000) + "]]></VOTABLE>"),
                      "longer than 131072"));
  BOOST_TEST(contains(failure("<VOTABLE>" + many("<a{}/>", 500000)), "different names"));
  BOOST_TEST(contains(failure("<VOTABLE>" + many("&amp;", 100000) + "</VOTABLE>"), "no table"));
}

// RFC 4648 section 10.
BOOST_AUTO_TEST_CASE(base64_vectors) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"Zg==", "f"},
                                                         {"Zm8=", "fo"},
                                                         {"Zm9v", "foo"},
                                                         {"Zm9vYg==", "foob"},
                                                         {"Zm9vYmE=", "fooba"},
                                                         {"Zm9v\r\nYmFy ", "foobar"}};
  for (const auto& [text, bytes] : vectors) {
    xml::Base64Decoder decoder;
    std::string found;
    for (const char c : text) decoder.decode({&c, 1}, found);
    decoder.finish();
    BOOST_TEST(found == bytes);
  }
}
