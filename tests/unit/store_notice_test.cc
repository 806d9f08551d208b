// The administrator's notice: kept, ended, seen by others.
#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "base/time.h"
#include "scratch.h"
#include "store/notice.h"

namespace {

using namespace soda;
using namespace soda::store;
using std::chrono::seconds;

Notice::Time at(std::int64_t second) { return Notice::Time(seconds(second)); }

struct Board {
  scratch::Folder folder;
  std::string path = folder / "archive.sqlite";
  Database writer{path, Database::Mode::read_write};
  Database reader{path, Database::Mode::read_only};
  NoticeBoard board{reader};

  void put(const Notice& notice) {
    writer.transaction([&] { post(writer, notice); });
  }
  bool end(Notice::Time now) {
    bool ended = false;
    writer.transaction([&] { ended = take_back(writer, now); });
    return ended;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(notice, Board)

BOOST_AUTO_TEST_CASE(an_interval_holds_its_first_instant_and_not_its_last) {
  const Notice closed{"r", at(100), at(200)};
  BOOST_TEST(!closed.in_effect(at(99)));
  BOOST_TEST(closed.in_effect(at(100)));
  BOOST_TEST(closed.in_effect(at(199)));
  BOOST_TEST(!closed.in_effect(at(200)));
  BOOST_TEST(closed.has_ended(at(200)));
  const Notice open{"r", at(100), {}};
  BOOST_TEST(open.in_effect(at(8'000'000'000)));
  BOOST_TEST(!open.has_ended(at(8'000'000'000)));
}

BOOST_AUTO_TEST_CASE(the_last_one_is_seen_by_another_connection_at_once) {
  BOOST_TEST(!board.last());
  put({"a new disk", at(100), at(200)});
  BOOST_REQUIRE(board.last());
  BOOST_TEST(board.last()->reason == "a new disk");
  BOOST_TEST((board.last()->from == at(100) && board.last()->until == at(200)));
  put({"", at(300), {}});
  BOOST_TEST(board.last()->reason.empty());
  BOOST_TEST((board.last()->from == at(300) && !board.last()->until));
}

BOOST_AUTO_TEST_CASE(taking_back_ends_what_is_in_effect_and_forgets_what_is_to_come) {
  BOOST_TEST(!end(at(100)));
  put({"to come", at(200), at(300)});
  BOOST_TEST(end(at(100)));
  BOOST_TEST(!board.last());
  put({"in effect", at(50), {}});
  BOOST_TEST(end(at(100)));
  BOOST_TEST((board.last()->until == at(100)));
  BOOST_TEST(!end(at(100)));
  put({"over", at(50), at(60)});
  BOOST_TEST(!end(at(100)));
  BOOST_TEST((board.last()->until == at(60)));
}

BOOST_AUTO_TEST_CASE(any_number_in_the_file_is_a_time_that_can_be_written) {
  sqlite3* db = nullptr;
  BOOST_REQUIRE_EQUAL(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  BOOST_REQUIRE_EQUAL(
      sqlite3_exec(db,
                   "INSERT INTO notice VALUES (1, 'x', -9223372036854775808, 9223372036854775807)",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(db);
  BOOST_REQUIRE(board.last());
  BOOST_TEST(iso8601_utc(board.last()->from) == "1970-01-01T00:00:00Z");
  BOOST_TEST(iso8601_utc(*board.last()->until) == "2255-03-14T16:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()
