// Which bytes may stand in an XML document as they are, and what the others become (XML 1.0
// sections 2.2 and 2.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace soda::xml {

// The first character of `text`, which is not empty. Bytes that are no UTF-8, and characters that
// XML 1.0 cannot hold, count as one character each, U+FFFD, and `legal` is false.
struct Character {
  std::size_t length;  // bytes of it in `text`
  char32_t code;
  bool legal;
};
Character first_character(std::string_view text);

// What stands for the first character of `text`; the view points into `text` or to static memory.
struct Escaped {
  std::string_view text;
  std::size_t length;  // bytes of `text` that it stands for
};
Escaped escape_first(std::string_view text);

// Bytes that need no second look: `markup`: printable ASCII without & < >; `ascii`: printable
// ASCII.
enum class Plain { markup, ascii };

namespace detail {

constexpr std::uint64_t each(std::uint64_t byte) noexcept { return byte * 0x0101010101010101U; }

// Eight bytes at once: not zero when one of them is below `limit` (at most 0x80); the classical
// formula, exact as an any-test.
constexpr std::uint64_t any_below(std::uint64_t bytes, std::uint64_t limit) noexcept {
  return (bytes - each(limit)) & ~bytes & each(0x80);
}

template <Plain plain>
constexpr bool all_plain(std::uint64_t bytes) noexcept {
  std::uint64_t odd = (bytes & each(0x80)) | any_below(bytes, 0x20);
  if constexpr (plain == Plain::markup) {
    odd |= any_below(bytes ^ each('&'), 1);
    // '<' and '>' differ in one bit only.
    odd |= any_below((bytes | each('<' ^ '>')) ^ each('<' | '>'), 1);
  }
  return odd == 0;
}

template <Plain plain>
constexpr bool is_plain(char c) noexcept {
  if (plain == Plain::markup && (c == '&' || c == '<' || c == '>')) return false;
  return static_cast<unsigned char>(c - 0x20) < 0x60;
}

}  // namespace detail

// Copies the plain bytes that `text` begins with to `to`, where there is room for all of it, and
// returns how many these are.
template <Plain plain>
std::size_t copy_plain(std::string_view text, char* to) {
  constexpr std::size_t step = sizeof(std::uint64_t);
  std::size_t at = 0;
  std::uint64_t bytes;
  for (; at + step <= text.size(); at += step) {
    std::memcpy(&bytes, text.data() + at, step);
    if (!detail::all_plain<plain>(bytes)) break;
    std::memcpy(to + at, &bytes, step);
  }
  // The rest together with bytes that have been looked at before.
  if (text.size() >= step && at + step > text.size()) {
    const std::size_t last = text.size() - step;
    std::memcpy(&bytes, text.data() + last, step);
    if (detail::all_plain<plain>(bytes)) {
      std::memcpy(to + last, &bytes, step);
      return text.size();
    }
  }
  for (; at < text.size() && detail::is_plain<plain>(text[at]); ++at) to[at] = text[at];
  return at;
}

// The bytes at the beginning that are plain and no quotation mark, in steps of eight.
inline std::size_t plain_words(std::string_view text) noexcept {
  std::size_t at = 0;
  for (std::uint64_t bytes; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const std::uint64_t quotes = detail::any_below(bytes ^ detail::each('"'), 1);
    if (quotes != 0 || !detail::all_plain<Plain::markup>(bytes)) break;
  }
  return at;
}

// Appends `text` with & < > " and \r escaped and what XML cannot hold replaced by U+FFFD. `Out` is
// std::string, or soda::Blocks.
template <class Out>
void append_escaped(Out& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = plain_words(text);
    while (plain < text.size() && text[plain] != '"' &&
           detail::is_plain<Plain::markup>(text[plain])) {
      ++plain;
    }
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Escaped escaped = escape_first(text);
    out.append(escaped.text);
    text.remove_prefix(escaped.length);
  }
}

}  // namespace soda::xml
