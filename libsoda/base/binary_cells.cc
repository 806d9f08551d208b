#include "base/binary_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace soda {
namespace {

struct ElementRow {
  std::string_view datatype;
  std::size_t bytes;  // 0: bits, packed
  ColumnType scalar;
  std::string_view shifted;  // the datatype that holds its values with FITS's offsets
};
constexpr std::array<ElementRow, 12> elements = {{
    {"boolean", 1, ColumnType::integer, ""},
    {"bit", 0, ColumnType::integer, ""},
    {"unsignedByte", 1, ColumnType::integer, "short"},
    {"short", 2, ColumnType::integer, "int"},
    {"int", 4, ColumnType::integer, "long"},
    {"long", 8, ColumnType::integer, "long"},
    {"char", 1, ColumnType::text, ""},
    {"unicodeChar", 2, ColumnType::text, ""},
    {"float", 4, ColumnType::real, ""},
    {"double", 8, ColumnType::real, ""},
    {"floatComplex", 8, ColumnType::text, ""},
    {"doubleComplex", 16, ColumnType::text, ""},
}};

const ElementRow& row_of(Element element) { return elements[static_cast<std::size_t>(element)]; }

std::uint64_t load(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (const char c : bytes) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

std::int64_t load_integer(Element element, std::string_view bytes) noexcept {
  const std::uint64_t word = load(bytes);
  if (element == Element::unsigned_byte) return static_cast<std::int64_t>(word);
  const auto unused = 64 - 8 * bytes.size();
  return static_cast<std::int64_t>(word << unused) >> unused;
}

void append_character(std::string& text, char32_t code) {
  const auto byte = [](char32_t value) {
    return static_cast<char>(static_cast<unsigned char>(value));
  };
  if (code < 0x80) {
    text += byte(code);
  } else if (code < 0x800) {
    text += {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  } else if (code < 0x10000) {
    text += {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  } else {
    text += {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)),
             byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  }
}

// UTF-16, which holds UCS-2 (VOTable 1.6 section 2.1); false when a surrogate stands alone.
bool append_utf16(RowBuilder& row, std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    auto code = static_cast<char32_t>(load(bytes.substr(at, 2)));
    if (code == 0) break;
    if (code >= 0xD800 && code < 0xE000) {
      const auto low = static_cast<char32_t>(load(bytes.substr(std::min(at + 2, bytes.size()), 2)));
      if (code >= 0xDC00 || low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    }
    append_character(text, code);
  }
  row.append(text);
  return true;
}

std::string append_text(RowBuilder& row, Element element, std::string_view bytes) {
  if (element == Element::unicode) {
    if (!append_utf16(row, bytes)) return "it holds half a character of UTF-16";
  } else {
    const std::string_view text = bytes.substr(0, bytes.find('\0'));
    if (!is_utf8(text)) return "it holds bytes that are no UTF-8";
    row.append(text);
  }
  row.open_text().empty() ? row.null() : row.end_text();
  return {};
}

// Both formats have 'T', 'F' and NUL; VOTable also '1', '0', 't', 'f', ' ' and '?' (section 6).
std::optional<bool> load_boolean(char c) noexcept {
  constexpr std::string_view yes = "Tt1", no = "Ff0";
  if (yes.find(c) != yes.npos) return true;
  if (no.find(c) != no.npos) return false;
  return std::nullopt;
}

template <class Number>
void append_number(RowBuilder& row, Number value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  row.append({buffer.data(), end});
}
template <class Real>
void append_real(RowBuilder& row, Real value) {
  if (std::isfinite(value)) return append_number(row, value);
  row.append(std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
}

double load_real(Element element, std::string_view bytes) noexcept {
  if (element == Element::float32) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(load(bytes)));
  }
  if (element == Element::float64) return std::bit_cast<double>(load(bytes));
  return static_cast<double>(load_integer(element, bytes));
}

// zero + stored, for whole zeros up to 2^63, which no std::int64_t holds.
std::optional<std::int64_t> shifted(std::int64_t stored, double zero) {
  const auto magnitude = static_cast<std::uint64_t>(std::abs(zero));
  const auto from = static_cast<std::uint64_t>(stored);
  const auto sum = static_cast<std::int64_t>(zero < 0 ? from - magnitude : from + magnitude);
  // It is right modulo 2^64: it is right when it lies on the proper side.
  if (zero > 0 ? sum < stored : sum > stored) return std::nullopt;
  return sum;
}

std::string append_scalar(RowBuilder& row, const StoredColumn& column, std::string_view bytes) {
  const Element element = column.element;
  if (element == Element::boolean || element == Element::bit) {
    // The first bit is the value and the others are zero; astropy writes the last one.
    const std::optional<bool> value =
        element == Element::bit ? load(bytes) != 0 : load_boolean(bytes.front());
    value ? row.integer(*value ? 1 : 0) : row.null();
    return {};
  }
  if (!is_integer(element)) {
    row.real(column.zero + column.scale * load_real(element, bytes));
    return {};
  }
  const std::int64_t stored = load_integer(element, bytes);
  if (column.null == stored) {
    row.null();
  } else if (!column.is_scaled()) {
    row.integer(stored);
  } else if (column.is_shifted()) {
    const auto value = shifted(stored, column.zero);
    if (!value) return "its value is beyond 64 bits";
    row.integer(*value);
  } else {
    row.real(column.zero + column.scale * static_cast<double>(stored));
  }
  return {};
}

// One element of an array, as text.
void append_element(RowBuilder& row, const StoredColumn& column, std::string_view bytes) {
  switch (column.element) {
    case Element::boolean: {
      const auto value = load_boolean(bytes.front());
      return row.append(!value ? "?" : *value ? "T" : "F");
    }
    case Element::float_complex:
    case Element::double_complex: {
      const Element part =
          column.element == Element::float_complex ? Element::float32 : Element::float64;
      const StoredColumn parts{part, column.shape, std::nullopt, column.scale, column.zero};
      append_element(row, parts, bytes.substr(0, bytes.size() / 2));
      row.append(" ");
      return append_element(row, parts, bytes.substr(bytes.size() / 2));
    }
    case Element::float32:
      // As a float, which needs fewer digits.
      if (column.is_scaled()) break;
      return append_real(row, static_cast<float>(load_real(column.element, bytes)));
    case Element::float64:
      break;
    default: {
      const std::int64_t stored = load_integer(column.element, bytes);
      if (!column.is_scaled()) return append_number(row, stored);
      const auto value = column.is_shifted() ? shifted(stored, column.zero) : std::nullopt;
      if (value) return append_number(row, *value);
    }
  }
  append_real(row, column.zero + column.scale * load_real(column.element, bytes));
}

void append_bits(RowBuilder& row, std::string_view bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i / 8]);
    row.append((byte >> (7 - i % 8) & 1) != 0 ? "1" : "0");
  }
}

}  // namespace

