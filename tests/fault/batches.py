"""Batches of real cuts, whose worker, children, responder, disk, store, clock or images fail:
afterwards no job is lost, and every result is there, once, with the bytes that sync gives."""

import csv
import io
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time

import fastcgi
import harness
from jobs import COMPLETED, children_of, end, fill, is_apart
from testbed import Responder, Testbed, image_bytes

FILES, CUTS, SIDE, CUT = 200, 2000, 100, 41
MANY, TILED = 10000, 200
HERE = pathlib.Path(__file__).resolve().parent
BOUNDARY = "x-soda-boundary"


def make(folder, build):
    names = {f"i{number:03}.fits": image_bytes(SIDE, 20 + number * 0.5) for number in range(FILES)}
    names |= broken_images(f"{folder}/broken")
    folder = pathlib.Path(folder)
    bench = Testbed(folder, build, names, settings=(
        f'jobs_database = "{folder}/jobs.sqlite"\nresults_folder = "{folder}/results"\n'
        "worker_children = 2\n"))
    bench.jobs, bench.results = folder / "jobs.sqlite", folder / "results"
    bench.worker = os.path.abspath(harness.find_program("SODA_WORKER", build,
                                                        "modules/soda-worker"))
    bench.soda_async = os.path.abspath(harness.find_program("SODA_ASYNC", build,
                                                            "modules/soda-async"))
    bench.random = random.Random(20261121)
    bench.slow = library(bench, "slow")
    bench.places = [place(bench.random, number % FILES) for number in range(CUTS)]
    bench.expected = expected(bench, bench.places)
    return bench


def broken_images(folder):
    """Tile-compressed images, and the same with bytes of their tiles changed."""
    import numpy  # noqa: PLC0415
    from astropy.io import fits  # noqa: PLC0415
    os.makedirs(folder, exist_ok=True)
    numbers = numpy.random.default_rng(7)
    named = {}
    for number, algorithm in enumerate(("RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1")):
        header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 60.0 + number,
                              "CRVAL2": 2.0, "CRPIX1": 100.5, "CRPIX2": 100.5, "CDELT1": -0.0001,
                              "CDELT2": 0.0001})
        pixels = numbers.integers(0, 4000, (TILED, TILED), dtype=numpy.int16)
        path = f"{folder}/{algorithm}.fits"
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(
            pixels, header, compression_type=algorithm, tile_shape=(20, TILED))]).writeto(path)
        whole = pathlib.Path(path).read_bytes()
        named[f"good{number}.fits"] = whole
        with fits.open(path, disable_image_compression=True) as hdus:
            begin = hdus[1].fileinfo()["datLoc"] + hdus[1].header["THEAP"] \
                if "THEAP" in hdus[1].header else hdus[1].fileinfo()["datLoc"] + \
                hdus[1].header["NAXIS1"] * hdus[1].header["NAXIS2"]
            size = hdus[1].header["PCOUNT"]
        for turn in range(4):
            bad = bytearray(whole)
            for _ in range(200):
                bad[begin + int(numbers.integers(size))] = int(numbers.integers(256))
            named[f"bad{number}{turn}.fits"] = bytes(bad)
    return named


def library(bench, name):
    """One of the libraries here, to be loaded before a program's."""
    path = bench.folder / f"{name}.so"
    compiler = os.environ.get("SODA_CXX", "g++").split()
    subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-o", path, HERE / f"{name}.cc"],
                   check=True)
    return path


def place(numbers, number):
    """A file, and a position in it that has all pixels of a cut."""
    reach = (SIDE - CUT - 4) / 2 * 0.0001
    return (f"i{number:03}.fits", round(20 + number * 0.5 + numbers.uniform(-reach, reach), 7),
            round(2 + numbers.uniform(-reach, reach), 7))


def expected(bench, places):
    """What sync gives."""
    cuts = []
    with Responder(bench) as responder:
        for name, ra, dec in places:
            answer = responder.get(name, POS=f"BRECT {ra} {dec} {CUT} {CUT} pixel")
            if answer.status != 200 or not answer.complete:
                raise OSError(f"sync answers {answer.status}: {answer.text()[:200]}")
            cuts.append(answer.body)
    return cuts


