// Base64 (RFC 4648 section 4) as it comes, in parts of any length, white space between (RFC 2045
// section 6.8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace soda::xml {

class Base64Decoder {
 public:
  // Appends the bytes that are complete. Throws Failure(usage) at a character that is neither of
  // the alphabet nor white space, and for anything behind the padding.
  void decode(std::string_view text, std::string& bytes);
  // Throws Failure(usage) when the last group is not whole.
  void finish() const;

 private:
  std::uint32_t group_ = 0;
  int digits_ = 0;   // in group_, padding counted
  int padding_ = 0;  // at the end of all
};

}  // namespace soda::xml
