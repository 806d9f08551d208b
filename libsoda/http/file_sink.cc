#include "http/file_sink.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "base/failure.h"

namespace soda::http {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor only_new(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("unlink");
  return new_file(path);
}

void wait_for_disk(int file) {
  if (::fsync(file) != 0) fail("fsync");
}

template <class Read>
std::size_t counted(const Read& read) {
  for (;;) {
    const ssize_t count = read();
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail("read");
  }
}

}  // namespace

void FileSink::write(std::span<const iovec> pieces) {
  std::vector<iovec> left(pieces.begin(), pieces.end());
  std::size_t at = 0;
  while (at < left.size()) {
    const auto count = std::min<std::size_t>(left.size() - at, IOV_MAX);
    const ssize_t result = ::writev(file_.get(), &left[at], static_cast<int>(count));
    if (result < 0 && errno == EINTR) continue;
    // The pixels lie in a mapping of a file that has become shorter.
    if (result < 0 && errno == EFAULT) {
      throw Failure(FailureKind::corrupt_data, "the file of the data set has become shorter");
    }
    if (result < 0) fail("write");
    auto written = static_cast<std::size_t>(result);
    while (at < left.size() && written >= left[at].iov_len) written -= left[at++].iov_len;
    if (at == left.size()) break;
    left[at].iov_base = static_cast<char*>(left[at].iov_base) + written;
    left[at].iov_len -= written;
  }
}

void FileSink::copy(int from, std::int64_t offset, std::int64_t length) {
  constexpr std::int64_t most = std::int64_t{1} << 30;
  off_t at = offset;
  while (length > 0) {
    const ssize_t sent =
        ::sendfile(file_.get(), from, &at, static_cast<std::size_t>(std::min(length, most)));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("sendfile");
    if (sent == 0) throw Failure(FailureKind::internal, "a result has become shorter");
    length -= sent;
  }
}

// What a process left here that had the same number goes first.
WholeFile::WholeFile(std::string path)
    : path_(std::move(path)),
      part_(path_ + "." + std::to_string(::getpid()) + ".part"),
      sink_(only_new(part_)) {}

WholeFile::~WholeFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

void WholeFile::settle() const { wait_for_disk(sink_.descriptor()); }

void WholeFile::keep() {
  if (::rename(part_.c_str(), path_.c_str()) != 0) fail("rename");
  part_.clear();
}

FileDescriptor new_file(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) fail("open");
  return file;
}

FileDescriptor open_to_read(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail("open");
  return file;
}

void settle(const std::string& path) { wait_for_disk(open_to_read(path).get()); }

std::size_t read_some(int file, std::span<char> into) {
  return counted([&] { return ::read(file, into.data(), into.size()); });
}

std::size_t read_at(int file, std::int64_t offset, std::span<char> into) {
  return counted([&] { return ::pread(file, into.data(), into.size(), offset); });
}

}  // namespace soda::http
