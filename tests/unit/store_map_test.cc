// The mapping of a data base's file: kept while it is right.
#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "base/handle.h"
#include "scratch.h"
#include "store/kept_map.h"

namespace {

using namespace soda;
using Connection = Handle<sqlite3, sqlite3_close_v2>;

Connection opened(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  BOOST_REQUIRE(sqlite3_open_v2(path.c_str(), &raw, flags, nullptr) == SQLITE_OK);
  return Connection(raw);
}

void run(const Connection& connection, const char* sql) {
  BOOST_REQUIRE(sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

std::int64_t number(const Connection& connection, const char* sql) {
  std::int64_t found = -1;
  const auto take = [](void* to, int, char** texts, char**) {
    *static_cast<std::int64_t*>(to) = std::stoll(texts[0]);
    return 0;
  };
  BOOST_REQUIRE(sqlite3_exec(connection.get(), sql, take, &found, nullptr) == SQLITE_OK);
  return found;
}

// Where and how long the file is mapped; empty: not at all.
std::string mapping_of(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(path)) return line.substr(0, line.find(' '));
  }
  return {};
}

// What SQLite does at the beginning of a transaction when others may have changed the file.
void forget(const Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  BOOST_REQUIRE(file->pMethods->xUnfetch(file, 0, nullptr) == SQLITE_OK);
}

BOOST_AUTO_TEST_CASE(the_map_stays_until_the_file_has_another_length) {
  const scratch::Folder folder;
  const std::string path = folder / "mapped.db";
  const Connection writer = opened(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  run(writer,
      "PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER, filling BLOB);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
      "INSERT INTO t SELECT i, randomblob(2000) FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
  store::KeptMap map;
  const Connection reader = opened(path, SQLITE_OPEN_READONLY);
  map.keep(reader.get());
  run(reader, "PRAGMA mmap_size = 1073741824");
  const char* const sum = "SELECT sum(x) FROM t WHERE length(filling) = 2000";
  BOOST_TEST(number(reader, sum) == 5050);
  forget(reader);  // the length of now is noted
  BOOST_TEST(number(reader, sum) == 5050);
  const std::string mapped = mapping_of(path);
  BOOST_TEST(!mapped.empty());
  forget(reader);
  BOOST_TEST(mapping_of(path) == mapped);
  // Of the same length: what was written shows through the map.
  run(writer, "UPDATE t SET x = x + 1; PRAGMA wal_checkpoint(TRUNCATE)");
  forget(reader);
  BOOST_TEST(mapping_of(path) == mapped);
  BOOST_TEST(number(reader, sum) == 5150);
  // Longer, then shorter.
  run(writer, "INSERT INTO t SELECT x, randomblob(2000) FROM t; PRAGMA wal_checkpoint(TRUNCATE)");
  forget(reader);
  BOOST_TEST(mapping_of(path) == "");
  BOOST_TEST(number(reader, sum) == 10300);
  run(writer, "DELETE FROM t WHERE x > 10; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  forget(reader);
  BOOST_TEST(mapping_of(path) == "");
  BOOST_TEST(number(reader, sum) == 108);
}

}  // namespace
