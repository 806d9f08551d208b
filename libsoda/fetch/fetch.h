// What an address of the web names. Strangers choose the address: it must lead nowhere
// that they could not go themselves (http/public_address.h), and neither size nor time may be
// theirs.
//
// Only http and https; redirections likewise, five at most. Every connection is held against the
// rule by the address that it is really made to, so that neither redirections nor names that change
// their address lead around it; proxies of the environment are not used. Content codings are not
// asked for: what arrives is what is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/response.h"

namespace soda::fetch {

enum class Reach { public_only, everywhere };

struct Limits {
  std::int64_t bytes = 0;
  std::string_view bytes_name;  // of the setting, for sentences
  std::chrono::seconds time{60};
  Reach reach = Reach::public_only;
};

// Writes what is there to `into`, which may have got some of it when this throws Failure(usage),
// about `address`: not http or https, leads to a place that is not public, not found or refused
// there, larger than the limit, longer than the time. What `into` throws is passed on.
void fetch(const std::string& address, http::Sink& into, const Limits& limits);

}  // namespace soda::fetch
