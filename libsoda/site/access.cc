#include "site/access.h"

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"

namespace soda::site {

bool is_restricted(const Terms& terms, Time now) {
  const std::string_view rights = trim(terms.data_rights);
  if (rights.empty() || equal_ignoring_case(rights, "public")) return false;
  if (!equal_ignoring_case(rights, "proprietary")) return true;
  const auto released = mjd_from_iso8601(trim(terms.obs_release_date));
  // 40587 is the MJD of 1970-01-01.
  const std::chrono::duration<double, std::ratio<86400>> days = now.time_since_epoch();
  return !released || *released > 40587 + days.count();
}

Access::Access(const Config& config)
    : ring_(config.text("key_file")),
      life_(config.integer("signature_life")),
      users_(config.text("auth") == "server") {}

Readers Access::admit(const Terms& terms, Scope scope, const Caller& caller) {
  const Time now = std::chrono::system_clock::now();
  const bool has_signature = !caller.signature.empty();
  if (has_signature) {
    if (ring_.empty()) {
      throw Failure(FailureKind::not_authorised,
                    "SIGNATURE: this site has no keys, so no signed address is good here",
                    "SIGNATURE");
    }
    ring_.keys().verify(caller.signature, terms.id, scope, now);
  }
  if (!is_restricted(terms, now)) return Readers::everybody;
  if (has_signature || !caller.user.empty()) return Readers::some;
  constexpr std::string_view reason =
      "the data are not public; they need a user name that the archive knows, or a signed address";
  throw Failure(users_ ? FailureKind::not_authenticated : FailureKind::not_authorised,
                std::string(reason));
}

bool Access::may_read(const Terms& terms, Scope scope, const Caller& caller) {
  try {
    admit(terms, scope, caller);
    return true;
  } catch (const Failure& failure) {
    if (failure.kind() == FailureKind::not_authorised ||
        failure.kind() == FailureKind::not_authenticated) {
      return false;
    }
    throw;
  }
}

std::string Access::signed_query(std::string_view id, Scope scope) {
  return signed_query(id, scope, std::chrono::system_clock::now() + life_);
}

std::string Access::signed_query(std::string_view id, Scope scope, Time expires) {
  return ring_.keys().sign({id, scope, expires}).query();
}

void make_private(http::Response& response) {
  response.add("Cache-Control", "private");
  response.add("Vary", "Authorization, Cookie");
}

}  // namespace soda::site
