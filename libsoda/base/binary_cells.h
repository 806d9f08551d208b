// Values of FITS binary tables (FITS 4.0 section 7.3.3) and of VOTable's BINARY and BINARY2
// (VOTable 1.4 section 5.3), which took over FITS's encodings: big-endian, side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/table_reader.h"

namespace soda {

// In VOTable's order of datatypes (section 2.1), with its names.
enum class Element {
  boolean,
  bit,
  unsigned_byte,
  int16,
  int32,
  int64,
  character,
  unicode,
  float32,
  float64,
  float_complex,
  double_complex
};

std::optional<Element> element_named(std::string_view datatype);
std::string_view datatype_of(Element element);
// Bytes of that many elements; empty when no memory holds them.
std::optional<std::size_t> bytes_of(Element element, std::uint64_t count);
// Of a cell with one such element, as base/table_reader.h has it.
ColumnType scalar_type(Element element);
bool is_integer(Element element);  // of more than one bit

struct StoredColumn {
  enum class Shape { scalar, array };
  Element element = Element::character;
  Shape shape = Shape::scalar;
  // The stored integer that means NULL.
  std::optional<std::int64_t> null;
  // value = zero + scale * stored, for numbers.
  double scale = 1, zero = 0;

  bool is_scaled() const noexcept { return scale != 1 || zero != 0; }
  // An integer although it is scaled: FITS's unsigned integers (section 5.3) and their like.
  bool is_shifted() const noexcept;
};

// Of the column's values after scaling; arraysize is the caller's.
std::string_view value_datatype(const StoredColumn& column);
ColumnType value_type(const StoredColumn& column);

// Makes one cell of `count` elements. REQUIRES: as many bytes as bytes_of(element, count); one
// element of a scalar, unless it is text. Text ends at the first NUL. Returns what is wrong with
// the value, empty when it was taken; Failure(too_large) as RowBuilder::append.
std::string append_binary(RowBuilder& row, const StoredColumn& column, std::string_view bytes,
                          std::size_t count);

}  // namespace soda
