// What belongs to a data set beside its file: who wrote it, what names mean, what outlives what.
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "scratch.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/query.h"
#include "store/recorder.h"
#include "store/relations.h"

namespace {

using namespace soda;
using namespace soda::store;
using Mode = Database::Mode;
using Author = Relation::Author;
using Kind = Relation::Kind;

FileContents file(const std::string& path, const std::vector<int>& hdus = {0}) {
  FileContents out;
  out.file.root = "data";
  out.file.path = path;
  out.file.size = 2880;
  out.collection = "c";
  out.did = "ivo://x/c?" + path;
  for (const int index : hdus) {
    HduRecord hdu;
    hdu.index = index;
    hdu.kind = "image";
    hdu.bitpix = -32;
    hdu.shape = {20, 10};
    hdu.grid = index;
    out.hdus.push_back(hdu);
    NewDataset& dataset = out.datasets.emplace_back();
    dataset.hdu = index;
    dataset.obscore.obs_publisher_did =
        hdus.size() == 1 ? out.did : out.did + "#" + std::to_string(index);
    dataset.obscore.obs_collection = "c";
    dataset.obscore.obs_id = path;
    dataset.obscore.access_format = links_format;
  }
  return out;
}

Relation relation(Kind kind, const std::string& semantics, const std::string& target,
                  Author author = Author::administrator) {
  Relation out;
  out.kind = kind;
  out.semantics = semantics;
  out.target = target;
  out.author = author;
  return out;
}

struct Archive {
  scratch::Folder folder;
  std::string path = folder / "archive.sqlite";
  std::shared_ptr<Database> database = std::make_shared<Database>(path, Mode::read_write);

