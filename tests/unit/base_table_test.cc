// CSV, and what all readers of tables share.
#include <boost/test/unit_test.hpp>

#include "base/binary_cells.h"
#include "base/csv_reader.h"
#include "table_text.h"

namespace {

using namespace soda;
using Lines = std::vector<std::string>;
using table_text::input;
using table_text::names_of;
using table_text::rows_of;

Lines csv(const std::string& text, std::optional<Delimiter> delimiter = std::nullopt) {
  Lines first;
  for (const std::size_t step : {1, 2, 7, 100000}) {
    const auto table = read_csv(input(text, step), {}, delimiter);
    Lines lines = names_of(*table);
    const Lines rows = rows_of(*table);
    lines.insert(lines.end(), rows.begin(), rows.end());
    if (first.empty()) first = lines;
    BOOST_TEST(lines == first, boost::test_tools::per_element());
  }
  return first;
}

FailureKind kind_of_failure(const std::string& text, const TableLimits& limits = {}) {
  try {
    rows_of(*read_csv(input(text), limits));
  } catch (const Failure& failure) {
    return failure.kind();
  }
  return FailureKind::internal;
}

std::string one_cell(const StoredColumn& column, std::string_view bytes, std::size_t count) {
  RowBuilder row{TableLimits()};
  const std::string wrong = append_binary(row, column, bytes, count);
  return wrong.empty() ? table_text::shown(row.cells().front()) : wrong;
}

}  // namespace

