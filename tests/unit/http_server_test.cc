#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/failure.h"
#include "fastcgi_client.h"
#include "http/listen.h"
#include "http/server.h"
#include "http_processes.h"
#include "scratch.h"

using namespace processes;
using namespace soda::http;
using soda::Failure;
using soda::FailureKind;

namespace {

constexpr std::int64_t big = 5'000'003;

char byte_at(std::int64_t i) { return static_cast<char>(i * 2654435761 >> 7); }

std::string pattern(std::int64_t first, std::int64_t count) {
  std::string text(static_cast<std::size_t>(count), '\0');
  for (std::int64_t i = 0; i < count; ++i) text[static_cast<std::size_t>(i)] = byte_at(first + i);
  return text;
}

class MadeBody : public Body {
 public:
  using Write = std::function<void(Sink&, std::int64_t, std::int64_t)>;
  MadeBody(std::int64_t size, Write write) : size_(size), write_(std::move(write)) {}
  std::int64_t size() const override { return size_; }
  void write(Sink& sink, std::int64_t first, std::int64_t count) override {
    write_(sink, first, count);
  }

 private:
  std::int64_t size_;
  Write write_;
};

Response made(std::int64_t size, MadeBody::Write write) {
  Response response;
  response.add("ETag", "\"big\"");
  response.body = std::make_unique<MadeBody>(size, std::move(write));
  return response;
}

// In pieces of one to 4000 bytes, thousands a call.
void write_pieces(Sink& sink, std::int64_t first, std::int64_t count) {
  const std::string text = pattern(first, count);
  std::vector<iovec> pieces;
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step % 4000 + 7) {
    pieces.push_back({const_cast<char*>(text.data()) + at, std::min(step, text.size() - at)});
  }
  sink.write(pieces);
}

Response mapped_file_that_shrinks(const std::string& path, std::int64_t kept) {
  const std::int64_t size = 1 << 20;
  std::ofstream(path) << std::string(static_cast<std::size_t>(size), 'm');
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* memory = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_SHARED, fd, 0);
  if (ftruncate(fd, kept) != 0) throw std::runtime_error("ftruncate");
  close(fd);
  return made(size, [memory](Sink& sink, std::int64_t, std::int64_t count) {
    sink.write(std::string_view(static_cast<const char*>(memory), static_cast<std::size_t>(count)));
  });
}

// What the child process answers, by path.
class Site {
 public:
  explicit Site(std::string folder) : folder_(std::move(folder)) {}

