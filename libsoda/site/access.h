// Who may read what.
//
// Restricted are data whose data_rights (ObsCore 1.1 section 4.4) are "secure", or "proprietary"
// while their release date has not come (without a date, or with one that cannot be read: for
// ever); any other word but "public" is taken for "secure". Restricted data may be read by users
// whom the web server has authenticated (setting auth), and by whoever holds a signed address for
// them (site/signature.h). Everybody may read all else, and see that restricted data exist.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/response.h"
#include "site/config.h"
#include "site/signature.h"

namespace soda::site {

using Time = std::chrono::system_clock::time_point;

// What the archive says of a data set; the texts are its ObsCore columns.
struct Terms {
  std::string_view id;  // obs_publisher_did
  std::string_view data_rights, obs_release_date;
};
bool is_restricted(const Terms& terms, Time now);

// Who asks.
struct Caller {
  std::string_view user;  // as the web server says it and the settings let us believe; or empty
  Signature signature;    // as received; or empty
};

enum class Readers { everybody, some };

class Access {
 public:
  // Throws Failure(usage) when the key file is not in order.
  explicit Access(const Config& config);

  // Throws Failure(not_authenticated) when a user's name would help and the web server asks for
  // one, Failure(not_authorised) else: also for public data when the signature that came along is
  // wrong, late or for something else. Returns whom the answer is for.
  Readers admit(const Terms& terms, Scope scope, const Caller& caller);
  // Whether admit() would let the caller read.
  bool may_read(const Terms& terms, Scope scope, const Caller& caller);

  // Whether there is a key to sign with.
  bool can_sign() const noexcept { return !ring_.empty(); }
  // What is to be put behind an address (with a query) of the data set so that whoever holds it may
  // read, from now on for as long as the setting signature_life says. REQUIRES: can_sign().
  std::string signed_query(std::string_view id, Scope scope);
  std::string signed_query(std::string_view id, Scope scope, Time expires);

 private:
  KeyRing ring_;
  std::chrono::seconds life_;
  bool users_;  // the web server authenticates
};

// No cache but the client's own may keep the answer (RFC 9111 section 5.2.2.7).
void make_private(http::Response& response);

}  // namespace soda::site
