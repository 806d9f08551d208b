#include "ingest/times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "wcs/pixels.h"

namespace soda::ingest {
namespace {

// 1831 to 2132. MJD 0 is what headers say that do not know.
constexpr double earliest = -10000;
constexpr double latest = 100000;
constexpr double longest_exposure_s = 1e10;
constexpr double day_s = 86400;

struct Instant {
  double mjd = 0;
  bool whole_day = false;  // the time of day is not known
};

bool plausible(double mjd) { return mjd > earliest && mjd < latest && mjd != 0; }

// "12:34:56.7" as a fraction of a day.
std::optional<double> time_of_day(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  constexpr std::array limits = {24.0, 60.0, 61.0};
  constexpr std::array seconds = {3600.0, 60.0, 1.0};
  double sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<double> number = to_double(trim(parts[i]));
    if (!number || !(*number >= 0) || !(*number < limits[i])) return std::nullopt;
    sum += *number * seconds[i];
  }
  return sum / day_s;
}

std::optional<Instant> instant_of(const std::string& text, const Keywords& keywords,
                                  std::string_view clocks) {
  if (const std::optional<double> number = to_double(text)) {
    if (!plausible(*number)) return std::nullopt;
    return Instant{*number, false};
  }
  const std::optional<double> mjd = mjd_from_iso8601(text);
  if (!mjd || !plausible(*mjd)) return std::nullopt;
  if (text.find(':') != std::string::npos) return Instant{*mjd, false};
  for (const std::string_view keyword : split_blanks(clocks)) {
    if (const std::optional<double> fraction = time_of_day(keywords.text(keyword)))
      return Instant{*mjd + *fraction, false};
  }
  return Instant{*mjd, true};
}

std::optional<Instant> first_instant(const Keywords& keywords, std::string_view column,
                                     std::string_view clocks) {
  for (const std::string& text : keywords.all(column)) {
    if (const std::optional<Instant> instant = instant_of(text, keywords, clocks)) return instant;
  }
  return std::nullopt;
}

std::optional<double> middle_of(const Keywords& keywords) {
  for (const char* keyword : {"MJD-AVG", "DATE-AVG", "EXPMID"}) {
    const std::optional<Instant> instant = instant_of(keywords.text(keyword), keywords, "");
    if (instant && !instant->whole_day) return instant->mjd;
  }
  return std::nullopt;
}

std::optional<double> exposure_seconds(const Keywords& keywords) {
  std::vector<double> seconds = keywords.numbers("t_exptime");
  std::erase_if(seconds, [](double each) { return !(each >= 0 && each < longest_exposure_s); });
  if (seconds.empty()) return std::nullopt;
  // A zero beside another keyword's number is a field that nobody filled in.
  const auto told = std::ranges::find_if(seconds, [](double each) { return each > 0; });
  return told == seconds.end() ? seconds.front() : *told;
}

}  // namespace

Exposure exposure_of(const Keywords& keywords) {
  Exposure exposure;
  exposure.seconds = exposure_seconds(keywords);
  const double length = exposure.seconds.value_or(0) / day_s;
  const std::optional<Instant> start = first_instant(
      keywords, "t_min", "TIME-OBS TIME-BEG TIME_OBS UTC-OBS UTSTART UT-START UTC UT TIME");
  if (!start) {
    if (const std::optional<double> middle = middle_of(keywords)) {
      exposure.t_min = *middle - length / 2;
      exposure.t_max = *middle + length / 2;
    }
  } else {
    exposure.t_min = start->mjd;
    exposure.t_max = start->mjd + (start->whole_day ? std::max(1.0, length) : length);
    const std::optional<Instant> end =
        first_instant(keywords, "t_max", "TIME-END TIME_END UTC-END UTEND UT-END");
    if (end && end->mjd >= start->mjd) exposure.t_max = end->mjd + (end->whole_day ? 1 : 0);
  }
  const std::string scale = keywords.text("TIMESYS");
  for (std::optional<double>* time : {&exposure.t_min, &exposure.t_max}) {
    // A scale that is not known (LOCAL …) leaves the number as it stands: nearly right is of more
    // use than nothing.
    if (*time) *time = wcs::utc_from(scale, **time).value_or(**time);
  }
  return exposure;
}

}  // namespace soda::ingest
