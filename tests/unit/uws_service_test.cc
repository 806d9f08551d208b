#define BOOST_TEST_MODULE uws_service
#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/failure.h"
#include "dali/responder.h"
#include "dali/work.h"
#include "scratch.h"
#include "store/queue.h"
#include "uws/document.h"
#include "uws/phase.h"
#include "uws/service.h"

using namespace soda;
using namespace soda::uws;
using http::Response;
using store::Job;
using store::Phase;

namespace {

constexpr std::array parameters = {
    dali::Parameter{"ID", "char", "*", "", "", "", dali::Repeat::list, "", "", true},
    dali::Parameter{"MODE", "char", "*", "", "", "", dali::Repeat::single, "", "", true},
    dali::Parameter{"UPLOAD", "char", "*", "", "", "", dali::Repeat::list, "", "", false}};

// A job must have an ID when it is to run, and no ID may be "bad".
class Work final : public dali::Work {
 public:
  void check(const dali::Context&, const Job& job) override {
    bool has_id = false;
    for (const auto& [name, value] : job.parameters) {
      has_id = has_id || name == "ID";
      if (value == "bad") throw Failure(FailureKind::usage, "ID: bad", "ID");
    }
    if (job.phase == Phase::queued && !has_id) {
      throw Failure(FailureKind::usage, "ID: a value is expected", "ID");
    }
  }
  dali::Plan plan(const dali::Context&, const Job&) override { return {}; }
  store::Item run(const dali::Context&, const Job&, const store::Item& item, http::Sink&) override {
    return item;
  }
  std::string pack(const dali::Context&, const Job&, std::span<const dali::Made>,
                   const std::string&) override {
    return {};
  }
};

// Bytes of a body that is made while it is sent.
std::string sent(const Response& response, std::int64_t first, std::int64_t count) {
  class Collector final : public http::Sink {
   public:
    std::string bytes;
    void write(std::span<const iovec> pieces) override {
      for (const iovec& piece : pieces)
        bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
  } collector;
  std::get<std::unique_ptr<http::Body>>(response.body)->write(collector, first, count);
  return collector.bytes;
}

struct Fixture {
  Fixture()
      : config(site::Config::parse("base_url = \"http://h/vo\"\nauth = \"server\"\n"
                                   "jobs_database = \"" +
                                       (folder / "jobs.sqlite") + "\"\nresults_folder = \"" +
                                       (folder / "results") +
                                       "\"\njob_lifetime_limit = 864000\nwait_limit = 50\n",
                                   "soda.toml")),
        database(std::make_shared<store::Database>(folder / "archive.sqlite",
                                                   store::Database::Mode::read_only)),
        holdings(database),
        notices(*database),
        access(config),
        context{config, holdings, *database, notices, access, "1"},
        services{jobs_service(context, {"async", "ivo://ivoa.net/std/SODA#async-1.0", parameters,
                                        std::make_shared<Work>()})},
        jobs(folder / "jobs.sqlite") {
    store::Database(folder / "archive.sqlite", store::Database::Mode::read_write);
  }

  Response ask(const std::string& method, const std::string& below, const std::string& text = {}) {
    request = http::Request();
    request.id = "7-7";
    request.path = "/vo/async" + below;
    request.method = method;
    request.environment["REMOTE_ADDR"] = "192.0.2.1";
    if (!user.empty()) request.environment["REMOTE_USER"] = user;
    if (!accept.empty()) request.environment["HTTP_ACCEPT"] = accept;
    if (method != "POST") {
      request.query = text;
    } else {
      request.content_type = content_type;
      request.body = text;
    }
    return dali::respond(context, services, request, log);
  }
  Response get(const std::string& below, const std::string& query = {}) {
    return ask("GET", below, query);
  }
  Response post(const std::string& below, const std::string& body = {}) {
    return ask("POST", below, body);
  }
  static std::string text(const Response& response) { return std::get<std::string>(response.body); }
  // "404 UsageError: …"
  static std::string said(const Response& response) {
    return std::to_string(response.status) + " " + text(response);
  }
  std::string created(const std::string& body = {}) {
    const Response response = post("", body);
    BOOST_REQUIRE(response.status == 303);
    const std::string location(response.header("Location"));
    BOOST_REQUIRE(location.starts_with("http://h/vo/async/"));
    return location.substr(17);  // "/ID"
  }
  Phase phase(const std::string& job) { return jobs.find(job.substr(1)).value().phase; }

  scratch::Folder folder;
  site::Config config;
  std::shared_ptr<store::Database> database;
  store::Holdings holdings;
  store::NoticeBoard notices;
  site::Access access;
  dali::Context context;
  std::vector<dali::Service> services;
  store::Jobs jobs;  // as another process has them
  http::Request request;
  LogLine log{"request"};
  std::string user, accept, content_type = "application/x-www-form-urlencoded";
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// UWS 1.1 section 2.1.3, figure 2.
BOOST_AUTO_TEST_CASE(orders_and_phases) {
  using enum Phase;
  const std::string impossible = "-";
  const auto after = [&](Phase phase, Order order) {
    try {
      return std::string(store::phase_word(obeyed(phase, order)));
    } catch (const Failure& failure) {
      BOOST_TEST((failure.kind() == FailureKind::wrong_state));
      return impossible;
    }
  };
  const struct {
    Phase phase;
    const char *run, *abort;
    bool active;
  } rows[] = {
      {pending, "QUEUED", "ABORTED", true},
      {queued, "QUEUED", "ABORTED", true},
      {executing, "EXECUTING", "ABORTED", true},
      {completed, "-", "-", false},
      {error, "-", "-", false},
      {aborted, "-", "ABORTED", false},
      {held, "QUEUED", "ABORTED", false},
      {suspended, "SUSPENDED", "ABORTED", false},
      {archived, "-", "-", false},
  };
  for (const auto& row : rows) {
    BOOST_TEST(after(row.phase, Order::run) == row.run);
    BOOST_TEST(after(row.phase, Order::abort) == row.abort);
    BOOST_TEST(is_active(row.phase) == row.active);
  }
  for (const char* word : {"", "run", "STOP", "RUN "}) BOOST_TEST(!order_of(word).has_value());
}

BOOST_AUTO_TEST_CASE(times_have_milliseconds_and_a_zone) {
  const auto time = store::Job::Time(std::chrono::milliseconds(1'772'359'200'045));
  BOOST_TEST(utc_text(time) == "2026-03-01T10:00:00.045Z");
  for (const char* text : {"2026-03-01T10:00:00.045Z", "2026-03-01T10:00:00.045"}) {
    BOOST_TEST((utc_from_text(text) == time));
  }
  BOOST_TEST((utc_from_text("2026-03-01") == time - std::chrono::milliseconds(36'000'045)));
  BOOST_TEST((utc_from_text("2999-01-01T00:00:00Z") > utc_from_text("2239-01-01")));
  for (const char* text : {"", "now", "1850-01-01", "2026-13-01", "2026-03-01T10:00:00+01:00"}) {
    BOOST_TEST(!utc_from_text(text).has_value(), text);
  }
}

BOOST_FIXTURE_TEST_SUITE(tree, Fixture)

BOOST_AUTO_TEST_CASE(a_job_is_made_changed_and_run) {
  const std::string job = created("id=a&RUNID=mine&unknown=1");
  BOOST_TEST((phase(job) == Phase::pending));
  BOOST_TEST(text(get(job + "/phase")) == "PENDING");
  BOOST_TEST(text(get(job + "/quote")).empty());
  BOOST_TEST(text(get(job + "/owner")).empty());
  BOOST_TEST(text(get(job + "/executionduration")) == "14400");
  Response response = post(job + "/parameters", "ID=b%3Cc&Mode=one&RUNID=other");
  BOOST_TEST(response.status == 303);
  BOOST_TEST(response.header("Location") == "http://h/vo/async" + job);
  BOOST_TEST(post(job + "/parameters", "MODE=two").status == 303);
  const std::string document = text(get(job + "/parameters"));
  for (const char* const part :
       {"<uws:parameter id=\"ID\">a</uws:parameter>", "<uws:parameter id=\"ID\">b&lt;c</",
        "<uws:parameter id=\"MODE\">two</"}) {
    BOOST_TEST(has(document, part), part << " in " << document);
  }
  BOOST_TEST(!has(document, ">one<"));
  BOOST_TEST(!has(document, "unknown"));
  BOOST_TEST(text(get(job + "/parameters/ID")) == "a\nb<c\n");
  BOOST_TEST(get(job + "/parameters/none").status == 404);
  BOOST_TEST(has(text(get(job)), "<uws:runId>other</uws:runId>"));
  BOOST_TEST(post(job + "/phase", "PHASE=RUN").status == 303);
  BOOST_TEST((phase(job) == Phase::queued));
  // A client that lost the answer asks again.
  BOOST_TEST(post(job + "/phase", "PHASE=RUN").status == 303);
  BOOST_TEST(said(post(job + "/parameters", "ID=c")) ==
             "403 UsageError: parameters may be changed while the job is PENDING, it is QUEUED\n");
  BOOST_TEST(post(job + "/phase", "PHASE=ABORT").status == 303);
  BOOST_TEST((phase(job) == Phase::aborted));
  BOOST_TEST(said(post(job + "/phase", "PHASE=RUN")) ==
             "403 UsageError: PHASE: RUN is not possible any more, the job is ABORTED\n");
  BOOST_TEST(post(job + "/executionduration", "EXECUTIONDURATION=9").status == 403);
  BOOST_TEST(get(job + "/error").status == 404);
}

BOOST_AUTO_TEST_CASE(a_job_may_be_started_while_it_is_made) {
  BOOST_TEST((phase(created("ID=a&PHASE=RUN")) == Phase::queued));
  request.query.clear();
  BOOST_TEST(said(post("", "ID=a&PHASE=ABORT"))
                 .starts_with("400 UsageError: PHASE: of a new job RUN is expected"));
  BOOST_TEST(said(post("", "PHASE=RUN")) == "400 UsageError: ID: a value is expected\n");
  BOOST_TEST(said(post("", "ID=bad")) == "400 UsageError: ID: bad\n");
  // Not yet complete, and refused when it is to run.
  const std::string job = created();
  BOOST_TEST(post(job + "/phase", "PHASE=RUN").status == 400);
  BOOST_TEST((phase(job) == Phase::pending));
  BOOST_TEST(post(job + "/parameters", "ID=bad").status == 400);
  BOOST_TEST(jobs.find(job.substr(1))->parameters.empty());
  BOOST_TEST(jobs.find(job.substr(1))->client == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(limits_of_time_are_the_sites) {
  const std::string job = created("ID=a&EXECUTIONDURATION=60&DESTRUCTION=2099-01-01");
  const Job::Time latest = jobs.find(job.substr(1))->created + std::chrono::seconds(864'000);
  const auto destruction = [&] { return *jobs.find(job.substr(1))->destruction; };
  BOOST_TEST((destruction() <= latest && destruction() > latest - std::chrono::seconds(2)));
  BOOST_TEST(text(get(job + "/executionduration")) == "60");
  BOOST_TEST(post(job + "/executionduration", "EXECUTIONDURATION=999999999").status == 303);
  BOOST_TEST(text(get(job + "/executionduration")) == "86400");
  BOOST_TEST(post(job + "/executionduration", "EXECUTIONDURATION=0").status == 303);
  BOOST_TEST(text(get(job + "/executionduration")) == "86400");
  BOOST_TEST(post(job + "/destruction", "DESTRUCTION=2026-03-01T10:00:00.5Z").status == 303);
  BOOST_TEST(text(get(job + "/destruction")) == "2026-03-01T10:00:00.500Z");
  BOOST_TEST(has(text(get(job)), "<uws:destruction>2026-03-01T10:00:00.500Z<"));
  for (const char* body : {"EXECUTIONDURATION=-1", "EXECUTIONDURATION=x", ""}) {
    BOOST_TEST(post(job + "/executionduration", body).status == 400, body);
  }
  for (const char* body : {"DESTRUCTION=soon", "DESTRUCTION=1e9", ""}) {
    BOOST_TEST(post(job + "/destruction", body).status == 400, body);
  }
}

BOOST_AUTO_TEST_CASE(a_job_is_destroyed) {
  for (const char* const way : {"POST", "DELETE"}) {
    const std::string job = created();
    const Response response = ask(way, job, "ACTION=DELETE");
    BOOST_TEST(response.status == 303);
    BOOST_TEST(response.header("Location") == "http://h/vo/async");
    for (const char* child : {"", "/phase", "/results", "/results/x", "/error"}) {
      BOOST_TEST(get(job + child).status == 404);
    }
    BOOST_TEST(ask("DELETE", job).status == 404);
    BOOST_TEST(post(job + "/phase", "PHASE=RUN").status == 404);
  }
}

// DALI 1.1 section 2.2.
BOOST_AUTO_TEST_CASE(a_job_takes_no_parameters_itself) {
  const std::string job = created();
  BOOST_TEST(said(post(job, "ID=x")).starts_with("400 UsageError: ACTION: DELETE is expected"));
  BOOST_TEST(post(job, "ACTION=delete").status == 400);
  BOOST_TEST(jobs.find(job.substr(1))->parameters.empty());
}

BOOST_AUTO_TEST_CASE(only_what_the_standard_names_is_there) {
  const std::string job = created();
  for (const std::string& below :
       {std::string("/nobody"), std::string("/nobody/phase"), job + "/unknown", job + "/phase/x",
        job + "//", job + "/results/a/b", std::string("//"), job + "/results/..%2f"}) {
    BOOST_TEST(get(below).status == 404, below);
  }
  BOOST_TEST(get("/").status == 200);
  BOOST_TEST(get(job + "/").status == 200);
  const std::pair<const char*, const char*> rows[] = {{"", "GET, HEAD, POST, OPTIONS"},
                                                      {"/phase", "GET, HEAD, POST, OPTIONS"},
                                                      {"/quote", "GET, HEAD, OPTIONS"},
                                                      {"/results", "GET, HEAD, OPTIONS"}};
  for (const auto& [child, allowed] : rows) {
    for (const char* method : {"PUT", "PATCH", "TRACE"}) {
      const Response refused = ask(method, *child == '\0' ? "" : job + child);
      BOOST_TEST(refused.status == 405);
      BOOST_TEST(refused.header("Allow") == allowed);
    }
  }
  BOOST_TEST(ask("DELETE", job + "/phase").status == 405);
  BOOST_TEST(ask("DELETE", "").status == 405);
  BOOST_TEST(post(job + "/results").status == 405);
  BOOST_TEST(ask("OPTIONS", job).header("Allow") == "GET, HEAD, POST, DELETE, OPTIONS");
}

BOOST_AUTO_TEST_CASE(jobs_belong_to_their_owners) {
  const std::string open = created();
  user = "ann";
  const std::string first = created("RUNID=1"), second = created("ID=x&PHASE=RUN&RUNID=2");
  const std::string list = text(get(""));
  BOOST_TEST(has(list, "id=\"" + first.substr(1)));
  BOOST_TEST(has(list, "id=\"" + second.substr(1)));
  BOOST_TEST(!has(list, open.substr(1)));
  BOOST_TEST(text(get(first + "/owner")) == "ann");
  BOOST_TEST(has(text(get(first)), "<uws:ownerId>ann</uws:ownerId>"));
  BOOST_TEST(get(open).status == 200);
  user = "bob";
  BOOST_TEST(!has(text(get("")), "jobref"));
  for (const char* child : {"", "/phase", "/parameters", "/results", "/owner"}) {
    BOOST_TEST(get(first + child).status == 404);
  }
  BOOST_TEST(ask("DELETE", first).status == 404);
  BOOST_TEST(post(first + "/phase", "PHASE=RUN").status == 404);
  user.clear();
  BOOST_TEST(get(first).status == 404);
  BOOST_TEST(!has(text(get("")), "jobref"));
  BOOST_TEST(get(open).status == 200);
}

BOOST_AUTO_TEST_CASE(the_list_is_filtered) {
  user = "ann";
  const std::string first = created("RUNID=1"), second = created("ID=x&PHASE=RUN"),
                    third = created();
  const auto listed = [&](const std::string& query) {
    const std::string list = text(get("", query));
    std::string order;
    for (std::size_t at = list.find("jobref id=\""); at != std::string::npos;
         at = list.find("jobref id=\"", at + 1)) {
      const std::string id = "/" + list.substr(at + 11, 26);
      order += id == first ? '1' : id == second ? '2' : '3';
    }
    return order;
  };
  BOOST_TEST(listed("") == "123");
  BOOST_TEST(listed("PHASE=QUEUED") == "2");
  BOOST_TEST(listed("phase=PENDING&PHASE=QUEUED&PHASE=ARCHIVED") == "123");
  BOOST_TEST(listed("PHASE=UNKNOWN") == "");
  BOOST_TEST(listed("LAST=2") == "32");
  BOOST_TEST(listed("LAST=1&PHASE=PENDING") == "3");
  const std::string made = utc_text(jobs.find(first.substr(1))->created);
  BOOST_TEST(listed("AFTER=" + made).find('1') == std::string::npos);
  BOOST_TEST(listed("AFTER=2026-01-01T00:00:00Z") == "123");
  BOOST_TEST(listed("AFTER=2100-01-01T00:00:00Z") == "");
  for (const char* query : {"PHASE=running", "PHASE=NONSENSE", "LAST=0", "LAST=-1", "LAST=x",
                            "AFTER=yesterday", "LAST=1&LAST=2"}) {
    BOOST_TEST(get("", query).status == 400, query);
  }
}

BOOST_AUTO_TEST_CASE(pages_are_for_who_asks_for_them) {
  const std::string job = created("ID=a%3Cb");
  BOOST_TEST(get(job).header("Content-Type") == "text/xml");
  for (const char* type : {"*/*", "application/xml", "text/html, image/gif, */*; q=.2"}) {
    accept = type;
    BOOST_TEST(has(std::string(get(job).header("Content-Type")), "xml"), type);
    BOOST_TEST(has(text(get(job)), "<uws:job "), type);
  }
  accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const Response page = get(job);
  BOOST_TEST(page.header("Content-Type") == "application/xhtml+xml");
  BOOST_TEST(has(text(page), "a&lt;b"));
  BOOST_TEST(has(text(get("")), "<html"));
}

BOOST_AUTO_TEST_CASE(who_waits_is_answered_when_the_phase_changes) {
  const std::string job = created("ID=a");
  BOOST_TEST(!get(job, "WAIT=0").later);
  BOOST_TEST(!get(job, "WAIT=9&PHASE=QUEUED").later);
  for (const char* query : {"WAIT=x", "WAIT=-2", "WAIT=1.5"}) {
    BOOST_TEST(get(job, query).status == 400, query);
  }
  const auto patience = [&](const std::string& query) {
    const Response response = get(job, query);
    BOOST_REQUIRE(response.later);
    return std::chrono::round<std::chrono::seconds>(response.later->deadline() -
                                                    http::Later::Clock::now())
        .count();
  };
  BOOST_TEST(patience("WAIT=7") == 7);
  BOOST_TEST(patience("WAIT=-1") == 50);
  BOOST_TEST(patience("WAIT=99999&PHASE=PENDING") == 50);
  const Response response = get(job, "WAIT=-1");
  BOOST_REQUIRE(response.later);
  BOOST_TEST(!response.later->poll().has_value());
  jobs.change(job.substr(1), [](Job& one) { one.run_id = "no change of phase"; });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  BOOST_TEST(!response.later->poll().has_value());
  // By the very process that is waited in.
  BOOST_TEST(post(job + "/phase", "PHASE=RUN").status == 303);
  std::optional<Response> answer;
  for (int i = 0; i < 100 && !answer; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    answer = response.later->poll();
  }
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->status == 200);
  BOOST_TEST(has(text(*answer), "<uws:phase>QUEUED<"));
  BOOST_TEST(answer->header("Access-Control-Allow-Origin") == "*");
  // Destroyed meanwhile.
  const Response last = get(job, "WAIT=-1");
  BOOST_REQUIRE(last.later);
  jobs.destroy(job.substr(1));
  BOOST_TEST(last.later->settle().status == 404);
  BOOST_TEST(has(text(last.later->settle()), "UsageError: the job has been destroyed"));
}

BOOST_AUTO_TEST_CASE(files_come_with_jobs) {
  content_type = "multipart/form-data; boundary=B";
  const auto part = [](const std::string& head, const std::string& content) {
    return "--B\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
  };
  const std::string body = part("name=\"ID\"", "a") + part("name=\"UPLOAD\"", "t,param:table") +
                           part("name=\"table\"; filename=\"x.csv\"", "ra,dec\n1,2\n") +
                           "--B--\r\n";
  const std::string job = created(body);
  BOOST_TEST(has(text(get(job)),
                 "<uws:parameter id=\"table\" byReference=\"true\">http://h/vo/"
                 "async" +
                     job + "/parameters/table</uws:parameter>"));
  const Response file = get(job + "/parameters/table");
  BOOST_TEST(file.status == 200);
  BOOST_TEST(file.body_size() == 11);
  // Another table in its place, when all else is well, too; two of one part.
  const auto changed = [&](const std::string& id, const std::string& content) {
    return post(job + "/parameters",
                part("name=\"ID\"", id) + part("name=\"UPLOAD\"", "t,param:table;u,param:table") +
                    part("name=\"table\"; filename=\"x.csv\"", content) + "--B--\r\n");
  };
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder / ("results" + job)), {});
  };
  BOOST_TEST(changed("bad", "ra\n1\n").status == 400);
  BOOST_TEST(get(job + "/parameters/table").body_size() == 11);
  BOOST_TEST(changed("b", "ra\n1\n").status == 303);
  BOOST_TEST(get(job + "/parameters/table").body_size() == 5);
  BOOST_TEST(files() == 1);
  // A part that is not there, and an address.
  BOOST_TEST(post("", part("name=\"UPLOAD\"", "t,param:other") + "--B--\r\n").status == 400);
  BOOST_TEST(post("", part("name=\"UPLOAD\"", "t,http://127.0.0.1/") + "--B--\r\n").status == 400);
}

// As a worker does it.
BOOST_AUTO_TEST_CASE(results_are_listed_and_fetched) {
  const std::string job = created("ID=a&PHASE=RUN"), id = job.substr(1);
  BOOST_TEST(!has(text(get(job + "/results")), "uws:result "));
  store::Queue queue(jobs, 8);
  const std::int64_t holder = queue.enter(store::Holder{});
  auto task = queue.take(holder, 1, store::Lane::fair);
  BOOST_REQUIRE(task.has_value());
  std::vector<store::Item> items(3);
  for (std::size_t i = 0; i < 3; ++i) {
    items[i].number = static_cast<std::int64_t>(i + 1);
    items[i].name = "cutout-" + std::to_string(i + 1);
    items[i].label = "a CIRCLE 1 2 3";
  }
  BOOST_REQUIRE(queue.planned(*task, items, ""));
  BOOST_TEST(get(job + "/results/cutout-1").status == 404);
  task = queue.take(holder, 1, store::Lane::fair);
  BOOST_REQUIRE(task.has_value());
  items = task->items;
  items[0].state = store::Item::State::done;
  items[0].media_type = "application/fits";
  items[0].file = ".1-1.bundle";
  items[0].start = 100;
  items[0].size = 2880;
  items[1].state = store::Item::State::failed;
  items[1].reason = "UsageError: ID: there is none";
  items.resize(2);
  std::filesystem::create_directories(folder / ("results/" + id));
  scratch::write_file(folder / ("results/" + id + "/.1-1.bundle"),
                      std::string(100, 'e') + std::string(2880, 'f') + std::string(100, 'g'));
  BOOST_REQUIRE(queue.finish(*task, items));
  const std::string document = text(get(job));
  BOOST_TEST(has(document,
                 "<uws:result id=\"cutout-1\" xlink:type=\"simple\" "
                 "xlink:href=\"http://h/vo/async" +
                     job +
                     "/results/cutout-1\" size=\"2880\" "
                     "mime-type=\"application/fits\"/>"));
  BOOST_TEST(has(document, "<soda:items>3</soda:items>"));
  BOOST_TEST(has(document, "<soda:done>1</soda:done>"));
  const Response file = get(job + "/results/cutout-1");
  BOOST_TEST(file.status == 200);
  BOOST_TEST(file.header("Content-Type") == "application/fits");
  BOOST_TEST(file.header("Content-Disposition") == "attachment; filename=\"cutout-1.fits\"");
  BOOST_TEST((sent(file, 0, 2880) == std::string(2880, 'f')));
  BOOST_TEST((sent(file, 2879, 1) == "f"));
  BOOST_TEST(file.header("ETag").size() == 18U);
  BOOST_TEST(file.header("ETag") == get(job + "/results/cutout-1").header("ETag"));
  // Every combination has a result (SODA 1.0 section 4).
  BOOST_TEST(said(get(job + "/results/cutout-2")) == "200 UsageError: ID: there is none\n");
  BOOST_TEST(has(document, "results/cutout-2\" size=\"30\" mime-type=\"text/plain\"/>"));
  BOOST_TEST(get(job + "/results/cutout-3").status == 404);
  const Response table = get(job + "/results/status");
  BOOST_TEST(table.status == 200);
  BOOST_TEST(table.header("Content-Type").starts_with("application/x-votable+xml"));
  BOOST_TEST(get(job + "/results/status", "RESPONSEFORMAT=csv")
                 .header("Content-Type")
                 .starts_with("text/csv"));
  BOOST_TEST(get(job + "/results/status", "RESPONSEFORMAT=gif").status == 400);
  for (const char* name : {"/results/.cutout-1.part", "/results/%2e%2e", "/results/.."}) {
    BOOST_TEST(get(job + name).status == 404);
  }
  scratch::write_file(folder / ("results/" + id + "/.1-1.bundle"), "the disk has lost it");
  BOOST_TEST(get(job + "/results/cutout-1").status == 503);
  BOOST_REQUIRE(queue.fail(*task, "Error: the disk is broken", true));
  BOOST_TEST(text(get(job + "/error")) == "Error: the disk is broken\n");
  BOOST_TEST(get(job + "/error").status == 200);
  BOOST_TEST(has(text(get(job)), "<uws:errorSummary type=\"transient\" hasDetail=\"true\">"));
}

BOOST_AUTO_TEST_CASE(a_job_that_was_stopped_says_why) {
  const std::string job = created("ID=a&PHASE=RUN&EXECUTIONDURATION=1");
  store::Queue queue(jobs, 8);
  BOOST_REQUIRE(queue.take(queue.enter(store::this_process()), 1, store::Lane::fair));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  BOOST_REQUIRE(queue.stop_overdue() == 1);
  BOOST_TEST(text(get(job + "/phase")) == "ABORTED");
  const std::string why = "The job was stopped when its execution limit of 1 s was reached.";
  BOOST_TEST(text(get(job + "/error")) == why + "\n");
  BOOST_TEST(has(text(get(job)), "<uws:message>" + why + "</uws:message>"));
  // Who aborts a job knows why.
  const std::string other = created("ID=a&PHASE=RUN");
  post(other + "/phase", "PHASE=ABORT");
  BOOST_TEST(get(other + "/error").status == 404);
  BOOST_TEST(!has(text(get(other)), "errorSummary"));
}

BOOST_AUTO_TEST_CASE(thousands_of_results_are_listed_as_they_are_sent) {
  const std::string job = created("ID=a&PHASE=RUN"), id = job.substr(1);
  store::Queue queue(jobs, 8);
  const std::int64_t holder = queue.enter(store::Holder{});
  std::vector<store::Item> items(2345);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].number = static_cast<std::int64_t>(i + 1);
    items[i].name = "cutout-" + std::to_string(i + 1);
  }
  BOOST_REQUIRE(queue.planned(*queue.take(holder, 1, store::Lane::fair), items, ""));
  for (auto task = queue.take(holder, 1, store::Lane::fair);
       task && task->kind == store::Task::Kind::items;
       task = queue.take(holder, 1, store::Lane::fair)) {
    for (store::Item& item : task->items) {
      item.state = store::Item::State::done;
      item.size = 7;
    }
    BOOST_REQUIRE(queue.finish(*task, task->items));
  }
  for (const char* place : {"", "/results"}) {
    const Response document = get(job + place);
    BOOST_TEST(document.status == 200);
    BOOST_TEST(document.header("Content-Type") == "text/xml");
    BOOST_TEST(document.body_size() == http::Body::unknown_size);
    const std::string all = sent(document, 0, http::Body::unknown_size);
    std::size_t count = 0, last = 0;
    for (std::size_t at = all.find("<uws:result "); at != std::string::npos;
         at = all.find("<uws:result ", at + 1)) {
      ++count;
      last = at;
    }
    BOOST_TEST(count == items.size() + 1);
    BOOST_TEST(all.find("id=\"status\"", last) != std::string::npos);
    BOOST_TEST(all.ends_with(*place == 0 ? "</uws:job>\n" : "</uws:results>\n"));
    BOOST_TEST(all.find("<uws:result id=\"cutout-2345\"") < last);
  }
  BOOST_TEST(text(get(job + "/phase")) == "EXECUTING");
}

BOOST_AUTO_TEST_SUITE_END()
