#include "data/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "http/file_body.h"
#include "http/handoff.h"

namespace soda::data {
namespace {

fits::Identity identity_of(const struct stat& status) {
  return {status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
          status.st_ino};
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

http::Response file_response(const http::Request& request, const StoredFile& file) {
  struct stat status {};
  if (::stat(file.absolute.c_str(), &status) != 0) refuse_missing();
  check(status, file.expected);
  http::Response response;
  response.add("Content-Type", file.content_type);
  const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
  response.add(
      "Content-Disposition",
      http::disposition(file.content_type.starts_with("text/") ? "inline" : "attachment", name));
  // Text that is no HTML must not be taken for it.
  response.add("X-Content-Type-Options", "nosniff");
  http::add_validators(response, status);
  if (http::hand_over(request, response, {file.root, file.path, file.absolute}, status.st_size)) {
    return response;
  }
  FileDescriptor open(::open(file.absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat opened {};
  if (!open || ::fstat(open.get(), &opened) != 0) refuse_missing();
  check(opened, identity_of(status));
  response.body = http::file_body(std::move(open), status.st_size);
  return response;
}

}  // namespace soda::data
