#include "http/file_body.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"

namespace soda::http {
namespace {

constexpr std::size_t piece = std::size_t{256} << 10;

class FileBody final : public Body {
 public:
  FileBody(FileDescriptor file, std::int64_t size, std::int64_t start)
      : file_(std::move(file)), size_(size), start_(start) {}
  std::int64_t size() const override { return size_; }
  void write(Sink& sink, std::int64_t first, std::int64_t count) override {
    first += start_;
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
  std::int64_t size_, start_;
};

}  // namespace

std::string disposition(std::string_view kind, std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool risky = c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%';
    plain += risky ? '_' : c;
  }
  std::string value = std::string(kind) + "; filename=\"" + plain + "\"";
  if (plain != name && is_utf8(name)) value += "; filename*=UTF-8''" + percent_encode(name);
  return value;
}

void add_validators(Response& response, const struct stat& status) {
  const std::int64_t nanoseconds =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  response.add("ETag",
               fmt::format("\"{:x}-{:x}-{:x}\"", status.st_size, nanoseconds, status.st_ino));
  response.add("Last-Modified",
               http_date(std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec)));
}

std::unique_ptr<Body> file_body(FileDescriptor file, std::int64_t size, std::int64_t start) {
  return std::make_unique<FileBody>(std::move(file), size, start);
}

}  // namespace soda::http
