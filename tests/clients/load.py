#!/usr/bin/python3
"""Jobs under load, and what strangers send to soda-async: load.py [--build DIR]

    waiting   1,000 clients that wait for one job of a busy queue, at four responders: each is
              answered when the phase changes, others are answered meanwhile, and it costs little
    refused   tables that are none, hostile XML, more rows and parameters than there may be

Straight over FastCGI, as web servers ask.
"""

import argparse
import os
import pathlib
import re
import selectors
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import fastcgi  # noqa: E402
import harness  # noqa: E402
from archive import make_data  # noqa: E402

ID = "ivo://test.example/default?tan_float.fits"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
BOUNDARY = "x-soda-boundary"
JOBS = f"{harness.MOUNT}/async"
CLIENTS, RESPONDERS = 1000, 4


class Site:
    def __init__(self, installed):
        self.installed = installed
        program = installed.programs["async"]
        self.addresses = [installed.own["async"].address]
        for number in range(1, RESPONDERS):
            self.addresses.append(installed._start_responder(  # noqa: SLF001
                program, installed.scratch / f"async{number}.socket").address)
        self.responders = installed.processes[-RESPONDERS:]

    def get(self, path, timeout=60):
        return fastcgi.fetch(self.addresses[0], "GET", f"{JOBS}{path}", timeout=timeout)

    def post(self, path, fields, timeout=60):
        return fastcgi.fetch(self.addresses[0], "POST", f"{JOBS}{path}", [FORM],
                             harness.query_string(fields).encode(), timeout)

    def created(self, *fields):
        """A job, from its list on."""
        return location(self.post("", fields))

    def seconds(self):
        """Time that the responders have taken."""
        ticks = 0
        for process in self.responders:
            words = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def phase(self, job):
        return self.get(f"{job}/phase").text()

    def ended(self, job, seconds=60):
        deadline = time.monotonic() + seconds
        while self.phase(job) in ("QUEUED", "EXECUTING") and time.monotonic() < deadline:
            self.get(f"{job}?WAIT=5")
        return self.phase(job)


def location(answer):
    if answer.status != 303:
        raise SystemExit(f"no job was made: {answer.status} {answer.text()[:300]}")
    return answer.headers["location"].partition(JOBS)[2]


# ---- waiting

@dataclass
class Client:
    """Asks for a job until it is over, each time as long as it may."""
    address: str
    job: str
    phases: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    received: bytes = b""
    connection: socket.socket = None

    def ask(self, selector):
        self.received = b""
        self.connection = fastcgi.connect(self.address, 30)
        self.connection.sendall(fastcgi.request("GET", f"{JOBS}{self.job}?WAIT=45"))
        self.connection.setblocking(False)
        selector.register(self.connection, selectors.EVENT_READ, self)

    def read(self, selector):
        """Whether the job is over."""
        part = self.connection.recv(1 << 16)
        self.received += part
        if part:
            return False
        selector.unregister(self.connection)
        self.connection.close()
        answer = fastcgi.parse_records(self.received)
        found = re.search("<uws:phase>(.*)</uws:phase>", answer.text())
        if answer.status != 200 or not answer.complete or not found:
            self.problems.append(f"{answer.status}: {answer.text()[:100]!r}")
            return True
        self.phases.append(found.group(1))
        if self.phases[-1] in ("PENDING", "QUEUED", "EXECUTING"):
            self.ask(selector)
            return False
        return True


def attend(selector, clients, seconds):
    """Reads what comes, until all clients are done or so much time is over; those that are left."""
    deadline = time.monotonic() + seconds
    while clients and time.monotonic() < deadline:
        for key, _ in selector.select(0.1):
            if key.data.read(selector):
                clients.discard(id(key.data))
    return clients


