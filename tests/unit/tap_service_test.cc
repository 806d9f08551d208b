// What is around the language: uploads by name, TAP_SCHEMA, places for queries.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#define BOOST_TEST_MODULE tap_service
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "base/handle.h"
#include "dali/upload.h"
#include "scratch.h"
#include "tap/tap_schema.h"
#include "tap/turnstile.h"
#include "tap/uploads.h"

using namespace soda;

namespace {

using Strings = std::vector<std::string>;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const tap::Table& table_named(const tap::Catalogue& catalogue, std::string_view name) {
  return *std::ranges::find(catalogue.tables, name, &tap::Table::name);
}

}  // namespace

// TAP 1.0 section 2.5.1 joins pairs with ";"; an address may have one of its own.
BOOST_AUTO_TEST_CASE(uploads_are_pairs) {
  const Strings joined =
      dali::split_uploads({"a,param:x;b,http://h/p;q=1?r;c,param:y;", "d,param:z"});
  const Strings expected = {"a,param:x", "b,http://h/p;q=1?r", "c,param:y", "d,param:z"};
  BOOST_TEST(joined == expected, boost::test_tools::per_element());
  const auto uploads = tap::parse_uploads({"Stars_1 , param:x;b,https://h/t.vot"});
  BOOST_REQUIRE(uploads.size() == 2);
  BOOST_TEST(uploads[0].name == "Stars_1");
  BOOST_TEST(uploads[0].part == "x");
  BOOST_TEST(uploads[1].address == "https://h/t.vot");
  for (const char* bad : {"", "a", "a,", ",param:x", "1a,param:x", "a-b,param:x", "a b,param:x",
                          "a,param:x;A,param:y"}) {
    BOOST_CHECK_THROW(tap::parse_uploads({bad}), Failure);
  }
}

// TAP 1.1 section 4: five tables that describe themselves, reserved words in quotes.
BOOST_AUTO_TEST_CASE(tap_schema_describes_itself) {
  tap::Catalogue catalogue;
  tap::Table own;
  own.schema = "own";
  own.name = "it's";
  own.columns.emplace_back();
  own.columns.back().name = "date";
  own.columns.back().datatype = "char";
  own.columns.back().arraysize = "10*";
  catalogue.schemas.push_back({"own", "the archive's", ""});
  catalogue.tables.push_back(own);
  tap::add_tap_schema(catalogue);
  BOOST_TEST(catalogue.schemas.front().name == "TAP_SCHEMA");
  BOOST_TEST(catalogue.tables.size() == 6u);
  const std::string columns = table_named(catalogue, "columns").source;
  BOOST_TEST(count(columns, "('TAP_SCHEMA.") == 4u + 6u + 14u + 5u + 3u);
  BOOST_TEST(count(columns, "'TAP_SCHEMA.columns', '\"size\"', 'int', NULL") == 1u);
  BOOST_TEST(count(columns, "'own.\"it''s\"', '\"date\"', 'char', '10*', NULL, 10, ") == 1u);
  BOOST_TEST(count(table_named(catalogue, "keys").source, "'TAP_SCHEMA.") == 5u * 2);
  BOOST_TEST(count(table_named(catalogue, "schemas").source, "'the archive''s'") == 1u);
}

// Each process of its own opens the file anew, as these do.
BOOST_AUTO_TEST_CASE(places_are_for_each_user) {
  const scratch::Folder folder;
  const std::string path = folder / "jobs/queries.lock";
  tap::Turnstile first(path, 2), second(path, 2);
  auto one = first.enter("alice");
  const auto two = second.enter("alice");
  BOOST_CHECK_EXCEPTION(first.enter("alice"), Failure, [](const Failure& failure) {
    return failure.kind() == FailureKind::unavailable;
  });
  BOOST_CHECK_NO_THROW(second.enter("bob"));
  one.reset();
  BOOST_CHECK_NO_THROW(second.enter("alice"));
  // Places of one process count, too; and a file that was removed is made anew.
  const auto three = first.enter("alice");
  BOOST_CHECK_THROW(first.enter("alice"), Failure);
  std::filesystem::remove(path);
  const auto four = first.enter("alice");
  BOOST_CHECK_NO_THROW(second.enter("alice"));
  const auto five = second.enter("alice");
  BOOST_CHECK_THROW(first.enter("alice"), Failure);
}
