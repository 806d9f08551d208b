#include "fits/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/failure.h"
#include "base/text.h"
#include "fits/card.h"

namespace soda::fits {
namespace {

constexpr std::string_view hierarch = "HIERARCH ";
constexpr std::size_t longest_keyword = 48;  // leaves room for a number in a HIERARCH card

std::uint64_t word_of(const char* eight) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return word;
}

// The keyword of eight characters as one machine word; HIERARCH keywords are told from others
// first.
std::optional<std::uint64_t> short_keyword(std::string_view keyword) noexcept {
  if (keyword.size() > 8 || keyword.find(' ') != keyword.npos) return std::nullopt;
  char eight[8];
  std::memset(eight, ' ', sizeof eight);
  std::memcpy(eight, keyword.data(), keyword.size());
  return word_of(eight);
}

std::string ascii(std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (c < ' ' || c > '~') c = '?';
  }
  return clean;
}

std::string whole_card(std::string_view text) {
  std::string card(text.substr(0, card_length));
  card.resize(card_length, ' ');
  return card;
}

std::string name_part(std::string_view keyword) {
  if (keyword.size() > longest_keyword) {
    throw Failure(FailureKind::internal,
                  fmt::format("a FITS keyword has {} characters; at most {} fit into a card",
                              keyword.size(), longest_keyword));
  }
  std::string name;
  if (short_keyword(keyword)) {
    name = keyword;
    name.resize(8, ' ');
    return name += "= ";
  }
  return name.append(hierarch).append(keyword).append(" = ");
}

// Strings begin where the value does, all others end in column 30 when they are short (FITS 4.0
// section 4.2).
std::string new_card(std::string_view keyword, std::string_view value_text,
                     std::string_view comment) {
  constexpr std::size_t width = 20;
  const std::size_t padding = width - std::min(width, value_text.size());
  std::string card = name_part(keyword);
  if (value_text.starts_with('\'')) {
    card.append(value_text).append(padding, ' ');
  } else {
    card.append(padding, ' ').append(value_text);
  }
  if (!comment.empty()) card.append(" / ").append(ascii(comment));
  return card;
}

}  // namespace

Header::Header(std::string cards) : cards_(std::move(cards)) {
  std::size_t length = cards_.size() / card_length * card_length;
  for (std::size_t at = 0; at < length; at += card_length) {
    if (is_end({cards_.data() + at, card_length})) length = at;
  }
  cards_.resize(length);
}

std::string_view Header::card(std::size_t index) const noexcept {
  return {cards_.data() + index * card_length, card_length};
}

std::string_view Header::keyword(std::string_view card) noexcept {
  if (card.starts_with(hierarch)) {
    const std::string_view rest = card.substr(hierarch.size());
    const auto equals = rest.find('=');
    if (equals != rest.npos) return trim(rest.substr(0, equals));
  }
  std::string_view name = card.substr(0, 8);
  while (name.ends_with(' ')) name.remove_suffix(1);
  return name;
}

std::optional<std::size_t> Header::find(std::string_view keyword, std::size_t from) const noexcept {
  const auto word = short_keyword(keyword);
  const std::uint64_t long_name = word_of("HIERARCH");
  const std::size_t count = size();
  for (std::size_t i = from; i < count; ++i) {
    const char* const at = cards_.data() + i * card_length;
    const std::uint64_t here = word_of(at);
    if (here == word) return i;
    if (here == long_name && this->keyword({at, card_length}) == keyword) return i;
  }
  return std::nullopt;
}

std::size_t Header::continued(std::size_t index) const noexcept {
  std::size_t next = index + 1;
  if (read_value(card(index)).kind != ValueKind::string) return next;
  bool more = read_value(card(index)).text.ends_with('&');
  while (more && next < size() && card(next).starts_with("CONTINUE  ")) {
    more = read_value(card(next)).text.ends_with('&');
    ++next;
  }
  return next;
}

std::optional<std::string> Header::text(std::size_t index) const {
  Value value = read_value(card(index));
  if (value.kind == ValueKind::none) return std::nullopt;
  if (value.kind != ValueKind::string) return value.text;
  for (std::size_t i = index + 1, end = continued(index); i < end; ++i) {
    value.text.pop_back();  // the ampersand
    value.text += read_value(card(i)).text;
  }
  return value.text;
}