  Response handle(const Request& request) {
    if (request.path == "/outcome") return text_response(200, last_);
    if (request.path == "/wait") return later(folder_, std::chrono::minutes(1));
    if (request.path == "/moment") return later(folder_, std::chrono::milliseconds(250));
    if (request.path == "/count") return text_response(200, std::to_string(departed_));
    if (request.path == "/slow") {
      scratch::write_file(folder_ + "/begun", "");
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return text_response(200, "slow");
    }
    if (request.path == "/big") return made(big, write_pieces);
    if (request.path == "/text") return text_response(200, pattern(0, 100'000));
    if (request.path == "/crlf") {
      Response response = text_response(200, "x");
      response.add("X-Name", "a\r\nSet-Cookie: evil\x01");
      response.add("Bad Name", "b");
      response.add("Content-Length", "7");
      return response;
    }
    if (request.path == "/early") {
      return made(100,
                  [](Sink&, std::int64_t, std::int64_t) { throw std::runtime_error("early"); });
    }
    if (request.path == "/late") {
      return made(100, [](Sink& sink, std::int64_t, std::int64_t) {
        sink.write("0123456789");
        throw Failure(FailureKind::corrupt_data, "late");
      });
    }
    if (request.path == "/stream" || request.path == "/broken") {
      const bool breaks = request.path == "/broken";
      return made(Body::unknown_size, [breaks](Sink& sink, std::int64_t, std::int64_t) {
        for (int i = 0; i < 20; ++i) sink.write(pattern(i * 10'000, 10'000));
        if (breaks) throw Failure(FailureKind::corrupt_data, "broken");
      });
    }
    if (request.path == "/brief" || request.path == "/early" || request.path == "/nothing") {
      const std::string name = request.path;
      return made(Body::unknown_size, [name](Sink& sink, std::int64_t, std::int64_t) {
        if (name != "/nothing") sink.write("0123456789");
        if (name == "/early") throw Failure(FailureKind::corrupt_data, "broken");
      });
    }
    if (request.path == "/short") {
      return made(100, [](Sink& sink, std::int64_t, std::int64_t) { sink.write("0123456789"); });
    }
    if (request.path == "/excess") {
      return made(10, [](Sink& sink, std::int64_t, std::int64_t) {
        sink.write("0123456789");
        sink.write("x");
      });
    }
    if (request.path == "/shrunk") return mapped_file_that_shrinks(folder_ + "/m", 300'000);
    if (request.path == "/gone") return mapped_file_that_shrinks(folder_ + "/m", 0);
    if (request.path == "/none") {
      Response response;
      response.status = 204;
      return response;
    }
    return text_response(200, request.method + " " + request.path + "?" +
                                  std::to_string(request.query.size()) + " " + request.body +
                                  (request.defect ? request.defect->what() : ""));
  }

  void done(const Request& request, const Response& response, const Outcome& outcome) {
    if (request.path == "/outcome") return;
    if (request.path == "/wait" && outcome.client_gone) ++departed_;
    last_ = std::to_string(response.status) + " " + std::to_string(outcome.bytes_out) +
            (outcome.client_gone ? " gone" : "") + (outcome.broken ? " " + *outcome.broken : "") +
            (hangups_ > 0 ? " hangups " + std::to_string(hangups_) : "");
  }
  void hang_up() {
    ++hangups_;
    last_ = "hangups " + std::to_string(hangups_);
  }

 private:
  std::string folder_;
  std::string last_;
  int hangups_ = 0, departed_ = 0;
};

[[noreturn]] void serve(const std::string& bind, const std::string& folder) {
  // libfcgi gives up on a silent peer after two seconds; on a busy machine this test may be that
  // slow.
  setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "30000", 1);
  setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "30000", 1);
  int status = 1;
  try {
    Site site(folder);
    ServerOptions options;
    options.bind = bind;
    options.body_limit = 100'000;
    options.waiting_limit = 300;
    options.on_hangup = [&site] { site.hang_up(); };
    Server server(options);
    // From here on a signal is not lost.
    scratch::write_file(folder + "/ready-" + std::to_string(getpid()), "");
    server.run({[&](const Request& request) { return site.handle(request); },
                [](const Request&, const std::exception& error) {
                  return text_response(500, std::string("Error: ") + error.what());
                },
                [&](const Request& request, const Response& response, const Outcome& outcome) {
                  site.done(request, response, outcome);
                }});
    status = 0;
  } catch (const std::exception&) {
    status = 2;
  }
  _exit(status);
}

struct Fixture {
  Fixture() : path(scratch / "s") {
    child.emplace([this] { serve("unix:" + path, scratch.path()); });
  }
  fastcgi::Reply get(const std::string& name) const {
    return fastcgi::request(path, {{"SCRIPT_NAME", name}});
  }
  std::string outcome() const { return std::string(get("/outcome").body()); }

