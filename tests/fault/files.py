"""Images that change, shrink or vanish after they were ingested; clients that leave or dawdle."""

import gzip
import os
import shutil
import subprocess
import time

import fastcgi
from testbed import (LARGE_SIDE, SMALL_SIDE, Testbed, Responder, image_bytes, judge_refused,
                   judge_whole, write_new)

WHOLE = {"CIRCLE": "10 2 5"}  # all of the large image
PART = {"CIRCLE": "20 2 0.001"}


def make(folder, build):
    small = image_bytes(SMALL_SIDE, 20)
    names = {"large.fits": image_bytes(LARGE_SIDE, 10, 1.5), "packed.fits.gz": gzip.compress(small)}
    for name in ("steady", "cut", "replaced", "removed", "forbidden", "touched", "midway"):
        names[f"{name}.fits"] = small
    return Testbed(folder, build, names)


def _after(bench, name, spoil, fresh):
    """Spoils a file, between two requests or before the first; what the client then sees."""
    with Responder(bench) as responder:
        if not fresh:
            yield judge_whole(responder.get(name, **PART), bench.reference(name, **PART), "before")
        spoil(bench.data / name)
        yield judge_refused(responder.get(name, **PART), (500, 503), f"after (fresh {fresh})")
        yield judge_whole(responder.get("steady.fits", **PART),
                          bench.reference("steady.fits", **PART), "another file")
        yield responder.alive()


def _each_way(bench, name, spoil):
    content, times = (bench.data / name).read_bytes(), os.stat(bench.data / name)
    for fresh in (False, True):
        yield from _after(bench, name, spoil, fresh)
        path = bench.data / name
        if path.exists():
            os.chmod(path, 0o644)
            path.write_bytes(content)  # the same inode
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        else:
            path.write_bytes(content)
            bench.ingest()


def truncated(bench):
    yield from _each_way(bench, "cut.fits", lambda path: os.truncate(path, 4000))


def emptied(bench):
    yield from _each_way(bench, "cut.fits", lambda path: os.truncate(path, 0))


def replaced(bench):
    other = image_bytes(SMALL_SIDE, 20, 7.0)
    yield from _each_way(bench, "replaced.fits", lambda path: write_new(path, other))
    bench.ingest()


def overwritten(bench):
    """Other pixels in the same place: only the time of change tells."""
    other = image_bytes(SMALL_SIDE, 20, 7.0)
    yield from _each_way(bench, "touched.fits", lambda path: path.write_bytes(other))


def removed(bench):
    yield from _each_way(bench, "removed.fits", os.unlink)


def a_folder_in_its_place(bench):
    def spoil(path):
        os.unlink(path)
        os.mkdir(path)

    content = (bench.data / "removed.fits").read_bytes()
    yield from _after(bench, "removed.fits", spoil, True)
    shutil.rmtree(bench.data / "removed.fits")
    (bench.data / "removed.fits").write_bytes(content)
    bench.ingest()


def forbidden(bench):
    """Not readable any more, for a responder that is not root."""
    user = None
    if os.geteuid() == 0:
        user = "nobody"
        for path in (bench.folder, bench.data, bench.cache):
            os.chmod(path, 0o777)
        probe = subprocess.run(["setpriv", f"--reuid={user}", "--clear-groups", bench.soda_sync,
                                "--version"], capture_output=True, check=False)
        if probe.returncode:
            yield f"{user} cannot run {bench.soda_sync}: build where others may read"
            return
    path = bench.data / "forbidden.fits"
    bench.reference("forbidden.fits", **PART)
    os.chmod(path, 0)
    with Responder(bench, user=user) as responder:
        yield judge_refused(responder.get("forbidden.fits", **PART), (500, 503), "forbidden file")
        os.chmod(path, 0o644)
        yield judge_whole(responder.get("forbidden.fits", **PART),
                          bench.reference("forbidden.fits", **PART), "allowed again")
        yield responder.alive()


class Slow:
    """A client that takes the answer as it likes."""

    def __init__(self, responder, name, **parameters):
        variables = fastcgi.environment("GET", responder.bench.url(name, **parameters))
        self.connection = fastcgi.connect(responder.address, 20)
        params = b"".join(fastcgi.name_value(n, v) for n, v in variables.items())
        self.connection.sendall(
            fastcgi.record(fastcgi.BEGIN_REQUEST, b"\0\1\0\0\0\0\0\0") +
            fastcgi.stream(fastcgi.PARAMS, params) + fastcgi.stream(fastcgi.STDIN, b""))
        self.raw = bytearray()

    def take(self, count):
        while count > 0:
            chunk = self.connection.recv(min(count, 1 << 18))
            if not chunk:
                return False
            self.raw += chunk
            count -= len(chunk)
        return True

    def take_all(self):
        try:
            while self.take(1 << 18):
                pass
        except ConnectionResetError:
            pass
        self.connection.close()
        output, ended, at = bytearray(), False, 0
        while at + 8 <= len(self.raw):
            kind, length = self.raw[at + 1], int.from_bytes(self.raw[at + 4:at + 6], "big")
            padding = self.raw[at + 6]
            if kind == fastcgi.STDOUT:
                output += self.raw[at + 8:at + 8 + length]
            ended = ended or kind == fastcgi.END_REQUEST
            at += 8 + length + padding
        return fastcgi.parse_answer(bytes(output), ended)


