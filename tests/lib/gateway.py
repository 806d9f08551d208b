"""A small HTTP/1.1 server on a loopback port that hands each request to a FastCGI responder: for
clients that speak HTTP only, where no web server is to be tested. Answers pass unchanged."""

import http.server
import threading

import fastcgi

HOP = {"connection", "keep-alive", "transfer-encoding", "status"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    responder = ""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        headers = [(name, value) for name, value in self.headers.items()
                   if name.lower() not in HOP | {"content-length"}]
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(length)
        try:
            found = fastcgi.fetch(self.responder, self.command, self.path, headers, body)
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

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Gateway:
    """A context manager; `url` is the service's base URL."""

    def __init__(self, service):
        handler = type("Bound", (Handler,), {"responder": service.address})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}{service.base}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
