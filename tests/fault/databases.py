"""A data base that is locked, damaged, gone, exchanged, or of another version."""

import os
import pathlib
import shutil
import sqlite3
import time

from testbed import (SMALL_SIDE, Testbed, Responder, copy_database, image_bytes, judge_refused,
                   judge_whole, restore)

PART = {"CIRCLE": "20 2 0.001"}
PATIENCE = 2  # seconds that a responder waits for a lock (store/connection.cc)
HELD = 6


def make(folder, build):
    # Enough data sets that the data base has many pages, more than a responder keeps in memory.
    names = {f"image{number:03}.fits": image_bytes(SMALL_SIDE, 20) for number in range(60)}
    bench = Testbed(folder, build, names)
    bench.copy = copy_database(bench.database, f"{folder}/copy.sqlite")
    return bench


def _recovers(bench, responder, what):
    """The data base is right again: so is the service, at once."""
    yield judge_whole(responder.get("image001.fits", **PART),
                      bench.reference("image001.fits", **PART), what)
    yield responder.alive()


def _unavailable(answer, what, *words):
    yield judge_refused(answer, (503,), what)
    yield answer.status == 503 and "retry-after" not in answer.headers and \
        f"{what}: 503 without Retry-After"
    for word in words:
        yield word not in answer.text() and f"{what}: '{word}' is not in {answer.text()!r}"


