#define BOOST_TEST_MODULE vosi
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "base/failure.h"
#include "base/handle.h"
#include "base/time.h"
#include "dali/responder.h"
#include "scratch.h"
#include "vosi/availability.h"
#include "vosi/service.h"
#include "vosi/tables.h"

using namespace soda;
using dali::Context;
using dali::Service;

namespace {

constexpr std::array parameters = {
    dali::Parameter{"ID", "char", "*", "", "", "meta.id;meta.dataset", dali::Repeat::single, "",
                    "The data set.", true},
    dali::Parameter{"CIRCLE", "double", "3", "circle", "deg", "pos.outline;obs", dali::Repeat::list,
                    "", "", true},
    dali::Parameter{"PIXELS", "char", "*", "", "", "", dali::Repeat::single, "", "A & B", true},
    dali::Parameter{"RUNID", "char", "*", "", "", "", dali::Repeat::single, "", "", false}};

Service sync_row() {
  Service row{};
  row.name = "sync";
  row.standard_id = "ivo://ivoa.net/std/SODA#sync-1.0";
  row.interface_type = "vs:ParamHTTP";
  row.interface_version = "1.0";
  row.access_use = "full";
  row.methods = "GET HEAD POST";
  row.result_type = "application/fits";
  row.parameters = parameters;
  return row;
}

std::vector<vosi::Example> two_examples(const Context&) {
  const std::string sync = "ivo://ivoa.net/std/SODA#sync-1.0";
  return {
      {"cut1", "A <small> cut", "Why & how", sync, {{"ID", "ivo://x/y?a&b"}, {"CIRCLE", "1 2 .5"}}},
      {"cut2", "Another", "", "ivo://elsewhere", {}}};
}

// XPath over a document, with the prefixes of the schemas.
class Document {
 public:
  explicit Document(const std::string& text)
      : document_(xmlReadMemory(text.data(), static_cast<int>(text.size()), "x.xml", nullptr,
                                XML_PARSE_NONET)) {
    BOOST_REQUIRE(document_ != nullptr);
    context_.reset(xmlXPathNewContext(document_.get()));
    const std::pair<const char*, const char*> spaces[] = {
        {"cap", "http://www.ivoa.net/xml/VOSICapabilities/v1.0"},
        {"tab", "http://www.ivoa.net/xml/VOSITables/v1.0"},
        {"av", "http://www.ivoa.net/xml/VOSIAvailability/v1.0"},
        {"xsi", "http://www.w3.org/2001/XMLSchema-instance"},
        {"h", "http://www.w3.org/1999/xhtml"}};
    for (const auto& [prefix, uri] : spaces) {
      xmlXPathRegisterNs(context_.get(), reinterpret_cast<const xmlChar*>(prefix),
                         reinterpret_cast<const xmlChar*>(uri));
    }
  }
  std::string text(const std::string& path) const {
    const auto found = evaluated("string(" + path + ")");
    return reinterpret_cast<const char*>(found->stringval);
  }
  int count(const std::string& path) const {
    return static_cast<int>(evaluated("count(" + path + ")")->floatval);
  }

 private:
  Handle<xmlXPathObject, xmlXPathFreeObject> evaluated(const std::string& expression) const {
    Handle<xmlXPathObject, xmlXPathFreeObject> found(xmlXPathEvalExpression(
        reinterpret_cast<const xmlChar*>(expression.c_str()), context_.get()));
    BOOST_REQUIRE(found != nullptr);
    return found;
  }

  Handle<xmlDoc, xmlFreeDoc> document_;
  Handle<xmlXPathContext, xmlXPathFreeContext> context_;
};

struct Fixture {
  Fixture() {
    std::filesystem::create_directory(folder / "root");
    config = std::make_unique<site::Config>(site::Config::parse(
        "base_url = \"https://example.org/vo/\"\ntitle = \"Plates & co\"\n[data_roots]\nmain = \"" +
            (folder / "root") + "\"\n",
        "soda.toml"));
    services.push_back(sync_row());
    for (Service& row : vosi::services({}, {sync_row()}, two_examples))
      services.push_back(std::move(row));
  }

