#include "fits/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/binary_cells.h"
#include "base/failure.h"
#include "base/text.h"
#include "fits/binary_table.h"
#include "fits/endian.h"
#include "fits/table_rows.h"

namespace soda::fits {
namespace {

constexpr std::int64_t longest_gzipped_heap = std::int64_t{64} << 20;

struct Letter {
  char letter;
  Element element;
};
// FITS 4.0 table 18, without the descriptors of arrays.
constexpr std::array letters = {
    Letter{'L', Element::boolean},       Letter{'X', Element::bit},
    Letter{'B', Element::unsigned_byte}, Letter{'I', Element::int16},
    Letter{'J', Element::int32},         Letter{'K', Element::int64},
    Letter{'A', Element::character},     Letter{'E', Element::float32},
    Letter{'D', Element::float64},       Letter{'C', Element::float_complex},
    Letter{'M', Element::double_complex}};

bool is_variable(const TableColumn& column) noexcept {
  return column.type == 'P' || column.type == 'Q';
}

// VOTable's arraysize; TDIMn (section 7.3.2) when it agrees with TFORMn.
std::string arraysize_of(const Header& header, const TableColumn& column, Element element) {
  if (is_variable(column)) return "*";
  const std::string dimensions = header.string(fmt::format("TDIM{}", column.index)).value_or("");
  std::string_view inside = trim(dimensions);
  if (inside.starts_with('(') && inside.ends_with(')')) {
    inside = inside.substr(1, inside.size() - 2);
    std::string size;
    std::int64_t product = 1;
    for (const std::string_view length : split(inside, ',')) {
      const std::int64_t number = to_integer(trim(length)).value_or(0);
      if (number < 1 || __builtin_mul_overflow(product, number, &product)) product = 0;
      size += fmt::format("{}{}", size.empty() ? "" : "x", number);
    }
    if (product == column.repeat && product > 1) return size;
  }
  if (column.repeat == 1 && element != Element::character) return {};
  return fmt::format("{}", column.repeat);
}

StoredColumn stored_column(const Header& header, const TableColumn& column) {
  const auto* const found = std::ranges::find(letters, column.element, &Letter::letter);
  // An array of arrays there is not.
  if (found == letters.end()) {
    throw Failure(FailureKind::usage,
                  fmt::format("column {} of the FITS table has no known type", column.index));
  }
  StoredColumn stored;
  stored.element = found->element;
  const bool is_array = is_variable(column) || column.repeat != 1;
  stored.shape = is_array ? StoredColumn::Shape::array : StoredColumn::Shape::scalar;
  const bool is_number = is_integer(stored.element) || stored.element >= Element::float32;
  if (is_number) {
    stored.scale = header.real(fmt::format("TSCAL{}", column.index)).value_or(1);
    stored.zero = header.real(fmt::format("TZERO{}", column.index)).value_or(0);
  }
  if (is_integer(stored.element)) {
    stored.null = header.integer(fmt::format("TNULL{}", column.index));
  }
  return stored;
}

class BinaryTableReader final : public TableReader {
 public:
  BinaryTableReader(OpenSource source, const Hdu& hdu, const TableLimits& limits)
      : TableReader(limits), table_(hdu), bytes_(std::move(source.bytes), hdu, limits) {
    std::vector<Column> columns;
    bool has_arrays = false;
    for (const TableColumn& stored : table_.columns()) {
      stored_.push_back(stored_column(hdu.header, stored));
      Column column = described_column(hdu.header, stored.index);
      column.type = value_type(stored_.back());
      column.datatype = value_datatype(stored_.back());
      column.arraysize = arraysize_of(hdu.header, stored, stored_.back().element);
      columns.push_back(std::move(column));
      has_arrays = has_arrays || is_variable(stored);
    }
    set_columns(std::move(columns));
    if (has_arrays && source.gzipped) load_heap();
  }

 private:
  bool find_row() override { return bytes_.next(); }
  std::string fill(RowBuilder& row) override {
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      if (const std::string wrong = append(row, i); !wrong.empty()) return in_column(i, wrong);
    }
    return {};
  }

  std::string append(RowBuilder& row, std::size_t i) {
    const TableColumn& column = table_.columns()[i];
    const auto offset = static_cast<std::size_t>(column.offset);
    if (is_variable(column)) return append_array(row, i, offset);
    const auto count = static_cast<std::size_t>(column.repeat);
    return append_bytes(row, i, bytes_.row().substr(offset, width(i, count)), count);
  }

  std::size_t width(std::size_t i, std::uint64_t count) const {
    const auto bytes = bytes_of(stored_[i].element, count);
    check_length(bytes.value_or(limits().cell + 1), 0, limits());
    return *bytes;
  }

