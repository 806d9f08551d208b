#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "http/form.h"
#include "http/multipart.h"

using namespace soda::http;
using soda::Failure;
using soda::FailureKind;

namespace {

Request get(std::string query) {
  Request request;
  request.method = "GET";
  request.query = std::move(query);
  return request;
}

Request post(std::string type, std::string body) {
  Request request;
  request.method = "POST";
  request.content_type = std::move(type);
  request.body = std::move(body);
  return request;
}

std::string flat(const Form& form) {
  std::string text;
  for (const Field& field : form.fields) text += field.name + "=[" + field.value + "]";
  return text;
}

FailureKind kind_of(const Request& request, const FormLimits& limits = {}) {
  try {
    parse_form(request, limits);
  } catch (const Failure& failure) {
    return failure.kind();
  }
  return FailureKind::internal;  // never thrown by parse_form
}

constexpr const char* boundary_type = "multipart/form-data; boundary=XyZ";

std::string part(const std::string& headers, const std::string& content) {
  return "--XyZ\r\n" + headers + "\r\n\r\n" + content + "\r\n";
}

const std::string closing = "--XyZ--\r\n";

}  // namespace

BOOST_AUTO_TEST_CASE(good_query_strings) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"&&", ""},
      {"ID=a", "ID=[a]"},
      {"ID=a&ID=b", "ID=[a]ID=[b]"},
      {"a", "a=[]"},
      {"a=", "a=[]"},
      {"=v", "=[v]"},
      {"a=b=c", "a=[b=c]"},
      {"CIRCLE=12+34%2B5%20.5", "CIRCLE=[12 34+5 .5]"},
      {"BAND=300 +Inf", "BAND=[300  Inf]"},
      {"ID=ivo%3a%2F%2fx/y?z%23h", "ID=[ivo://x/y?z#h]"},
      {"u=%C3%A9%F0%9F%94%AD", "u=[\xC3\xA9\xF0\x9F\x94\xAD]"},
      {"crlf=a%0D%0Ab%09c", "crlf=[a\r\nb\tc]"},
      {"a;b=c", "a;b=[c]"},
      {"%41%3D=1", "A==[1]"},
  };
  for (const auto& [query, expected] : rows)
    BOOST_TEST(flat(parse_form(get(query))) == expected, query);
}

BOOST_AUTO_TEST_CASE(bad_query_strings) {
  const char* rows[] = {"a=%",      "a=%4",        "a=%zz",          "%=1",   "a=%00",
                        "a=%01",    "a=%7F",       "%00=1",          "a=%FF", "a=%C3",
                        "a=%C0%80", "a=%ED%A0%80", "a=%F5%80%80%80", "%FF=1", "a=\xFF",
                        "a=%1b[31m"};
  for (const char* query : rows) BOOST_TEST((kind_of(get(query)) == FailureKind::usage), query);
}

