#include "tap/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace soda::tap {
namespace {

bool is_text(Type type) { return type == Type::text || type == Type::region; }
bool is_textual(Type type) { return is_text(type) || type == Type::timestamp; }

std::string_view expected(char kind) {
  switch (kind) {
    case 'n':
      return "a number";
    case 'i':
      return "a whole number";
    case 's':
      return "a character string";
    case 't':
      return "a time";
    case 'p':
      return "a point";
    case 'g':
      return "a geometry";
    default:
      return "a number or a character string";
  }
}

// "s_ra, which is a number", "a number".
std::string found(const Value& value) {
  const std::string_view type = value.type ? said(*value.type) : "NULL";
  if (value.column == nullptr) return std::string(type);
  return fmt::format("{} ({})", value.column->name, type);
}

}  // namespace

bool is_of(const Value& value, char kind) {
  if (!value.type) return true;
  const Type type = *value.type;
  // A computed region has no text; the one of a column has.
  const bool text = !value.sql.empty() && is_textual(type);
  switch (kind) {
    case 'n':
      return is_numeric(type);
    case 'i':
      return is_integer(type);
    case 's':
    case 't':
      return text;
    case 'p':
      return type == Type::point;
    case 'g':
      return is_geometry(type);
    default:
      return is_numeric(type) || text;
  }
}

void need_type(const Value& value, char kind, std::string_view role) {
  if (is_of(value, kind)) return;
  refuse(value.place,
         fmt::format("found {}, expected {} as {}", found(value), expected(kind), role));
}

void need_comparable(const Value& a, const Value& b, Place place) {
  for (const Value* each : {&a, &b}) {
    if (is_of(*each, 'c')) continue;
    refuse(place, fmt::format("{} cannot be compared", found(*each)));
  }
  if (!a.type || !b.type || is_numeric(*a.type) == is_numeric(*b.type)) return;
  const bool literal = a.text || b.text;
  refuse(place, fmt::format("{} cannot be compared with {}{}", found(a), found(b),
                            literal ? " (a number stands without quotes)" : ""));
}

std::string real_text(double number) {
  std::string text = to_text(number);
  if (text.find_first_of(".eE") == std::string::npos) text += ".0";
  return text;
}

std::optional<Type> wider(Type a, Type b) {
  if (a == b) return a;
  if (is_integer(a) && is_integer(b)) return std::max(a, b);
  if (is_numeric(a) && is_numeric(b)) return Type::double_precision;
  if (is_textual(a) && is_textual(b)) return Type::text;
  return std::nullopt;
}

std::optional<Type> common_type(std::optional<Type> so_far, const Value& value,
                                std::string_view what) {
  if (!is_of(value, 'c'))
    refuse(value.place,
           fmt::format("{} are numbers or character strings; found {}", what, found(value)));
  if (!so_far) return value.type;
  if (!value.type) return so_far;
  const std::optional<Type> both = wider(*so_far, *value.type);
  if (!both)
    refuse(value.place, fmt::format("{} must be of one type; found {} and {}", what, said(*so_far),
                                    found(value)));
  return both;
}

}  // namespace soda::tap
