// The functions of the IVOA's catalogue of ADQL user defined functions (version 1.2).
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "sky/geometry.h"
#include "sky/healpix.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

constexpr bool in_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Calls `each` for every run of letters and digits; stops when it returns false.
template <class Each>
bool all_words(std::string_view text, const Each& each) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end > i && !each(text.substr(i, end - i))) return false;
    i = std::max(end, i + 1);
  }
  return true;
}

void has_word(Call& call) {
  constexpr std::size_t longest_needle = 256;
  const std::string_view haystack = call.text(0);
  if (call.text(1).size() > longest_needle) {
    throw Failure(FailureKind::usage, "the words that ivo_hasword looks for have " +
                                          std::to_string(call.text(1).size()) + " bytes; at most " +
                                          std::to_string(longest_needle) + " are allowed");
  }
  bool any = false;
  const bool all = all_words(call.text(1), [&](std::string_view needle) {
    any = true;
    return !all_words(haystack,
                      [&](std::string_view word) { return !equal_ignoring_case(word, needle); });
  });
  call.integer_is(any && all ? 1 : 0);
}

void hashlist_has(Call& call) {
  const std::string_view item = call.text(1);
  bool found = false;
  if (item.find('#') == std::string_view::npos) {
    const auto parts = split(call.text(0), '#');
    found = std::any_of(parts.begin(), parts.end(),
                        [&](std::string_view part) { return equal_ignoring_case(part, item); });
  }
  call.integer_is(found ? 1 : 0);
}

int order_at(const Call& call) {
  const std::int64_t order = call.integer(0);
  if (!call.is_integer(0) || order < 0 || order > sky::highest_healpix_order) {
    throw Failure(FailureKind::usage,
                  "the order of a HEALPix pixel must be a whole number from 0 to 29, not " +
                      std::string(call.text(0)));
  }
  return static_cast<int>(order);
}

void healpix_index(Call& call) {
  const int order = order_at(call);
  const std::string point =
      call.count() == 3 ? sky::make_point(call.real(1), call.real(2)) : std::string(call.blob(1));
  if (sky::kind_of(point) != sky::GeometryKind::point)
    throw Failure(FailureKind::usage, "the second argument of ivo_healpix_index must be a point");
  const std::vector<double> degrees = sky::degrees_of(point);
  call.integer_is(sky::healpix_index(
      order, sky::Direction::from_lon_lat(sky::Angle::from_degrees(degrees[0]),
                                          sky::Angle::from_degrees(degrees[1]))));
}

void healpix_center(Call& call) {
  const int order = order_at(call);
  const std::int64_t index = call.integer(1);
  const std::int64_t pixels = std::int64_t{12} << (2 * order);
  if (!call.is_integer(1) || index < 0 || index >= pixels) {
    throw Failure(FailureKind::usage, "HEALPix pixels of order " + std::to_string(order) +
                                          " are numbered from 0 to " + std::to_string(pixels - 1) +
                                          "; there is no " + std::string(call.text(1)));
  }
  const sky::Direction centre = sky::healpix_centre(order, index);
  call.blob_is(sky::make_point(centre.lon().degrees(), centre.lat().degrees()));
}

void interval_overlaps(Call& call) {
  const double a1 = call.real(0), b1 = call.real(1), a2 = call.real(2), b2 = call.real(3);
  call.integer_is(a1 <= b1 && a2 <= b2 && a1 <= b2 && a2 <= b1 ? 1 : 0);
}

template <int offset_tenths>
void days(Call& call) {
  const auto mjd = mjd_from_iso8601(trim(call.text(0)));
  if (!mjd) {
    throw Failure(FailureKind::usage,
                  "\"" + quoted(call.text(0)) + "\" is no time stamp (YYYY-MM-DDThh:mm:ss)");
  }
  call.real_is(*mjd + offset_tenths / 10.0);
}

// Text joined so far, with what stands between.
struct Joined {
  std::string text;
};

void join_step(sqlite3_context* context, int count, sqlite3_value** values) {
  Call call(context, count, values);
  if (call.type(0) == SQLITE_NULL) return;
  // SQLite keeps the pointer for the group.
  auto** joined = static_cast<Joined**>(sqlite3_aggregate_context(context, sizeof(Joined*)));
  if (joined == nullptr) return call.out_of_memory();
  try {
    const bool first = *joined == nullptr;
    if (first) *joined = new Joined;
    if (!first && call.type(1) != SQLITE_NULL) (*joined)->text.append(call.text(1));
    (*joined)->text.append(call.text(0));
    const int most = sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1);
    if ((*joined)->text.size() > static_cast<std::size_t>(most)) {
      (*joined)->text = {};
      sqlite3_result_error_toobig(context);
    }
  } catch (const std::bad_alloc&) {
    call.out_of_memory();
  }
}

void join_final(sqlite3_context* context) {
  auto** joined = static_cast<Joined**>(sqlite3_aggregate_context(context, 0));
  if (joined == nullptr || *joined == nullptr) return sqlite3_result_null(context);
  const std::unique_ptr<Joined> done(*joined);
  *joined = nullptr;
  Call(context, 0, nullptr).text_is(done->text);
}

}  // namespace

std::span<const SqlFunction> catalogued_functions() {
  static constexpr auto table = std::to_array<SqlFunction>({
      {"ivo_hasword", 2, sql_function<has_word>},
      {"ivo_hashlist_has", 2, sql_function<hashlist_has>},
      {"ivo_healpix_index", 3, sql_function<healpix_index>},
      {"ivo_healpix_index", 2, sql_function<healpix_index>},
      {"ivo_healpix_center", 2, sql_function<healpix_center>},
      {"ivo_interval_overlaps", 4, sql_function<interval_overlaps>},
      {"ivo_to_mjd", 1, sql_function<days<0>>},
      {"ivo_to_jd", 1, sql_function<days<24000005>>},
  });
  return table;
}

void register_aggregates(sqlite3* connection) {
  sqlite3_create_function_v2(connection, "ivo_string_agg", 2, SQLITE_UTF8, nullptr, nullptr,
                             join_step, join_final, nullptr);
}

}  // namespace soda::store
