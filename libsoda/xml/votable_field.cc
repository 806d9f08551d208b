#include "xml/votable_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/failure.h"
#include "base/text.h"

namespace soda::xml {
namespace {

Failure unreadable(const Column& column, const std::string& what) {
  return {FailureKind::usage, fmt::format("FIELD \"{}\": {}", quoted(column.name), what)};
}

// "12", "12*", "*", "3x4x*" (section 2.2).
void set_arraysize(ReadField& field) {
  std::string_view size = trim(field.column.arraysize);
  if (size.empty()) return;
  const Failure odd = unreadable(
      field.column, fmt::format("arraysize \"{}\" is none", quoted(field.column.arraysize)));
  if (size.ends_with('*')) {
    field.length = ReadField::Length::variable;
    size.remove_suffix(1);
  }
  for (const std::string_view length : split(size, 'x')) {
    // The last length may be missing where the star stands.
    if (length.empty() && field.length == ReadField::Length::variable &&
        length.data() + length.size() == size.data() + size.size()) {
      break;
    }
    const auto count = to_integer(trim(length));
    if (!count || *count < 0 || __builtin_mul_overflow(field.count, *count, &field.count)) {
      throw odd;
    }
  }
  const bool is_scalar = field.length == ReadField::Length::fixed && size == "1";
  if (is_scalar) field.column.arraysize.clear();
  if (!is_scalar) field.stored.shape = StoredColumn::Shape::array;
}

bool is_text(Element element) {
  return element == Element::character || element == Element::unicode;
}

std::optional<std::int64_t> hexadecimal(std::string_view digits, Element element) {
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const std::size_t width = 8 * bytes_of(element, 1).value_or(0);
  if (width < 64 && bits >> width != 0) return std::nullopt;
  if (element == Element::unsigned_byte) return static_cast<std::int64_t>(bits);
  return static_cast<std::int64_t>(bits << (64 - width)) >> (64 - width);
}

std::optional<std::int64_t> integer_of(std::string_view text, Element element) {
  if (starts_with_ignoring_case(text, "0x")) return hexadecimal(text.substr(2), element);
  const auto value = to_integer(text);
  if (!value || element == Element::int64) return value;
  const std::size_t width = 8 * bytes_of(element, 1).value_or(0);
  const bool is_signed = element != Element::unsigned_byte;
  const std::int64_t top = std::int64_t{1} << (is_signed ? width - 1 : width);
  if (*value >= top || *value < (is_signed ? -top : 0)) return std::nullopt;
  return value;
}

// Beside what the standard has (section 6) the words of other languages for the same.
std::optional<double> real_of(std::string_view text) {
  struct Word {
    std::string_view word;
    double value;
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::array words = {
      Word{"nan", std::numeric_limits<double>::quiet_NaN()},
      Word{"inf", infinity},
      Word{"+inf", infinity},
      Word{"-inf", -infinity},
      Word{"infinity", infinity},
      Word{"+infinity", infinity},
      Word{"-infinity", -infinity},
  };
  if (const auto value = to_double(text)) return value;
  const auto* const found = std::ranges::find_if(
      words, [&](const Word& word) { return equal_ignoring_case(text, word.word); });
  return found == words.end() ? std::nullopt : std::optional(found->value);
}

struct BooleanWord {
  std::string_view word;
  std::int64_t value;
};
constexpr std::array booleans = {BooleanWord{"t", 1}, BooleanWord{"true", 1},  BooleanWord{"1", 1},
                                 BooleanWord{"f", 0}, BooleanWord{"false", 0}, BooleanWord{"0", 0}};

// False when the text is no value of that type.
bool append_scalar(RowBuilder& row, Element element, std::string_view text) {
  if (element == Element::boolean || element == Element::bit) {
    const auto* const found = std::ranges::find_if(
        booleans, [&](const BooleanWord& known) { return equal_ignoring_case(text, known.word); });
    if (found == booleans.end()) return false;
    row.integer(found->value);
    return true;
  }
  if (is_integer(element)) {
    const auto value = integer_of(text, element);
    if (value) row.integer(*value);
    return value.has_value();
  }
  const auto value = real_of(text);
  if (value) row.real(*value);
  return value.has_value();
}

// An attribute, of a length that a thousand columns may have.
std::string short_attribute(const Attributes& attributes, std::string_view name) {
  constexpr std::size_t longest = 4096;
  std::string value = attributes.get(name);
  if (value.size() <= longest) return value;
  throw Failure(FailureKind::too_large,
                fmt::format("{} of a FIELD is longer than {} bytes", name, longest));
}

}  // namespace

ReadField ReadField::of(const Attributes& attributes) {
  ReadField field;
  Column& column = field.column;
  column.name = short_attribute(attributes, "name");
  if (column.name.empty()) column.name = short_attribute(attributes, "ID");
  column.datatype = std::string(trim(short_attribute(attributes, "datatype")));
  column.arraysize = short_attribute(attributes, "arraysize");
  column.xtype = short_attribute(attributes, "xtype");
  column.unit = short_attribute(attributes, "unit");
  column.ucd = short_attribute(attributes, "ucd");
  column.utype = short_attribute(attributes, "utype");
  const auto element = element_named(column.datatype);
  if (!element) {
    throw unreadable(column,
                     fmt::format("datatype \"{}\" is none of VOTable's", quoted(column.datatype)));
  }
  field.stored.element = *element;
  set_arraysize(field);
  column.type = value_type(field.stored);
  return field;
}

void ReadField::set_null(std::string_view text) {
  null_text = trim(text);
  if (is_integer(stored.element)) stored.null = integer_of(null_text, stored.element);
}

std::string append_text_cell(RowBuilder& row, const ReadField& field, std::string_view text) {
  const Element element = field.stored.element;
  const std::string_view value = is_text(element) ? text : trim(text);
  if (value.empty() || (!field.null_text.empty() && value == field.null_text)) {
    row.null();
    return {};
  }
  if (field.column.type == ColumnType::text) {
    row.append(value);
    row.end_text();
    return {};
  }
  if (field.stored.null && integer_of(value, element) == field.stored.null) {
    row.null();
    return {};
  }
  if (element == Element::boolean && value == "?") {
    row.null();
    return {};
  }
  if (append_scalar(row, element, value)) return {};
  return fmt::format("\"{}\" is no {}", quoted(value), datatype_of(element));
}

}  // namespace soda::xml
