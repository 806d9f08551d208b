"""Jobs whose worker, children, disk, store or clock fail: afterwards everything is there, once."""

import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

import harness

ITEMS, BYTES = 2000, 5000
COMPLETED, ERROR = 3, 4
HERE = pathlib.Path(__file__).resolve().parent


class Bench:
    def __init__(self, folder, build):
        self.folder = pathlib.Path(folder)
        self.program = os.path.abspath(harness.find_program("TOY_WORKER", build,
                                                            "tests/toy_worker"))
        self.database, self.results = self.folder / "jobs.sqlite", self.folder / "results"
        self.log = self.folder / "log"
        self.random = random.Random(20261121)

    def start(self, prefix=(), environment=None, children=2):
        return subprocess.Popen([*prefix, self.program, "run", self.database, self.results,
                                 str(children), self.log], stdin=subprocess.DEVNULL,
                                env={**os.environ, **(environment or {})})

    def submit(self, environment=None, **parameters):
        done = subprocess.run([self.program, "submit", self.database,
                               *(f"{name}={value}" for name, value in parameters.items())],
                              capture_output=True, text=True, check=True,
                              env={**os.environ, **(environment or {})})
        return done.stdout.strip()

    def ask(self, sql, *values):
        with sqlite3.connect(self.database, timeout=30) as connection:
            rows = connection.execute(sql, values).fetchall()
        connection.close()
        return rows

    def job(self, job):
        """(phase, done, empty, failed, bytes, error), or None."""
        rows = self.ask("SELECT phase, done, empty, failed, bytes, error FROM job WHERE id = ?",
                        job)
        return rows[0] if rows else None

    def wait(self, job, seconds=120):
        deadline = time.monotonic() + seconds
        while self.job(job)[0] < COMPLETED and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.job(job)


def make(folder, build):
    return Bench(folder, build)


