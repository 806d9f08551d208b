#include "http/public_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "base/text.h"

namespace soda::http {
namespace {

struct Block {
  std::uint32_t first;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// What IANA's registry of special-purpose IPv4 addresses says is not globally reachable, the relays
// of 6to4, and what is not unicast.
constexpr std::array special{
    Block{v4(0, 0, 0, 0), 8},      Block{v4(10, 0, 0, 0), 8},     Block{v4(100, 64, 0, 0), 10},
    Block{v4(127, 0, 0, 0), 8},    Block{v4(169, 254, 0, 0), 16}, Block{v4(172, 16, 0, 0), 12},
    Block{v4(192, 0, 0, 0), 24},   Block{v4(192, 0, 2, 0), 24},   Block{v4(192, 88, 99, 0), 24},
    Block{v4(192, 168, 0, 0), 16}, Block{v4(198, 18, 0, 0), 15},  Block{v4(198, 51, 100, 0), 24},
    Block{v4(203, 0, 113, 0), 24}, Block{v4(224, 0, 0, 0), 4},    Block{v4(240, 0, 0, 0), 4},
};

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(special, [address](const Block& block) {
    return (address ^ block.first) >> (32 - block.bits) == 0;
  });
}

std::uint32_t v4_at(const in6_addr& address, std::size_t byte) {
  std::uint32_t value = 0;
  std::memcpy(&value, address.s6_addr + byte, sizeof value);
  return ntohl(value);
}

bool is_public_v6(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return is_public_v4(v4_at(address, 12));
  const std::uint32_t high = v4_at(address, 0);
  const bool is_global_unicast = high >> 29 == 1;  // 2000::/3
  if (!is_global_unicast) return false;
  if (high >> 9 == v4(0x20, 0x01, 0, 0) >> 9) return false;          // 2001::/23, Teredo among them
  if (high == v4(0x20, 0x01, 0x0d, 0xb8)) return false;              // documentation
  if (high >> 12 == v4(0x3f, 0xff, 0, 0) >> 12) return false;        // documentation, 3fff::/20
  if (high >> 16 == 0x2002) return is_public_v4(v4_at(address, 2));  // 6to4
  return true;
}

bool same(const sockaddr& one, const sockaddr& other) {
  if (one.sa_family != other.sa_family) return false;
  if (one.sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(one).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(other).sin_addr.s_addr;
  }
  return IN6_ARE_ADDR_EQUAL(&reinterpret_cast<const sockaddr_in6&>(one).sin6_addr,
                            &reinterpret_cast<const sockaddr_in6&>(other).sin6_addr);
}

// A machine that cannot list its interfaces gets the benefit of caution.
bool is_own(const sockaddr& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr != nullptr && same(*each->ifa_addr, address)) return true;
  }
  return false;
}

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4_address = reinterpret_cast<const sockaddr_in&>(address);
    return is_public_v4(ntohl(v4_address.sin_addr.s_addr)) && !is_own(address);
  }
  if (address.sa_family != AF_INET6) return false;
  return is_public_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) && !is_own(address);
}

bool is_web_address(std::string_view address) {
  return starts_with_ignoring_case(address, "http://") ||
         starts_with_ignoring_case(address, "https://");
}

bool may_be_public(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (equal_ignoring_case(host, "localhost")) return false;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(std::string(host).c_str(), nullptr, &hints, &found) != 0) return true;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  return is_public(*found->ai_addr);
}

}  // namespace soda::http
