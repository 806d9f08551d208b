// Written tables, byte by byte against FITS 4.0 section 7.3.
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "base/failure.h"
#include "fits/header.h"
#include "fits/table_writer.h"

using namespace soda;

namespace {

Column column(const std::string& name, const std::string& datatype, const std::string& arraysize) {
  Column made;
  made.name = name;
  made.datatype = datatype;
  made.arraysize = arraysize;
  return made;
}

std::string written(const std::vector<Column>& columns,
                    const std::vector<std::vector<Cell>>& rows) {
  std::string text;
  Blocks out([&](std::string_view block) { text += block; });
  fits::TableWriter writer("stars", columns, out);
  for (const auto& row : rows) writer.row(row);
  writer.finish("a remark");
  out.flush();
  return text;
}

// The header of the extension, and what follows it.
std::pair<fits::Header, std::string> parts(const std::string& file) {
  BOOST_REQUIRE(file.size() % 2880 == 0);
  BOOST_TEST(file.starts_with("SIMPLE  =                    T"));
  std::size_t end = file.find("END" + std::string(77, ' '), 2880);
  BOOST_REQUIRE(end != std::string::npos);
  fits::Header header(file.substr(2880, end - 2880));
  const std::size_t data = (end + 80 + 2879) / 2880 * 2880;
  return {std::move(header), file.substr(data)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_table_of_all_kinds) {
  std::vector<Column> columns = {column("name", "unicodeChar", "*"), column("n", "int", ""),
                                 column("flux", "float", ""),        column("where", "double", "2"),
                                 column("list", "short", "*"),       column("good", "boolean", "")};
  columns[1].unit = "kbyte";
  columns[3].xtype = "point";
  const std::string file =
      written(columns, {{"ab\xC3\xA9", std::int64_t{1}, 0.5, "1 -2", "7 8 9", std::int64_t{1}},
                        {Cell(), Cell(), Cell(), Cell(), Cell(), Cell()}});
  const auto [header, data] = parts(file);
  BOOST_TEST(header.integer("NAXIS1").value() == 3 + 4 + 4 + 16 + 8 + 1);
  BOOST_TEST(header.integer("NAXIS2").value() == 2);
  BOOST_TEST(header.integer("PCOUNT").value() == 6);
  BOOST_TEST(header.string("EXTNAME").value() == "stars");
  const std::string forms[] = {"3A", "1J", "1E", "2D", "1PI(3)", "1L"};
  for (int i = 0; i < 6; ++i) {
    BOOST_TEST(header.string("TFORM" + std::to_string(i + 1)).value() == forms[i]);
  }
  BOOST_TEST(header.string("TUNIT2").value() == "kbyte");
  BOOST_TEST(header.string("TXTYP4").value() == "point");
  BOOST_TEST(header.integer("TNULL2").value() == std::numeric_limits<std::int32_t>::min());
  const std::string first(
      "ab?\0\0\0\1\x3F\0\0\0\x3F\xF0\0\0\0\0\0\0\xC0\0\0\0\0\0\0\0"
      "\0\0\0\3\0\0\0\0T",
      36);
  BOOST_TEST((data.substr(0, 36) == first));
  const std::string second(
      "\0\0\0\x80\0\0\0\x7F\xC0\0\0\x7F\xF8\0\0\0\0\0\0\x7F\xF8\0\0\0\0\0\0"
      "\0\0\0\0\0\0\0\6\0",
      36);
  BOOST_TEST((data.substr(36, 36) == second));
  BOOST_TEST((data.substr(72, 6) == std::string("\0\7\0\x8\0\x9", 6)));
}

// What no row has stands for NULL; one long text among short ones does not make all rows long.
BOOST_AUTO_TEST_CASE(forms_follow_the_rows) {
  const std::vector<Column> columns = {column("s", "short", ""), column("t", "char", "*")};
  std::vector<std::vector<Cell>> rows(100, {std::int64_t{-32768}, "x"});
  const std::string long_text(1000, 'y');
  rows.push_back({Cell(), std::string_view(long_text)});
  const auto [header, data] = parts(written(columns, rows));
  BOOST_TEST(header.integer("TNULL1").value() == 32767);
  BOOST_TEST(header.string("TFORM2").value() == "1PA(1000)");
  BOOST_TEST(header.integer("PCOUNT").value() == 1100);
}

BOOST_AUTO_TEST_CASE(values_that_do_not_fit) {
  const std::vector<Column> columns = {column("s", "short", "")};
  BOOST_CHECK_THROW(written(columns, {{std::int64_t{32768}}}), Failure);
  BOOST_CHECK_THROW(written(columns, {{"text"}}), Failure);
  BOOST_CHECK_THROW(written(columns, {{}}), Failure);
  BOOST_CHECK_THROW(written({column("s", "varchar", "")}, {}), Failure);
}
