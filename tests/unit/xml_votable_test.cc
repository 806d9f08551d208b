#include <sys/resource.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/blocks.h"
#include "base/failure.h"
#include "parsed.h"
#include "xml/base64.h"
#include "xml/votable.h"

using namespace soda;
using namespace soda::xml;

namespace {

Column column(std::string name, std::string datatype, std::string ucd = {}, std::string unit = {}) {
  Column made;
  made.name = std::move(name);
  made.datatype = std::move(datatype);
  if (made.datatype == "char" || made.datatype == "unicodeChar") made.arraysize = "*";
  made.ucd = std::move(ucd);
  made.unit = std::move(unit);
  return made;
}

using Row = std::vector<Cell>;

std::string written(Serialization serialization, ResultTable table, const std::vector<Row>& rows,
                    const Ending& ending = {}) {
  std::string text;
  Blocks out([&text](std::string_view block) { text += block; });
  VoTableWriter writer(out, serialization, std::move(table));
  for (const Row& row : rows) writer.row(row);
  writer.finish(ending);
  out.flush();
  return text;
}

ResultTable table_of(std::vector<Column> columns) { return {"", "", {}, fields_of(columns), {}}; }

std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t at = text.find(start);
  BOOST_REQUIRE(at != std::string::npos);
  const std::size_t from = at + start.size();
  return text.substr(from, text.find(end, from) - from);
}

std::string tabledata(std::vector<Column> columns, const std::vector<Row>& rows) {
  return between(written(Serialization::tabledata, table_of(std::move(columns)), rows),
                 "<TABLEDATA>\n", "</TABLEDATA>");
}

// By the definition, a character at a time.
std::string from_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '\n' || c == '=') continue;
    bits = bits << 6 | static_cast<unsigned>(alphabet.find(c));
    count += 6;
    if (count >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return bytes;
}

std::string binary2(std::vector<Column> columns, const std::vector<Row>& rows) {
  return from_base64(between(written(Serialization::binary2, table_of(std::move(columns)), rows),
                             "<STREAM encoding=\"base64\">\n", "</STREAM>"));
}

std::string bytes(std::initializer_list<int> values) {
  std::string made;
  for (const int value : values) made += static_cast<char>(value);
  return made;
}

std::string refusal(const std::string& datatype, const Cell& cell) {
  try {
    tabledata({column("c", datatype)}, {{cell}});
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::corrupt_data));
    return failure.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(blocks_are_full_and_in_order) {
  std::string all, expected;
  std::vector<std::size_t> sizes;
  Blocks out([&](std::string_view block) {
    all += block;
    sizes.push_back(block.size());
  });
  BOOST_TEST(!out.begun());
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const std::string piece(random() % 5 == 0 ? random() % 200'000 : random() % 90,
                            static_cast<char>('a' + i % 26));
    out.append(piece);
    out.number(std::int64_t{-42});
    out.number(0.1);
    expected += piece + "-420.1";
  }
  out.flush();
  out.flush();
  BOOST_TEST((all == expected));
  BOOST_TEST(*std::ranges::max_element(sizes) == 65528u);
  BOOST_TEST(sizes.size() < expected.size() / 60'000 + 3);
  BOOST_TEST(out.begun());
}

BOOST_AUTO_TEST_CASE(base64_of_rfc_4648) {
  const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  const auto encoded = [](std::string_view text) {
    std::string out(base64_size(text.size()), '!');
    BOOST_TEST(write_base64(text, out.data()) - out.data() == static_cast<long>(out.size()));
    return out;
  };
  for (const auto& [text, expected] : rows) BOOST_TEST(encoded(text) == expected);
  std::mt19937 random(4648);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string text(size, ' ');
    std::ranges::generate(text, [&random] { return static_cast<char>(random()); });
    BOOST_TEST((from_base64(encoded(text)) == text));
  }
}

