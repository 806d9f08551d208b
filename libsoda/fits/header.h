// A FITS header as its own text: 80-byte cards, edited in place, so that what is not changed stays
// identical to the byte.
//
// Grammar: FITS 4.0 section 4 (fixed and free format, CONTINUE of section 4.2.1.2) and the HIERARCH
// convention. Values are read on demand; the text is the only truth. Keywords are compared as they
// stand (standard keywords are upper case). To change many cards, walk them once with card(),
// keyword() and set_value(index): each set(keyword) is a search of its own (below a microsecond for
// 640 cards).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soda::fits {

inline constexpr std::size_t card_length = 80;
inline constexpr std::size_t block_length = 2880;

// The number of bytes that `length` bytes occupy in whole FITS blocks.
constexpr std::int64_t padded(std::int64_t length) noexcept {
  constexpr auto block = static_cast<std::int64_t>(block_length);
  return (length + block - 1) / block * block;
}

class Header {
 public:
  Header() = default;
  // Cards with or without END and padding; a length that is no multiple of 80 is cut down. Never
  // throws.
  explicit Header(std::string cards);

  std::size_t size() const noexcept { return cards_.size() / card_length; }  // END not counted
  // REQUIRES: index < size(). Valid until the next change.
  std::string_view card(std::size_t index) const noexcept;
  // Keyword of a card, without trailing blanks; "HIERARCH a b c = 1" gives "a b c".
  static std::string_view keyword(std::string_view card) noexcept;

  // Index of the first card with that keyword at or after `from`.
  std::optional<std::size_t> find(std::string_view keyword, std::size_t from = 0) const noexcept;
  bool has(std::string_view keyword) const noexcept { return find(keyword).has_value(); }
  // Values of the first card of that name; empty when absent, undefined or of another type. A
  // string comes with '' undone, trailing blanks off, CONTINUE cards joined. integer() accepts an
  // integral float ("2." or "1E3"); real() accepts D exponents.
  std::optional<std::string> string(std::string_view keyword) const;
  std::optional<std::int64_t> integer(std::string_view keyword) const;
  std::optional<double> real(std::string_view keyword) const;
  std::optional<bool> logical(std::string_view keyword) const;
  // String as is, number or logical as its text.
  std::optional<std::string> text(std::string_view keyword) const;
  // The same of the card at `index`.
  std::optional<std::string> text(std::size_t index) const;
  std::optional<double> real(std::size_t index) const;

  // Replace the value of the card at `index`, keeping keyword, comment and, as far as the new text
  // fits, columns. `value_text` is the value as it stands in a card: 12, T, 1.5E3, 'a string', or
  // empty for an undefined value. A number that ended in column 30 ends there again. CONTINUE cards
  // of the old value go. REQUIRES: index < size(), at most 70 characters, a card with a value.
  void set_value(std::size_t index, std::string_view value_text);
  // A finite number, always with a point or an exponent, so that readers see a float.
  void set_real(std::size_t index, double value);
  // In place (the first card of that name), else appended. An empty comment keeps the old one. A
  // double is written with the fewest digits that read back to it; NaN and infinities, which FITS
  // has not, become an undefined value. Keywords of more than 8 characters, or with blanks, are
  // HIERARCH cards.
  void set(std::string_view keyword, std::int64_t value, std::string_view comment = {});
  void set(std::string_view keyword, double value, std::string_view comment = {});
  void set(std::string_view keyword, bool value, std::string_view comment = {});
  // Long strings are continued (CONTINUE convention); non-ASCII bytes become '?'.
  void set(std::string_view keyword, std::string_view value, std::string_view comment = {});
  void set(std::string_view keyword, const char* value, std::string_view comment = {}) {
    set(keyword, std::string_view(value), comment);
  }
  void set(std::string_view keyword, int value, std::string_view comment = {}) {
    set(keyword, std::int64_t{value}, comment);
  }
  void rename(std::size_t index, std::string_view keyword);  // at most 8 characters
  void erase(std::size_t index);                             // with its CONTINUE cards
  void erase_all(std::string_view keyword);
  void append(std::string_view card);  // shorter than 80: padded; longer: cut
  void insert(std::size_t index, std::string_view card);
  void add_history(std::string_view text);  // wrapped at 72 columns

  const std::string& cards() const noexcept { return cards_; }  // without END
  std::string blocks() const;                                   // with END, padded to 2880
  std::size_t blocks_length() const noexcept;

 private:
  std::size_t continued(std::size_t index) const noexcept;  // index after the last CONTINUE card
  void put(std::string_view keyword, std::string_view value_text, std::string_view comment);

  std::string cards_;
};

}  // namespace soda::fits
