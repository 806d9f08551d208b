#include "tap/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>

#include "base/text.h"
#include "tap/place.h"

namespace soda::tap {
namespace {

// m, s, kg, A, K, mol, cd, rad, then what is counted apart: mag, bit, pixel, count (ct, ph, adu,
// bin, chan, beam, voxel and the like convert among themselves only when they are the same).
enum Base { m, s, kg, A, K, mol, cd, rad, mag, bit, pix, ct, ph, adu, electron, beam, sun, bases };
using Powers = std::array<double, bases>;

struct Unit {
  double factor = 1;
  Powers powers{};
};

struct Known {
  std::string_view name;
  double factor;
  // Base and power, up to four.
  std::array<std::pair<Base, int>, 4> powers;
  bool prefixes;
};

constexpr std::pair<Base, int> none{m, 0};
constexpr double degree = std::numbers::pi / 180, year = 365.25 * 86400;

constexpr Known units[] = {
    {"m", 1, {{{m, 1}, none, none, none}}, true},
    {"s", 1, {{{s, 1}, none, none, none}}, true},
    {"g", 1e-3, {{{kg, 1}, none, none, none}}, true},
    {"A", 1, {{{A, 1}, none, none, none}}, true},
    {"K", 1, {{{K, 1}, none, none, none}}, true},
    {"mol", 1, {{{mol, 1}, none, none, none}}, true},
    {"cd", 1, {{{cd, 1}, none, none, none}}, true},
    {"rad", 1, {{{rad, 1}, none, none, none}}, true},
    {"sr", 1, {{{rad, 2}, none, none, none}}, true},
    {"Hz", 1, {{{s, -1}, none, none, none}}, true},
    {"N", 1, {{{kg, 1}, {m, 1}, {s, -2}, none}}, true},
    {"Pa", 1, {{{kg, 1}, {m, -1}, {s, -2}, none}}, true},
    {"J", 1, {{{kg, 1}, {m, 2}, {s, -2}, none}}, true},
    {"W", 1, {{{kg, 1}, {m, 2}, {s, -3}, none}}, true},
    {"C", 1, {{{A, 1}, {s, 1}, none, none}}, true},
    {"V", 1, {{{kg, 1}, {m, 2}, {s, -3}, {A, -1}}}, true},
    {"F", 1, {{{kg, -1}, {m, -2}, {s, 4}, {A, 2}}}, true},
    {"Ohm", 1, {{{kg, 1}, {m, 2}, {s, -3}, {A, -2}}}, true},
    {"S", 1, {{{kg, -1}, {m, -2}, {s, 3}, {A, 2}}}, true},
    {"Wb", 1, {{{kg, 1}, {m, 2}, {s, -2}, {A, -1}}}, true},
    {"T", 1, {{{kg, 1}, {s, -2}, {A, -1}, none}}, true},
    {"H", 1, {{{kg, 1}, {m, 2}, {s, -2}, {A, -2}}}, true},
    {"lm", 1, {{{cd, 1}, {rad, 2}, none, none}}, true},
    {"lx", 1, {{{cd, 1}, {rad, 2}, {m, -2}, none}}, true},
    {"Jy", 1e-26, {{{kg, 1}, {s, -2}, none, none}}, true},
    {"pc", 3.0856775814913674e16, {{{m, 1}, none, none, none}}, true},
    {"AU", 149597870700.0, {{{m, 1}, none, none, none}}, false},
    {"au", 149597870700.0, {{{m, 1}, none, none, none}}, false},
    {"lyr", 9460730472580800.0, {{{m, 1}, none, none, none}}, false},
    {"Angstrom", 1e-10, {{{m, 1}, none, none, none}}, false},
    {"angstrom", 1e-10, {{{m, 1}, none, none, none}}, false},
    {"solRad", 6.957e8, {{{m, 1}, none, none, none}}, false},
    {"solMass", 1.98840987e30, {{{kg, 1}, none, none, none}}, false},
    {"solLum", 3.828e26, {{{kg, 1}, {m, 2}, {s, -3}, none}}, false},
    {"u", 1.66053906660e-27, {{{kg, 1}, none, none, none}}, false},
    {"eV", 1.602176634e-19, {{{kg, 1}, {m, 2}, {s, -2}, none}}, true},
    {"erg", 1e-7, {{{kg, 1}, {m, 2}, {s, -2}, none}}, true},
    {"Ry", 2.1798723611035e-18, {{{kg, 1}, {m, 2}, {s, -2}, none}}, false},
    {"G", 1e-4, {{{kg, 1}, {s, -2}, {A, -1}, none}}, true},
    {"barn", 1e-28, {{{m, 2}, none, none, none}}, true},
    {"D", 3.33564095e-30, {{{A, 1}, {s, 1}, {m, 1}, none}}, true},
    {"R", 1e10, {{{ph, 1}, {m, -2}, {s, -1}, none}}, true},
    {"min", 60, {{{s, 1}, none, none, none}}, false},
    {"h", 3600, {{{s, 1}, none, none, none}}, false},
    {"d", 86400, {{{s, 1}, none, none, none}}, false},
    {"a", year, {{{s, 1}, none, none, none}}, true},
    {"yr", year, {{{s, 1}, none, none, none}}, true},
    {"deg", degree, {{{rad, 1}, none, none, none}}, false},
    {"arcmin", degree / 60, {{{rad, 1}, none, none, none}}, false},
    {"arcsec", degree / 3600, {{{rad, 1}, none, none, none}}, true},
    {"mas", degree / 3.6e6, {{{rad, 1}, none, none, none}}, false},
    {"uas", degree / 3.6e9, {{{rad, 1}, none, none, none}}, false},
    {"mag", 1, {{{mag, 1}, none, none, none}}, true},
    {"bit", 1, {{{bit, 1}, none, none, none}}, true},
    {"byte", 8, {{{bit, 1}, none, none, none}}, true},
    {"B", 8, {{{bit, 1}, none, none, none}}, true},
    {"pix", 1, {{{pix, 1}, none, none, none}}, true},
    {"pixel", 1, {{{pix, 1}, none, none, none}}, true},
    {"ct", 1, {{{ct, 1}, none, none, none}}, true},
    {"count", 1, {{{ct, 1}, none, none, none}}, true},
    {"ph", 1, {{{ph, 1}, none, none, none}}, true},
    {"photon", 1, {{{ph, 1}, none, none, none}}, true},
    {"adu", 1, {{{adu, 1}, none, none, none}}, true},
    {"electron", 1, {{{electron, 1}, none, none, none}}, true},
    {"beam", 1, {{{beam, 1}, none, none, none}}, true},
    {"%", 0.01, {{none, none, none, none}}, false},
};

struct Prefix {
  std::string_view name;
  double factor;
};
// "da" before "d"; binary ones (of bit and byte) before the decimal ones.
constexpr Prefix prefixes[] = {
    {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0},
    {"da", 1e1},    {"d", 1e-1},       {"c", 1e-2},          {"m", 1e-3},
    {"u", 1e-6},    {"n", 1e-9},       {"p", 1e-12},         {"f", 1e-15},
    {"a", 1e-18},   {"z", 1e-21},      {"y", 1e-24},         {"h", 1e2},
    {"k", 1e3},     {"M", 1e6},        {"G", 1e9},           {"T", 1e12},
    {"P", 1e15},    {"E", 1e18},       {"Z", 1e21},          {"Y", 1e24}};

std::optional<Unit> exactly(std::string_view name, double factor, bool prefixed) {
  for (const Known& row : units) {
    if (row.name != name || (prefixed && !row.prefixes)) continue;
    Unit unit{row.factor * factor, {}};
    for (const auto& [base, power] : row.powers) unit.powers[base] += power;
    return unit;
  }
  return std::nullopt;
}

// A name with or without prefix; an exact name comes first ("min" is no milli-inch, "Pa" no
// peta-year).
std::optional<Unit> named(std::string_view name) {
  if (std::optional<Unit> unit = exactly(name, 1, false)) return unit;
  for (const Prefix& prefix : prefixes) {
    if (!name.starts_with(prefix.name)) continue;
    if (auto unit = exactly(name.substr(prefix.name.size()), prefix.factor, true)) return unit;
  }
  return std::nullopt;
}

Unit power_of(Unit unit, double power) {
  unit.factor = std::pow(unit.factor, power);
  for (double& each : unit.powers) each *= power;
  return unit;
}

Unit product_of(Unit a, const Unit& b) {
  a.factor *= b.factor;
  for (std::size_t i = 0; i < a.powers.size(); ++i) a.powers[i] += b.powers[i];
  return a;
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '%'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// The grammar of VOUnit 1.0 appendix A; nothing for what it does not hold.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Unit> unit() {
    if (rest_.size() > longest) return std::nullopt;
    const std::optional<double> scale = leading_factor();
    std::optional<Unit> result = rest_.empty() && scale ? Unit{} : products();
    if (!result || !rest_.empty()) return std::nullopt;
    result->factor *= scale.value_or(1);
    return result;
  }

