// Base64 (RFC 4648 section 4), the standard alphabet, with padding.
#pragma once

#include <cstddef>
#include <string_view>

namespace soda::xml {

constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

// Writes base64_size(bytes.size()) characters at `to` and returns their end. Only the last part of
// a stream may have a length that is no multiple of three: it is padded.
char* write_base64(std::string_view bytes, char* to) noexcept;

}  // namespace soda::xml
