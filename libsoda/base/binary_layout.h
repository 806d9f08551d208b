// The other way of base/binary_cells.h: cells as the bytes that FITS binary tables and VOTable's
// BINARY2 share, big-endian and side by side.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/binary_cells.h"
#include "base/table.h"

namespace soda {

// What the cells of a column are made of, from its datatype and arraysize.
struct Layout {
  Element element = Element::character;
  enum class Length { scalar, fixed, variable } length = Length::scalar;
  std::size_t count = 1;  // of elements, unless the length is variable

  bool is_text() const noexcept {
    return element == Element::character || element == Element::unicode;
  }
  // Its cells are texts of numbers, as base/table_reader.h has them.
  bool is_list() const noexcept {
    return !is_text() && (length != Length::scalar || element >= Element::float_complex);
  }
};

// Empty for a datatype that VOTable does not have, or an arraysize that is none. Fixed sizes beyond
// `most_elements` are taken as variable ones.
inline constexpr std::size_t most_elements = std::size_t{1} << 20;
std::optional<Layout> layout_of(const Column& column);

template <class Number>
requires std::integral<Number> || std::floating_point<Number>
char* put_big_endian(Number number, char* to) {
  auto bytes = std::bit_cast<std::array<char, sizeof number>>(number);
  if constexpr (std::endian::native == std::endian::little) {
    for (std::size_t i = 0; i < sizeof number; ++i) to[i] = bytes[sizeof number - 1 - i];
  } else {
    std::memcpy(to, bytes.data(), sizeof number);
  }
  return to + sizeof number;
}

// One whole or real number as the element, which is no text. Values that it cannot hold are cut
// down to it: whoever must know asks before.
char* put_integer(Element element, std::int64_t value, char* to);
char* put_real(Element element, double value, char* to);
// What stands for an element that is NULL: NaN, zero, or of booleans '?' (VOTable 1.4 section 6).
char* put_null(Element element, char* to);

// Of a cell that is a text of numbers: how many elements it has.
std::size_t count_elements(Element element, std::string_view text);
// The first `count` of them as bytes; what the text has less is filled with NULLs. REQUIRES: `to`
// has room for bytes_of(element, count). A null pointer: the text is none of the element's.
char* put_elements(Element element, std::string_view text, std::size_t count, char* to);

}  // namespace soda
