#include "http/departure.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace soda::http {

static_assert(EPOLLRDHUP == POLLRDHUP);

std::uint32_t signs_of_departure(int fd) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  const bool is_local =
      getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
  return is_local ? 0U : std::uint32_t{EPOLLRDHUP};
}

bool has_departed(int fd) noexcept {
  if (fd < 0) return false;
  pollfd watched{fd, static_cast<short>(signs_of_departure(fd)), 0};
  return poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR | POLLRDHUP)) != 0;
}

}  // namespace soda::http
