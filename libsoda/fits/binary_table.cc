#include "fits/binary_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"

namespace soda::fits {
namespace {

struct TypeSize {
  char type;
  std::int64_t bytes;
};
// FITS 4.0 table 18.
constexpr std::array<TypeSize, 13> type_sizes = {{{'L', 1},
                                                  {'X', 1},
                                                  {'B', 1},
                                                  {'I', 2},
                                                  {'J', 4},
                                                  {'K', 8},
                                                  {'A', 1},
                                                  {'E', 4},
                                                  {'D', 8},
                                                  {'C', 8},
                                                  {'M', 16},
                                                  {'P', 8},
                                                  {'Q', 16}}};

Failure damaged(const std::string& what) {
  return {FailureKind::corrupt_data, "a binary table is damaged: " + what};
}

// TFORM: [repeat]letter[…]; of P and Q the letter of the arrays follows.
TableColumn parse_form(const std::string& form) {
  TableColumn column;
  const auto letter = form.find_first_not_of("0123456789 ");
  if (letter == form.npos) throw damaged(fmt::format("TFORM {} names no type", quoted(form)));
  const std::string_view digits = trim(std::string_view(form).substr(0, letter));
  if (!digits.empty()) {
    const auto repeat = to_integer(digits);
    if (!repeat) throw damaged(fmt::format("TFORM {} has no sensible count", quoted(form)));
    column.repeat = *repeat;
  }
  column.type = column.element = form[letter];
  const bool is_variable = column.type == 'P' || column.type == 'Q';
  if (is_variable) column.element = letter + 1 < form.size() ? form[letter + 1] : ' ';
  if (element_size(column.type) == 0 || element_size(column.element) == 0) {
    throw damaged(fmt::format("TFORM {} has an unknown type", quoted(form)));
  }
  return column;
}

std::int64_t width_of(const TableColumn& column) {
  if (column.type == 'X') return column.repeat / 8 + (column.repeat % 8 != 0 ? 1 : 0);
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(column.repeat, element_size(column.type), &bytes)) {
    throw damaged("a column is wider than any file");
  }
  return bytes;
}

}  // namespace

std::int64_t element_size(char type) noexcept {
  const auto found = std::find_if(type_sizes.begin(), type_sizes.end(),
                                  [&](const TypeSize& known) { return known.type == type; });
  return found == type_sizes.end() ? 0 : found->bytes;
}

BinaryTable::BinaryTable(const Hdu& hdu) {
  const Header& header = hdu.header;
  row_length_ = header.integer("NAXIS1").value_or(-1);
  rows_ = header.integer("NAXIS2").value_or(-1);
  const std::int64_t count = header.integer("TFIELDS").value_or(-1);
  std::int64_t main = 0;
  if (row_length_ < 0 || rows_ < 0 || count < 0 || count > 999 ||
      __builtin_mul_overflow(row_length_, rows_, &main) || main > hdu.data_length) {
    throw damaged("NAXIS1, NAXIS2 or TFIELDS is missing or out of range");
  }
  std::int64_t offset = 0;
  for (int i = 1; i <= count; ++i) {
    TableColumn column = parse_form(header.string(fmt::format("TFORM{}", i)).value_or(""));
    column.name = header.string(fmt::format("TTYPE{}", i)).value_or("");
    column.index = i;
    column.offset = offset;
    const std::int64_t width = width_of(column);
    if (width > row_length_ - offset) throw damaged("its columns are wider than its rows");
    offset += width;
    columns_.push_back(std::move(column));
  }
  const std::int64_t heap = header.integer("THEAP").value_or(main);
  if (heap < main || heap > hdu.data_length) throw damaged("THEAP is out of range");
  heap_offset_ = hdu.data_offset + heap;
  heap_length_ = hdu.data_length - heap;
}

const TableColumn* BinaryTable::column(std::string_view name) const noexcept {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const TableColumn& known) {
    return equal_ignoring_case(trim(known.name), name);
  });
  return found == columns_.end() ? nullptr : &*found;
}

}  // namespace soda::fits
