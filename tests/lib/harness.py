"""What the Python suites share: the result protocol, the ways to reach a service, and a service of
one's own: a temporary configuration, `sodactl ingest`, `soda-sync` on a unix socket.

Protocol: a line for each case, `ok NAME`, `not ok NAME: reason` or `skip NAME: reason`, and at the
end `N passed, N failed, N skipped`; exit status 1 when a case failed.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import fastcgi

AUTHORITY = "test.example"
MOUNT = "/vo"


class Report:
    def __init__(self, sink=sys.stdout, quiet=False):
        self.sink, self.quiet = sink, quiet
        self.passed = self.failed = self.skipped = 0

    def _line(self, text):
        print(" ".join(text.split()), file=self.sink, flush=True)

    def ok(self, name):
        self.passed += 1
        if not self.quiet:
            self._line(f"ok {name}")

    def fail(self, name, reason):
        self.failed += 1
        self._line(f"not ok {name}: {reason}")

    def skip(self, name, reason):
        self.skipped += 1
        self._line(f"skip {name}: {reason}")

    def beyond(self, name, reason):
        """Nothing to judge, and known to be so: told, not counted."""
        self._line(f"beyond {name}: {reason}")

    def judge(self, name, problems):
        """`problems`: a list of sentences, empty when all is well."""
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            self.fail(name, problems[0] + more)
        else:
            self.ok(name)

    def run_parts(self, parts, chosen, *given):
        """`parts`: by name, functions of `given` that yield (name of a case, problems). One that
        breaks off has failed, and the others are run."""
        for part in chosen:
            try:
                for name, problems in parts[part](*given):
                    self.judge(f"{part} {name}", problems)
            except Exception as error:
                self.fail(f"{part} goes on", f"{type(error).__name__}: {error}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped",
              file=self.sink, flush=True)
        return 1 if self.failed or not self.passed else 0


def part_options(description, parts):
    """--build, and --only of the parts that are to be run: all of them unless it is said."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    return parser.parse_args()


def query_string(params):
    """Pairs -> a query string; blanks as %20, so that + stays itself."""
    return urllib.parse.urlencode(params, quote_via=urllib.parse.quote)


class FastcgiService:
    """A responder reached straight on its socket. `base` is the path of its base_url."""

    def __init__(self, address, base=MOUNT):
        self.address, self.base = address, base

    def request(self, method, resource, params=(), headers=(), body=b"", timeout=120):
        query = query_string(params)
        url = f"{self.base}/{resource}" + (f"?{query}" if query else "")
        return fastcgi.fetch(self.address, method, url, headers, body, timeout)


