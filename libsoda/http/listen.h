// Listening sockets: descriptor 0 as the web server or supervisor hands it over, a unix socket, or
// TCP.
#pragma once

#include <string>

#include "base/handle.h"

namespace soda::http {

struct Listener {
  FileDescriptor socket;  // non-blocking, closed on exec
  std::string path;  // of a unix socket that was made here, to be removed at the end; else empty
};

// "" = descriptor 0 (FastCGI 1.0 section 2.2: mod_fcgid, lighttpd, spawn-fcgi and systemd's
// StandardInput=socket all hand it over there); "unix:PATH" makes a socket of mode 0660, in place
// of a stale one but never of one that answers nor of anything else; "HOST:PORT" and "[IPV6]:PORT"
// bind that address, ":PORT" loopback only. Throws Failure(usage).
Listener open_listener(const std::string& bind, int backlog);

}  // namespace soda::http
