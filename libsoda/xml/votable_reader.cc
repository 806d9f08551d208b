#include "xml/votable_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "xml/base64_decoder.h"
#include "xml/events.h"
#include "xml/votable_field.h"

namespace soda::xml {
namespace {

// Short, because all rows of it wait at once.
constexpr std::size_t chunk_size = std::size_t{1} << 14;
constexpr std::size_t longest_description = 4096;
constexpr std::size_t longest_message = 400;

Failure unreadable(const std::string& what) {
  return {FailureKind::usage, "the VOTable cannot be read: " + what};
}

// Rows of TABLEDATA as they were written, their cells one behind the other. Between two pieces of
// the document only the row that is open stays.
class WaitingRows {
 public:
  explicit WaitingRows(const TableLimits& limits) : limits_(limits) {}

  void start_row() {
    rows_.push_back({cells_.size(), 0});
    row_begin_ = text_.size();
  }
  void start_cell() { cells_.push_back({text_.size(), 0}); }
  void append(std::string_view part) {
    Extent& cell = cells_.back();
    check_length(cell.length + part.size(), text_.size() - row_begin_ + part.size(), limits_);
    text_ += part;
    cell.length += part.size();
  }
  void end_cell() { check_columns(++rows_.back().cells, limits_); }
  void end_row() { complete_ = rows_.size(); }

  bool empty() const noexcept { return first_ == complete_; }
  // The oldest row: its cells; it stays until pop(). REQUIRES: not empty.
  std::size_t cells() const noexcept { return rows_[first_].cells; }
  std::string_view cell(std::size_t i) const noexcept {
    const Extent& extent = cells_[rows_[first_].first_cell + i];
    return std::string_view(text_).substr(extent.begin, extent.length);
  }
  void pop() {
    if (++first_ == complete_) drop_complete();
  }

 private:
  struct Extent {
    std::size_t begin, length;
  };
  struct Row {
    std::size_t first_cell, cells;
  };

  void drop_complete() {
    const bool open = rows_.size() > complete_;
    const std::size_t cells = open ? rows_.back().first_cell : cells_.size();
    const std::size_t text = open ? row_begin_ : text_.size();
    text_.erase(0, text);
    cells_.erase(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(cells));
    for (Extent& extent : cells_) extent.begin -= text;
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(complete_));
    if (open) rows_.back().first_cell = 0;
    row_begin_ = first_ = complete_ = 0;
  }

  const TableLimits& limits_;
  std::string text_;
  std::vector<Extent> cells_;
  std::vector<Row> rows_;
  std::size_t row_begin_ = 0;             // of the open row, in text_
  std::size_t first_ = 0, complete_ = 0;  // in rows_
};

// The bytes of a BINARY or BINARY2 stream, row by row.
class BinaryRows {
 public:
  enum class Flags { none, nulls };

  BinaryRows(const std::vector<ReadField>& fields, const TableLimits& limits)
      : fields_(fields), limits_(limits) {}

  void start(Flags flags) {
    flag_bytes_ = flags == Flags::nulls ? (fields_.size() + 7) / 8 : 0;
    std::size_t least = flag_bytes_;
    for (const ReadField& field : fields_) {
      least += field.length == ReadField::Length::fixed ? width(field, field.count) : 4;
    }
    if (least == 0) throw unreadable("its rows have no bytes");
    started_ = true;
  }
  void append(std::string_view base64) {
    // What has been read makes room once it is the greater part.
    if (at_ > bytes_.size() / 2) {
      bytes_.erase(0, at_);
      at_ = 0;
    }
    decoder_.decode(base64, bytes_);
  }
  void finish() const { decoder_.finish(); }
  bool empty() const noexcept { return at_ == bytes_.size(); }

