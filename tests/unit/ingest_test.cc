// The run: what is found, what is left alone, what survives.
#define BOOST_TEST_MODULE ingest
#include "ingest/ingest.h"

#include <sys/stat.h>
#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "base/failure.h"
#include "fits_text.h"
#include "scratch.h"
#include "store/holdings.h"
#include "store/recorder.h"

namespace {

using namespace soda;
using fits_text::extension;
using fits_text::primary;
using fits_text::tan_cards;

std::string image() { return primary({100, 60}, tan_cards()); }

struct Archive {
  scratch::Folder folder;
  std::string data = folder / "data";
  std::string database_path = folder / "archive.sqlite";

  Archive() { std::filesystem::create_directories(data); }
  site::Config config(const std::string& more = {}) const {
    return site::Config::parse(
        "authority = \"x.org\"\n" + std::string("[data_roots]\nd = \"") + data + "\"\n" + more,
        "test.toml");
  }
  std::string file(const std::string& name) const { return data + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const {
    scratch::write_file(file(name), bytes);
  }

  ingest::Report run(ingest::Options options = {}, const std::string& more = {}) const {
    if (options.paths.empty()) options.paths = {data};
    store::Database database(database_path, store::Database::Mode::read_write);
    return ingest::ingest(config(more), database, options, {});
  }
  std::vector<std::string> list() const {
    store::Database database(database_path, store::Database::Mode::read_only);
    std::vector<std::string> ids;
    store::list_datasets(database, "", [&](const store::ListedDataset& dataset) {
      ids.push_back(dataset.obscore.obs_publisher_did);
    });
    return ids;
  }
  std::int64_t id_of(const std::string& did) const {
    store::Holdings holdings(
        std::make_shared<store::Database>(database_path, store::Database::Mode::read_only));
    const auto dataset = holdings.find(did);
    return dataset ? dataset->id : -1;
  }
};

std::string usage_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::usage));
    return failure.what();
  }
  return {};
}

