#include "fits/checksum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace soda::fits {
namespace {

std::uint32_t folded(std::uint64_t sum) noexcept {
  while (sum >> 32 != 0) sum = (sum & 0xFFFFFFFFU) + (sum >> 32);
  return static_cast<std::uint32_t>(sum);
}

std::uint64_t big_endian_word(const char* at) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}

// FITS 4.0 appendix J.2: each byte of the complement becomes four characters whose sum, less four
// times '0', it is; punctuation is avoided by moving pairs apart; the whole is turned right by one
// place, because the value begins in an odd column of a word.
std::string encoded(std::uint32_t value) {
  constexpr unsigned offset = '0';
  std::array<char, 16> text{};
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned byte = (value >> (24 - 8 * i)) & 0xFFU;
    std::array<unsigned, 4> part;
    part.fill(byte / 4 + offset);
    part[0] += byte % 4;
    const auto is_punctuation = [](unsigned c) {
      return (c > '9' && c < 'A') || (c > 'Z' && c < 'a');
    };
    for (bool again = true; again;) {
      again = false;
      for (std::size_t j = 0; j < 4; j += 2) {
        if (!is_punctuation(part[j]) && !is_punctuation(part[j + 1])) continue;
        ++part[j];
        --part[j + 1];
        again = true;
      }
    }
    for (std::size_t j = 0; j < 4; ++j) text[4 * j + i] = static_cast<char>(part[j]);
  }
  std::rotate(text.begin(), text.end() - 1, text.end());
  return {text.begin(), text.end()};
}

}  // namespace

std::uint32_t checksum(std::span<const char> bytes, std::uint32_t sum) noexcept {
  // 2^32 words fit into the 64-bit accumulator before it could overflow.
  std::uint64_t total = sum;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) total += big_endian_word(&bytes[i]);
  return folded(total);
}

void sign(Header& header, std::uint32_t data_sum) {
  if (const auto index = header.find("DATASUM")) {
    header.set_value(*index, fmt::format("'{:<8}'", data_sum));
  }
  const auto index = header.find("CHECKSUM");
  if (!index) return;
  // The value has to begin in column 12; a card in free format is written anew.
  constexpr std::string_view zeros = "CHECKSUM= '0000000000000000'";
  if (header.card(*index)[10] == '\'') {
    header.set_value(*index, zeros.substr(10));
  } else {
    header.erase(*index);
    header.insert(*index, zeros);
  }
  const std::uint32_t sum = checksum(header.blocks(), data_sum);
  header.set_value(*index, "'" + encoded(~sum) + "'");
}

}  // namespace soda::fits
