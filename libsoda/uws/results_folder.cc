#include "uws/results_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/handle.h"

namespace soda::uws {
namespace {

namespace fs = std::filesystem;

// Beyond it one wait for the whole file system costs less than one for each file.
constexpr std::size_t most_waits = 64;
constexpr std::string_view part_end = ".part";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor open(const std::string& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC));
  if (!file) fail("open");
  return file;
}

void synchronise(const std::string& path, int flags) {
  const FileDescriptor file = open(path, flags);
  if (::fsync(file.get()) != 0) fail("fsync");
}

}  // namespace

bool is_result_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::string ResultsFolder::file(std::string_view job, std::string_view name) const {
  return fmt::format("{}/{}/{}", path_, job, name);
}

std::string ResultsFolder::part(std::string_view job, std::string_view name,
                                std::int64_t writer) const {
  const std::string folder = fmt::format("{}/{}", path_, job);
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) fail("mkdir");
  const std::string path = fmt::format("{}/.{}.{}{}", folder, name, writer, part_end);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("unlink");
  return path;
}

std::int64_t ResultsFolder::keep(const std::string& part, std::string_view job,
                                 std::string_view name) const {
  struct stat status {};
  if (::stat(part.c_str(), &status) != 0) fail("stat");
  if (std::rename(part.c_str(), file(job, name).c_str()) != 0) fail("rename");
  return status.st_size;
}

bool ResultsFolder::holds(std::string_view job, std::string_view name, std::int64_t size) const {
  struct stat status {};
  return ::stat(file(job, name).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_size == size;
}

void ResultsFolder::make_durable(std::string_view job, std::span<const std::string> names) const {
  if (names.empty()) return;
  const std::string folder = fmt::format("{}/{}", path_, job);
  if (names.size() > most_waits) {
    const FileDescriptor any = open(folder, O_DIRECTORY);
    if (::syncfs(any.get()) != 0) fail("syncfs");
    return;
  }
  for (const std::string& name : names) synchronise(file(job, name), 0);
  synchronise(folder, O_DIRECTORY);
  synchronise(path_, O_DIRECTORY);
}

void ResultsFolder::remove_parts(std::string_view job) const {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(fmt::format("{}/{}", path_, job), gone)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(part_end)) ::unlink(entry.path().c_str());
  }
}

void ResultsFolder::remove(std::string_view job, std::string_view name) const {
  if (::unlink(file(job, name).c_str()) != 0 && errno != ENOENT) fail("unlink");
}

bool ResultsFolder::clear(std::string_view job, std::size_t limit) const {
  const fs::path folder = fs::path(path_) / job;
  std::error_code error;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (++count > limit) return false;
    fs::remove_all(entry.path(), error);
  }
  // Not empty, when something could not be removed or has come meanwhile.
  fs::remove(folder, error);
  return !fs::exists(folder, error);
}

std::vector<std::string> ResultsFolder::jobs() const {
  std::vector<std::string> out;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(path_, gone)) {
    if (entry.is_directory(gone)) out.push_back(entry.path().filename().string());
  }
  return out;
}

}  // namespace soda::uws
