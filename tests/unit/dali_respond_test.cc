#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "base/failure.h"
#include "dali/responder.h"
#include "scratch.h"

using namespace soda::dali;
using soda::Failure;
using soda::FailureKind;
using soda::LogLine;
using soda::http::Request;
using soda::http::Response;

namespace {

constexpr std::array parameters = {
    Parameter{"ID", "char", "*", "", "", "", Repeat::single, "", "", true}};

Response handle(const Context&, const Call& call) {
  const std::string id = call.arguments.one("ID").value_or("");
  if (id == "failure") throw Failure(FailureKind::unavailable, "not now");
  if (id == "bad_alloc") throw std::bad_alloc();
  if (id == "exception") throw std::runtime_error("SELECT secret FROM /etc/passwd");
  return soda::http::text_response(200, "id=" + id + " user=" + std::string(call.user));
}

Service service(std::string_view name, std::string_view methods, ErrorStyle style) {
  Service made{};
  made.name = name;
  made.methods = methods;
  made.parameters = parameters;
  made.errors = style;
  made.handle = handle;
  return made;
}

struct Fixture {
  explicit Fixture(const std::string& settings = "max_fields = 100\nretry_after = 7\n")
      : config(soda::site::Config::parse(settings, "soda.toml")),
        database(std::make_shared<soda::store::Database>(folder / "archive.sqlite",
                                                         soda::store::Database::Mode::read_only)),
        holdings(database),
        notices(*database),
        access(config) {
    soda::store::Database(folder / "archive.sqlite", soda::store::Database::Mode::read_write);
  }

  Response ask(const std::string& path, const std::string& query = {},
               const std::string& method = "GET") {
    request.id = "7-7";
    request.path = path;
    request.query = query;
    request.method = method;
    const Context context{config, holdings, *database, notices, access, "1"};
    return respond(context, services, request, log);
  }
  // A notice, its times in seconds from now.
  void post(const std::string& reason, int from, std::optional<int> until) {
    using std::chrono::seconds;
    const auto now = std::chrono::system_clock::now();
    soda::store::Notice notice{reason, now + seconds(from), {}};
    if (until) notice.until = now + seconds(*until);
    soda::store::Database writer(folder / "archive.sqlite",
                                 soda::store::Database::Mode::read_write);
    writer.transaction([&] { soda::store::post(writer, notice); });
  }
  static std::string text(const Response& response) { return std::get<std::string>(response.body); }

