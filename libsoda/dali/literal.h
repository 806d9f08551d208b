// Literals of DALI and SODA -> typed values. Every Failure(usage) names the parameter, what was
// expected and the value received. Numbers stand between runs of blanks and are VOTable's
// (base/text.h), Inf in any letters; NaN is refused everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sky/interval.h"
#include "sky/region.h"

namespace soda::dali {

// The choices of POL (SODA 1.0 section 3.3.4, SIA 2.0 section 2.1.5; ObsCore 1.1 section B.6.6).
inline constexpr std::string_view polarisation_states = "I|Q|U|V|RR|LL|RL|LR|XX|YY|XY|YX|POLI|POLA";

// Of one value.
inline constexpr std::size_t most_numbers = 20000;

// "lon lat r", degrees ICRS; any finite longitude (reduced), |lat| <= 90, 0 < r <= 180.
sky::Circle parse_circle(std::string_view parameter, std::string_view value);
// "lon lat lon lat …", three to `max_vertices` vertices, either winding.
sky::Polygon parse_polygon(std::string_view parameter, std::string_view value,
                           std::size_t max_vertices = 10000);
// "lon1 lon2 lat1 lat2", open ends -Inf/+Inf.
sky::Range parse_range(std::string_view parameter, std::string_view value);
// "CIRCLE …", "RANGE …" or "POLYGON …", the word in any case: DALI 1.2's shape, SIA's and SODA's
// POS.
sky::Region parse_position(std::string_view parameter, std::string_view value,
                           std::size_t max_vertices = 10000);
// "lo hi" or a lone number (taken twice); open ends -Inf for lo and +Inf for hi; lo > hi is
// refused.
std::pair<double, double> parse_interval(std::string_view parameter, std::string_view value);
// The same in metres, and in MJD.
sky::Band parse_band(std::string_view parameter, std::string_view value);
sky::TimeSpan parse_time(std::string_view parameter, std::string_view value);
// One or more numbers, infinities included; at most `limit`.
std::vector<double> parse_numbers(std::string_view parameter, std::string_view value,
                                  std::size_t limit = most_numbers);
// MAXREC: a whole number from 0 on, of any length; what is above `limit` is `limit`.
std::int64_t parse_maxrec(std::string_view value, std::int64_t limit);
std::int64_t parse_integer(std::string_view parameter, std::string_view value, std::int64_t minimum,
                           std::int64_t maximum);
bool parse_flag(std::string_view parameter,
                std::string_view value);  // true false 1 0 T F, any case

}  // namespace soda::dali
