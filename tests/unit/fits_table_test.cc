// Tables in FITS files: what is in them, and headers that lie.
#include <boost/test/unit_test.hpp>

#include "fits/table_reader.h"
#include "fits_text.h"
#include "scratch.h"
#include "table_text.h"

namespace {

using namespace soda;
using namespace std::string_literals;
using Lines = std::vector<std::string>;
using fits_text::operator+;
using table_text::rows_of;

struct Shape {
  int row_length, rows, heap = 0;
};

std::string table(const std::string& kind, const Shape& shape, const Lines& cards,
                  const std::string& data) {
  const Lines first = {"XTENSION= '" + kind + "'",
                       "BITPIX  = 8",
                       "NAXIS   = 2",
                       "NAXIS1  = " + std::to_string(shape.row_length),
                       "NAXIS2  = " + std::to_string(shape.rows),
                       "PCOUNT  = " + std::to_string(shape.heap),
                       "GCOUNT  = 1"};
  return fits_text::primary({}, {}) + fits_text::header(first + cards) +
         fits_text::padded(data, '\0');
}

struct File {
  scratch::Folder folder;
  std::string path = folder / "table.fits";
  explicit File(const std::string& bytes) { scratch::write_file(path, bytes); }
  Lines rows(const TableLimits& limits = {}) const {
    return rows_of(*fits::read_table(path, limits));
  }
};

std::string failure(const std::string& bytes, const TableLimits& limits = {},
                    FailureKind kind = FailureKind::usage) {
  const File file(bytes);
  try {
    file.rows(limits);
  } catch (const Failure& thrown) {
    BOOST_TEST((thrown.kind() == kind), thrown.what());
    return thrown.what();
  }
  return {};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

const Lines two_columns = {"TFIELDS = 2",    "TTYPE1  = 'n'",      "TFORM1  = 'J'",
                           "TNULL1  = 7",    "TUNIT1  = 'm'",      "TTYPE2  = 'name'",
                           "TFORM2  = '4A'", "TUCD2   = 'meta.id'"};
const std::string two_rows = "\0\0\0\1ab  \0\0\0\7\0\0\0\0"s;

}  // namespace

BOOST_AUTO_TEST_CASE(fits_table) {
  const File file(table("BINTABLE", {8, 2}, two_columns, two_rows));
  const auto reader = fits::read_table(file.path, {});
  const std::vector<Column>& columns = reader->columns();
  BOOST_REQUIRE(columns.size() == 2U);
  BOOST_TEST(columns[0].name == "n");
  BOOST_TEST(columns[0].datatype == "int");
  BOOST_TEST(columns[0].unit == "m");
  BOOST_TEST((columns[0].type == ColumnType::integer));
  BOOST_TEST(columns[1].datatype == "char");
  BOOST_TEST(columns[1].arraysize == "4");
  BOOST_TEST(columns[1].ucd == "meta.id");
  BOOST_TEST(rows_of(*reader) == (Lines{"1 'ab'", "- -"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fits_table_arrays) {
  const Lines cards = {"TFIELDS = 3",       "TTYPE1  = 'm'", "TFORM1  = '4B'",
                       "TDIM1   = '(2,2)'", "TTYPE2  = 'v'", "TFORM2  = '1PI(2)'",
                       "TTYPE3  = 'none'",  "TFORM3  = '0D'"};
  // The second array begins behind the heap's end, the third ends there, the fourth is negative.
  const auto row = [](char count, char offset) {
    return "\1\2\3\4\0\0\0"s + count + "\0\0\0"s + offset;
  };
  const std::string rows = row(2, 0) + row(1, 5) + row(3, 0) + "\1\2\3\4\xFF\xFF\xFF\xFF\0\0\0\0"s;
  const File file(table("BINTABLE", {12, 4, 4}, cards, rows + "\0\5\xFF\xFF"s));
  const auto reader = fits::read_table(file.path, {});
  BOOST_TEST(reader->columns()[0].arraysize == "2x2");
  BOOST_TEST(reader->columns()[1].arraysize == "*");
  const std::string refused = "refused: column \"v\": its array lies outside the heap";
  BOOST_TEST(rows_of(*reader) == (Lines{"'1 2 3 4' '5 -1' -", refused, refused, refused}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fits_ascii_table) {
  const Lines cards = {"TFIELDS = 4",   "TTYPE1  = 's'",    "TBCOL1  = 1",      "TFORM1  = 'A3'",
                       "TTYPE2  = 'i'", "TBCOL2  = 4",      "TFORM2  = 'I4'",   "TNULL2  = '-1'",
                       "TTYPE3  = 'f'", "TBCOL3  = 8",      "TFORM3  = 'F6.2'", "TTYPE4  = 'd'",
                       "TBCOL4  = 14",  "TFORM4  = 'D8.1'", "TSCAL4  = 2.0"};
  const auto row = [](const std::string& text, const std::string& integer, const std::string& real,
                      const std::string& scaled) {
    return fmt::format("{:<3}{:>4}{:>6}{:>8}", text, integer, real, scaled);
  };
  // 150 in F6.2 is 1.50 (FITS 4.0 section 7.2.5).
  const File file(table("TABLE", {21, 4}, cards,
                        row("ab", "12", "1.50", "1.5D+03") + row("", "-1", "150", "") +
                            row("x", "-34", "", "2.") + row("y", "z", "1", "1.")));
  BOOST_TEST(file.rows() == (Lines{"'ab' 12 r1.5 r3000", "- - r1.5 -", "'x' -34 - r4",
                                   "refused: column \"i\": \"z\" is no integer"}),
             boost::test_tools::per_element());
  BOOST_TEST(failure(table("TABLE", {20, 4}, cards, std::string(80, ' '))) ==
             "column 4 of the FITS table: it lies outside its rows");
}

BOOST_AUTO_TEST_CASE(fits_tables_that_lie) {
  constexpr FailureKind too_large = FailureKind::too_large;
  BOOST_TEST(contains(failure(fits_text::primary({2, 2}, {})), "no table"));
  BOOST_TEST(contains(failure("SIMPLE  ="), "END"));
  BOOST_TEST(contains(failure("no FITS"), "does not begin"));
  BOOST_TEST(contains(failure(table("BINTABLE", {4, 2}, two_columns, two_rows)), "wider"));
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 100000}, two_columns, two_rows)),
                      "more than the file has"));
  BOOST_TEST(
      contains(failure(table("BINTABLE", {8, 2}, {"TFIELDS = 1", "TFORM1  = '1Z'"}, two_rows)),
               "unknown type"));
  BOOST_TEST(
      contains(failure(table("BINTABLE", {8, 2}, {"TFIELDS = 1", "TFORM1  = '1PP'"}, two_rows)),
               "no known type"));
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 2},
                                    {"TFIELDS = 1", "TFORM1  = '9999999999999999999J'"}, two_rows)),
                      "count"));
  TableLimits limits;
  limits.columns = 1;
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 2}, two_columns, two_rows), limits, too_large),
                      "1 columns"));
  limits = {};
  limits.rows = 1;
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 2}, two_columns, two_rows), limits, too_large),
                      "1 rows"));
  limits = {};
  limits.row = 7;
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 2}, two_columns, two_rows), limits, too_large),
                      "7 bytes"));
  limits = {};
  limits.cell = 3;
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 2}, two_columns, two_rows), limits, too_large),
                      "3 bytes"));
  // A thousand rows of one array.
  limits = {};
  limits.bytes = 12000;
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += "\0\0\0\x10\0\0\0\0"s;
  BOOST_TEST(contains(failure(table("BINTABLE", {8, 1000, 16}, {"TFIELDS = 1", "TFORM1  = '1PB'"},
                                    rows + std::string(16, 'x')),
                              limits, too_large),
                      "arrays"));
  // Rows without bytes are none.
  const File nothing(table("BINTABLE", {0, 1000}, {"TFIELDS = 1", "TFORM1  = '0J'"}, ""));
  BOOST_TEST(nothing.rows().empty());
}
