#define BOOST_TEST_MODULE fetch
#include "fetch/fetch.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <system_error>
#include <thread>

#include "base/failure.h"
#include "base/handle.h"
#include "http/public_address.h"

namespace {

using namespace soda;
namespace data = boost::unit_test::data;

bool is_public(const std::string& text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    BOOST_REQUIRE_EQUAL(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1);
    storage.ss_family = AF_INET6;
  }
  return http::is_public(reinterpret_cast<const sockaddr&>(storage));
}

// From IANA's registries of special-purpose addresses: the ends of their blocks, and neighbours.
const std::vector<std::string> closed{"0.0.0.0",
                                      "0.255.255.255",
                                      "10.0.0.0",
                                      "10.255.255.255",
                                      "100.64.0.0",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.169.254",
                                      "172.16.0.0",
                                      "172.31.255.255",
                                      "192.0.0.8",
                                      "192.0.2.1",
                                      "192.88.99.1",
                                      "192.168.0.0",
                                      "192.168.255.255",
                                      "198.18.0.0",
                                      "198.19.255.255",
                                      "198.51.100.7",
                                      "203.0.113.255",
                                      "224.0.0.1",
                                      "239.1.1.1",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::ffff:10.0.0.1",
                                      "::ffff:127.0.0.1",
                                      "64:ff9b::8.8.8.8",
                                      "100::1",
                                      "fe80::1",
                                      "fc00::1",
                                      "fdff::1",
                                      "ff02::1",
                                      "2001::1",
                                      "2001:1ff::1",
                                      "2001:db8::1",
                                      "2002:a00:1::1",
                                      "2002:7f00:1::1",
                                      "3fff::1",
                                      "4000::1",
                                      "::127.0.0.1"};
const std::vector<std::string> open{
    "1.1.1.1",         "9.255.255.255",   "11.0.0.0",    "100.63.255.255", "100.128.0.0",
    "126.0.0.1",       "128.0.0.1",       "169.253.0.1", "172.15.255.255", "172.32.0.0",
    "192.0.1.0",       "192.167.0.1",     "192.169.0.1", "198.17.255.255", "198.20.0.0",
    "203.0.112.1",     "223.255.255.255", "2600::1",     "2001:200::1",    "2a00:1450::1",
    "2002:808:808::1", "::ffff:8.8.8.8",  "2001:db7::1"};

BOOST_DATA_TEST_CASE(addresses_that_are_not_public, data::make(closed), address) {
  BOOST_TEST(!is_public(address));
}
BOOST_DATA_TEST_CASE(addresses_that_are_public, data::make(open), address) {
  BOOST_TEST(is_public(address));
}

// A server of one answer on a loopback port.
class Server {
 public:
  explicit Server(std::string answer) : answer_(std::move(answer)) {
    socket_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::listen(socket_.get(), 4) == 0);
    BOOST_REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/table"; }
  int connections() const { return connections_; }

 private:
  void serve() {
    for (;;) {
      const FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      ++connections_;
      char request[4096];
      if (::read(client.get(), request, sizeof request) <= 0) continue;
      if (answer_.empty()) {
        // Says nothing until the client has gone.
        while (::read(client.get(), request, sizeof request) > 0) continue;
      }
      std::size_t sent = 0;
      while (sent < answer_.size()) {
        const ssize_t count =
            ::send(client.get(), answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
      }
    }
  }

  std::string answer_;
  FileDescriptor socket_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

struct Text final : http::Sink {
  using http::Sink::write;
  void write(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  std::string bytes;
};

fetch::Limits limits(fetch::Reach reach) {
  return {1000, "max_upload", std::chrono::seconds(2), reach};
}

std::string refusal(const std::string& url, fetch::Reach reach) {
  Text text;
  try {
    fetch::fetch(url, text, limits(reach));
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == FailureKind::usage));
    return failure.what();
  }
  return "";
}

std::string with_body(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

BOOST_AUTO_TEST_CASE(hands_over_what_is_there) {
  const Server server(with_body("ra,dec\n1,2\n"));
  Text text;
  fetch::fetch(server.url(), text, limits(fetch::Reach::everywhere));
  BOOST_TEST(text.bytes == "ra,dec\n1,2\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_no_fault_of_the_address) {
  struct Full final : http::Sink {
    void write(std::span<const iovec>) override {
      throw std::system_error(ENOSPC, std::generic_category());
    }
  } full;
  const Server server(with_body("ra,dec\n1,2\n"));
  BOOST_CHECK_THROW(fetch::fetch(server.url(), full, limits(fetch::Reach::everywhere)),
                    std::system_error);
}

BOOST_AUTO_TEST_CASE(this_machine_is_not_asked) {
  const Server server(with_body("secret"));
  const std::string port = server.url().substr(server.url().rfind(':'));
  for (const char* const host :
       {"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"}) {
    const std::string text =
        refusal(std::string("http://") + host + port, fetch::Reach::public_only);
    BOOST_TEST(text.find("not public") != std::string::npos, host << ": " << text);
  }
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto everywhere = fetch::Reach::everywhere;
  BOOST_TEST(refusal("file:///etc/passwd", everywhere).find("http") != std::string::npos);
  const Server large(with_body(std::string(1001, 'x')));
  BOOST_TEST(refusal(large.url(), everywhere).find("max_upload") != std::string::npos);
  const Server endless("HTTP/1.0 200 OK\r\n\r\n" + std::string(5000, 'x'));
  BOOST_TEST(refusal(endless.url(), everywhere).find("max_upload") != std::string::npos);
  const Server silent("");
  BOOST_TEST(refusal(silent.url(), everywhere).find("2 s") != std::string::npos);
  const Server absent("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  BOOST_TEST(refusal(absent.url(), everywhere).find("404") != std::string::npos);
  const Server elsewhere(
      "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: "
      "close\r\n\r\n");
  BOOST_TEST(refusal(elsewhere.url(), everywhere).find("cannot be fetched") != std::string::npos);
}

}  // namespace
