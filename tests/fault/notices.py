"""sodactl offline and online while responders run; availability when something is wrong."""

import datetime
import errno
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ElementTree

from testbed import SMALL_SIDE, Testbed, Responder, copy_database, image_bytes, restore

PART = {"CIRCLE": "20 2 0.001"}
REASON = "the disks <and> the \"hall\" are exchanged — thank you"
SOON = 1.0  # seconds after sodactl has ended
DOCUMENTS = ("availability", "capabilities", "tables", "examples")
SEQUENCE = ("available", "upSince", "downAt", "backAt", "note")  # of VOSIAvailability-v1.0.xsd
SPACE = "{http://www.ivoa.net/xml/VOSIAvailability/v1.0}"


def make(folder, build):
    bench = Testbed(folder, build, {"first.fits": image_bytes(SMALL_SIDE, 20)})
    bench.copy = copy_database(bench.database, f"{folder}/copy.sqlite")
    bench.faulty = f"{folder}/faulty.so"
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faulty.cc")
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", "-o", bench.faulty, source, "-ldl"],
                   check=True)
    return bench


class Pair:
    """Both programs."""

    def __init__(self, bench, fault=None):
        self.bench = bench
        self.sync = Responder(bench, fault=fault)
        self.sia = Responder(bench, fault=fault, program=bench.soda_sia)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sync.__exit__()
        self.sia.__exit__()

    def data(self):
        """(name, answer) of what serves data."""
        yield "sync", self.sync.get("first.fits", **PART)
        yield "sync without parameters", self.sync.ask("sync")
        yield "sia", self.sia.ask("sia", POS="CIRCLE 20 2 1")
        yield "sia as csv", self.sia.ask("sia", POS="CIRCLE 20 2 1", RESPONSEFORMAT="csv")

    def availability(self):
        """(element, texts) as both tell it."""
        for responder in (self.sync, self.sia):
            yield _elements(responder.ask("availability"))

    def within(self, status):
        """Waits, a second at most, until both answer with that status."""
        begun = time.monotonic()
        while any(answer.status != status for _, answer in self.data()):
            if time.monotonic() > begun + SOON:
                return f"no {status} {SOON} s after sodactl has ended"
        return None


def _elements(answer):
    if answer.status != 200:
        return {"status": [str(answer.status)]}
    found = {}
    for element in ElementTree.fromstring(answer.body):
        found.setdefault(element.tag.removeprefix(SPACE), []).append(element.text)
    if list(found) != [name for name in SEQUENCE if name in found]:
        found["order"] = list(found)
    return found