class HttpService:
    """A service behind a web server. `url` is its base_url."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port, self.base = parts.hostname, parts.port or 80, parts.path
        if parts.scheme != "http":
            raise ValueError(f"only http URLs can be tested, not {url}")

    def request(self, method, resource, params=(), headers=(), body=b"", timeout=120):
        query = query_string(params)
        url = f"{self.base}/{resource}" + (f"?{query}" if query else "")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, url, body or None, dict(headers))
            answer = connection.getresponse()
            complete = True
            try:
                content = answer.read()
            except http.client.IncompleteRead as broken:
                content, complete = broken.partial, False
            pairs = answer.getheaders()
            return fastcgi.Answer(answer.status, {n.lower(): v for n, v in pairs}, content,
                                  complete, b"", pairs)
        finally:
            connection.close()


def find_program(variable, build, *places):
    """From the environment, else from the build tree (libtool's wrapper)."""
    named = os.environ.get(variable)
    if named:
        return named
    for place in places:
        candidate = pathlib.Path(build) / place
        if os.access(candidate, os.X_OK):
            return str(candidate)
    raise SystemExit(f"{places[0]} not found below {build}: name it by {variable}, or --build DIR")


def _accepts(address):
    """The socket is there a moment before it can be connected to."""
    try:
        fastcgi.connect(address, 5).close()
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True


# Services that have responders of their own, by the part of the path that names them.
OWN_RESPONDERS = ("sia", "links", "data", "async", "tap")


class Installation:
    """One archive served: DIR ingested into a store of its own, responders on unix sockets.

    A context manager; what it started is stopped by process id, what it wrote is removed. A
    responder that does not end by status 0 then (a crash before, a sanitizer's complaint) fails
    the suite.
    """

    def __init__(self, data, build=".", responders=2, extra_settings="",
                 base_url=f"http://127.0.0.1{MOUNT}"):
        self.data, self.build = str(pathlib.Path(data).resolve()), build
        self.sodactl = find_program("SODACTL", build, "modules/sodactl")
        self.soda_sync = find_program("SODA_SYNC", build, "modules/soda-sync")
        self.programs = {name: find_program(f"SODA_{name.upper()}", build, f"modules/soda-{name}")
                         for name in OWN_RESPONDERS}
        self.responders, self.extra_settings = responders, extra_settings
        self.base_url = base_url
        self.scratch, self.processes, self.services, self.own = None, [], [], {}

    def __enter__(self):
        # A test that is terminated stops what it started, too.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="soda-test-"))
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind, *_):
        complaint = self._stop()
        if complaint and kind is None:
            raise SystemExit(complaint)

    def _stop(self):
        """What is to be said of how the responders ended."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        bad = [f"{process.args[0]} ended with status {process.returncode}"
               for process in self.processes if process.returncode]
        complaint = f"{self.log()}\n{'; '.join(bad)}" if bad else ""
        self.processes = []
        shutil.rmtree(self.scratch, ignore_errors=True)
        return complaint

    def _start(self):
        self.config = self.scratch / "soda.toml"
        (self.scratch / "cache").mkdir()
        self.config.write_text(
            f'base_url = "{self.base_url}"\n'
            f'authority = "{AUTHORITY}"\n'
            f'database = "{self.scratch}/archive.sqlite"\n'
            f'cache_folder = "{self.scratch}/cache"\n'
            f'jobs_database = "{self.scratch}/jobs.sqlite"\n'
            f'results_folder = "{self.scratch}/results"\n'
            f"{self.extra_settings}\n"
            "[data_roots]\n"
            f'data = "{self.data}"\n')
        self.ingest_output = self.run_sodactl("ingest", self.data)
        for number in range(self.responders):
            self.services.append(
                self._start_responder(self.soda_sync, self.scratch / f"sync{number}.socket"))
        for name, program in self.programs.items():
            self.own[name] = self._start_responder(program, self.scratch / f"{name}.socket")

    def run_sodactl(self, *arguments):
        done = subprocess.run([self.sodactl, "--config", str(self.config), *arguments],
                              capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise SystemExit(f"sodactl {' '.join(arguments)}: exit {done.returncode}: "
                             f"{done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def fetch(self, method, url, *rest):
        """A request to the responder that a web server would choose by the path."""
        path = url.partition("?")[0]
        name = path.removeprefix(f"{MOUNT}/").partition("/")[0]
        service = self.own.get(name, self.services[0])
        return fastcgi.fetch(service.address, method, url, *rest)

    def _start_responder(self, program, socket_path):
        with open(self.scratch / "sync.log", "ab") as log:
            process = subprocess.Popen([program, "--config", str(self.config), "--bind",
                                        f"unix:{socket_path}"], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        self.processes.append(process)
        deadline = time.monotonic() + 30
        while not _accepts(f"unix:{socket_path}"):
            if process.poll() is not None:
                raise SystemExit(f"{program} ended with status {process.returncode}: {self.log()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"{program} did not listen within 30 s")
            time.sleep(0.02)
        return FastcgiService(f"unix:{socket_path}")

    @contextlib.contextmanager
    def worker(self):
        """The worker of jobs, while the context lasts."""
        program = find_program("SODA_WORKER", self.build, "modules/soda-worker")
        process = subprocess.Popen([program, "--config", str(self.config)],
                                   stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)
        if process.returncode:
            raise SystemExit(f"{program} ended with status {process.returncode}")

    def log(self):
        return (self.scratch / "sync.log").read_text(errors="replace")[-2000:]

    def listing(self):
        return parse_listing(self.run_sodactl("list", "--json"))


def parse_listing(text):
    """`sodactl list --json`: an array of objects, or one object a line."""
    text = text.strip()
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def locate(record):
    """(path below the data root, HDU or None) of a listed data set, from its identifier alone:
    ivo://<authority>/<collection>?<path>[#<HDU>], percent-encoded."""
    local = record["obs_publisher_did"].partition("?")[2]
    path, _, hdu = local.partition("#")
    return urllib.parse.unquote(path), (int(hdu) if hdu else None)
