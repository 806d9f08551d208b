// Numbers in the byte order of FITS, at any address.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace soda::fits {

template <std::size_t size>
struct WordOfSize;
template <>
struct WordOfSize<1> {
  using type = std::uint8_t;
};
template <>
struct WordOfSize<2> {
  using type = std::uint16_t;
};
template <>
struct WordOfSize<4> {
  using type = std::uint32_t;
};
template <>
struct WordOfSize<8> {
  using type = std::uint64_t;
};

template <class Word>
constexpr Word swapped(Word word) noexcept {
  if constexpr (sizeof(Word) == 2) return static_cast<Word>(__builtin_bswap16(word));
  if constexpr (sizeof(Word) == 4) return static_cast<Word>(__builtin_bswap32(word));
  if constexpr (sizeof(Word) == 8) return static_cast<Word>(__builtin_bswap64(word));
  return word;
}

template <class T>
T load_big_endian(const char* from) noexcept {
  typename WordOfSize<sizeof(T)>::type word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::little) word = swapped(word);
  return std::bit_cast<T>(word);
}

template <class T>
void store_big_endian(char* into, T value) noexcept {
  auto word = std::bit_cast<typename WordOfSize<sizeof(T)>::type>(value);
  if constexpr (std::endian::native == std::endian::little) word = swapped(word);
  std::memcpy(into, &word, sizeof word);
}

// NaN with all bits set, as CFITSIO and funpack write an undefined pixel: the same bits as theirs.
template <class T>
T blank_pixel() noexcept {
  return std::bit_cast<T>(static_cast<typename WordOfSize<sizeof(T)>::type>(~std::uint64_t{0}));
}

}  // namespace soda::fits