def locked(bench):
    """Held exclusively by another program: refused within the patience, then served again."""
    holder = sqlite3.connect(bench.database, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    with Responder(bench) as responder:
        while time.monotonic() < begun + HELD:
            asked = time.monotonic()
            answer = responder.get("image001.fits", **PART)
            took = time.monotonic() - asked
            yield from _unavailable(answer, "locked", "locked")
            yield took > 2 * PATIENCE + 2 and f"the refusal took {took:.1f} s"
        holder.execute("ROLLBACK")
        holder.close()
        yield from _recovers(bench, responder, "unlocked")


def written_to(bench):
    """A writer that takes its time does not disturb readers."""
    with Responder(bench) as responder:
        holder = sqlite3.connect(bench.database, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        for number in range(20):
            name = f"image{number:03}.fits"
            yield judge_whole(responder.get(name, timeout=3, **PART), bench.reference(name, **PART),
                              "while a writer holds its lock")
        holder.execute("ROLLBACK")
        holder.close()


def removed(bench):
    with Responder(bench) as responder:
        yield from _recovers(bench, responder, "before")
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{bench.database}{suffix}").unlink(missing_ok=True)
        yield from _unavailable(responder.get("image001.fits", **PART), "removed", "missing")
        restore(bench.copy, bench.database)
        yield from _recovers(bench, responder, "put back")


def missing_at_start(bench):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{bench.database}{suffix}").unlink(missing_ok=True)
    with Responder(bench) as responder:
        yield from _unavailable(responder.get("image001.fits", **PART), "not there yet", "missing")
        restore(bench.copy, bench.database)
        yield from _recovers(bench, responder, "there")


def replaced(bench):
    """Another archive's data base takes its name: it is used at once."""
    config, database = bench.folder / "other.toml", f"{bench.folder}/other.sqlite"
    config.write_text(bench.config.read_text().replace(str(bench.database), database))
    image, away = bench.data / "image001.fits", bench.folder / "image001.fits"
    image.rename(away)
    done = bench.control("ingest", str(bench.data), config=config)
    away.rename(image)
    yield done.returncode and f"ingest into another data base: {done.stderr}"
    other = copy_database(database, f"{bench.folder}/without.sqlite")
    with Responder(bench) as responder:
        yield from _recovers(bench, responder, "before")
        restore(other, bench.database)
        yield judge_refused(responder.get("image001.fits", **PART), (404,), "replaced")
        restore(bench.copy, bench.database)
        yield from _recovers(bench, responder, "replaced again")


def _spoiled(bench, spoil, statuses):
    """Spoiled as a new file, before a responder starts and while one runs."""
    bad = f"{bench.folder}/bad.sqlite"
    shutil.copyfile(bench.copy, bad)
    spoil(bad)
    with Responder(bench) as running:
        yield from _recovers(bench, running, "before")
        restore(bad, bench.database)
        with Responder(bench) as fresh:
            for responder in (running, fresh):
                for number in (1, 30, 59):
                    name = f"image{number:03}.fits"
                    answer = responder.get(name, **PART)
                    if answer.status == 200:  # a page that is sound still
                        yield judge_whole(answer, bench.reference(name, **PART), "damaged")
                    else:
                        yield judge_refused(answer, statuses, "damaged")
                yield responder.alive()
            restore(bench.copy, bench.database)
            for responder in (running, fresh):
                yield from _recovers(bench, responder, "mended")


def no_sqlite_file(bench):
    yield from _spoiled(bench, lambda path: pathlib.Path(path).write_bytes(b"not SQLite " * 9000),
                        (503,))


def empty_file(bench):
    yield from _spoiled(bench, lambda path: os.truncate(path, 0), (503,))


def half_a_file(bench):
    yield from _spoiled(bench, lambda path: os.truncate(path, os.path.getsize(path) // 2),
                        (404, 500, 503))


def pages_of_noise(bench):
    def spoil(path):
        with open(path, "r+b") as file:
            for page in range(4096, os.path.getsize(path), 3 * 4096):
                file.seek(page)
                file.write(os.urandom(4096))

    yield from _spoiled(bench, spoil, (404, 500, 503))


def noise_in_place(bench):
    """The same, in the file that the responder has open."""
    with Responder(bench) as responder:
        yield from _recovers(bench, responder, "before")
        with open(bench.database, "r+b") as file:
            for page in range(4096, os.path.getsize(bench.database), 2 * 4096):
                file.seek(page)
                file.write(os.urandom(4096))
        for number in range(60):
            name = f"image{number:03}.fits"
            answer = responder.get(name, **PART)
            if answer.status == 200:
                yield judge_whole(answer, bench.reference(name, **PART), "noise")
            else:
                yield judge_refused(answer, (404, 500, 503), "noise")
        yield responder.alive()
        restore(bench.copy, bench.database)
        yield from _recovers(bench, responder, "mended")


def cut_in_place(bench):
    """The open file shrinks, which no program but a broken one does: pages are mapped."""
    with Responder(bench) as responder:
        yield from _recovers(bench, responder, "before")
        os.truncate(bench.database, 8192)
        for number in (2, 40):
            answer = responder.get(f"image{number:03}.fits", **PART)
            if answer.status == 200:
                yield judge_whole(answer, bench.reference(f"image{number:03}.fits", **PART), "cut")
            else:
                yield judge_refused(answer, (404, 500, 503), "cut")
        yield responder.alive()
        restore(bench.copy, bench.database)
        yield from _recovers(bench, responder, "mended")


def _version(number):
    def case(bench):
        def spoil(path):
            with sqlite3.connect(path) as changed:
                current = changed.execute("PRAGMA user_version").fetchone()[0]
                changed.execute(f"PRAGMA user_version = {number}")
            changed.close()
            bench.version = current

        yield from _spoiled(bench, spoil, (503,))
        both = (f"version {number}", f"version {bench.version}")
        bad = f"{bench.folder}/bad.sqlite"
        restore(bad, bench.database)
        with Responder(bench) as sync, Responder(bench, program=bench.soda_sia) as sia:
            yield from _unavailable(sync.get("image001.fits", **PART), "sync", *both)
            yield from _unavailable(sia.ask("sia", POS="CIRCLE 20 2 1"), "sia", *both)
            told = sia.ask("availability")
            yield told.status != 200 and f"availability answers {told.status}"
            for words in ("available>false<", *both):
                yield words not in told.text() and f"'{words}' is not in {told.text()!r}"
        yield from _refused_by_sodactl(bench, both)
        yield pathlib.Path(bench.database).read_bytes() != pathlib.Path(bad).read_bytes() and \
            "a data base of another version was written to"
        restore(bench.copy, bench.database)
    return case


def _refused_by_sodactl(bench, words):
    table = bench.folder / "rows.csv"
    table.write_text("obs_publisher_did,obs_id,calib_level,obs_collection\nivo://a/b?c,c,1,d\n")
    for arguments in (("ingest", str(bench.data)), ("import", str(table)), ("export",), ("list",),
                      ("show", "ivo://a/b?c"), ("retract", "ivo://a/b?c"), ("check",),
                      ("offline", "reason"), ("online",)):
        done = bench.control(*arguments)
        yield done.returncode != 1 and f"sodactl {arguments[0]} ends with {done.returncode}"
        for word in words:
            yield word not in done.stderr and \
                f"sodactl {arguments[0]}: '{word}' is not in {done.stderr.strip()!r}"


unversioned, older_version, newer_version = _version(0), _version(1), _version(99)
unversioned.__name__ = "unversioned"
older_version.__name__, newer_version.__name__ = "older_version", "newer_version"

CASES = (locked, written_to, removed, missing_at_start, replaced, no_sqlite_file, empty_file,
         half_a_file, pages_of_noise, noise_in_place, cut_in_place, unversioned,
         older_version, newer_version)
