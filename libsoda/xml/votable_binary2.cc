#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "xml/base64.h"
#include "xml/characters.h"
#include "xml/votable_rows.h"

namespace soda::xml {
namespace {

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
      : Rows(blocks, fields), flag_bytes_((fields.size() + 7) / 8) {
    for (const Form& form : forms()) {
      const bool is_fixed = form.layout.length == Layout::Length::fixed;
      least_bytes_ += is_fixed ? bytes_of(form.layout.element, form.layout.count).value_or(0) : 16;
      // Of a text UTF-16 has at most two bytes for each, and a list eight for a digit and a blank.
      if (form.kind == Kind::list) text_growth_ = 4;
    }
  }

  void finish() override {
    encode_parts();
    encode(std::string_view(bytes_.data(), used_));
    used_ = 0;
  }

 protected:
  void write(std::span<const Cell> cells, std::size_t text_bytes) override {
    reserve(flag_bytes_ + least_bytes_ + text_growth_ * text_bytes);
    char* const flags = bytes_.data() + used_;
    std::fill_n(flags, flag_bytes_, '\0');
    char* to = flags + flag_bytes_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (std::holds_alternative<std::monostate>(cells[i])) {
        flags[i / 8] = static_cast<char>(flags[i / 8] | (0x80 >> (i % 8)));
      }
      to = put_cell(cells[i], form(i), to);
      if (to == nullptr) refuse(i, cells[i]);
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

  // A null pointer: a list that is none of its numbers.
  static char* put_cell(const Cell& cell, const Form& form, char* to) {
    const Element element = form.layout.element;
    if (const auto* real = std::get_if<double>(&cell)) {
      return element == Element::float64 ? put_big_endian(*real, to) : put_real(element, *real, to);
    }
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      return put_integer(element, *integer, to);
    }
    if (const auto* text = std::get_if<std::string_view>(&cell)) return put_text(*text, form, to);
    return put_nothing(form.layout, to);
  }

  // The bytes of a NULL are there all the same (VOTable 1.4 section 6.4).
  static char* put_nothing(const Layout& layout, char* to) {
    if (layout.length == Layout::Length::variable) return put_big_endian(std::int32_t{0}, to);
    if (layout.is_text()) {
      return std::fill_n(to, bytes_of(layout.element, layout.count).value_or(0), '\0');
    }
    return layout.is_list() ? put_elements(layout.element, "", layout.count, to)
                            : put_null(layout.element, to);
  }

  static char* put_text(std::string_view text, const Form& form, char* to) {
    const Layout& layout = form.layout;
    if (form.kind == Kind::truth) {
      *to = text == true_text ? 'T' : 'F';
      return to + 1;
    }
    if (form.kind == Kind::list) return put_list(text, layout, to);
    if (layout.length != Layout::Length::variable) return put_fixed_text(text, form, to);
    char* const first = to + sizeof(std::int32_t);
    char* const end = form.kind == Kind::ascii ? put_ascii(text, first) : put_utf16(text, first);
    const auto units = (end - first) / (form.kind == Kind::ascii ? 1 : 2);
    put_big_endian(static_cast<std::int32_t>(units), to);
    return end;
  }

  static char* put_list(std::string_view text, const Layout& layout, char* to) {
    if (layout.length != Layout::Length::variable) {
      return put_elements(layout.element, text, layout.count, to);
    }
    const std::size_t count = count_elements(layout.element, text);
    to = put_big_endian(static_cast<std::int32_t>(count), to);
    return put_elements(layout.element, text, count, to);
  }

  // Cut, or filled up with NUL, to its length.
  static char* put_fixed_text(std::string_view text, const Form& form, char* to) {
    const std::size_t size = bytes_of(form.layout.element, form.layout.count).value_or(0);
    std::string made(2 * text.size(), '\0');
    char* const end =
        form.kind == Kind::ascii ? put_ascii(text, made.data()) : put_utf16(text, made.data());
    made.resize(static_cast<std::size_t>(end - made.data()));
    made.resize(size, '\0');
    return std::ranges::copy(made, to).out;
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
  std::size_t least_bytes_ = 0;  // of a row, without its texts
  std::size_t text_growth_ = 2;
  std::vector<char> bytes_;
  std::size_t used_ = 0;
};

}  // namespace

std::unique_ptr<Rows> make_binary2_rows(Blocks& out, std::span<const Field> fields) {
  return std::make_unique<Binary2Rows>(out, fields);
}

}  // namespace soda::xml
