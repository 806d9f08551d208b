#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "base/failure.h"
#include "http/listen.h"
#include "scratch.h"

using soda::Failure;
using soda::FailureKind;
using soda::http::Listener;
using soda::http::open_listener;

BOOST_AUTO_TEST_CASE(a_file_that_is_no_socket_stays) {
  const scratch::Folder scratch;
  const std::string file = scratch / "precious";
  scratch::write_file(file, "text");
  BOOST_CHECK_THROW(open_listener("unix:" + file, 5), Failure);
  BOOST_TEST(std::filesystem::file_size(file) == 4u);
}

BOOST_AUTO_TEST_CASE(addresses_that_cannot_be_bound) {
  const std::string bad[] = {"",
                             "unix:",
                             "nonsense",
                             "host:",
                             "host:http",
                             "127.0.0.1:0",
                             "127.0.0.1:65536",
                             "unix:/nowhere/at/all/s",
                             "unix:/" + std::string(200, 'x'),
                             "1.2.3.4:99",
                             "127.0.0.1:-1"};
  const int standard_input = dup(0);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  for (const std::string& bind : bad) {
    try {
      open_listener(bind, 5);
      BOOST_ERROR("bound: " + bind);
    } catch (const Failure& failure) {
      BOOST_TEST((failure.kind() == FailureKind::usage));
      BOOST_TEST(std::string_view(failure.what()).starts_with("bind: "));
    }
  }
  dup2(standard_input, 0);
  close(standard_input);
  close(null);
}

BOOST_AUTO_TEST_CASE(loopback_is_the_default_host) {
  for (int port = 20000 + getpid() % 10000; port < 32000; ++port) {
    try {
      const Listener listener = open_listener(":" + std::to_string(port), 5);
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      BOOST_REQUIRE(
          getsockname(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
      BOOST_TEST(address.ss_family == AF_INET);
      return;
    } catch (const Failure&) {
      continue;  // taken
    }
  }
  BOOST_ERROR("no free port");
}
