#include "ingest/walk.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/handle.h"
#include "base/text.h"

namespace soda::ingest {
namespace {

namespace fs = std::filesystem;

bool ends_with_ignoring_case(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

bool has_fits_suffix(std::string_view name) {
  constexpr std::array suffixes = {".fits", ".fit", ".fts", ".fz"};
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](const char* suffix) { return ends_with_ignoring_case(name, suffix); });
}

std::string reason(int code) { return std::generic_category().message(code); }

class Walker {
 public:
  Walker(const Roots& roots, Walk& into) : roots_(roots), into_(into) {}

  void enter(const std::string& start) {
    std::vector<std::string> folders = {start};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      struct stat status {};
      if (::stat(folder.c_str(), &status) != 0) {
        into_.unreadable.push_back({folder, reason(errno)});
        continue;
      }
      // A folder may be met again by a link, or be its own ancestor.
      if (entered_.emplace(status.st_dev, status.st_ino).second) list(folder, folders);
    }
  }

  void add_file(const std::string& path) {
    const bool gzip = ends_with_ignoring_case(path, ".gz");
    if (has_fits_suffix(gzip ? std::string_view(path).substr(0, path.size() - 3)
                             : std::string_view(path))) {
      into_.candidates.push_back({path, true});
    } else if (gzip) {
      into_.candidates.push_back({path, false});
    } else {
      ++into_.other;
    }
  }

 private:
  void list(const std::string& folder, std::vector<std::string>& folders) {
    const std::unique_ptr<DIR, Release<::closedir>> handle(::opendir(folder.c_str()));
    if (!handle) {
      into_.unreadable.push_back({folder, reason(errno)});
      return;
    }
    errno = 0;
    while (const dirent* entry = ::readdir(handle.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      look_at(folder == "/" ? fmt::format("/{}", name) : fmt::format("{}/{}", folder, name),
              folders);
      errno = 0;
    }
    if (errno != 0) into_.unreadable.push_back({folder, reason(errno)});
  }

  void look_at(std::string path, std::vector<std::string>& folders) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;  // gone since the folder was read
    if (S_ISLNK(status.st_mode)) {
      const std::optional<std::string> target = follow(path);
      if (!target || ::stat(target->c_str(), &status) != 0) return;
      path = *target;
    }
    if (S_ISDIR(status.st_mode)) folders.push_back(std::move(path));
    if (S_ISREG(status.st_mode)) add_file(path);
  }

  std::optional<std::string> follow(const std::string& link) {
    std::error_code error;
    const std::string target = fs::canonical(link, error).string();
    if (error) {
      if (has_fits_suffix(link))
        into_.unreadable.push_back({link, "the link leads nowhere: " + error.message()});
      return std::nullopt;
    }
    if (!roots_.relate(target)) {
      into_.unreadable.push_back(
          {link, fmt::format("the link leads to {}, outside the data roots", target)});
      return std::nullopt;
    }
    return target;
  }

  const Roots& roots_;
  Walk& into_;
  std::set<std::pair<dev_t, ino_t>> entered_;
};

}  // namespace

void walk(const std::string& start, const Roots& roots, Walk& into) {
  std::error_code error;
  if (fs::is_directory(start, error)) {
    Walker(roots, into).enter(start);
  } else {
    into.candidates.push_back({start, true});
  }
}

void tidy(Walk& walk) {
  // A file named by the user goes before the same one found by its suffix.
  const auto order = [](const Candidate& a, const Candidate& b) {
    return std::pair(std::string_view(a.path), !a.by_name) <
           std::pair(std::string_view(b.path), !b.by_name);
  };
  std::sort(walk.candidates.begin(), walk.candidates.end(), order);
  const auto end =
      std::unique(walk.candidates.begin(), walk.candidates.end(),
                  [](const Candidate& a, const Candidate& b) { return a.path == b.path; });
  walk.candidates.erase(end, walk.candidates.end());
}

}  // namespace soda::ingest
