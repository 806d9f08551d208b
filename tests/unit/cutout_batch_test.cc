// Jobs of many cuts, done without engine or store of jobs: what is planned, what each result is
// (always the bytes that sync gives for the same cut), and what the packages hold.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/batch.h"
#include "cutout/service.h"
#include "dali/responder.h"
#include "dali/upload.h"
#include "fits/checksum.h"
#include "fits/file.h"
#include "fits_text.h"
#include "http/file_sink.h"
#include "ingest/ingest.h"
#include "scratch.h"

namespace {

using namespace soda;
using store::Item;
using Parameters = std::vector<std::pair<std::string, std::string>>;

// 100 x 60 bytes that differ from their neighbours.
std::string image(double mjd, const std::string& more = {}) {
  std::vector<std::string> cards = {"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 100",
                                    "NAXIS2  = 60"};
  for (const auto& card : fits_text::tan_cards()) cards.push_back(card);
  cards.push_back(fmt::format("MJD-OBS = {:.5f}", mjd));
  cards.emplace_back("EXPTIME = 60.0");
  if (!more.empty()) cards.push_back(more);
  std::string pixels;
  for (int i = 0; i < 6000; ++i) pixels += static_cast<char>((i * 7 + i / 100) % 251);
  return fits_text::header(cards) + fits_text::padded(pixels, '\0');
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

class Collector final : public http::Sink {
 public:
  std::string bytes;
  using http::Sink::write;
  void write(std::span<const iovec> pieces) override {
    for (const auto& piece : pieces) {
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
  }
};

std::string body_of(http::Response& response) {
  if (auto* text = std::get_if<std::string>(&response.body)) return *text;
  auto& body = *std::get<std::unique_ptr<http::Body>>(response.body);
  Collector all;
  body.write(all, 0, body.size());
  BOOST_TEST(static_cast<std::int64_t>(all.bytes.size()) == body.size());
  return all.bytes;
}

struct Archive {
  scratch::Folder folder;
  site::Config config;
  std::shared_ptr<store::Database> database;
  store::Holdings holdings;
  store::NoticeBoard notices;
  site::Access access;
  dali::Context context;
  std::vector<dali::Service> services;
  std::unique_ptr<dali::Work> work;
  store::Job job;

  explicit Archive(const std::string& settings = {})
      : config(make(folder, settings)),
        database(std::make_shared<store::Database>(folder / "a.sqlite",
                                                   store::Database::Mode::read_only)),
        holdings(database),
        notices(*database),
        access(config),
        context{config, holdings, *database, notices, access, "1"} {
    services.push_back(cutout::sync_service(context));
    work = cutout::make_batch(context);
    job.id = "job";
    job.service = "async";
    job.phase = store::Phase::queued;
  }

  static site::Config make(const scratch::Folder& folder, const std::string& settings) {
    // c is the oldest, a the newest.
    scratch::write_file(folder / "data/c.fits", image(58000, "INSTRUME= 'OLD'"));
    scratch::write_file(folder / "data/b.fits", image(58100));
    scratch::write_file(folder / "data/a.fits", image(58200));
    auto config = site::Config::parse(
        fmt::format(
            "authority = \"x.org\"\nresults_folder = \"{}\"\n{}\n[data_roots]\nd = \"{}\"\n",
            folder / "results", settings, folder / "data"),
        "test.toml");
    store::Database writer(folder / "a.sqlite", store::Database::Mode::read_write);
    ingest::Options options;
    options.paths = {folder / "data"};
    ingest::ingest(config, writer, options, {});
    return config;
  }

  static std::string id(const std::string& file) { return "ivo://x.org/default?" + file; }

  void upload(const std::string& table) {
    scratch::write_file(dali::upload_path(folder / "results", "job", {"p", "p", ""}), table);
    job.parameters.emplace_back("UPLOAD", "t,param:p");
  }
  dali::Plan plan() {
    work->check(context, job);
    return work->plan(context, job);
  }
  std::string refused() {
    try {
      plan();
    } catch (const Failure& failure) {
      return failure.what();
    }
    BOOST_ERROR("not refused");
    return {};
  }
  // All items in the order of results, done.
  std::vector<dali::Made> done(dali::Plan plan) {
    std::vector<dali::Made> made(plan.items.size());
    for (const auto& item : plan.items) {
      auto& one = made.at(static_cast<std::size_t>(item.number) - 1);
      one.path = folder / ("results/job/" + item.name);
      std::filesystem::create_directories(folder / "results/job");
      std::filesystem::remove(one.path);
      try {
        http::FileSink file(http::new_file(one.path));
        one.item = work->run(context, job, item, file);
        one.item.size = static_cast<std::int64_t>(std::filesystem::file_size(one.path));
      } catch (const Failure& failure) {
        one.item = item;
        one.item.state = Item::State::failed;
        one.item.reason = failure.what();
        one.path.clear();
      }
    }
    return made;
  }
  http::Response sync(const Parameters& parameters) {
    http::Request request;
    request.method = "GET";
    request.path = config.mount() + "/sync";
    for (const auto& [name, value] : parameters) {
      request.query += fmt::format("&{}={}", name, percent_encode(value));
    }
    LogLine log("test");
    return dali::respond(context, services, request, log);
  }
  std::string cut(const Parameters& parameters) {
    auto response = sync(parameters);
    BOOST_REQUIRE_EQUAL(response.status, 200);
    return body_of(response);
  }
  std::string packed(const std::vector<dali::Made>& made) {
    const std::string path = folder / "results/package";
    std::filesystem::remove(path);
    work->pack(context, job, made, path);
    return bytes_of(path);
  }
};

struct Small : Archive {
  Small() : Archive("max_items = 8\nmax_separate = 3\nmax_packed = 3") {}
};

std::vector<std::string> labels(const std::vector<dali::Made>& made) {
  std::vector<std::string> out;
  for (const auto& one : made) out.push_back(one.item.label);
  return out;
}

const std::string here = "0.1 40 0.04", there = "90 10 0.04";

std::uint32_t sum_of(const std::string& bytes, const fits::Hdu& hdu) {
  const auto from = static_cast<std::size_t>(hdu.header_offset);
  const auto to = static_cast<std::size_t>(hdu.data_offset + fits::padded(hdu.data_length));
  return fits::checksum({bytes.data() + from, to - from});
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(every_combination_is_one_result_in_order, Archive) {
  job.parameters = {{"ID", id("a.fits")},
                    {"ID", id("b.fits")},
                    {"CIRCLE", here},
                    {"CIRCLE", there},
                    {"POS", "CIRCLE " + here}};
  const auto made = done(plan());
  BOOST_REQUIRE_EQUAL(made.size(), 6U);
  // POS, CIRCLE and POLYGON are one list, in this order.
  const Parameters shapes[] = {
      {{"POS", "CIRCLE " + here}}, {{"CIRCLE", here}}, {{"CIRCLE", there}}};
  for (std::size_t i = 0; i < made.size(); ++i) {
    Parameters asked = shapes[i % 3];
    asked.emplace_back("ID", id(i < 3 ? "a.fits" : "b.fits"));
    BOOST_TEST(made[i].item.name == fmt::format("cutout-{}", i + 1));
    if (i % 3 == 2) {
      BOOST_TEST((made[i].item.state == Item::State::empty));
      BOOST_TEST(made[i].item.media_type == "text/plain");
      BOOST_TEST(bytes_of(made[i].path).starts_with("NoContent: POS: "));
      continue;
    }
    BOOST_TEST((made[i].item.state == Item::State::done));
    BOOST_TEST(made[i].item.media_type == "application/fits");
    BOOST_TEST((bytes_of(made[i].path) == cut(asked)));
  }
}

BOOST_FIXTURE_TEST_CASE(all_states_of_polarisation_are_one_filter_and_options_reach_every_cut,
                        Archive) {
  job.parameters = {
      {"ID", id("a.fits")}, {"CIRCLE", here}, {"POL", "I"}, {"POL", "Q"}, {"MASK", "plane"}};
  const auto made = done(plan());
  BOOST_REQUIRE_EQUAL(made.size(), 1U);
  BOOST_TEST((bytes_of(made[0].path) == cut({{"ID", id("a.fits")},
                                             {"CIRCLE", here},
                                             {"POL", "I"},
                                             {"POL", "Q"},
                                             {"MASK", "plane"}})));
}

BOOST_FIXTURE_TEST_CASE(items_of_one_file_are_done_together_in_the_order_of_files, Archive) {
  job.parameters = {{"CIRCLE", here}, {"CIRCLE", "0.2 40.1 0.02"}};
  for (const auto* file : {"c.fits", "a.fits", "b.fits"})
    job.parameters.emplace_back("ID", id(file));
  std::vector<std::int64_t> numbers;
  for (const auto& item : plan().items) numbers.push_back(item.number);
  BOOST_TEST((numbers == std::vector<std::int64_t>{3, 4, 5, 6, 1, 2}));
}

BOOST_FIXTURE_TEST_CASE(one_unknown_identifier_fails_alone_but_not_when_all_are_unknown, Archive) {
  job.parameters = {{"ID", id("no.fits")}, {"ID", id("a.fits")}, {"CIRCLE", here}};
  const auto made = done(plan());
  BOOST_TEST((made.at(0).item.state == Item::State::failed));
  BOOST_TEST(made[0].item.reason.find("no.fits") != std::string::npos);
  BOOST_TEST((made.at(1).item.state == Item::State::done));
  job.parameters = {{"ID", id("no.fits")}};
  BOOST_TEST(refused().find("no.fits") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(limits_are_named, Small) {
  for (int i = 0; i < 3; ++i) {
    job.parameters.emplace_back("CIRCLE", here);
    job.parameters.emplace_back("ID", id("a.fits"));
  }
  BOOST_TEST(refused() ==
             "at most 8 cuts of a job (max_items) are accepted, and the values make more");
  job.parameters.pop_back();
  BOOST_TEST(refused().find("at most 3 results are files of their own (max_separate), and the job "
                            "has 6") != std::string::npos);
  job.parameters.emplace_back("RESPONSEFORMAT", "application/zip");
  BOOST_TEST(plan().package == "cutouts.zip");
  const auto four = sync({{"ID", id("a.fits")},
                          {"ID", id("a.fits")},
                          {"ID", id("a.fits")},
                          {"ID", id("a.fits")},
                          {"RESPONSEFORMAT", "tar"}});
  BOOST_TEST(four.status == 413);
}

BOOST_FIXTURE_TEST_CASE(a_table_is_cut_row_by_row_and_bad_rows_fail_alone, Archive) {
  upload(
      fmt::format("name,RA,Dec,radius,id\n"
                  "good,0.1,40,0.04,{0}\nnan,NaN,40,0.04,{0}\nnone,,40,0.04,{0}\n"
                  "high,0.1,95,0.04,{0}\nsize,0.1,40,,{0}\nlost,0.1,40,0.04,{1}\n"
                  "negative,0.1,40,-1,{0}\nshort\nall,0.1,40,0.04,\naway,90,10,0.04,\n",
                  id("a.fits"), id("no.fits")));
  const auto made = done(plan());
  const std::string expected =
      "done failed failed failed failed failed failed failed done done done empty";
  std::string states;
  for (const auto& one : made) {
    static constexpr std::string_view words[] = {"waiting", "done", "empty", "failed"};
    states +=
        fmt::format("{}{}", states.empty() ? "" : " ", words[static_cast<int>(one.item.state)]);
  }
  BOOST_TEST(states == expected);
  BOOST_TEST((bytes_of(made.at(0).path) == cut({{"ID", id("a.fits")}, {"CIRCLE", here}})));
  BOOST_TEST(made.at(1).item.reason == "row 2: ra is \"NaN\", a number is expected");
  BOOST_TEST(made.at(2).item.reason == "row 3: ra or dec is missing");
  BOOST_TEST(made.at(3).item.reason.starts_with("row 4: dec is 95"));
  BOOST_TEST(made.at(4).item.reason.starts_with("row 5: the row has no radius"));
  BOOST_TEST(made.at(6).item.reason.starts_with("row 7: CIRCLE: "));
  BOOST_TEST(made.at(7).item.reason.starts_with("row 8: "));
  BOOST_TEST(made.at(11).item.reason.find("no image") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_position_alone_is_cut_out_of_all_images_in_the_order_of_time, Archive) {
  upload("ra,dec\n0.1,40\n");
  job.parameters.emplace_back("BOX", "5 5 pixel");
  const std::string box = " BRECT 0.1 40 5 5 pixel";
  const std::string a = "row 1 " + id("a.fits") + box, b = "row 1 " + id("b.fits") + box,
                    c = "row 1 " + id("c.fits") + box;
  auto made = done(plan());
  BOOST_TEST((labels(made) == std::vector<std::string>{c, b, a}));
  BOOST_TEST((bytes_of(made.at(1).path) ==
              cut({{"ID", id("b.fits")}, {"POS", "BRECT 0.1 40 5 5 pixel"}})));
  const auto narrowed = [&](const std::string& name, const std::string& value) {
    job.parameters.emplace_back(name, value);
    auto found = labels(done(plan()));
    job.parameters.pop_back();
    return found;
  };
  BOOST_TEST((narrowed("MAXPERPOS", "2") == std::vector<std::string>{b, a}));
  BOOST_TEST((narrowed("INSTRUMENT", "OLD") == std::vector<std::string>{c}));
  BOOST_TEST((narrowed("TIME", "58050 +Inf") ==
              std::vector<std::string>{b + " 58050 +Inf", a + " 58050 +Inf"}));
  BOOST_TEST((narrowed("COLLECTION", "none").at(0).starts_with("row 1: ")));
  job.parameters.emplace_back("MAXPERPOS", "0");
  BOOST_TEST(refused().starts_with("MAXPERPOS"));
}

BOOST_FIXTURE_TEST_CASE(hostile_tables_are_refused_as_a_whole, Small) {
  const auto refusal = [&](const std::string& table) {
    job.parameters.clear();
    upload(table);
    return refused();
  };
  std::string many = "ra,dec,radius\n";
  for (int i = 0; i < 9; ++i) many += "0.1,40,0.1\n";
  BOOST_TEST(refusal(many).starts_with("UPLOAD: "));
  BOOST_TEST(refusal(many).find("8") != std::string::npos);
  BOOST_TEST(refusal("x,y\n1,2\n") ==
             "UPLOAD: the table has no column \"ra\" and none with the UCD pos.eq.ra;meta.main");
  BOOST_TEST(refusal("ra,dec\n") == "UPLOAD: the table has no rows");
  BOOST_TEST(refusal("").starts_with("UPLOAD: "));
  BOOST_TEST(refusal("<?xml version='1.0'?><!DOCTYPE V [<!ENTITY a 'aaaa'><!ENTITY b "
                     "'&a;&a;&a;'>]><VOTABLE>&b;</VOTABLE>")
                 .starts_with("UPLOAD: "));
  job.parameters = {{"UPLOAD", "t,http://127.0.0.1/t.csv"}};
  BOOST_TEST(refused().find("not public") != std::string::npos);
  job.parameters = {{"UPLOAD", "t,param:p"}, {"CIRCLE", here}};
  BOOST_TEST(refused().find("shapes come from the table") != std::string::npos);
  job.parameters = {{"ID", id("a.fits")}, {"MAXPERPOS", "2"}};
  BOOST_TEST(refused().find("UPLOAD") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_tar_holds_the_bytes_of_every_cut, Archive) {
  job.parameters = {{"ID", id("a.fits")},
                    {"ID", id("no.fits")},
                    {"CIRCLE", here},
                    {"CIRCLE", there},
                    {"RESPONSEFORMAT", "application/x-tar"}};
  auto planned = plan();
  BOOST_TEST(planned.package == "cutouts.tar");
  const auto made = done(std::move(planned));
  const std::string tar = packed(made);
  const std::string first = bytes_of(made.at(0).path);
  BOOST_TEST(tar.size() % 512 == 0U);
  BOOST_TEST((tar.substr(512, first.size()) == first));
  // The next members, behind whole blocks.
  const std::size_t next = 512 + (first.size() + 511) / 512 * 512;
  BOOST_TEST(tar.substr(next, 13) == std::string("cutout-2.txt\0", 13));
  BOOST_TEST(tar.substr(next + 512, 10) == "NoContent:");
  BOOST_TEST(tar.substr(next + 1024, 12) == "cutout-3.txt");
}

BOOST_FIXTURE_TEST_CASE(sync_packs_a_few_cuts, Small) {
  const Parameters asked = {{"ID", id("a.fits")}, {"CIRCLE", here}, {"CIRCLE", there}};
  const auto with = [&](const std::string& format) {
    auto more = asked;
    if (!format.empty()) more.emplace_back("RESPONSEFORMAT", format);
    return sync(more);
  };
  BOOST_TEST(with("").status == 400);
  const std::string single = cut({{"ID", id("a.fits")}, {"CIRCLE", here}});
  auto response = with("application/x-tar");
  BOOST_TEST(response.header("Content-Type") == "application/x-tar");
  const std::string tar = body_of(response);
  BOOST_TEST((tar.substr(512, single.size()) == single));
  // A part of it is the same part.
  auto& body = *std::get<std::unique_ptr<http::Body>>(response.body);
  Collector part;
  body.write(part, 500, 4000);
  BOOST_TEST((part.bytes == tar.substr(500, 4000)));
  BOOST_TEST(sync({{"ID", id("a.fits")}, {"CIRCLE", there}, {"RESPONSEFORMAT", "tar"}}).status ==
             204);
  BOOST_TEST(with("application/zip").status == 400);
}

BOOST_FIXTURE_TEST_CASE(multi_fits_is_the_same_from_sync_and_from_a_job, Archive) {
  job.parameters = {{"ID", id("a.fits")},
                    {"ID", id("b.fits")},
                    {"CIRCLE", here},
                    {"CIRCLE", there},
                    {"RESPONSEFORMAT", "multi-fits"}};
  const auto made = done(plan());
  const std::string file = packed(made);
  auto response = sync(job.parameters);
  BOOST_TEST(response.header("Content-Type") == "application/fits");
  // But for the reasons in the primary, which name results in both: to the byte.
  BOOST_TEST((file == body_of(response)));
  const auto scan = fits::scan(folder / "results/package");
  BOOST_REQUIRE_EQUAL(scan.hdus.size(), 3U);
  BOOST_TEST(scan.hdus[1].extname == "CUTOUT");
  BOOST_TEST(scan.hdus[2].extver == 2);
  BOOST_TEST(scan.hdus[2].header.integer("SODAITEM").value() == 3);
  BOOST_TEST(scan.hdus[2].header.string("SODAID").value() == id("b.fits"));
  const std::string single = bytes_of(made.at(2).path);
  const auto alone = fits::scan(made.at(2).path).hdus.at(0);
  BOOST_TEST((file.substr(static_cast<std::size_t>(scan.hdus[2].data_offset)) ==
              single.substr(static_cast<std::size_t>(alone.data_offset))));
}

BOOST_FIXTURE_TEST_CASE(checksums_of_multi_fits_hold, Archive) {
  scratch::write_file(folder / "data/s.fits",
                      image(58300, "CHECKSUM= '0000000000000000'").replace(0, 0, ""));
  store::Database writer(folder / "a.sqlite", store::Database::Mode::read_write);
  ingest::Options options;
  options.paths = {folder / "data"};
  ingest::ingest(config, writer, options, {});
  job.parameters = {{"ID", id("s.fits")}, {"CIRCLE", here}, {"RESPONSEFORMAT", "multi-fits"}};
  const std::string streamed = cut(job.parameters);
  scratch::write_file(folder / "streamed.fits", streamed);
  const auto hdu = fits::scan(folder / "streamed.fits").hdus.at(1);
  BOOST_TEST(hdu.header.has("CHECKSUM"));
  BOOST_TEST(sum_of(streamed, hdu) == 0xFFFFFFFFU);
}

BOOST_FIXTURE_TEST_CASE(a_table_of_images_has_a_row_for_each_cut, Archive) {
  job.parameters = {{"ID", id("a.fits")},
                    {"ID", id("b.fits")},
                    {"POS", "BRECT 0.1 40 5 3 pixel"},
                    {"CIRCLE", there},
                    {"RESPONSEFORMAT", "fits-table"}};
  const auto made = done(plan());
  const std::string file = packed(made);
  const auto table = fits::scan(folder / "results/package").hdus.at(1);
  BOOST_TEST((table.kind == fits::HduKind::table));
  BOOST_TEST(table.header.integer("NAXIS2").value() == 2);
  BOOST_TEST(table.header.string("TDIM7").value() == "(5,3)");
  const auto pixels = [](const dali::Made& one) {
    const auto hdu = fits::scan(one.path).hdus.at(0);
    return bytes_of(one.path).substr(static_cast<std::size_t>(hdu.data_offset), 15);
  };
  const auto row = static_cast<std::size_t>(table.header.integer("NAXIS1").value());
  const auto at = static_cast<std::size_t>(table.data_offset);
  BOOST_TEST((file.substr(at + row - 15, 15) == pixels(made.at(0))));
  BOOST_TEST((file.substr(at + 2 * row - 15, 15) == pixels(made.at(2))));

  job.parameters[2].second = "BRECT 0.1 40 5 3 pixel";
  job.parameters[3] = {"CIRCLE", "0.1 40 0.043"};  // pixels 46.2 to 54.8
  const auto unequal = done(plan());
  try {
    packed(unequal);
    BOOST_ERROR("not refused");
  } catch (const Failure& failure) {
    BOOST_TEST(std::string(failure.what())
                   .starts_with("RESPONSEFORMAT: a fits-table takes cuts that are alike; the size "
                                "of cutout-2 is 10 x 10, "
                                "of cutout-1 5 x 3"));
  }
}

BOOST_FIXTURE_TEST_CASE(pictures_are_results_too, Archive) {
  job.parameters = {{"ID", id("a.fits")},
                    {"ID", id("b.fits")},
                    {"CIRCLE", here},
                    {"RESPONSEFORMAT", "image/png"}};
  const auto made = done(plan());
  BOOST_TEST(made.at(1).item.media_type == "image/png");
  BOOST_TEST((bytes_of(made.at(1).path) ==
              cut({{"ID", id("b.fits")}, {"CIRCLE", here}, {"RESPONSEFORMAT", "image/png"}})));
}

BOOST_AUTO_TEST_CASE(restricted_data_are_cut_for_who_may_read_them) {
  Archive archive("auth = \"server\"\n[collection.default.constants]\ndata_rights = \"secure\"\n");
  archive.job.parameters = {{"ID", Archive::id("a.fits")}, {"CIRCLE", here}};
  BOOST_TEST(archive.refused().find("not public") != std::string::npos);
  archive.job.owner = "ann";
  BOOST_TEST((archive.done(archive.plan()).at(0).item.state == Item::State::done));
}
