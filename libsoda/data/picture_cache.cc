#include "data/picture_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "base/fingerprint.h"
#include "base/text.h"

namespace soda::data {
namespace {

constexpr std::uint64_t folders = 64;
constexpr std::string_view growing_suffix = ".part";
constexpr std::time_t abandoned_after = 3600;  // seconds; of a process that died
constexpr std::time_t use_is_told_every = 60;  // seconds
constexpr std::chrono::milliseconds patience{15000}, pause{5};
constexpr mode_t folder_mode = 0755;

// Whatever our umask.
mode_t mode_for(For whom) { return whom == For::all ? 0644 : 0600; }

std::string reason(std::string_view what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

// Empty: it is there.
std::string make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), folder_mode) == 0) {
    // The umask took rights away.
    if (::chmod(path.c_str(), folder_mode) != 0) return reason("chmod of a folder");
    return {};
  }
  return errno == EEXIST ? std::string() : reason("mkdir");
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

// Empty: all is written and on the disk, so that no power cut leaves half a picture under the name.
std::string write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const FileDescriptor out(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return reason("open");
  if (::fchmod(out.get(), mode) != 0) return reason("chmod");
  if (!write_all(out.get(), bytes)) return reason("write");
  if (::fdatasync(out.get()) != 0) return reason("fdatasync");
  return {};
}

struct Kept {
  std::string path;
  std::int64_t size = 0;
  std::time_t used = 0;
};

}  // namespace

PictureCache::PictureCache(std::string folder, std::int64_t limit)
    : folder_(limit > 0 ? std::move(folder) : std::string()),
      share_(limit / static_cast<std::int64_t>(folders)) {}

std::string PictureCache::below(const std::string& name) const {
  return fmt::format("{:02x}/{}", Fingerprint().add(name).value() % folders, name);
}

std::optional<PictureCache::Picture> PictureCache::find(const std::string& name) const {
  if (folder_.empty()) return std::nullopt;
  Picture picture;
  picture.path = below(name);
  picture.absolute = folder_ + "/" + picture.path;
  picture.file = FileDescriptor(
      ::open(picture.absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!picture.file || ::fstat(picture.file.get(), &picture.status) != 0 ||
      !S_ISREG(picture.status.st_mode) || picture.status.st_size == 0) {
    return std::nullopt;
  }
  if (picture.status.st_atim.tv_sec + use_is_told_every <= ::time(nullptr)) {
    // Failing, it is thrown out earlier than it might be.
    const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    ::futimens(picture.file.get(), times);
  }
  return picture;
}

FileDescriptor PictureCache::turn(const std::string& name) const {
  if (folder_.empty()) return {};
  make_folder(folder_);
  FileDescriptor lock(
      ::open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return {};
  // One byte of the lock file stands for each picture; nothing is ever written there.
  struct flock byte {};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  byte.l_start = static_cast<off_t>(Fingerprint().add(name).value() >> 2);
  byte.l_len = 1;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::fcntl(lock.get(), F_OFD_SETLK, &byte) != 0) {
    const bool taken = errno == EAGAIN || errno == EACCES || errno == EINTR;
    if (!taken || std::chrono::steady_clock::now() > end) return {};
    std::this_thread::sleep_for(pause);
  }
  return lock;
}

std::string PictureCache::make_room(const std::string& folder, std::int64_t needed) const {
  const Handle<DIR, closedir> directory(::opendir(folder.c_str()));
  if (!directory) return reason("opendir");
  std::vector<Kept> kept;
  std::int64_t total = needed;
  const std::time_t now = ::time(nullptr);
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string path = fmt::format("{}/{}", folder, entry->d_name);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (path.ends_with(growing_suffix)) {
      if (status.st_mtim.tv_sec + abandoned_after < now) ::unlink(path.c_str());
      continue;
    }
    kept.push_back({path, status.st_size, status.st_atim.tv_sec});
    total += status.st_size;
  }
  std::ranges::sort(kept, {}, &Kept::used);
  for (const Kept& each : kept) {
    if (total <= share_) break;
    if (::unlink(each.path.c_str()) == 0 || errno == ENOENT) total -= each.size;
  }
  return total <= share_ ? std::string() : "room cannot be made";
}

std::string PictureCache::keep(const std::string& name, std::string_view bytes, For whom) const {
  if (folder_.empty()) return {};
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size > share_) {
    return fmt::format("a picture of {} bytes is larger than a 64th of the limit", size);
  }
  const std::string target = folder_ + "/" + below(name);
  const std::string folder = target.substr(0, target.rfind('/'));
  if (std::string problem = make_folder(folder_); !problem.empty()) return problem;
  if (std::string problem = make_folder(folder); !problem.empty()) return problem;
  if (std::string problem = make_room(folder, size); !problem.empty()) return problem;
  const std::string growing = fmt::format("{}.{}{}", target, ::getpid(), growing_suffix);
  // What a process of the same number left when it died.
  ::unlink(growing.c_str());
  std::string problem = write_file(growing, bytes, mode_for(whom));
  if (problem.empty() && ::rename(growing.c_str(), target.c_str()) != 0) problem = reason("rename");
  if (!problem.empty()) ::unlink(growing.c_str());
  return problem;
}

}  // namespace soda::data
