#include "base/time.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace soda {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr sys_days mjd_epoch = year(1858) / 11 / 17;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (text.empty()) return std::nullopt;
  return value;
}

std::optional<double> day_number(std::optional<int> y, std::optional<int> m, std::optional<int> d) {
  if (!y || !m || !d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>((sys_days(date) - mjd_epoch).count());
}

// Seconds of the day from "hh:mm[:ss[.s…]]".
std::optional<double> seconds_of_day(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].size() != 2 || parts[1].size() != 2) {
    return std::nullopt;
  }
  const auto hour = digits(parts[0]);
  const auto minute = digits(parts[1]);
  double second = 0;
  if (parts.size() == 3) {
    const auto dot = parts[2].find('.');
    if (parts[2].substr(0, dot).size() != 2 || !digits(parts[2].substr(0, 2))) return std::nullopt;
    const auto value = to_double(parts[2]);
    if (!value) return std::nullopt;
    second = *value;
  }
  if (!hour || !minute || *hour > 24 || *minute > 59 || second >= 61) return std::nullopt;
  const double total = *hour * 3600.0 + *minute * 60.0 + second;
  if (*hour == 24 && total > 86400) return std::nullopt;
  return total;
}

}  // namespace

std::optional<double> mjd_from_iso8601(std::string_view text) {
  text = trim(text);
  if (text.size() == 8 && text[2] == '/' && text[5] == '/') {
    const auto yy = digits(text.substr(6, 2));
    return day_number(yy ? std::optional(1900 + *yy) : std::nullopt, digits(text.substr(3, 2)),
                      digits(text.substr(0, 2)));
  }
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto days =
      day_number(digits(text.substr(0, 4)), digits(text.substr(5, 2)), digits(text.substr(8, 2)));
  if (!days || text.size() == 10) return days;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  std::string_view clock = text.substr(11);
  if (clock.ends_with('Z')) clock.remove_suffix(1);
  const auto seconds = seconds_of_day(clock);
  if (!seconds) return std::nullopt;
  return *days + *seconds / 86400;
}

std::string iso8601_from_mjd(double mjd) {
  if (!(mjd > -680000 && mjd < 2980000)) return {};  // NaN too; the exact ends are checked below
  const double whole = std::floor(mjd);
  auto days = static_cast<std::int64_t>(whole);
  auto milliseconds = static_cast<std::int64_t>(std::llround((mjd - whole) * 86400000));
  if (milliseconds == 86400000) {
    milliseconds = 0;
    ++days;
  }
  const year_month_day date{mjd_epoch + std::chrono::days(days)};
  const int y = static_cast<int>(date.year());
  if (y < 0 || y > 9999) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", y,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     milliseconds / 3600000, milliseconds / 60000 % 60, milliseconds / 1000 % 60,
                     milliseconds % 1000);
}

std::optional<std::chrono::system_clock::time_point> utc_from_iso8601(std::string_view text) {
  constexpr double unix_epoch = 40587, last = 9e9;
  const std::optional<double> mjd = mjd_from_iso8601(text);
  if (!mjd) return std::nullopt;
  const double seconds = std::round((*mjd - unix_epoch) * 86400);
  if (!(seconds >= 0 && seconds <= last)) return std::nullopt;
  return std::chrono::system_clock::time_point(
      std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::string iso8601_utc(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const year_month_day date{days};
  const std::chrono::hh_mm_ss clock{seconds - days};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string http_date(std::chrono::system_clock::time_point when) {
  static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const year_month_day date{days};
  const std::chrono::hh_mm_ss clock{seconds - days};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     weekdays[std::chrono::weekday(days).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace soda