def truncated_midway(bench):
    """The file shrinks while it is being sent: the kernel refuses the missing pages (EFAULT)."""
    path = bench.data / "large.fits"
    times, size = os.stat(path), path.stat().st_size
    for fraction in (2, 50):
        with Responder(bench) as responder:
            client = Slow(responder, "large.fits", **WHOLE)
            client.take(1 << 20)
            os.truncate(path, size // fraction)
            answer = client.take_all()
            yield answer.complete and "a whole answer came from a file that was cut in half"
            yield judge_whole(responder.get("steady.fits", **PART),
                              bench.reference("steady.fits", **PART), "the next request")
            yield responder.alive()
        path.write_bytes(image_bytes(LARGE_SIDE, 10, 1.5))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def removed_midway(bench):
    """An open file that loses its name is whole still."""
    path, content = bench.data / "large.fits", (bench.data / "large.fits").read_bytes()
    reference = bench.reference("large.fits", **WHOLE)
    with Responder(bench) as responder:
        client = Slow(responder, "large.fits", **WHOLE)
        client.take(1 << 20)
        path.unlink()
        yield judge_whole(client.take_all(), reference, "the answer under way")
        yield responder.alive()
    path.write_bytes(content)
    bench.ingest()


def client_leaves(bench):
    """A client that goes away stops the reading of its file, soon."""
    with Responder(bench) as responder:
        for _ in range(5):
            client = Slow(responder, "large.fits", **WHOLE)
            client.take(1 << 19)
            client.connection.close()
        yield judge_whole(responder.get("steady.fits", timeout=3, **PART),
                          bench.reference("steady.fits", **PART), "the next request")
        yield responder.alive()


def client_leaves_early(bench):
    """Before it has read a byte, and in the middle of its own request."""
    with Responder(bench) as responder:
        for _ in range(20):
            Slow(responder, "large.fits", **WHOLE).connection.close()
        for content in (b"", b"\1", b"\1\1\0\1\0\x08\0\0", b"\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0\1\4",
                        b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\1\4\0\1\xff\xff\0\0"):
            with fastcgi.connect(responder.address, 5) as connection:
                connection.sendall(content)
        yield judge_whole(responder.get("steady.fits", timeout=5, **PART),
                          bench.reference("steady.fits", **PART), "the next request")
        yield responder.alive()


def slow_client(bench):
    """One that dawdles occupies one responder; the answer is right nevertheless."""
    reference = bench.reference("large.fits", **WHOLE)
    with Responder(bench) as slow, Responder(bench) as quick:
        client = Slow(slow, "large.fits", **WHOLE)
        for _ in range(10):
            client.take(1 << 16)
            time.sleep(0.1)
            yield judge_whole(quick.get("steady.fits", timeout=5, **PART),
                              bench.reference("steady.fits", **PART), "another responder")
        yield judge_whole(client.take_all(), reference, "the slow client")
        yield slow.alive()


def gzip_damaged(bench):
    """Half a gzipped file, its size and time as ingested: nothing is left in the cache folder."""
    path = bench.data / "packed.fits.gz"
    content, times = path.read_bytes(), os.stat(path)
    for spoiled in (content[:len(content) // 2] + b"\0" * (len(content) - len(content) // 2),
                    content[:-8] + b"\0" * 8, b"\0" * len(content)):
        path.write_bytes(spoiled)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        with Responder(bench) as responder:
            yield judge_refused(responder.get("packed.fits.gz", **PART), (500, 503), "damaged")
            left = os.listdir(bench.cache)
            yield left and f"the cache folder holds {left}"
            yield responder.alive()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with Responder(bench) as responder:
        yield judge_whole(responder.get("packed.fits.gz", **PART),
                          bench.reference("packed.fits.gz", **PART), "whole again")


CASES = (truncated, emptied, replaced, overwritten, removed, a_folder_in_its_place, forbidden,
         truncated_midway, removed_midway, client_leaves, client_leaves_early, slow_client,
         gzip_damaged)
