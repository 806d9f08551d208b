#include "xml/base64.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace soda::xml {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two characters for twelve bits: 8 KB, which stay in the first-level cache, and half the look-ups.
using Pair = std::array<char, 2>;
constexpr std::array<Pair, 4096> pairs = [] {
  std::array<Pair, 4096> made{};
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return made;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) noexcept {
  return static_cast<unsigned char>(bytes[i]);
}

// Four characters for the three bytes that `group` has in its low end.
void put(std::uint32_t group, char* to) noexcept {
  std::memcpy(to, pairs[group >> 12 & 0xFFF].data(), 2);
  std::memcpy(to + 2, pairs[group & 0xFFF].data(), 2);
}

// Six bytes at once: eight are loaded, which is why two more must be there.
std::uint64_t first_eight(std::string_view bytes) noexcept {
  std::uint64_t loaded;
  std::memcpy(&loaded, bytes.data(), sizeof loaded);
  return std::endian::native == std::endian::little ? __builtin_bswap64(loaded) : loaded;
}

}  // namespace

char* write_base64(std::string_view bytes, char* to) noexcept {
  for (; bytes.size() >= 8; bytes.remove_prefix(6), to += 8) {
    const std::uint64_t eight = first_eight(bytes);
    put(static_cast<std::uint32_t>(eight >> 40), to);
    put(static_cast<std::uint32_t>(eight >> 16), to + 4);
  }
  for (; bytes.size() >= 3; bytes.remove_prefix(3), to += 4) {
    put(byte_at(bytes, 0) << 16 | byte_at(bytes, 1) << 8 | byte_at(bytes, 2), to);
  }
  if (bytes.empty()) return to;
  const bool two = bytes.size() == 2;
  put(byte_at(bytes, 0) << 16 | (two ? byte_at(bytes, 1) << 8 : 0), to);
  if (!two) to[2] = '=';
  to[3] = '=';
  return to + 4;
}

}  // namespace soda::xml