def identifier(name):
    return f"ivo://{harness.AUTHORITY}/default?{name}"


def submit(bench, places, **fields):
    """The identifier of a job that cuts these places."""
    table = "ra,dec,id\n" + "".join(f"{ra},{dec},{identifier(name)}\n" for name, ra, dec in places)
    fields = {"UPLOAD": "t,param:table", "BOX": f"{CUT} {CUT} pixel", "PHASE": "RUN", **fields}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in fields.items()]
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="table"; filename="t.csv"'
                 f"\r\nContent-Type: text/csv\r\n\r\n{table}\r\n--{BOUNDARY}--\r\n")
    with Responder(bench, program=bench.soda_async) as responder:
        answer = fastcgi.fetch(
            responder.address, "POST", f"{harness.MOUNT}/async",
            [("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")], "".join(parts).encode())
    if answer.status != 303:
        raise OSError(f"no job was made: {answer.status} {answer.text()[:300]}")
    return answer.headers["location"].rpartition("/")[2]


def start(bench, prefix=(), libraries=(), **environment):
    if libraries:
        environment["LD_PRELOAD"] = ":".join(map(str, libraries))
    with open(bench.log, "ab") as log:
        return subprocess.Popen([*prefix, bench.worker, "--config", bench.config],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env={**os.environ, **environment})


def ask(bench, sql, *values):
    with sqlite3.connect(bench.jobs, timeout=30) as connection:
        rows = connection.execute(sql, values).fetchall()
    connection.close()
    return rows


def counts(bench, job):
    """(phase, done, empty, failed, bytes, error)"""
    return ask(bench, "SELECT phase, done, empty, failed, bytes, error FROM job WHERE id = ?",
               job)[0]


def wait(bench, job, seconds=120):
    deadline = time.monotonic() + seconds
    while counts(bench, job)[0] < COMPLETED and time.monotonic() < deadline:
        time.sleep(0.05)
    return counts(bench, job)


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)


def in_hand(bench, worker):
    """Tasks that the children of that worker work on."""
    return ask(bench, "SELECT count(*) FROM task JOIN holder ON holder.id = task.holder "
               "WHERE pid = ?", worker)[0][0]


def stored(bench, job, results=None):
    """Number -> bytes of each result, and what is wrong with the files."""
    rows = ask(bench, "SELECT item.number, file, start, size FROM item JOIN job ON job.number = "
               "item.job WHERE id = ? AND state IN (1, 2) ORDER BY item.number", job)
    folder = pathlib.Path(results or bench.results) / job
    files = {name: (folder / name).read_bytes() for name in os.listdir(folder)
             if not name.startswith(".upload")}
    problems = []
    odd = set(files) ^ {row[1] for row in rows}
    if odd:
        problems.append(f"files without results, or results without files: {sorted(odd)[:5]}")
    places = sorted(row[1:] for row in rows)
    twice = [a for a, b in zip(places, places[1:]) if a[0] == b[0] and a[1] + a[2] > b[1]]
    if twice:
        problems.append(f"{len(twice)} results share bytes, {twice[:5]}")
    return {number: files.get(name, b"")[begin:begin + size]
            for number, name, begin, size in rows}, problems


def judge(bench, job, wanted=None, results=None):
    """The job is completed, and has the results that sync gives: each once, and nothing else."""
    wanted = bench.expected if wanted is None else wanted
    phase, done, empty, failed, total, error = counts(bench, job)
    found, problems = stored(bench, job, results)
    if (phase, done, empty, failed) != (COMPLETED, len(wanted), 0, 0):
        problems.append(f"phase {phase}, {done} done, {empty} empty, {failed} failed: {error!r}")
    if total != sum(map(len, wanted)):
        problems.append(f"{total} bytes are counted, {sum(map(len, wanted))} are right")
    if list(found) != list(range(1, len(wanted) + 1)):
        problems.append(f"{len(found)} results instead of {len(wanted)}")
    wrong = [number for number, content in found.items() if content != wanted[number - 1]]
    if wrong:
        problems.append(f"{len(wrong)} results are not those of sync, {wrong[:5]}")
    left = ask(bench, "SELECT count(*) FROM task JOIN job ON job.number = task.job "
               "WHERE job.id = ?", job)[0][0]
    if left:
        problems.append(f"{left} tasks are left")
    return problems


