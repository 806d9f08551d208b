#include "xml/votable_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "xml/characters.h"

namespace soda::xml {
namespace {

constexpr std::size_t longest_text = std::numeric_limits<std::int32_t>::max();  // BINARY2's count

Form form_of(const Column& column) {
  const auto layout = layout_of(column);
  if (!layout) {
    throw Failure(FailureKind::internal,
                  fmt::format("column {}: datatype \"{}\" with arraysize \"{}\" is none of "
                              "VOTable's",
                              column.name, quoted(column.datatype), quoted(column.arraysize)));
  }
  Form form{Kind::list, *layout, 0, 0};
  if (layout->element == Element::character) form.kind = Kind::ascii;
  if (layout->element == Element::unicode) form.kind = Kind::unicode;
  if (layout->is_list() || layout->is_text()) return form;
  if (layout->element == Element::boolean) {
    form.kind = Kind::truth;
  } else if (!is_integer(layout->element) && layout->element != Element::bit) {
    form.kind = Kind::real;
  } else {
    form.kind = Kind::whole;
    const auto bits = static_cast<int>(8 * bytes_of(layout->element, 1).value_or(8));
    form.highest = std::numeric_limits<std::int64_t>::max() >> (64 - bits);
    form.lowest = -form.highest - 1;
    if (layout->element == Element::unsigned_byte) form.lowest = 0, form.highest = 255;
    if (layout->element == Element::bit) form.lowest = 0, form.highest = 1;
  }
  return form;
}

bool fits(const Cell& cell, const Form& form) noexcept {
  if (std::holds_alternative<std::monostate>(cell)) return true;
  switch (form.kind) {
    case Kind::ascii:
    case Kind::unicode:
    case Kind::list: {
      const auto* text = std::get_if<std::string_view>(&cell);
      return text != nullptr && text->size() <= longest_text;
    }
    case Kind::whole: {
      const auto* integer = std::get_if<std::int64_t>(&cell);
      return integer != nullptr && *integer >= form.lowest && *integer <= form.highest;
    }
    case Kind::real:
      return std::holds_alternative<double>(cell);
    case Kind::truth: {
      const auto* text = std::get_if<std::string_view>(&cell);
      return text != nullptr && (*text == true_text || *text == false_text);
    }
  }
  return false;
}

// Numbers that are exact in the other type are let through; whole numbers come as either from
// a data base without strict types, and truth as 0 and 1.
std::optional<Cell> converted(const Cell& cell, Kind kind) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    if (kind == Kind::truth && (*integer == 0 || *integer == 1)) {
      return *integer != 0 ? true_text : false_text;
    }
    if (kind != Kind::real || *integer < -exact || *integer > exact) return std::nullopt;
    return static_cast<double>(*integer);
  }
  const auto* real = std::get_if<double>(&cell);
  if (real == nullptr || kind != Kind::whole) return std::nullopt;
  if (std::trunc(*real) != *real || std::abs(*real) >= 0x1p62) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::string shown(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return to_text(*real);
  const auto* text = std::get_if<std::string_view>(&cell);
  if (text == nullptr) return "null";
  return text->size() > longest_text ? fmt::format("{} bytes", text->size()) : quoted(*text);
}

// "" for finite numbers.
std::string_view special_name(double value) {
  if (std::isfinite(value)) return {};
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

class TableDataRows final : public Rows {
 public:
  using Rows::Rows;
  void finish() override {}

 protected:
  void write(std::span<const Cell> cells, std::size_t) override {
    out().append("<TR>");
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Cell& cell = cells[i];
      if (const auto* text = std::get_if<std::string_view>(&cell)) {
        write_text(*text, form(i).kind);
      } else if (const auto* real = std::get_if<double>(&cell)) {
        write_real(*real, form(i).layout.element);
      } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
        out().append("<TD>");
        out().number(*integer);
        out().append("</TD>");
      } else {
        write_null(form(i).layout);
      }
    }
    out().append("</TR>\n");
  }

