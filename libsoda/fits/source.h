// Bytes of a file from front to back, plain or inflated, for reading headers. Of use inside this
// room only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/handle.h"
#include "fits/file.h"

namespace soda::fits {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Bytes from `offset` on; fewer than asked for only at the end of the file. Going back is
  // allowed; by more than 64 KiB it inflates from the start again. Throws Failure(corrupt_data)
  // when a compressed file is damaged, Failure(too_large) when it is longer than its limit,
  // Failure(unavailable) when the disk fails.
  virtual std::size_t read(std::int64_t offset, std::span<char> into) = 0;
  // Whether the file has at least `length` bytes.
  virtual bool reaches(std::int64_t length) = 0;
};

struct OpenSource {
  std::unique_ptr<ByteSource> bytes;
  Identity identity;
  bool gzipped = false;
};
// Gzip is known by its magic number (RFC 1952), not by the file's name. `gzip_limit`: inflated
// bytes.
OpenSource open_source(const std::string& path, std::int64_t gzip_limit);

// Opens for reading. Throws Failure(unavailable) when there is no such regular file.
FileDescriptor open_regular(const std::string& path);
Identity identify(int descriptor);

// As many bytes as the file has there, at most all of `into`; pread until then.
std::size_t read_at(int descriptor, std::int64_t offset, std::span<char> into);

}  // namespace soda::fits