BOOST_AUTO_TEST_CASE(a_whole_document) {
  ResultTable table;
  table.name = "ivoa.obscore";
  table.description = "A & B";
  table.infos = {{"standardID", "ivo://ivoa.net/std/SIA", ""}};
  const std::vector<Column> columns = {column("s_ra", "double", "pos.eq.ra", "deg"),
                                       column("t_min", "double", "time.start;obs.exposure", "d"),
                                       column("id", "char", "meta.id")};
  table.fields = fields_of(columns);
  table.fields[2].values.options = {"a", "b"};
  ServiceDescriptor links;
  links.id = "links";
  links.access_url = "https://example.org/links?a&b";
  Input id;
  id.column = column("ID", "char");
  id.ref = "id";
  links.inputs = {id};
  table.descriptors = {links};
  const std::string text = written(Serialization::tabledata, table, {{1.5, Cell(), "x<y"}},
                                   {Status::overflow, "cut at 1 row"});
  BOOST_TEST(text == R"(<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
  <RESOURCE type="results">
    <INFO name="QUERY_STATUS" value="OK"/>
    <INFO name="standardID" value="ivo://ivoa.net/std/SIA"/>
    <COOSYS ID="system.icrs" system="ICRS"/>
    <TIMESYS ID="system.utc" timescale="UTC" refposition="UNKNOWN" timeorigin="MJD-origin"/>
    <TABLE name="ivoa.obscore">
      <DESCRIPTION>A &amp; B</DESCRIPTION>
      <FIELD ID="s_ra" name="s_ra" datatype="double" unit="deg" ucd="pos.eq.ra" ref="system.icrs"/>
      <FIELD ID="t_min" name="t_min" datatype="double" unit="d" ucd="time.start;obs.exposure" ref="system.utc"/>
      <FIELD ID="id" name="id" datatype="char" arraysize="*" ucd="meta.id">
        <VALUES>
          <OPTION value="a"/>
          <OPTION value="b"/>
        </VALUES>
      </FIELD>
      <DATA>
        <TABLEDATA>
<TR><TD>1.5</TD><TD/><TD>x&lt;y</TD></TR>
</TABLEDATA>
      </DATA>
    </TABLE>
    <INFO name="QUERY_STATUS" value="OVERFLOW">cut at 1 row</INFO>
  </RESOURCE>
  <RESOURCE type="meta" utype="adhoc:service" ID="links">
    <PARAM name="accessURL" datatype="char" arraysize="*" value="https://example.org/links?a&amp;b"/>
    <GROUP name="inputParams">
      <PARAM name="ID" datatype="char" arraysize="*" ref="id" value=""/>
    </GROUP>
  </RESOURCE>
</VOTABLE>
)");
  BOOST_TEST((parsed(text) != nullptr));
}

BOOST_AUTO_TEST_CASE(ids_are_xml_names_and_unique) {
  const std::vector<Column> columns = {
      column("a", "int"),      column("a", "int"), column("1a", "int"),      column("x y", "int"),
      column("_b.c-1", "int"), column("", "int"),  column("\xC3\xA9", "int")};
  std::string ids;
  for (const Field& field : fields_of(columns)) ids += field.id + "|";
  BOOST_TEST(ids == "a||||_b.c-1|||");
  // Only what is in degrees and in days is in our systems.
  const std::vector<Column> units = {
      column("a", "double", "pos.eq.ra", "rad"), column("b", "double", "time.start", "s"),
      column("c", "char", "time.start"), column("d", "char", "pos.outline;obs.field")};
  std::string refs;
  for (const Field& field : fields_of(units)) refs += field.ref + "|";
  BOOST_TEST(refs == "|||system.icrs|");
}

