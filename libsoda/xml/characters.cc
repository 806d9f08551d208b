#include "xml/characters.h"

#include "base/text.h"

namespace soda::xml {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the UTF-8 sequence that a lead byte announces; 1 for anything that is none.
std::size_t announced_length(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  if (lead >= 0xE0) return lead < 0xF0 ? 3 : 1;
  return lead >= 0xC2 ? 2 : 1;
}

// Of a whole and valid sequence.
char32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  // A sequence of n bytes has n+1 marking bits in its first byte, and two in each other.
  char32_t code = lead & (0x7FU >> sequence.size());
  for (const char c : sequence.substr(1)) {
    code = (code << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return code;
}

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':  // would be read back as a line feed
      return "&#13;";
    default:
      return {};
  }
}

}  // namespace

Character first_character(std::string_view text) {
  constexpr Character none{1, 0xFFFD, false};
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') return none;
  const std::string_view sequence = text.substr(0, announced_length(lead));
  if (!is_utf8(sequence)) return none;
  const char32_t code = code_point(sequence);
  // The two noncharacters of the basic plane are not XML characters (production 2).
  if (code == 0xFFFE || code == 0xFFFF) return none;
  return {sequence.size(), code, true};
}

Escaped escape_first(std::string_view text) {
  const std::string_view escaped = reference(text.front());
  if (!escaped.empty()) return {escaped, 1};
  const Character character = first_character(text);
  return {character.legal ? text.substr(0, character.length) : replacement, character.length};
}

}  // namespace soda::xml