BOOST_AUTO_TEST_CASE(the_failure_names_the_parameter) {
  try {
    parse_form(get("ID=1&CIRCLE=%00"));
    BOOST_FAIL("not refused");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.parameter() == "CIRCLE");
    BOOST_TEST(std::string(failure.what()).starts_with("CIRCLE: "));
    BOOST_TEST(std::string(failure.what()).find('\0') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(limits_of_a_form) {
  FormLimits limits;
  limits.fields = 3;
  limits.value_bytes = 10;
  BOOST_TEST(parse_form(get("a&b&c"), limits).fields.size() == 3u);
  BOOST_TEST((kind_of(get("a&b&c&d"), limits) == FailureKind::usage));
  BOOST_TEST(parse_form(get("a=0123456789"), limits).fields.size() == 1u);
  BOOST_TEST((kind_of(get("a=0123456789x"), limits) == FailureKind::usage));
}

BOOST_AUTO_TEST_CASE(a_megabyte_in_one_value_and_20000_fields) {
  const std::string big(1 << 20, 'x');
  BOOST_TEST(parse_form(get("POLYGON=" + big)).fields.at(0).value.size() == big.size());
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "CIRCLE=1+2+3&";
  BOOST_TEST(parse_form(get(many)).fields.size() == 20000u);
  BOOST_TEST((kind_of(get(many + "x=1")) == FailureKind::usage));
}

BOOST_AUTO_TEST_CASE(the_body_counts_for_post_only_and_comes_after_the_query) {
  Request request = post("application/x-www-form-urlencoded; charset=UTF-8", "b=2&c=%33");
  request.query = "a=1";
  BOOST_TEST(flat(parse_form(request)) == "a=[1]b=[2]c=[3]");
  request.method = "GET";
  BOOST_TEST(flat(parse_form(request)) == "a=[1]");
}

BOOST_AUTO_TEST_CASE(body_types) {
  BOOST_TEST(flat(parse_form(post("", ""))).empty());
  BOOST_TEST(flat(parse_form(post("text/xml", ""))).empty());
  BOOST_TEST((kind_of(post("", "a=1")) == FailureKind::unsupported_media));
  BOOST_TEST((kind_of(post("text/xml", "<a/>")) == FailureKind::unsupported_media));
  BOOST_TEST((kind_of(post("application/json\r\nX: y", "{}")) == FailureKind::unsupported_media));
  BOOST_TEST(
      (kind_of(post("multipart/mixed; boundary=x", "--x--")) == FailureKind::unsupported_media));
  BOOST_TEST(flat(parse_form(post("APPLICATION/X-WWW-FORM-URLENCODED", "a=1"))) == "a=[1]");
}

BOOST_AUTO_TEST_CASE(multipart_fields_and_uploads) {
  // As curl -F and Python's requests write them.
  const std::string body =
      part("Content-Disposition: form-data; name=\"ID\"", "ivo://a/b") +
      part("content-disposition:form-data;name=POS", "CIRCLE 1 2 3") +
      part("Content-Disposition: form-data; name=\"empty\"", "") +
      part(
          "Content-Disposition: form-data; name=\"UPLOAD\"; filename=\"t.xml\"\r\n"
          "Content-Type: application/octet-stream",
          std::string("\0\xFF\r\n--Xy\r\n", 10)) +
      closing;
  const Form form = parse_form(post(boundary_type, body));
  BOOST_TEST(flat(form) == "ID=[ivo://a/b]POS=[CIRCLE 1 2 3]empty=[]");
  BOOST_REQUIRE_EQUAL(form.uploads.size(), 1u);
  BOOST_TEST(form.uploads[0].name == "UPLOAD");
  BOOST_TEST(form.uploads[0].filename == "t.xml");
  BOOST_TEST(form.uploads[0].content_type == "application/octet-stream");
  BOOST_TEST(form.uploads[0].content == std::string("\0\xFF\r\n--Xy\r\n", 10));
}

BOOST_AUTO_TEST_CASE(multipart_spellings) {
  const std::string field = part("Content-Disposition: form-data; name=\"a\"", "1");
  const std::pair<const char*, std::string> rows[] = {
      {boundary_type, field + closing},
      {boundary_type, "a preamble\r\n" + field + closing + "an epilogue"},
      {boundary_type, field + "--XyZ--"},
      {"multipart/form-data; charset=utf-8; boundary=\"XyZ\"", field + closing},
      {"Multipart/Form-Data;BOUNDARY=XyZ", field + closing},
      {boundary_type, "--XyZ \t\r\n" + field.substr(7) + closing},
      {boundary_type,
       part("X-Other: y\r\nContent-Disposition: form-data; name=\"a\"", "1") + closing},
      {boundary_type, part("Content-Disposition: form-data; x=\"b;c\"; name=\"a\"", "1") + closing},
      {boundary_type,
       part("Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: 8BIT", "1") +
           closing},
  };
  for (const auto& [type, body] : rows) {
    BOOST_TEST(flat(parse_form(post(type, body))) == "a=[1]", type << " " << body);
  }
  BOOST_TEST(flat(parse_form(post(boundary_type, closing))).empty());
  const std::string escaped = part("Content-Disposition: form-data; name=\"a\\\"b\\\\c\\d\"", "1");
  BOOST_TEST(flat(parse_form(post(boundary_type, escaped + closing))) == "a\"b\\c\\d=[1]");
}

BOOST_AUTO_TEST_CASE(bad_multipart_bodies) {
  const std::string field = part("Content-Disposition: form-data; name=\"a\"", "1");
  const std::pair<const char*, std::string> rows[] = {
      {boundary_type, ""},
      {boundary_type, "no delimiter"},
      {boundary_type, field},
      {boundary_type, "--XyZ"},
      {boundary_type, "--XyZ\r\n"},
      {boundary_type, "--XyZjunk\r\n\r\n--XyZ--"},
      {boundary_type, part("Content-Disposition: form-data", "1") + closing},
      {boundary_type, part("Content-Disposition: attachment; name=\"a\"", "1") + closing},
      {boundary_type, part("Content-Disposition: form-data; name=\"a", "1") + closing},
      {boundary_type, part("no colon", "1") + closing},
      {boundary_type, part("X: " + std::string(9000, 'x'), "1") + closing},
      {boundary_type,
       part("Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
            "MQ==") +
           closing},
      {boundary_type,
       part("Content-Disposition: form-data; name=\"a\"", std::string("\0", 1)) + closing},
      {boundary_type, part("Content-Disposition: form-data; name=\"a\"", "\xFF") + closing},
      {boundary_type, part("Content-Disposition: form-data; name=\"\x01\"", "1") + closing},
      {"multipart/form-data", field + closing},
      {"multipart/form-data; boundary=", field + closing},
      {"multipart/form-data; boundary=\"XyZ \"", field + closing},
      {"multipart/form-data; boundary=\"Xy", field + closing},
  };
  for (const auto& [type, body] : rows) {
    BOOST_TEST((kind_of(post(type, body)) == FailureKind::usage), type << " " << body);
  }
  const std::string long_boundary(71, 'b');
  BOOST_TEST((kind_of(post("multipart/form-data; boundary=" + long_boundary,
                           "--" + long_boundary + "--")) == FailureKind::usage));
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_multipart_body_is_refused) {
  const std::string body =
      part("Content-Disposition: form-data; name=\"a\"", "1") +
      part("Content-Disposition: form-data; name=\"f\"; filename=\"g\"", "\r\n\r\n") + "--XyZ--";
  for (std::size_t size = 0; size < body.size(); ++size) {
    BOOST_TEST((kind_of(post(boundary_type, body.substr(0, size))) == FailureKind::usage), size);
  }
  BOOST_TEST(parse_form(post(boundary_type, body)).uploads.at(0).content == "\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(multipart_parts_count_with_the_fields_of_the_query) {
  FormLimits limits;
  limits.fields = 3;
  const std::string field = part("Content-Disposition: form-data; name=\"a\"", "1");
  Request request = post(boundary_type, field + field + closing);
  request.query = "q=1";
  BOOST_TEST(parse_form(request, limits).fields.size() == 3u);
  request.query = "q=1&r=2";
  BOOST_TEST((kind_of(request, limits) == FailureKind::usage));
}

BOOST_AUTO_TEST_CASE(percent_codes_go_round) {
  std::mt19937 random(20170517);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 40, ' ');
    std::ranges::generate(text, [&random] { return static_cast<char>(random() & 0xFF); });
    const std::string encoded = soda::percent_encode(text);
    BOOST_TEST((percent_decode(encoded, Plus::blank) == text));
    BOOST_TEST((percent_decode(encoded, Plus::literal) == text));
  }
  BOOST_TEST(soda::percent_encode("ivo://a/b?c#1 ~-._") == "ivo%3A%2F%2Fa%2Fb%3Fc%231%20~-._");
  BOOST_TEST((percent_decode("a+b", Plus::literal) == "a+b"));
  BOOST_TEST((percent_decode("a+b", Plus::blank) == "a b"));
}