def judge_as_clients_do(bench, job):
    """The same, of what soda-async says and sends."""
    problems = []
    with Responder(bench, program=bench.soda_async) as responder:
        def get(path):
            return fastcgi.fetch(responder.address, "GET", f"{harness.MOUNT}/async/{job}{path}")
        listed = get("/results").text().count("<uws:result ")
        table = list(csv.DictReader(io.StringIO(get("/results/status?RESPONSEFORMAT=csv").text())))
        wrong = [number for number, content in enumerate(bench.expected, 1)
                 if get(f"/results/cutout-{number}").body != content]
    if listed != CUTS + 1:
        problems.append(f"{listed} results are listed, {CUTS} and the table of states are right")
    if [(int(row["number"]), row["status"]) for row in table] != [
            (number, "DONE") for number in range(1, CUTS + 1)]:
        problems.append(f"the table of states has {len(table)} rows, and not all are DONE")
    if wrong:
        problems.append(f"{len(wrong)} results are sent otherwise than by sync, {wrong[:5]}")
    return problems


def worker_killed(bench):
    """kill -9 of the worker at 50 random moments during a batch of 2,000 cuts."""
    job = submit(bench, bench.places)
    for _ in range(50):
        worker = start(bench, libraries=[bench.slow], SODA_SLOW="4000")
        until(lambda: in_hand(bench, worker.pid))
        time.sleep(bench.random.uniform(0, 0.25))
        end(worker, signal.SIGKILL)
    finished = counts(bench, job)[1]
    worker = start(bench)
    wait(bench, job)
    end(worker)
    problems = judge(bench, job) + judge_as_clients_do(bench, job)
    if not 0 < finished < CUTS:
        problems.append(f"{finished} results at the last kill: the kills did not hit the batch")
    return problems


def child_killed(bench):
    """kill -9 of a child in the middle of a result, again and again."""
    job = submit(bench, bench.places)
    worker = start(bench, libraries=[bench.slow], SODA_SLOW="1500")
    # Planning that is killed as often has failed for good.
    until(lambda: counts(bench, job)[1])
    kills = 0
    while kills < 20 and counts(bench, job)[0] < COMPLETED:
        time.sleep(bench.random.uniform(0.1, 0.3))
        children = children_of(worker.pid)
        if children:
            os.kill(bench.random.choice(children), signal.SIGKILL)
            kills += 1
    wait(bench, job)
    end(worker)
    problems = judge(bench, job)
    if kills < 15:
        problems.append(f"only {kills} kills hit the batch")
    return problems


class Creator(threading.Thread):
    """Makes jobs, each with a RUNID of its own; knows which were confirmed."""

    def __init__(self, number, address, stop):
        super().__init__()
        self.number, self.address, self.stop = number, address, stop
        self.confirmed, self.asked = {}, 0

    def run(self):
        while not self.stop.is_set():
            self.asked += 1
            run_id = f"run-{self.number}-{self.asked}"
            body = harness.query_string([("RUNID", run_id), ("ID", identifier("i00.fits")),
                                         ("CIRCLE", "20 2 0.001"), ("CIRCLE", "20 2 0.002")])
            try:
                answer = fastcgi.fetch(self.address[0], "POST", f"{harness.MOUNT}/async", [
                    ("Content-Type", "application/x-www-form-urlencoded")], body.encode(), 10)
            except OSError:
                time.sleep(0.01)
                continue
            if answer.complete and answer.status == 303:
                self.confirmed[run_id] = answer.headers["location"].rpartition("/")[2]


