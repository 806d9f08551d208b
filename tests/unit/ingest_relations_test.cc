// Files beside an image, and what its header names.
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "fits_text.h"
#include "ingest/ingest.h"
#include "ingest/relations.h"
#include "scratch.h"
#include "store/holdings.h"
#include "store/relations.h"

namespace {

using namespace soda;
using fits_text::primary;
using fits_text::tan_cards;
using Texts = std::vector<std::string>;

struct Archive {
  scratch::Folder folder;
  std::string data = folder / "data";
  std::string database_path = folder / "archive.sqlite";

  site::Config config(const std::string& more) const {
    return site::Config::parse(
        "authority = \"x.org\"\n" + more + "\n[data_roots]\nd = \"" + data + "\"\n", "test.toml");
  }
  void write(const std::string& name, const std::string& bytes) const {
    scratch::write_file(data + "/" + name, bytes);
  }
  void run(const std::string& more) const {
    store::Database database(database_path, store::Database::Mode::read_write);
    ingest::Options options;
    options.paths = {data};
    ingest::ingest(config(more), database, options, {});
  }
  // "#semantics target type length" of what links would show.
  Texts shown(const std::string& name) const {
    store::Holdings holdings(
        std::make_shared<store::Database>(database_path, store::Database::Mode::read_only));
    Texts out;
    const auto dataset = holdings.find("ivo://x.org/default?" + name);
    BOOST_REQUIRE(dataset);
    for (const auto& each : dataset->relations) {
      out.push_back(each.semantics + " " + each.target + " " + each.content_type + " " +
                    std::to_string(each.content_length.value_or(-1)));
    }
    return out;
  }
  std::string refusal(const std::string& more) const {
    try {
      run(more);
    } catch (const Failure& failure) {
      BOOST_TEST((failure.kind() == FailureKind::usage));
      return failure.what();
    }
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(companions_are_recorded_when_they_are_there, Archive) {
  const std::string settings =
      "[collection.default.companions]\nweight = [\"{stem}.weight.fits\", \"weights/{name}\"]\n"
      "documentation = [\"{stem}_log.txt\", \"../outside.txt\", \"link.txt\"]\n";
  write("n/a.fits", primary({4, 3}, tan_cards()));
  write("n/b.fits", primary({4, 3}, tan_cards()));
  write("n/a.weight.fits", "12345");
  write("n/weights/b.fits", "123");
  scratch::write_file(folder / "outside.txt", "no");
  scratch::write_file(folder / "secret.txt", "no");
  std::filesystem::create_symlink(folder / "secret.txt", data + "/n/link.txt");
  run(settings);
  BOOST_TEST(shown("n/a.fits") == Texts{"#weight n/a.weight.fits application/fits 5"},
             boost::test_tools::per_element());
  BOOST_TEST(shown("n/b.fits") == Texts{"#weight n/weights/b.fits application/fits 3"},
             boost::test_tools::per_element());
  // The images stay as they are, what lies beside them changes.
  write("n/a_log.txt", "log");
  std::filesystem::remove(data + "/n/weights/b.fits");
  run(settings);
  BOOST_TEST(shown("n/a.fits") == (Texts{"#weight n/a.weight.fits application/fits 5",
                                         "#documentation n/a_log.txt text/plain 3"}),
             boost::test_tools::per_element());
  BOOST_TEST(shown("n/b.fits").empty());
  run("");
  BOOST_TEST(shown("n/a.fits").empty());
}

BOOST_FIXTURE_TEST_CASE(headers_name_inputs, Archive) {
  const std::string settings =
      "[collection.default.relations]\nprogenitor = [\"IMCMB*\", \"PARENT\"]\nflat = "
      "\"FLATFILE\"\n";
  write("raw1.fits", primary({4, 3}, tan_cards()));
  write("raw2.fits", primary({4, 3}, tan_cards()));
  write("stack.fits", primary({4, 3}, fits_text::operator+
                              (tan_cards(), {"IMCMB001= 'raw1.fits'", "IMCMB002= 'raw2.fits[1]'",
                                             "PARENT  = 'ivo://x.org/default?RAW1.fits'",
                                             "FLATFILE= 'nowhere.fits'"})));
  run(settings);
  BOOST_TEST(shown("stack.fits") == (Texts{"#progenitor ivo://x.org/default?raw1.fits  -1",
                                           "#progenitor ivo://x.org/default?raw2.fits  -1"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(wrong_settings_are_refused, Archive) {
  write("a.fits", primary({4, 3}, tan_cards()));
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"[collection.c.companions]\nweigth = [\"{stem}.w\"]",
       "[collection.c.companions]: semantics"},
      {"[collection.c.companions]\nweight = [\"{step}.w\"]", "got \"{step}.w\""},
      {"[collection.c.companions]\nweight = [\"/etc/passwd\"]", "got \"/etc/passwd\""},
      {"[collection.c.companions]\nweight = [\"{stem\"]", "got \"{stem\""},
      {"[collection.c.relations]\nflat = [\"*\"]", "[collection.c.relations]: flat"},
  };
  for (const auto& [settings, part] : rows) {
    const std::string sentence = refusal(settings);
    BOOST_TEST(sentence.find(part) != std::string::npos, sentence);
  }
}

BOOST_FIXTURE_TEST_CASE(targets_of_an_administrator, Archive) {
  write("n/paper.pdf", "pdf");
  scratch::write_file(folder / "outside.txt", "no");
  std::filesystem::create_symlink(folder / "outside.txt", data + "/link.txt");
  const site::Config settings = config("");
  const auto file = ingest::relation_to(settings, data + "/n/../n/paper.pdf");
  BOOST_TEST(file.root == "d");
  BOOST_TEST(file.target == "n/paper.pdf");
  BOOST_TEST(file.content_type == "application/pdf");
  BOOST_TEST(ingest::relation_to(settings, "https://x.org/a.png?b=c").content_type == "image/png");
  BOOST_TEST((ingest::relation_to(settings, "ivo://x/y?z").kind == store::Relation::Kind::dataset));
  for (const std::string& wrong :
       {folder / "outside.txt", data + "/link.txt", data + "/nowhere", data,
        std::string("paper.pdf"), std::string("javascript:alert(1)"),
        std::string("https://x.org/a b"), std::string("https://"), std::string("/etc/passwd"),
        std::string()}) {
    BOOST_CHECK_THROW(ingest::relation_to(settings, wrong), Failure);
  }
  std::filesystem::remove(data + "/n/paper.pdf");
  BOOST_TEST(ingest::former_relation_to(settings, data + "/n/paper.pdf").target == "n/paper.pdf");
}
