// FITS files described by text, so that the corpus holds nothing opaque, and the scratch file that
// they become.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace soda::fuzz {

// Lines as 80-byte cards: shorter ones padded with blanks, longer ones cut.
std::string cards_of(std::string_view lines);

// A file from lines. Every line is a card, but for these words, which begin in column 1 in lower
// case:
//   end             the END card, and blanks up to a whole block
//   hex DIGITS      bytes of data
//   fill N BYTE     N bytes of that value, 0 to 255
//   pad             zeros up to a whole block
//   raw             all the rest as it is
//   gzip            compresses all that stands before it
//   cut N           takes N bytes away
// Whatever is none of these, or asks for more than `limit` bytes, is left out: any text is a file.
std::string file_of(std::string_view lines, std::size_t limit);

// Nibbles of any text: digits as in hex, every other character by its four low bits, so that each
// mutation means something.
std::string bytes_of(std::string_view digits);

// A file without a name; it goes with the object.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view bytes);
  std::string path() const;

 private:
  FileDescriptor file_;
};

}  // namespace soda::fuzz
