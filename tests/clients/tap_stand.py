"""An archive behind nginx, as shipped, with a worker: what tap_site.py asks its questions of."""

import contextlib
import csv
import dataclasses
import html
import http.client
import io
import itertools
import os
import pathlib
import random
import re
import subprocess
import tempfile
import time
import urllib.parse

import archive
import catalogue
import harness
import stand

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
ROWS, SEED = 700, 20  # of the catalogue
RESPONDERS = 4  # of soda-tap
csv.field_size_limit(4 << 20)
ME, OTHER = "127.0.0.1", "127.0.0.2"  # addresses of two users
# Of whom each asks one query: none is sent away because of the one before.
STRANGERS = itertools.cycle([f"127.0.1.{number}" for number in range(1, 255)])

TIME, JOB_TIME = 2, 5  # seconds of a query, and of a job
MEMORY, SCRATCH = 16, 24  # MiB
DEFAULT_ROWS, MOST_ROWS = 50, 1000
LIMITS = f"""\
tap_children = 1
tap_time_limit = {TIME}
tap_execution_limit = {JOB_TIME}
tap_memory = {MEMORY << 20}
tap_scratch = {SCRATCH << 20}
tap_rows = {DEFAULT_ROWS}
tap_rows_limit = {MOST_ROWS}
max_body = {4 << 20}
"""


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict
    text: str
    seconds: float

    @property
    def said(self):
        """The sentence of a refusal; empty for an answer."""
        if self.status == 200:
            return ""
        found = re.search(r'value="ERROR">(.*?)</INFO>', self.text, re.DOTALL)
        return html.unescape(found.group(1)) if found else self.text

    @property
    def rows(self):
        """Of an answer in CSV, as texts."""
        if self.status != 200:
            raise RuntimeError(f"{self.status} {self.said[:500]}")
        return list(csv.reader(io.StringIO(self.text, newline="")))[1:]


class Site:
    """The running service."""

    def __init__(self, place, folder, records):
        self.place, self.folder, self.url, self.records = place, folder, place.base_url, records
        self.parts = urllib.parse.urlsplit(self.url)
        self.program = harness.find_program("SODACTL", place.build, "modules/sodactl")
        # Rows of ivoa.obscore: those of the catalogue, and images.
        self.total = len(harness.parse_listing(self.sodactl("list", "--json").stdout))

    def request(self, method, path, body=None, headers=(), user=None):
        """Below the base URL, as a client that has the address `user`, else as a new one;
        redirections are not followed."""
        connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=120,
                                                source_address=(user or next(STRANGERS), 0))
        begun = time.monotonic()
        try:
            connection.request(method, self.parts.path + path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, text, time.monotonic() - begun)

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, fields, user=None):
        return self.request("POST", path, harness.query_string(fields),
                            [("Content-Type", "application/x-www-form-urlencoded")], user)

    def ask(self, query, user=None, **more):
        return self.post("/tap/sync", [("LANG", "ADQL"), ("QUERY", query),
                                       *{"RESPONSEFORMAT": "csv", **more}.items()], user)

    def left(self, query, user):
        """The connection of one who has asked, and does not wait yet."""
        connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=120,
                                                source_address=(user, 0))
        body = harness.query_string([("LANG", "ADQL"), ("QUERY", query)])
        connection.request("POST", self.parts.path + "/tap/sync", body,
                           {"Content-Type": "application/x-www-form-urlencoded"})
        return connection

    def rows(self, query, **more):
        return self.ask(query, **more).rows

    def value(self, query):
        """Of the one row's first column."""
        return self.rows(query)[0][0]

    def upload(self, query, tables):
        """`tables`: names and documents (bytes)."""
        boundary = "soda-test-boundary"
        fields = {"LANG": "ADQL", "RESPONSEFORMAT": "csv", "QUERY": query,
                  "UPLOAD": ";".join(f"{name},param:{name}" for name in tables)}
        head = f"--{boundary}\r\nContent-Disposition: form-data; name="
        parts = [f'{head}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
        parts += [f'{head}"{name}"; filename="t.vot"\r\n\r\n'.encode() + content + b"\r\n"
                  for name, content in tables.items()]
        return self.request("POST", "/tap/sync", b"".join(parts) + f"--{boundary}--\r\n".encode(),
                            [("Content-Type", f"multipart/form-data; boundary={boundary}")])

    # Jobs

    def job(self, service, fields):
        """Begun; its path below the base URL."""
        made = self.post(f"/{service}", [*fields, ("PHASE", "RUN")])
        if made.status != 303:
            raise RuntimeError(f"no job was made: {made.status} {made.text[:300]}")
        return "/" + service + urllib.parse.urlsplit(
            made.headers["location"]).path.partition(f"/{service}")[2]

    def query_job(self, query, **more):
        return self.job("tap/async", [("LANG", "ADQL"), ("QUERY", query), *more.items()])

    def phase(self, job):
        return self.get(f"{job}/phase").text

    def ended(self, job, seconds=60):
        """The phase that it came to an end with, or that it is in."""
        deadline = time.monotonic() + seconds
        while self.phase(job) in ("QUEUED", "EXECUTING") and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.phase(job)

    def begun(self, job, seconds=30):
        deadline = time.monotonic() + seconds
        while self.phase(job) == "QUEUED" and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.phase(job)

    # Administration

    def sodactl(self, *arguments, config=None):
        command = [self.program, "--config", config or self.place.config, *map(str, arguments)]
        return subprocess.run(command,
                              capture_output=True, text=True, timeout=120, check=False)

    def responders(self):
        return self.place.responder_pids("tap")

    def largest(self):
        """MiB that the largest responder has taken at any time."""
        peaks = [int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
                     .group(1)) for pid in self.responders()]
        return max(peaks, default=0) / 1024


@contextlib.contextmanager
def served(build, settings=""):
    """The synthetic images and a catalogue of random rows. `settings`: more of soda.toml, its last
    part (tables)."""
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        os.chmod(folder, 0o755)
        images = f"{folder}/images"
        archive.make_data(build, images)
        records = [catalogue.row(random_rows, number)
                   for random_rows in [random.Random(SEED)] for number in range(ROWS)]
        table = f"{folder}/rows.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, catalogue.NAMES)
            writer.writeheader()
            writer.writerows(records)
        for own in ("cache", "jobs"):
            os.mkdir(f"{folder}/{own}")
            os.chmod(f"{folder}/{own}", 0o777)  # the responders are another user's
        port = stand.free_port()
        text = (f'base_url = "http://127.0.0.1:{port}/vo"\nauthority = "{harness.AUTHORITY}"\n'
                f'database = "{folder}/archive.sqlite"\n'
                f'jobs_database = "{folder}/jobs/jobs.sqlite"\n'
                f'results_folder = "{folder}/jobs/results"\n'
                f'cache_folder = "{folder}/cache"\n{LIMITS}\n'
                f'[data_roots]\ndata = "{images}"\n{settings}')
        config = pathlib.Path(folder, "soda.toml")
        config.write_text(text)
        sodactl = [harness.find_program("SODACTL", build, "modules/sodactl"), "--config", config]
        for command in (["ingest", images], ["import", table]):
            subprocess.run([*sodactl, *command], check=True, stdout=subprocess.DEVNULL)
        program = harness.find_program("SODA_SYNC", build, "modules/soda-sync")
        with stand.Stand("nginx", str(SOURCE), build, program, text, [images, folder], port,
                         RESPONDERS) as place:
            yield Site(place, folder, records)