  // Whether a whole row is there.
  bool ready() {
    if (!started_ || bytes_.size() - at_ < need_) return false;
    const std::size_t length = row_length();
    need_ = length;
    return bytes_.size() - at_ >= length;
  }
  struct Wrong {
    std::size_t column;
    std::string what;
  };
  // Takes it; the first cell of it that is wrong. REQUIRES: ready().
  std::optional<Wrong> take(RowBuilder& row) {
    const std::string_view bytes = std::string_view(bytes_).substr(at_, need_);
    at_ += need_;
    need_ = 0;
    std::size_t from = flag_bytes_;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const Cells cells = cells_at(bytes, from, fields_[i]);
      from = cells.begin + cells.length;
      std::string what = append(row, i, bytes, cells);
      if (!what.empty()) return Wrong{i, std::move(what)};
    }
    return std::nullopt;
  }

 private:
  struct Cells {
    std::size_t begin, length, count;
  };

  std::size_t width(const ReadField& field, std::uint64_t count) const {
    const auto bytes = bytes_of(field.stored.element, count);
    if (bytes && *bytes <= limits_.cell) return *bytes;
    throw Failure(FailureKind::too_large,
                  fmt::format("a cell of the column \"{}\" is longer than {} bytes",
                              quoted(field.column.name), limits_.cell));
  }

  // Where the elements of a cell lie. REQUIRES: the four bytes of its length are there.
  Cells cells_at(std::string_view bytes, std::size_t from, const ReadField& field) const {
    std::uint64_t count = field.count;
    if (field.length == ReadField::Length::variable) {
      count = 0;
      for (const char c : bytes.substr(from, 4)) count = count << 8 | static_cast<unsigned char>(c);
      from += 4;
    }
    return {from, width(field, count), count};
  }

  // Bytes of the row, or, where not enough is there to tell, more than there are.
  std::size_t row_length() const {
    const std::string_view bytes = std::string_view(bytes_).substr(at_);
    std::size_t length = flag_bytes_;
    for (const ReadField& field : fields_) {
      if (field.length == ReadField::Length::variable && bytes.size() < length + 4) {
        return length + 4;
      }
      const Cells cells = cells_at(bytes, length, field);
      length = cells.begin + cells.length;
      check_length(cells.length, length, limits_);
    }
    return length;
  }

  std::string append(RowBuilder& row, std::size_t i, std::string_view bytes, const Cells& cells) {
    const bool flagged =
        flag_bytes_ > 0 && (static_cast<unsigned char>(bytes[i / 8]) >> (7 - i % 8) & 1) != 0;
    if (flagged) {
      row.null();
      return {};
    }
    return append_binary(row, fields_[i].stored, bytes.substr(cells.begin, cells.length),
                         cells.count);
  }

  const std::vector<ReadField>& fields_;
  const TableLimits& limits_;
  bool started_ = false;
  std::size_t flag_bytes_ = 0;
  Base64Decoder decoder_;
  std::string bytes_;
  std::size_t at_ = 0, need_ = 0;  // of bytes_; of a row
};

// Places that matter, each below the one that it belongs to.
enum class Place {
  outside,
  votable,
  resource,
  table,
  field,
  values,
  description,
  data,
  tabledata,
  binary,
  fits,
  row,
  cell,
  stream,
  info,
  other
};

class Document final : public Events {
 public:
  explicit Document(const TableLimits& limits)
      : limits_(limits), waiting_(limits_), binary_(fields_, limits_) {}

  void start(std::string_view name, const Attributes& attributes) override {
    const Place parent = open_.empty() ? Place::outside : open_.back();
    const auto* const rule = std::ranges::find_if(
        rules, [&](const Rule& known) { return known.parent == parent && known.name == name; });
    if (rule == rules.end()) {
      if (parent == Place::outside) {
        throw unreadable(fmt::format("its root element is \"{}\"", quoted(name)));
      }
      open_.push_back(Place::other);
      return;
    }
    open_.push_back(rule->self);
    if (rule->start != nullptr) (this->*rule->start)(attributes);
  }

