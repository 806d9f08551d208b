#include "http/listen.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/failure.h"
#include "base/text.h"

namespace soda::http {
namespace {

constexpr std::string_view unix_prefix = "unix:";

[[noreturn]] void refuse(const std::string& bind, const std::string& why) {
  throw Failure(FailureKind::usage, "bind: \"" + quoted(bind, 200) + "\": " + why, "bind");
}

std::string error_text(int error) { return std::generic_category().message(error); }

// fcntl cannot fail here: the descriptor is open.
void make_non_blocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

Listener inherited() {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
    throw Failure(
        FailureKind::usage,
        "bind: descriptor 0 is not a listening socket; start this program from a web server, "
        "spawn-fcgi or systemd, or say --bind unix:PATH or --bind HOST:PORT",
        "bind");
  }
  Listener listener{FileDescriptor(fcntl(0, F_DUPFD_CLOEXEC, 3)), {}};
  make_non_blocking(listener.socket.get());
  return listener;
}

sockaddr_un unix_address(const std::string& bind, std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path ||
      path.find('\0') != std::string_view::npos) {
    refuse(bind,
           "a path of 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes is expected");
  }
  path.copy(address.sun_path, path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Removes what a process that died has left. A socket on which somebody listens, or any other kind
// of file, stays and is refused.
void remove_stale(const std::string& bind, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(address.sun_path, &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) refuse(bind, "the file exists and is no socket");
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    refuse(bind, "another process listens there");
  }
  if (unlink(address.sun_path) != 0) refuse(bind, error_text(errno));
}

Listener unix_listener(const std::string& bind, int backlog) {
  const std::string path = bind.substr(unix_prefix.size());
  const sockaddr_un address = unix_address(bind, path);
  remove_stale(bind, address);
  Listener listener{FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), {}};
  // The mask is the only way to have the right mode from the first moment on.
  const mode_t mask = umask(0117);
  const int bound = ::bind(listener.socket.get(), generic(address), sizeof address);
  const int error = errno;
  umask(mask);
  if (bound != 0) refuse(bind, error_text(error));
  listener.path = path;
  if (listen(listener.socket.get(), backlog) != 0) refuse(bind, error_text(errno));
  make_non_blocking(listener.socket.get());
  return listener;
}

Listener tcp_listener(const std::string& bind, int backlog) {
  const std::size_t colon = bind.rfind(':');
  if (colon == std::string::npos) refuse(bind, "unix:PATH or HOST:PORT is expected");
  std::string host = bind.substr(0, colon);
  if (host.empty()) host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = to_integer(std::string_view(bind).substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) refuse(bind, "a port from 1 to 65535 is expected");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* answer = nullptr;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(*port).c_str(), &hints, &answer)) {
    refuse(bind, gai_strerror(error));
  }
  const Handle<addrinfo, freeaddrinfo> addresses(answer);
  Listener listener{FileDescriptor(socket(answer->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)), {}};
  const int on = 1;
  setsockopt(listener.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener.socket.get(), answer->ai_addr, answer->ai_addrlen) != 0 ||
      listen(listener.socket.get(), backlog) != 0) {
    refuse(bind, error_text(errno));
  }
  make_non_blocking(listener.socket.get());
  return listener;
}

}  // namespace

Listener open_listener(const std::string& bind, int backlog) {
  if (bind.empty()) return inherited();
  return bind.starts_with(unix_prefix) ? unix_listener(bind, backlog) : tcp_listener(bind, backlog);
}

}  // namespace soda::http
