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

#include "http/file_sink.h"

namespace soda::uws {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_end = ".part";
constexpr std::string_view bundle_end = ".bundle";
constexpr unsigned write_and_wait =
    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

bool is_result_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::string bundle_name(std::int64_t lease, std::int64_t number) {
  return fmt::format(".{}-{}{}", lease, number, bundle_end);
}

std::string ResultsFolder::file(std::string_view job, std::string_view name) const {
  return fmt::format("{}/{}/{}", path_, job, name);
}

std::string ResultsFolder::place(std::string_view job, std::string_view name) const {
  const std::string folder = fmt::format("{}/{}", path_, job);
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) fail("mkdir");
  return file(job, name);
}

std::string ResultsFolder::part(std::string_view job, std::string_view name,
                                std::int64_t writer) const {
  std::string path = place(job, fmt::format(".{}.{}{}", name, writer, part_end));
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

std::int64_t ResultsFolder::size(std::string_view job, std::string_view name) const {
  struct stat status {};
  const bool there = ::stat(file(job, name).c_str(), &status) == 0 && S_ISREG(status.st_mode);
  return there ? status.st_size : -1;
}

void ResultsFolder::make_durable(std::string_view job, std::span<const std::string> names) const {
  if (names.empty()) return;
  // The file system's log is written once for all whose bytes are on the disk already.
  for (const std::string& name : names) {
    const FileDescriptor one = http::open_to_read(file(job, name));
    ::sync_file_range(one.get(), 0, 0, write_and_wait);
  }
  for (const std::string& name : names) http::settle(file(job, name));
  http::settle(fmt::format("{}/{}", path_, job));
  http::settle(path_);
}

void ResultsFolder::tidy(std::string_view job, std::span<const std::string> names) const {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(fmt::format("{}/{}", path_, job), gone)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours =
        name.starts_with('.') && (name.ends_with(part_end) || name.ends_with(bundle_end));
    if (is_ours && std::ranges::find(names, name) == names.end()) ::unlink(entry.path().c_str());
  }
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