void touch(const std::string& path) {
  const auto time = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, time + std::chrono::seconds(5));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(files_are_found_by_name_and_content, Archive) {
  write("a.fits", image());
  write("sub/B.FIT", image());
  write("sub/deep/c.fts", image());
  write("notes.txt", "hello");
  write("table.csv.gz", "no gzip at all");
  write("bad.fits", "SIMPLE  =                    T");
  write("empty.fits", "");
  write("cut.fits", image().substr(0, 5000));
  gzFile packed = gzopen(file("p.fits.gz").c_str(), "wb");
  const std::string bytes = image();
  gzwrite(packed, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(packed);
  const ingest::Report report = run();
  BOOST_TEST(report.added == 4);
  BOOST_TEST(report.datasets == 4);
  BOOST_TEST(report.other == 2);
  BOOST_TEST(report.unreadable.size() == 3U);
  for (const auto& file : report.unreadable) BOOST_TEST(!file.reason.empty());
  const std::vector<std::string> expected = {
      "ivo://x.org/default?a.fits", "ivo://x.org/default?p.fits.gz",
      "ivo://x.org/default?sub/B.FIT", "ivo://x.org/default?sub/deep/c.fts"};
  BOOST_TEST(list() == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_second_run_writes_nothing, Archive) {
  for (int i = 0; i < 5; ++i) write("f" + std::to_string(i) + ".fits", image());
  run();
  store::Database watcher(database_path, store::Database::Mode::read_only);
  const std::int64_t before = watcher.data_version();
  const ingest::Report report = run();
  BOOST_TEST(report.unchanged == 5);
  BOOST_TEST(report.added + report.changed + report.vanished + report.datasets == 0);
  BOOST_TEST(watcher.data_version() == before);
}

BOOST_FIXTURE_TEST_CASE(changed_replaced_and_vanished_files, Archive) {
  for (const char* name : {"same.fits", "touched.fits", "replaced.fits", "gone.fits"})
    write(name, image());
  run();
  const std::int64_t touched = id_of("ivo://x.org/default?touched.fits");
  BOOST_TEST(touched > 0);
  touch(file("touched.fits"));
  // Another file under the same name, with the same size and time.
  const auto time = std::filesystem::last_write_time(file("replaced.fits"));
  write("new.tmp", image());
  std::filesystem::rename(file("new.tmp"), file("replaced.fits"));
  std::filesystem::last_write_time(file("replaced.fits"), time);
  std::filesystem::remove(file("gone.fits"));
  const ingest::Report report = run();
  BOOST_TEST(report.unchanged == 1);
  BOOST_TEST(report.changed == 2);
  BOOST_TEST(report.vanished == 1);
  BOOST_TEST(list().size() == 3U);
  BOOST_TEST(id_of("ivo://x.org/default?touched.fits") == touched);
  BOOST_TEST(id_of("ivo://x.org/default?gone.fits") == -1);
}

BOOST_FIXTURE_TEST_CASE(only_what_lies_below_the_paths_vanishes, Archive) {
  write("a/x.fits", image());
  write("ab/x.fits", image());
  write("README", "not empty");
  run();
  std::filesystem::remove_all(file("a"));
  std::filesystem::remove_all(file("ab"));
  ingest::Options options;
  options.paths = {file("a")};
  BOOST_TEST(run(options).vanished == 1);
  BOOST_TEST(list().size() == 1U);
  options.paths = {file("never")};
  BOOST_TEST(usage_error([&] { run(options); }).find("no such file") != std::string::npos);
  std::filesystem::remove(file("README"));
  // A root that is empty all of a sudden is a disk that is not there.
  BOOST_TEST(usage_error([&] { run(); }).find("mounted") != std::string::npos);
  BOOST_TEST(list().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_rewrite_keeps_what_was_known, Archive) {
  write("a.fits", image());
  run();
  write("a.fits", image().substr(0, 4000));
  const ingest::Report report = run();
  BOOST_TEST(report.unreadable.size() == 1U);
  BOOST_TEST(report.vanished == 0);
  BOOST_TEST(list().size() == 1U);
  store::Database database(database_path, store::Database::Mode::read_only);
  BOOST_TEST(ingest::audit(config(), database).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_file_with_a_damaged_end_is_kept_in_part, Archive) {
  write("a.fits", image() + extension({1000, 1000}, {}).substr(0, 10000));
  const ingest::Report report = run();
  BOOST_TEST(report.added == 1);
  BOOST_TEST(report.datasets == 1);
  BOOST_REQUIRE_EQUAL(report.unreadable.size(), 1U);
  BOOST_TEST(report.unreadable[0].reason.find("HDU 1") != std::string::npos,
             report.unreadable[0].reason);
}

BOOST_FIXTURE_TEST_CASE(links_are_followed_once_and_not_out_of_the_roots, Archive) {
  write("real/a.fits", image());
  scratch::write_file(folder / "outside.fits", image());
  std::filesystem::create_directory_symlink(data, file("real/loop"));
  std::filesystem::create_symlink(file("real/a.fits"), file("again.fits"));
  std::filesystem::create_symlink(folder / "outside.fits", file("out.fits"));
  std::filesystem::create_symlink(file("nothing"), file("dead.fits"));
  const ingest::Report report = run();
  BOOST_TEST(report.added == 1);
  BOOST_TEST(report.unreadable.size() == 2U);
  BOOST_TEST(list().front() == "ivo://x.org/default?real/a.fits");
  ingest::Options options;
  options.paths = {folder / "outside.fits"};
  const std::string sentence = usage_error([&] { run(options); });
  BOOST_TEST(sentence.find("outside.fits lies outside the data roots (d = ") != std::string::npos,
             sentence);
}

BOOST_FIXTURE_TEST_CASE(an_identifier_is_one_files_only, Archive) {
  write("a.fits", image());
  write("A.fits", image());
  const ingest::Report report = run();
  BOOST_TEST(report.added == 1);
  BOOST_REQUIRE_EQUAL(report.unreadable.size(), 1U);
  BOOST_TEST(report.unreadable[0].reason.find("identifier") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_collection_is_kept_unless_another_is_named, Archive) {
  write("a.fits", image());
  ingest::Options named;
  named.collection = "survey";
  run(named);
  BOOST_TEST(run().unchanged == 1);
  BOOST_TEST(list().front() == "ivo://x.org/survey?a.fits");
  named.collection = "other";
  BOOST_TEST(run(named).changed == 1);
  BOOST_TEST(list().size() == 1U);
  BOOST_TEST(list().front() == "ivo://x.org/other?a.fits");
  named.collection = "a/b?c";
  BOOST_TEST(!usage_error([&] { run(named); }).empty());
  BOOST_TEST(usage_error([&] {
               run({}, "[collection.x.columns]\nnope = [\"A\"]\n");
             }).find("nope") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_killed_run_is_carried_on, Archive) {
  for (int i = 10; i < 30; ++i) write("f" + std::to_string(i) + ".fits", image());
  const pid_t child = scratch::start([&] {
    store::Database database(database_path, store::Database::Mode::read_write);
    ingest::Options options;
    options.paths = {data};
    options.batch = 5;
    ingest::ingest(config(), database, options, [](const ingest::Progress& progress) {
      if (progress.done == 13) ::raise(SIGKILL);
    });
    return 0;
  });
  BOOST_TEST(scratch::wait_for(child) == -SIGKILL);
  BOOST_TEST(list().size() == 10U);
  const ingest::Report report = run();
  BOOST_TEST(report.unchanged == 10);
  BOOST_TEST(report.added == 10);
  BOOST_TEST(list().size() == 20U);
}

BOOST_FIXTURE_TEST_CASE(two_at_once_are_refused_clearly, Archive) {
  write("a.fits", image());
  store::Database first(database_path, store::Database::Mode::read_write);
  store::Recorder recorder(first);
  try {
    run();
    BOOST_FAIL("a second ingest was let in");
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::unavailable));
    BOOST_TEST(std::string(failure.what()).find("Another ingest") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(hostile_headers_are_refused_one_by_one, Archive) {
  using fits_text::header;
  write("good.fits", image());
  write("bomb.fits", header({"SIMPLE  = T", "BITPIX  = -64", "NAXIS   = 2", "NAXIS1  = 2000000000",
                             "NAXIS2  = 2000000000"}));
  write("overflow.fits",
        header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 3", "NAXIS1  = 9223372036854775807",
                "NAXIS2  = 9223372036854775807", "NAXIS3  = 4"}));
  write("negative.fits", header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = -5"}));
  write("noise.fits", std::string(2880, '\xff'));
  std::vector<std::string> absurd = {"WCSAXES = 999999999",  "CTYPE1  = 'RA---TAB'",
                                     "PS1_0   = 'NOWHERE'",  "PV1_1   = 1E308",
                                     "A_ORDER = 2147483647", "CRVAL1  = NaN",
                                     "CD1_1   = 1E-400",     "CTYPE2  = 'DEC--SIP'"};
  for (int i = 0; i < 20000; ++i) absurd.push_back("COMMENT " + std::to_string(i));
  write("absurd.fits", primary({100, 60}, absurd));
  const ingest::Report report = run();
  BOOST_TEST(report.added >= 1);
  BOOST_TEST(report.added + static_cast<std::int64_t>(report.unreadable.size()) == 6);
  BOOST_TEST(id_of("ivo://x.org/default?good.fits") > 0);
}

BOOST_FIXTURE_TEST_CASE(two_roots_are_told_apart_in_identifiers, Archive) {
  write("a.fits", image());
  scratch::write_file(folder / "more/a.fits", image());
  ingest::Options options;
  options.paths = {data, folder / "more"};
  run(options, "e = \"" + (folder / "more") + "\"\n");
  const std::vector<std::string> expected = {"ivo://x.org/default?d/a.fits",
                                             "ivo://x.org/default?e/a.fits"};
  BOOST_TEST(list() == expected, boost::test_tools::per_element());
}
