// Civil and astronomical times as text and as Modified Julian Date (days since 1858-11-17T00:00).
//
// No time scale is applied here: a string in UTC gives an MJD in UTC, one in TT gives TT. Leap
// seconds: a civil time with second 60 is taken as the first second of the next minute. Proleptic
// Gregorian calendar, years 0000 to 9999.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soda {

// FITS and DALI date-times: "YYYY-MM-DD", "YYYY-MM-DDThh:mm[:ss[.s…]]" with optional final Z (blank
// instead of T allowed), and the old FITS form "DD/MM/YY" (19YY; FITS 4.0 section 4.4.2.1). Empty
// when the text is none of these or names no real day.
std::optional<double> mjd_from_iso8601(std::string_view text);

// "YYYY-MM-DDThh:mm:ss.sss", without a zone letter (DALI: astronomical times carry none). Rounded
// to the millisecond. Outside the years 0000 to 9999, or for NaN: empty string.
std::string iso8601_from_mjd(double mjd);

// A civil time in UTC as mjd_from_iso8601 reads it, to the second. Empty outside the years 1970 to
// 2255 too.
std::optional<std::chrono::system_clock::time_point> utc_from_iso8601(std::string_view text);

// Civil UTC with a final Z and whole seconds, as VOSI, UWS and logs write it.
std::string iso8601_utc(std::chrono::system_clock::time_point when);
// RFC 9110 date, as in Last-Modified.
std::string http_date(std::chrono::system_clock::time_point when);

}  // namespace soda
