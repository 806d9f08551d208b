#include "tap/turnstile.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/failure.h"
#include "base/fingerprint.h"

namespace soda::tap {
namespace {

FileDescriptor opened(const std::string& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  FileDescriptor file(::open(path.c_str(), flags, 0666));
  if (file) return file;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  file = FileDescriptor(::open(path.c_str(), flags, 0666));
  if (file) return file;
  throw Failure(FailureKind::unavailable, "queries cannot be counted at the moment");
}

}  // namespace

Turnstile::Turnstile(std::string path, std::int64_t places)
    : path_(std::move(path)), places_(places) {}

FileDescriptor Turnstile::enter(std::string_view key) const {
  FileDescriptor file = opened(path_);
  // Offsets are positive: 40 bits for users, and beyond any number of places.
  const auto first = static_cast<off_t>((Fingerprint().add(key).value() >> 24) << 16);
  for (std::int64_t place = 0; place < places_; ++place) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = first + place;
    range.l_len = 1;
    if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0) return file;
  }
  throw Failure(FailureKind::unavailable,
                fmt::format("{} queries of yours are running, which is as many as there may be at "
                            "a time; wait, or use async",
                            places_));
}

}  // namespace soda::tap
