"""An HTTP/1.1 client that sends what it is told, byte for byte, and reports what came back.

The standard library's client refuses odd URLs and hides broken transfers; tests need both. One
request a connection ("Connection: close").
"""

import socket

from fastcgi import Answer


def send(port, method, url, headers=(), body=b"", timeout=60):
    """Connects and sends the request; returns the open socket (for clients that read slowly)."""
    lines = [f"{method} {url} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    connection = socket.create_connection(("127.0.0.1", port), timeout)
    try:
        connection.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" +
                           body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # an early refusal: the answer may still be readable
    return connection


def fetch(port, method, url, headers=(), body=b"", timeout=60):
    with send(port, method, url, headers, body, timeout) as connection:
        chunks = []
        try:
            while True:
                chunk = connection.recv(1 << 18)
                if not chunk:
                    break
                chunks.append(chunk)
        except ConnectionResetError:
            pass
    return parse(b"".join(chunks), method == "HEAD")


def parse(raw, head_request):
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return Answer(0, {}, raw, False)
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    header_list = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        header_list.append((name.strip(), value.strip()))
    headers = {name.lower(): value for name, value in header_list}
    complete = True
    if head_request or status in (204, 304):
        complete = not body
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        body, complete = dechunk(body)
    elif "content-length" in headers:
        complete = len(body) == int(headers["content-length"])
    return Answer(status, headers, body, complete, b"", header_list)


def dechunk(raw):
    parts = []
    while True:
        line, separator, rest = raw.partition(b"\r\n")
        if not separator:
            return b"".join(parts), False
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return b"".join(parts), True
        if len(rest) < size + 2:
            return b"".join(parts) + rest[:size], False
        parts.append(rest[:size])
        raw = rest[size + 2:]
