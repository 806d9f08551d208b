#include "fetch/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <exception>
#include <memory>

#include "base/failure.h"
#include "base/text.h"
#include "http/public_address.h"

namespace soda::fetch {
namespace {

using Transfer = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Download {
  const Limits& limits;
  http::Sink& into;
  std::int64_t bytes = 0;
  std::exception_ptr error = nullptr;  // of `into`
  bool refused = false;                // by address
  bool too_large = false;
};

// libcurl's signature. Whatever is not taken ends the transfer.
std::size_t keep(char* data, std::size_t, std::size_t size, void* user) {
  auto& download = *static_cast<Download*>(user);
  download.bytes += static_cast<std::int64_t>(size);
  download.too_large = download.bytes > download.limits.bytes;
  if (download.too_large) return 0;
  try {
    download.into.write({data, size});
  } catch (...) {
    download.error = std::current_exception();
    return 0;
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

}  // namespace

void fetch(const std::string& address, http::Sink& into, const Limits& limits) {
  if (!http::is_web_address(address)) {
    throw Failure(FailureKind::usage,
                  fmt::format("the address {} is not of http or https", quoted(address)));
  }
  Download download{limits, into};
  const Transfer transfer = make_transfer(address, download);
  const CURLcode code = curl_easy_perform(transfer.get());
  if (download.error) std::rethrow_exception(download.error);
  if (code == CURLE_OK) return;
  throw Failure(FailureKind::usage, fmt::format("the address {} {}", quoted(address),
                                                reason_of(transfer.get(), code, download)));
}

}  // namespace soda::fetch
