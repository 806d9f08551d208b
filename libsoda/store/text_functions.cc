#include <array>
#include <string>

#include "base/text.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

// What a pattern may cost grows with its length times that of the text, and nothing interrupts it:
// some tenth of a second.
constexpr std::size_t longest_pattern = 4096;
constexpr std::size_t most_steps = std::size_t{1} << 26;

constexpr char same(char c) noexcept { return c; }
constexpr char folded(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Bytes of the character that begins at `at`: 1 for what is no UTF-8.
std::size_t length_of_character(std::string_view text, std::size_t at) noexcept {
  std::size_t length = 1;
  if (static_cast<unsigned char>(text[at]) < 0xc0) return length;
  while (at + length < text.size() && length < 4 &&
         (static_cast<unsigned char>(text[at + length]) & 0xc0) == 0x80)
    ++length;
  return length;
}

// % is any text, _ any character. Only the last % met need ever be taken anew.
template <char (*fold)(char) noexcept>
bool like(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, steps = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (++steps > most_steps)
      throw Failure(FailureKind::usage, "a pattern of LIKE or ILIKE takes too long on a long text");
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += length_of_character(text, t);
      ++p;
    } else if (p < pattern.size() && fold(pattern[p]) == fold(text[t])) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += length_of_character(text, resume);
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

template <char (*fold)(char) noexcept>
void like_function(Call& call) {
  const std::string_view pattern = call.text(1);
  if (pattern.size() > longest_pattern) {
    throw Failure(FailureKind::usage, "a pattern of LIKE or ILIKE has " +
                                          std::to_string(pattern.size()) + " bytes; at most " +
                                          std::to_string(longest_pattern) + " are allowed");
  }
  call.integer_is(like<fold>(call.text(0), pattern) ? 1 : 0);
}

void lower(Call& call) { call.text_is(to_lower(call.text(0))); }
void upper(Call& call) { call.text_is(to_upper(call.text(0))); }

void percent_encoded(Call& call) { call.text_is(percent_encode(call.text(0))); }

}  // namespace

std::span<const SqlFunction> text_functions() {
  static constexpr auto table = std::to_array<SqlFunction>({
      {"adql_like", 2, sql_function<like_function<same>>},
      {"adql_ilike", 2, sql_function<like_function<folded>>},
      {"adql_lower", 1, sql_function<lower>},
      {"adql_upper", 1, sql_function<upper>},
      {"adql_percent_encode", 1, sql_function<percent_encoded>},
      {"ivo_nocasematch", 2, sql_function<like_function<folded>>},
  });
  return table;
}

}  // namespace soda::store
