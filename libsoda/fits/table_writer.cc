#include "fits/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "fits/header.h"

namespace soda::fits {
namespace {

// In the order of Element.
constexpr std::string_view letters = "LXBIJKAAEDCM";

char letter_of(Element element) { return letters[static_cast<std::size_t>(element)]; }

// Of a character of FITS, whatever it was.
Element stored(Element element) {
  return element == Element::unicode ? Element::character : element;
}

bool is_variable(const Layout& layout) {
  return layout.is_text() || layout.length == Layout::Length::variable;
}

std::string ascii(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) continue;  // goes on with a character that is a "?" already
    made += byte >= 0x20 && byte < 0x7F ? c : '?';
  }
  return made;
}

// Range of a whole number of that type.
std::pair<std::int64_t, std::int64_t> range_of(Element element) {
  if (element == Element::unsigned_byte) return {0, 255};
  const auto bits = static_cast<int>(8 * bytes_of(element, 1).value_or(8));
  const std::int64_t highest = std::numeric_limits<std::int64_t>::max() >> (64 - bits);
  return {-highest - 1, highest};
}

// What stands before the bytes of a cell in the spool.
struct Kept {
  std::uint32_t is_null = 0, elements = 0, bytes = 0;
};

Kept next_cell(SpoolReader& reader) {
  Kept kept;
  std::memcpy(&kept, reader.take(sizeof kept).data(), sizeof kept);
  return kept;
}

void pad(Blocks& out, std::int64_t length, char with) {
  out.append(std::string(static_cast<std::size_t>(padded(length) - length), with));
}

// Of an array of fixed lengths, the first the one that varies quickest in both formats.
std::string dimensions_of(const Column& column) {
  const bool is_fixed = column.arraysize.find('*') == std::string::npos;
  if (!is_fixed || column.arraysize.find('x') == std::string::npos) return {};
  std::string lengths = column.arraysize;
  std::ranges::replace(lengths, 'x', ',');
  return "(" + lengths + ")";
}

std::string primary() {
  Header header;
  header.set("SIMPLE", true);
  header.set("BITPIX", 8);
  header.set("NAXIS", 0);
  header.set("EXTEND", true);
  return header.blocks();
}

}  // namespace

TableWriter::TableWriter(std::string name, std::span<const Column> columns, Blocks& out)
    : name_(std::move(name)), out_(out) {
  for (const Column& column : columns) {
    const auto layout = layout_of(column);
    if (!layout) {
      throw Failure(FailureKind::internal,
                    fmt::format("column {}: datatype \"{}\" is none of VOTable's", column.name,
                                quoted(column.datatype)));
    }
    Field field;
    field.column = column;
    field.layout = *layout;
    fields_.push_back(std::move(field));
  }
}

void TableWriter::refuse(const Field& field) {
  throw Failure(FailureKind::corrupt_data, fmt::format("column {}: a value is none of type {}",
                                                       field.column.name, field.column.datatype));
}

void TableWriter::row(std::span<const Cell> cells) {
  if (cells.size() != fields_.size()) {
    throw Failure(FailureKind::internal, fmt::format("a row of {} cells in a table of {} columns",
                                                     cells.size(), fields_.size()));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) keep(fields_[i], cells[i]);
  ++rows_;
}

void TableWriter::keep_bytes(Field& field, std::string_view bytes, std::size_t elements) {
  field.longest = std::max(field.longest, elements);
  field.bytes += bytes.size();
  const Kept kept{0, static_cast<std::uint32_t>(elements),
                  static_cast<std::uint32_t>(bytes.size())};
  spool_.append({reinterpret_cast<const char*>(&kept), sizeof kept});
  spool_.append(bytes);
}

