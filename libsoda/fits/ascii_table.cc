// ASCII tables (FITS 4.0 section 7.2).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "fits/table_rows.h"

namespace soda::fits {
namespace {

struct Field {
  std::size_t begin = 0, width = 0;
  char format = 'A';          // A, I, F, E or D
  std::int64_t decimals = 0;  // where the text has no decimal point
  std::optional<std::string> null;
  double scale = 1, zero = 0;
  bool is_scaled() const noexcept { return scale != 1 || zero != 0; }
};

Failure damaged(int index, const std::string& what) {
  return {FailureKind::usage, fmt::format("column {} of the FITS table: {}", index, what)};
}

// TFORM: a letter, the width, for real numbers the decimals behind a point (table 15).
void set_format(Field& field, int index, std::string_view form) {
  const Failure odd =
      damaged(index, fmt::format("TFORM {} is no format of an ASCII table", quoted(form)));
  if (form.empty() || std::string_view("AIFED").find(form.front()) == form.npos) throw odd;
  field.format = form.front();
  const std::vector<std::string_view> numbers = split(form.substr(1), '.');
  const auto width = to_integer(numbers.front());
  if (!width || *width < 1 || numbers.size() > 2) throw odd;
  field.width = static_cast<std::size_t>(*width);
  if (numbers.size() < 2) return;
  const auto decimals = to_integer(numbers.back());
  if (!decimals || *decimals < 0 || *decimals > *width) throw odd;
  field.decimals = *decimals;
}

Field field_of(const Header& header, int index, std::size_t row_length) {
  const auto keyword = [&](std::string_view stem) { return fmt::format("{}{}", stem, index); };
  Field field;
  const std::string form(trim(header.string(keyword("TFORM")).value_or("")));
  set_format(field, index, form);
  const std::int64_t begin = header.integer(keyword("TBCOL")).value_or(0);
  if (begin < 1 || static_cast<std::uint64_t>(begin - 1) > row_length ||
      field.width > row_length - static_cast<std::size_t>(begin - 1)) {
    throw damaged(index, "it lies outside its rows");
  }
  field.begin = static_cast<std::size_t>(begin - 1);
  if (const auto null = header.string(keyword("TNULL"))) field.null = trim(*null);
  field.scale = header.real(keyword("TSCAL")).value_or(1);
  field.zero = header.real(keyword("TZERO")).value_or(0);
  return field;
}

// Fortran's D exponent, and decimals that are only meant.
std::optional<double> real_of(const Field& field, std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, 'D', 'E');
  std::ranges::replace(plain, 'd', 'e');
  const auto value = to_double(plain);
  if (!value || plain.find_first_of(".eE") != plain.npos) return value;
  return *value / std::pow(10.0, static_cast<double>(field.decimals));
}

class AsciiTableReader final : public TableReader {
 public:
  AsciiTableReader(std::unique_ptr<ByteSource> source, const Hdu& hdu, const TableLimits& limits)
      : TableReader(limits), bytes_(std::move(source), hdu, limits) {
    const Header& header = hdu.header;
    const std::int64_t count = header.integer("TFIELDS").value_or(0);
    const auto row_length = static_cast<std::size_t>(header.integer("NAXIS1").value_or(0));
    check_columns(static_cast<std::size_t>(count), limits);
    std::vector<Column> columns;
    for (int i = 1; i <= count; ++i) {
      fields_.push_back(field_of(header, i, row_length));
      columns.push_back(column_of(header, i, fields_.back()));
    }
    set_columns(std::move(columns));
  }

 private:
  bool find_row() override { return bytes_.next(); }
  std::string fill(RowBuilder& row) override {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (const std::string wrong = append(row, i); !wrong.empty()) return in_column(i, wrong);
    }
    return {};
  }

  static Column column_of(const Header& header, int index, const Field& field) {
    Column column = described_column(header, index);
    const bool is_integer = field.format == 'I' && !field.is_scaled();
    column.type = field.format == 'A' ? ColumnType::text
                  : is_integer        ? ColumnType::integer
                                      : ColumnType::real;
    column.datatype = field.format == 'A' ? "char" : is_integer ? "long" : "double";
    if (field.format == 'A') column.arraysize = fmt::format("{}", field.width);
    return column;
  }

  // What is wrong with the cell, empty when it was taken.
  std::string append(RowBuilder& row, std::size_t i) {
    const Field& field = fields_[i];
    std::string_view text = bytes_.row().substr(field.begin, field.width);
    text = text.substr(0, text.find('\0'));
    const std::string_view trimmed = trim(text);
    if (trimmed.empty() || field.null == trimmed) {
      row.null();
    } else if (field.format == 'A') {
      if (!is_utf8(text)) return "it holds bytes that are no UTF-8";
      row.append(text.substr(0, text.find_last_not_of(' ') + 1));
      row.end_text();
    } else if (columns()[i].type == ColumnType::integer) {
      const auto value = to_integer(trimmed);
      if (!value) return fmt::format("\"{}\" is no integer", quoted(trimmed));
      row.integer(*value);
    } else {
      const auto value = real_of(field, trimmed);
      if (!value) return fmt::format("\"{}\" is no number", quoted(trimmed));
      row.real(field.zero + field.scale * *value);
    }
    return {};
  }

  RowBytes bytes_;
  std::vector<Field> fields_;
};

}  // namespace

std::unique_ptr<TableReader> read_ascii_table(OpenSource source, const Hdu& hdu,
                                              const TableLimits& limits) {
  return std::make_unique<AsciiTableReader>(std::move(source.bytes), hdu, limits);
}

}  // namespace soda::fits