 private:
  static constexpr std::size_t longest = 200, deepest = 20;

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::string_view while_number() {
    std::size_t at = 0;
    if (at < rest_.size() && (rest_[at] == '-' || rest_[at] == '+')) ++at;
    // A point that no digit follows is a product's.
    while (at < rest_.size() && (digit(rest_[at]) || (rest_[at] == '.' && at + 1 < rest_.size() &&
                                                      digit(rest_[at + 1]))))
      ++at;
    const std::string_view number = rest_.substr(0, at);
    rest_.remove_prefix(at);
    return number;
  }

  // "10**3", "1.5e4", "1000": before the first unit.
  std::optional<double> leading_factor() {
    if (rest_.empty() || !digit(rest_.front())) return std::nullopt;
    std::size_t at = 0;
    while (at < rest_.size() &&
           (digit(rest_[at]) || rest_[at] == '.' ||
            (rest_[at] == 'e' && at + 1 < rest_.size() &&
             (digit(rest_[at + 1]) || rest_[at + 1] == '-' || rest_[at + 1] == '+')) ||
            ((rest_[at] == '-' || rest_[at] == '+') && rest_[at - 1] == 'e')))
      ++at;
    const std::optional<double> number = to_double(rest_.substr(0, at));
    if (!number) return std::nullopt;
    rest_.remove_prefix(at);
    const std::optional<double> power = exponent();
    if (!take(".")) take("*") || take(" ");
    return std::pow(*number, power.value_or(1));
  }

