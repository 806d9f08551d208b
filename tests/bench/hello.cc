// The reference that sends bytes and does nothing else: a bare libfcgi responder that answers
// "?n=N" with N bytes from memory, through the record writer that soda-sync uses.
//
//   hello [OPTION…]     descriptor 0 is the listening socket; options are accepted and ignored, so
//                       that soda-spawn can start it as it starts any module
#include <fcgiapp.h>
#include <fmt/format.h>
#include <sys/types.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "http/records.h"

namespace {

std::int64_t asked_bytes(const FCGX_Request& request) {
  const char* query = FCGX_GetParam("QUERY_STRING", request.envp);
  const std::string_view text = query == nullptr ? "" : query;
  if (!text.starts_with("n=")) return 0;
  return soda::to_integer(text.substr(2, text.find('&') - 2)).value_or(0);
}

void on_term(int) { FCGX_ShutdownPending(); }

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--check" || option == "--version") return 0;
  }
  constexpr std::int64_t most = std::int64_t{16} << 20;
  const std::vector<char> bytes(most, 'x');
  struct sigaction action = {};
  action.sa_handler = on_term;  // without SA_RESTART: accept() has to return
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  FCGX_Request request;
  if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0) return 1;
  while (FCGX_Accept_r(&request) == 0) {
    const std::int64_t count = std::min(asked_bytes(request), most);
    soda::http::RecordSink sink(
        request.ipcFd, request.requestId,
        fmt::format("Content-Type: application/fits\r\nContent-Length: {}\r\n\r\n", count), count);
    try {
      if (count > 0) sink.write(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
      sink.finish();
    } catch (const soda::http::ClientGone&) {
      FCGX_Free(&request, 1);
    }
    FCGX_Finish_r(&request);
  }
  return 0;
}
