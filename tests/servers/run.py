#!/usr/bin/python3
"""The four web servers, from the files of conf/ as shipped: servers/run.py [--build DIR] [SERVER…]

Through each go the golden cases, then what only a real server shows: large and odd requests, 128
clients at once, clients that leave, responders that die.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "golden")]
import golden  # noqa: E402
import harness  # noqa: E402
import rawhttp  # noqa: E402
import stand  # noqa: E402
from archive import identifiers, make_data  # noqa: E402

BIG_SIDE = 10240  # float32: 400 MiB
RECOVERY = 5  # seconds until all responders are back


def write_big_image(path):
    """400 MiB of zeros under a TAN header, without blocks on the disk."""
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32",
             "NAXIS   =                    2", f"NAXIS1  = {BIG_SIDE:20}",
             f"NAXIS2  = {BIG_SIDE:20}", "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'",
             "CRVAL1  =                150.0", "CRVAL2  =                  2.0",
             f"CRPIX1  = {BIG_SIDE / 2:20}", f"CRPIX2  = {BIG_SIDE / 2:20}",
             "CDELT1  =              -0.0001", "CDELT2  =               0.0001", "END"]
    head = "".join(card.ljust(80) for card in cards).encode().ljust(2880)
    with open(path, "wb") as out:
        out.write(head)
        out.truncate(2880 + -(-4 * BIG_SIDE ** 2 // 2880) * 2880)


class Archive:
    """The synthetic images and the big one, ingested once for all servers."""

    def __init__(self, folder, build):
        self.folder, self.data = folder, f"{folder}/data"
        os.chmod(folder, 0o755)
        make_data(build, self.data)
        write_big_image(f"{self.data}/big.fits")
        for own in ("cache", "jobs"):
            os.mkdir(f"{folder}/{own}")
            os.chmod(f"{folder}/{own}", 0o777)  # the responders' user differs from server to server
        self.settings = (f'base_url = "http://127.0.0.1/vo"\nauthority = "{harness.AUTHORITY}"\n'
                         f'database = "{folder}/archive.sqlite"\n'
                         f'jobs_database = "{folder}/jobs/jobs.sqlite"\n'
                         f'results_folder = "{folder}/jobs/results"\n'
                         f'cache_folder = "{folder}/cache"\n[data_roots]\ndata = "{self.data}"\n')
        config = pathlib.Path(f"{folder}/soda.toml")
        config.write_text(self.settings)
        sodactl = [harness.find_program("SODACTL", build, "modules/sodactl"), "--config", config]
        subprocess.run([*sodactl, "ingest", self.data], check=True, stdout=subprocess.DEVNULL)
        listing = subprocess.run([*sodactl, "list", "--json"], check=True, capture_output=True)
        self.identifiers = identifiers(harness.parse_listing(listing.stdout.decode()))

    def cutout(self, radius):
        return (f"/vo/sync?ID={golden.encode(self.identifiers['big.fits'])}"
                f"&CIRCLE=150%202%20{radius}")


SMALL, WHOLE = 0.01, 2  # degrees: 200 pixels across; all of the big image


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended between the listing and now


class Checks:
    def __init__(self, site, archive, report):
        self.site, self.archive, self.report = site, archive, report

    def run(self):
        for check in (self.syntax, self.page, self.head, self.long_query, self.bodies,
                      self.many_clients, self.client_leaves, self.one_dies, self.all_die,
                      self.dies_midway, self.damaged, self.files):
            name = f"{self.site.server}/server/{check.__name__.replace('_', '-')}"
            try:
                self.report.judge(name, [problem for problem in check() if problem])
            except OSError as error:
                self.report.fail(name, f"{type(error).__name__}: {error}")

    def get(self, url, method="GET", headers=(), body=b""):
        return rawhttp.fetch(self.site.port, method, url, headers, body)

    def small(self):
        """One small cutout; a sentence when it is not whole."""
        answer = self.get(self.archive.cutout(SMALL))
        if answer.status != 200 or not answer.complete or not answer.body.startswith(b"SIMPLE"):
            return f"a cutout: status {answer.status}, {len(answer.body)} bytes, " \
                   f"complete {answer.complete}: {answer.text()[:120]!r}"
        return None

    def syntax(self):
        status, text = self.site.check_syntax()
        yield status and f"the server's own check of the configuration says {status}: {text}"

    def page(self):
        answer = self.get("/")
        yield answer.status != 200 and f"/ answers {answer.status}"
        yield b"<html" not in answer.body and "/ is no HTML page"

    def head(self):
        url = self.archive.cutout(SMALL)
        got, head = self.get(url), self.get(url, "HEAD")
        yield head.body and f"HEAD has a body of {len(head.body)} bytes"
        for name in ("content-length", "content-type", "etag", "content-disposition"):
            if got.headers.get(name) != head.headers.get(name) or name not in head.headers:
                yield f"{name}: GET {got.headers.get(name)}, HEAD {head.headers.get(name)}"

    def long_query(self):
        """A polygon of 1,000 vertices passes; a megabyte is refused and hurts nobody."""
        vertices = "%20".join(f"{149.9 + 0.0002 * i:.4f}%20{2 + 1e-8 * i * (1000 - i):.6f}"
                              for i in range(1000))
        identifier = golden.encode(self.archive.identifiers["big.fits"])
        answer = self.get(f"/vo/sync?ID={identifier}&POLYGON={vertices}")
        yield answer.status != 200 and \
            f"1,000 vertices: {answer.status} {answer.text()[:120]!r}"
        answer = self.get("/vo/sync?ID=" + "a" * 1_000_000)
        yield answer.status not in (400, 414, 431) and f"1 MB query: {answer.status}"
        yield self.small()

    def bodies(self):
        form = [("Content-Type", "application/x-www-form-urlencoded")]
        url, _, query = self.archive.cutout(SMALL).partition("?")
        for size in (1000, 200_000):
            answer = self.get(url, "POST", form, (query + "&X=").encode() + b"a" * size)
            yield answer.status != 200 and f"form of {size} bytes: status {answer.status}"
        answer = self.get(url, "POST", form, (query + "&X=").encode() + b"a" * 2_000_000)
        yield answer.status != 413 and f"form of 2 MB: status {answer.status}, expected 413"
        yield not answer.text().startswith("UsageError") and \
            f"the refusal of 2 MB is not the service's: {answer.text()[:120]!r}"
        # Large enough for any server's own limit: a refusal in order, or a closed connection.
        answer = self.get(url, "POST", form, b"a" * 80_000_000)
        yield answer.status not in (0, 413, 500) and f"form of 80 MB: status {answer.status}"
        yield self.small()

    def many_clients(self):
        with concurrent.futures.ThreadPoolExecutor(128) as pool:
            problems = [p for p in pool.map(lambda _: self.small(), range(512)) if p]
        yield problems and f"{len(problems)} of 512 requests by 128 clients failed: {problems[0]}"

    def bytes_for_departed(self):
        """What the responders' log says they wrote for the last client that left; None: no word."""
        log = self.site.read_log("responder.log") + self.site.read_log("server.log")
        found = re.findall(r" bytes=(\d+) client_gone=true", log)
        return int(found[-1]) if found else None

    def client_leaves(self):
        """A client that takes 2 MB of 400 MiB and leaves costs little more than those 2 MB."""
        with rawhttp.send(self.site.port, "GET", self.archive.cutout(WHOLE)) as connection:
            taken = 0
            while taken < 2_000_000:
                chunk = connection.recv(100_000)
                if not chunk:
                    yield f"the answer ended after {taken} bytes"
                    return
                taken += len(chunk)
                time.sleep(0.02)
        deadline = time.monotonic() + RECOVERY
        while self.bytes_for_departed() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        written = self.bytes_for_departed()
        yield written is None and f"no responder noticed within {RECOVERY} s that the client left"
        yield (written or 0) > 40_000_000 and \
            f"{written} bytes were written for a client that took {taken}"
        yield self.small()

    def count_back(self):
        """All responders are there within some seconds; a sentence when not."""
        wanted, deadline = self.site.responders, time.monotonic() + RECOVERY
        while time.monotonic() < deadline:
            if len(self.site.responder_pids()) == wanted:
                return None
            time.sleep(0.1)
        return f"{len(self.site.responder_pids())} responders after {RECOVERY} s, expected {wanted}"

    def one_dies(self):
        """kill -9 of one: nobody notices, and it is replaced."""
        yield self.site.spawns and self.count_back()
        kill(self.site.responder_pids()[:1])
        # mod_fcgid learns of a death by using the process: that one request may fail.
        allowed = 0 if self.site.spawns else 1
        problems = [p for p in (self.small() for _ in range(20)) if p]
        yield len(problems) > allowed and f"{len(problems)} of 20 requests failed: {problems[0]}"
        yield self.site.spawns and self.count_back()

    def all_die(self):
        kill(self.site.responder_pids())
        deadline = time.monotonic() + RECOVERY
        problem = self.small()
        while problem and time.monotonic() < deadline:
            time.sleep(0.2)
            problem = self.small()
        yield problem and f"no service {RECOVERY} s after all responders were killed: {problem}"
        yield self.site.spawns and self.count_back()

    def dies_midway(self):
        """A responder killed in the middle of an answer: that client sees a broken transfer."""
        with rawhttp.send(self.site.port, "GET", self.archive.cutout(WHOLE)) as connection:
            start = connection.recv(65536)
            kill(self.site.responder_pids())
            received, wanted = len(start), 4 * BIG_SIDE ** 2
            try:
                while chunk := connection.recv(1 << 20):
                    received += len(chunk)
            except ConnectionResetError:
                pass
        yield b" 200 " not in start[:20] and f"the answer began {start[:60]!r}"
        yield received >= wanted and "the client got a whole answer from a killed responder"
        time.sleep(1.2)
        yield self.small()

    def files(self):
        """A whole file is the web server's to send: its bytes, ranges and conditions."""
        name = "wide.fits"
        content = pathlib.Path(f"{self.archive.data}/{name}").read_bytes()
        url = f"/vo/data?ID={golden.encode(self.archive.identifiers[name])}"
        whole = self.get(url)
        yield whole.body != content and f"{len(whole.body)} bytes are not those of the file"
        tag, date = whole.headers.get("etag", ""), whole.headers.get("last-modified", "")
        yield tag in ("", '"0"') and f"the entity tag is {tag!r}"
        for header, status in ((("If-None-Match", tag), 304), (("If-Modified-Since", date), 304),
                               (("If-None-Match", '"other"'), 200)):
            answer = self.get(url, "GET", [header])
            yield answer.status != status and f"{header}: {answer.status}, expected {status}"
        for more, length in (([], 1000), ([("If-Range", tag)], 1000),
                             ([("If-Range", '"other"')], len(content))):
            answer = self.get(url, "GET", [("Range", "bytes=1000-1999"), *more])
            yield answer.body != (content[1000:2000] if length == 1000 else content) and \
                f"a range with {more}: {answer.status}, {len(answer.body)} bytes"
        log = self.site.read_log("responder.log") + self.site.read_log("server.log")
        sent = re.findall(r"part=file .*status=200 bytes=(\d+)", log)
        yield sent[-1:] != ["0"] and f"the responder sent {sent[-1:]} bytes itself"
        for path in (f"/soda-files/data/{name}", "/soda-files/.previews/", "/soda-files/"):
            yield self.get(path).status != 404 and f"{path} is open to everybody"

    def damaged(self):
        """Files that crash a decoder hurt the one who asked for them, not the others."""
        names = [name for name in self.archive.identifiers if "zeroed" in name]
        yield not names and "the archive has no image with a zeroed tile"
        for name in names:
            url = f"/vo/sync?ID={golden.encode(self.archive.identifiers[name])}"
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                bad = pool.submit(self.get, url)
                others = [p for p in pool.map(lambda _: self.small(), range(40)) if p]
            answer = bad.result()
            yield answer.status == 200 and answer.complete and \
                f"{name}: a whole answer from a damaged image"
            # mod_fcgid may hand the dead process to one more request.
            yield len(others) > (0 if self.site.spawns else 1) and \
                f"{name}: {len(others)} of 40 other requests failed: {others[0]}"


def left_over(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("server", nargs="*", default=list(stand.SERVERS))
    options = parser.parse_args()
    build = str(pathlib.Path(options.build).resolve())
    program = os.path.abspath(harness.find_program("SODA_SYNC", build, "modules/soda-sync"))
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-servers-") as folder:
        archive = Archive(folder, build)
        for server in options.server:
            with stand.Stand(server, str(SOURCE), build, program, archive.settings,
                             [folder]) as site:
                golden.run(HERE.parent / "golden", server,
                           lambda *request: rawhttp.fetch(site.port, *request),
                           archive.identifiers, report)
                Checks(site, archive, report).run()
                pids = [p.pid for p in site.started] + site.responder_pids()
            time.sleep(0.2)
            report.judge(f"{server}/server/stops", [
                f"process {pid} is still there after the stop" for pid in left_over(pids)])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
