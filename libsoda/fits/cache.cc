// The open files of one process, and the folder of unpacked ones that processes share.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <list>

#include "base/failure.h"
#include "base/fingerprint.h"
#include "fits/file.h"
#include "fits/source.h"

namespace soda::fits {
namespace {

constexpr std::string_view finished_suffix = ".fits";
constexpr std::string_view growing_suffix = ".part";
constexpr std::time_t abandoned_after = 3600;  // seconds; a .part file of a process that died

struct Unpacked {
  std::string path;
  std::int64_t size = 0;
  std::time_t used = 0;  // its modification time, which every opening renews
  bool growing = false;
};

Failure folder_trouble(const char* what) {
  return {FailureKind::unavailable,
          fmt::format("the cache of unpacked files cannot be {} ({})", what, std::strerror(errno))};
}

std::vector<Unpacked> list_folder(const std::string& folder) {
  const Handle<DIR, closedir> directory(::opendir(folder.c_str()));
  if (!directory) throw folder_trouble("read");
  std::vector<Unpacked> files;
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    const bool growing = name.ends_with(growing_suffix);
    if (!growing && !name.ends_with(finished_suffix)) continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;  // just deleted
    files.push_back({path, status.st_size, status.st_mtim.tv_sec, growing});
  }
  return files;
}

// Deletes the least recently used files until all together are below `limit`. One that is in
// use elsewhere stays readable there until it is closed.
void make_room(const std::string& folder, std::int64_t limit) {
  std::vector<Unpacked> files = list_folder(folder);
  std::sort(files.begin(), files.end(),
            [](const Unpacked& a, const Unpacked& b) { return a.used < b.used; });
  std::int64_t total = 0;
  for (const Unpacked& file : files) total += file.size;
  const std::time_t now = std::time(nullptr);
  for (const Unpacked& file : files) {
    const bool abandoned = file.growing && file.used + abandoned_after < now;
    if (!abandoned && (total <= limit || file.growing)) continue;
    if (::unlink(file.path.c_str()) == 0) total -= file.size;
  }
}

// Two files never share a name: the inode and times tell them apart on one disk, the hash of the
// path on several.
std::string name_of(const std::string& path, const Identity& identity) {
  return fmt::format("{:016x}-{:x}-{:x}-{:x}", Fingerprint().add(path).value(), identity.inode,
                     identity.size, identity.mtime_ns);
}

void write_all(int descriptor, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw folder_trouble("written");
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

// Removes a half-written file unless it was renamed away.
class Growing {
 public:
  explicit Growing(std::string path) : path_(std::move(path)) {}
  ~Growing() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;
  const std::string& path() const noexcept { return path_; }
  void finish(const std::string& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) throw folder_trouble("written");
    path_.clear();
  }

 private:
  std::string path_;
};

void unpack(const std::string& path, const Identity& expected, const std::string& folder,
            const std::string& target, std::int64_t limit) {
  const OpenSource source = open_source(path, limit);
  if (source.identity != expected || !source.gzipped) {
    throw Failure(FailureKind::corrupt_data, "the file has changed since it was ingested");
  }
  Growing growing(fmt::format("{}.{}{}", target, ::getpid(), growing_suffix));
  const FileDescriptor out(
      ::open(growing.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) throw folder_trouble("written");
  std::vector<char> buffer(std::size_t{1} << 18);
  constexpr std::int64_t between_checks = std::int64_t{16} << 20;
  std::int64_t offset = 0, checked = 0;
  while (const std::size_t got = source.bytes->read(offset, buffer)) {
    write_all(out.get(), {buffer.data(), got});
    offset += static_cast<std::int64_t>(got);
    if (offset - checked >= between_checks) {
      make_room(folder, limit);
      checked = offset;
    }
  }
  make_room(folder, limit);
  growing.finish(target);
}

}  // namespace

struct FileCache::Impl {
  struct Entry {
    std::string path;
    Identity expected;
    std::shared_ptr<const MappedFile> file;
  };

  explicit Impl(Settings given) : settings(std::move(given)) {}

  std::shared_ptr<const MappedFile> open_new(const std::string& path, const Identity& expected,
                                             bool gzipped) const {
    if (!gzipped) {
      return std::make_shared<const MappedFile>(path, expected, settings.access, workspace);
    }
    return open_unpacked(path, expected);
  }

  std::shared_ptr<const MappedFile> open_unpacked(const std::string& path,
                                                  const Identity& expected) const {
    const std::string& folder = settings.unpack_folder;
    if (folder.empty()) {
      throw Failure(FailureKind::unavailable,
                    "the file is compressed as a whole, and no folder to unpack it is set");
    }
    const std::string target =
        fmt::format("{}/{}{}", folder, name_of(path, expected), finished_suffix);
    if (::access(target.c_str(), R_OK) != 0) {
      unpack(path, expected, folder, target, settings.unpack_limit);
    }
    // Its time says when it was last used; set before it is opened.
    ::utimensat(AT_FDCWD, target.c_str(), nullptr, 0);
    return std::make_shared<const MappedFile>(open_regular(target), settings.access, workspace);
  }

  // Views of pages are shared out in sum: the least recently used files give theirs back first.
  void share_out() const {
    for (auto i = entries.rbegin(); i != entries.rend(); ++i) {
      if (workspace->resident <= workspace->resident_limit / 2) return;
      if (i->file != entries.front().file) i->file->forget();
    }
  }

  Settings settings;
  std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>();
  std::list<Entry> entries;  // most recent first
};

FileCache::FileCache() : FileCache(Settings{}) {}
FileCache::FileCache(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
FileCache::~FileCache() = default;

std::shared_ptr<const MappedFile> FileCache::open(const std::string& path, const Identity& expected,
                                                  bool gzipped) {
  auto& entries = impl_->entries;
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Impl::Entry& entry) {
    return entry.expected == expected && entry.path == path;
  });
  if (found != entries.end()) {
    // One stat: what has changed or vanished since ingest is not served from what is open still.
    if (identify(path) != expected) {
      entries.erase(found);
      throw Failure(FailureKind::corrupt_data, "the file has changed since it was ingested");
    }
    entries.splice(entries.begin(), entries, found);
  } else {
    // An older version of the same file is of no more use.
    entries.remove_if([&](const Impl::Entry& entry) { return entry.path == path; });
    entries.push_front({path, expected, impl_->open_new(path, expected, gzipped)});
    if (entries.size() > std::max<std::size_t>(impl_->settings.capacity, 1)) entries.pop_back();
  }
  impl_->share_out();
  return entries.front().file;
}

}  // namespace soda::fits
