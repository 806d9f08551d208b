// A new file that is written from front to back. Of use inside this room only.
#pragma once

#include <cstdint>
#include <string>

#include "base/handle.h"
#include "http/response.h"

namespace soda::cutout {

// Throws std::system_error with what the disk says.
class OutputFile final : public http::Sink {
 public:
  explicit OutputFile(const std::string& path);  // there must be none yet
  using http::Sink::write;
  void write(std::span<const iovec> pieces) override;
  // `length` bytes of another file.
  void copy(int from, std::int64_t offset, std::int64_t length);

 private:
  FileDescriptor file_;
};

FileDescriptor open_to_read(const std::string& path);

}  // namespace soda::cutout
