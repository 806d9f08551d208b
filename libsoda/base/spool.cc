#include "base/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/failure.h"

namespace soda {
namespace {

[[noreturn]] void fail() {
  throw Failure(FailureKind::unavailable, "there is no room for temporary files at the moment");
}

FileDescriptor temporary_file() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) fail();
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) fail();
  return file;
}

}  // namespace

void Spool::append(std::string_view bytes) {
  tail_.append(bytes);
  if (tail_.size() >= block) drain();
}

void Spool::drain() {
  if (!file_) file_ = temporary_file();
  std::string_view rest = tail_;
  while (!rest.empty()) {
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    rest.remove_prefix(static_cast<std::size_t>(count));
    written_ += count;
  }
  tail_.clear();
}

std::string_view SpoolReader::take(std::size_t size) {
  if (end_ - begin_ < size) fill(size);
  const std::string_view bytes(buffer_.data() + begin_, size);
  begin_ += size;
  return bytes;
}

void SpoolReader::fill(std::size_t least) {
  std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
  end_ -= begin_;
  begin_ = 0;
  buffer_.resize(std::max({buffer_.size(), least, Spool::block}));
  while (end_ < least) {
    const std::size_t room = buffer_.size() - end_;
    ssize_t count = 0;
    if (at_ < spool_.written_) {
      count = ::pread(spool_.file_.get(), buffer_.data() + end_, room, at_);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail();
    } else {
      const std::string_view rest =
          std::string_view(spool_.tail_)
              .substr(
                  std::min(static_cast<std::size_t>(at_ - spool_.written_), spool_.tail_.size()));
      count = static_cast<ssize_t>(std::min(room, rest.size()));
      if (count == 0) throw Failure(FailureKind::internal, "a spool is read beyond its end");
      std::memcpy(buffer_.data() + end_, rest.data(), static_cast<std::size_t>(count));
    }
    end_ += static_cast<std::size_t>(count);
    at_ += count;
  }
}

}  // namespace soda
