#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "sky/geometry.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

[[noreturn]] void refuse(std::string_view value, std::string_view type) {
  throw Failure(FailureKind::usage,
                "the value \"" + quoted(value) + "\" cannot be cast to " + std::string(type));
}

std::string text_of(const Call& call) {
  if (call.type(0) == SQLITE_FLOAT) return to_text(call.real(0));
  return std::string(call.text(0));
}

double number_of(const Call& call, std::string_view type) {
  if (call.type(0) != SQLITE_TEXT && call.type(0) != SQLITE_BLOB) return call.real(0);
  const auto number = to_double(trim(call.text(0)));
  if (!number) refuse(call.text(0), type);
  return *number;
}

template <class Integer>
void to_whole(Call& call, std::string_view type) {
  constexpr auto least = static_cast<std::int64_t>(std::numeric_limits<Integer>::min());
  constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<Integer>::max());
  const auto in_range = [&](std::int64_t value) {
    if (value < least || value > most) refuse(text_of(call), type);
    call.integer_is(value);
  };
  if (call.type(0) == SQLITE_INTEGER) return in_range(call.integer(0));
  if (call.type(0) == SQLITE_TEXT) {
    if (const auto whole = to_integer(trim(call.text(0)))) return in_range(*whole);
  }
  const double rounded = std::round(number_of(call, type));
  constexpr double edge = 9223372036854775808.0;
  if (!(rounded >= -edge && rounded < edge)) refuse(text_of(call), type);
  in_range(static_cast<std::int64_t>(rounded));
}

void to_smallint(Call& call) { to_whole<std::int16_t>(call, "SMALLINT"); }
void to_int(Call& call) { to_whole<std::int32_t>(call, "INTEGER"); }
void to_bigint(Call& call) { to_whole<std::int64_t>(call, "BIGINT"); }

void to_real(Call& call) {
  const double number = number_of(call, "REAL");
  const auto single = static_cast<float>(number);
  if (std::isfinite(number) && !std::isfinite(single)) refuse(text_of(call), "REAL");
  call.real_is(static_cast<double>(single));
}

void to_double_precision(Call& call) { call.real_is(number_of(call, "DOUBLE PRECISION")); }

// The first n characters; n = 0: all.
std::string_view first_characters(std::string_view text, std::int64_t n) {
  if (n <= 0) return text;
  std::int64_t begun = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins && ++begun > n) return text.substr(0, i);
  }
  return text;
}

void to_characters(Call& call) {
  if (call.type(0) == SQLITE_BLOB)
    throw Failure(FailureKind::usage, "a geometry cannot be cast to text");
  const std::string text = text_of(call);
  call.text_is(first_characters(text, call.count() > 1 ? call.integer(1) : 0));
}

// The text as DALI has it (DALI 1.1 section 3.3.3): T between date and time, no zone.
void to_timestamp(Call& call) {
  const std::string_view text = trim(call.text(0));
  constexpr std::size_t shortest = std::string_view("YYYY-MM-DD").size();
  if (call.type(0) != SQLITE_TEXT || text.size() < shortest || text[4] != '-' ||
      !mjd_from_iso8601(text))
    refuse(text, "TIMESTAMP");
  std::string stamp(text);
  if (stamp.back() == 'Z') stamp.pop_back();
  if (stamp.size() > shortest) stamp[shortest] = 'T';
  call.text_is(stamp);
}

template <sky::GeometryKind kind>
void to_geometry(Call& call) {
  constexpr std::array<std::string_view, 3> names = {"POINT", "CIRCLE", "POLYGON"};
  if (call.type(0) == SQLITE_BLOB && sky::kind_of(call.blob(0)) == kind) return call.value_is(0);
  const std::string_view text = call.text(0);
  if (call.type(0) != SQLITE_TEXT) refuse(text, names[static_cast<std::size_t>(kind)]);
  const std::string geometry = sky::geometry_from_text(text);
  if (sky::kind_of(geometry) != kind) refuse(text, names[static_cast<std::size_t>(kind)]);
  call.blob_is(geometry);
}

}  // namespace

std::span<const SqlFunction> cast_functions() {
  static constexpr auto table = std::to_array<SqlFunction>({
      {"adql_cast_smallint", 1, sql_function<to_smallint>},
      {"adql_cast_integer", 1, sql_function<to_int>},
      {"adql_cast_bigint", 1, sql_function<to_bigint>},
      {"adql_cast_real", 1, sql_function<to_real>},
      {"adql_cast_double", 1, sql_function<to_double_precision>},
      {"adql_cast_char", 1, sql_function<to_characters>},
      {"adql_cast_char", 2, sql_function<to_characters>},
      {"adql_cast_varchar", 1, sql_function<to_characters>},
      {"adql_cast_varchar", 2, sql_function<to_characters>},
      {"adql_cast_timestamp", 1, sql_function<to_timestamp>},
      {"adql_cast_point", 1, sql_function<to_geometry<sky::GeometryKind::point>>},
      {"adql_cast_circle", 1, sql_function<to_geometry<sky::GeometryKind::circle>>},
      {"adql_cast_polygon", 1, sql_function<to_geometry<sky::GeometryKind::polygon>>},
  });
  return table;
}

}  // namespace soda::store
