#include "fits/table_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/failure.h"
#include "base/text.h"

namespace soda::fits {
namespace {

constexpr std::size_t read_at_once = std::size_t{1} << 16;

}  // namespace

std::size_t read_foreign(ByteSource& source, std::int64_t offset, std::span<char> into) {
  try {
    return source.read(offset, into);
  } catch (const Failure& failure) {
    if (failure.kind() != FailureKind::corrupt_data) throw;
    throw Failure(FailureKind::usage, failure.what());
  }
}

RowBytes::RowBytes(std::unique_ptr<ByteSource> source, const Hdu& hdu, const TableLimits& limits)
    : source_(std::move(source)), data_offset_(hdu.data_offset) {
  const std::int64_t length = hdu.header.integer("NAXIS1").value_or(0);
  rows_ = length > 0 ? hdu.header.integer("NAXIS2").value_or(0) : 0;
  row_length_ = static_cast<std::size_t>(length);
  std::int64_t all = 0;
  if (length < 0 || rows_ < 0 || __builtin_mul_overflow(length, rows_, &all) ||
      all > hdu.data_length) {
    throw Failure(FailureKind::usage, "NAXIS1 and NAXIS2 of the FITS table are out of range");
  }
  check_length(0, row_length_, limits);
  check_rows(rows_, limits);
  if (hdu.data_length > limits.bytes) {
    throw Failure(FailureKind::too_large,
                  fmt::format("the table is longer than {} bytes", limits.bytes));
  }
  capacity_ = std::max<std::size_t>(1, read_at_once / std::max<std::size_t>(1, row_length_));
}

bool RowBytes::next() {
  row_ = {};
  if (number_ == rows_) return false;
  const auto in_buffer = static_cast<std::size_t>(number_) % capacity_;
  if (in_buffer == 0) refill();
  ++number_;
  row_ = std::string_view(buffer_).substr(in_buffer * row_length_, row_length_);
  return true;
}

void RowBytes::refill() {
  const auto left = static_cast<std::uint64_t>(rows_ - number_);
  buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(capacity_, left)) * row_length_);
  const std::int64_t from = data_offset_ + number_ * static_cast<std::int64_t>(row_length_);
  if (read_foreign(*source_, from, buffer_) != buffer_.size()) {
    throw Failure(FailureKind::usage, "the FITS table ends before its last row");
  }
}

Column described_column(const Header& header, int index) {
  const auto text = [&](std::string_view keyword) {
    return std::string(trim(header.string(fmt::format("{}{}", keyword, index)).value_or("")));
  };
  Column column;
  column.name = text("TTYPE");
  column.unit = text("TUNIT");
  column.ucd = text("TUCD");
  column.utype = text("TUTYP");
  column.description = text("TCOMM");
  return column;
}

}  // namespace soda::fits