def waiting(site):
    job = site.created(("ID", ID), ("CIRCLE", "150.1 2.2 0.01"))
    selector = selectors.DefaultSelector()
    clients = [Client(site.addresses[number % RESPONDERS], job) for number in range(CLIENTS)]
    for client in clients:
        client.ask(selector)
    left = {id(client) for client in clients}
    # The queue is busy: jobs come and go, and the data base changes all the time.
    others = [site.created(("ID", ID), *[("CIRCLE", f"150.1 2.2 {0.001 * (n + 1)}")
                                         for n in range(8)], ("PHASE", "RUN")) for _ in range(20)]
    before, begun = site.seconds(), time.monotonic()
    attend(selector, left, 8)
    cost, taken = site.seconds() - before, time.monotonic() - begun
    yield f"{CLIENTS} wait", [] if len(left) == CLIENTS else [f"{len(left)} still wait"]
    yield "waiting costs little", [] if cost < 0.5 * taken else [
        f"{cost:.2f} s of four processes in {taken:.1f} s"]
    begun = time.monotonic()
    phase = site.phase(job)
    late = time.monotonic() - begun
    yield "others are answered meanwhile", [] if phase == "PENDING" and late < 5 else [
        f"{phase} after {late:.1f} s"]
    site.post(f"{job}/phase", [("PHASE", "RUN")])
    begun = time.monotonic()
    attend(selector, left, 40)
    late = time.monotonic() - begun
    problems = [problem for client in clients for problem in client.problems]
    problems += [f"{len(left)} were not answered"] if left else []
    problems += [f"the last after {late:.1f} s"] if late > 30 else []
    odd = {client.phases[-1] for client in clients if client.phases} - {"COMPLETED"}
    yield "each hears of the end", problems[:3] + ([f"{odd}"] if odd else [])
    states = [site.ended(each) for each in others]
    yield "the queue is done", [] if states == ["COMPLETED"] * 20 else [str(states)]


# ---- refused

def multipart(content, **fields):
    fields = {"UPLOAD": "t,param:table", "RADIUS": "0.01", "PHASE": "RUN", **fields}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in fields.items()]
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="table"; filename="t"'
                 "\r\nContent-Type: application/octet-stream\r\n\r\n")
    return "".join(parts).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def uploaded(site, content):
    """(phase, error) of a job with this table."""
    answer = fastcgi.fetch(
        site.addresses[0], "POST", JOBS,
        [("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")], multipart(content), 60)
    if answer.status != 303:
        return str(answer.status), answer.text()
    job = location(answer)
    phase = site.ended(job)
    return phase, site.get(f"{job}/error").text()