void TableWriter::keep(Field& field, const Cell& cell) {
  const Layout& layout = field.layout;
  const auto* text = std::get_if<std::string_view>(&cell);
  if (std::holds_alternative<std::monostate>(cell)) {
    field.has_null = true;
    const Kept kept{1, 0, 0};
    spool_.append({reinterpret_cast<const char*>(&kept), sizeof kept});
    return;
  }
  if (layout.is_text() || layout.is_list()) {
    if (text == nullptr || text->size() > (std::size_t{1} << 30)) refuse(field);
    if (layout.is_text()) {
      cell_ = ascii(*text);
      return keep_bytes(field, cell_, cell_.size());
    }
    const bool variable = layout.length == Layout::Length::variable;
    const std::size_t count = variable ? count_elements(layout.element, *text) : layout.count;
    cell_.resize(bytes_of(layout.element, count).value_or(0));
    if (put_elements(layout.element, *text, count, cell_.data()) == nullptr) refuse(field);
    return keep_bytes(field, cell_, count);
  }
  std::array<char, 16> bytes{};
  char* end = nullptr;
  std::optional<std::int64_t> whole;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) whole = *integer;
  const auto* real = std::get_if<double>(&cell);
  if (layout.element == Element::boolean && text != nullptr) whole = *text == true_text ? 1 : 0;
  const bool wants_real = layout.element == Element::float32 || layout.element == Element::float64;
  if (real != nullptr && !wants_real && *real == std::trunc(*real) && std::abs(*real) < 0x1p62) {
    whole = static_cast<std::int64_t>(*real);
  }
  if (wants_real && real != nullptr) {
    end = put_real(layout.element, *real, bytes.data());
  } else if (whole) {
    const auto [lowest, highest] = range_of(layout.element);
    if (is_integer(layout.element) && (*whole < lowest || *whole > highest)) refuse(field);
    field.lowest = field.has_values ? std::min(field.lowest, *whole) : *whole;
    field.highest = field.has_values ? std::max(field.highest, *whole) : *whole;
    field.has_values = true;
    end = put_integer(layout.element, *whole, bytes.data());
  } else {
    refuse(field);
  }
  keep_bytes(field, {bytes.data(), end}, 1);
}

void TableWriter::choose_forms() {
  constexpr std::size_t always_fixed = 64;  // characters
  for (Field& field : fields_) {
    if (is_integer(field.layout.element) && !field.layout.is_list()) {
      const auto [lowest, highest] = range_of(field.layout.element);
      const bool lowest_is_free = !field.has_values || field.lowest > lowest;
      field.null = lowest_is_free && lowest != 0 ? lowest : highest;
    }
    if (!is_variable(field.layout)) continue;
    const auto rows = static_cast<std::uint64_t>(rows_);
    const bool wasteful = field.longest > always_fixed && field.longest * rows > 4 * field.bytes;
    if (!field.layout.is_text() || wasteful) field.form = Field::Form::heap;
    if (field.form == Field::Form::heap) heap_ += field.bytes;
  }
}

std::string TableWriter::form_of(const Field& field) const {
  const char letter = letter_of(field.layout.element);
  if (field.form == Field::Form::heap) {
    const bool is_large = heap_ > std::numeric_limits<std::int32_t>::max();
    return fmt::format("1{}{}({})", is_large ? 'Q' : 'P', letter, field.longest);
  }
  const std::size_t count =
      field.layout.is_text() ? std::max<std::size_t>(field.longest, 1) : field.layout.count;
  return fmt::format("{}{}", count, letter);
}

std::size_t TableWriter::width_of(const Field& field) const {
  if (field.form == Field::Form::heap) {
    return heap_ > std::numeric_limits<std::int32_t>::max() ? 16 : 8;
  }
  if (field.layout.is_text()) return std::max<std::size_t>(field.longest, 1);
  return bytes_of(field.layout.element, field.layout.count).value_or(0);
}