def responder_killed(bench):
    """kill -9 of soda-async while clients make jobs: what was confirmed is there, whole and once."""
    stop, address = threading.Event(), [""]
    responder = Responder(bench, program=bench.soda_async)
    address[0] = responder.address
    creators = [Creator(number, address, stop) for number in range(4)]
    for creator in creators:
        creator.start()
    try:
        for _ in range(15):
            time.sleep(bench.random.uniform(0.05, 0.25))
            responder.process.kill()
            responder.process.wait()
            responder = Responder(bench, program=bench.soda_async)
            address[0] = responder.address
    finally:
        stop.set()
        for creator in creators:
            creator.join()
        responder.__exit__()
    confirmed = {run: job for creator in creators for run, job in creator.confirmed.items()}
    asked = sum(creator.asked for creator in creators)
    known = ask(bench, "SELECT run_id, id, (SELECT group_concat(name) FROM parameter WHERE job = "
                "job.number) FROM job WHERE run_id LIKE 'run-%'")
    problems = []
    if len({run for run, _, _ in known}) != len(known):
        problems.append("a job was made twice")
    there = {run: job for run, job, _ in known}
    lost = [run for run, job in confirmed.items() if there.get(run) != job]
    if lost:
        problems.append(f"{len(lost)} of {len(confirmed)} jobs are lost, {lost[:5]}")
    half = [run for run, _, names in known if sorted((names or "").split(",")) !=
            ["CIRCLE", "CIRCLE", "ID", "RUNID"] and sorted((names or "").split(",")) !=
            ["CIRCLE", "CIRCLE", "ID"]]
    if half:
        problems.append(f"{len(half)} jobs have not all parameters, {half[:5]}")
    if not 20 < len(confirmed) < asked:
        problems.append(f"{len(confirmed)} of {asked} jobs were confirmed: the kills did not hit")
    return problems


def submit_shapes(bench, places):
    """A job of one file and as many shapes: without a table, which would lie beside the results."""
    fields = [("ID", identifier(places[0][0])), ("PHASE", "RUN")]
    fields += [("POS", f"BRECT {ra} {dec} {CUT} {CUT} pixel") for _, ra, dec in places]
    with Responder(bench, program=bench.soda_async) as responder:
        answer = fastcgi.fetch(responder.address, "POST", f"{harness.MOUNT}/async", [
            ("Content-Type", "application/x-www-form-urlencoded")],
            harness.query_string(fields).encode())
    return answer.headers["location"].rpartition("/")[2]


def disk_full(bench):
    """The disk of results is full in the middle of a batch, and six seconds later it is not."""
    places = [place(bench.random, 3) for _ in range(300)]
    wanted = expected(bench, places)
    bench.results.mkdir(exist_ok=True)
    worker = start(bench, prefix=(
        "unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c",
        f'mount -t tmpfs -o size=8m none "{bench.results}" && exec "$@"', "sh"),
        libraries=[bench.slow], SODA_SLOW="3000")
    inside = pathlib.Path(f"/proc/{worker.pid}/root{bench.results}")
    problems = []
    try:
        deadline = time.monotonic() + 20
        while not is_apart(bench.results, inside, 16) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not is_apart(bench.results, inside, 16):
            return ["the worker has no small disk of its own"]
        job = submit_shapes(bench, places)
        while not counts(bench, job)[1]:
            time.sleep(0.01)
        fill(inside / "filler", 16)
        time.sleep(6)
        held = counts(bench, job)
        if held[0] >= COMPLETED or held[1] >= len(places) or held[3]:
            problems.append(f"the job did not wait: {held}")
        (inside / "filler").unlink()
        wait(bench, job, 60)
        problems += judge(bench, job, wanted, inside)
    finally:
        end(worker)
    return problems