BOOST_AUTO_TEST_CASE(numbers_in_tabledata) {
  using Limits = std::numeric_limits<double>;
  const std::vector<Column> columns = {column("i", "int"), column("l", "long"),
                                       column("d", "double")};
  const std::vector<Row> rows = {
      {std::int64_t{-2147483648}, std::numeric_limits<std::int64_t>::min(), 5e-324},
      {std::int64_t{2147483647}, std::numeric_limits<std::int64_t>::max(), Limits::max()},
      {std::int64_t{0}, std::int64_t{-1}, -0.0},
      {Cell(), Cell(), Limits::quiet_NaN()},
      {3.0, -4.0, std::int64_t{7}},  // whole numbers of the other type
      {Cell(), Cell(), Limits::infinity()},
      {Cell(), Cell(), -Limits::infinity()}};
  BOOST_TEST(tabledata(columns, rows) ==
             "<TR><TD>-2147483648</TD><TD>-9223372036854775808</TD><TD>5e-324</TD></TR>\n"
             "<TR><TD>2147483647</TD><TD>9223372036854775807</TD>"
             "<TD>1.7976931348623157e+308</TD></TR>\n"
             "<TR><TD>0</TD><TD>-1</TD><TD>-0</TD></TR>\n"
             "<TR><TD/><TD/><TD>NaN</TD></TR>\n"
             "<TR><TD>3</TD><TD>-4</TD><TD>7</TD></TR>\n"
             "<TR><TD/><TD/><TD>+Inf</TD></TR>\n"
             "<TR><TD/><TD/><TD>-Inf</TD></TR>\n");
}

BOOST_AUTO_TEST_CASE(texts_in_tabledata) {
  const std::string text = "<caf\xC3\xA9 & \xF0\x9F\x94\xAD>\"\r\n\t\x01\xFF ";
  BOOST_TEST(
      tabledata({column("a", "char"), column("u", "unicodeChar")}, {{text, text}, {"", ""}}) ==
      "<TR><TD>&lt;caf? &amp; ?&gt;\"&#13;\n\t?? </TD>"
      "<TD>&lt;caf\xC3\xA9 &amp; \xF0\x9F\x94\xAD&gt;\"&#13;\n\t\xEF\xBF\xBD\xEF\xBF\xBD "
      "</TD></TR>\n<TR><TD></TD><TD></TD></TR>\n");
}

// Eight bytes are looked at together: no byte may hide behind its neighbours.
BOOST_AUTO_TEST_CASE(every_byte_at_every_place) {
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const bool is_text = c == '\t' || c == '\n' || (value >= 0x20 && value < 0x80);
    std::string expected = is_text ? std::string(1, c) : "?";
    if (c == '<') expected = "&lt;";
    if (c == '>') expected = "&gt;";
    if (c == '&') expected = "&amp;";
    if (c == '\r') expected = "&#13;";
    for (std::size_t place = 0; place < 19; ++place) {
      std::string text(19, 'a');
      text[place] = c;
      const std::string cell = std::string(place, 'a') + expected + std::string(18 - place, 'a');
      BOOST_REQUIRE(tabledata({column("a", "char")}, {{std::string_view(text)}}) ==
                    "<TR><TD>" + cell + "</TD></TR>\n");
    }
  }
}

// VOTable 1.4 section 6.4: flags, the most significant bit first; big-endian; counts before texts;
// something in place of a NULL.
BOOST_AUTO_TEST_CASE(rows_in_binary2) {
  const std::vector<Column> columns = {column("a", "char"), column("u", "unicodeChar"),
                                       column("i", "int"), column("l", "long"),
                                       column("d", "double")};
  const std::string row = binary2(columns, {{"a\xC3\xA9", "\xC3\xA9\xF0\x9F\x94\xAD",
                                             std::int64_t{-2}, std::int64_t{258}, 1.0}});
  BOOST_TEST((row == bytes({0,                                                          //
                            0,    0,    0,    2,    'a', '?',                           //
                            0,    0,    0,    3,    0,   0xE9, 0xD8, 0x3D, 0xDD, 0x2D,  // U+1F52D
                            0xFF, 0xFF, 0xFF, 0xFE,                                     //
                            0,    0,    0,    0,    0,   0,    1,    2,                 //
                            0x3F, 0xF0, 0,    0,    0,   0,    0,    0})));
  const std::string nulls = binary2(columns, {{Cell(), "", Cell(), Cell(), Cell()}});
  BOOST_TEST((nulls == bytes({0xB8, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0,
                              0,    0, 0, 0, 0, 0, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0})));
  BOOST_TEST(binary2(columns, {}).empty());
  // Nine columns have two bytes of flags.
  const std::vector<Column> nine(9, column("i", "int"));
  const std::string flags = binary2(nine, {Row(9), Row(9, std::int64_t{0})});
  BOOST_TEST((flags == bytes({0xFF, 0x80}) + std::string(36 + 2 + 36, '\0')));
}