  scratch::Folder scratch;
  const std::string path;
  std::optional<Child> child;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server, Fixture)

BOOST_AUTO_TEST_CASE(a_small_answer) {
  const fastcgi::Reply reply = get("/hello");
  BOOST_TEST(
      reply.head() ==
      "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\n");
  BOOST_TEST(reply.body() == "GET /hello?0 ");
  BOOST_TEST(reply.ended);
  BOOST_TEST(reply.output_closed);
  BOOST_TEST(outcome() == "200 13");
}

BOOST_AUTO_TEST_CASE(a_large_body_in_records) {
  const fastcgi::Reply reply = get("/big");
  BOOST_TEST(reply.header("Content-Length") == std::to_string(big));
  BOOST_TEST((reply.body() == pattern(0, big)));
  BOOST_TEST(reply.largest == 65528u);
  BOOST_TEST(reply.records <= static_cast<std::size_t>(big / 65528 + 3));
  BOOST_TEST(reply.ended);
  BOOST_TEST(outcome() == "200 " + std::to_string(big));
}

BOOST_AUTO_TEST_CASE(a_large_text) {
  const fastcgi::Reply reply = get("/text");
  BOOST_TEST((reply.body() == pattern(0, 100'000)));
  BOOST_TEST(reply.ended);
}

BOOST_AUTO_TEST_CASE(a_range_of_a_large_body) {
  const fastcgi::Reply reply =
      fastcgi::request(path, {{"SCRIPT_NAME", "/big"}, {"HTTP_RANGE", "bytes=1000000-1999999"}});
  BOOST_TEST(reply.status() == 206);
  BOOST_TEST(reply.header("Content-Length") == "1000000");
  BOOST_TEST(reply.header("Content-Range") == "bytes 1000000-1999999/5000003");
  BOOST_TEST((reply.body() == pattern(1'000'000, 1'000'000)));
}

BOOST_AUTO_TEST_CASE(a_body_of_unknown_length) {
  // A range of it cannot be had: the whole answer (RFC 9110 section 14.2).
  const fastcgi::Reply reply =
      fastcgi::request(path, {{"SCRIPT_NAME", "/stream"}, {"HTTP_RANGE", "bytes=0-9"}});
  BOOST_TEST(reply.head() == "Status: 200 OK\r\nETag: \"big\"\r\n\r\n");
  BOOST_TEST((reply.body() == pattern(0, 200'000)));
  BOOST_TEST(reply.ended);
  BOOST_TEST(outcome() == "200 200000");
  BOOST_TEST(!get("/broken").ended);
  BOOST_TEST(outcome() == "200 200000 broken");
}

BOOST_AUTO_TEST_CASE(a_stream_of_one_write_has_a_length) {
  const fastcgi::Reply reply = get("/brief");
  BOOST_TEST(reply.header("Content-Length") == "10");
  BOOST_TEST(reply.body() == "0123456789");
  BOOST_TEST(reply.ended);
  BOOST_TEST(outcome() == "200 10");
  // The web server puts a file in the place of no bytes, whose length we need not know.
  BOOST_TEST(get("/nothing").header("Content-Length") == "");
  BOOST_TEST(outcome() == "200 0");
  // What fails while nothing has left can still be told.
  const fastcgi::Reply refused = get("/early");
  BOOST_TEST(refused.head().starts_with("Status: 5"));
  BOOST_TEST(refused.ended);
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_of_get) {
  for (const char* name : {"/hello", "/big", "/text", "/stream"}) {
    fastcgi::Reply head =
        fastcgi::request(path, {{"REQUEST_METHOD", "HEAD"}, {"SCRIPT_NAME", name}});
    BOOST_TEST(head.body().empty());
    BOOST_TEST(head.ended);
    if (std::string_view(name) == "/hello") continue;  // its text names the method
    BOOST_TEST(head.head() == get(name).head());
  }
}

BOOST_AUTO_TEST_CASE(no_content_has_no_length) {
  const fastcgi::Reply reply = get("/none");
  BOOST_TEST(reply.output == "Status: 204 No Content\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_header_is_one_line) {
  const fastcgi::Reply reply = get("/crlf");
  BOOST_TEST(reply.header("X-Name") == "a  Set-Cookie: evil ");
  BOOST_TEST(reply.head().find("\r\nSet-Cookie") == std::string_view::npos);
  BOOST_TEST(reply.head().find("Bad Name") == std::string_view::npos);
  BOOST_TEST(reply.header("Content-Length") == "1");
}

BOOST_AUTO_TEST_CASE(bodies_of_requests) {
  const fastcgi::Variables post = {{"REQUEST_METHOD", "POST"}, {"SCRIPT_NAME", "/p"}};
  const auto send = [&](const char* length, std::string_view body) {
    fastcgi::Variables variables = post;
    if (length != nullptr) variables["CONTENT_LENGTH"] = length;
    return std::string(fastcgi::request(path, variables, body).body());
  };
  BOOST_TEST(send("3", "abc") == "POST /p?0 abc");
  BOOST_TEST(send(nullptr, "abc") == "POST /p?0 abc");
  BOOST_TEST(send("", "") == "POST /p?0 ");
  BOOST_TEST(send("0", "") == "POST /p?0 ");
  BOOST_TEST(send(nullptr, "") == "POST /p?0 ");
  const std::string large(99'999, 'x');
  BOOST_TEST((send("99999", large) == "POST /p?0 " + large));
  BOOST_TEST((send("100000", large + "y") == "POST /p?0 " + large + "y"));
  const std::string refused =
      "POST /p?0 a request body of at most 100000 bytes is read (limit max_body), received ";
  BOOST_TEST(send("100001", large + "yz") == refused + "100001");
  BOOST_TEST(send("9223372036854775807", "abc") == refused + "9223372036854775807");
  BOOST_TEST(send(nullptr, large + large).starts_with(refused + "at least "));
  BOOST_TEST(send("5", "abc") == "POST /p?0 abcthe request body ends after 3 of 5 bytes");
  BOOST_TEST(send("2", "abc") == "POST /p?0 abcthe request body ends after 3 of 2 bytes");
  for (const char* length : {"-1", "abc", "1e3", "99999999999999999999", " 3"}) {
    BOOST_TEST(send(length, "abc").starts_with("POST /p?0 Content-Length: "), length);
  }
  // A body that nobody asked for is not read.
  BOOST_TEST(
      fastcgi::request(path, {{"SCRIPT_NAME", "/g"}, {"CONTENT_LENGTH", "3"}}, "abc").body() ==
      "GET /g?0 ");
}

BOOST_AUTO_TEST_CASE(a_query_of_a_megabyte) {
  const fastcgi::Reply reply =
      fastcgi::request(path, {{"SCRIPT_NAME", "/q"}, {"QUERY_STRING", std::string(1 << 20, 'q')}});
  BOOST_TEST(reply.body() == "GET /q?1048576 ");
}

BOOST_AUTO_TEST_CASE(a_failure_before_the_first_byte_is_answered) {
  const fastcgi::Reply early = get("/early");
  BOOST_TEST(early.status() == 500);
  BOOST_TEST(early.body() == "Error: early");
  BOOST_TEST(early.ended);
  const fastcgi::Reply gone = get("/gone");
  BOOST_TEST(gone.status() == 500);
  BOOST_TEST(gone.body() == "Error: a file of the archive became shorter while it was read");
}

BOOST_AUTO_TEST_CASE(a_failure_after_the_first_byte_breaks_the_transfer) {
  const std::pair<const char*, const char*> rows[] = {
      {"/late", "200 10 late"},
      {"/short", "200 10 a body ended after 10 of 100 bytes"},
  };
  for (const auto& [name, expected] : rows) {
    const fastcgi::Reply reply = get(name);
    BOOST_TEST(reply.body() == "0123456789", name);
    BOOST_TEST(!reply.ended, name);
    BOOST_TEST(!reply.output_closed, name);
    BOOST_TEST(outcome() == expected);
  }
}

// The last byte that was announced ends the answer; what comes after it is a defect for the log.
BOOST_AUTO_TEST_CASE(a_body_cannot_write_more_than_it_announced) {
  const fastcgi::Reply reply = get("/excess");
  BOOST_TEST(reply.body() == "0123456789");
  BOOST_TEST(reply.ended);
  BOOST_TEST(reply.output_closed);
  BOOST_TEST(outcome() == "200 10 a body wrote more than the 10 bytes that it had announced");
}

BOOST_AUTO_TEST_CASE(a_mapped_file_that_shrinks_breaks_the_transfer_only) {
  const fastcgi::Reply reply = get("/shrunk");
  BOOST_TEST(reply.header("Content-Length") == "1048576");
  BOOST_TEST(reply.body().size() <= 304'000u);
  BOOST_TEST(!reply.ended);
  BOOST_TEST(reply.body().find_first_not_of('m') == std::string_view::npos);
  BOOST_TEST(outcome() == "200 0 a file of the archive became shorter while it was read");
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves) {
  {
    fastcgi::Connection connection(path);
    connection.begin({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/big"}});
    connection.input("");
    connection.read_some(100'000);
  }
  BOOST_TEST(outcome() == "200 0 gone");
  {
    fastcgi::Connection connection(path);  // leaves while it is asking
    connection.begin({{"REQUEST_METHOD", "POST"}, {"SCRIPT_NAME", "/p"}, {"CONTENT_LENGTH", "9"}});
    connection.input("abc");
  }
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(garbage_does_no_harm) {
  const std::string_view rows[] = {"GET / HTTP/1.1\r\n\r\n",
                                   std::string_view("\0\0\0\0\0\0\0\0", 8), "\x01\x01", "",
                                   "\x01\x04\x00\x01\xFF\xFF\x00\x00 not what was announced"};
  for (const std::string_view bytes : rows) {
    fastcgi::Connection connection(path);
    connection.send(bytes);
  }
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(a_connection_is_never_kept) {
  {
    fastcgi::Connection connection(path);
    connection.begin({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/hello"}}, 1);
    connection.input("");
    BOOST_TEST(connection.read_all().ended);  // returns, because the server closes
  }
  BOOST_TEST(get("/hello").status() == 200);
}

// libfcgi would wait for it, here thirty seconds.
BOOST_AUTO_TEST_CASE(nobody_waits_for_a_peer_that_is_slow_to_close) {
  for (const char* method : {"GET", "HEAD", "POST"}) {
    fastcgi::Connection slow(path);
    slow.begin({{"REQUEST_METHOD", method}, {"SCRIPT_NAME", "/hello"}});
    slow.input("");
    slow.read_some(10);
    const auto begun = Clock::now();
    BOOST_TEST(get("/hello").status() == 200);
    BOOST_TEST((Clock::now() - begun < std::chrono::seconds(15)), method);
  }
}

// The body of a GET means nothing and is not read; a connection closed over it would be reset.
BOOST_AUTO_TEST_CASE(a_body_that_nobody_reads_costs_no_byte_of_the_answer) {
  fastcgi::Connection connection(path);
  connection.begin(
      {{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/big"}, {"CONTENT_LENGTH", "60000"}});
  connection.input(std::string(60'000, 'b'));
  connection.input("");
  const fastcgi::Reply reply = connection.read_all();
  BOOST_TEST((reply.body() == pattern(0, big)));
  BOOST_TEST(reply.ended);
}

// A process that waits answers others at once, and costs no time.
BOOST_AUTO_TEST_CASE(many_wait_while_others_are_answered) {
  std::vector<fastcgi::Connection> waiting;
  for (int i = 0; i < 290; ++i) {
    waiting.push_back(begun(path, "/wait"));
  }
  const auto before = Clock::now();
  BOOST_TEST(get("/hello").status() == 200);
  BOOST_TEST((Clock::now() - before < std::chrono::seconds(1)));
  const double used = processor_seconds(child->pid());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  BOOST_TEST(processor_seconds(child->pid()) - used < 0.3);
  scratch::write_file(scratch / "go", "");
  for (fastcgi::Connection& connection : waiting) {
    const fastcgi::Reply reply = connection.read_all();
    BOOST_TEST(reply.status() == 200);
    BOOST_TEST(reply.ended);
    BOOST_TEST(reply.body().starts_with("done after "));
  }
  BOOST_TEST(get("/count").body() == "0");
}

BOOST_AUTO_TEST_CASE(an_answer_of_later_has_a_deadline) {
  const auto before = Clock::now();
  const fastcgi::Reply reply = get("/moment");
  const auto taken = Clock::now() - before;
  BOOST_TEST(reply.body() == "settled");
  BOOST_TEST(reply.ended);
  BOOST_TEST((taken >= std::chrono::milliseconds(240)));
  BOOST_TEST((taken < std::chrono::seconds(5)));
  BOOST_TEST(outcome() == "200 7");
}

BOOST_AUTO_TEST_CASE(more_than_may_wait_are_answered_at_once) {
  std::vector<fastcgi::Connection> waiting;
  for (int i = 0; i < 300; ++i) waiting.push_back(begun(path, "/wait"));
  BOOST_TEST(get("/hello").status() == 200);
  BOOST_TEST(get("/wait").body() == "settled");
  waiting.pop_back();
  while (get("/count").body() != "1") std::this_thread::sleep_for(std::chrono::milliseconds(5));
  waiting.push_back(begun(path, "/wait"));
  BOOST_TEST(get("/wait").body() == "settled");
  scratch::write_file(scratch / "go", "");
  for (fastcgi::Connection& connection : waiting) BOOST_TEST(connection.read_all().ended);
}

BOOST_AUTO_TEST_CASE(who_leaves_waiting_is_forgotten) {
  {
    const fastcgi::Connection first = begun(path, "/wait"), second = begun(path, "/wait");
    BOOST_TEST(get("/count").body() == "0");
  }
  while (get("/count").body() != "2") std::this_thread::sleep_for(std::chrono::milliseconds(5));
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(sigterm_settles_those_who_wait) {
  fastcgi::Connection first = begun(path, "/wait"), second = begun(path, "/wait");
  BOOST_TEST(get("/hello").status() == 200);
  kill(child->pid(), SIGTERM);
  for (fastcgi::Connection* connection : {&first, &second}) {
    const fastcgi::Reply reply = connection->read_all();
    BOOST_TEST(reply.body() == "settled");
    BOOST_TEST(reply.ended);
  }
  BOOST_TEST(child->wait(std::chrono::seconds(20)) == 0);
}

BOOST_AUTO_TEST_CASE(sigterm_while_idle_ends_at_once) {
  BOOST_TEST(get("/hello").status() == 200);
  kill(child->pid(), SIGTERM);
  // A process that only noticed at its next request would sleep for ever.
  BOOST_TEST(child->wait(std::chrono::seconds(20)) == 0);
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(sigterm_lets_the_request_under_way_end) {
  {
    fastcgi::Connection connection(path);
    connection.begin({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/slow"}});
    connection.input("");
    wait_for(scratch / "begun");
    kill(child->pid(), SIGINT);
    const fastcgi::Reply reply = connection.read_all();
    BOOST_TEST(reply.body() == "slow");
    BOOST_TEST(reply.ended);
  }
  BOOST_TEST(child->wait(std::chrono::seconds(20)) == 0);
}

BOOST_AUTO_TEST_CASE(sighup_is_told_between_requests) {
  BOOST_TEST(get("/hello").status() == 200);
  kill(child->pid(), SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  BOOST_TEST(outcome() == "hangups 1");
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(the_socket_is_for_owner_and_group_and_a_live_one_is_not_taken) {
  BOOST_TEST(get("/hello").status() == 200);
  struct stat status {};
  BOOST_REQUIRE(stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0660u);
  BOOST_CHECK_THROW(open_listener("unix:" + path, 5), Failure);
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(a_stale_socket_is_replaced) {
  BOOST_TEST(get("/hello").status() == 200);
  kill(child->pid(), SIGKILL);
  BOOST_TEST(child->wait(std::chrono::seconds(20)) == -1);
  BOOST_TEST(std::filesystem::exists(path));
  child.reset();
  child.emplace([this] { serve("unix:" + path, scratch.path()); });
  BOOST_TEST(get("/hello").status() == 200);
}

BOOST_AUTO_TEST_CASE(several_processes_share_descriptor_0) {
  const std::string shared = scratch / "shared";
  const Listener listener = open_listener("unix:" + shared, 64);
  const auto work = [&] {
    dup2(listener.socket.get(), 0);
    serve("", scratch.path());
  };
  Child first(work), second(work), third(work);
  for (const Child* one : {&first, &second, &third}) {
    wait_for(scratch / ("ready-" + std::to_string(one->pid())));
  }
  for (int i = 0; i < 300; ++i) {
    BOOST_REQUIRE(fastcgi::request(shared, {{"SCRIPT_NAME", "/hello"}}).status() == 200);
  }
  for (Child* one : {&first, &second, &third}) {
    kill(one->pid(), SIGTERM);
    BOOST_TEST(one->wait(std::chrono::seconds(20)) == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
