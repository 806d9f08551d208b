#include <array>
#include <cmath>

#include "store/sql_call.h"

namespace soda::store {
namespace {

// Infinite results, of finite arguments, are values that do not exist: NULL, as NaN.
void finite(Call& call, double value) { std::isinf(value) ? call.null() : call.real_is(value); }

template <double (*function)(double)>
void of_one(Call& call) {
  finite(call, function(call.real(0)));
}

double cotangent(double x) { return std::cos(x) / std::sin(x); }

void modulus(Call& call) {
  if (call.is_integer(0) && call.is_integer(1)) {
    const std::int64_t divisor = call.integer(1);
    if (divisor == 0) return call.null();
    // The quotient of the least number by -1 does not exist; the remainder is 0.
    return call.integer_is(divisor == -1 ? 0 : call.integer(0) % divisor);
  }
  call.real_is(std::fmod(call.real(0), call.real(1)));
}

void power(Call& call) { finite(call, std::pow(call.real(0), call.real(1))); }

void exclusive_or(Call& call) { call.integer_is(call.integer(0) ^ call.integer(1)); }

// Rounds at the n-th place after the point (before it when n is negative), by `way`. A number that
// is its own rounding stays: 0.29 * 100 is less than 29.
template <double (*way)(double)>
void at_place(Call& call) {
  const double x = call.real(0);
  const double n = call.count() > 1 ? call.real(1) : 0;
  if (!std::isfinite(x) || n > 300) return call.real_is(x);
  if (n < -308) return call.real_is(0);
  const double scale = std::pow(10.0, std::fabs(std::trunc(n)));
  const auto scaled = [&](double value) { return n < 0 ? value / scale : value * scale; };
  const auto back = [&](double value) { return n < 0 ? value * scale : value / scale; };
  const double large = scaled(x);
  // No digits are left beyond the place.
  if (!(std::fabs(large) < 4503599627370496.0)) return call.real_is(x);
  if (back(std::round(large)) == x) return call.real_is(x);
  call.real_is(back(way(large)));
}

void random_number(Call& call) {
  std::uint64_t bits = 0;
  sqlite3_randomness(sizeof bits, &bits);
  call.real_is(std::ldexp(static_cast<double>(bits >> 11), -53));
}

}  // namespace

std::span<const SqlFunction> number_functions() {
  static constexpr auto table = std::to_array<SqlFunction>({
      {"adql_acos", 1, sql_function<of_one<std::acos>>},
      {"adql_asin", 1, sql_function<of_one<std::asin>>},
      {"adql_ceiling", 1, sql_function<of_one<std::ceil>>},
      {"adql_cot", 1, sql_function<of_one<cotangent>>},
      {"adql_exp", 1, sql_function<of_one<std::exp>>},
      {"adql_floor", 1, sql_function<of_one<std::floor>>},
      {"adql_log", 1, sql_function<of_one<std::log>>},
      {"adql_log10", 1, sql_function<of_one<std::log10>>},
      {"adql_sqrt", 1, sql_function<of_one<std::sqrt>>},
      {"adql_mod", 2, sql_function<modulus>},
      {"adql_bitxor", 2, sql_function<exclusive_or>},
      {"adql_power", 2, sql_function<power>},
      {"adql_round", 1, sql_function<at_place<std::round>>},
      {"adql_round", 2, sql_function<at_place<std::round>>},
      {"adql_truncate", 1, sql_function<at_place<std::trunc>>},
      {"adql_truncate", 2, sql_function<at_place<std::trunc>>},
      {"adql_rand", 0, sql_function<random_number>, 0},
  });
  return table;
}

}  // namespace soda::store
