// A new file that is written from front to back.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/handle.h"
#include "http/response.h"

namespace soda::http {

// Throws std::system_error with what the disk says.
class OutputFile final : public Sink {
 public:
  explicit OutputFile(const std::string& path);  // there must be none yet
  using Sink::write;
  void write(std::span<const iovec> pieces) override;
  // `length` bytes of another file.
  void copy(int from, std::int64_t offset, std::int64_t length);

 private:
  FileDescriptor file_;
};

// Both throw std::system_error, too. How many bytes were read: 0 at the end only.
FileDescriptor open_to_read(const std::string& path);
std::size_t read_some(int file, std::span<char> into);

}  // namespace soda::http
