#include "xml/votable_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "xml/base64.h"
#include "xml/characters.h"

namespace soda::xml {
namespace {

constexpr std::size_t longest_text = std::numeric_limits<std::int32_t>::max();  // BINARY2's count

struct Datatype {
  std::string_view name;
  Kind kind;
};
// In the order of Kind.
constexpr std::array datatypes = {
    Datatype{"char", Kind::ascii},  Datatype{"unicodeChar", Kind::unicode},
    Datatype{"int", Kind::int32},   Datatype{"long", Kind::int64},
    Datatype{"double", Kind::real}, Datatype{"boolean", Kind::truth}};

Kind kind_of(const Column& column) {
  const auto found = std::ranges::find(datatypes, column.datatype, &Datatype::name);
  if (found == datatypes.end()) {
    throw Failure(FailureKind::internal,
                  fmt::format("column {}: datatype char, unicodeChar, int, long, double or boolean "
                              "is written, received \"{}\"",
                              column.name, quoted(column.datatype)));
  }
  return found->kind;
}

bool fits(const Cell& cell, Kind kind) noexcept {
  if (std::holds_alternative<std::monostate>(cell)) return true;
  switch (kind) {
    case Kind::ascii:
    case Kind::unicode: {
      const auto* text = std::get_if<std::string_view>(&cell);
      return text != nullptr && text->size() <= longest_text;
    }
    case Kind::int32: {
      const auto* integer = std::get_if<std::int64_t>(&cell);
      return integer != nullptr && std::in_range<std::int32_t>(*integer);
    }
    case Kind::int64:
      return std::holds_alternative<std::int64_t>(cell);
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
// a data base without strict types.
std::optional<Cell> converted(const Cell& cell, Kind kind) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell); integer && kind == Kind::real) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    if (*integer < -exact || *integer > exact) return std::nullopt;
    return static_cast<double>(*integer);
  }
  const auto* real = std::get_if<double>(&cell);
  if (real == nullptr || (kind != Kind::int32 && kind != Kind::int64)) return std::nullopt;
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
        write_text(*text, kind(i));
      } else if (const auto* real = std::get_if<double>(&cell)) {
        write_real(*real);
      } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
        out().append("<TD>");
        out().number(*integer);
        out().append("</TD>");
      } else {
        out().append("<TD/>");
      }
    }
    out().append("</TR>\n");
  }

 private:
  // Longer texts go in parts of this size, so that each has room in a block.
  static constexpr std::size_t part = 4096;

  void write_real(double value) {
    out().append("<TD>");
    const std::string_view name = special_name(value);
    if (name.empty()) {
      out().number(value);
    } else {
      out().append(name);
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

template <class Number>
char* put_big_endian(Number number, char* to) {
  using Bits = std::conditional_t<sizeof(Number) == 8, std::uint64_t, std::uint32_t>;
  Bits bits = std::bit_cast<Bits>(number);
  if constexpr (std::endian::native == std::endian::little) {
    bits = sizeof bits == 8
               ? static_cast<Bits>(__builtin_bswap64(bits))
               : static_cast<Bits>(__builtin_bswap32(static_cast<std::uint32_t>(bits)));
  }
  std::memcpy(to, &bits, sizeof bits);
  return to + sizeof bits;
}

char* put_unit(char32_t unit, char* to) {
  to[0] = static_cast<char>(unit >> 8);
  to[1] = static_cast<char>(unit & 0xFF);
  return to + 2;
}

// UTF-16, big-endian; at most two bytes for each of `text`.
char* put_utf16(std::string_view text, char* to) {
  while (!text.empty()) {
    if (detail::is_plain<Plain::ascii>(text.front())) {
      to = put_unit(static_cast<unsigned char>(text.front()), to);
      text.remove_prefix(1);
      continue;
    }
    const Character character = first_character(text);
    text.remove_prefix(character.length);
    if (character.code < 0x10000) {
      to = put_unit(character.code, to);
    } else {
      const char32_t rest = character.code - 0x10000;
      to = put_unit(0xD800 + (rest >> 10), to);
      to = put_unit(0xDC00 + (rest & 0x3FF), to);
    }
  }
  return to;
}

char* put_ascii(std::string_view text, char* to) {
  while (!text.empty()) {
    const std::size_t plain = copy_plain<Plain::ascii>(text, to);
    to += plain;
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Character character = first_character(text);
    *to++ = character.legal && character.code < 0x80 ? static_cast<char>(character.code) : '?';
    text.remove_prefix(character.length);
  }
  return to;
}

// Rows gather as bytes until there is enough for a part, which becomes base64. The buffer grows to
// the longest row and a part.
class Binary2Rows final : public Rows {
 public:
  Binary2Rows(Blocks& blocks, std::span<const Field> fields)
      : Rows(blocks, fields), flag_bytes_((fields.size() + 7) / 8) {}

  void finish() override {
    encode_parts();
    encode(std::string_view(bytes_.data(), used_));
    used_ = 0;
  }

 protected:
  void write(std::span<const Cell> cells, std::size_t text_bytes) override {
    // A cell is at most eight bytes or a length of four, and UTF-16 has at most two for each.
    reserve(flag_bytes_ + 8 * cells.size() + 2 * text_bytes);
    char* const flags = bytes_.data() + used_;
    std::fill_n(flags, flag_bytes_, '\0');
    char* to = flags + flag_bytes_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (std::holds_alternative<std::monostate>(cells[i])) {
        flags[i / 8] = static_cast<char>(flags[i / 8] | (0x80 >> (i % 8)));
      }
      to = put_cell(cells[i], kind(i), to);
    }
    used_ = static_cast<std::size_t>(to - bytes_.data());
    if (used_ >= part) encode_parts();
  }

 private:
  // A multiple of three, so that no part but the last is padded; four of them, each with its line
  // end, fill a block; small enough to stay in the first-level cache with the encoder's table.
  static constexpr std::size_t part = 12285;
  static_assert(part % 3 == 0 && 4 * (base64_size(part) + 1) <= Blocks::capacity);

  void reserve(std::size_t more) {
    if (bytes_.size() < used_ + more) bytes_.resize(used_ + more + part);
  }

  static char* put_cell(const Cell& cell, Kind kind, char* to) {
    if (const auto* text = std::get_if<std::string_view>(&cell)) return put_text(*text, kind, to);
    if (const auto* real = std::get_if<double>(&cell)) return put_big_endian(*real, to);
    const auto* integer = std::get_if<std::int64_t>(&cell);
    // The bytes of a NULL are there all the same (VOTable 1.4 section 6.4).
    const std::int64_t value = integer == nullptr ? 0 : *integer;
    switch (kind) {
      case Kind::int64:
        return put_big_endian(value, to);
      case Kind::real:
        return put_big_endian(std::numeric_limits<double>::quiet_NaN(), to);
      case Kind::truth:
        *to = '?';
        return to + 1;
      case Kind::int32:
      case Kind::ascii:  // the length of nothing
      case Kind::unicode:
        break;
    }
    return put_big_endian(static_cast<std::int32_t>(value), to);
  }

  static char* put_text(std::string_view text, Kind kind, char* to) {
    if (kind == Kind::truth) {
      *to = text == true_text ? 'T' : 'F';
      return to + 1;
    }
    char* const first = to + sizeof(std::int32_t);
    char* const end = kind == Kind::ascii ? put_ascii(text, first) : put_utf16(text, first);
    const auto units = (end - first) / (kind == Kind::ascii ? 1 : 2);
    put_big_endian(static_cast<std::int32_t>(units), to);
    return end;
  }

  void encode_parts() {
    std::string_view bytes(bytes_.data(), used_);
    while (bytes.size() >= part) {
      encode(bytes.substr(0, part));
      bytes.remove_prefix(part);
    }
    std::copy(bytes.begin(), bytes.end(), bytes_.data());
    used_ = bytes.size();
  }

  void encode(std::string_view bytes) {
    if (bytes.empty()) return;
    char* end = write_base64(bytes, out().claim(base64_size(part) + 1));
    *end++ = '\n';
    out().commit(end);
  }

  std::size_t flag_bytes_;
  std::vector<char> bytes_;
  std::size_t used_ = 0;
};

}  // namespace

