#include "base/csv_reader.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace soda {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t block = std::size_t{1} << 16;

char separator_of(Delimiter delimiter) noexcept {
  constexpr std::array separators = {',', ';', '\t'};
  return separators[static_cast<std::size_t>(delimiter)];
}

Failure unusable(const std::string& sentence) {
  return {FailureKind::usage, "the table cannot be read as CSV: " + sentence};
}

// Characters of the input, one to look at.
class Characters {
 public:
  static constexpr int end = -1;

  explicit Characters(ByteInput input) : input_(std::move(input)), buffer_(block, '\0') {}

  int peek() {
    if (at_ == filled_) refill();
    return at_ == filled_ ? end : static_cast<unsigned char>(buffer_[at_]);
  }
  void skip() noexcept { ++at_; }
  // What is there up to the first character that `stops`, without reading on.
  template <class Stops>
  std::string_view take_until(Stops stops) {
    const std::size_t from = at_;
    while (at_ < filled_ && !stops(buffer_[at_])) ++at_;
    return std::string_view(buffer_).substr(from, at_ - from);
  }
  // All that is in the first block: for finding out what the file is.
  std::string_view first_block() {
    peek();
    return std::string_view(buffer_).substr(at_, filled_ - at_);
  }
  void drop(std::size_t count) noexcept { at_ += count; }

 private:
  // A whole block as long as there is one, so that the first one shows the header line.
  void refill() {
    at_ = filled_ = 0;
    while (filled_ < buffer_.size()) {
      const std::size_t got = input_(std::span(buffer_).subspan(filled_));
      if (got == 0) break;
      filled_ += got;
    }
  }

  ByteInput input_;
  std::string buffer_;
  std::size_t at_ = 0, filled_ = 0;
};

Delimiter delimiter_of(std::string_view beginning) {
  const std::string_view line = beginning.substr(0, beginning.find_first_of("\r\n"));
  if (line.find('\t') != line.npos) return Delimiter::tab;
  return line.find(',') == line.npos && line.find(';') != line.npos ? Delimiter::semicolon
                                                                    : Delimiter::comma;
}

class CsvReader final : public TableReader {
 public:
  CsvReader(ByteInput input, const TableLimits& limits, std::optional<Delimiter> delimiter)
      : limits_(limits), characters_(limited(std::move(input), limits)), record_(limits) {
    if (characters_.first_block().starts_with(byte_order_mark)) {
      characters_.drop(byte_order_mark.size());
    }
    const Delimiter chosen = delimiter ? *delimiter : delimiter_of(characters_.first_block());
    separator_ = separator_of(chosen);
    quotes_ = chosen == Delimiter::tab ? Quotes::literal : Quotes::enclose;
    read_header();
  }

  const std::vector<Column>& columns() const noexcept override { return columns_; }
  std::span<const Cell> row() const noexcept override { return row_; }
  std::int64_t row_number() const noexcept override { return number_; }

  bool next() override {
    row_ = {};
    if (!read_record()) return false;
    check_rows(++number_, limits_);
    if (!defect_.empty()) throw RowFailure(number_, defect_);
    if (record_.size() != columns_.size()) {
      throw RowFailure(number_, fmt::format("it has {} fields, the header line {}", record_.size(),
                                            columns_.size()));
    }
    row_ = record_.cells();
    return true;
  }

 private:
  enum class Quotes { enclose, literal };

  void read_header() {
    if (!read_record()) throw unusable("it has no header line");
    if (!defect_.empty()) throw unusable("header line: " + defect_);
    for (const Cell& cell : record_.cells()) {
      Column column;
      const auto* name = std::get_if<std::string_view>(&cell);
      column.name = name != nullptr ? *name : std::string_view();
      column.datatype = "unicodeChar";
      column.arraysize = "*";
      columns_.push_back(std::move(column));
    }
    name_columns(columns_);
  }

  // The next line that is not empty, into record_ and defect_; false at the end.
  bool read_record() {
    while (characters_.peek() == '\r' || characters_.peek() == '\n') characters_.skip();
    if (characters_.peek() == Characters::end) return false;
    record_.clear();
    defect_.clear();
    do {
      read_field();
      // Of a row that is refused anyway nothing more is kept than is allowed.
      check_columns(record_.size(), limits_);
    } while (take(separator_));
    take('\r');
    take('\n');
    return true;
  }

  bool take(char wanted) {
    if (characters_.peek() != static_cast<unsigned char>(wanted)) return false;
    characters_.skip();
    return true;
  }

  void read_field() {
    const bool quoted = quotes_ == Quotes::enclose && take('"');
    if (quoted) read_quoted();
    const std::size_t enclosed = record_.open_text().size();
    read_bare();
    const std::string_view text = record_.open_text();
    if (quoted && text.size() > enclosed) spoil("there is text behind a closing quote");
    if (!is_utf8(text)) spoil("it holds bytes that are no UTF-8");
    if (text.empty() && !quoted) return record_.null();
    record_.end_text();
  }

  void spoil(std::string_view what) {
    if (defect_.empty()) defect_ = fmt::format("field {}: {}", record_.size() + 1, what);
  }

  void read_bare() {
    const auto stops = [this](char c) { return c == separator_ || c == '\r' || c == '\n'; };
    while (characters_.peek() != Characters::end && !stops(static_cast<char>(characters_.peek()))) {
      record_.append(characters_.take_until(stops));
    }
  }

  // Behind the opening quote, up to and with the closing one.
  void read_quoted() {
    for (;;) {
      if (characters_.peek() == Characters::end) throw unusable("a quoted field does not end");
      record_.append(characters_.take_until([](char c) { return c == '"'; }));
      if (!take('"')) continue;
      if (!take('"')) return;
      record_.append("\"");
    }
  }

  TableLimits limits_;
  Characters characters_;
  char separator_ = ',';
  Quotes quotes_ = Quotes::enclose;
  std::vector<Column> columns_;
  RowBuilder record_;
  std::string defect_;  // of the present record; empty: none
  std::span<const Cell> row_;
  std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<TableReader> read_csv(ByteInput input, const TableLimits& limits,
                                      std::optional<Delimiter> delimiter) {
  return std::make_unique<CsvReader>(std::move(input), limits, delimiter);
}

}  // namespace soda