// VOTable 1.4 sections 2.1 and 6: bytes worked out by hand.
BOOST_AUTO_TEST_CASE(short_types_and_arrays) {
  const auto array = [](const std::string& datatype, const std::string& size) {
    Column made = column("a", datatype);
    made.arraysize = size;
    return made;
  };
  const std::vector<Column> columns = {
      column("s", "short"),   column("b", "unsignedByte"), column("f", "float"),
      column("t", "boolean"), array("double", "2"),        array("int", "*"),
      array("bit", "10"),     array("char", "3"),          array("floatComplex", "")};
  const Row row = {std::int64_t{-2},
                   std::int64_t{255},
                   0.10000000149011612,
                   std::int64_t{1},
                   "1 -2",
                   "7 8",
                   "1000000001",
                   "abcd",
                   "1 2"};
  BOOST_TEST(tabledata(columns, {row}) ==
             "<TR><TD>-2</TD><TD>255</TD><TD>0.1</TD><TD>true</TD><TD>1 -2</TD><TD>7 8</TD>"
             "<TD>1000000001</TD><TD>abcd</TD><TD>1 2</TD></TR>\n");
  BOOST_TEST((binary2(columns, {row}) ==
              bytes({0,    0,    0xFF, 0xFE, 0xFF, 0x3D, 0xCC, 0xCC, 0xCD, 'T',        //
                     0x3F, 0xF0, 0,    0,    0,    0,    0,    0,                      //
                     0xC0, 0,    0,    0,    0,    0,    0,    0,                      //
                     0,    0,    0,    2,    0,    0,    0,    7,    0,    0,   0, 8,  //
                     0x80, 0x40, 'a',  'b',  'c',                                      //
                     0x3F, 0x80, 0,    0,    0x40, 0,    0,    0})));
  BOOST_TEST((binary2({array("short", "2"), array("double", "*"), array("char", "2")},
                      {{Cell(), Cell(), Cell()}}) == bytes({0xE0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
  BOOST_TEST(tabledata({array("float", "2"), array("double", "*"), array("int", "2")},
                       {{Cell(), Cell(), Cell()}}) == "<TR><TD>NaN NaN</TD><TD/><TD/></TR>\n");
  BOOST_CHECK_THROW(binary2({array("int", "*")}, {{"1 x"}}), Failure);
  BOOST_CHECK_THROW(binary2({array("int", "two")}, {}), Failure);
  BOOST_TEST(!refusal("short", std::int64_t{32768}).empty());
  BOOST_TEST(!refusal("unsignedByte", std::int64_t{-1}).empty());
  BOOST_TEST(!refusal("boolean", std::int64_t{2}).empty());
}

BOOST_AUTO_TEST_CASE(values_that_a_column_cannot_hold) {
  BOOST_TEST(refusal("int", std::int64_t{2147483648}) ==
             "column c: a value of type int is expected, the archive has \"2147483648\"");
  BOOST_TEST(refusal("int", 1.5) ==
             "column c: a value of type int is expected, the archive has \"1.5\"");
  BOOST_TEST(refusal("double", "x\n") ==
             "column c: a value of type double is expected, the archive has \"x\\n\"");
  for (const double value : {std::nan(""), 1e300, -1e19, std::numeric_limits<double>::infinity()}) {
    BOOST_TEST(!refusal("long", value).empty());
  }
  BOOST_TEST(!refusal("double", (std::int64_t{1} << 53) + 1).empty());
  BOOST_TEST(!refusal("char", 1.0).empty());
  BOOST_TEST(!refusal("unicodeChar", std::int64_t{1}).empty());
  BOOST_TEST(refusal("long", 1e15) == "");
  BOOST_CHECK_THROW(tabledata({column("c", "varchar")}, {}), Failure);
  BOOST_CHECK_THROW(tabledata({column("c", "int")}, {{}}), Failure);
  BOOST_CHECK_THROW(tabledata({column("c", "int")}, {{Cell(), Cell()}}), Failure);
}

BOOST_AUTO_TEST_CASE(texts_longer_than_blocks) {
  std::mt19937 random(11);
  for (const std::size_t size : {0U, 7U, 8U, 9U, 4095U, 4096U, 4097U, 12285U, 65528U, 300'000U}) {
    std::string text(size, ' ');
    std::ranges::generate(text, [&random] { return "abcdefg<"[random() % 8]; });
    const std::vector<Row> rows(3, Row{std::string_view(text)});
    BOOST_TEST(
        (tabledata({column("a", "char")}, rows) == tabledata({column("a", "unicodeChar")}, rows)));
    const std::string all = binary2({column("a", "char")}, rows);
    BOOST_TEST(all.size() == 3 * (size + 5));
    BOOST_TEST((all.substr(all.size() - size) == text));
  }
}

BOOST_AUTO_TEST_CASE(any_bytes_give_a_well_formed_table) {
  std::mt19937 random(20190321);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 40, ' ');
    std::ranges::generate(text, [&random] {
      constexpr std::string_view nasty = "<>&\"'-]\r\n\t";
      const auto draw = random();
      return draw % 3 == 0 ? nasty[draw / 3 % nasty.size()] : static_cast<char>(draw / 3);
    });
    ResultTable table =
        table_of({column("a", "char"), column("u", "unicodeChar"), column(text, "int")});
    table.infos = {{text, text, text}};
    table.fields[0].column.description = text;
    BOOST_REQUIRE(parsed(written(Serialization::tabledata, table,
                                 {{std::string_view(text), std::string_view(text), Cell()}},
                                 {Status::error, text})) != nullptr);
  }
}

BOOST_AUTO_TEST_CASE(memory_does_not_grow_with_the_rows) {
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const std::vector<Column> columns = {column("a", "char"), column("u", "unicodeChar"),
                                       column("d", "double")};
  const Row row = {"ivo://example.org/~?some/data/set.fits", "caf\xC3\xA9", 0.1};
  for (const Serialization form : {Serialization::tabledata, Serialization::binary2}) {
    std::size_t total = 0;
    Blocks out([&total](std::string_view block) { total += block.size(); });
    VoTableWriter writer(out, form, table_of(columns));
    for (int i = 0; i < 1000; ++i) writer.row(row);
    const long before = peak();
    for (int i = 0; i < 1'000'000; ++i) writer.row(row);
    writer.finish({});
    out.flush();
    BOOST_TEST(total > 80'000'000u);
    BOOST_TEST(peak() - before < 1024);
  }
}

BOOST_AUTO_TEST_CASE(documents_without_a_table) {
  BOOST_TEST(votable_without_table({"QUERY_STATUS", "ERROR", "UsageFault: a < b"}, {}) ==
             R"(<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
  <RESOURCE type="results">
    <INFO name="QUERY_STATUS" value="ERROR">UsageFault: a &lt; b</INFO>
  </RESOURCE>
</VOTABLE>
)");
}
