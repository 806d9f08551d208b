#include <boost/test/unit_test.hpp>
#include <string>

#include "http/response.h"

using namespace soda::http;

namespace {

const std::string text = "0123456789";

Response answer() {
  Response response = text_response(200, text, "application/fits");
  response.add("ETag", "\"v1\"");
  response.add("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  response.add("Content-Disposition", "attachment");
  return response;
}

Request get(std::initializer_list<std::pair<const char*, const char*>> variables) {
  Request request;
  request.method = "GET";
  for (const auto& [name, value] : variables) request.environment.emplace(name, value);
  return request;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranges) {
  struct Row {
    const char* range;
    int status;
    const char* expected;  // the bytes
    const char* content_range;
  };
  const Row rows[] = {
      {"bytes=0-0", 206, "0", "bytes 0-0/10"},
      {"bytes=2-4", 206, "234", "bytes 2-4/10"},
      {"bytes=7-", 206, "789", "bytes 7-9/10"},
      {"bytes=-3", 206, "789", "bytes 7-9/10"},
      {"bytes=-30", 206, "0123456789", "bytes 0-9/10"},
      {"bytes=5-99", 206, "56789", "bytes 5-9/10"},
      {"bytes=5-99999999999999999999999", 206, "56789", "bytes 5-9/10"},
      {"BYTES=0-1", 206, "01", "bytes 0-1/10"},
      {"bytes= 0-1", 206, "01", "bytes 0-1/10"},
      {"bytes=10-", 416, nullptr, "bytes */10"},
      {"bytes=99999999999999999999999-", 416, nullptr, "bytes */10"},
      {"bytes=-0", 416, nullptr, "bytes */10"},
      // Malformed, another unit, or several: the whole answer (RFC 9110 section 14.2).
      {"bytes=4-2", 200, "0123456789", ""},
      {"bytes=", 200, "0123456789", ""},
      {"bytes=-", 200, "0123456789", ""},
      {"bytes=a-b", 200, "0123456789", ""},
      {"bytes=-1-2", 200, "0123456789", ""},
      {"bytes=+1-2", 200, "0123456789", ""},
      {"bytes=0-1,3-4", 200, "0123456789", ""},
      {"rows=0-1", 200, "0123456789", ""},
      {"0-1", 200, "0123456789", ""},
  };
  for (const Row& row : rows) {
    Response response = answer();
    const Window window = apply_conditions(get({{"HTTP_RANGE", row.range}}), response);
    BOOST_TEST(response.status == row.status, row.range);
    BOOST_TEST(response.header("Content-Range") == row.content_range, row.range);
    if (row.expected == nullptr) continue;
    BOOST_TEST(text.substr(static_cast<std::size_t>(window.first),
                           static_cast<std::size_t>(window.count)) == row.expected,
               row.range);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_answer_satisfies_no_range) {
  Response response = text_response(200, "");
  response.add("ETag", "\"v1\"");
  apply_conditions(get({{"HTTP_RANGE", "bytes=0-"}}), response);
  BOOST_TEST(response.status == 416);
  BOOST_TEST(response.header("Content-Range") == "bytes */0");
}

BOOST_AUTO_TEST_CASE(if_none_match) {
  const std::pair<const char*, int> rows[] = {
      {"\"v1\"", 304}, {"W/\"v1\"", 304},         {"*", 304},    {"\"a\", \"v1\"", 304},
      {"\"v2\"", 200}, {"\"a,\"v1\"", 200},       {"v1", 200},   {"\"v1", 200},
      {"\"V1\"", 200}, {"\"x\" , W/\"v1\"", 304}, {"\"\"", 200},
  };
  for (const auto& [tags, status] : rows) {
    Response response = answer();
    const Window window = apply_conditions(get({{"HTTP_IF_NONE_MATCH", tags}}), response);
    BOOST_TEST(response.status == status, tags);
    BOOST_TEST(window.count == (status == 304 ? 0 : 10), tags);
    // RFC 9110 section 15.4.5: the validators stay, what describes the content goes.
    BOOST_TEST(response.header("ETag") == "\"v1\"");
    BOOST_TEST(response.header("Content-Disposition").empty() == (status == 304), tags);
  }
}

BOOST_AUTO_TEST_CASE(if_none_match_precedes_range_and_date) {
  Response response = answer();
  apply_conditions(get({{"HTTP_IF_NONE_MATCH", "\"v1\""}, {"HTTP_RANGE", "bytes=0-1"}}), response);
  BOOST_TEST(response.status == 304);
  response = answer();
  apply_conditions(get({{"HTTP_IF_NONE_MATCH", "\"other\""},
                        {"HTTP_IF_MODIFIED_SINCE", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
                   response);
  BOOST_TEST(response.status == 200);
  Response dated = text_response(200, text);
  dated.add("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  apply_conditions(get({{"HTTP_IF_NONE_MATCH", "\"other\""},
                        {"HTTP_IF_MODIFIED_SINCE", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
                   dated);
  BOOST_TEST(dated.status == 200);
}

BOOST_AUTO_TEST_CASE(if_modified_since) {
  const std::pair<const char*, int> rows[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 304},
                                              {"Sun, 06 Nov 1994 08:49:36 GMT", 200},
                                              {"nonsense", 200}};
  for (const auto& [date, status] : rows) {
    Response response = answer();
    apply_conditions(get({{"HTTP_IF_MODIFIED_SINCE", date}}), response);
    BOOST_TEST(response.status == status, date);
  }
}

BOOST_AUTO_TEST_CASE(if_range) {
  const std::pair<const char*, int> rows[] = {{"\"v1\"", 206},
                                              {"\"v2\"", 200},
                                              {"W/\"v1\"", 200},
                                              {"Sun, 06 Nov 1994 08:49:37 GMT", 206},
                                              {"Mon, 07 Nov 1994 08:49:37 GMT", 200}};
  for (const auto& [condition, status] : rows) {
    Response response = answer();
    apply_conditions(get({{"HTTP_RANGE", "bytes=1-2"}, {"HTTP_IF_RANGE", condition}}), response);
    BOOST_TEST(response.status == status, condition);
  }
}

BOOST_AUTO_TEST_CASE(only_get_of_a_tagged_200_is_cut) {
  const Request ranged = get({{"HTTP_RANGE", "bytes=1-2"}, {"HTTP_IF_NONE_MATCH", "*"}});
  Response failed = text_response(404, text);
  failed.add("ETag", "\"v1\"");
  BOOST_TEST(apply_conditions(ranged, failed).count == 10);
  BOOST_TEST(failed.status == 404);
  Response untagged = text_response(200, text);
  BOOST_TEST(apply_conditions(ranged, untagged).count == 10);
  BOOST_TEST(untagged.status == 200);
  Request head = get({{"HTTP_RANGE", "bytes=1-2"}});
  head.method = "HEAD";
  Response whole = answer();
  BOOST_TEST(apply_conditions(head, whole).count == 10);
  BOOST_TEST(whole.status == 200);
  Request post = ranged;
  post.method = "POST";
  Response posted = answer();
  apply_conditions(post, posted);
  BOOST_TEST(posted.status == 200);
}

BOOST_AUTO_TEST_CASE(reasons_and_headers) {
  BOOST_TEST(reason_phrase(204) == "No Content");
  BOOST_TEST(reason_phrase(299).empty());
  BOOST_TEST(answer().header("content-disposition") == "attachment");
  BOOST_TEST(answer().body_size() == 10);
}
