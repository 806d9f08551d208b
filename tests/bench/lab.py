"""Where the figures are taken: images, an ingested archive, servers with `hello` beside soda-sync,
and the tools that put load on them."""

import ctypes
import mmap
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import dataclass

import harness
import stand

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
RESPONDERS = 4

# Name -> (side, BITPIX, header cards); or the name of the plain image and fpack's options.
IMAGES = {
    "file260k": (256, -32, 100),
    "file4m": (1024, -32, 100),
    "small": (2048, -32, 100),
    "cards": (2048, -32, 640),
    "wide": (20000, -32, 100),
    "huge": (56569, 16, 100),
    "tiles": ("wide", ("-r", "-q", "4", "-t", "256,256")),
    "rows": ("wide", ("-r", "-q", "4")),
}

# The part of each shipped file that mounts soda-sync: a copy mounts `hello` with the same settings.
MOUNTS = {
    "nginx": ("nginx/soda.conf", r"location \^~ /vo/ \{.*?\n\}"),
    "apache": ("httpd/soda-proxy.conf", r'<Location "/vo/">.*?</Location>'),
    "fcgid": ("httpd/soda-fcgid.conf", r'ScriptAlias "/vo" [^\n]*|<Location "/vo">.*?</Location>'),
    "lighttpd": ("lighttpd/soda.conf", r'\$HTTP\["url"\] =~ "\^/vo/[^"]*" \{.*?\n\}'),
}

# wrk asks for the lines of a file in turn.
LUA = """\
local requests, turn = {{}}, 0
init = function(args)
  for path in io.lines("{paths}") do requests[#requests + 1] = wrk.format("GET", path) end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
"""


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def ratio(pairs):
    """The median of ours / reference over the rounds."""
    return statistics.median(ours / reference for ours, reference in pairs)


class HelloStand(stand.Stand):
    """A stand with the program `hello` mounted at /hello/ in the same way as soda-sync at /vo/."""

    def __init__(self, server, lab, settings, data):
        super().__init__(server, str(SOURCE), lab.build, lab.soda_sync, settings,
                         [*data, lab.state], responders=RESPONDERS)
        self.hello = lab.program("hello")

    def _prepare(self):
        super()._prepare()
        launcher = pathlib.Path(f"{self.run}/libexec/hello")
        launcher.write_text(f'#!/bin/sh\nexec "{self.hello}" "$@"\n')
        launcher.chmod(0o755)
        name, pattern = MOUNTS[self.server]
        path = pathlib.Path(f"{self.run}/conf/{name}")
        text = path.read_text()
        parts = re.findall(pattern, text, re.DOTALL)
        if not parts:
            raise SystemExit(f"{path}: the part that mounts soda-sync was not found")
        added = "\n".join(parts).replace("/vo", "/hello").replace("sync.sock", "hello.sock")
        path.write_text(f"{text}\n{added.replace('soda-sync', 'hello')}\n")

    def _start_responders(self):
        super()._start_responders()
        place = f"{self.run}/soda/hello.sock"
        command = [f"{self.run}/conf/spawn/soda-spawn", "-n", str(self.responders), "-s", place,
                   "-c", self.config]
        if self.web_user:
            command += ["-g", self.web_user]
        process = self._start([*command, f"{self.run}/libexec/hello"], "responder.log")
        self._wait(process, lambda: os.path.exists(place), "hello", "responder.log")


    def processor_seconds(self):
        """Of all the processes that are alive below what was started."""
        ticks = 0
        for pid in stand._descendants([process.pid for process in self.started]):
            try:
                with open(f"/proc/{pid}/stat", "rb") as source:
                    fields = source.read().rpartition(b")")[2].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    requests: int
    rate: float  # requests per second
    p99: float  # seconds
    errors: int


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def parse_wrk(text):
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    count = re.search(r"(\d+) requests in", text)
    if not rate or not p99 or not count:
        raise SystemExit(f"wrk said:\n{text}")
    errors = sum(int(n) for line in re.findall(r"Socket errors:.*", text)
                 for n in re.findall(r"\d+", line))
    errors += sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    return Load(int(count[1]), float(rate[1]), float(p99[1]) * _UNITS[p99[2]], errors)