  void put(const FileContents& what) {
    Recorder recorder(*database);
    database->transaction([&] { recorder.put(what); });
  }
  void record(const std::string& did, const Relation& what) {
    database->transaction([&] { record_relation(*database, did, what); });
  }
  // "#semantics target" of what a client is shown.
  std::vector<std::string> shown(const std::string& did) {
    Holdings holdings(database);
    std::vector<std::string> out;
    const auto dataset = holdings.find_any(did);
    if (!dataset) return {"unknown"};
    for (const Relation& each : dataset->relations)
      out.push_back(each.semantics + " " + each.target);
    return out;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(semantics_are_the_vocabularys) {
  BOOST_TEST(semantics_of("weight") == "#weight");
  BOOST_TEST(semantics_of("#detached-header") == "#detached-header");
  BOOST_TEST(semantics_of("http://www.ivoa.net/rdf/datalink/core#flat") == "#flat");
  BOOST_TEST(semantics_of("https://example.org/terms#own") == "https://example.org/terms#own");
  for (const char* wrong :
       {"", "#", "Weight", "#weigth", "http://www.ivoa.net/rdf/datalink/core#weigth",
        "https://x.org/a b", "javascript:alert(1)", "ftp://x.org/a"}) {
    BOOST_CHECK_THROW(semantics_of(wrong), Failure);
  }
}

BOOST_AUTO_TEST_CASE(stems_of_file_names) {
  const std::vector<std::pair<std::string, std::string>> rows = {{"a.fits", "a"},
                                                                 {"x/y/a.FITS.gz", "a"},
                                                                 {"a.fz", "a"},
                                                                 {"a", "a"},
                                                                 {"a.weight.fits", "a.weight"},
                                                                 {"dir$a.fit[1]", "a"},
                                                                 {" a.fts ", "a"},
                                                                 {".fits", ".fits"},
                                                                 {"", ""},
                                                                 {"a.txt", "a.txt"}};
  for (const auto& [name, stem] : rows) BOOST_TEST(stem_of(name) == stem, name);
}

BOOST_FIXTURE_TEST_CASE(each_author_replaces_his_own, Archive) {
  FileContents contents = file("a.fits");
  contents.companions = {relation(Kind::file, "#weight", "a.weight.fits")};
  contents.relations = {relation(Kind::dataset, "#progenitor", "ivo://x/c?a.fits")};
  put(contents);
  const std::string did = contents.did;
  record(did, relation(Kind::url, "#documentation", "https://x.org/paper"));
  const std::int64_t number = relations_of(*database, did).front().id;

  contents.companions.front().content_length = 5;
  contents.relations.clear();
  put(contents);
  auto now = relations_of(*database, "IVO://X/C?A.FITS");
  BOOST_REQUIRE_EQUAL(now.size(), 2U);
  BOOST_TEST(now[0].target == "a.weight.fits");
  BOOST_TEST(now[0].id == number);  // said anew, but still the same
  BOOST_TEST(now[0].content_length.value_or(0) == 5);
  BOOST_TEST(now[1].target == "https://x.org/paper");

  // What an administrator repeats becomes his, and stays when ingest no longer finds it.
  record(did, relation(Kind::file, "#weight", "a.weight.fits"));
  put(contents);
  contents.companions.clear();
  put(contents);
  BOOST_TEST(relations_of(*database, did).size() == 2U);
  bool removed = false;
  database->transaction([&] {
    removed = remove_relation(*database, did, relation(Kind::file, "#weight", "a.weight.fits"));
  });
  BOOST_TEST(removed);
  database->transaction([&] {
    removed = remove_relation(*database, did, relation(Kind::file, "#weight", "a.weight.fits"));
  });
  BOOST_TEST(!removed);
}

BOOST_FIXTURE_TEST_CASE(relations_of_a_file_hold_for_its_data_sets, Archive) {
  put(file("two.fits", {1, 2}));
  record("ivo://x/c?two.fits", relation(Kind::url, "#package", "https://x.org/two.tar"));
  record("ivo://x/c?two.fits#2", relation(Kind::url, "#error", "https://x.org/two-2"));
  BOOST_TEST(shown("ivo://x/c?two.fits") == Texts{"#package https://x.org/two.tar"},
             boost::test_tools::per_element());
  BOOST_TEST(shown("ivo://x/c?two.fits#1") == Texts{"#package https://x.org/two.tar"},
             boost::test_tools::per_element());
  BOOST_TEST(shown("ivo://x/c?two.fits#2") ==
                 (Texts{"#error https://x.org/two-2", "#package https://x.org/two.tar"}),
             boost::test_tools::per_element());
}

// Whichever of the two came first, and as long as the name is clear.
BOOST_FIXTURE_TEST_CASE(names_are_looked_up_when_they_are_asked_for, Archive) {
  FileContents stack = file("n1/stack.fits");
  for (const char* name : {"raw1.fits", "raw2", "home$raw3.fit[0]", "stack"})
    stack.relations.push_back(relation(Kind::name, "#progenitor", name, Author::headers));
  put(stack);
  BOOST_TEST(shown(stack.did).empty());
  put(file("n1/raw1.fits"));
  put(file("n2/raw1.fits"));  // the neighbour is meant
  put(file("n2/raw2.fits.gz"));
  put(file("n3/raw3.fits"));
  BOOST_TEST(shown(stack.did) == (Texts{"#progenitor ivo://x/c?n1/raw1.fits",
                                        "#progenitor ivo://x/c?n2/raw2.fits.gz",
                                        "#progenitor ivo://x/c?n3/raw3.fits"}),
             boost::test_tools::per_element());
  put(file("n4/raw3.fits"));  // which of the two, nobody knows
  BOOST_TEST(shown(stack.did).size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(loops_and_lost_targets_are_harmless, Archive) {
  put(file("a.fits"));
  put(file("b.fits"));
  record("ivo://x/c?a.fits", relation(Kind::dataset, "#progenitor", "ivo://x/c?b.fits"));
  record("ivo://x/c?b.fits", relation(Kind::dataset, "#progenitor", "ivo://x/c?a.fits"));
  BOOST_TEST(shown("ivo://x/c?a.fits") == Texts{"#progenitor ivo://x/c?b.fits"},
             boost::test_tools::per_element());
  {
    Recorder recorder(*database);
    database->transaction([&] { recorder.retract("ivo://x/c?b.fits"); });
    database->transaction([&] { recorder.remove(recorder.known("data", "b.fits")->file.id); });
  }
  BOOST_TEST(shown("ivo://x/c?a.fits").empty());
  put(file("b.fits"));  // and what an administrator said of it waits for its return
  BOOST_TEST(shown("ivo://x/c?a.fits").size() == 1U);
  BOOST_TEST(shown("ivo://x/c?b.fits").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(holdings_see_changes_and_rows_without_a_file, Archive) {
  put(file("a.fits"));
  Holdings holdings(std::make_shared<Database>(path, Mode::read_only));
  BOOST_TEST(holdings.find("ivo://x/c?a.fits")->relations.empty());
  record("ivo://x/c?a.fits", relation(Kind::url, "#documentation", "https://x.org/1"));
  BOOST_TEST(holdings.find("ivo://x/c?a.fits")->relations.size() == 1U);

  CatalogueRow row;
  row.obscore.obs_publisher_did = "ivo://x/c?elsewhere";
  row.obscore.obs_collection = row.obscore.obs_id = "c";
  {
    Recorder recorder(*database);
    database->transaction([&] { BOOST_TEST(recorder.import_rows({&row, 1}).empty()); });
  }
  BOOST_TEST(!holdings.find("ivo://x/c?elsewhere"));
  const auto found = holdings.find_any("ivo://x/c?ELSEWHERE");
  BOOST_REQUIRE(found);
  BOOST_TEST(!found->holding);
  Answer rows = answer(*database, {}, {"obs_publisher_did"});
  std::vector<bool> have_files;
  while (rows.next()) have_files.push_back(rows.has_file());
  BOOST_TEST(have_files == (std::vector<bool>{true, false}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(access_format_follows_the_setting, Archive) {
  FileContents packed = file("b.fits.gz");
  packed.file.gzipped = true;
  FileContents own = file("c.fits");
  own.datasets[0].obscore.access_url = "https://x.org/c";
  own.datasets[0].obscore.access_format = "application/fits";
  Recorder recorder(*database);
  database->transaction([&] {
    recorder.set_access(Access::links);
    for (const FileContents& each : {file("a.fits"), packed, own}) recorder.put(each);
  });
  const auto formats = [&] {
    Texts out;
    Answer rows = answer(*database, {}, {"access_format"});
    while (rows.next()) out.emplace_back(std::get<std::string_view>(rows.row()[0]));
    return out;
  };
  const std::string datalink = "application/x-votable+xml;content=datalink";
  BOOST_TEST(formats() == (Texts{datalink, datalink, "application/fits"}),
             boost::test_tools::per_element());
  database->transaction([&] { recorder.set_access(Access::file); });
  BOOST_TEST(formats() == (Texts{"application/fits", "image/x-fits-gzip", "application/fits"}),
             boost::test_tools::per_element());
  database->transaction([&] { recorder.set_access(Access::links); });
  BOOST_TEST(formats() == (Texts{datalink, datalink, "application/fits"}),
             boost::test_tools::per_element());
}
