#define BOOST_TEST_MODULE dali
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "base/failure.h"
#include "dali/fault.h"
#include "dali/format.h"
#include "dali/literal.h"

using namespace soda::dali;
using soda::Failure;
using soda::FailureKind;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The sentence of a usage failure; empty when the value is accepted.
template <class Parse>
std::string refusal(Parse parse, const std::string& value) {
  try {
    parse("X", value);
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::usage));
    BOOST_TEST(failure.parameter() == "X");
    return failure.what();
  }
  return {};
}

const auto polygon = [](std::string_view name, std::string_view value) {
  return parse_polygon(name, value);
};
const auto numbers = [](std::string_view name, std::string_view value) {
  return parse_numbers(name, value);
};

}  // namespace

BOOST_AUTO_TEST_CASE(good_circles) {
  struct Row {
    const char* text;
    double lon, lat, radius;
  };
  const Row rows[] = {{"12.0 34.0 0.5", 12, 34, .5}, {"  12\t34\n.5 ", 12, 34, .5},
                      {"-10 0 1", 350, 0, 1},        {"720.5 0 1", .5, 0, 1},
                      {"0 90 180", 0, 90, 180},      {"1e1 -9e1 1e-9", 10, -90, 1e-9},
                      {"+12 +34 +0.5", 12, 34, .5}};
  for (const Row& row : rows) {
    const auto circle = parse_circle("CIRCLE", row.text);
    BOOST_TEST(circle.radius().degrees() == row.radius, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(circle.centre().lat().degrees() == row.lat, boost::test_tools::tolerance(1e-12));
    if (std::abs(row.lat) < 90) {
      BOOST_TEST(circle.centre().lon().degrees() == row.lon, boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_position_is_quoted_whole) {
  BOOST_CHECK_EXCEPTION(
      parse_position("POS", "circle 12 91 1"), soda::Failure, [](const soda::Failure& failure) {
        return std::string_view(failure.what()).ends_with("received \"circle 12 91 1\"");
      });
}

BOOST_AUTO_TEST_CASE(bad_circles) {
  const char* rows[] = {"",
                        " ",
                        "12 34",
                        "12 34 1 2",
                        "12 34 0",
                        "12 34 -1",
                        "12 34 181",
                        "12 34 NaN",
                        "12 34 Inf",
                        "NaN 34 1",
                        "Inf 34 1",
                        "12 91 1",
                        "12 -90.1 1",
                        "12 -Inf 1",
                        "12,34,1",
                        "12d 34 1",
                        "0x10 1 1",
                        "12 34 1e",
                        "a b c",
                        "12 34 1e999",
                        "12 34 nan",
                        "12 34 1;DROP TABLE dataset",
                        "CIRCLE 12 34 1"};
  for (const char* text : rows) {
    const std::string sentence = refusal(parse_circle, text);
    BOOST_TEST(sentence.starts_with("X: "), text << " gave " << sentence);
    BOOST_TEST(sentence.find("received \"") != std::string::npos, sentence);
  }
}

BOOST_AUTO_TEST_CASE(polygons) {
  for (const char* text :
       {"0 0 1 0 1 1", "1 1 1 0 0 0", "0 0 1 0 1 1 0 0", "359 -1 1 -1 1 1 359 1"}) {
    BOOST_TEST(refusal(polygon, text) == "", text);
  }
  for (const char* text :
       {"", "0 0 1 0", "0 0 1 0 1", "0 0 1 0 1 1 2", "0 0 1 0 2 0", "0 0 1 1 1 0 0 1",
        "0 0 1 0 NaN 1", "0 0 1 0 1 91", "0 0 0 0 0 0", "0 0 Inf 0 1 1"}) {
    BOOST_TEST(refusal(polygon, text).starts_with("X: "), text);
  }
  BOOST_TEST(parse_polygon("P", "0 0 1 0 1 1 0 1", 4).vertices().size() == 4u);
  BOOST_TEST(parse_polygon("P", "0 0 1 0 1 1 0 1 0 0", 4).vertices().size() == 4u);
  BOOST_CHECK_THROW(parse_polygon("P", "0 0 1 0 2 1 1 2 0 1", 4), Failure);
  BOOST_CHECK_THROW(parse_polygon("P", "0 0 1 0 1 1", 2), Failure);
}

BOOST_AUTO_TEST_CASE(ranges) {
  const auto wrap = parse_range("R", "359 1 -1 1");
  BOOST_TEST(wrap.lon_width().degrees() == 2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(parse_range("R", "-Inf +Inf 89 90").full_circle());
  BOOST_TEST(parse_range("R", "0 360 -2 2").full_circle());
  BOOST_TEST(parse_range("R", "10 20 -Inf Inf").lat_lo().degrees() == -90,
             boost::test_tools::tolerance(1e-12));
  for (const char* text :
       {"", "1 2 3", "1 2 3 4 5", "1 2 4 3", "1 2 -91 0", "1 NaN 3 4", "1 2 3 x"}) {
    BOOST_TEST(refusal(parse_range, text).starts_with("X: "), text);
  }
}

BOOST_AUTO_TEST_CASE(intervals) {
  struct Row {
    const char* text;
    double lo, hi;
  };
  const Row rows[] = {
      {"5e-7 6e-7", 5e-7, 6e-7}, {"550", 550, 550},       {"550 550", 550, 550},
      {"-Inf 5", -infinity, 5},  {"5 +Inf", 5, infinity}, {"300  Inf", 300, infinity},
      {"-inf 5", -infinity, 5},  {"5 INF", 5, infinity},  {"-Inf Inf", -infinity, infinity},
      {"-2 -1", -2, -1}};
  for (const Row& row : rows) {
    BOOST_TEST(parse_band("B", row.text).lo.metres == row.lo);
    BOOST_TEST(parse_band("B", row.text).hi.metres == row.hi);
    BOOST_TEST(parse_time("T", row.text).lo.days == row.lo);
    BOOST_TEST(parse_time("T", row.text).hi.days == row.hi);
  }
  for (const char* text : {"", "6 5", "1 2 3", "NaN", "1 NaN", "Inf", "-Inf", "+Inf +Inf",
                           "-Inf -Inf", "Inf 5", "5 -Inf", "2020-01-01", "1/2", "1..2"}) {
    BOOST_TEST(refusal(parse_band, text).starts_with("X: "), text);
    BOOST_TEST(refusal(parse_time, text).starts_with("X: "), text);
  }
}

BOOST_AUTO_TEST_CASE(numbers_are_bounded) {
  BOOST_TEST(parse_numbers("N", "1 -Inf 2").size() == 3u);
  BOOST_TEST(refusal(numbers, "1 nope 3") == "X: \"nope\" is not a number, received \"1 nope 3\"");
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "1 ";
  BOOST_TEST(parse_numbers("N", many).size() == 20000u);
  BOOST_TEST(refusal(numbers, many + "1").size() < 300u);
  BOOST_TEST(refusal(numbers, std::string(1 << 20, '9') + "x").size() < 300u);
}

BOOST_AUTO_TEST_CASE(integers_and_flags) {
  BOOST_TEST(parse_integer("N", "12", 0, 12) == 12);
  BOOST_TEST(parse_integer("N", " 0 ", 0, 12) == 0);
  for (const char* text : {"", "13", "-1", "1.0", "1e1", "x", "99999999999999999999", "1 2"}) {
    BOOST_CHECK_THROW(parse_integer("N", text, 0, 12), Failure);
  }
  for (const char* text : {"true", "TRUE", "1", "T", "t", " True "})
    BOOST_TEST(parse_flag("F", text));
  for (const char* text : {"false", "0", "F", "f"}) BOOST_TEST(!parse_flag("F", text));
  for (const char* text : {"", "yes", "2", "on", "truee", "tr ue"}) {
    BOOST_CHECK_THROW(parse_flag("F", text), Failure);
  }
}

BOOST_AUTO_TEST_CASE(formats) {
  const Format offered[] = {{"application/fits", "fits"}, {"image/png", "png"}, {"image/jpeg", ""}};
  struct Row {
    const char *asked, *accept;
    std::size_t index;
    const char* type;
  };
  const Row rows[] = {
      {"", "", 0, "application/fits"},
      {"fits", "image/png", 0, "application/fits"},
      {"FITS", "", 0, "application/fits"},
      {"application/fits", "", 0, "application/fits"},
      {"Image/PNG; x=1", "", 1, "Image/PNG; x=1"},
      {" image/jpeg ", "", 2, "image/jpeg"},
      {"", "image/png", 1, "image/png"},
      {"", "image/*", 1, "image/png"},
      {"", "text/html,*/*;q=0.8", 0, "application/fits"},
      {"", "application/fits;q=0.5, image/jpeg;q=0.9", 2, "image/jpeg"},
      {"", "*/*, application/fits;q=0", 1, "image/png"},
      {"", "image/*;q=0.2, image/jpeg", 2, "image/jpeg"},
      {"", "text/html", 0, "application/fits"},  // nothing matches: never an error
      {"", ",;q=x,,", 0, "application/fits"},
      {"", "image/png;q=NaN, image/jpeg;q=0.1", 2, "image/jpeg"},
  };
  for (const Row& row : rows) {
    const Choice choice = choose_format(offered, row.asked, row.accept);
    BOOST_TEST(choice.index == row.index, row.asked << " / " << row.accept);
    BOOST_TEST(choice.content_type == row.type);
  }
  for (const char* asked :
       {"tiff", "image/tiff", "application/fits;\r\nX: y", "image", "png;q=1", "fits\xC3\xA9"}) {
    try {
      choose_format(offered, asked, "");
      BOOST_ERROR(asked);
    } catch (const Failure& failure) {
      BOOST_TEST(std::string(failure.what())
                     .starts_with("RESPONSEFORMAT: one of application/fits (fits), image/png "
                                  "(png), image/jpeg is expected, received \""));
    }
  }
}

// DALI 1.1 section 3.4.3: parameter values that are asked for must be honoured.
BOOST_AUTO_TEST_CASE(parameters_of_formats) {
  const Format offered[] = {{"application/x-votable+xml", "votable"},
                            {"application/x-votable+xml;serialization=BINARY2", "votable/b2"},
                            {"text/csv;header=present;charset=utf-8", "csv"},
                            {"text/html;charset=utf-8", "html", "application/xhtml+xml"}};
  struct Row {
    const char *asked, *accept;
    std::size_t index;
    const char* type;
  };
  const Row rows[] = {
      {"application/x-votable+xml", "", 0, "application/x-votable+xml"},
      {"application/x-votable+xml; Serialization=\"binary2\"", "", 1,
       "application/x-votable+xml; Serialization=\"binary2\""},
      {"application/x-votable+xml;content=x", "", 0, "application/x-votable+xml;content=x"},
      {"VOTable/b2", "", 1, "application/x-votable+xml;serialization=BINARY2"},
      {"text/csv", "", 2, "text/csv"},
      {"csv", "", 2, "text/csv;header=present;charset=utf-8"},
      {"text/csv; charset=UTF-8; header=present", "", 2, "text/csv; charset=UTF-8; header=present"},
      {"text/html", "", 3, "text/html"},
      // What Firefox sends, and what Java's client (TOPCAT, Aladin) sends by default.
      {"", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 3,
       "text/html;charset=utf-8"},
      {"", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", 0, "application/x-votable+xml"},
      {"", "text/csv", 2, "text/csv;header=present;charset=utf-8"}};
  for (const Row& row : rows) {
    const Choice choice = choose_format(offered, row.asked, row.accept);
    BOOST_TEST(choice.index == row.index, row.asked << " / " << row.accept);
    BOOST_TEST(choice.content_type == row.type);
  }
  for (const char* asked : {"application/x-votable+xml;serialization=FITS",
                            "text/csv;header=absent", "text/csv;charset=latin1", "votable/b3"}) {
    BOOST_CHECK_THROW(choose_format(offered, asked, ""), Failure);
  }
}

BOOST_AUTO_TEST_CASE(faults) {
  struct Row {
    FailureKind kind;
    int status;
    const char* text;
  };
  // SODA 1.0 section 4.2 names the codes; DALI 1.1 section 4.2 asks for fitting statuses.
  const Row rows[] = {
      {FailureKind::usage, 400, "UsageError: why\n"},
      {FailureKind::multi_valued, 400, "MultiValuedParamNotSupported: why\n"},
      {FailureKind::not_found, 404, "UsageError: why\n"},
      {FailureKind::not_authenticated, 401, "AuthenticationError: why\n"},
      {FailureKind::not_authorised, 403, "AuthorizationError: why\n"},
      {FailureKind::method_not_allowed, 405, "UsageError: why\n"},
      {FailureKind::too_large, 413, "UsageError: why\n"},
      {FailureKind::uri_too_long, 414, "UsageError: why\n"},
      {FailureKind::unsupported_media, 415, "UsageError: why\n"},
      {FailureKind::unavailable, 503, "ServiceUnavailable: why\n"},
      {FailureKind::corrupt_data, 500, "Error: why\n"},
      {FailureKind::internal, 500, "Error: why\n"},
  };
  for (const Row& row : rows) {
    const auto response = fault_response(Failure(row.kind, "why"), {});
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(std::get<std::string>(response.body) == row.text);
    BOOST_TEST(response.header("Content-Type").starts_with("text/plain"));
    BOOST_TEST((response.header("Retry-After") == "30") == (row.status == 503));
    BOOST_TEST(response.header("WWW-Authenticate").empty() == (row.status != 401));
    BOOST_TEST(!soda::http::reason_phrase(row.status).empty());
  }
  const auto votable =
      fault_response(Failure(FailureKind::usage, "a < b"), {.style = ErrorStyle::votable});
  BOOST_TEST(std::get<std::string>(votable.body)
                 .find("<INFO name=\"QUERY_STATUS\" value=\"ERROR\">UsageFault: a &lt; b</INFO>") !=
             std::string::npos);
  const auto challenged =
      fault_response(Failure(FailureKind::not_authenticated, "x"), {.realm = "a\"b\r\n\\c"});
  BOOST_TEST(challenged.header("WWW-Authenticate") == "Basic realm=\"a\\\"b\\\\c\"");
}
