// One call of an SQL function of ours: its arguments and its result. Private to the room.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/failure.h"

namespace soda::store {

// Stands before the sentences of our functions, so that Guard::fail tells them from SQLite's own.
inline constexpr std::string_view refusal_mark = "\x01";

class Call {
 public:
  Call(sqlite3_context* context, int count, sqlite3_value** values)
      : context_(context), values_(values, static_cast<std::size_t>(count)) {}

  std::size_t count() const noexcept { return values_.size(); }
  int type(std::size_t i) const noexcept { return sqlite3_value_type(values_[i]); }
  bool any_null() const noexcept {
    for (sqlite3_value* value : values_) {
      if (sqlite3_value_type(value) == SQLITE_NULL) return true;
    }
    return false;
  }
  bool is_integer(std::size_t i) const noexcept {
    return sqlite3_value_numeric_type(values_[i]) == SQLITE_INTEGER;
  }
  std::int64_t integer(std::size_t i) const noexcept { return sqlite3_value_int64(values_[i]); }
  double real(std::size_t i) const noexcept { return sqlite3_value_double(values_[i]); }
  // Until the function returns.
  std::string_view text(std::size_t i) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(values_[i]));
    return view_of(data, i);
  }
  std::string_view blob(std::size_t i) const {
    return view_of(static_cast<const char*>(sqlite3_value_blob(values_[i])), i);
  }

  // What was kept of a constant argument by an earlier call, or is made by `make` now.
  template <class Kept, class Make>
  const Kept& kept(std::size_t i, const Make& make) {
    const int index = static_cast<int>(i);
    if (const void* found = sqlite3_get_auxdata(context_, index))
      return *static_cast<const Kept*>(found);
    auto made = std::make_unique<Kept>(make());
    sqlite3_set_auxdata(context_, index, made.release(),
                        [](void* kept) { delete static_cast<Kept*>(kept); });
    const void* found = sqlite3_get_auxdata(context_, index);
    if (found == nullptr) throw std::bad_alloc();
    return *static_cast<const Kept*>(found);
  }

  void null() noexcept { sqlite3_result_null(context_); }
  void integer_is(std::int64_t value) noexcept { sqlite3_result_int64(context_, value); }
  // NaN is NULL.
  void real_is(double value) noexcept { sqlite3_result_double(context_, value); }
  void text_is(std::string_view value) noexcept {
    sqlite3_result_text64(context_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void blob_is(std::string_view value) noexcept {
    sqlite3_result_blob64(context_, value.data(), value.size(), SQLITE_TRANSIENT);
  }
  void value_is(std::size_t i) noexcept { sqlite3_result_value(context_, values_[i]); }
  void refuse(std::string_view sentence) noexcept {
    try {
      const std::string marked = std::string(refusal_mark) + std::string(sentence);
      sqlite3_result_error(context_, marked.data(), static_cast<int>(marked.size()));
    } catch (const std::bad_alloc&) {
      sqlite3_result_error_nomem(context_);
    }
  }
  void out_of_memory() noexcept { sqlite3_result_error_nomem(context_); }

 private:
  std::string_view view_of(const char* data, std::size_t i) const {
    // After the conversion that gave `data`.
    const int size = sqlite3_value_bytes(values_[i]);
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(size)};
  }

  sqlite3_context* context_;
  std::span<sqlite3_value*> values_;
};

enum class Nulls { give_null, are_seen };

// What SQLite calls: NULL for NULL, and nothing is thrown through SQLite.
template <void (*function)(Call&), Nulls nulls = Nulls::give_null>
void sql_function(sqlite3_context* context, int count, sqlite3_value** values) {
  Call call(context, count, values);
  if (nulls == Nulls::give_null && call.any_null()) return call.null();
  try {
    function(call);
  } catch (const Failure& failure) {
    call.refuse(failure.what());
  } catch (const std::bad_alloc&) {
    call.out_of_memory();
  }
}

struct SqlFunction {
  const char* name;
  int arguments;  // -1: any number
  void (*call)(sqlite3_context*, int, sqlite3_value**);
  int flags = SQLITE_DETERMINISTIC;
};

std::span<const SqlFunction> geometry_functions();
std::span<const SqlFunction> number_functions();
std::span<const SqlFunction> text_functions();
std::span<const SqlFunction> cast_functions();
std::span<const SqlFunction> catalogued_functions();  // ivo_…

// adql_near; see adql_functions.h.
void register_near(sqlite3* connection);
// ivo_string_agg.
void register_aggregates(sqlite3* connection);

}  // namespace soda::store
