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
      : TableReader(limits), characters_(limited(std::move(input), limits)) {
    if (characters_.first_block().starts_with(byte_order_mark)) {
      characters_.drop(byte_order_mark.size());
    }
    const Delimiter chosen = delimiter ? *delimiter : delimiter_of(characters_.first_block());
    separator_ = separator_of(chosen);
    quotes_ = chosen == Delimiter::tab ? Quotes::literal : Quotes::enclose;
    read_header();
  }

 private:
  enum class Quotes { enclose, literal };

  void read_header() {
    RowBuilder header(limits());
    if (!find_row()) throw unusable("it has no header line");
    if (const std::string wrong = read_record(header); !wrong.empty()) {
      throw unusable("header line: " + wrong);
    }
    std::vector<Column> columns;
    for (const Cell& cell : header.cells()) {
      Column column;
      const auto* name = std::get_if<std::string_view>(&cell);
      column.name = name != nullptr ? *name : std::string_view();
      column.datatype = "unicodeChar";
      column.arraysize = "*";
      columns.push_back(std::move(column));
    }
    set_columns(std::move(columns));
  }

  // Empty lines are none.
  bool find_row() override {
    while (characters_.peek() == '\r' || characters_.peek() == '\n') characters_.skip();
    return characters_.peek() != Characters::end;
  }

  std::string fill(RowBuilder& row) override {
    const std::string wrong = read_record(row);
    if (!wrong.empty() || row.size() == columns().size()) return wrong;
    return fmt::format("it has {} fields, the header line {}", row.size(), columns().size());
  }

  // Up to the end of its line; what is wrong with it.
  std::string read_record(RowBuilder& record) {
    std::string defect;
    do {
      const std::string_view wrong = read_field(record);
      if (defect.empty() && !wrong.empty()) {
        defect = fmt::format("field {}: {}", record.size(), wrong);
      }
      // Of a row that is refused anyway nothing more is kept than is allowed.
      check_columns(record.size(), limits());
    } while (take(separator_));
    take('\r');
    take('\n');
    return defect;
  }

  bool take(char wanted) {
    if (characters_.peek() != static_cast<unsigned char>(wanted)) return false;
    characters_.skip();
    return true;
  }

  // Makes a cell; what is wrong with it.
  std::string_view read_field(RowBuilder& record) {
    const bool quoted = quotes_ == Quotes::enclose && take('"');
    if (quoted) read_quoted(record);
    const std::size_t enclosed = record.open_text().size();
    read_bare(record);
    const std::string_view text = record.open_text();
    const bool is_text = is_utf8(text);
    const bool goes_on = quoted && text.size() > enclosed;
    text.empty() && !quoted ? record.null() : record.end_text();
    if (!is_text) return "it holds bytes that are no UTF-8";
    return goes_on ? "there is text behind a closing quote" : "";
  }

  void read_bare(RowBuilder& record) {
    const auto stops = [this](char c) { return c == separator_ || c == '\r' || c == '\n'; };
    while (characters_.peek() != Characters::end && !stops(static_cast<char>(characters_.peek()))) {
      record.append(characters_.take_until(stops));
    }
  }

  // Behind the opening quote, up to and with the closing one.
  void read_quoted(RowBuilder& record) {
    for (;;) {
      if (characters_.peek() == Characters::end) throw unusable("a quoted field does not end");
      record.append(characters_.take_until([](char c) { return c == '"'; }));
      if (!take('"')) continue;
      if (!take('"')) return;
      record.append("\"");
    }
  }

  Characters characters_;
  char separator_ = ',';
  Quotes quotes_ = Quotes::enclose;
};

}  // namespace

std::unique_ptr<TableReader> read_csv(ByteInput input, const TableLimits& limits,
                                      std::optional<Delimiter> delimiter) {
  return std::make_unique<CsvReader>(std::move(input), limits, delimiter);
}

}  // namespace soda
