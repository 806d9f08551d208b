#include "xml/base64_decoder.h"

#include <fmt/format.h>

#include <array>

#include "base/failure.h"
#include "base/text.h"

namespace soda::xml {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What a character is: 0 to 63 a digit, or one of these.
constexpr std::uint8_t blank = 64, pad = 65, other = 66;
constexpr std::array<std::uint8_t, 256> meanings = [] {
  std::array<std::uint8_t, 256> made{};
  made.fill(other);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    made[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  for (const char c : {' ', '\t', '\r', '\n'}) made[static_cast<unsigned char>(c)] = blank;
  made[static_cast<unsigned char>('=')] = pad;
  return made;
}();

Failure damaged(const std::string& what) {
  return {FailureKind::usage, "the base64 text of the table is damaged: " + what};
}

}  // namespace

void Base64Decoder::decode(std::string_view text, std::string& bytes) {
  for (const char c : text) {
    const std::uint8_t meaning = meanings[static_cast<unsigned char>(c)];
    if (meaning == blank) continue;
    if (meaning == other) throw damaged(fmt::format("it holds \"{}\"", quoted({&c, 1})));
    if (padding_ > 0 && (meaning != pad || digits_ == 0))
      throw damaged("it goes on behind its end");
    if (meaning == pad && (digits_ < 2 || ++padding_ > 2))
      throw damaged("its padding is misplaced");
    group_ = group_ << 6 | (meaning == pad ? 0U : meaning);
    if (++digits_ < 4) continue;
    const char triple[] = {static_cast<char>(group_ >> 16 & 0xFF),
                           static_cast<char>(group_ >> 8 & 0xFF), static_cast<char>(group_ & 0xFF)};
    bytes.append(triple, static_cast<std::size_t>(3 - padding_));
    group_ = 0;
    digits_ = 0;
  }
}

void Base64Decoder::finish() const {
  if (digits_ != 0) throw damaged("its last group is not whole");
}

}  // namespace soda::xml
