// Whether the one at the other end of a connection has gone before anything was written to it.
#pragma once

#include <cstdint>

namespace soda::http {

// What epoll(7) and poll(2) are to watch for, besides the hang-ups and errors that they always
// tell. Who has only closed his writing side still waits: a socket of this host says which of the
// two it is, TCP does not, and no web server does the former.
std::uint32_t signs_of_departure(int fd) noexcept;

// False for what is no connection.
bool has_departed(int fd) noexcept;

}  // namespace soda::http
