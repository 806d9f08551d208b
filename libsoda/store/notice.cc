#include "store/notice.h"

#include <algorithm>

namespace soda::store {
namespace {

using std::chrono::seconds;

// Whatever number a data base may hold, the clock can hold it: 1970 to 2255.
constexpr std::int64_t first_second = 0, last_second = 9'000'000'000;

std::int64_t number_of(Notice::Time time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}
Notice::Time time_of(std::int64_t number) {
  return Notice::Time(seconds(std::clamp(number, first_second, last_second)));
}

}  // namespace

void post(Database& database, const Notice& notice) {
  Statement row = database.prepare(
      "INSERT OR REPLACE INTO notice (id, reason, starts, ends) VALUES (1, ?1, ?2, ?3)");
  row.bind(1, std::string_view(notice.reason)).bind(2, number_of(notice.from));
  row.bind(3, notice.until ? std::optional(number_of(*notice.until)) : std::nullopt).run();
}

bool take_back(Database& database, Notice::Time now) {
  const std::optional<Notice> last = last_notice(database);
  if (!last || last->has_ended(now)) return false;
  const bool has_begun = last->from <= now;
  Statement row = database.prepare(has_begun ? "UPDATE notice SET ends = ?1"
                                             : "DELETE FROM notice WHERE starts > ?1");
  row.bind(1, number_of(now)).run();
  return true;
}

std::optional<Notice> last_notice(Database& database) {
  Statement row = database.prepare("SELECT reason, starts, ends FROM notice");
  if (!row.step()) return std::nullopt;
  Notice notice{std::string(row.text(0)), time_of(row.integer(1)), {}};
  if (!row.is_null(2)) notice.until = time_of(row.integer(2));
  return notice;
}

const std::optional<Notice>& NoticeBoard::last() {
  const std::int64_t now = database_.data_version();
  if (now != version_) {
    notice_ = last_notice(database_);
    version_ = now;
  }
  return notice_;
}

}  // namespace soda::store
