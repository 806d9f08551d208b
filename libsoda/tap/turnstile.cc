#include "tap/turnstile.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

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

int lock(int file, short type, off_t byte) noexcept {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return ::fcntl(file, F_OFD_SETLK, &range);
}

// Whether others who open the file find this one.
bool has_name(int file) noexcept {
  struct stat status {};
  return ::fstat(file, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

Turnstile::Place::~Place() {
  if (lock(file_.get(), F_UNLCK, byte_) == 0) home_.idle_ = std::move(file_);
}

Turnstile::Turnstile(std::string path, std::int64_t places)
    : path_(std::move(path)), places_(places) {}

FileDescriptor Turnstile::file() {
  FileDescriptor file = std::move(idle_);
  return file && has_name(file.get()) ? std::move(file) : opened(path_);
}

std::unique_ptr<Turnstile::Place> Turnstile::enter(std::string_view key) {
  FileDescriptor file = this->file();
  // Offsets are positive: 40 bits for users, and beyond any number of places.
  const auto first = static_cast<off_t>((Fingerprint().add(key).value() >> 24) << 16);
  for (std::int64_t place = 0; place < places_; ++place) {
    if (lock(file.get(), F_WRLCK, first + place) == 0)
      return std::unique_ptr<Place>(new Place(*this, std::move(file), first + place));
  }
  throw Failure(FailureKind::unavailable,
                fmt::format("{} queries of yours are running, which is as many as there may be at "
                            "a time; wait, or use async",
                            places_));
}

}  // namespace soda::tap
