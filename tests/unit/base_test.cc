#define BOOST_TEST_MODULE base
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "base/handle.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

using namespace soda;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(good_doubles) {
  const std::pair<const char*, double> rows[] = {
      {"0", 0},       {"-0", 0},
      {"+1", 1},      {"1.", 1},
      {".5", .5},     {"1e3", 1000},
      {"1E+3", 1000}, {"-1.25e-2", -0.0125},
      {"1e-400", 0},  {"17976931348623157e292", std::numeric_limits<double>::max()}};
  for (const auto& [s, v] : rows) {
    BOOST_TEST_CONTEXT(s) {
      BOOST_REQUIRE(to_double(s));
      BOOST_TEST(*to_double(s) == v);
    }
  }
  BOOST_TEST(std::isnan(to_double("NaN").value()));
  BOOST_TEST(std::isinf(to_double("+Inf").value()));
  BOOST_TEST(to_double("-Inf").value() < 0);
}

BOOST_AUTO_TEST_CASE(bad_doubles) {
  for (const char* s : {"",      " ",      "1 ",   " 1",  "abc", "1e",  "e5",  "--1",
                        "+-1",   "-+1",    "0x10", "1,5", "inf", "nan", "INF", "infinity",
                        "1e999", "-1e999", ".",    "-",   "+",   "1d3", "١"}) {
    BOOST_TEST_CONTEXT(s) { BOOST_TEST(!to_double(s)); }
  }
}

BOOST_AUTO_TEST_CASE(integers) {
  BOOST_TEST(to_integer("+7").value() == 7);
  BOOST_TEST(to_integer("-9223372036854775808").value() ==
             std::numeric_limits<std::int64_t>::min());
  for (const char* s : {"", "1.0", "9223372036854775808", "0x1", " 1", "+-1", "1e3"}) {
    BOOST_TEST_CONTEXT(s) { BOOST_TEST(!to_integer(s)); }
  }
}

BOOST_AUTO_TEST_CASE(shortest_text) {
  BOOST_TEST(to_text(0.1) == "0.1");
  BOOST_TEST(to_text(1e300 * 1e10) == "+Inf");
  BOOST_TEST(*to_double(to_text(1.0 / 3)) == 1.0 / 3);
}

BOOST_AUTO_TEST_CASE(parts) {
  const auto blanks = split_blanks("  a \t bb\n");
  BOOST_TEST(blanks.size() == 2U);
  BOOST_TEST(blanks[1] == "bb");
  const auto commas = split("a,,b", ',');
  BOOST_TEST(commas.size() == 3U);
  BOOST_TEST(commas[1].empty());
  BOOST_TEST(split("", ',').size() == 1U);
  BOOST_TEST(trim(" \t x y \r\n") == "x y");
}

BOOST_AUTO_TEST_CASE(near_misses) {
  for (const auto& [a, b] : {std::pair{"CIRCEL", "CIRCLE"},
                             {"CIRCLES", "circle"},
                             {"IRCLE", "CIRCLE"},
                             {"BANT", "BAND"}}) {
    BOOST_TEST_CONTEXT(a) { BOOST_TEST(is_near_miss(a, b)); }
  }
  for (const auto& [a, b] :
       {std::pair{"CIRCLE", "circle"}, {"CRICEL", "CIRCLE"}, {"ID", "TIME"}, {"", "AB"}}) {
    BOOST_TEST_CONTEXT(a) { BOOST_TEST(!is_near_miss(a, b)); }
  }
}

BOOST_AUTO_TEST_CASE(utf8) {
  for (const char* s : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"})
    BOOST_TEST(is_utf8(s));
  for (const char* s :
       {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    BOOST_TEST(!is_utf8(s));
}

BOOST_AUTO_TEST_CASE(quoting_keeps_one_line) {
  BOOST_TEST(quoted("a\r\nSet-Cookie: x") == "a\\r\\nSet-Cookie: x");
  BOOST_TEST(quoted(std::string_view("\0\"\xFF", 3)) == "\\x00\\\"\\xff");
  BOOST_TEST(quoted(std::string(1000, 'x')).size() == 83U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(time_)

// MJDs from astropy.time.Time(...).mjd.
BOOST_AUTO_TEST_CASE(iso_to_mjd) {
  const std::pair<const char*, double> rows[] = {{"1858-11-17", 0},
                                                 {"2000-01-01T12:00:00", 51544.5},
                                                 {"1990-12-22T13:49:00", 48247.575694444444},
                                                 {"2000-02-29", 51603},
                                                 {"31/12/99", 51543},
                                                 {"2016-12-31T23:59:60", 57754},
                                                 {"2020-01-01 06:00Z", 58849.25},
                                                 {"1900-01-01T24:00:00", 15021}};
  for (const auto& [s, v] : rows) {
    BOOST_TEST_CONTEXT(s) {
      BOOST_REQUIRE(mjd_from_iso8601(s));
      BOOST_TEST(*mjd_from_iso8601(s) == v, boost::test_tools::tolerance(1e-14));
    }
  }
  for (const char* s : {"", "2000", "2001-02-29", "2000-13-01", "2000-01-01T", "2000-01-01T25:00",
                        "2000-01-01T1:00", "0000-00-00", "2000-01-01T00:61:00",
                        "2000-01-01T24:00:01", "xx/12/99", "2000-01-01T00:00:0a"}) {
    BOOST_TEST_CONTEXT(s) { BOOST_TEST(!mjd_from_iso8601(s)); }
  }
}

BOOST_AUTO_TEST_CASE(mjd_to_iso) {
  BOOST_TEST(iso8601_from_mjd(51544.5) == "2000-01-01T12:00:00.000");
  BOOST_TEST(iso8601_from_mjd(57753.9999999999) == "2017-01-01T00:00:00.000");
  BOOST_TEST(iso8601_from_mjd(std::nan("")).empty());
  BOOST_TEST(iso8601_from_mjd(1e12).empty());
}

BOOST_AUTO_TEST_CASE(civil) {
  const std::chrono::system_clock::time_point when{std::chrono::seconds(784111777)};
  BOOST_TEST(http_date(when) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
  BOOST_TEST(iso8601_utc(when) == "1994-11-06T08:49:37Z");
  // date --utc --date=TEXT +%s
  const std::pair<const char*, std::int64_t> rows[] = {{"1994-11-06T08:49:37Z", 784111777},
                                                       {"1970-01-01", 0},
                                                       {"2026-12-24 18:00", 1798135200},
                                                       {"2255-03-14T16:00:00", 9000000000}};
  for (const auto& [text, seconds] : rows) {
    BOOST_TEST_CONTEXT(text) {
      const auto read = utc_from_iso8601(text);
      BOOST_REQUIRE(read.has_value());
      BOOST_TEST(std::chrono::floor<std::chrono::seconds>(read->time_since_epoch()).count() ==
                 seconds);
    }
  }
  for (const char* text :
       {"", "tomorrow", "1969-12-31T23:59:59Z", "2255-03-14T16:00:01", "9999-12-31"})
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!utc_from_iso8601(text)); }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(log_lines_quote_what_needs_it) {
  LogLine line("request");
  line.add("id", "ivo://x/y?z")
      .add("text", "a \"b\"\n")
      .add("n", std::int64_t{3})
      .add_milliseconds("plan", 0.25);
  BOOST_TEST(line.text() == "request id=ivo://x/y?z text=\"a \\\"b\\\"\\n\" n=3 plan=0.250");
}
