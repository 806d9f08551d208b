"""The n-th open, read, map, write or allocation of a responder fails (faulty.cc)."""

import errno
import gzip
import os
import subprocess

import fastcgi
from testbed import (SMALL_SIDE, Testbed, Responder, image_bytes, judge_disturbed, judge_refused,
                     judge_whole)

# Small cuts; each file by another way: mapped rows, masked rows read, unpacked.
REQUESTS = (("plain.fits", {"CIRCLE": "20 2 0.001"}),
            ("plain.fits", {"CIRCLE": "20 2 0.001", "MASK": "nan"}),
            ("packed.fits.gz", {"CIRCLE": "20 2 0.001"}))

# Call, errors, how many at most, and by which step where there are too many to try them all.
FAULTS = (("open", (errno.EMFILE, errno.EIO), 60, 1), ("pread", (errno.EIO,), 80, 1),
          ("read", (errno.EIO,), 40, 1), ("stat", (errno.EIO,), 40, 1),
          ("mmap", (errno.ENOMEM,), 20, 1), ("write", (errno.ENOSPC,), 20, 1),
          ("send", (errno.EPIPE,), 20, 1),
          ("sendmsg", (errno.EPIPE, errno.EIO, errno.ENOBUFS), 5, 1),
          ("malloc", (errno.ENOMEM,), 4000, 97))
# Without memory for a few bytes libfcgi can only stop (the supervisor starts another), and WCSLIB
# takes a unit for a wrong one: all that is asked for is that no whole answer has wrong bytes.
MAY_END = {"malloc"}


def make(folder, build):
    small = image_bytes(SMALL_SIDE, 20)
    bench = Testbed(folder, build, {"plain.fits": small, "packed.fits.gz": gzip.compress(small)})
    bench.faulty = f"{folder}/faulty.so"
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faulty.cc")
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", "-o", bench.faulty, source, "-ldl"],
                   check=True)
    return bench


def _one(bench, what, name, parameters):
    """One failing call; (problem or None, whether it came to that call)."""
    call, number, error = what
    title = f"{call} {number} fails with {errno.errorcode[error]}, {name} {parameters}"
    reference = bench.reference(name, **parameters)
    for unpacked in bench.cache.iterdir():
        unpacked.unlink()
    with Responder(bench, fault=bench.faulty) as responder:
        responder.arm(call, number, error)
        try:
            answer = responder.get(name, timeout=15, **parameters)
        except ConnectionResetError:
            answer = fastcgi.Answer(0, {}, b"", False)
        except TimeoutError:
            return f"{title}: no answer within 15 s", True
        happened = responder.fired()
        if call in MAY_END and answer.status != 200:
            return None, happened
        problem = judge_disturbed(answer, reference, title)
        try:
            after = responder.get(name, timeout=15, **parameters)
        except (ConnectionRefusedError, ConnectionResetError, FileNotFoundError):
            return problem or (call not in MAY_END and
                               f"{title}: {responder.alive() or 'no further request'}"), happened
        if call not in MAY_END or after.complete:
            problem = problem or judge_whole(after, reference, f"{title}: the next request")
    return problem, happened


def _case(call, errors, most, step):
    def case(bench):
        for name, parameters in REQUESTS:
            for error in errors:
                count = 0
                for number in range(1, most + 1, step):
                    problem, happened = _one(bench, (call, number, error), name, parameters)
                    yield problem
                    if not happened:
                        break
                    count += 1
                print(f"# {call}: {count} failed in turn with {errno.errorcode[error]}", flush=True)
    case.__name__ = f"nth_{call}_fails"
    return case


def full_disk(bench):
    """No room in the cache folder: told at once, nothing left behind, and right when there is."""
    name, parameters = REQUESTS[2]
    reference = bench.reference(name, **parameters)
    for unpacked in bench.cache.iterdir():
        unpacked.unlink()
    with Responder(bench, fault=bench.faulty) as responder:
        for _ in range(3):
            responder.arm("write", -1, errno.ENOSPC)
            answer = responder.get(name, **parameters)
            yield not responder.fired() and "nothing was written"
            yield judge_refused(answer, (500, 503), "a full disk")
            yield list(bench.cache.iterdir()) and \
                f"left behind: {[path.name for path in bench.cache.iterdir()]}"
        yield judge_whole(responder.get(name, **parameters), reference, "room again")
        yield responder.alive()


def no_cache_folder(bench):
    """The cache folder is gone, or no folder: the other images are served on."""
    name, parameters = REQUESTS[2]
    config = bench.folder / "nocache.toml"
    for place in (f"{bench.folder}/nowhere", str(bench.config)):
        config.write_text(bench.config.read_text().replace(str(bench.cache), place))
        with Responder(bench, config) as responder:
            answer = responder.get(name, **parameters)
            if answer.status == 200:  # it may make a folder that is missing
                yield judge_whole(answer, bench.reference(name, **parameters), "made again")
            else:
                yield answer.status not in (500, 503) and f"{place}: {answer.status}"
            yield judge_whole(responder.get("plain.fits", **REQUESTS[0][1]),
                              bench.reference("plain.fits", **REQUESTS[0][1]), "a plain image")
            yield responder.alive()


def full_log(bench):
    """A log that cannot be written is no reason to refuse."""
    config = bench.folder / "log.toml"
    text = bench.config.read_text()
    config.write_text('log_file = "/dev/full"\n' + text)
    name, parameters = REQUESTS[0]
    with Responder(bench, config) as responder:
        yield judge_whole(responder.get(name, **parameters), bench.reference(name, **parameters),
                          "/dev/full as log")
        yield responder.alive()


CASES = (full_disk, no_cache_folder, full_log, *(_case(*fault) for fault in FAULTS))
