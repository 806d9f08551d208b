// Out of service and back: sodactl offline, online.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"
#include "sodactl_commands.h"
#include "store/database.h"
#include "store/notice.h"

namespace sodactl {
namespace {

using namespace soda;
using store::Notice;

constexpr std::size_t longest_reason = 500;  // bytes

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// It goes into plain text, XML and a log as it is.
void check_reason(const std::string& reason) {
  if (trim(reason).empty() || reason.size() > longest_reason || !is_utf8(reason) ||
      std::ranges::any_of(reason, is_control)) {
    throw Failure(FailureKind::usage,
                  fmt::format("REASON: one line of UTF-8 of at most {} bytes is expected, received "
                              "{} bytes: \"{}\"",
                              longest_reason, reason.size(), quoted(reason)));
  }
}

std::optional<Notice::Time> time_of(std::string_view option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = utc_from_iso8601(text);
  if (!time) {
    throw Failure(FailureKind::usage,
                  fmt::format("{}: a time in UTC like 2026-12-24T18:00:00Z is expected, received "
                              "\"{}\"",
                              option, quoted(text)));
  }
  return time;
}

}  // namespace

std::string told(const Notice& notice) {
  return fmt::format("out of service from {} until {}: {}", iso8601_utc(notice.from),
                     notice.until ? iso8601_utc(*notice.until) : "further notice", notice.reason);
}

int offline(const site::Config& config, const std::string& reason, const std::string& from,
            const std::string& until) {
  check_reason(reason);
  const Notice::Time now = std::chrono::system_clock::now();
  const Notice notice{reason, time_of("--from", from).value_or(now), time_of("--until", until)};
  if (notice.until && *notice.until <= std::max(now, notice.from)) {
    throw Failure(FailureKind::usage,
                  fmt::format("--until: a time after {} is expected, received {}",
                              iso8601_utc(std::max(now, notice.from)), iso8601_utc(*notice.until)));
  }
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  database.transaction([&] { store::post(database, notice); });
  fmt::print("{}\n", told(notice));
  return 0;
}

int online(const site::Config& config) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  bool taken_back = false;
  database.transaction(
      [&] { taken_back = store::take_back(database, std::chrono::system_clock::now()); });
  fmt::print("{}\n", taken_back ? "in service again" : "in service, as before");
  return 0;
}

}  // namespace sodactl