BOOST_AUTO_TEST_CASE(csv_of_rfc_4180) {
  BOOST_TEST(csv("a,b\r\n1,two\r\n\"x, y\",\"he said \"\"no\"\"\"\r\n\"line\r\nend\",") ==
                 (Lines{"a", "b", "'1' 'two'", "'x, y' 'he said \"no\"'", "'line\r\nend' -"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(csv_of_others) {
  BOOST_TEST(csv("\xEF\xBB\xBF"
                 "a;b\n1;\"\"\n\n;2\r3;4") == (Lines{"a", "b", "'1' ''", "- '2'", "'3' '4'"}),
             boost::test_tools::per_element());
  // A tab makes the others part of the text, quotes included.
  BOOST_TEST(csv("a,1\tb\n\"q\t\"x\"\n") == (Lines{"a,1", "b", "'\"q' '\"x\"'"}),
             boost::test_tools::per_element());
  BOOST_TEST(csv("a;b\n1;2\n", Delimiter::comma) == (Lines{"a;b", "'1;2'"}),
             boost::test_tools::per_element());
  BOOST_TEST(csv("a,b") == (Lines{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(csv_rows_that_are_refused) {
  BOOST_TEST(csv("a,b\n1\n1,2,3\n\"x\"y,2\n\xC3(,2\n1,2\n") ==
                 (Lines{"a", "b", "refused: it has 1 fields, the header line 2",
                        "refused: it has 3 fields, the header line 2",
                        "refused: field 1: there is text behind a closing quote",
                        "refused: field 1: it holds bytes that are no UTF-8", "'1' '2'"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(csv_that_is_none) {
  BOOST_TEST((kind_of_failure("") == FailureKind::usage));
  BOOST_TEST((kind_of_failure("\r\n\n") == FailureKind::usage));
  BOOST_TEST((kind_of_failure("a,b\n1,\"2\n") == FailureKind::usage));
}

BOOST_AUTO_TEST_CASE(table_limits) {
  TableLimits limits;
  limits.columns = 3;
  BOOST_TEST((kind_of_failure("a,b,c,d\n", limits) == FailureKind::too_large));
  BOOST_TEST((kind_of_failure("a\n1,2,3,4\n", limits) == FailureKind::too_large));
  limits.rows = 2;
  BOOST_TEST((kind_of_failure("a\n1\n2\n3\n", limits) == FailureKind::too_large));
  limits.cell = 10;
  BOOST_TEST((kind_of_failure("a\n12345678901\n", limits) == FailureKind::too_large));
  BOOST_TEST((kind_of_failure("a\n\"12345678901\n", limits) == FailureKind::too_large));
  limits.row = 12;
  BOOST_TEST((kind_of_failure("a,b\n123456,1234567\n", limits) == FailureKind::too_large));
  limits.bytes = 8;
  BOOST_TEST((kind_of_failure("a,b\n1,2\n3,4\n", limits) == FailureKind::too_large));
}

BOOST_AUTO_TEST_CASE(column_names) {
  BOOST_TEST(csv("x,,X, x ,x_2,col2") == (Lines{"x", "col2", "X_2", "x_3", "x_2_2", "col2_2"}),
             boost::test_tools::per_element());
}

// Bytes by hand from IEEE 754, two's complement and Unicode.
BOOST_AUTO_TEST_CASE(binary_cells) {
  using namespace std::string_view_literals;
  using Shape = StoredColumn::Shape;
  const auto scalar = [](Element element) {
    return StoredColumn{element, Shape::scalar, {}, 1, 0};
  };
  const auto array = [](Element element) { return StoredColumn{element, Shape::array, {}, 1, 0}; };
  BOOST_TEST(one_cell(scalar(Element::int16), "\xFF\xFE"sv, 1) == "-2");
  BOOST_TEST(one_cell(scalar(Element::unsigned_byte), "\xFE"sv, 1) == "254");
  BOOST_TEST(one_cell(scalar(Element::int64), "\x80\0\0\0\0\0\0\0"sv, 1) == "-9223372036854775808");
  BOOST_TEST(one_cell(scalar(Element::float32), "\x3F\xC0\0\0"sv, 1) == "r1.5");
  BOOST_TEST(one_cell(scalar(Element::float64), "\x7F\xF8\0\0\0\0\0\0"sv, 1) == "-");
  BOOST_TEST(one_cell(scalar(Element::float64), "\xFF\xF0\0\0\0\0\0\0"sv, 1) == "r-Inf");
  BOOST_TEST(one_cell(scalar(Element::boolean), "T"sv, 1) == "1");
  BOOST_TEST(one_cell(scalar(Element::boolean), "0"sv, 1) == "0");
  BOOST_TEST(one_cell(scalar(Element::boolean), "\0"sv, 1) == "-");
  BOOST_TEST(one_cell(scalar(Element::bit), "\x80"sv, 1) == "1");
  BOOST_TEST(one_cell(array(Element::bit), "\xA5\x80"sv, 9) == "'101001011'");
  BOOST_TEST(one_cell(array(Element::boolean), "T?f"sv, 3) == "'T ? F'");
  BOOST_TEST(one_cell(array(Element::float32), "\x3D\xCC\xCC\xCD\x7F\x80\0\0"sv, 2) ==
             "'0.1 +Inf'");
  BOOST_TEST(one_cell(array(Element::int32), ""sv, 0) == "-");
  BOOST_TEST(one_cell(scalar(Element::float_complex), "\x3F\x80\0\0\xBF\x80\0\0"sv, 1) == "'1 -1'");
  BOOST_TEST(one_cell(array(Element::character), "ab\0c"sv, 4) == "'ab'");
  BOOST_TEST(one_cell(array(Element::character), "\0"sv, 1) == "-");
  BOOST_TEST(one_cell(array(Element::character), "\xFF"sv, 1) ==
             "it holds bytes that are no UTF-8");
  // The euro sign, the telescope as a pair of surrogates, half of it.
  BOOST_TEST(one_cell(array(Element::unicode), "\x20\xAC\xD8\x3D\xDD\x2D"sv, 3) ==
             "'\xE2\x82\xAC\xF0\x9F\x94\xAD'");
  BOOST_TEST(one_cell(array(Element::unicode), "\xD8\x3D"sv, 1) ==
             "it holds half a character of UTF-16");
  BOOST_TEST(one_cell(array(Element::unicode), "\xDD\x2D\xD8\x3D"sv, 2) ==
             "it holds half a character of UTF-16");
}

BOOST_AUTO_TEST_CASE(binary_cells_that_are_scaled) {
  using namespace std::string_view_literals;
  const auto column = [](Element element, double scale, double zero) {
    return StoredColumn{element, StoredColumn::Shape::scalar, {}, scale, zero};
  };
  BOOST_TEST(one_cell(column(Element::int16, 1, 32768), "\x80\0"sv, 1) == "0");
  BOOST_TEST(one_cell(column(Element::int16, 1, 32768), "\x7F\xFF"sv, 1) == "65535");
  BOOST_TEST(one_cell(column(Element::unsigned_byte, 1, -128), "\0"sv, 1) == "-128");
  const auto unsigned64 = column(Element::int64, 1, 0x1p63);
  BOOST_TEST(one_cell(unsigned64, "\x80\0\0\0\0\0\0\x05"sv, 1) == "5");
  BOOST_TEST(one_cell(unsigned64, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv, 1) ==
             "9223372036854775807");
  BOOST_TEST(one_cell(unsigned64, "\0\0\0\0\0\0\0\0"sv, 1) == "its value is beyond 64 bits");
  BOOST_TEST(one_cell(column(Element::int16, 0.5, 3), "\0\x05"sv, 1) == "r5.5");
  auto blank = column(Element::int16, 0.5, 3);
  blank.null = -1;
  BOOST_TEST(one_cell(blank, "\xFF\xFF"sv, 1) == "-");
}
