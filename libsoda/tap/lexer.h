// The words of a query (ADQL 2.1 section 2.1). Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tap/place.h"

namespace soda::tap {

enum class TokenKind : std::uint8_t {
  word,       // a regular identifier or a keyword
  delimited,  // "an identifier"
  text,       // 'a literal'
  whole,      // 12
  decimal,    // 12.5, 1e3
  sign,       // punctuation and operators
  end
};

struct Token {
  TokenKind kind = TokenKind::end;
  Place place;
  // As written; of delimited identifiers and literals what stands between the quotes, doubled
  // quotes made single. A `!=` is `<>`.
  std::string text;
  std::string upper;  // of words: in upper case
};

// The last token is `end`. Throws as refuse() does: a character that no token begins with (with its
// code point), a literal or identifier without end, an empty delimited identifier, a NUL, text that
// is not UTF-8, comments other than `--`, more than `longest_adql` bytes.
std::vector<Token> tokens_of(std::string_view query);

// The token as a message shows it.
std::string shown(const Token& token);

}  // namespace soda::tap
