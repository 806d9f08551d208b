// Signed addresses: sodactl sign, key.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"
#include "site/access.h"
#include "site/signature.h"
#include "sodactl_commands.h"
#include "store/database.h"
#include "store/holdings.h"

namespace sodactl {
namespace {

using namespace soda;

std::string identifier_in(const site::Config& config, const std::string& id) {
  store::Holdings holdings(
      std::make_shared<store::Database>(config.text("database"), store::Database::Mode::read_only));
  const auto dataset = holdings.find(id);
  if (!dataset) {
    throw Failure(FailureKind::not_found, fmt::format("there is no data set \"{}\"", quoted(id)),
                  "ID");
  }
  return dataset->obscore.obs_publisher_did;
}

}  // namespace

int sign(const site::Config& config, const std::string& id, const std::string& part,
         const std::string& scope_name, const std::string& expires) {
  const auto scope = site::scope_named(scope_name);
  if (!scope) {
    throw Failure(
        FailureKind::usage,
        fmt::format("--scope: data or cut is expected, received \"{}\"", quoted(scope_name)));
  }
  if (*scope == site::Scope::cut && !part.empty()) {
    throw Failure(FailureKind::usage, "--part: a cutout has no parts; it goes with --scope data");
  }
  site::Access access(config);
  if (!access.can_sign()) {
    throw Failure(FailureKind::usage,
                  "no key_file is set; \"sodactl key NAME\" makes a line for one");
  }
  const std::string did = identifier_in(config, id);
  std::string address =
      fmt::format("{}/{}?ID={}", config.base_url(), *scope == site::Scope::data ? "data" : "sync",
                  percent_encode(did));
  if (!part.empty()) address += "&PART=" + percent_encode(part);
  if (expires.empty()) {
    fmt::print("{}{}\n", address, access.signed_query(did, *scope));
    return 0;
  }
  const auto end = utc_from_iso8601(expires);
  if (!end || *end <= std::chrono::system_clock::now()) {
    throw Failure(FailureKind::usage,
                  fmt::format("--expires: a time to come in UTC like 2026-12-24T18:00:00Z is "
                              "expected, received \"{}\"",
                              quoted(expires)));
  }
  fmt::print("{}{}\n", address, access.signed_query(did, *scope, *end));
  return 0;
}

int make_key(const std::string& name) {
  fmt::print("{}\n", site::new_key_line(name));
  return 0;
}

}  // namespace sodactl