def _utc(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(pair, wanted, what):
    """`wanted`: element -> its only text, or None when it may not be there."""
    for found in pair.availability():
        yield "order" in found and f"{what}: the elements come as {found['order']}"
        for name, text in wanted.items():
            yield found.get(name) != (None if text is None else [text]) and \
                f"{what}: {name} is {found.get(name)}, expected {text}"


def _control(bench, *arguments, status=0):
    done = bench.control(*arguments)
    return done.returncode != status and \
        f"sodactl {' '.join(arguments)} ends with {done.returncode}: {done.stdout}{done.stderr}"


def offline_and_online(bench):
    with Pair(bench) as pair:
        yield pair.within(200)
        yield from _told(pair, {"available": "true", "note": "accepting requests"}, "before")
        yield _control(bench, "offline", REASON)
        yield pair.within(503)
        for name, answer in pair.data():
            text = answer.text().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
            yield REASON not in text and f"{name} does not tell the reason: {text[-300:]!r}"
            yield answer.headers.get("retry-after") != "30" and \
                f"{name}: Retry-After {answer.headers.get('retry-after')}, not the setting"
        for responder in (pair.sync, pair.sia):
            for name in DOCUMENTS:
                status = responder.ask(name).status
                yield status != 200 and f"{name} answers {status} out of service"
        yield from _told(pair, {"available": "false", "note": REASON, "upSince": None,
                                "downAt": None, "backAt": None}, "offline")
        until = _utc(500)
        yield _control(bench, "offline", "again", "--until", until)
        time.sleep(SOON)
        yield from _told(pair, {"available": "false", "note": "again", "backAt": until}, "again")
        for name, answer in pair.data():
            left = answer.headers.get("retry-after", "")
            yield not (left.isdigit() and 480 < int(left) <= 500) and f"{name}: Retry-After {left}"
        check = bench.control("check").stdout
        yield f"until {until}: again" not in check and f"sodactl check says {check!r}"
        yield _control(bench, "online")
        yield pair.within(200)
        yield from _told(pair, {"available": "true", "note": "accepting requests", "downAt": None,
                                "backAt": None}, "online")


def ends_by_itself(bench):
    with Pair(bench) as pair:
        until = _utc(4)
        yield _control(bench, "offline", "short", "--until", until)
        yield pair.within(503)
        time.sleep(4)
        yield pair.within(200)
        yield from _told(pair, {"available": "true", "upSince": until, "backAt": None}, "over")


def announced(bench):
    with Pair(bench) as pair:
        begin, until = _utc(3), _utc(600)
        yield _control(bench, "offline", "a move", "--from", begin, "--until", until)
        time.sleep(SOON)
        yield from _told(pair, {"available": "true", "downAt": begin, "backAt": until,
                                "note": "a move"}, "announced")
        yield pair.within(200)
        time.sleep(3)
        yield pair.within(503)
        yield from _told(pair, {"available": "false", "downAt": None, "backAt": until}, "begun")
        yield _control(bench, "online")
        yield pair.within(200)


def wrong_notices(bench):
    """Refused, and nothing is posted."""
    with Pair(bench) as pair:
        for arguments in ((), ("",), (" ",), ("two\nlines",), ("x" * 501,), (b"\xff",),
                          ("r", "--until", "tomorrow"), ("r", "--until", "2020-01-01"),
                          ("r", "--until", "2300-01-01"), ("r", "--from", "x"),
                          ("r", "--from", _utc(100), "--until", _utc(50)), ("r", "more")):
            done = subprocess.run([bench.sodactl, "--config", str(bench.config), "offline",
                                   *arguments], capture_output=True, check=False)
            yield done.returncode != 2 and f"offline {arguments} ends with {done.returncode}"
            yield not done.stderr and f"offline {arguments} says nothing"
        yield _control(bench, "online")
        for name, answer in pair.data():
            yield answer.status != 200 and f"{name} answers {answer.status}"


def nearly_full(bench):
    """Told, and served all the same (faulty.cc says that nothing is free)."""
    with Pair(bench, fault=bench.faulty) as pair:
        for responder in (pair.sync, pair.sia):
            responder.arm("statvfs", -1, errno.ENOSPC)
            notes = _elements(responder.ask("availability")).get("note", [])
            for holder in ("data base", "cache"):
                wanted = f"the disk of the {holder} is nearly full: 0 MB are free"
                yield wanted not in notes and f"'{wanted}' is not in {notes}"
            responder.arm("statvfs", -1, errno.ENOSPC)
            found = _elements(responder.ask("availability"))
            yield found.get("available") != ["true"] and "a full disk takes the archive out"
            yield not responder.fired() and "nobody asked for the free space"
        for name, answer in pair.data():
            yield answer.status != 200 and f"{name} answers {answer.status}"


def what_is_missing(bench):
    """Data base and data root: gone, spoiled, of another version, and back."""
    def version():
        bad = f"{bench.folder}/bad.sqlite"
        shutil.copyfile(bench.copy, bad)
        with sqlite3.connect(bad) as changed:
            changed.execute("PRAGMA user_version = 99")
        changed.close()
        restore(bad, bench.database)

    def gone():
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{bench.database}{suffix}").unlink(missing_ok=True)

    def noise():
        pathlib.Path(bench.database).write_bytes(b"no SQLite file " * 900)

    away = bench.folder / "away"
    cases = (("gone", gone, "missing"), ("noise", noise, "damaged"),
             ("version", version, "schema version 99, this program works with "),
             ("data root", lambda: bench.data.rename(away), "the data root data is missing"),
             ("no folder", lambda: (bench.data.rename(away), bench.data.write_bytes(b"")),
              "the data root data is missing"))
    with Pair(bench) as pair:
        for what, spoil, words in cases:
            spoil()
            for found in pair.availability():
                yield found.get("available") != ["false"] and f"{what}: {found}"
                notes = " ".join(found.get("note", []))
                yield words not in notes and f"{what}: '{words}' is not in {notes!r}"
                yield str(bench.folder) in notes and f"{what}: a path is told: {notes!r}"
            if away.exists():
                if bench.data.exists():
                    bench.data.unlink()
                away.rename(bench.data)
            else:
                restore(bench.copy, bench.database)
            yield from _told(pair, {"available": "true", "note": "accepting requests"},
                             f"after {what}")


CASES = (offline_and_online, ends_by_itself, announced, wrong_notices, nearly_full, what_is_missing)