  // Blanks at the end of a text are what writers fill up with.
  std::string append_bytes(RowBuilder& row, std::size_t i, std::string_view bytes,
                           std::size_t count) {
    if (stored_[i].element == Element::character) {
      bytes = bytes.substr(0, bytes.find('\0'));
      bytes = bytes.substr(0, bytes.find_last_not_of(' ') + 1);
    }
    return append_binary(row, stored_[i], bytes, count);
  }

  // Section 7.3.5: number of elements, and place in the heap.
  std::string append_array(RowBuilder& row, std::size_t i, std::size_t at) {
    const TableColumn& column = table_.columns()[i];
    std::int64_t count = 0, offset = 0;
    if (column.repeat > 0) {
      const char* descriptor = bytes_.row().data() + at;
      const bool is_long = column.type == 'Q';
      count = is_long ? load_big_endian<std::int64_t>(descriptor)
                      : load_big_endian<std::int32_t>(descriptor);
      offset = is_long ? load_big_endian<std::int64_t>(descriptor + 8)
                       : load_big_endian<std::int32_t>(descriptor + 4);
    }
    if (count == 0) {
      row.null();
      return {};
    }
    if (count < 0 || offset < 0) return "its array lies outside the heap";
    const std::size_t length = width(i, static_cast<std::uint64_t>(count));
    if (offset > table_.heap_length() ||
        static_cast<std::int64_t>(length) > table_.heap_length() - offset) {
      return "its array lies outside the heap";
    }
    // Many rows may point to one array: what they make of it counts, not what the file has.
    arrays_ += static_cast<std::int64_t>(length);
    if (arrays_ > limits().bytes) {
      throw Failure(
          FailureKind::too_large,
          fmt::format("the arrays of the table are longer than {} bytes", limits().bytes));
    }
    if (!heap_.empty()) {
      return append_bytes(row, i,
                          std::string_view(heap_).substr(static_cast<std::size_t>(offset), length),
                          static_cast<std::size_t>(count));
    }
    array_.resize(length);
    if (read_foreign(bytes_.source(), table_.heap_offset() + offset, array_) != length) {
      return "its array lies outside the file";
    }
    return append_bytes(row, i, array_, static_cast<std::size_t>(count));
  }

  // Going back and forth in a gzipped file would inflate it again for each row.
  void load_heap() {
    if (table_.heap_length() > longest_gzipped_heap) {
      throw Failure(FailureKind::too_large,
                    fmt::format("the arrays of variable length take more than {} bytes in a "
                                "gzipped file: give it unpacked",
                                longest_gzipped_heap));
    }
    heap_.resize(static_cast<std::size_t>(table_.heap_length()));
    if (read_foreign(bytes_.source(), table_.heap_offset(), heap_) != heap_.size()) {
      throw Failure(FailureKind::usage, "the FITS table ends before its arrays");
    }
  }

  BinaryTable table_;
  RowBytes bytes_;
  std::vector<StoredColumn> stored_;
  std::int64_t arrays_ = 0;  // bytes of all arrays so far
  std::string heap_;         // of gzipped files only
  std::string array_;
};

std::unique_ptr<TableReader> read_first_table(const std::string& path, const TableLimits& limits) {
  const Scan file = scan(path, limits.bytes);
  for (const Hdu& hdu : file.hdus) {
    const bool is_binary = hdu.kind == HduKind::table;
    if (!is_binary && hdu.kind != HduKind::ascii_table) continue;
    if (hdu.header.integer("TFIELDS").value_or(0) < 1) continue;
    OpenSource source = open_source(path, limits.bytes);
    return is_binary ? read_binary_table(std::move(source), hdu, limits)
                     : read_ascii_table(std::move(source), hdu, limits);
  }
  throw Failure(FailureKind::usage,
                file.problem ? fmt::format("the FITS file has no table before its damage: {}",
                                           file.problem->sentence)
                             : "the FITS file has no table");
}

}  // namespace

std::unique_ptr<TableReader> read_binary_table(OpenSource source, const Hdu& hdu,
                                               const TableLimits& limits) {
  return std::make_unique<BinaryTableReader>(std::move(source), hdu, limits);
}

std::unique_ptr<TableReader> read_table(const std::string& path, const TableLimits& limits) {
  try {
    return read_first_table(path, limits);
  } catch (const Failure& failure) {
    if (failure.kind() != FailureKind::corrupt_data) throw;
    throw Failure(FailureKind::usage, failure.what());
  }
}

ByteInput open_bytes(const std::string& path, std::int64_t inflated_limit) {
  auto source = std::make_shared<OpenSource>(open_source(path, inflated_limit));
  return [source, offset = std::int64_t{0}](std::span<char> into) mutable {
    const std::size_t got = read_foreign(*source->bytes, offset, into);
    offset += static_cast<std::int64_t>(got);
    return got;
  };
}

}  // namespace soda::fits
