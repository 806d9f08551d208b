#include "fetch/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "http/public_address.h"

namespace soda::fetch {
namespace {

using Transfer = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Download {
  const Limits& limits;
  FileDescriptor file;
  std::int64_t bytes = 0;
  int disk_error = 0;
  bool refused = false;  // by address
  bool too_large = false;
};

[[noreturn]] void fail_of_disk(int error) {
  throw std::system_error(error, std::generic_category(), "fetch");
}

// libcurl's signature. Whatever is not taken ends the transfer.
std::size_t keep(char* data, std::size_t, std::size_t size, void* user) {
  auto& download = *static_cast<Download*>(user);
  download.bytes += static_cast<std::int64_t>(size);
  download.too_large = download.bytes > download.limits.bytes;
  if (download.too_large) return 0;
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = ::write(download.file.get(), data + done, size - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      download.disk_error = errno;
      return 0;
    }
    done += static_cast<std::size_t>(written);
  }
  return size;
}

// libcurl's signature: the one place that every connection passes, with the address it is made to.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& download = *static_cast<Download*>(user);
  if (download.limits.reach == Reach::public_only && !http::is_public(address->addr)) {
    download.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value>
void set(CURL* transfer, CURLoption option, Value value) {
  if (const CURLcode code = curl_easy_setopt(transfer, option, value); code != CURLE_OK) {
    throw Failure(FailureKind::internal,
                  fmt::format("libcurl refused option {}: {}", static_cast<int>(option),
                              curl_easy_strerror(code)));
  }
}

Transfer make_transfer(const std::string& address, Download& download) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Transfer transfer(ready == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!transfer) throw Failure(FailureKind::internal, "libcurl cannot be used");
  CURL* const curl = transfer.get();
  set(curl, CURLOPT_URL, address.c_str());
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_FOLLOWLOCATION, 1L);
  set(curl, CURLOPT_MAXREDIRS, 5L);
  set(curl, CURLOPT_PROXY, "");
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_FAILONERROR, 1L);
  set(curl, CURLOPT_TIMEOUT, static_cast<long>(download.limits.time.count()));
  set(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(download.limits.bytes));
  set(curl, CURLOPT_USERAGENT, "libsoda/" SODA_VERSION);
  set(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(curl, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&download));
  set(curl, CURLOPT_WRITEFUNCTION, keep);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(&download));
  return transfer;
}

std::string reason_of(CURL* transfer, CURLcode code, const Download& download) {
  if (download.refused) return "leads to a place that is not public";
  if (download.too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return fmt::format("is larger than {} bytes ({})", download.limits.bytes,
                       download.limits.bytes_name);
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fmt::format("took longer than {} s", download.limits.time.count());
  }
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    long status = 0;
    curl_easy_getinfo(transfer, CURLINFO_RESPONSE_CODE, &status);
    return fmt::format("is answered with status {}", status);
  }
  return fmt::format("cannot be fetched ({})", curl_easy_strerror(code));
}

void run(const std::string& address, Download& download) {
  const Transfer transfer = make_transfer(address, download);
  const CURLcode code = curl_easy_perform(transfer.get());
  if (download.disk_error != 0) fail_of_disk(download.disk_error);
  if (code == CURLE_OK) return;
  throw Failure(FailureKind::usage, fmt::format("the address {} {}", quoted(address),
                                                reason_of(transfer.get(), code, download)));
}

}  // namespace

void save(const std::string& address, const std::string& path, const Limits& limits) {
  if (!http::is_web_address(address)) {
    throw Failure(FailureKind::usage,
                  fmt::format("the address {} is not of http or https", quoted(address)));
  }
  const std::string part = path + ".part";
  Download download{
      limits, FileDescriptor(::open(part.c_str(),
                                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666))};
  if (!download.file) fail_of_disk(errno);
  try {
    run(address, download);
    if (::fsync(download.file.get()) != 0) fail_of_disk(errno);
    if (::rename(part.c_str(), path.c_str()) != 0) fail_of_disk(errno);
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
}

}  // namespace soda::fetch