std::optional<std::string> Header::text(std::string_view keyword) const {
  const auto index = find(keyword);
  return index ? text(*index) : std::nullopt;
}

std::optional<std::string> Header::string(std::string_view keyword) const {
  const auto index = find(keyword);
  if (!index || read_value(card(*index)).kind != ValueKind::string) return std::nullopt;
  return text(*index);
}

std::optional<double> Header::real(std::string_view keyword) const {
  const auto index = find(keyword);
  return index ? to_real(read_value(card(*index))) : std::nullopt;
}

std::optional<double> Header::real(std::size_t index) const {
  return to_real(read_value(card(index)));
}

std::optional<std::int64_t> Header::integer(std::string_view keyword) const {
  const auto index = find(keyword);
  return index ? fits::to_integer(read_value(card(*index))) : std::nullopt;
}

std::optional<bool> Header::logical(std::string_view keyword) const {
  const auto index = find(keyword);
  if (!index) return std::nullopt;
  const Value value = read_value(card(*index));
  if (value.kind != ValueKind::other || (value.text != "T" && value.text != "F")) {
    return std::nullopt;
  }
  return value.text == "T";
}

void Header::set_value(std::size_t index, std::string_view value_text) {
  const std::size_t end = continued(index);
  cards_.replace(index * card_length, card_length, with_value(card(index), value_text));
  cards_.erase((index + 1) * card_length, (end - index - 1) * card_length);
}

void Header::set_real(std::size_t index, double value) { set_value(index, real_text(value)); }

void Header::put(std::string_view keyword, std::string_view value_text, std::string_view comment) {
  const auto index = find(keyword);
  if (!index) {
    append(new_card(keyword, value_text, comment));
    return;
  }
  set_value(*index, value_text);
  if (!comment.empty()) {
    cards_.replace(*index * card_length, card_length, with_comment(card(*index), ascii(comment)));
  }
}

void Header::set(std::string_view keyword, std::int64_t value, std::string_view comment) {
  put(keyword, std::to_string(value), comment);
}

void Header::set(std::string_view keyword, double value, std::string_view comment) {
  put(keyword, std::isfinite(value) ? real_text(value) : std::string(), comment);
}

void Header::set(std::string_view keyword, bool value, std::string_view comment) {
  put(keyword, value ? "T" : "F", comment);
}

void Header::set(std::string_view keyword, std::string_view value, std::string_view comment) {
  const std::size_t room = card_length - std::max<std::size_t>(name_part(keyword).size(), 10);
  const auto pieces = string_literals(ascii(value), room);
  put(keyword, pieces.front(), comment);
  std::size_t at = *find(keyword) + 1;
  for (std::size_t i = 1; i < pieces.size(); ++i) insert(at++, "CONTINUE  " + pieces[i]);
}

void Header::rename(std::size_t index, std::string_view keyword) {
  const std::string name = fmt::format("{:<8.8}", keyword);
  cards_.replace(index * card_length, name.size(), name);
}

void Header::erase(std::size_t index) {
  cards_.erase(index * card_length, (continued(index) - index) * card_length);
}

void Header::erase_all(std::string_view keyword) {
  std::optional<std::size_t> index = find(keyword);
  while (index) {
    erase(*index);
    index = find(keyword, *index);
  }
}

void Header::append(std::string_view card) { cards_ += whole_card(card); }

void Header::insert(std::size_t index, std::string_view card) {
  cards_.insert(std::min(index, size()) * card_length, whole_card(card));
}

void Header::add_history(std::string_view text) {
  constexpr std::size_t width = 72;
  do {
    append(fmt::format("HISTORY {}", ascii(text.substr(0, width))));
    text.remove_prefix(std::min(width, text.size()));
  } while (!text.empty());
}

std::string Header::blocks() const {
  std::string text;
  text.reserve(blocks_length());
  text += cards_;
  text += "END";
  text.resize(blocks_length(), ' ');
  return text;
}

std::size_t Header::blocks_length() const noexcept {
  return static_cast<std::size_t>(padded(static_cast<std::int64_t>(cards_.size() + card_length)));
}

}  // namespace soda::fits