std::optional<Element> element_named(std::string_view datatype) {
  const auto found = std::ranges::find(elements, datatype, &ElementRow::datatype);
  if (found == elements.end()) return std::nullopt;
  return static_cast<Element>(found - elements.begin());
}

std::string_view datatype_of(Element element) { return row_of(element).datatype; }

std::optional<std::size_t> bytes_of(Element element, std::uint64_t count) {
  if (element == Element::bit) return count / 8 + (count % 8 != 0 ? 1 : 0);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, row_of(element).bytes, &bytes)) return std::nullopt;
  return bytes;
}

ColumnType scalar_type(Element element) { return row_of(element).scalar; }

bool is_integer(Element element) {
  return element >= Element::unsigned_byte && element <= Element::int64;
}

bool StoredColumn::is_shifted() const noexcept {
  return scale == 1 && std::trunc(zero) == zero && std::abs(zero) <= 0x1p63 && is_integer(element);
}

std::string_view value_datatype(const StoredColumn& column) {
  if (!column.is_scaled()) return datatype_of(column.element);
  if (column.is_shifted()) return row_of(column.element).shifted;
  return column.element >= Element::float_complex ? datatype_of(column.element) : "double";
}

ColumnType value_type(const StoredColumn& column) {
  if (column.shape == StoredColumn::Shape::array) return ColumnType::text;
  const ColumnType type = scalar_type(column.element);
  return type == ColumnType::integer && column.is_scaled() && !column.is_shifted()
             ? ColumnType::real
             : type;
}

std::string append_binary(RowBuilder& row, const StoredColumn& column, std::string_view bytes,
                          std::size_t count) {
  if (column.element == Element::character || column.element == Element::unicode) {
    return append_text(row, column.element, bytes);
  }
  if (value_type(column) != ColumnType::text) return append_scalar(row, column, bytes);
  if (count == 0) {
    row.null();
    return {};
  }
  if (column.element == Element::bit) {
    append_bits(row, bytes, count);
  } else {
    const std::size_t width = row_of(column.element).bytes;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) row.append(" ");
      append_element(row, column, bytes.substr(i * width, width));
    }
  }
  row.end_text();
  return {};
}

}  // namespace soda
