#include "fits/card.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "fits/header.h"

namespace soda::fits {
namespace {

constexpr std::size_t value_column = 10;       // counted from 0: where a string begins
constexpr std::size_t fixed_value_end = 30;    // where a fixed-format number ends
constexpr std::size_t continuation_room = 70;  // columns 11 to 80

// Where things lie in a card, as offsets from its start.
struct Anatomy {
  std::size_t field = 0;        // first character after the value indicator; 0: no value
  std::size_t value_begin = 0;  // value_begin == value_end: undefined
  std::size_t value_end = 0;
  std::size_t slash = card_length;  // of the comment; card_length: none
};

std::size_t after_indicator(std::string_view card) noexcept {
  if (card.substr(8, 2) == "= " || card.starts_with("CONTINUE  ")) return value_column;
  if (card.starts_with("HIERARCH ")) {
    const auto equals = card.find('=');
    if (equals != card.npos) return equals + 1;
  }
  return 0;
}

// Offset after the closing quote; the whole card when it is missing.
std::size_t after_string(std::string_view card, std::size_t quote) noexcept {
  for (std::size_t i = quote + 1; i < card.size(); ++i) {
    if (card[i] != '\'') continue;
    if (i + 1 < card.size() && card[i + 1] == '\'') {
      ++i;
    } else {
      return i + 1;
    }
  }
  return card.size();
}

Anatomy dissect(std::string_view card) noexcept {
  Anatomy parts;
  parts.field = after_indicator(card);
  if (parts.field == 0) return parts;
  std::size_t begin = card.find_first_not_of(' ', parts.field);
  if (begin == card.npos) begin = card.size();
  parts.value_begin = parts.value_end = begin;
  if (begin < card.size() && card[begin] == '\'') {
    parts.value_end = after_string(card, begin);
    parts.slash = card.find('/', parts.value_end);
  } else {
    parts.slash = card.find('/', begin);
    parts.value_end = std::min(parts.slash, card.size());
    while (parts.value_end > begin && card[parts.value_end - 1] == ' ') --parts.value_end;
  }
  parts.slash = std::min(parts.slash, card.size());
  return parts;
}

std::string unquoted(std::string_view literal) {
  std::string text;
  literal.remove_prefix(1);
  if (literal.ends_with('\'')) literal.remove_suffix(1);
  text.reserve(literal.size());
  for (std::size_t i = 0; i < literal.size(); ++i) {
    text += literal[i];
    if (literal[i] == '\'') ++i;
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

bool is_end(std::string_view card) noexcept {
  return card.starts_with("END") && std::all_of(card.begin() + 3, card.begin() + 8,
                                                [](char c) { return c == ' ' || c == '\0'; });
}

Value read_value(std::string_view card) {
  const Anatomy parts = dissect(card);
  const std::string_view value =
      card.substr(parts.value_begin, parts.value_end - parts.value_begin);
  if (value.empty()) return {};
  if (value.front() != '\'') return {ValueKind::other, std::string(value)};
  return {ValueKind::string, unquoted(value)};
}

std::optional<double> to_real(const Value& value) {
  if (value.kind != ValueKind::other) return std::nullopt;
  std::string text = value.text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == 'D' || c == 'd'; }, 'E');
  const auto number = to_double(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> to_integer(const Value& value) {
  if (value.kind != ValueKind::other) return std::nullopt;
  if (const auto number = soda::to_integer(value.text)) return number;
  const auto number = to_real(value);
  // Beyond 2^53 a double no longer tells neighbours apart.
  if (!number || std::abs(*number) > 0x1p53 || std::trunc(*number) != *number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::string with_value(std::string_view card, std::string_view value_text) {
  const Anatomy parts = dissect(card);
  const bool was_undefined = parts.value_begin == parts.value_end;
  const bool was_string = !was_undefined && card[parts.value_begin] == '\'';
  const bool is_string = value_text.starts_with('\'');
  std::size_t begin = std::max(parts.field + (card[8] == '=' ? 0 : 1), value_column);
  if (is_string == was_string && !was_undefined && parts.value_end != fixed_value_end &&
      parts.value_begin + value_text.size() <= parts.slash) {
    begin = std::max(begin, parts.value_begin);
  } else if (!is_string && begin + value_text.size() <= fixed_value_end) {
    begin = fixed_value_end - value_text.size();
  }
  std::string line(card.substr(0, std::max(parts.field, value_column)));
  line.resize(begin, ' ');
  line += value_text;
  if (parts.slash < card_length) {
    // The comment keeps its column, or moves to the right and may lose its end.
    line.append(parts.slash > line.size() ? parts.slash - line.size() : 1, ' ');
    line += card.substr(parts.slash);
  }
  line.resize(card_length, ' ');
  return line;
}

std::string with_comment(std::string_view card, std::string_view comment) {
  const Anatomy parts = dissect(card);
  std::string line(card.substr(0, parts.slash < card_length ? parts.slash : parts.value_end));
  if (parts.slash == card_length) {
    line.resize(std::max(line.size() + 1, fixed_value_end + 1), ' ');
  }
  line += "/ ";
  line += comment;
  line.resize(card_length, ' ');
  return line;
}

std::string real_text(double value) {
  std::string text = to_upper(to_text(value));
  if (text.find_first_of(".E") == text.npos) text += ".0";
  return text;
}

std::vector<std::string> string_literals(std::string_view text, std::size_t room) {
  std::vector<std::string> pieces;
  std::string body;
  std::size_t left = room;
  const auto length_of = [](char c) { return c == '\'' ? std::size_t{2} : std::size_t{1}; };
  std::size_t whole = 2;
  for (const char c : text) whole += length_of(c);
  const bool continues = whole > room;
  for (const char c : text) {
    // Two quotes and, when the string goes on, an ampersand must fit as well.
    if (body.size() + length_of(c) + 2 + (continues ? 1 : 0) > left) {
      pieces.push_back("'" + body + "&'");
      body.clear();
      left = continuation_room;
    }
    body.append(length_of(c), c);
  }
  if (pieces.empty())
    body.resize(std::max<std::size_t>(body.size(), std::min<std::size_t>(8, room - 2)), ' ');
  pieces.push_back("'" + body + "'");
  return pieces;
}

}  // namespace soda::fits
