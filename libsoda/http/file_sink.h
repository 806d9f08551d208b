// Bytes into a file, from where it stands on. What the disk says is thrown as std::system_error
// with its errno.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/handle.h"
#include "http/response.h"

namespace soda::http {

class FileSink : public Sink {
 public:
  explicit FileSink(FileDescriptor file) : file_(std::move(file)) {}
  using Sink::write;
  void write(std::span<const iovec> pieces) override;
  // `length` bytes of another file. Throws Failure(internal) when it has fewer.
  void copy(int from, std::int64_t offset, std::int64_t length);

  int descriptor() const noexcept { return file_.get(); }

 private:
  FileDescriptor file_;
};

// A new file; throws when there is one already.
FileDescriptor new_file(const std::string& path);

FileDescriptor open_to_read(const std::string& path);
// How many bytes were read: 0 at the end only.
std::size_t read_some(int file, std::span<char> into);

}  // namespace soda::http