def store_locked(bench):
    """Another program holds the lock of the jobs' data base for ten seconds in the middle."""
    job = submit(bench, bench.places)
    worker = start(bench, libraries=[bench.slow], SODA_SLOW="500")
    while not counts(bench, job)[1]:
        time.sleep(0.01)
    locker = sqlite3.connect(bench.jobs, timeout=30, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    before = counts(bench, job)[1]
    time.sleep(10)
    locker.execute("COMMIT")
    locker.close()
    wait(bench, job)
    end(worker)
    problems = judge(bench, job)
    if not before < CUTS:
        problems.append("the lock did not hit the batch")
    return problems


def clock_set_back(bench):
    """The clock goes back by hours while two workers work, one of which is killed. It stays within
    the day, whose date the cuts bear."""
    today = time.time() % 86400
    back, forth = min(7200, int(today)), max(0, min(3600, 86400 - 600 - int(today)))
    clock, offset = library(bench, "clock"), bench.folder / "offset"
    offset.write_text("0\n")
    job = submit(bench, bench.places, EXECUTIONDURATION="60")
    # That clock is the children's as well.
    workers = [start(bench, libraries=[clock, bench.slow], SODA_SLOW="1000", SODA_CLOCK=str(offset))
               for _ in range(2)]
    while not counts(bench, job)[1]:
        time.sleep(0.01)
    offset.write_text(f"{-back}\n")
    time.sleep(0.3)
    end(workers[0], signal.SIGKILL)
    offset.write_text(f"{forth}\n")
    wait(bench, job)
    end(workers[1])
    return judge(bench, job)


def broken_tiles(bench):
    """Tile-compressed images with bytes of their tiles changed, between whole ones: each either
    fails or has some pixels, and the others are right."""
    names = sorted(path.name for path in bench.data.glob("bad*.fits")) + \
        sorted(path.name for path in bench.data.glob("good*.fits"))
    fields = [("ID", identifier(name)) for name in names] + [("PHASE", "RUN")]
    with Responder(bench) as responder:
        whole = {name: responder.get(name).body for name in names if name.startswith("good")}
    with Responder(bench, program=bench.soda_async) as responder:
        answer = fastcgi.fetch(responder.address, "POST", f"{harness.MOUNT}/async", [
            ("Content-Type", "application/x-www-form-urlencoded")],
            harness.query_string(fields).encode())
    job = answer.headers["location"].rpartition("/")[2]
    worker = start(bench)
    phase, done, empty, failed, _, error = wait(bench, job, 60)
    end(worker)
    found, problems = stored(bench, job)
    if phase != COMPLETED or done + failed != len(names) or empty:
        problems.append(f"phase {phase}, {done} done, {empty} empty, {failed} failed: {error!r}")
    if not failed:
        problems.append("no broken image was noticed")
    for number, name in enumerate(names, 1):
        if name in whole and found.get(number) != whole[name]:
            problems.append(f"{name}: not the bytes of sync")
    reasons = ask(bench, "SELECT reason FROM item JOIN job ON job.number = item.job "
                  "WHERE id = ? AND state = 3", job)
    if not all(reason.strip() for reason, in reasons):
        problems.append("a failure has no reason")
    return problems


def ten_thousand(bench):
    """10,000 cuts of 200 files in one archive of tar, its worker killed five times on the way."""
    places = [place(bench.random, number % FILES) for number in range(MANY)]
    wanted = expected(bench, places)
    job = submit(bench, places, RESPONSEFORMAT="application/x-tar")
    for part in range(1, 6):
        worker = start(bench)
        deadline = time.monotonic() + 60
        while counts(bench, job)[1] < MANY * part // 8 and time.monotonic() < deadline:
            time.sleep(0.005)
        end(worker, signal.SIGKILL)
    before = counts(bench, job)[1]
    worker = start(bench)
    phase, done, empty, failed, total, error = wait(bench, job)
    end(worker)
    with Responder(bench, program=bench.soda_async) as responder:
        answer = fastcgi.fetch(responder.address, "GET",
                               f"{harness.MOUNT}/async/{job}/results/cutouts.tar")
    problems = [f"{before} results at the last kill"] if before == MANY else []
    if (phase, done, empty, failed) != (COMPLETED, MANY, 0, 0) or total != len(answer.body):
        problems.append(f"phase {phase}, {done} done, {empty} empty, {failed} failed, {total} "
                        f"bytes: {error!r}")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as packed:
        members = packed.getmembers()
        names = [member.name for member in members]
        wrong = [number for number, member in enumerate(members)
                 if packed.extractfile(member).read() != wanted[number]]
    if names != [f"cutout-{number}.fits" for number in range(1, MANY + 1)]:
        problems.append(f"{len(names)} members, and not as they should be")
    if wrong:
        problems.append(f"{len(wrong)} members are not those of sync, {wrong[:5]}")
    left = [name for name in os.listdir(bench.results / job) if not name.startswith(".upload")]
    if left != ["cutouts.tar"]:
        problems.append(f"left beside the package: {left[:5]}")
    return problems


CASES = (worker_killed, child_killed, responder_killed, disk_full, store_locked, clock_set_back,
         broken_tiles, ten_thousand)
