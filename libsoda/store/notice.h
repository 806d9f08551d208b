// The administrator's word that the archive is out of service: one row of the data base, so that
// all programs see it.
//
// Times are UTC, whole seconds. Failures are those of Database.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "store/database.h"

namespace soda::store {

struct Notice {
  using Time = std::chrono::system_clock::time_point;
  std::string reason;  // a sentence for clients
  Time from;
  std::optional<Time> until;  // empty: until it is taken back

  bool in_effect(Time now) const noexcept { return from <= now && !has_ended(now); }
  bool has_ended(Time now) const noexcept { return until && *until <= now; }
};

// Replaces the one before. Within Database::transaction.
void post(Database& database, const Notice& notice);
// Ends the one in effect, forgets one that has not begun. False when there was neither. Within
// Database::transaction.
bool take_back(Database& database, Notice::Time now);
// The one that was posted last, which may have ended: it tells since when the archive is back.
std::optional<Notice> last_notice(Database& database);

// last_notice() for those who ask at each request: from memory until the data base changes
// (Database::data_version).
class NoticeBoard {
 public:
  // The Database must outlive it.
  explicit NoticeBoard(Database& database) : database_(database) {}
  // Valid until the next call.
  const std::optional<Notice>& last();

 private:
  Database& database_;
  std::int64_t version_ = -1;
  std::optional<Notice> notice_;
};

}  // namespace soda::store
