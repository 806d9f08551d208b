"""A small HTTP/1.1 server on a loopback port that hands each request to FastCGI responders: for
clients that speak HTTP only, where no web server is to be tested. Answers pass unchanged."""

import http.server
import sys
import threading

import harness

HOP = {"connection", "keep-alive", "transfer-encoding", "status"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate = None

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        headers = [(name, value) for name, value in self.headers.items()
                   if name.lower() not in HOP | {"content-length"}]
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(length)
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self.chunks()
        try:
            found = self.gate.site.fetch(self.command, self.path, headers, body)
        except OSError as error:
            self.send_error(502, str(error))
            return
        if not found.status:
            self.send_error(502, "no answer")
            return
        self.send_response_only(found.status)
        for name, value in found.header_list:
            if name.lower() not in HOP:
                self.send_header(name, value)
        if "content-length" not in found.headers and found.status not in (204, 304):
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)
        self.close_connection = self.close_connection or not found.complete

    def chunks(self):
        """A body of unknown length (RFC 9112 section 7.1), without trailers."""
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # With the usual 5, of hundreds of clients that connect at once some are dropped by the kernel
    # and try again seconds later.
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        """A client that goes away is none."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Gateway:
    """A context manager; `url` is the site's base URL. `site` (harness.Installation) may be set
    later, when it has to know that URL itself."""

    def __init__(self, site=None):
        self.site = site
        handler = type("Bound", (Handler,), {"gate": self})
        self.server = Server(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}{harness.MOUNT}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