  scratch::Folder folder;
  soda::site::Config config;
  std::shared_ptr<soda::store::Database> database;
  soda::store::Holdings holdings;
  soda::store::NoticeBoard notices;
  soda::site::Access access;
  std::vector<Service> services = {service("sync", "GET HEAD POST", ErrorStyle::text),
                                   service("query", "GET", ErrorStyle::votable)};
  Request request;
  LogLine log{"request"};
};

struct Authenticated : Fixture {
  Authenticated() : Fixture("auth = \"server\"\n") {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(responder, Fixture)

// Several services may share the beginning of their names; the longest name that fits counts.
BOOST_AUTO_TEST_CASE(services_below_a_name) {
  services.push_back(service("tap", "GET", ErrorStyle::text));
  services.push_back(service("tap/sync", "GET", ErrorStyle::votable));
  services.push_back(service("tap/tables", "GET", ErrorStyle::text));
  services.back().resource = [](std::string_view below) {
    if (below == "none") throw Failure(FailureKind::not_found, "no such table");
    return Resource{"GET", parameters};
  };
  services.back().handle = [](const Context&, const Call& call) {
    return soda::http::text_response(200, "below=" + std::string(call.below));
  };
  BOOST_TEST(text(ask("/vo/tap", "ID=a")) == "id=a user=");
  BOOST_TEST(text(ask("/vo/tap/sync", "ID=b")) == "id=b user=");
  BOOST_TEST(text(ask("/vo/tap/tables")) == "below=");
  BOOST_TEST(text(ask("/vo/tap/tables/a.b")) == "below=a.b");
  for (const char* path :
       {"/vo/tap/tables/none", "/vo/tap/other", "/vo/tap/sync/x", "/vo/tapsync", "/vo/tap/"}) {
    BOOST_TEST(ask(path).status == 404, path);
  }
  // TAP 1.1 section 2.3: what it does not know is none of its business.
  BOOST_TEST(ask("/vo/tap/sync", "IDD=a").status == 400);
  services[3].strangers = Strangers::ignored;
  BOOST_TEST(ask("/vo/tap/sync", "IDD=a").status == 200);
}

BOOST_AUTO_TEST_CASE(a_service_answers_at_its_path_only) {
  const Response good = ask("/vo/sync", "ID=a");
  BOOST_TEST(good.status == 200);
  BOOST_TEST(text(good) == "id=a user=");
  BOOST_TEST(good.header("Access-Control-Allow-Origin") == "*");
  for (const char* path : {"", "/", "/vo", "/vo/", "/sync", "/vo/sync/", "/vo/sync/1", "/vo//sync",
                           "/vo/SYNC", "/vo/synchro", "/vo/../vo/sync", "vo/sync"}) {
    BOOST_TEST(ask(path).status == 404, path);
  }
  BOOST_TEST(text(ask("/vo/x\r\n\"")) ==
             "UsageError: there is no service at \"/vo/x\\r\\n\\\"\"\n");
}

BOOST_AUTO_TEST_CASE(methods) {
  BOOST_TEST(ask("/vo/sync", "", "HEAD").status == 200);
  BOOST_TEST(ask("/vo/sync", "", "POST").status == 200);
  for (const char* method : {"PUT", "DELETE", "get", "TRACE", ""}) {
    const Response refused = ask("/vo/sync", "", method);
    BOOST_TEST(refused.status == 405, method);
    BOOST_TEST(refused.header("Allow") == "GET, HEAD, POST, OPTIONS");
  }
  const Response preflight = ask("/vo/query", "", "OPTIONS");
  BOOST_TEST(preflight.status == 204);
  BOOST_TEST(preflight.header("Allow") == "GET, OPTIONS");
  BOOST_TEST(preflight.header("Access-Control-Allow-Methods") == "GET, OPTIONS");
  BOOST_TEST(preflight.header("Access-Control-Allow-Origin") == "*");
  BOOST_TEST(ask("/vo/nothing", "", "OPTIONS").status == 404);
}

BOOST_AUTO_TEST_CASE(out_of_service_is_told_with_the_reason_and_when_to_come_back) {
  post("the disks <are> exchanged", -10, std::nullopt);
  const Response refused = ask("/vo/sync", "ID=a");
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(text(refused) == "ServiceUnavailable: the disks <are> exchanged\n");
  BOOST_TEST(refused.header("Retry-After") == "7");  // nobody knows: the setting
  BOOST_TEST(log.text().find("kind=unavailable") != std::string::npos);
  BOOST_TEST(text(ask("/vo/query")).find("TransientFault: the disks &lt;are&gt; exchanged") !=
             std::string::npos);
  BOOST_TEST(ask("/vo/sync", "", "OPTIONS").status == 204);
  BOOST_TEST(ask("/vo/sync", "", "PUT").status == 405);
  post("short", -10, 1000);
  const std::string left(ask("/vo/sync", "ID=a").header("Retry-After"));
  BOOST_TEST((left == "999" || left == "1000"), left);
  services[0].hours = soda::dali::Hours::always;
  BOOST_TEST(ask("/vo/sync", "ID=a").status == 200);
}

BOOST_AUTO_TEST_CASE(what_is_to_come_or_over_closes_nothing) {
  post("to come", 1000, 2000);
  BOOST_TEST(ask("/vo/sync", "ID=a").status == 200);
  post("over", -1000, -1);
  BOOST_TEST(ask("/vo/sync", "ID=a").status == 200);
}

BOOST_AUTO_TEST_CASE(failures_are_answered_and_logged_with_the_same_sentence) {
  const Response refused = ask("/vo/sync", "ID=failure");
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.header("Retry-After") == "7");
  BOOST_TEST(text(refused) == "ServiceUnavailable: not now\n");
  BOOST_TEST(log.text().find("service=sync") != std::string::npos);
  BOOST_TEST(log.text().find("kind=unavailable") != std::string::npos);
  BOOST_TEST(log.text().find("error=\"not now\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(other_exceptions_are_told_to_the_log_only) {
  for (const char* id : {"exception", "bad_alloc"}) {
    const Response refused = ask("/vo/sync", std::string("ID=") + id);
    BOOST_TEST(refused.status == 500);
    BOOST_TEST(text(refused) == "Error: internal error (id 7-7)\n");
  }
  BOOST_TEST(log.text().find("exception=\"SELECT secret FROM /etc/passwd\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(errors_have_the_style_of_the_service) {
  const Response refused = ask("/vo/query", "ID=1&ID=2");
  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.header("Content-Type") == "application/x-votable+xml");
  BOOST_TEST(text(refused).find("UsageFault: ID: one value is supported, received 2") !=
             std::string::npos);
  BOOST_TEST(text(ask("/vo/sync", "ID=1&ID=2")).starts_with("MultiValuedParamNotSupported: ID"));
}

BOOST_AUTO_TEST_CASE(what_the_request_itself_can_get_wrong) {
  BOOST_TEST(ask("/vo/sync", std::string((1 << 20) + 1, 'x')).status == 414);
  BOOST_TEST(ask("/vo/sync", "ID=" + std::string((1 << 20) - 3, 'x')).status == 200);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "a=1&";
  BOOST_TEST(ask("/vo/sync", many).status == 400);
  BOOST_TEST(ask("/vo/sync", "ID=%FF").status == 400);
  request.defect = Failure(FailureKind::too_large, "a large body");
  const Response large = ask("/vo/sync", "", "POST");
  BOOST_TEST(large.status == 413);
  BOOST_TEST(text(large) == "UsageError: a large body\n");
  request.defect.reset();
  request.conflicts = {"SCRIPT_NAME"};
  const Response conflict = ask("/vo/sync");
  BOOST_TEST(conflict.status == 500);
  BOOST_TEST(text(conflict).find("SCRIPT_NAME") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ignored_parameters_are_listed) {
  BOOST_TEST(ask("/vo/sync", "ID=1").header("X-Ignored-Params").empty());
  BOOST_TEST(ask("/vo/sync", "foo=1&b%0D%0Aar=2").header("X-Ignored-Params") == "foo, b\\r\\nar");
  std::string many;
  for (int i = 0; i < 99; ++i) many += std::string(45, 'y') + std::to_string(i) + "&";
  BOOST_TEST(ask("/vo/sync", many).header("X-Ignored-Params").size() < 1100u);
}

BOOST_AUTO_TEST_CASE(run_ids_are_logged) {
  ask("/vo/sync", "RUNID=night-7");
  BOOST_TEST(log.text().find("runid=night-7") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_that_nobody_has_verified_is_not_believed) {
  request.environment.emplace("REMOTE_USER", "eve");
  const Response response = ask("/vo/sync");
  BOOST_TEST(text(response) == "id= user=");
  BOOST_TEST(response.header("X-VO-Authenticated").empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(the_servers_user_is_believed_when_the_site_says_so, Authenticated) {
  BOOST_TEST(ask("/vo/sync").header("X-VO-Authenticated").empty());
  request.environment.emplace("REMOTE_USER", "alice");
  const Response response = ask("/vo/sync");
  BOOST_TEST(text(response) == "id= user=alice");
  BOOST_TEST(response.header("X-VO-Authenticated") == "alice");
}

BOOST_AUTO_TEST_CASE(programs_refuse_wrong_options_and_settings) {
  const scratch::Folder folder;
  const std::string bad = folder / "bad.toml", good = folder / "good.toml";
  scratch::write_file(bad, "max_vertices = 1\n");
  scratch::write_file(good, "database = \"" + (folder / "absent.sqlite") + "\"\n");
  const Program program{"test", "tests", [](const Context&) { return std::vector<Service>(); }};
  const auto status = [&program](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "test");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    return run(static_cast<int>(pointers.size()), pointers.data(), program);
  };
  BOOST_TEST(status({"--version"}) == 0);
  BOOST_TEST(status({"--help"}) == 0);
  BOOST_TEST(status({"--check", "--config", good}) == 0);
  BOOST_TEST(status({"--config=" + good, "--check"}) == 0);
  BOOST_TEST(status({"--check", "--config", bad}) == 2);
  BOOST_TEST(status({"--check", "--config", folder / "absent.toml"}) == 2);
  BOOST_TEST(status({"--config", good, "--bind", "nonsense"}) == 2);
  BOOST_TEST(status({"--config"}) == 2);
  BOOST_TEST(status({"--nosuch"}) == 2);
  BOOST_TEST(status({"extra"}) == 2);
}
