// What the readers of binary and of ASCII tables share. Of use inside this room only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/table_reader.h"
#include "fits/file.h"
#include "fits/source.h"

namespace soda::fits {

// As ByteSource::read, but what is damaged is Failure(usage): it is not our archive's file, but
// what somebody brought.
std::size_t read_foreign(ByteSource& source, std::int64_t offset, std::span<char> into);

// Rows of equal length, some at a time.
class RowBytes {
 public:
  // Throws Failure(too_large) for rows and tables beyond the limits.
  RowBytes(std::unique_ptr<ByteSource> source, const Hdu& hdu, const TableLimits& limits);
  bool next();
  std::string_view row() const noexcept { return row_; }
  std::int64_t number() const noexcept { return number_; }  // from 1
  ByteSource& source() noexcept { return *source_; }

 private:
  void refill();

  std::unique_ptr<ByteSource> source_;
  std::int64_t data_offset_ = 0, rows_ = 0, number_ = 0;
  std::size_t row_length_ = 0, capacity_ = 0;  // rows in the buffer
  std::string buffer_;
  std::string_view row_;
};

// What the header says of a column whatever the kind of its table; type and datatype are the
// caller's.
Column described_column(const Header& header, int index);

// Readers for one kind each. REQUIRES: an HDU of that kind out of that file.
std::unique_ptr<TableReader> read_binary_table(OpenSource source, const Hdu& hdu,
                                               const TableLimits& limits);
std::unique_ptr<TableReader> read_ascii_table(OpenSource source, const Hdu& hdu,
                                              const TableLimits& limits);

}  // namespace soda::fits
