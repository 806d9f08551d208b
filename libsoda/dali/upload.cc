#include "dali/upload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"

namespace soda::dali {
namespace {

constexpr std::string_view scheme = "param:";
constexpr std::size_t longest_name = 64;

bool is_plain(std::string_view name) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= longest_name &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

[[noreturn]] void fail_of_disk(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_file(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!file) fail_of_disk("open");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_of_disk("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  // The job that is made next outlives a loss of power, and must find its table then.
  if (::fsync(file.get()) != 0) fail_of_disk("fsync");
}

}  // namespace

UploadedTable parse_upload(std::string_view value) {
  const auto comma = value.find(',');
  const std::string_view name = trim(value.substr(0, comma));
  const std::string_view where =
      comma == std::string_view::npos ? std::string_view() : trim(value.substr(comma + 1));
  if (!is_plain(name) || where.empty()) {
    throw Failure(
        FailureKind::usage,
        fmt::format("UPLOAD: NAME,param:PART is expected, received \"{}\"", quoted(value)),
        "UPLOAD");
  }
  if (!starts_with_ignoring_case(where, scheme)) {
    throw Failure(FailureKind::usage,
                  fmt::format("UPLOAD: a table is taken from the request itself (param:PART); "
                              "addresses are not fetched, received \"{}\"",
                              quoted(value)),
                  "UPLOAD");
  }
  const std::string_view part = where.substr(scheme.size());
  if (!is_plain(part)) {
    throw Failure(FailureKind::usage,
                  fmt::format("UPLOAD: the name of a part has 1 to {} letters, digits or \"-_.\", "
                              "received \"{}\"",
                              longest_name, quoted(part)),
                  "UPLOAD");
  }
  return {std::string(name), std::string(part)};
}

std::string upload_path(std::string_view folder, std::string_view job, std::string_view part) {
  // Begins with a full stop, as no result does.
  return fmt::format("{}/{}/.upload-{}.table", folder, job, part);
}

void keep_uploads(const http::Form& form, const std::vector<std::string>& values,
                  std::string_view folder, std::string_view job) {
  for (const auto& value : values) {
    const UploadedTable table = parse_upload(value);
    const auto found = std::ranges::find_if(form.uploads, [&](const http::Upload& upload) {
      return equal_ignoring_case(upload.name, table.part);
    });
    if (found == form.uploads.end()) {
      throw Failure(FailureKind::usage,
                    fmt::format("UPLOAD: the request has no part \"{}\" with a file", table.part),
                    "UPLOAD");
    }
    const std::string own = fmt::format("{}/{}", folder, job);
    if (::mkdir(own.c_str(), 0777) != 0 && errno != EEXIST) fail_of_disk("mkdir");
    write_file(upload_path(folder, job, table.part), found->content);
  }
}

}  // namespace soda::dali