 private:
  // Arrays of a fixed length have all their elements (votlint).
  void write_null(const Layout& layout) {
    const bool is_real = layout.element == Element::float32 || layout.element == Element::float64;
    if (!is_real || layout.length != Layout::Length::fixed || layout.count > most_nans) {
      out().append("<TD/>");
      return;
    }
    out().append("<TD>");
    for (std::size_t i = 0; i < layout.count; ++i) out().append(i == 0 ? "NaN" : " NaN");
    out().append("</TD>");
  }

  static constexpr std::size_t most_nans = 1000;
  // Longer texts go in parts of this size, so that each has room in a block.
  static constexpr std::size_t part = 4096;

  void write_real(double value, Element element) {
    out().append("<TD>");
    const std::string_view name = special_name(value);
    if (!name.empty()) {
      out().append(name);
    } else if (element == Element::float32) {
      out().number(static_cast<float>(value));
    } else {
      out().number(value);
    }
    out().append("</TD>");
  }

  void write_text(std::string_view text, Kind kind) {
    out().append("<TD>");
    while (!text.empty()) {
      const std::string_view next = text.substr(0, part);
      char* const to = out().claim(part);
      const std::size_t plain = copy_plain<Plain::markup>(next, to);
      out().commit(to + plain);
      text.remove_prefix(plain);
      if (plain < next.size()) text.remove_prefix(write_odd(text, kind));
    }
    out().append("</TD>");
  }

  // Writes the first character, which is not plain; returns its length.
  std::size_t write_odd(std::string_view text, Kind kind) {
    if (kind == Kind::ascii) {
      const Character character = first_character(text);
      if (!character.legal || character.code >= 0x80) {
        out().append("?");
        return character.length;
      }
    }
    const Escaped escaped = escape_first(text);
    out().append(escaped.text);
    return escaped.length;
  }
};

}  // namespace

Rows::Rows(Blocks& out, std::span<const Field> fields) : out_(out), fields_(fields) {
  forms_.reserve(fields.size());
  for (const Field& field : fields) forms_.push_back(form_of(field.column));
}

void Rows::refuse(std::size_t column, const Cell& cell) const {
  throw Failure(
      FailureKind::corrupt_data,
      fmt::format("column {}: a value of type {} is expected, the archive has \"{}\"",
                  fields_[column].column.name, fields_[column].column.datatype, shown(cell)));
}

void Rows::conform(std::span<const Cell> cells) {
  conforming_.assign(cells.begin(), cells.end());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (fits(cells[i], forms_[i])) continue;
    const std::optional<Cell> other = converted(cells[i], forms_[i].kind);
    if (!other || !fits(*other, forms_[i])) refuse(i, cells[i]);
    conforming_[i] = *other;
  }
}

void Rows::row(std::span<const Cell> cells) {
  if (cells.size() != forms_.size()) {
    throw Failure(FailureKind::internal, fmt::format("a row of {} cells in a table of {} columns",
                                                     cells.size(), forms_.size()));
  }
  bool all_fit = true;
  std::size_t text_bytes = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    all_fit &= fits(cells[i], forms_[i]);
    if (const auto* text = std::get_if<std::string_view>(&cells[i])) text_bytes += text->size();
  }
  if (all_fit) {
    write(cells, text_bytes);
  } else {
    conform(cells);
    write(conforming_, text_bytes);  // true and false are in nobody's way
  }
}

std::unique_ptr<Rows> make_rows(Serialization serialization, Blocks& out,
                                std::span<const Field> fields) {
  switch (serialization) {
    case Serialization::tabledata:
      return std::make_unique<TableDataRows>(out, fields);
    case Serialization::binary2:
      return make_binary2_rows(out, fields);
  }
  throw Failure(FailureKind::internal, "no such serialisation");
}

}  // namespace soda::xml
