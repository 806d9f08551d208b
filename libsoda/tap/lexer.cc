#include "tap/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "tap/translate.h"

namespace soda::tap {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool part_of_word(char c) { return letter(c) || digit(c) || c == '_'; }
bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Longest first.
constexpr std::array<std::string_view, 22> signs = {"<>", "!=", "<=", ">=", "||", "(", ")", ",",
                                                    ".",  ";",  "*",  "/",  "+",  "-", "%", "&",
                                                    "|",  "^",  "~",  "=",  "<",  ">"};

// Characters that word processors and web pages put in the place of those that were meant.
struct Lookalike {
  std::uint32_t code;
  std::string_view meant;
};
constexpr Lookalike lookalikes[] = {
    {0x00A0, "a blank"}, {0x2003, "a blank"}, {0x3000, "a blank"}, {0x200B, "nothing"},
    {0xFEFF, "nothing"}, {0x2018, "'"},       {0x2019, "'"},       {0x02BC, "'"},
    {0x2032, "'"},       {0x00B4, "'"},       {0x201C, "\""},      {0x201D, "\""},
    {0x2013, "-"},       {0x2014, "-"},       {0x2212, "-"},       {0x00D7, "*"},
    {0x2217, "*"},       {0x2044, "/"},       {0x00F7, "/"},       {0x2264, "<="},
    {0x2265, ">="},      {0x2260, "<>"},      {0xFF1D, "="},       {0xFF08, "("},
    {0xFF09, ")"},       {0xFF0C, ","},       {0x037E, ";"}};

// The character that begins there; the text is UTF-8.
std::uint32_t code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return first;
  if (first < 0xE0) return (first & 0x1F) << 6 | (byte(1) & 0x3F);
  if (first < 0xF0) return (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

class Lexer {
 public:
  explicit Lexer(std::string_view query) : rest_(query) { tokens_.reserve(query.size() / 4 + 2); }

  std::vector<Token> all() {
    for (skip(); !rest_.empty(); skip()) next();
    add(TokenKind::end, {}, 0);
    return std::move(tokens_);
  }

 private:
  void next() {
    const char c = rest_.front();
    if (letter(c)) {
      word();
    } else if (digit(c) || (c == '.' && rest_.size() > 1 && digit(rest_[1]))) {
      number();
    } else if (c == '\'' || c == '"') {
      quoted_token(c);
    } else {
      sign();
    }
  }

  // Over `count` bytes, whatever they are.
  void advance(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      if (byte == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((byte & 0xC0) != 0x80) {
        ++place_.column;
      }
    }
    rest_.remove_prefix(count);
  }

  void skip() {
    while (!rest_.empty()) {
      if (blank(rest_.front())) {
        advance(1);
      } else if (rest_.starts_with("--")) {
        advance(std::min(rest_.find('\n'), rest_.size()));
      } else {
        return;
      }
    }
  }

  void add(TokenKind kind, std::string text, std::size_t length) {
    tokens_.push_back({kind, place_, std::move(text), {}});
    if (kind == TokenKind::text || kind == TokenKind::delimited) {
      advance(length);
    } else {
      place_.column += static_cast<std::uint32_t>(length);
      rest_.remove_prefix(length);
    }
  }

  void word() {
    const auto end = std::ranges::find_if_not(rest_, part_of_word);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    add(TokenKind::word, std::string(rest_.substr(0, length)), length);
    tokens_.back().upper = to_upper(tokens_.back().text);
  }

  std::size_t digits_from(std::size_t at) const {
    while (at < rest_.size() && digit(rest_[at])) ++at;
    return at;
  }

  void number() {
    std::size_t at = digits_from(0);
    bool whole = true;
    if (at < rest_.size() && rest_[at] == '.') {
      whole = false;
      at = digits_from(at + 1);
    }
    if (at < rest_.size() && (rest_[at] == 'e' || rest_[at] == 'E')) {
      std::size_t exponent = at + 1;
      if (exponent < rest_.size() && (rest_[exponent] == '+' || rest_[exponent] == '-')) ++exponent;
      if (exponent < rest_.size() && digit(rest_[exponent])) {
        whole = false;
        at = digits_from(exponent);
      }
    }
    if (at < rest_.size() && part_of_word(rest_[at])) {
      const auto end = std::ranges::find_if_not(rest_, part_of_word);
      const auto length = std::max(at + 1, static_cast<std::size_t>(end - rest_.begin()));
      refuse(place_, fmt::format("{} is no number", in_quotes(rest_.substr(0, length))));
    }
    add(whole ? TokenKind::whole : TokenKind::decimal, std::string(rest_.substr(0, at)), at);
  }

  void quoted_token(char quote) {
    std::string text;
    std::size_t at = 1;
    for (;; ++at) {
      if (at >= rest_.size()) {
        refuse(place_, fmt::format("the {} that begins here has no end",
                                   quote == '"' ? "delimited identifier" : "character string"));
      }
      if (rest_[at] == '\0') refuse(place_, "a NUL character cannot be part of a query");
      if (rest_[at] == quote) {
        if (at + 1 >= rest_.size() || rest_[at + 1] != quote) break;
        ++at;
      }
      text += rest_[at];
    }
    if (quote == '"' && text.empty()) refuse(place_, "a delimited identifier cannot be empty");
    add(quote == '"' ? TokenKind::delimited : TokenKind::text, std::move(text), at + 1);
  }

  void sign() {
    if (rest_.starts_with("/*"))
      refuse(place_, "comments in ADQL begin with -- and end with the line; found \"/*\"");
    for (const std::string_view sign : signs) {
      if (!rest_.starts_with(sign)) continue;
      add(TokenKind::sign, std::string(sign == "!=" ? "<>" : sign), sign.size());
      return;
    }
    strange();
  }

  [[noreturn]] void strange() const {
    const std::uint32_t code = code_point(rest_);
    std::string sentence = fmt::format("the character U+{:04X} cannot stand here", code);
    for (const Lookalike& row : lookalikes) {
      if (row.code == code) sentence += fmt::format("; was {} meant?", row.meant);
    }
    if (rest_.front() == '_')
      sentence += "; an identifier that begins with _ must be in double quotes";
    refuse(place_, sentence);
  }

  std::string_view rest_;
  Place place_;
  std::vector<Token> tokens_;
};

}  // namespace

std::string in_quotes(std::string_view text) { return "\"" + quoted(text, 40) + "\""; }

void refuse(Place place, std::string_view sentence) {
  throw Failure(FailureKind::usage,
                fmt::format("line {}, column {}: {}", place.line, place.column, sentence), "QUERY");
}

std::vector<Token> tokens_of(std::string_view query) {
  if (query.size() > longest_adql) {
    throw Failure(
        FailureKind::usage,
        fmt::format("a query has at most {} bytes; received {}", longest_adql, query.size()),
        "QUERY");
  }
  if (!is_utf8(query)) throw Failure(FailureKind::usage, "the query is not UTF-8", "QUERY");
  return Lexer(query).all();
}

std::string shown(const Token& token) {
  switch (token.kind) {
    case TokenKind::end:
      return "the end of the query";
    case TokenKind::text:
      return "the character string " + in_quotes(token.text);
    case TokenKind::delimited:
      return "the identifier " + in_quotes(token.text);
    case TokenKind::word:
    case TokenKind::whole:
    case TokenKind::decimal:
    case TokenKind::sign:
      break;
  }
  return in_quotes(token.text);
}

}  // namespace soda::tap