Rows::Rows(Blocks& out, std::span<const Field> fields) : out_(out) {
  for (const Field& field : fields) {
    kinds_.push_back(kind_of(field.column));
    names_.push_back(field.column.name);
  }
}

void Rows::conform(std::span<const Cell> cells) {
  conforming_.assign(cells.begin(), cells.end());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (fits(cells[i], kinds_[i])) continue;
    const std::optional<Cell> other = converted(cells[i], kinds_[i]);
    if (!other || !fits(*other, kinds_[i])) {
      throw Failure(FailureKind::corrupt_data,
                    fmt::format("column {}: a value of type {} is expected, the archive has \"{}\"",
                                names_[i], datatypes[static_cast<std::size_t>(kinds_[i])].name,
                                shown(cells[i])));
    }
    conforming_[i] = *other;
  }
}

void Rows::row(std::span<const Cell> cells) {
  if (cells.size() != kinds_.size()) {
    throw Failure(FailureKind::internal, fmt::format("a row of {} cells in a table of {} columns",
                                                     cells.size(), kinds_.size()));
  }
  bool all_fit = true;
  std::size_t text_bytes = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    all_fit &= fits(cells[i], kinds_[i]);
    if (const auto* text = std::get_if<std::string_view>(&cells[i])) text_bytes += text->size();
  }
  if (all_fit) {
    write(cells, text_bytes);
  } else {
    conform(cells);
    write(conforming_, text_bytes);
  }
}

std::unique_ptr<Rows> make_rows(Serialization serialization, Blocks& out,
                                std::span<const Field> fields) {
  switch (serialization) {
    case Serialization::tabledata:
      return std::make_unique<TableDataRows>(out, fields);
    case Serialization::binary2:
      return std::make_unique<Binary2Rows>(out, fields);
  }
  throw Failure(FailureKind::internal, "no such serialisation");
}

}  // namespace soda::xml
