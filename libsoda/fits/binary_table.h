// The layout of a binary table (FITS 4.0 section 7.3): columns, rows, heap. Of use inside this room
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fits/file.h"

namespace soda::fits {

// Bytes of one element of a column of that type (bits count as bytes); 0 for an unknown letter.
std::int64_t element_size(char type) noexcept;

struct TableColumn {
  std::string name;
  std::int64_t offset = 0;  // in the row
  std::int64_t repeat = 1;
  char type = ' ';     // the letter of TFORM: L X B I J K A E D C M P Q
  char element = ' ';  // of the arrays of P and Q; else the type itself
  int index = 0;       // 1-based, for TDIMn, TSCALn …
};

class BinaryTable {
 public:
  // Throws Failure(corrupt_data) when the columns do not fit the rows, or rows and heap not the
  // data.
  explicit BinaryTable(const Hdu& hdu);

  const std::vector<TableColumn>& columns() const noexcept { return columns_; }
  // Names are compared ignoring case (section 7.3.4).
  const TableColumn* column(std::string_view name) const noexcept;
  std::int64_t row_length() const noexcept { return row_length_; }
  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t heap_offset() const noexcept { return heap_offset_; }  // in the file
  std::int64_t heap_length() const noexcept { return heap_length_; }

 private:
  std::vector<TableColumn> columns_;
  std::int64_t row_length_ = 0, rows_ = 0, heap_offset_ = 0, heap_length_ = 0;
};

}  // namespace soda::fits
