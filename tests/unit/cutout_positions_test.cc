// Tables of positions: which columns count, and in which units.
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "base/csv_reader.h"
#include "base/failure.h"
#include "cutout/positions.h"
#include "xml/votable_reader.h"

namespace {

using namespace soda;
using cutout::Position;
using cutout::PositionReader;

ByteInput input(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](std::span<char> into) mutable {
    const auto count = std::min(into.size(), text.size() - at);
    std::memcpy(into.data(), text.data() + at, count);
    at += count;
    return count;
  };
}

std::string field(const std::string& name, const std::string& more) {
  return "<FIELD name=\"" + name + "\" datatype=\"double\" " + more + "/>";
}

std::unique_ptr<TableReader> votable(const std::string& fields, const std::string& cells) {
  return xml::read_votable(
      input("<VOTABLE version=\"1.4\"><RESOURCE><TABLE>" + fields + "<DATA><TABLEDATA><TR>" +
            cells + "</TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"),
      {});
}

std::string shape_of(std::unique_ptr<TableReader> table, const std::string& own = {}) {
  PositionReader reader(std::move(table), own);
  Position position;
  BOOST_REQUIRE(reader.next(position));
  return position.fault.empty() ? position.shape.name + "=" + position.shape.value : position.fault;
}

std::string refused(std::unique_ptr<TableReader> table) {
  try {
    PositionReader reader(std::move(table), {});
  } catch (const Failure& failure) {
    return failure.what();
  }
  BOOST_ERROR("not refused");
  return {};
}

const std::string place = field("ra", "unit=\"deg\"") + field("dec", "unit=\"deg\"");

}  // namespace

BOOST_AUTO_TEST_CASE(positions_are_found_by_name_or_ucd) {
  BOOST_TEST(shape_of(read_csv(input("RA,DEC,Radius\n10, -20 ,0.5\n"), {})) == "CIRCLE=10 -20 0.5");
  BOOST_TEST(
      shape_of(votable(field("RAJ2000", "ucd=\"pos.eq.ra;meta.main\"") +
                           field("DEJ2000", "ucd=\"pos.eq.dec;meta.main\"") + field("radius", ""),
                       "<TD>1</TD><TD>2</TD><TD>3</TD>")) == "CIRCLE=1 2 3");
}

BOOST_AUTO_TEST_CASE(sizes_have_the_unit_of_their_column) {
  const std::string cells = "<TD>1</TD><TD>2</TD><TD>36</TD>";
  const auto with = [&](const std::string& more) { return shape_of(votable(place + more, cells)); };
  BOOST_TEST(with(field("radius", "unit=\"arcsec\"")) == "CIRCLE=1 2 0.01");
  BOOST_TEST(with(field("radius", "unit=\"arcmin\"")) == "CIRCLE=1 2 0.6");
  BOOST_TEST(with(field("width", "unit=\"pixel\"")) == "POS=BRECT 1 2 36 36 pixel");
  BOOST_TEST(with(field("width", "unit=\"arcmin\"")) == "POS=BRECT 1 2 2160 2160 arcsec");
  BOOST_TEST(with(field("width", "")) == "POS=BRECT 1 2 36 36 deg");
  BOOST_TEST(with(field("radius", "unit=\"pixel\"")) ==
             "row 1: radius is in pixels, an angle is expected");
  BOOST_TEST(shape_of(votable(place, "<TD>1</TD><TD>2</TD>"), "CIRCLE 0.1") ==
             "POS=CIRCLE 1 2 0.1");
  BOOST_TEST(shape_of(votable(place, "<TD>1</TD><TD>2</TD>"), "BRECT 51 51 pixel") ==
             "POS=BRECT 1 2 51 51 pixel");
}

BOOST_AUTO_TEST_CASE(units_that_are_not_known_are_refused) {
  const std::string cells = "<TD>1</TD><TD>2</TD><TD>36</TD>";
  BOOST_TEST(refused(votable(place + field("radius", "unit=\"pc\""), cells)) ==
             "UPLOAD: the column \"radius\" is in \"pc\"; deg, arcmin, arcsec, mas, rad and pixel "
             "are known");
  BOOST_TEST(refused(votable(field("ra", "unit=\"h\"") + field("dec", ""), "<TD>1</TD><TD>2</TD>"))
                 .find("\"h\"") != std::string::npos);
  BOOST_TEST(refused(votable(place + field("height", "unit=\"deg\""), cells)).find("none width") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(null_and_nan_are_faults_of_their_row) {
  BOOST_TEST(shape_of(votable(place + field("radius", ""), "<TD>NaN</TD><TD>2</TD><TD>1</TD>")) ==
             "row 1: ra or dec is missing");
  BOOST_TEST(shape_of(votable(place + field("radius", ""), "<TD>+Inf</TD><TD>2</TD><TD>1</TD>")) ==
             "row 1: ra is \"+Inf\", a number is expected");
}
