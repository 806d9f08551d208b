"""A data base that another process writes to all the while (sodactl import, retract), asked by
soda-sia: every answer is one state of the archive."""

import csv
import io
import random
import threading
import time

from testbed import SMALL_SIDE, Testbed, Responder, image_bytes

READERS = 4
GENERATIONS = 12
ROWS = 300  # of the first generation; each has one more
BATCH = 10000  # rows that sodactl import commits together
MANY = 2 * BATCH + 3000
SOON = 1.0  # seconds after the commit
COLUMNS = ("obs_publisher_did", "obs_id", "calib_level", "dataproduct_type", "obs_collection",
           "target_name", "s_ra", "s_dec", "s_fov")
QUESTIONS = ({"COLLECTION": "live"}, {"POS": "CIRCLE 180 0 30"}, {"POS": "RANGE 150 210 -30 30"},
             {"POS": "CIRCLE 180 0 40", "COLLECTION": "live", "CALIB": "2"})


def make(folder, build):
    return Testbed(folder, build, {"first.fits": image_bytes(SMALL_SIDE, 20)})


def _identifier(number):
    return f"ivo://test.example/live?n{number}"


def _write(path, generation, count):
    """Every row of a generation bears its number, and lies elsewhere than before."""
    with open(path, "w", encoding="ascii", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for number in range(count):
            writer.writerow((_identifier(number), f"g{generation}", 2, "image", "live",
                             f"t{number}", 170 + number % 100 * 0.2 + generation * 0.01,
                             number // 100 * 0.05 - 6, 0.01))


def _judge_generation(text):
    """(generation or None, problem or None) of a CSV answer: all rows of one, and as many as it
    has."""
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows:
        return None, None
    found = {row["obs_id"] for row in rows}
    if len(found) != 1:
        return None, f"rows of {len(found)} states in one answer: {sorted(found)}"
    generation = int(found.pop()[1:])
    wanted = {_identifier(number) for number in range(ROWS + generation)}
    told = [row["obs_publisher_did"] for row in rows]
    if len(told) != len(wanted) or set(told) != wanted:
        return generation, f"{len(told)} rows of generation {generation}, which has {len(wanted)}"
    return generation, None


def _judge_count(text):
    count = max(text.count("\n") - 1, 0)
    return count, None if count in (0, BATCH, 2 * BATCH, MANY) else f"half a batch: {count} rows"


class Reader(threading.Thread):
    """Asks one responder over and over; what it sees may not go back."""

    def __init__(self, responder, judge, questions, stop):
        super().__init__()
        self.responder, self.judge, self.questions, self.stop = responder, judge, questions, stop
        self.problems, self.answers, self.seen = [], 0, set()
        self.chance = random.Random(responder.process.pid)

    def run(self):
        latest = -1
        try:
            while not self.stop.is_set() and len(self.problems) < 5:
                question = self.chance.choice(self.questions)
                answer = self.responder.ask("sia", RESPONSEFORMAT="csv", MAXREC=1000000, **question)
                self.answers += 1
                if answer.status != 200 or not answer.complete:
                    self.problems.append(f"{question}: status {answer.status}, complete "
                                         f"{answer.complete}: {answer.text()[:150]!r}")
                    continue
                state, problem = self.judge(answer.text())
                if problem:
                    self.problems.append(f"{question}: {problem}")
                if state is not None and latest > state:
                    self.problems.append(f"{question}: {state} after {latest}")
                latest = state if state is not None else latest
                self.seen.add(state)
        except (OSError, ValueError) as error:
            self.problems.append(f"{type(error).__name__}: {error}")


class Readers:
    def __init__(self, bench, judge, questions):
        self.stop = threading.Event()
        self.responders = [Responder(bench, program=bench.soda_sia) for _ in range(READERS)]
        self.readers = [Reader(responder, judge, questions, self.stop)
                        for responder in self.responders]

    def __enter__(self):
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for reader in self.readers:
            reader.join(30)
        for responder in self.responders:
            responder.__exit__()

    def end(self, least):
        """What they found; `least` answers are expected of each."""
        self.stop.set()
        for number, reader in enumerate(self.readers):
            reader.join(30)
            yield from reader.problems
            yield reader.answers < least and f"reader {number} got {reader.answers} answers"
            yield self.responders[number].alive()
        print(f"# {sum(reader.answers for reader in self.readers)} answers, states seen: "
              f"{len(set().union(*(reader.seen for reader in self.readers)))}", flush=True)


def _seen_soon(responder, wanted, **question):
    """No answer that was asked for a second after the commit lacks it."""
    committed = time.monotonic()  # at the latest: the writer has ended
    while True:
        asked = time.monotonic()
        answer = responder.ask("sia", RESPONSEFORMAT="csv", **question)
        if answer.status == 200 and wanted in answer.text():
            return None
        if asked - committed > SOON:
            return f"{wanted} is not seen {asked - committed:.1f} s after the commit: " \
                   f"{answer.status} {answer.text()[-150:]!r}"


def generations(bench):
    """All rows are replaced, moved and one is added, again and again; at last all are retracted."""
    table = bench.folder / "generation.csv"
    with Readers(bench, _judge_generation, QUESTIONS) as readers:
        for generation in range(GENERATIONS):
            _write(table, generation, ROWS + generation)
            done = bench.control("import", str(table))
            yield done.returncode and f"import ends with {done.returncode}: {done.stderr[-300:]}"
            newest = _identifier(ROWS + generation - 1)
            for responder in readers.responders:
                yield _seen_soon(responder, f"g{generation},", ID=newest)
        everything = [_identifier(number) for number in range(ROWS + GENERATIONS - 1)]
        done = bench.control("retract", *everything)
        yield done.returncode and f"retract ends with {done.returncode}: {done.stderr[-300:]}"
        time.sleep(0.5)
        yield from readers.end(GENERATIONS)
        for responder in readers.responders:
            answer = responder.ask("sia", RESPONSEFORMAT="csv", COLLECTION="live")
            yield answer.text().count("\n") != 1 and "retracted rows are still found"


def batches(bench):
    """One table of several batches: readers see them grow, whole."""
    table = bench.folder / "many.csv"
    _write(table, 0, MANY)
    with Readers(bench, _judge_count, QUESTIONS[:1]) as readers:
        done = bench.control("import", str(table))
        yield done.returncode and f"import ends with {done.returncode}: {done.stderr[-300:]}"
        for responder in readers.responders:
            yield _seen_soon(responder, "g0,", ID=_identifier(MANY - 1))
        time.sleep(0.5)
        yield from readers.end(3)
    done = bench.control("retract", *(_identifier(number) for number in range(MANY)))
    yield done.returncode and f"retract ends with {done.returncode}: {done.stderr[-300:]}"


CASES = (generations, batches)