  void end() override {
    const Place element = open_.back();
    open_.pop_back();
    switch (element) {
      case Place::cell:
        return waiting_.end_cell();
      case Place::row:
        return waiting_.end_row();
      case Place::stream:
        return binary_.finish();
      case Place::table:
        return declare();
      case Place::info:
        return end_info();
      default:
        return;
    }
  }

  void text(std::string_view part) override {
    switch (open_.empty() ? Place::outside : open_.back()) {
      case Place::cell:
        return waiting_.append(part);
      case Place::stream:
        return binary_.append(part);
      case Place::description:
        return append_bounded(fields_.back().column.description, part, longest_description);
      case Place::info:
        return append_bounded(message_, part, longest_message);
      default:
        return;
    }
  }

  bool declared() const noexcept { return declared_; }
  std::vector<ReadField>& fields() noexcept { return fields_; }
  WaitingRows& waiting() noexcept { return waiting_; }
  BinaryRows& binary() noexcept { return binary_; }

 private:
  struct Rule {
    Place parent;
    std::string_view name;
    Place self;
    void (Document::*start)(const Attributes&);
  };
  // The most frequent ones first.
  static const std::array<Rule, 18> rules;

  static void append_bounded(std::string& to, std::string_view part, std::size_t limit) {
    to += part.substr(0, limit - std::min(limit, to.size()));
  }

  void start_row(const Attributes&) { waiting_.start_row(); }
  void start_cell(const Attributes& attributes) {
    if (attributes.find("encoding")) throw unreadable("encoded cells are not read");
    waiting_.start_cell();
  }
  // Further tables are nobody's business.
  void start_table(const Attributes&) {
    if (std::exchange(table_seen_, true)) open_.back() = Place::other;
  }
  void start_field(const Attributes& attributes) {
    if (declared_) throw unreadable("a FIELD stands behind its DATA");
    check_columns(fields_.size() + 1, limits_);
    fields_.push_back(ReadField::of(attributes));
  }
  void start_values(const Attributes& attributes) {
    if (const auto null = attributes.find("null")) fields_.back().set_null(*null);
  }
  void start_data(const Attributes&) {
    declare();
    if (std::exchange(data_seen_, true)) throw unreadable("its table has two DATA");
  }
  // One series of rows only: the second could contradict the first.
  void start_serialization() {
    if (std::exchange(serialization_seen_, true)) throw unreadable("its DATA has two parts");
  }
  void start_tabledata(const Attributes&) { start_serialization(); }
  void start_binary(const Attributes&) {
    start_serialization();
    binary_.start(BinaryRows::Flags::none);
  }
  void start_binary2(const Attributes&) {
    start_serialization();
    binary_.start(BinaryRows::Flags::nulls);
  }
  void start_fits(const Attributes&) {
    throw unreadable("its data are FITS: give the FITS file itself");
  }
  void start_stream(const Attributes& attributes) {
    if (attributes.find("href")) throw unreadable("its data lie elsewhere (STREAM href)");
    const std::string encoding = attributes.find("encoding").value_or("base64");
    if (encoding != "base64") {
      throw unreadable(
          fmt::format("its STREAM is encoded as \"{}\", not base64", quoted(encoding)));
    }
    if (std::exchange(stream_seen_, true)) throw unreadable("it has two STREAMs");
  }
  void start_info(const Attributes& attributes) {
    is_error_ = attributes.get("name") == "QUERY_STATUS" &&
                equal_ignoring_case(attributes.get("value"), "ERROR");
    message_.clear();
  }
  void end_info() {
    if (!is_error_) return;
    throw Failure(FailureKind::usage, fmt::format("the VOTable says that it is an error: {}",
                                                  quoted(trim(message_), longest_message)));
  }
  // All FIELDs are known.
  void declare() {
    if (fields_.empty()) throw unreadable("its table has no FIELD");
    declared_ = true;
  }

