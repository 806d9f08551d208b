"""`sodactl ingest` killed at any moment, and running while responders answer."""

import random
import shutil
import subprocess
import threading
import time

from testbed import SMALL_SIDE, Testbed, Responder, image_bytes, judge_whole

PART = {"CIRCLE": "20 2 0.001"}
FILES = 2500  # several batches of 1000
KILLS = 20
ADDED = 900  # one batch


def make(folder, build):
    return Testbed(folder, build, {"first.fits": image_bytes(SMALL_SIDE, 20)})


def _many(folder, count):
    """Small images below one folder, which differ in their place on the sky."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        below = folder / f"{number // 500}"
        below.mkdir(exist_ok=True)
        (below / f"i{number:05}.fits").write_bytes(image_bytes(8, 10 + number * 0.01))


def _content(bench, config=None):
    """All that is known of the data sets, their internal numbers apart."""
    return bench.control("list", "--json", config=config).stdout


def killed(bench):
    """kill -9 at random moments: the store is whole, and the next run carries on to the same end."""
    many = bench.data / "many"
    _many(many, FILES)
    other = bench.folder / "other.toml"
    other.write_text(bench.config.read_text().replace(str(bench.database),
                                                      f"{bench.folder}/other.sqlite"))
    begun = time.monotonic()
    done = bench.control("ingest", str(bench.data), config=other)
    duration = time.monotonic() - begun
    yield done.returncode and f"the undisturbed run ends with {done.returncode}: {done.stderr}"
    wanted = _content(bench, other)
    chance = random.Random(20)
    unfinished = 0
    for kill in range(KILLS):
        if not unfinished:
            for path in bench.folder.glob("archive.sqlite*"):
                path.unlink()
        process = subprocess.Popen([bench.sodactl, "--config", str(bench.config), "ingest",
                                    str(bench.data)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0, duration))
            unfinished = 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            unfinished += 1
        if unfinished and not bench.database.exists():
            continue  # killed before it had made its file
        done = bench.control("check")
        yield done.returncode and f"after kill {kill + 1}, sodactl check says {done.returncode}: " \
            f"{(done.stdout + done.stderr)[-300:]}"
    done = bench.control("ingest", str(bench.data))
    yield done.returncode and f"the last run ends with {done.returncode}: {done.stderr[-300:]}"
    yield _content(bench) != wanted and "after the kills the archive is not what an undisturbed " \
        "run makes"
    again = bench.control("ingest", str(bench.data))
    yield "0 new" not in again.stdout + again.stderr and "0 added" not in again.stdout and \
        f"a further run finds something to do: {again.stdout[-200:]}"
    shutil.rmtree(many)
    bench.ingest()


def two_at_once(bench):
    """The second is told that the first is at work; it does not wait for ever, nor harm it."""
    many = bench.data / "twice"
    _many(many, 1500)
    command = [bench.sodactl, "--config", str(bench.config), "ingest", str(bench.data)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(3)]
    told = [(run.communicate(timeout=120)[0], run.returncode) for run in runs]
    yield not any(code == 0 for _, code in told) and f"none of three runs succeeds: {told}"
    for text, code in told:
        yield code and "ingest" not in text.lower() and f"a refused run says only {text!r}"
    done = bench.control("check")
    yield done.returncode and f"sodactl check says {done.returncode}: {done.stdout[-300:]}"
    shutil.rmtree(many)
    bench.ingest()


class Reader(threading.Thread):
    """Asks one responder for images that are about to appear: as soon as one of a batch is seen,
    all are."""

    def __init__(self, bench, responder, names, stop):
        super().__init__()
        self.bench, self.responder, self.names, self.stop = bench, responder, names, stop
        self.problems, self.answers, self.seen = [], 0, 0
        self.chance = random.Random(responder.process.pid)

    def ask(self, name, **parameters):
        answer = self.responder.get(name, **parameters)
        self.answers += 1
        if answer.status not in (200, 404) or not answer.complete:
            self.problems.append(f"status {answer.status} during ingest: {answer.text()[:150]!r}")
        return answer.status

    def run(self):
        try:
            while not self.stop.is_set() and len(self.problems) < 5:
                self.ask("first.fits", **PART)
                if self.ask(self.chance.choice(self.names), PIXELS="[1:2,1:2]") == 200:
                    self.seen += 1
                    if self.ask(self.chance.choice(self.names), PIXELS="[1:2,1:2]") != 200:
                        self.problems.append("half a batch was seen")
        except OSError as error:
            self.problems.append(f"{type(error).__name__}: {error}")


def while_serving(bench):
    more = bench.data / "more"
    _many(more, ADDED)
    names = [str(path.relative_to(bench.data)) for path in sorted(more.rglob("*.fits"))]
    stop = threading.Event()
    responders = [Responder(bench) for _ in range(4)]
    try:
        readers = [Reader(bench, responder, names, stop) for responder in responders]
        for reader in readers:
            reader.start()
        time.sleep(0.5)
        done = bench.control("ingest", str(bench.data))
        yield done.returncode and f"ingest ends with {done.returncode}: {done.stderr[-300:]}"
        committed = time.monotonic()
        for responder in responders:
            for name in (names[0], names[-1]):
                answer = responder.get(name, PIXELS="[1:2,1:2]")
                yield answer.status != 200 and f"{name} after the commit: {answer.status}"
        took = time.monotonic() - committed
        yield took > 1 and f"new images were seen {took:.1f} s after the commit"
        time.sleep(0.5)
        stop.set()
        for reader in readers:
            reader.join(30)
            yield from reader.problems
            yield reader.answers < 10 and f"a responder gave {reader.answers} answers in all"
        shutil.rmtree(more)
        bench.ingest()
        for responder in responders:
            answer = responder.get(names[0], PIXELS="[1:2,1:2]")
            yield answer.status != 404 and f"a vanished image answers {answer.status}"
            yield judge_whole(responder.get("first.fits", **PART),
                              bench.reference("first.fits", **PART), "the first image")
            yield responder.alive()
    finally:
        stop.set()
        for responder in responders:
            responder.__exit__()


CASES = (killed, two_at_once, while_serving)
