#include "data/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"
#include "data/handoff.h"

namespace soda::data {
namespace {

constexpr std::size_t piece = std::size_t{256} << 10;

class FileBody final : public http::Body {
 public:
  FileBody(FileDescriptor file, std::int64_t size) : file_(std::move(file)), size_(size) {}
  std::int64_t size() const override { return size_; }
  void write(http::Sink& sink, std::int64_t first, std::int64_t count) override {
    ::posix_fadvise(file_.get(), first, count, POSIX_FADV_SEQUENTIAL);
    std::vector<char> buffer(static_cast<std::size_t>(std::min<std::int64_t>(count, piece)));
    while (count > 0) {
      const auto wanted = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(count));
      const ssize_t got = ::pread(file_.get(), buffer.data(), wanted, first);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        throw Failure(FailureKind::corrupt_data, "the file has become shorter, or cannot be read");
      }
      sink.write(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
      first += got;
      count -= got;
    }
  }

 private:
  FileDescriptor file_;
  std::int64_t size_;
};

fits::Identity identity_of(const struct stat& status) {
  return {status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          status.st_ino};
}

std::string entity_tag(const fits::Identity& identity) {
  return fmt::format("\"{:x}-{:x}-{:x}\"", identity.size, identity.mtime_ns, identity.inode);
}

void check(const struct stat& status, const std::optional<fits::Identity>& expected) {
  if (!S_ISREG(status.st_mode)) {
    throw Failure(FailureKind::corrupt_data, "the file is no regular file");
  }
  if (expected && identity_of(status) != *expected) {
    throw Failure(FailureKind::corrupt_data, "the file has changed since it was ingested");
  }
}

[[noreturn]] void refuse_missing() {
  throw Failure(FailureKind::unavailable, "the file is not there, or cannot be opened");
}

}  // namespace

void check_identity(const std::string& path, const fits::Identity& expected) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) refuse_missing();
  check(status, expected);
}

std::string disposition(std::string_view kind, std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool risky = c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%';
    plain += risky ? '_' : c;
  }
  std::string value = fmt::format("{}; filename=\"{}\"", kind, plain);
  if (plain != name && is_utf8(name)) value += "; filename*=UTF-8''" + percent_encode(name);
  return value;
}

std::unique_ptr<http::Body> file_body(FileDescriptor file, std::int64_t size) {
  return std::make_unique<FileBody>(std::move(file), size);
}

http::Response file_response(const http::Request& request, const StoredFile& file) {
  struct stat status {};
  if (::stat(file.absolute.c_str(), &status) != 0) refuse_missing();
  check(status, file.expected);
  http::Response response;
  response.add("Content-Type", file.content_type);
  const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
  response.add("Content-Disposition",
               disposition(file.content_type.starts_with("text/") ? "inline" : "attachment", name));
  // Text that is no HTML must not be taken for it.
  response.add("X-Content-Type-Options", "nosniff");
  response.add("ETag", entity_tag(identity_of(status)));
  response.add("Last-Modified",
               http_date(std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec)));
  if (hand_over(request, response, {file.root, file.path, file.absolute}, status.st_size)) {
    return response;
  }
  FileDescriptor open(::open(file.absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat opened {};
  if (!open || ::fstat(open.get(), &opened) != 0) refuse_missing();
  check(opened, identity_of(status));
  response.body = file_body(std::move(open), status.st_size);
  return response;
}

}  // namespace soda::data
