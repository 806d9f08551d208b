#include "fits/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/failure.h"
#include "fits/inflate.h"

namespace soda::fits {
namespace {

Identity identity_of(const struct stat& status) noexcept {
  return {status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          status.st_ino};
}

Failure unreachable(int error) {
  return {FailureKind::unavailable,
          fmt::format("the file cannot be read at present ({})", std::strerror(error))};
}

class PlainSource final : public ByteSource {
 public:
  PlainSource(FileDescriptor file, std::int64_t size) : file_(std::move(file)), size_(size) {}

  std::size_t read(std::int64_t offset, std::span<char> into) override {
    return read_at(file_.get(), offset, into);
  }
  bool reaches(std::int64_t length) override { return length <= size_; }

 private:
  FileDescriptor file_;
  std::int64_t size_;
};

// What was inflated last stays at hand, so that the readers of headers, which look ahead and come
// back, never make it begin anew.
class GzipSource final : public ByteSource {
 public:
  GzipSource(FileDescriptor file, std::int64_t limit) : file_(std::move(file)), limit_(limit) {}

  std::size_t read(std::int64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    while (done < into.size() && hold(offset + static_cast<std::int64_t>(done))) {
      const auto at = static_cast<std::size_t>(offset - begin_) + done;
      const std::size_t part = std::min(into.size() - done, held_ - at);
      std::copy_n(window_.data() + at, part, into.data() + done);
      done += part;
    }
    return done;
  }
  bool reaches(std::int64_t length) override { return length <= 0 || hold(length - 1); }

 private:
  static constexpr std::size_t kept = 1 << 16;
  static constexpr std::size_t step = 1 << 16;

  // Brings the byte at `offset` into the window; false when the file ends before it.
  bool hold(std::int64_t offset) {
    if (offset < begin_) rewind();
    while (offset >= begin_ + static_cast<std::int64_t>(held_)) {
      if (!advance()) return false;
    }
    return true;
  }

  void rewind() {
    inflater_.reset();
    begin_ = input_offset_ = 0;
    held_ = 0;
    ended_ = failed_ = false;
  }

  // Inflates the next bytes; false at the end. What comes before damage is still of use: it is told
  // when there is nothing else.
  bool advance() {
    if (held_ > kept) {
      std::copy(window_.begin() + static_cast<std::ptrdiff_t>(held_ - kept),
                window_.begin() + static_cast<std::ptrdiff_t>(held_), window_.begin());
      begin_ += static_cast<std::int64_t>(held_ - kept);
      held_ = kept;
    }
    const std::size_t got = inflate_into({window_.data() + held_, step});
    held_ += got;
    if (got == 0 && failed_) {
      throw Failure(FailureKind::corrupt_data, "the compressed file is damaged");
    }
    if (begin_ + static_cast<std::int64_t>(held_) > limit_) {
      throw Failure(FailureKind::too_large,
                    fmt::format("the compressed file inflates to more than {} bytes", limit_));
    }
    return got > 0;
  }

  std::size_t inflate_into(std::span<char> into) {
    z_stream& z = inflater_.stream();
    z.next_out = reinterpret_cast<Bytef*>(into.data());
    z.avail_out = static_cast<uInt>(into.size());
    while (z.avail_out > 0 && !ended_ && !failed_) {
      // A stream that only stops is damaged too: its checksum, which comes last, was not seen.
      if (z.avail_in == 0 && !refill()) {
        failed_ = true;
        break;
      }
      const int status = ::inflate(&z, Z_NO_FLUSH);
      if (status == Z_STREAM_END) next_member();
      failed_ = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR;
    }
    return into.size() - z.avail_out;
  }

  // A gzip file may consist of several members (RFC 1952 section 2.2); what follows and is none is
  // ignored, as gzip does.
  void next_member() {
    z_stream& z = inflater_.stream();
    if (z.avail_in == 0 && !refill()) {
      ended_ = true;
    } else if (*z.next_in == 0x1f) {
      inflateReset(&z);
    } else {
      ended_ = true;
    }
  }

  bool refill() {
    const std::size_t got = read_at(file_.get(), input_offset_, input_);
    input_offset_ += static_cast<std::int64_t>(got);
    inflater_.stream().next_in = reinterpret_cast<Bytef*>(input_.data());
    inflater_.stream().avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  FileDescriptor file_;
  std::int64_t limit_;
  Inflater inflater_;
  std::int64_t begin_ = 0;  // of the window, in inflated bytes
  std::size_t held_ = 0;
  std::int64_t input_offset_ = 0;  // of compressed ones
  bool ended_ = false, failed_ = false;
  std::array<char, 1 << 16> input_;
  std::array<char, kept + step> window_;
};

}  // namespace

FileDescriptor open_regular(const std::string& path) {
  // Not blocking: a named pipe in the archive must not hang the reader.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw unreachable(errno);
  return file;
}

Identity identify(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw unreachable(errno);
  if (!S_ISREG(status.st_mode)) {
    throw Failure(FailureKind::unavailable, "the file is no regular file");
  }
  return identity_of(status);
}

Identity identify(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw unreachable(errno);
  return identity_of(status);
}

std::size_t read_at(int descriptor, std::int64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(descriptor, into.data() + done, into.size() - done,
                                offset + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw unreachable(errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

OpenSource open_source(const std::string& path, std::int64_t gzip_limit) {
  FileDescriptor file = open_regular(path);
  OpenSource source;
  source.identity = identify(file.get());
  std::array<char, 2> magic{};
  source.gzipped =
      read_at(file.get(), 0, magic) == magic.size() && magic[0] == '\x1f' && magic[1] == '\x8b';
  if (source.gzipped) {
    source.bytes = std::make_unique<GzipSource>(std::move(file), gzip_limit);
  } else {
    source.bytes = std::make_unique<PlainSource>(std::move(file), source.identity.size);
  }
  return source;
}

}  // namespace soda::fits
