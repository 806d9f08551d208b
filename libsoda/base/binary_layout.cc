#include "base/binary_layout.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/text.h"

namespace soda {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// The next word of `text`, which loses it; empty at the end.
std::string_view next_word(std::string_view& text) {
  const auto begin = std::min(text.find_first_not_of(blanks), text.size());
  const auto end = std::min(text.find_first_of(blanks, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

// The numbers that one element is written as.
int words_of(Element element) { return element >= Element::float_complex ? 2 : 1; }

Element part_of(Element element) {
  if (element == Element::float_complex) return Element::float32;
  return element == Element::double_complex ? Element::float64 : element;
}

char* put_bits(std::string_view text, std::size_t count, char* to) {
  std::fill_n(to, (count + 7) / 8, '\0');
  std::size_t at = 0;
  for (const char c : text) {
    if (blanks.find(c) != blanks.npos || at == count) continue;
    if (c != '0' && c != '1') return nullptr;
    if (c == '1') to[at / 8] = static_cast<char>(to[at / 8] | (0x80 >> (at % 8)));
    ++at;
  }
  return to + (count + 7) / 8;
}

char* put_boolean(std::string_view word, char* to) {
  constexpr std::string_view known = "Tt1Ff0?";
  if (word.empty() || (word.size() > 1 && word != true_text && word != false_text)) return nullptr;
  if (known.find(word.front()) == known.npos) return nullptr;
  *to = word.front();
  return to + 1;
}

char* put_word(Element element, std::string_view word, char* to) {
  if (element == Element::boolean) return put_boolean(word, to);
  if (is_integer(element)) {
    const auto value = to_integer(word);
    return value ? put_integer(element, *value, to) : nullptr;
  }
  const auto value = to_double(word);
  return value ? put_real(element, *value, to) : nullptr;
}

}  // namespace

std::optional<Layout> layout_of(const Column& column) {
  const auto element = element_named(column.datatype);
  if (!element) return std::nullopt;
  Layout layout{*element, Layout::Length::scalar, 1};
  std::string_view size = trim(column.arraysize);
  if (size.empty() || size == "1") return layout;
  layout.length = Layout::Length::fixed;
  if (size.ends_with('*')) {
    layout.length = Layout::Length::variable;
    return layout;
  }
  for (const std::string_view part : split(size, 'x')) {
    const auto length = to_integer(trim(part));
    if (!length || *length < 0) return std::nullopt;
    const auto factor = static_cast<std::size_t>(*length);
    if (factor != 0 && layout.count > most_elements / factor) {
      layout.length = Layout::Length::variable;
      return layout;
    }
    layout.count *= factor;
  }
  return layout;
}

char* put_integer(Element element, std::int64_t value, char* to) {
  switch (element) {
    case Element::boolean:
      *to = value != 0 ? 'T' : 'F';
      return to + 1;
    case Element::bit:
      *to = static_cast<char>(value != 0 ? 0x80 : 0);
      return to + 1;
    case Element::unsigned_byte:
      *to = static_cast<char>(value);
      return to + 1;
    case Element::int16:
      return put_big_endian(static_cast<std::int16_t>(value), to);
    case Element::int32:
      return put_big_endian(static_cast<std::int32_t>(value), to);
    case Element::int64:
      return put_big_endian(value, to);
    default:
      return put_real(element, static_cast<double>(value), to);
  }
}

char* put_real(Element element, double value, char* to) {
  if (element == Element::float32) return put_big_endian(static_cast<float>(value), to);
  return put_big_endian(value, to);
}

char* put_null(Element element, char* to) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  switch (element) {
    case Element::boolean:
      *to = '?';
      return to + 1;
    case Element::float32:
    case Element::float64:
      return put_real(element, none, to);
    case Element::float_complex:
    case Element::double_complex:
      return put_real(part_of(element), none, put_real(part_of(element), none, to));
    default:
      return put_integer(element, 0, to);
  }
}

std::size_t count_elements(Element element, std::string_view text) {
  if (element == Element::bit) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return blanks.find(c) == blanks.npos; }));
  }
  std::size_t words = 0;
  while (!next_word(text).empty()) ++words;
  return words / static_cast<std::size_t>(words_of(element));
}

char* put_elements(Element element, std::string_view text, std::size_t count, char* to) {
  if (element == Element::bit) return put_bits(text, count, to);
  const Element part = part_of(element);
  const int parts = words_of(element);
  for (std::size_t i = 0; i < count; ++i) {
    for (int p = 0; p < parts; ++p) {
      const std::string_view word = next_word(text);
      to = word.empty() ? put_null(part, to) : put_word(part, word, to);
      if (to == nullptr) return nullptr;
    }
  }
  return to;
}

}  // namespace soda
