// Bytes that are kept until they are read again, from the front: in memory as long as they are few,
// then in a temporary file without a name, which is gone with the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"

namespace soda {

class Spool {
 public:
  // Throws Failure(unavailable) when the disk refuses.
  void append(std::string_view bytes);
  std::int64_t size() const noexcept { return written_ + static_cast<std::int64_t>(tail_.size()); }

 private:
  friend class SpoolReader;
  void drain();

  static constexpr std::size_t block = std::size_t{1} << 16;
  FileDescriptor file_;
  std::int64_t written_ = 0;  // to the file
  std::string tail_;          // what follows
};

// From the front to the end. The spool must outlive it and stay as it is.
class SpoolReader {
 public:
  explicit SpoolReader(const Spool& spool) : spool_(spool) {}

  // The next `size` bytes, valid until the next call. Failure(internal) beyond the end,
  // Failure(unavailable) when the disk refuses.
  std::string_view take(std::size_t size);

 private:
  void fill(std::size_t least);

  const Spool& spool_;
  std::int64_t at_ = 0;  // of what follows the buffer
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace soda
