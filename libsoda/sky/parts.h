// The bytes of a footprint: parts one after the other, each a head and little-endian doubles.
// Private to the room.
//   head     4 bytes: kind; 4 bytes: number of doubles that follow
//   circle   centre x, y, z, radius in radians
//   polygon  x, y, z of each vertex; the kind says whether S2::Origin() is inside
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace soda::sky {

enum class PartKind : std::uint32_t { circle = 1, polygon = 2, polygon_with_origin = 3 };

template <class T>
T little_endian(T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) return value;
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <class T>
void append_number(std::string& bytes, T value) {
  value = little_endian(value);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// False when there are not that many bytes left.
template <class T>
bool take_number(std::string_view& bytes, T& value) noexcept {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  value = little_endian(value);
  bytes.remove_prefix(sizeof(T));
  return true;
}

}  // namespace soda::sky