  http::Response ask(const std::string& name, const std::string& method = "GET") {
    const Context context{*config, holdings, *database, notices, access, "1"};
    http::Request request;
    request.path = "/vo/" + name;
    request.method = method;
    LogLine log("request");
    return respond(context, services, request, log);
  }
  static std::string text(const http::Response& response) {
    return std::get<std::string>(response.body);
  }
  void make_store() { store::Database(path, store::Database::Mode::read_write); }

  scratch::Folder folder;
  std::string path = folder / "archive.sqlite";
  std::unique_ptr<site::Config> config;
  std::shared_ptr<store::Database> database =
      std::make_shared<store::Database>(path, store::Database::Mode::read_only);
  store::Holdings holdings{database};
  store::NoticeBoard notices{*database};
  site::Access access{site::Config::load("")};
  std::vector<Service> services;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(documents, Fixture)

BOOST_AUTO_TEST_CASE(capabilities_lists_every_service) {
  const http::Response response = ask("capabilities");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.header("Content-Type") == "text/xml");
  BOOST_TEST(response.header("Last-Modified").ends_with(" GMT"));
  const Document document(text(response));
  // Only the root is in VOSI's namespace (VOSI 1.1; form="unqualified").
  BOOST_TEST(document.count("/cap:capabilities/capability") == 4);
  const std::string sync =
      "/cap:capabilities/capability[@standardID='ivo://ivoa.net/std/SODA#sync-1.0']/interface";
  BOOST_TEST(document.text(sync + "/@xsi:type") == "vs:ParamHTTP");
  BOOST_TEST(document.text(sync + "/@role") == "std");
  BOOST_TEST(document.text(sync + "/@version") == "1.0");
  BOOST_TEST(document.text(sync + "/accessURL[@use='full']") == "https://example.org/vo/sync");
  BOOST_TEST(document.count(sync + "/queryType") == 2);
  BOOST_TEST(document.text(sync + "/resultType") == "application/fits");
  BOOST_TEST(document.count(sync + "/param") == 3);
  BOOST_TEST(document.text(sync + "/param[name='CIRCLE']/dataType") == "real");
  BOOST_TEST(document.text(sync + "/param[name='CIRCLE']/dataType/@arraysize") == "3");
  BOOST_TEST(document.text(sync + "/param[name='CIRCLE']/@std") == "true");
  BOOST_TEST(document.text(sync + "/param[name='PIXELS']/@std") == "false");
  BOOST_TEST(document.text(sync + "/param[name='ID']/dataType") == "string");
  for (const char* name : {"VOSI#capabilities", "VOSI#availability", "DALI#examples"}) {
    const std::string own =
        "/cap:capabilities/capability[@standardID='ivo://ivoa.net/std/" + std::string(name) + "']";
    BOOST_TEST(document.text(own + "/interface/accessURL[@use='full']") ==
               "https://example.org/vo/" + std::string(name).substr(5));
  }
  BOOST_TEST(document.count("//securityMethod") == 0);
}

BOOST_AUTO_TEST_CASE(methods_of_the_documents) {
  for (const char* name : {"capabilities", "availability", "examples"}) {
    BOOST_TEST(ask(name, "HEAD").status == 200);
    const http::Response posted = ask(name, "POST");
    BOOST_TEST(posted.status == 405);
    BOOST_TEST(posted.header("Allow") == "GET, HEAD, OPTIONS");
  }
}

BOOST_AUTO_TEST_CASE(availability_follows_the_store_and_the_roots) {
  const auto available = [this] {
    return Document(text(ask("availability"))).text("/av:availability/av:available");
  };
  BOOST_TEST(available() == "false");  // no store yet
  make_store();
  BOOST_TEST(available() == "true");
  const Document good(text(ask("availability")));
  BOOST_TEST(good.text("/av:availability/av:upSince").size() ==
             std::string("2026-01-02T03:04:05Z").size());
  BOOST_TEST(good.text("/av:availability/av:note") == "the archive holds nothing yet");
  std::filesystem::remove(folder / "root");
  BOOST_TEST(available() == "false");
  const std::string text_now = text(ask("availability"));
  BOOST_TEST(
      Document(text_now).count("/av:availability/av:note[.='the data root main is missing']") == 1);
  BOOST_TEST(text_now.find(folder.path()) == std::string::npos);
  std::filesystem::create_directory(folder / "root");
  BOOST_TEST(available() == "true");
  std::filesystem::remove(path);
  scratch::write_file(path, std::string(10000, 'x'));
  BOOST_TEST(available() == "false");
  BOOST_TEST(ask("availability").status == 200);
}

BOOST_AUTO_TEST_CASE(availability_tells_the_notice) {
  make_store();
  const auto at = [](std::int64_t second) {
    return std::chrono::system_clock::time_point(std::chrono::seconds(second));
  };
  const auto told = [&](const store::Notice& notice) {
    store::Database writer(path, store::Database::Mode::read_write);
    writer.transaction([&] { store::post(writer, notice); });
    return Document(text(ask("availability")));
  };
  const std::string root = "/av:availability/av:";
  // In effect, with an end (2199-01-01T00:00:00Z by date(1)).
  const Document closed = told({"a <new> disk", at(784111777), at(7226582400)});
  BOOST_TEST(closed.text(root + "available") == "false");
  BOOST_TEST(closed.count(root + "upSince") == 0);
  BOOST_TEST(closed.count(root + "downAt") == 0);
  BOOST_TEST(closed.text(root + "backAt") == "2199-01-01T00:00:00Z");
  BOOST_TEST(closed.text(root + "note") == "a <new> disk");
  BOOST_TEST(told({"r", at(784111777), {}}).count(root + "backAt") == 0);
  BOOST_TEST(ask("sync").status == 503);
  for (const char* name : {"capabilities", "availability", "examples"})
    BOOST_TEST(ask(name).status == 200, name);
  // To come.
  const Document planned = told({"a move", at(7226582400), at(7226582460)});
  BOOST_TEST(planned.text(root + "available") == "true");
  BOOST_TEST(planned.count(root + "upSince") == 1);
  BOOST_TEST(planned.text(root + "downAt") == "2199-01-01T00:00:00Z");
  BOOST_TEST(planned.text(root + "backAt") == "2199-01-01T00:01:00Z");
  BOOST_TEST(planned.text(root + "note") == "a move");
  // Over, later than this program started: up since then.
  const auto now = std::chrono::system_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto end = now + std::chrono::seconds(1);
  const Document over = told({"r", at(784111777), end});
  BOOST_TEST(over.text(root + "available") == "true");
  BOOST_TEST(over.text(root + "upSince") == iso8601_utc(end));
  BOOST_TEST(over.count(root + "downAt") + over.count(root + "backAt") == 0);
}

BOOST_AUTO_TEST_CASE(a_disk_is_short_below_a_hundredth_or_100_MB) {
  constexpr std::uintmax_t mega = 1'000'000, tera = mega * mega;
  BOOST_TEST(!vosi::shortage("cache", 100 * mega, mega * 1000));
  BOOST_TEST(*vosi::shortage("cache", 100 * mega - 1, mega * 1000) ==
             "the disk of the cache is nearly full: 99 MB are free");
  BOOST_TEST(!vosi::shortage("data base", tera / 100, tera));
  BOOST_TEST(vosi::shortage("data base", tera / 100 - 1, tera).has_value());
  BOOST_TEST(vosi::shortage("data base", 0, 0).has_value());
}

BOOST_AUTO_TEST_CASE(tables_tell_names_or_columns) {
  Column region;
  region.name = "s_region";
  region.datatype = "char";
  region.arraysize = "*";
  region.xtype = "adql:REGION";
  region.ucd = "pos.outline;obs.field";
  region.description = "A & B";
  Column fov;
  fov.name = "s_fov";
  fov.datatype = "double";
  fov.unit = "deg";
  const vosi::Table table{"ivoa",
                          "ivoa.obscore",
                          "view",
                          "Data",
                          "ivo://std/t<able",
                          {{region, true, true}, {fov, false, false}},
                          {{"ivoa.other", {{"s_fov", "fov"}}, "", ""}}};
  const vosi::Table other{"tap_schema", "tap_schema.tables", "", "", "", {}};
  services.push_back(vosi::tables_service("tables", [&](const Context&) {
    return vosi::TableSet{{{"ivoa", "", ""}, {"tap_schema", "Itself", ""}}, {table, other, table}};
  }));
  const http::Response response = ask("tables");
  BOOST_TEST(response.header("Content-Type") == "text/xml");
  const Document full(text(response));
  BOOST_TEST(full.count("/tab:tableset/schema") == 2);
  const std::string first = "/tab:tableset/schema[name='ivoa']/table[1]";
  BOOST_TEST(full.count("/tab:tableset/schema[name='ivoa']/table") == 2);
  BOOST_TEST(full.text(first + "/@type") == "view");
  BOOST_TEST(full.text(first + "/name") == "ivoa.obscore");
  BOOST_TEST(full.text(first + "/utype") == "ivo://std/t<able");
  const std::string outline = first + "/column[@std='true'][name='s_region']";
  BOOST_TEST(full.text(outline + "/dataType[@xsi:type='vs:VOTableType'][@arraysize='*']") ==
             "char");
  BOOST_TEST(full.text(outline + "/dataType/@extendedType") == "adql:REGION");
  BOOST_TEST(full.text(outline + "/flag") == "indexed");
  BOOST_TEST(full.text(first + "/column[@std='false'][name='s_fov']/unit") == "deg");
  BOOST_TEST(full.count(first + "/column[name='s_fov'][flag or ucd or utype or description]") == 0);
  BOOST_TEST(full.text(first + "/foreignKey[targetTable='ivoa.other']/fkColumn[fromColumn='s_fov']"
                               "/targetColumn") == "fov");
  BOOST_TEST(full.text("//schema[name='tap_schema']/description") == "Itself");
  const Document below(text(ask("tables/IVOA.obscore")));
  BOOST_TEST(below.text("/tab:table/name") == "ivoa.obscore");
  BOOST_TEST(ask("tables/ivoa.none").status == 404);
  const Document brief(vosi::tables_document({{{"ivoa", "", ""}}, {table}}, vosi::Detail::minimal));
  BOOST_TEST(brief.text(first + "/description") == "Data");
  BOOST_TEST(brief.count("//column") == 0);
  const Document single(vosi::table_document(table));
  BOOST_TEST(single.count("/tab:table[@type='view']/column") == 2);
  BOOST_TEST(Document(vosi::tables_document({}, vosi::Detail::full)).count("//schema") == 1);
}

BOOST_AUTO_TEST_CASE(examples_are_rdfa) {
  const http::Response response = ask("examples");
  BOOST_TEST(response.header("Content-Type") == "application/xhtml+xml");
  const Document page(text(response));
  BOOST_TEST(page.text("/h:html/h:head/h:title") == "Plates & co: examples");
  BOOST_TEST(page.count("//*[@vocab]") == 1);
  const std::string first =
      "//*[@vocab='http://www.ivoa.net/rdf/examples#']//*[@typeof='example'][@id='cut1']";
  BOOST_TEST(page.text(first + "/@resource") == "#cut1");
  BOOST_TEST(page.count(first + "//*[@property='name']") == 1);
  BOOST_TEST(page.text(first + "//*[@property='name']") == "A <small> cut");
  BOOST_TEST(page.text(first + "//*[@property='capability']") ==
             "ivo://ivoa.net/std/SODA#sync-1.0");
  const std::string pairs = first + "//*[@property='generic-parameter'][@typeof='keyval']";
  BOOST_TEST(page.count(pairs) == 2);
  BOOST_TEST(page.text(pairs + "[*[@property='key']='CIRCLE']/*[@property='value']") == "1 2 .5");
  BOOST_TEST(page.text(pairs + "[*[@property='key']='ID']/*[@property='value']") ==
             "ivo://x/y?a&b");
  BOOST_TEST(page.text(first + "//h:a/@href") ==
             "https://example.org/vo/sync?ID=ivo%3A%2F%2Fx%2Fy%3Fa%26b&CIRCLE=1%202%20.5");
  BOOST_TEST(page.count("//h:a[@property]") == 0);
  BOOST_TEST(page.count("//*[@typeof='example']") == 2);
  BOOST_TEST(page.count("//*[@id='cut2']//h:a") == 0);  // no service of ours
}

BOOST_AUTO_TEST_CASE(a_page_without_examples_says_so) {
  const Document page(vosi::examples_document("t", "http://x", {}, {}));
  BOOST_TEST(page.text("//h:p") == "The archive holds nothing yet.");
}

BOOST_AUTO_TEST_SUITE_END()
