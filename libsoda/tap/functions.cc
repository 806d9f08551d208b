#include "tap/functions.h"

#include <algorithm>
#include <array>

namespace soda::tap {
namespace {

using enum Type;

// ADQL 2.1 section 4.1.3 and 4.2 (mathematics), 4.3 (text), and the catalogue of user-defined
// functions (UDF 1.2).
constexpr Function functions[] = {
    {"ABS", "abs", "n", std::nullopt},
    {"ACOS", "adql_acos", "n", double_precision},
    {"ASIN", "adql_asin", "n", double_precision},
    {"ATAN", "atan", "n", double_precision},
    {"ATAN2", "atan2", "nn", double_precision},
    {"CEILING", "adql_ceiling", "n", double_precision},
    {"COS", "cos", "n", double_precision},
    {"COT", "adql_cot", "n", double_precision},
    {"DEGREES", "degrees", "n", double_precision},
    {"EXP", "adql_exp", "n", double_precision},
    {"FLOOR", "adql_floor", "n", double_precision},
    {"LOG", "adql_log", "n", double_precision},
    {"LOG10", "adql_log10", "n", double_precision},
    {"LOWER", "adql_lower", "s", text},
    {"MOD", "adql_mod", "nn", double_precision},
    {"PI", "pi", "", double_precision},
    {"POWER", "adql_power", "nn", double_precision},
    {"RADIANS", "radians", "n", double_precision},
    {"ROUND", "adql_round", "n?i", double_precision},
    {"SIN", "sin", "n", double_precision},
    {"SQRT", "adql_sqrt", "n", double_precision},
    {"TAN", "tan", "n", double_precision},
    {"TRUNCATE", "adql_truncate", "n?i", double_precision},
    {"UPPER", "adql_upper", "s", text},
    {"IVO_HASWORD", "ivo_hasword", "ss", integer},
    {"IVO_HASHLIST_HAS", "ivo_hashlist_has", "ss", integer},
    {"IVO_NOCASEMATCH", "ivo_nocasematch", "ss", integer},
    {"IVO_STRING_AGG", "ivo_string_agg", "ss", text, true},
    {"IVO_HEALPIX_INDEX", "ivo_healpix_index", "inn", bigint},
    {"IVO_HEALPIX_INDEX", "ivo_healpix_index", "ip", bigint},
    {"IVO_HEALPIX_CENTER", "ivo_healpix_center", "ii", point},
    {"IVO_INTERVAL_OVERLAPS", "ivo_interval_overlaps", "nnnn", integer},
    {"IVO_TO_JD", "ivo_to_jd", "t", double_precision},
    {"IVO_TO_MJD", "ivo_to_mjd", "t", double_precision},
};

constexpr std::array<std::string_view, 21> elsewhere = {
    "AREA",       "BITWISE_AND", "BITWISE_NOT", "BITWISE_OR", "BITWISE_XOR", "BOX",      "CENTROID",
    "CIRCLE",     "COALESCE",    "CONTAINS",    "COORD1",     "COORD2",      "COORDSYS", "DISTANCE",
    "INTERSECTS", "IN_UNIT",     "POINT",       "POLYGON",    "RAND",        "REGION",   "CAST"};

struct Absent {
  std::string_view name, reason;
};
constexpr Absent absent[] = {
    {"IVO_SIMBADPOINT", "it would have to ask another service; give the position itself, as POINT"},
    {"IVO_EPOCH_PROP", "this service does not move positions to other epochs"},
    {"IVO_EPOCH_PROP_POS", "this service does not move positions to other epochs"},
    {"IVO_GEOM_TRANSFORM", "positions here are ICRS"},
    {"IVO_HISTOGRAM", "a column of arrays has no place in an answer here; use GROUP BY"},
    {"IVO_NORMAL_RANDOM", "answers here are the same whenever they are asked for"},
};

}  // namespace

std::vector<const Function*> functions_named(std::string_view name) {
  std::vector<const Function*> found;
  for (const Function& each : functions) {
    if (each.name == name) found.push_back(&each);
  }
  return found;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names(elsewhere.begin(), elsewhere.end());
  for (const Function& each : functions) names.push_back(each.name);
  return names;
}

std::string_view reason_against(std::string_view name) {
  const auto row = std::ranges::find(absent, name, &Absent::name);
  return row == std::end(absent) ? std::string_view() : row->reason;
}

}  // namespace soda::tap
