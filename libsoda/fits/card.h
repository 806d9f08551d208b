// One card of a FITS header: its value read and written (FITS 4.0 section 4.1 and 4.2). Of use
// inside this room only; others ask Header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soda::fits {

// END, with nothing but blanks (or, seen in real files, nulls) up to column 8. REQUIRES: 80 bytes.
bool is_end(std::string_view card) noexcept;

enum class ValueKind { none, string, other };  // none: no value indicator, or an undefined value

struct Value {
  ValueKind kind = ValueKind::none;
  std::string text;  // of a string: '' undone, trailing blanks off; of others: as it stands
};
Value read_value(std::string_view card);  // a CONTINUE card has a string as well

std::optional<double> to_real(const Value& value);
std::optional<std::int64_t> to_integer(const Value& value);

// The card with another value, or another comment, in the old columns where that fits.
std::string with_value(std::string_view card, std::string_view value_text);
std::string with_comment(std::string_view card, std::string_view comment);

// Shortest text of a finite number, with an upper-case E and always a point or exponent.
std::string real_text(double value);

// A string in quotes, cut into pieces of at most `room` characters (of which all but the last end
// in
// &); the pieces after the first have 70 characters. At least 8 characters inside the quotes.
std::vector<std::string> string_literals(std::string_view text, std::size_t room);

}  // namespace soda::fits
