"""What the fault cases share: an archive of plain images made here, responders with faults built in."""

import os
import pathlib
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time

import fastcgi
import harness

LARGE_SIDE = 4096  # float32: 64 MiB
SMALL_SIDE = 64


def image_bytes(side, crval, fill=None):
    """A float32 TAN image as FITS; pixel x, y (from 1) is x + 1000 y, or all pixels are `fill`."""
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32",
             "NAXIS   =                    2", f"NAXIS1  = {side:20}", f"NAXIS2  = {side:20}",
             "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", f"CRVAL1  = {crval:20.6f}",
             "CRVAL2  =                  2.0", f"CRPIX1  = {side / 2 + 0.5:20}",
             f"CRPIX2  = {side / 2 + 0.5:20}", "CDELT1  =              -0.0001",
             "CDELT2  =               0.0001", "END"]
    head = "".join(card.ljust(80) for card in cards).encode()
    head += b" " * (-len(head) % 2880)
    if fill is None:
        rows = [struct.pack(f">{side}f", *(x + 1000 * y for x in range(1, side + 1)))
                for y in range(1, side + 1)]
        data = b"".join(rows)
    else:
        data = struct.pack(">f", fill) * (side * side)
    return head + data + b"\0" * (-len(data) % 2880)


def write_new(path, content):
    """Another file of that name, as a copying program would make it: another inode."""
    temporary = pathlib.Path(f"{path}.new")
    temporary.write_bytes(content)
    os.replace(temporary, path)


class Responder:
    """One soda-sync (or another `program`) on a unix socket of its own."""

    count = 0

    def __init__(self, bench, config=None, fault=None, user=None, program=None):
        Responder.count += 1
        self.bench = bench
        self.socket = pathlib.Path(f"{bench.folder}/r{Responder.count}.socket")
        environment = dict(os.environ)
        self.fault = None
        if fault:
            self.fault = pathlib.Path(f"{bench.folder}/fault{Responder.count}")
            environment |= {"SODA_FAULT": str(self.fault), "LD_PRELOAD": fault}
        command = [program or bench.soda_sync, "--config", str(config or bench.config), "--bind",
                   f"unix:{self.socket}"]
        if user:
            command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
        with open(bench.log, "ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise OSError(f"{command[0]} did not start: {bench.tail()}")
            time.sleep(0.005)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _listens(self):
        """The socket is there a moment before it can be connected to."""
        try:
            fastcgi.connect(self.address, 5).close()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    @property
    def address(self):
        return f"unix:{self.socket}"

    def get(self, name, timeout=20, **parameters):
        return fastcgi.fetch(self.address, "GET", self.bench.url(name, **parameters),
                             timeout=timeout)

    def ask(self, resource, timeout=20, **parameters):
        """Another resource than a cut's."""
        query = harness.query_string(list(parameters.items()))
        return fastcgi.fetch(self.address, "GET", f"{harness.MOUNT}/{resource}?{query}",
                             timeout=timeout)

    def alive(self):
        return None if self.process.poll() is None else \
            f"the responder ended with status {self.process.returncode}: {self.bench.tail()}"

    def arm(self, call, number, error):
        temporary = f"{self.fault}.new"
        pathlib.Path(temporary).write_text(f"{call} {number} {error}\n")
        os.replace(temporary, self.fault)

    def fired(self):
        """Whether the armed call has failed; disarms."""
        happened = not self.fault.exists()
        self.arm("none", 1, 0)
        return happened


class Testbed:
    """An archive of its own below one folder. `names`: file name -> bytes."""

    def __init__(self, folder, build, names, settings=""):
        self.folder = pathlib.Path(folder)
        self.build = build
        self.soda_sync = os.path.abspath(harness.find_program("SODA_SYNC", build,
                                                              "modules/soda-sync"))
        self.soda_sia = os.path.abspath(harness.find_program("SODA_SIA", build,
                                                             "modules/soda-sia"))
        self.sodactl = os.path.abspath(harness.find_program("SODACTL", build, "modules/sodactl"))
        self.data, self.cache = self.folder / "data", self.folder / "cache"
        self.log, self.config = self.folder / "log", self.folder / "soda.toml"
        self.database = self.folder / "archive.sqlite"
        for made in (self.folder, self.data, self.cache):
            made.mkdir(exist_ok=True)
        for name, content in names.items():
            (self.data / name).write_bytes(content)
        self.config.write_text(self.settings(self.database) + settings +
                               f'\n[data_roots]\ndata = "{self.data}"\n')
        self.ingest()
        self.whole = {}

    def settings(self, database):
        return (f'base_url = "http://127.0.0.1{harness.MOUNT}"\n'
                f'authority = "{harness.AUTHORITY}"\ndatabase = "{database}"\n'
                f'cache_folder = "{self.cache}"\n')

    def control(self, *arguments, config=None, timeout=120):
        return subprocess.run([self.sodactl, "--config", str(config or self.config), *arguments],
                              capture_output=True, text=True, timeout=timeout, check=False)

    def ingest(self):
        done = self.control("ingest", str(self.data))
        if done.returncode:
            raise SystemExit(f"sodactl ingest: {done.stderr.strip()}")

    def url(self, name, **parameters):
        identifier = f"ivo://{harness.AUTHORITY}/default?{name}"
        query = harness.query_string([("ID", identifier), *parameters.items()])
        return f"{harness.MOUNT}/sync?{query}"

    def reference(self, name, **parameters):
        """The answer of an undisturbed responder."""
        key = (name, tuple(parameters.items()))
        if key not in self.whole:
            with Responder(self) as responder:
                answer = responder.get(name, **parameters)
            if answer.status != 200 or not answer.complete:
                raise OSError(f"an undisturbed responder answers {answer.status}: "
                              f"{answer.text()[:200]}")
            self.whole[key] = answer
        return self.whole[key]

    def tail(self):
        try:
            return self.log.read_text(errors="replace")[-600:]
        except OSError:
            return ""


def judge_whole(answer, reference, what):
    """The answer has to be the undisturbed one."""
    if answer.status != 200:
        return f"{what}: status {answer.status}: {answer.text()[:150]!r}"
    if not answer.complete or answer.body != reference.body:
        return f"{what}: {len(answer.body)} bytes, complete {answer.complete}, not the answer that " \
               "an undisturbed responder gives"
    return None


def judge_disturbed(answer, reference, what):
    """Right, or refused in order, or visibly broken: never a whole answer with wrong bytes."""
    if not answer.complete or answer.status >= 500:
        return None
    return judge_whole(answer, reference, what)


def judge_refused(answer, statuses, what):
    if answer.status not in statuses or not answer.complete:
        return f"{what}: status {answer.status}, complete {answer.complete}, expected one of " \
               f"{statuses}: {answer.text()[:150]!r}"
    if tempfile.gettempdir() in answer.text():
        return f"{what}: the answer names a path: {answer.text()[:150]!r}"
    return None


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def copy_database(source, target):
    """The data base as a file of its own, its log folded in."""
    with sqlite3.connect(source) as origin, sqlite3.connect(target) as copy:
        origin.backup(copy)
    copy.close()
    origin.close()
    return target


def restore(source, target):
    for suffix in ("-wal", "-shm"):
        pathlib.Path(f"{target}{suffix}").unlink(missing_ok=True)
    temporary = f"{target}.new"
    shutil.copyfile(source, temporary)
    os.replace(temporary, target)
