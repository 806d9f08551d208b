// A table from outside, row by row: what the readers of VOTable, FITS and CSV have in common.
//
// Every byte is hostile: sizes are checked before memory is asked for, and memory is bounded by the
// limits, not by the file. Text is valid UTF-8 when it comes out, or the row is refused.
//
// Columns keep what the file says of them, with VOTable's words for the datatype (section 2.1;
// beside those of base/table.h also boolean, bit, unsignedByte, short, float, floatComplex,
// doubleComplex) and its arraysize. Scalars of boolean, bit and the integers are
// ColumnType::integer (false is 0), float and double are real; everything else is text: characters
// as they are, complex numbers and arrays as in a cell of TABLEDATA ("1 2 3"), bit arrays as
// "0110". NULL, as each format has it, and NaN are monostate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/table.h"

namespace soda {

// Bytes in their order: fills `into` from its front and returns how many these are, 0 at the end
// only. What it throws goes through the reader.
using ByteInput = std::function<std::size_t(std::span<char> into)>;

struct TableLimits {
  std::int64_t bytes = std::int64_t{1} << 40;  // of the file, inflated
  std::int64_t rows = 1'000'000'000;
  std::size_t columns = 1000;
  std::size_t cell = std::size_t{1} << 20;  // bytes of one cell, in the file and as text
  std::size_t row = std::size_t{1} << 24;   // of all cells of one row
};

// One row cannot be read, those behind it can.
class RowFailure : public Failure {
 public:
  RowFailure(std::int64_t row, const std::string& reason);
  const std::string& reason() const noexcept { return reason_; }  // without the row's number

 private:
  std::string reason_;
};

// Names for the columns that have none ("col3" for the third), and a number behind the names that
// occur again, letter case ignored ("flux", "Flux_2"); blanks at the ends are dropped.
void name_columns(std::vector<Column>& columns);

// Failure(too_large) naming the limit.
void check_columns(std::size_t columns, const TableLimits& limits);
void check_rows(std::int64_t row, const TableLimits& limits);
// `cell` and `row` are bytes so far, of one cell and of all of its row.
void check_length(std::size_t cell, std::size_t row, const TableLimits& limits);
// The input, refused with Failure(too_large) behind `limits.bytes`.
ByteInput limited(ByteInput input, const TableLimits& limits);

// What a row's cells are made in: their text lies together in one piece, so that a row costs no
// allocation of its own.
class RowBuilder {
 public:
  explicit RowBuilder(const TableLimits& limits) : limits_(limits) {}

  void clear() noexcept;
  std::size_t size() const noexcept { return cells_.size(); }
  void null() { cells_.emplace_back(); }
  void integer(std::int64_t value) { cells_.emplace_back(value); }
  void real(double value);  // NaN is NULL
  // In parts; `end_text` makes the cell. Failure(too_large) when a cell, or the row,
  // becomes too long.
  void append(std::string_view part);
  void end_text();
  // What has been appended since the last end_text().
  std::string_view open_text() const noexcept { return std::string_view(text_).substr(begin_); }

  // Views into this object, until the next change.
  std::span<const Cell> cells();

 private:
  struct Extent {
    std::size_t cell, begin, length;
  };
  TableLimits limits_;
  std::string text_;
  std::size_t begin_ = 0;
  std::vector<Extent> texts_;
  std::vector<Cell> cells_;
};

// A reader of one format says where rows come from; what all of them owe to whoever reads is here.
class TableReader {
 public:
  virtual ~TableReader() = default;
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  // Known from the beginning, with names that differ from each other (name_columns).
  const std::vector<Column>& columns() const noexcept { return columns_; }
  // Goes to the next row; false when there is none. RowFailure: this row is refused, the next call
  // goes on behind it. Every other Failure ends the table: usage (it is damaged or not understood),
  // too_large (a limit), and what the input throws.
  bool next();
  // One cell for each column; valid until the next call of next().
  std::span<const Cell> row() const noexcept { return cells_; }
  // Of the present row, from 1; of the one that was refused after a RowFailure.
  std::int64_t row_number() const noexcept { return number_; }

 protected:
  explicit TableReader(const TableLimits& limits) : limits_(limits), row_(limits) {}
  // Gives the columns their names.
  void set_columns(std::vector<Column> columns);
  const TableLimits& limits() const noexcept { return limits_; }
  // What is wrong with a cell, as part of what is wrong with its row.
  std::string in_column(std::size_t column, std::string_view what) const;

 private:
  // Whether there is another row, which then is the next one to be filled.
  virtual bool find_row() = 0;
  // Makes its cells. Returns what is wrong with it, empty when it was taken.
  virtual std::string fill(RowBuilder& row) = 0;

  TableLimits limits_;
  std::vector<Column> columns_;
  RowBuilder row_;
  std::span<const Cell> cells_;
  std::int64_t number_ = 0;
};

}  // namespace soda
