#define BOOST_TEST_MODULE http
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

using soda::http::Request;

namespace {

Request request_of(std::vector<std::string_view> variables) { return Request(variables); }

}  // namespace

// What each server sent for /vo/soda/sync mounted at /vo/soda, as measured with a responder that
// prints its environment.
BOOST_AUTO_TEST_CASE(path_is_whole_under_every_server_and_spelling) {
  struct Row {
    const char* server;
    std::vector<std::string_view> variables;
  };
  const Row rows[] = {
      {"nginx, stock parameters", {"SCRIPT_NAME=/vo/soda/sync/1"}},
      {"nginx, empty PATH_INFO", {"SCRIPT_NAME=/vo/soda/sync/1", "PATH_INFO="}},
      {"nginx, split", {"SCRIPT_NAME=/vo/soda", "PATH_INFO=/sync/1"}},
      {"mod_proxy_fcgi, ProxyPass", {"SCRIPT_NAME=/vo/soda/sync/1"}},
      {"mod_proxy_fcgi, SetHandler", {"SCRIPT_NAME=/vo", "PATH_INFO=/soda/sync/1"}},
      {"mod_proxy_fcgi, SetHandler, folders on disk",
       {"SCRIPT_NAME=/vo/soda/sync", "PATH_INFO=/1"}},
      {"mod_proxy_fcgi, ProxyFCGISetEnvIf", {"SCRIPT_NAME=/vo/soda", "PATH_INFO=/sync/1"}},
      {"mod_fcgid", {"SCRIPT_NAME=/vo/soda", "PATH_INFO=/sync/1"}},
      {"lighttpd", {"PATH_INFO=/sync/1", "SCRIPT_NAME=/vo/soda"}},
      {"mounted at /", {"SCRIPT_NAME=", "PATH_INFO=/vo/soda/sync/1"}},
      {"mounted with a final slash", {"SCRIPT_NAME=/vo/soda/", "PATH_INFO=/sync/1"}},
  };
  for (const Row& row : rows) {
    BOOST_TEST(request_of(row.variables).path == "/vo/soda/sync/1", row.server);
  }
}

BOOST_AUTO_TEST_CASE(path_is_never_decoded_again) {
  // nginx and lighttpd decode %2F in the variables: what looks like a code here was "%252F" in the
  // URL.
  BOOST_TEST(request_of({"SCRIPT_NAME=/vo", "PATH_INFO=/a%2Fb"}).path == "/vo/a%2Fb");
}

BOOST_AUTO_TEST_CASE(a_variable_twice_with_different_values_is_a_conflict) {
  const Request same = request_of({"REQUEST_METHOD=GET", "REQUEST_METHOD=GET"});
  BOOST_TEST(same.conflicts.empty());
  const Request different = request_of(
      {"SCRIPT_NAME=/a", "SCRIPT_NAME=/b", "SCRIPT_NAME=/c", "PATH_INFO=/x", "REMOTE_USER=eve"});
  BOOST_REQUIRE_EQUAL(different.conflicts.size(), 1u);
  BOOST_TEST(different.conflicts[0] == "SCRIPT_NAME");
  BOOST_TEST(different.path == "/a/x");
}

BOOST_AUTO_TEST_CASE(repeated_request_headers_are_joined) {
  const Request request = request_of(
      {"HTTP_ACCEPT=text/html", "HTTP_ACCEPT=image/fits", "HTTP_COOKIE=a=1", "HTTP_COOKIE=b=2"});
  BOOST_TEST(request.conflicts.empty());
  BOOST_TEST(request.header("Accept") == "text/html, image/fits");
  BOOST_TEST(request.header("Cookie") == "a=1; b=2");
}

BOOST_AUTO_TEST_CASE(headers_and_variables) {
  const Request request = request_of({"REQUEST_METHOD=POST", "QUERY_STRING=a=b&c",
                                      "CONTENT_TYPE=text/plain", "HTTP_IF_NONE_MATCH=\"x\"",
                                      "REMOTE_ADDR=127.0.0.1", "EMPTY=", "=nameless", "noequals"});
  BOOST_TEST(request.method == "POST");
  BOOST_TEST(request.query == "a=b&c");
  BOOST_TEST(request.content_type == "text/plain");
  BOOST_TEST(request.header("If-None-Match") == "\"x\"");
  BOOST_TEST(request.header("if-none-match") == "\"x\"");
  BOOST_TEST(request.header("Content-Type") == "text/plain");
  BOOST_TEST(request.header("Absent").empty());
  BOOST_TEST(request.variable("EMPTY").empty());
  BOOST_TEST(request.remote_address() == "127.0.0.1");
  BOOST_TEST(request.environment.size() == 6u);
}

BOOST_AUTO_TEST_CASE(an_empty_environment_is_an_empty_request) {
  const Request request = request_of({});
  BOOST_TEST(request.path.empty());
  BOOST_TEST(request.method.empty());
  BOOST_TEST(!request.defect.has_value());
}
