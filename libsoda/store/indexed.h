// Which columns of the table `dataset` have an index, and the columns that exist for the indexes
// only: what the schema makes and what a question is answered by. Private to the room.
//
// Intervals (time, wavelength) are indexed by (class, lower end): all intervals of class c are at
// most 2^c wide, so those that overlap [lo, hi] begin between lo - 2^c and hi. A few long ones
// thus do not make every search long. The sky is indexed by two R*Trees over boxes in the space of
// unit vectors: sky3, whose boxes hold the footprint and the position s_ra, s_dec, of rows that
// have only one of them too; and sky5, those of the footprint with time and wavelength as well.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "store/query.h"

namespace soda::store {

inline constexpr std::array<std::string_view, 14> indexed_columns = {
    "obs_collection", "facility_name", "instrument_name", "target_name", "dataproduct_type",
    "access_format",  "calib_level",   "pol_states",      "s_fov",       "s_resolution",
    "em_res_power",   "t_exptime",     "t_resolution",    "obs_id"};

// Hidden columns of `dataset`: the footprint's bytes and the classes of its intervals.
inline constexpr std::array<std::string_view, 3> hidden_columns = {"shape", "t_class", "em_class"};

// The least c with hi - lo <= 2^c, within narrowest .. widest; `endless` for an infinite width.
// NULL when an end is.
inline constexpr std::int64_t narrowest_class = -70, widest_class = 70, endless_class = 1000;
std::optional<std::int64_t> width_class(const std::optional<double>& lo,
                                        const std::optional<double>& hi);
// At least the width of all intervals of the class.
double class_width(std::int64_t of);

// Whether one of the intervals, which are in order and apart, has a point in common with [lo, hi].
bool overlaps_any(std::span<const Limits> intervals, double lo, double hi);

// Coordinates of sky5, 32-bit floats: what orders times and wavelengths, of a size that lets the
// tree part along them as along the sky. Ends beyond any real observation are all one; NULL lies
// outside every interval asked for.
double time_coordinate(double mjd);
double wavelength_coordinate(double metres);
inline constexpr double null_coordinate = -10;

}  // namespace soda::store