class Lab:
    def __init__(self, build, data, quick):
        self.build = os.path.abspath(build)
        self.data = os.path.abspath(data or f"{self.build}/bench-data")
        self.quick = quick
        self.rounds = 5 if quick else 7
        self.soda_sync = harness.find_program("SODA_SYNC", self.build, "modules/soda-sync")
        self.soda_data = harness.find_program("SODA_DATA", self.build, "modules/soda-data")
        self.sodactl = harness.find_program("SODACTL", self.build, "modules/sodactl")
        self.state, self.identifiers, self.unwritten, self.catalogues = None, {}, {}, {}
        self.stands, self.processes = {}, []

    def __enter__(self):
        self.state = tempfile.mkdtemp(prefix="soda-bench-", dir="/tmp")
        os.chmod(self.state, 0o755)
        return self

    def __exit__(self, *_):
        self.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def close(self):
        """Stops all that was started."""
        self.close_stands()
        while self.processes:
            stand.stop(self.processes.pop())

    def program(self, name):
        return f"{self.build}/tests/bench/{name}"

    # ---- the archive

    def image(self, name):
        suffix = ".fits" if isinstance(IMAGES[name][0], int) else ".fits.fz"
        return f"{self.data}/{name}{suffix}"

    def images(self):
        return [self.image(name) for name in IMAGES if os.path.exists(self.image(name))]

    def prepare(self, names):
        """The images that are needed, written where they are missing, and ingested. An image that
        cannot be written is told to those who need() it."""
        os.makedirs(self.data, exist_ok=True)
        for part in pathlib.Path(self.data).glob("*.part"):
            part.unlink()
        sources = {IMAGES[name][0] for name in names if not isinstance(IMAGES[name][0], int)}
        for name in IMAGES:  # plain ones come first
            if name not in sources | set(names) or os.path.exists(self.image(name)):
                continue
            try:
                side, bitpix = self._pixels(name)
                # A compressed image needs a third of its plain one at most.
                self._need_space(side * side * abs(bitpix) // 8, name)
                self._make_image(name)
            except (SystemExit, OSError, subprocess.CalledProcessError) as error:
                self.unwritten[name] = str(error)
        self._ingest()

    def need(self, names):
        for name in names:
            if name in self.unwritten:
                raise SystemExit(self.unwritten[name])

    def _need_space(self, size, what):
        free = shutil.disk_usage(self.data).free
        if size + (1 << 30) > free:
            raise SystemExit(f"{self.data}: {(size >> 20) + 1024} MiB of disk are needed for "
                             f"{what}, {free >> 20} MiB are free")

    @staticmethod
    def _pixels(name):
        row = IMAGES[name]
        return row[:2] if isinstance(row[0], int) else (IMAGES[row[0]][0] // 2, -32)

    def _make_image(self, name):
        target, row = self.image(name), IMAGES[name]
        part = f"{target}.part"
        note(f"writing {target}")
        if isinstance(row[0], int):
            command = [self.program("images"), part, *(str(n) for n in row)]
        else:
            command = ["fpack", *row[1], "-O", part, self.image(row[0])]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.rename(part, target)

    def _ingest(self):
        os.makedirs(f"{self.state}/cache")
        os.chmod(f"{self.state}/cache", 0o777)  # the responders' user differs
        self.settings = ('base_url = "http://127.0.0.1:{port}/vo"\n'
                         'authority = "bench.example"\n'
                         f'database = "{self.state}/archive.sqlite"\n'
                         f'cache_folder = "{self.state}/cache"\n\n'
                         f'[data_roots]\nbench = "{self.data}"\n')
        self.config = f"{self.state}/soda.toml"
        pathlib.Path(self.config).write_text(self.settings.replace("{port}", "8080"))
        for command in (("ingest", self.data), ("list", "--json")):
            done = subprocess.run([self.sodactl, "--config", self.config, *command], check=False,
                                  capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"sodactl {command[0]}: {done.stderr or done.stdout}")
        for record in harness.parse_listing(done.stdout):
            name = harness.locate(record)[0].partition(".")[0]
            self.identifiers[name] = record["obs_publisher_did"]

    def catalogue(self, rows):
        """A data base of so many rows, written where it is missing or of another schema: one minute
        and 1.2 GB for a million."""
        if rows not in self.catalogues:
            self.catalogues[rows] = self._written_catalogue(rows)
        return self.catalogues[rows]

    def _written_catalogue(self, rows):
        path = f"{self.data}/catalogue-{rows}.sqlite"
        part = f"{path}.part"
        if os.path.exists(path) and self._is_current(path):
            return path
        self._need_space(1300 * rows, path)
        for old in (path, part):
            for name in pathlib.Path(self.data).glob(os.path.basename(old) + "*"):
                name.unlink()
        note(f"writing {path}")
        subprocess.run([self.program("catalogue"), "write", part, str(rows)], check=True,
                       stdout=sys.stderr)
        # What is left beside the file once its writer has ended is empty.
        for name in ("-wal", "-shm", "-ingest"):
            pathlib.Path(part + name).unlink(missing_ok=True)
        os.rename(part, path)
        return path

    def _is_current(self, path):
        """Whether our programs can read it: schemas change."""
        done = subprocess.run([self.program("catalogue"), "ask", path, "point"], check=False,
                              capture_output=True)
        return done.returncode == 0

    def folder(self, name):
        """A folder for this run."""
        path = f"{self.state}/{name}"
        os.makedirs(path, exist_ok=True)
        return path

    def warm(self, name):
        with open(self.image(name), "rb", buffering=0) as source:
            buffer = bytearray(8 << 20)
            while source.readinto(buffer):
                pass

    # ---- requests

    def positions(self, name, size, count, seed=1):
        """Lines "LON LAT RADIUS X Y", then a polygon; compressed images lie where plain ones do."""
        plain = name if isinstance(IMAGES[name][0], int) else IMAGES[name][0]
        done = subprocess.run([self.program("positions"), self.image(plain), str(size), str(count),
                               str(seed)], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def queries(self, name, size, count, seed=1):
        return [harness.query_string([("ID", self.identifiers[name]),
                                      ("CIRCLE", " ".join(line.split()[:3]))])
                for line in self.positions(name, size, count, seed)]

    def script(self, label, paths):
        """A wrk script that asks for these paths in turn."""
        listing = f"{self.state}/{label}.paths"
        pathlib.Path(listing).write_text("\n".join(paths) + "\n")
        script = f"{self.state}/{label}.lua"
        pathlib.Path(script).write_text(LUA.format(paths=listing))
        return script

    def polygons(self, name, size, count, seed=1):
        return [harness.query_string([("ID", self.identifiers[name]),
                                      ("POLYGON", " ".join(line.split()[5:]))])
                for line in self.positions(name, size, count, seed)]

    def cut_scripts(self, server, name, size, count=300):
        """(ours, hello of the same bytes) for random cuts of one size."""
        paths = [f"/vo/sync?{query}" for query in self.queries(name, size, count)]
        return self.beside_hello(server, f"{server.server}-{name}-{size}", paths)

    def beside_hello(self, server, label, paths):
        """Scripts for these paths, and for hello with as many bytes as they answer."""
        service = harness.HttpService(server.base_url)
        lengths = []
        for path in paths[:10]:
            resource, _, query = path.removeprefix("/vo/").partition("?")
            answer = service.request("GET", resource, urllib.parse.parse_qsl(query))
            if answer.status != 200 or not answer.complete:
                raise SystemExit(f"{path}: {answer.status} {answer.text()[:300]}")
            lengths.append(len(answer.body))
        # As long as ours, so that both sides carry the same bytes inwards, too.
        hello = [f"/hello/x?n={statistics.median_high(lengths)}&".ljust(len(path), "x")
                 for path in paths]
        return self.script(label, paths), self.script(f"{label}-hello", hello)

    def data_scripts(self, server, name, part=None):
        """(ours, a file of the same bytes that the server sends by itself)."""
        query = [("ID", self.identifiers[name])] + ([("PART", part)] if part else [])
        answer = harness.HttpService(server.base_url).request("GET", "data", query)
        if answer.status != 200 or not answer.complete:
            raise SystemExit(f"data {query}: {answer.status} {answer.text()[:300]}")
        label = f"{server.server}-{name}-{part or 'file'}"
        path = pathlib.Path(f"{server.run}/conf/htdocs/{label}")
        path.write_bytes(answer.body)
        note(f"{label}: {len(answer.body)} bytes")
        return (self.script(label, [f"/vo/data?{harness.query_string(query)}"]),
                self.script(f"{label}-static", [f"/{label}"]))

    # ---- servers and load

    def server(self, name):
        if name not in self.stands:
            self.close_stands()
            self._start(name, HelloStand(name, self, self.settings, self.images()))
        return self.stands[name]

    def catalogue_server(self, name, rows):
        """The services of the catalogue of so many rows."""
        label = f"{name}-{rows}"
        if label not in self.stands:
            self.close_stands()
            path = self.catalogue(rows)
            settings = re.sub(r'(?m)^database = .*$', f'database = "{path}"', self.settings)
            # All clients of a load have one address.
            settings = (f'jobs_database = "{self.folder("jobs")}/jobs.sqlite"\n'
                        f"tap_queries_per_user = 1000\n{settings}")
            os.chmod(self.folder("jobs"), 0o777)
            self._start(label, HelloStand(name, self, settings, [path]))
        return self.stands[label]

    def _start(self, label, made):
        self.stands[label] = made.__enter__()
        if made.note:
            note(made.note)

    def close_stands(self):
        for each in self.stands.values():
            each.__exit__(None, None, None)
        self.stands = {}

    def load(self, server, script, connections=4, seconds=1):
        done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s",
                               script, f"http://127.0.0.1:{server.port}"], check=True,
                              capture_output=True, text=True)
        return parse_wrk(done.stdout)

    def duel(self, server, ours, reference):
        """Requests per second of two scripts, in turn: [(ours, reference)] of all rounds."""
        pairs = []
        costs = {ours: [], reference: []}
        for turn in range(-1, self.rounds):
            loads = {}
            for script in (ours, reference) if turn % 2 else (reference, ours):
                before = server.processor_seconds()
                loads[script] = self.load(server, script)
                costs[script].append((server.processor_seconds() - before) / loads[script].requests)
                if loads[script].errors:
                    raise SystemExit(f"{loads[script].errors} failed requests of {script}:\n"
                                     f"{server.read_log('server.log')}")
            if turn >= 0:  # the first one warms up
                pairs.append((loads[ours].rate, loads[reference].rate))
        one, other = (1e6 * statistics.median(costs[script]) for script in (ours, reference))
        note(f"processor time of server and responders: {one:.0f} against {other:.0f} us a request")
        return pairs

    # ---- programs

    def core(self, mode, name, other, size, count, rounds=None):
        """What bench/core says: [(ours, reference)] in microseconds, and its last lines by name."""
        lines = "\n".join(self.positions(name, size, count)) + "\n"
        command = [self.program("core"), mode, self.config, self.identifiers[name], other,
                   str(rounds or self.rounds), str(size)]
        done = subprocess.run(command, input=lines, text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        pairs, said = [], {}
        for line in done.stdout.splitlines():
            first, *rest = line.split()
            if first.isalpha():
                said[first] = [int(word) for word in rest]
            else:
                pairs.append((float(first), float(rest[0])))
        return pairs, said

    def responder(self, *command):
        """A responder of its own on a socket that listens before it starts: (process, socket)."""
        place = tempfile.mktemp(prefix="socket-", dir=self.state)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(place)
            listening.listen(1024)
            with open(f"{self.state}/responder.log", "ab") as log:
                process = subprocess.Popen(command, stdin=listening, stdout=log, stderr=log,
                                           start_new_session=True)
        self.processes.append(process)
        return process, place

    def stop(self, process):
        stand.stop(process)
        self.processes.remove(process)

    def probe(self, process, place, queries, every, count, script="/vo/sync"):
        """Lines of bench/probe as tuples (requests, microseconds, bytes, rss, peak)."""
        done = subprocess.run([self.program("probe"), place, script, str(process.pid), str(every),
                               str(count)], input="\n".join(queries) + "\n", text=True,
                              capture_output=True, check=False)
        if done.returncode:
            log = pathlib.Path(f"{self.state}/responder.log").read_text(errors="replace")[-1000:]
            raise SystemExit(f"{done.stderr.strip()}\n{log}")
        return [tuple(float(word) for word in line.split()) for line in done.stdout.splitlines()]


def drop(path):
    """What the kernel keeps of a file that nobody has mapped is forgotten."""
    with open(path, "rb") as source:
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident_bytes(path):
    """How much of a file is in the page cache, by the kernel's word (mincore(2))."""
    size = os.path.getsize(path)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
                          ctypes.c_int, ctypes.c_long)
    libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    with open(path, "rb") as source:
        place = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, source.fileno(), 0)
    pages = ctypes.create_string_buffer(-(-size // mmap.PAGESIZE))
    failed = libc.mincore(place, size, pages)
    libc.munmap(place, size)
    if failed:
        raise OSError(ctypes.get_errno(), "mincore")
    return mmap.PAGESIZE * sum(byte & 1 for byte in pages.raw)


def storage_bytes(process):
    """What a process has had read from storage (proc(5), io)."""
    with open(f"/proc/{process.pid}/io", encoding="ascii") as source:
        return int(dict(line.split(": ") for line in source)["read_bytes"])


def wait_idle(process):
    """Until a process that was started has done what it does before its first request."""
    def used():
        with open(f"/proc/{process.pid}/stat", "rb") as source:
            fields = source.read().rpartition(b")")[2].split()
        return fields[0], fields[11], fields[12]

    before, deadline = None, time.monotonic() + 30
    while time.monotonic() < deadline:
        now = used()
        if now == before and now[0] == b"S":
            return
        before = now
        time.sleep(0.1)
    raise SystemExit(f"process {process.pid} does not come to rest")


def processor_nanoseconds(pid):
    """What a process has used since its start (proc(5), schedstat)."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as source:
        return int(source.read().split()[0])