  std::optional<double> exponent() {
    const bool marked = take("**") || take("^");
    if (take("(")) {
      const std::optional<double> above = to_double(while_number());
      const std::optional<double> below =
          take("/") ? to_double(while_number()) : std::optional<double>(1);
      if (!marked || !above || !below || *below == 0 || !take(")")) return wrong();
      return *above / *below;
    }
    if (!marked &&
        (rest_.empty() || !(digit(rest_.front()) || rest_.front() == '-' || rest_.front() == '+')))
      return std::nullopt;
    std::string_view number = while_number();
    if (number.starts_with('+')) number.remove_prefix(1);
    const std::optional<double> power = to_double(number);
    return power ? power : wrong();
  }

  std::nullopt_t wrong() {
    failed_ = true;
    return std::nullopt;
  }

  std::optional<Unit> products() {
    if (++depth_ > deepest) return std::nullopt;
    std::optional<Unit> result = take("/") ? inverse(factor()) : factor();
    while (result && !rest_.empty() && rest_.front() != ')') {
      const bool divides = take("/");
      if (!divides && !take(".") && !take("*") && !take(" ")) return std::nullopt;
      const std::optional<Unit> next = divides ? inverse(factor()) : factor();
      if (!next) return std::nullopt;
      result = product_of(*result, *next);
    }
    --depth_;
    return failed_ ? std::nullopt : result;
  }

  static std::optional<Unit> inverse(const std::optional<Unit>& unit) {
    return unit ? std::optional(power_of(*unit, -1)) : std::nullopt;
  }

  std::optional<Unit> factor() {
    const bool root = take("sqrt(");
    std::optional<Unit> unit;
    if (root || take("(")) {
      unit = products();
      if (!unit || !take(")")) return std::nullopt;
      if (root) unit = power_of(*unit, 0.5);
    } else {
      const auto end = std::ranges::find_if_not(rest_, letter);
      const auto length = static_cast<std::size_t>(end - rest_.begin());
      unit = named(rest_.substr(0, length));
      rest_.remove_prefix(length);
    }
    if (!unit) return std::nullopt;
    const std::optional<double> power = exponent();
    return power ? power_of(*unit, *power) : unit;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
  bool failed_ = false;
};

// Without the rounding errors of a factor that is a whole number or one part of it.
double tidy(double factor) {
  const double whole = std::round(factor), part = std::round(1 / factor);
  if (std::abs(factor - whole) < 1e-13 * whole) return whole;
  if (std::abs(1 / factor - part) < 1e-13 * part) return 1 / part;
  return factor;
}

}  // namespace

Conversion unit_conversion(std::string_view from, std::string_view to) {
  const std::optional<Unit> source = Reader(from).unit();
  if (!source)
    return {1, fmt::format("the unit {} of the value cannot be converted", in_quotes(from)), false};
  if (to.empty()) return {1, "the unit of IN_UNIT cannot be empty", true};
  const std::optional<Unit> target = Reader(to).unit();
  if (!target)
    return {1, fmt::format("found {}, expected a unit as VOUnit writes it", in_quotes(to)), true};
  for (std::size_t i = 0; i < source->powers.size(); ++i) {
    if (std::abs(source->powers[i] - target->powers[i]) < 1e-9) continue;
    return {1,
            fmt::format("{} cannot be converted to {}: they measure different things",
                        in_quotes(from), in_quotes(to)),
            true};
  }
  const double factor = source->factor / target->factor;
  if (!std::isfinite(factor) || factor <= 0)
    return {1, fmt::format("the factor from {} to {} is no number", in_quotes(from), in_quotes(to)),
            true};
  return {tidy(factor), {}, false};
}

}  // namespace soda::tap
