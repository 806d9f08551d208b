#include "tap/catalogue.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_set>

#include "base/text.h"
#include "tap/words.h"

namespace soda::tap {
namespace {

struct Declared {
  std::string_view datatype;
  Type type;
};

constexpr Declared scalars[] = {
    {"short", Type::smallint},   {"unsignedByte", Type::smallint},
    {"int", Type::integer},      {"long", Type::bigint},
    {"float", Type::real},       {"double", Type::double_precision},
    {"boolean", Type::text},     {"char", Type::text},
    {"unicodeChar", Type::text},
};

struct Extended {
  std::string_view xtype;
  Type type;
};

constexpr Extended extended[] = {
    {"adql:region", Type::region},
    {"adql:point", Type::region},
    {"adql:timestamp", Type::timestamp},
    {"timestamp", Type::timestamp},
    {"point", Type::point},
    {"circle", Type::circle},
    {"polygon", Type::polygon},
    {"interval", Type::interval},
    {"adql:blob", Type::blob},
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_regular(std::string_view name) {
  if (name.empty() || !letter(name.front())) return false;
  return std::ranges::all_of(
      name, [](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

bool is_integer(Type type) {
  return type == Type::smallint || type == Type::integer || type == Type::bigint;
}

bool is_numeric(Type type) {
  return is_integer(type) || type == Type::real || type == Type::double_precision;
}

bool is_geometry(Type type) {
  return type == Type::point || type == Type::circle || type == Type::polygon ||
         type == Type::region;
}

std::string_view said(Type type) {
  constexpr std::array<std::string_view, 13> names = {"a whole number",
                                                      "a whole number",
                                                      "a whole number",
                                                      "a number",
                                                      "a number",
                                                      "a character string",
                                                      "a time",
                                                      "a point",
                                                      "a circle",
                                                      "a polygon",
                                                      "a region",
                                                      "an interval",
                                                      "a value of an opaque type"};
  return names[static_cast<std::size_t>(type)];
}

Type type_of(const Column& column) {
  const std::string xtype = to_lower(column.xtype);
  for (const Extended& row : extended) {
    if (row.xtype == xtype) return row.type;
  }
  const bool characters = column.datatype == "char" || column.datatype == "unicodeChar";
  if (!characters && !column.arraysize.empty() && column.arraysize != "1") return Type::blob;
  for (const Declared& row : scalars) {
    if (row.datatype == column.datatype) return row.type;
  }
  return Type::blob;
}

bool is_reserved(std::string_view word) {
  static const std::unordered_set<std::string_view> words(reserved_words.begin(),
                                                          reserved_words.end());
  return words.contains(to_upper(word));
}

std::string identifier(std::string_view name) {
  if (is_regular(name) && !is_reserved(name)) return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

std::string table_name(const Table& table) {
  return identifier(table.schema) + "." + identifier(table.name);
}

}  // namespace soda::tap
