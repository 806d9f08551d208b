// Which network addresses lie in the public Internet: what a stranger may send us to.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace soda::http {

// Whether the address is one that the whole Internet can reach: not this machine (loopback, the
// addresses of its own interfaces), not a private, local, shared, documentation, benchmarking,
// multicast or reserved one (IANA's special-purpose registries, RFC 6890), nor an IPv6 form that
// holds such an IPv4 address (mapped, 6to4) or may lead anywhere (NAT64, Teredo). False for
// families other than IPv4 and IPv6.
bool is_public(const sockaddr& address);

// Whether the address begins with "http://" or "https://", ignoring case.
bool is_web_address(std::string_view address);

// What can be said of the host of a URL before its name is looked up: false for "localhost" and for
// numbers (in any spelling that the system takes, IPv6 with or without brackets) of an address that
// is not public.
bool may_be_public(std::string_view host);

}  // namespace soda::http