std::string TableWriter::header(std::string_view remark) const {
  std::size_t width = 0;
  for (const Field& field : fields_) width += width_of(field);
  Header header;
  header.append("XTENSION= 'BINTABLE'");
  header.set("BITPIX", 8);
  header.set("NAXIS", 2);
  header.set("NAXIS1", static_cast<std::int64_t>(width));
  header.set("NAXIS2", rows_);
  header.set("PCOUNT", static_cast<std::int64_t>(heap_));
  header.set("GCOUNT", 1);
  header.set("TFIELDS", std::ssize(fields_));
  if (!name_.empty()) header.set("EXTNAME", name_);
  int index = 1;
  for (const Field& field : fields_) {
    const auto text = [&](std::string_view keyword, const std::string& value) {
      if (!value.empty()) header.set(fmt::format("{}{}", keyword, index), value);
    };
    text("TTYPE", field.column.name);
    text("TFORM", form_of(field));
    text("TUNIT", field.column.unit);
    text("TDIM", dimensions_of(field.column));
    const bool is_whole = is_integer(field.layout.element) && !field.layout.is_list();
    if (is_whole && field.has_null) header.set(fmt::format("TNULL{}", index), field.null);
    text("TUCD", field.column.ucd);
    text("TUTYP", field.column.utype);
    text("TXTYP", field.column.xtype);
    text("TCOMM", field.column.description);
    ++index;
  }
  if (!remark.empty()) header.append("COMMENT " + ascii(remark));
  return header.blocks();
}

void TableWriter::write_cell(const Field& field, std::string_view bytes, std::string& into) {
  const Element element = stored(field.layout.element);
  if (field.layout.is_text()) {
    into.append(bytes);
    into.append(width_of(field) - bytes.size(), '\0');
    return;
  }
  if (!bytes.empty()) {
    into.append(bytes);
    return;
  }
  const std::size_t begin = into.size();
  into.resize(begin + width_of(field));
  char* const to = into.data() + begin;
  if (element == Element::boolean) {
    std::fill_n(to, field.layout.count, '\0');
  } else if (is_integer(element) && !field.layout.is_list()) {
    put_integer(element, field.null, to);
  } else {
    put_elements(element, "", field.layout.count, to);
  }
}

void TableWriter::write_rows() {
  SpoolReader reader(spool_);
  std::uint64_t offset = 0;
  std::string row;
  for (std::int64_t i = 0; i < rows_; ++i) {
    row.clear();
    for (const Field& field : fields_) {
      const Kept kept = next_cell(reader);
      const std::string_view bytes = reader.take(kept.bytes);
      if (field.form == Field::Form::fixed) {
        write_cell(field, bytes, row);
        continue;
      }
      std::array<char, 16> descriptor{};
      const char* const end =
          width_of(field) == 16
              ? put_big_endian(static_cast<std::int64_t>(offset),
                               put_big_endian(std::int64_t{kept.elements}, descriptor.data()))
              : put_big_endian(
                    static_cast<std::int32_t>(offset),
                    put_big_endian(static_cast<std::int32_t>(kept.elements), descriptor.data()));
      row.append(descriptor.data(), static_cast<std::size_t>(end - descriptor.data()));
      offset += kept.bytes;
    }
    out_.append(row);
  }
}

void TableWriter::write_heap() {
  if (heap_ == 0) return;
  SpoolReader reader(spool_);
  for (std::int64_t i = 0; i < rows_; ++i) {
    for (const Field& field : fields_) {
      const std::string_view bytes = reader.take(next_cell(reader).bytes);
      if (field.form == Field::Form::heap) out_.append(bytes);
    }
  }
}

void TableWriter::finish(std::string_view remark) {
  choose_forms();
  out_.append(primary());
  out_.append(header(remark));
  write_rows();
  write_heap();
  std::size_t width = 0;
  for (const Field& field : fields_) width += width_of(field);
  pad(out_, rows_ * static_cast<std::int64_t>(width) + static_cast<std::int64_t>(heap_), '\0');
}

}  // namespace soda::fits
