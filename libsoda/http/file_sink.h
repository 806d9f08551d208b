// Bytes into a file, from where it stands on, and out of one. What the disk says is thrown as
// std::system_error with its errno.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

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
  // The file, where it stands; nothing can be written here any more.
  FileDescriptor release() noexcept { return std::move(file_); }

 private:
  FileDescriptor file_;
};

// A file that is seen when it is whole: written beside its place until then, and gone with this
// object when it was not kept. Several processes may write the same one at a time; of one process
// only one object may.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  ~WholeFile();

  const std::string& path() const noexcept { return path_; }
  FileSink& sink() noexcept { return sink_; }
  // Returns when what was written outlives a loss of power.
  void settle() const;
  // Puts it into its place, where an earlier one may be.
  void keep();

 private:
  std::string path_, part_;
  FileSink sink_;
};

// A new file; throws when there is one already.
FileDescriptor new_file(const std::string& path);

FileDescriptor open_to_read(const std::string& path);
// Returns when a file, or the names in a folder, outlive a loss of power.
void settle(const std::string& path);
// How many bytes were read, from where the file stands or from `offset` on: 0 at the end only.
std::size_t read_some(int file, std::span<char> into);
std::size_t read_at(int file, std::int64_t offset, std::span<char> into);

}  // namespace soda::http