  const TableLimits limits_;
  std::vector<Place> open_;
  std::vector<ReadField> fields_;
  WaitingRows waiting_;
  BinaryRows binary_;
  bool table_seen_ = false, declared_ = false, data_seen_ = false, serialization_seen_ = false,
       stream_seen_ = false, is_error_ = false;
  std::string message_;
};

constexpr std::array<Document::Rule, 18> Document::rules = {{
    {Place::row, "TD", Place::cell, &Document::start_cell},
    {Place::tabledata, "TR", Place::row, &Document::start_row},
    {Place::table, "FIELD", Place::field, &Document::start_field},
    {Place::field, "VALUES", Place::values, &Document::start_values},
    {Place::field, "DESCRIPTION", Place::description, nullptr},
    {Place::outside, "VOTABLE", Place::votable, nullptr},
    {Place::votable, "RESOURCE", Place::resource, nullptr},
    {Place::resource, "RESOURCE", Place::resource, nullptr},
    {Place::resource, "TABLE", Place::table, &Document::start_table},
    {Place::table, "DATA", Place::data, &Document::start_data},
    {Place::data, "TABLEDATA", Place::tabledata, &Document::start_tabledata},
    {Place::data, "BINARY", Place::binary, &Document::start_binary},
    {Place::data, "BINARY2", Place::binary, &Document::start_binary2},
    {Place::data, "FITS", Place::fits, &Document::start_fits},
    {Place::binary, "STREAM", Place::stream, &Document::start_stream},
    {Place::votable, "INFO", Place::info, &Document::start_info},
    {Place::resource, "INFO", Place::info, &Document::start_info},
    {Place::table, "INFO", Place::info, &Document::start_info},
}};

class VoTableReader final : public TableReader {
 public:
  VoTableReader(ByteInput input, const TableLimits& limits)
      : TableReader(limits),
        input_(limited(std::move(input), limits)),
        document_(limits),
        parser_(document_),
        chunk_(chunk_size, '\0') {
    while (!document_.declared()) {
      if (!feed()) throw unreadable("it has no table");
    }
    std::vector<Column> declared;
    for (const ReadField& field : document_.fields()) declared.push_back(field.column);
    set_columns(std::move(declared));
  }

 private:
  bool find_row() override {
    while (document_.waiting().empty() && !document_.binary().ready()) {
      if (feed()) continue;
      if (!document_.binary().empty()) throw unreadable("its stream ends within a row");
      return false;
    }
    return true;
  }

  std::string fill(RowBuilder& row) override {
    if (!document_.waiting().empty()) return fill_from_text(row);
    const auto wrong = document_.binary().take(row);
    return wrong ? in_column(wrong->column, wrong->what) : std::string();
  }

  // Hands the next piece to the parser; false when there was none.
  bool feed() {
    if (finished_) return false;
    const std::size_t got = input_(chunk_);
    if (got > 0) {
      parser_.feed(std::string_view(chunk_).substr(0, got));
    } else {
      finished_ = true;
      parser_.finish();
    }
    return true;
  }

  std::string fill_from_text(RowBuilder& row) {
    WaitingRows& waiting = document_.waiting();
    std::string defect;
    if (waiting.cells() != columns().size()) {
      defect =
          fmt::format("it has {} cells, the table {} columns", waiting.cells(), columns().size());
    }
    for (std::size_t i = 0; i < columns().size() && defect.empty(); ++i) {
      const std::string wrong = append_text_cell(row, document_.fields()[i], waiting.cell(i));
      if (!wrong.empty()) defect = in_column(i, wrong);
    }
    waiting.pop();
    return defect;
  }

  ByteInput input_;
  Document document_;
  EventParser parser_;
  std::string chunk_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<TableReader> read_votable(ByteInput input, const TableLimits& limits) {
  return std::make_unique<VoTableReader>(std::move(input), limits);
}

}  // namespace soda::xml