def content(item, size):
    return bytes(ord("a") + (item * 7 + i) % 26 for i in range(26)) * (size // 26 + 1)


def judge(bench, job, items=ITEMS, size=BYTES, results=None):
    """Every result is there, right, and once; nothing half done lies about."""
    phase, done, empty, failed, total, error = bench.job(job)
    problems = []
    if (phase, done, empty, failed) != (COMPLETED, items, 0, 0):
        problems.append(f"phase {phase}, {done} done, {empty} empty, {failed} failed: {error!r}")
    if total != items * size:
        problems.append(f"{total} bytes are counted, {items * size} are right")
    rows = bench.ask("SELECT item.number, name, file, start, size FROM item JOIN job ON job.number "
                     "= item.job WHERE id = ? AND state IN (1, 2) ORDER BY item.number", job)
    if [row[:2] for row in rows] != [(i, f"toy-{i}") for i in range(1, items + 1)]:
        problems.append(f"{len(rows)} results are listed")
    folder = pathlib.Path(results or bench.results) / job
    files = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    odd = set(files) ^ {row[2] for row in rows}
    if odd:
        problems.append(f"files without results, or results without files: {sorted(odd)[:5]}")
    wrong = [number for number, _, file, start, size_ in rows
             if files.get(file, b"")[start:start + size_] != content(number, size)[:size]]
    if wrong:
        problems.append(f"{len(wrong)} results are wrong, {wrong[:5]}")
    places = sorted(row[2:] for row in rows)
    twice = [a for a, b in zip(places, places[1:]) if a[0] == b[0] and a[1] + a[2] > b[1]]
    if twice:
        problems.append(f"{len(twice)} results share bytes, {twice[:5]}")
    left = bench.ask("SELECT count(*) FROM task JOIN job ON job.number = task.job WHERE job.id = ?",
                     job)[0][0]
    if left:
        problems.append(f"{left} tasks are left")
    return problems


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(30)


def children_of(pid):
    try:
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def program_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def outlived(children, seconds=2):
    """Those that are still there after that time."""
    deadline = time.monotonic() + seconds
    while True:
        left = [child for child in children if "toy_worker" in program_of(child)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.005)


def worker_killed(bench):
    """kill -9 of the worker at 50 moments during a batch: its children go with it."""
    job = bench.submit(ITEMS=ITEMS, BYTES=BYTES, GROUP=10, SLEEP=8)
    kills, orphans = 0, []
    while kills < 50:
        worker = bench.start()
        time.sleep(bench.random.uniform(0.05, 0.4))
        children = children_of(worker.pid)
        end(worker, signal.SIGKILL)
        kills += 1
        orphans += outlived(children)
    finished = bench.job(job)[1]
    worker = bench.start()
    bench.wait(job)
    status = end(worker)
    problems = judge(bench, job)
    if orphans:
        problems.append(f"{len(orphans)} children outlived their parent")
    if not 0 < finished < ITEMS:
        problems.append(f"{finished} results at the last kill: the kills did not hit the batch")
    if status:
        problems.append(f"the last worker ended with status {status}")
    return problems


def child_killed(bench):
    """kill -9 of children in the middle of a result."""
    job = bench.submit(ITEMS=600, BYTES=BYTES, GROUP=10, SLEEP=10)
    worker = bench.start()
    kills = 0
    while kills < 15 and bench.job(job)[0] < COMPLETED:
        time.sleep(bench.random.uniform(0.1, 0.3))
        children = children_of(worker.pid)
        if children:
            os.kill(bench.random.choice(children), signal.SIGKILL)
            kills += 1
    bench.wait(job)
    end(worker)
    problems = judge(bench, job, 600)
    if kills < 10:
        problems.append(f"only {kills} kills hit the batch")
    return problems


def disk_full(bench):
    """A full disk is waited for; when it stays full, results fail in order and the rest goes on."""
    bench.results.mkdir(exist_ok=True)
    # A file system of its own, seen by the worker only.
    worker = bench.start(prefix=("unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c",
                                 f'mount -t tmpfs -o size=400k none "{bench.results}" && exec "$@"',
                                 "sh"), children=1)
    inside = pathlib.Path(f"/proc/{worker.pid}/root{bench.results}")
    filler = inside / "filler"
    problems = []
    try:
        deadline = time.monotonic() + 20
        while not is_apart(bench.results, inside) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not is_apart(bench.results, inside):
            return ["the worker has no small disk of its own"]
        fill(filler)
        waiting = bench.submit(ITEMS=5, BYTES=BYTES)
        time.sleep(3)
        if bench.job(waiting)[0] >= COMPLETED:
            problems.append(f"the job did not wait: {bench.job(waiting)}")
        filler.unlink()
        bench.wait(waiting, 30)
        problems += judge(bench, waiting, 5, BYTES, inside)
        fill(filler)
        failing = bench.submit(ITEMS=5, BYTES=BYTES)
        phase, done, _, failed, total, error = bench.wait(failing, 40)
        if (phase, done, failed, total) != (ERROR, 0, 5, 0) or "disk that holds the results is full" \
                not in error:
            problems.append(f"the disk stays full: phase {phase}, {done} done, {failed} failed: "
                            f"{error!r}")
        if (inside / failing).exists() and os.listdir(inside / failing):
            problems.append(f"left behind: {os.listdir(inside / failing)}")
        filler.unlink()
        after = bench.submit(ITEMS=5, BYTES=BYTES)
        bench.wait(after, 30)
        problems += judge(bench, after, 5, BYTES, inside)
    finally:
        end(worker)
    return problems


def is_apart(folder, inside, most=1):
    """Whether the worker sees another file system in that place, of less than so many MiB."""
    try:
        small = os.statvfs(inside)
        return os.stat(inside).st_dev != os.stat(folder).st_dev and \
            small.f_blocks * small.f_frsize < most << 20
    except OSError:
        return False


def fill(path, most=1):
    """At most so many MiB, wherever this should come to lie."""
    with open(path, "wb", buffering=0) as file:
        try:
            for _ in range(most << 10):
                file.write(b"x" * 1024)
        except OSError:
            return
    raise OSError(f"{path} holds {most} MiB, and its disk is not full")


def file_too_large(bench):
    """RLIMIT_FSIZE: one result is beyond it, the others are there. The store is small enough."""
    worker = bench.start(prefix=("prlimit", "--fsize=20000000"), children=1)
    job = bench.submit(ITEMS=2, BYTES=30000000)
    other = bench.submit(ITEMS=3, BYTES=100)
    phase, done, _, failed, _, error = bench.wait(job, 60)
    bench.wait(other, 60)
    end(worker)
    problems = judge(bench, other, 3, 100)
    if (phase, done, failed) != (ERROR, 0, 2) or "larger than a file may be" not in error:
        problems.append(f"phase {phase}, {done} done, {failed} failed: {error!r}")
    return problems


def store_locked(bench):
    """Another program holds the store's lock for ten seconds in the middle of a batch."""
    job = bench.submit(ITEMS=ITEMS, BYTES=100, GROUP=10, SLEEP=2)
    worker = bench.start()
    while not bench.job(job)[1]:
        time.sleep(0.02)
    locker = sqlite3.connect(bench.database, timeout=30, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    before = bench.job(job)[1]
    time.sleep(10)
    locker.execute("COMMIT")
    locker.close()
    bench.wait(job)
    end(worker)
    problems = judge(bench, job, ITEMS, 100)
    if not before < ITEMS:
        problems.append("the lock did not hit the batch")
    return problems


def clock_set_back(bench):
    """The clock jumps by a day, back and to and fro, while two workers work and one is killed."""
    shim, offset = bench.folder / "clock.so", bench.folder / "offset"
    compiler = os.environ.get("SODA_CXX", "g++").split()
    subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-o", shim, HERE / "clock.cc"],
                   check=True)
    environment = {"LD_PRELOAD": str(shim), "SODA_CLOCK": str(offset)}
    offset.write_text("0\n")
    job = bench.submit(ITEMS=ITEMS, BYTES=100, GROUP=10, SLEEP=4, LIMIT=60)
    workers = [bench.start(environment=environment), bench.start(environment=environment)]
    while not bench.job(job)[1]:
        time.sleep(0.02)
    offset.write_text("-86400\n")
    time.sleep(0.3)
    end(workers[0], signal.SIGKILL)
    late = bench.submit(environment, ITEMS=10, BYTES=100)
    time.sleep(0.3)
    bench.wait(job)
    bench.wait(late)
    end(workers[1])
    return judge(bench, job, ITEMS, 100) + judge(bench, late, 10, 100)


CASES = (worker_killed, child_killed, disk_full, file_too_large, store_locked, clock_set_back)