def streamed(site, rows, row):
    """The answer to a table of so many rows, made as it is sent."""
    head, tail = multipart(b"ra,dec\n@").split(b"@")
    length = len(head) + rows * len(row) + len(tail)
    variables = fastcgi.environment("POST", JOBS, [
        ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
        ("Content-Length", str(length))])
    many = row * (60000 // len(row))
    with fastcgi.connect(site.addresses[0], 60) as connection:
        try:
            connection.sendall(fastcgi.beginning(variables))
            connection.sendall(fastcgi.record(fastcgi.STDIN, head))
            left = rows * len(row)
            while left:
                part = many[:min(left, len(many))]
                connection.sendall(fastcgi.record(fastcgi.STDIN, part))
                left -= len(part)
            connection.sendall(fastcgi.stream(fastcgi.STDIN, tail))
        except (BrokenPipeError, ConnectionResetError):
            pass  # an early refusal
        received = b""
        try:
            while part := connection.recv(1 << 16):
                received += part
        except ConnectionResetError:
            pass
    return fastcgi.parse_records(received)


def peak(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def votable(fields, rows, prolog=""):
    return (f'<?xml version="1.0"?>{prolog}<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/'
            f'VOTable/v1.3"><RESOURCE><TABLE>{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA>'
            "</TABLE></RESOURCE></VOTABLE>").encode()


RA_DEC = ('<FIELD name="ra" datatype="double" unit="deg"/>'
          '<FIELD name="dec" datatype="double" unit="deg"/>')
BOMB = ('<!DOCTYPE VOTABLE [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)) + "]>")


def tables(site, secret):
    """Label, table, what the job's error says."""
    external = f'<!DOCTYPE VOTABLE [<!ENTITY x SYSTEM "file://{secret}">]>'
    parameter = f'<!DOCTYPE VOTABLE SYSTEM "file://{secret}">'
    row = "<TR><TD>150.1</TD><TD>{}</TD></TR>"
    return (
        ("no columns of positions", b"x,y\n1,2\n", 'no column "ra"'),
        ("one column of two", b"ra,y\n1,2\n", 'no column "dec"'),
        ("no rows", b"ra,dec\n", "no rows"),
        ("nothing", b"", "UPLOAD: "),
        ("random bytes", bytes(range(256)) * 40, "UPLOAD: "),
        ("positions of NaN", b"ra,dec\nNaN,NaN\nnan,2.2\n", "row 1"),
        ("positions beyond the sphere", b"ra,dec\n150.1,91\n", "row 1"),
        ("a bomb of entities", votable(RA_DEC, row.format("&m;"), BOMB), "UPLOAD: "),
        ("an external entity", votable(RA_DEC, row.format("&x;"), external), "UPLOAD: "),
        ("an external DTD", votable(RA_DEC, row.format("&x;"), parameter), "UPLOAD: "),
        ("XML that ends early", votable(RA_DEC, row.format("2.2"))[:300], "UPLOAD: "),
        ("ten million rows", b"ra,dec\n" + b"1,2\n" * 10_000_000, "more than 50000 rows"),
    )


def refused(site, worker):
    with tempfile.NamedTemporaryFile("w", prefix="soda-secret-") as secret:
        secret.write("the-secret 7.5")
        secret.flush()
        for label, content, expected in tables(site, secret.name):
            begun = time.monotonic()
            phase, error = uploaded(site, content)
            taken = time.monotonic() - begun
            problems = [] if phase in ("ERROR", "400", "413") else [f"{phase}: {error[:200]}"]
            if not re.search(expected, error):
                problems.append(f"{expected!r} is not in {error[:300]!r}")
            if "the-secret" in error or "7.5" in error:
                problems.append(f"the error shows a file: {error[:300]!r}")
            if taken > 30:
                problems.append(f"it took {taken:.1f} s")
            yield label, problems
    answer = streamed(site, 10_000_000, b"123.456789,-12.3456789\n")
    problems = [] if answer.status == 413 and "max_upload" in answer.text() else [
        f"{answer.status}: {answer.text()[:200]!r}"]
    yield "ten million rows, beyond the limit of bytes", problems
    answer = site.post("", [("ID", "x")] * 1_000_000)
    yield "a million parameters", [] if answer.status in (400, 413) and \
        re.search("max_fields|limit", answer.text()) else [f"{answer.status}: {answer.text()[:200]}"]
    job = site.created(("ID", ID), ("CIRCLE", "150.1 2.2 0.01"), ("PHASE", "RUN"))
    yield "and a job goes as ever", [] if site.ended(job) == "COMPLETED" else [site.phase(job)]
    strangers = ["a" * 26, "x", "..", "..%2F..%2Fjobs", "a" * 5000]
    statuses = [site.get(f"/{name}{child}").status for name in strangers
                for child in ("", "/phase", "/results/cutout-1", "?WAIT=-1")]
    yield "foreign jobs", [] if set(statuses) <= {400, 404} else [str(statuses)]
    high = max(map(peak, [*site.responders, worker]))
    yield "memory", [] if high < 300 else [f"{high:.0f} MiB"]
    alive = [process.poll() for process in [*site.responders, worker]]
    yield "nobody has died", [] if alive == [None] * len(alive) else [str(alive)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    options = parser.parse_args()
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-load-") as folder:
        make_data(options.build, folder)
        with harness.Installation(folder, options.build, responders=1) as installed:
            site = Site(installed)
            with installed.worker() as worker:
                for name, cases in (("waiting", waiting(site)), ("refused", refused(site, worker))):
                    for label, problems in cases:
                        report.judge(f"load/{name}/{label}", problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
