"""A FastCGI 1.0 client: one request over a fresh connection, as a web server would send it.

Addresses are "unix:PATH" or "HOST:PORT". The answer keeps what a test must see: whether the
responder ended the request (FCGI_END_REQUEST) or the connection broke off before that.
"""

import io
import socket
import struct
import urllib.parse
from dataclasses import dataclass, field

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = 1
MAX_RECORD = 65535


@dataclass
class Answer:
    status: int
    headers: dict  # names in lower case; the last of repeated headers wins
    body: bytes
    complete: bool = True  # ended in order, and as long as Content-Length says
    stderr: bytes = b""
    header_list: list = field(default_factory=list)  # (name, value) as sent

    def text(self):
        return self.body.decode("utf-8", "replace")


def connect(address, timeout):
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        connection.connect(address[len("unix:"):])
        return connection
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout)


def record(kind, content=b"", request_id=1):
    return struct.pack(">BBHHBB", 1, kind, request_id, len(content), 0, 0) + content


def stream(kind, content):
    parts = [record(kind, content[at:at + MAX_RECORD]) for at in range(0, len(content), MAX_RECORD)]
    return b"".join(parts) + record(kind)


def name_value(name, value):
    def length(size):
        return bytes([size]) if size < 128 else struct.pack(">I", size | 0x80000000)

    name, value = name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")
    return length(len(name)) + length(len(value)) + name + value


def environment(method, url, headers=(), body=b""):
    """The CGI variables of a request for `url` ("/vo/sync?ID=…"), the path unsplit as nginx does."""
    path, _, query = url.partition("?")
    variables = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "test",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method, "REQUEST_URI": url, "QUERY_STRING": query,
        "SCRIPT_NAME": urllib.parse.unquote(path, errors="surrogateescape"), "PATH_INFO": "",
    }
    if body:
        variables["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers:
        key = name.upper().replace("-", "_")
        variables[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    return variables


def read_records(source):
    """Yields (kind, content) until the other side closes; a record cut short ends it too."""
    while True:
        head = source.read(8)
        if len(head) < 8:
            return
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
        content = source.read(length + padding)
        yield kind, content[:length]
        if len(content) < length + padding or kind == END_REQUEST:
            return


def gather(source, output, errors):
    """Adds what comes to the lists; whether the responder has ended the request."""
    ended = False
    for kind, content in read_records(source):
        if kind == STDOUT:
            output.append(content)
        elif kind == STDERR:
            errors.append(content)
        ended = ended or kind == END_REQUEST
    return ended


def parse_answer(output, ended, stderr=b"", head_request=False):
    head, separator, body = output.partition(b"\r\n\r\n")
    if not separator:
        return Answer(0, {}, output, False, stderr)
    header_list = []
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        header_list.append((name.strip(), value.strip()))
    headers = {name.lower(): value for name, value in header_list}
    status = int(headers.get("status", "200").split()[0])
    length = headers.get("content-length")
    whole = head_request or length is None or int(length) == len(body)
    return Answer(status, headers, body, ended and whole, stderr, header_list)


def request(method, url, headers=(), body=b"", user=""):
    """The bytes of one request."""
    variables = environment(method, url, headers, body)
    if user:
        variables["REMOTE_USER"] = user
    return beginning(variables) + stream(STDIN, body)


def beginning(variables):
    params = b"".join(name_value(name, value) for name, value in variables.items())
    return record(BEGIN_REQUEST, struct.pack(">HB5x", RESPONDER, 0)) + stream(PARAMS, params)


def parse_records(content, head_request=False):
    """The answer that a connection has sent by its end."""
    output, errors = [], []
    ended = gather(io.BytesIO(content), output, errors)
    return parse_answer(b"".join(output), ended, b"".join(errors), head_request)


def fetch(address, method, url, headers=(), body=b"", timeout=60, user=""):
    """One request; OSError when the responder cannot be reached or does not answer in time.
    `user`: whom the web server has authenticated."""
    output, errors, ended = [], [], False
    with connect(address, timeout) as connection:
        try:
            connection.sendall(request(method, url, headers, body, user))
        except (BrokenPipeError, ConnectionResetError):
            pass  # an early refusal: the answer may still be readable
        try:
            with connection.makefile("rb", buffering=1 << 20) as source:
                ended = gather(source, output, errors)
        except ConnectionResetError:
            ended = False
    return parse_answer(b"".join(output), ended, b"".join(errors), method == "HEAD")
