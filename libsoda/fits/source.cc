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

class GzipSource final : public ByteSource {
 public:
  GzipSource(FileDescriptor file, std::int64_t limit) : file_(std::move(file)), limit_(limit) {}

  std::size_t read(std::int64_t offset, std::span<char> into) override {
    if (!skip_to(offset)) return 0;
    return inflate_into(into);
  }
  bool reaches(std::int64_t length) override { return skip_to(length); }

 private:
  bool skip_to(std::int64_t offset) {
    if (offset < position_) rewind();
    while (position_ < offset) {
      const auto step = std::min<std::int64_t>(offset - position_, waste_.size());
      if (inflate_into({waste_.data(), static_cast<std::size_t>(step)}) == 0) return false;
    }
    return true;
  }

  void rewind() {
    inflater_.reset();
    position_ = input_offset_ = 0;
    ended_ = false;
  }

  std::size_t inflate_into(std::span<char> into) {
    z_stream& z = inflater_.stream();
    std::size_t done = 0;
    while (done < into.size() && !ended_) {
      // A stream that only stops is damaged too: its checksum, which comes last, was not seen.
      if (z.avail_in == 0 && !refill()) damaged();
      const std::size_t room = std::min<std::size_t>(into.size() - done, 1U << 30);
      z.next_out = reinterpret_cast<Bytef*>(into.data() + done);
      z.avail_out = static_cast<uInt>(room);
      const int status = ::inflate(&z, Z_NO_FLUSH);
      done += room - z.avail_out;
      if (status == Z_STREAM_END) next_member();
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) damaged();
    }
    position_ += static_cast<std::int64_t>(done);
    if (position_ > limit_) {
      throw Failure(FailureKind::too_large,
                    fmt::format("the compressed file inflates to more than {} bytes", limit_));
    }
    return done;
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

  [[noreturn]] static void damaged() {
    throw Failure(FailureKind::corrupt_data, "the compressed file is damaged");
  }

  FileDescriptor file_;
  std::int64_t limit_;
  Inflater inflater_;
  std::int64_t position_ = 0;      // of inflated bytes
  std::int64_t input_offset_ = 0;  // of compressed ones
  bool ended_ = false;
  std::array<char, 1 << 16> input_;
  std::array<char, 1 << 16> waste_;
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
