#include "dali/upload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "http/public_address.h"

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

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail_of_disk("mkdir");
}

std::string folder_of(std::string_view results, std::string_view job) {
  return fmt::format("{}/{}", results, job);
}

// The folder of all results may be missing, too: the worker, which makes it, need not have run yet.
void make_folders(const std::string& results, std::string_view job) {
  make_folder(results);
  make_folder(folder_of(results, job));
}

std::string_view host_of(std::string_view address) {
  address.remove_prefix(address.find("://") + 3);
  address = address.substr(0, address.find_first_of("/?#\\"));
  if (const auto at = address.rfind('@'); at != std::string_view::npos) {
    address.remove_prefix(at + 1);
  }
  const auto bracket = address.rfind(']');
  const auto colon = address.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return address.substr(0, colon);
}

// What can be told of an address without looking anywhere; the rest is found when it is fetched.
void refuse_unless_fetched(const site::Config& config, std::string_view value,
                           const std::string& address) {
  const std::string& from = config.text("upload_addresses");
  if (from == "any" || (from == "public" && http::may_be_public(host_of(address)))) return;
  if (from == "public") {
    throw Failure(
        FailureKind::usage,
        fmt::format("UPLOAD: the address {} leads to a place that is not public", quoted(address)),
        "UPLOAD");
  }
  throw Failure(FailureKind::usage,
                fmt::format("UPLOAD: a table is taken from the request itself (param:PART); "
                            "addresses are not fetched here, received \"{}\"",
                            quoted(value)),
                "UPLOAD");
}

void fetch(const Context& context, const std::string& address, http::Sink& into) {
  if (!context.fetch) {
    throw Failure(FailureKind::internal, "UPLOAD: this program does not fetch addresses");
  }
  try {
    context.fetch(address, into);
  } catch (const Failure& failure) {
    throw Failure(failure.kind(), fmt::format("UPLOAD: {}", failure.what()), "UPLOAD");
  }
}

}  // namespace

std::vector<std::string> split_uploads(const std::vector<std::string>& values) {
  std::vector<std::string> pairs;
  for (const std::string& value : values) {
    std::string pair;
    for (const std::string_view part : split(value, ';')) {
      const auto comma = part.find(',');
      const bool begins = comma != std::string_view::npos && is_plain(trim(part.substr(0, comma)));
      if (begins && !trim(pair).empty()) pairs.push_back(std::exchange(pair, {}));
      if (!pair.empty()) pair += ';';
      pair += part;
    }
    while (pair.ends_with(';') || pair.ends_with(' ')) pair.pop_back();
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

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
  if (http::is_web_address(where)) return {std::string(name), "", std::string(where)};
  if (!starts_with_ignoring_case(where, scheme)) {
    throw Failure(FailureKind::usage,
                  fmt::format("UPLOAD: a table is taken from the request itself (param:PART), or "
                              "from an address of http or https, received \"{}\"",
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
  return {std::string(name), std::string(part), ""};
}

std::string upload_path(std::string_view results, std::string_view job,
                        const UploadedTable& table) {
  // Begins with a full stop, as no result does.
  return folder_of(results, job) + (table.address.empty()
                                        ? fmt::format("/.upload-{}.table", table.part)
                                        : fmt::format("/.fetched-{}.table", table.name));
}

NewUploads::NewUploads(const site::Config& config, const http::Form& form,
                       const std::vector<std::string>& values, std::string_view job)
    : results_(config.text("results_folder")), job_(job) {
  for (const auto& value : values) {
    const UploadedTable table = parse_upload(value);
    if (!table.address.empty()) {
      refuse_unless_fetched(config, value, table.address);
      continue;
    }
    const http::Upload* const found = http::find_upload(form, table.part);
    if (found == nullptr) {
      throw Failure(FailureKind::usage,
                    fmt::format("UPLOAD: the request has no part \"{}\" with a file", table.part),
                    "UPLOAD");
    }
    std::string path = upload_path(results_, job, table);
    // Two tables may be made of one part.
    if (std::ranges::find(files_, path, &http::WholeFile::path) != files_.end()) continue;
    make_folders(results_, job);
    http::WholeFile& file = files_.emplace_back(std::move(path));
    file.sink().write(found->content);
    file.settle();
  }
}

void NewUploads::keep() {
  if (files_.empty()) return;
  for (http::WholeFile& file : files_) file.keep();
  http::settle(folder_of(results_, job_));
  http::settle(results_);
}

std::string uploaded_file(const Context& context, std::string_view job,
                          const UploadedTable& table) {
  const std::string& results = context.config.text("results_folder");
  std::string path = upload_path(results, job, table);
  if (table.address.empty() || ::access(path.c_str(), F_OK) == 0) return path;
  refuse_unless_fetched(context.config, table.address, table.address);
  make_folders(results, job);
  http::WholeFile file(path);
  fetch(context, table.address, file.sink());
  file.settle();
  file.keep();
  return path;
}

FileDescriptor fetched_file(const Context& context, const std::string& address) {
  refuse_unless_fetched(context.config, address, address);
  const std::string& results = context.config.text("results_folder");
  make_folder(results);
  std::string path = results + "/.fetched-XXXXXX";
  FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) fail_of_disk("mkostemp");
  ::unlink(path.c_str());
  http::FileSink sink(std::move(file));
  fetch(context, address, sink);
  file = sink.release();
  if (::lseek(file.get(), 0, SEEK_SET) < 0) fail_of_disk("lseek");
  return file;
}

}  // namespace soda::dali
