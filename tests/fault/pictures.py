"""Files, pictures and signed addresses of soda-data when the disk is full, files are gone, many ask
at once, images are odd, and addresses have been tampered with."""

import base64
import concurrent.futures
import errno
import hashlib
import hmac
import os
import pathlib
import re
import shutil
import time
import urllib.parse

import fastcgi
import harness
from testbed import (SMALL_SIDE, Responder, image_bytes, judge_refused, judge_whole,
                     write_new)
from calls import make as make_with_faults

KEYS = {"new": bytes(range(32)), "old": bytes(range(100, 140))}
GIGA_SIDE = 56569  # int16: 3.2 gigapixels, a file without blocks
PARTS = ("preview", "thumbnail", "header", "file")


def _head(*cards):
    text = "".join(card.ljust(80) for card in (*cards, "END")).encode()
    return text + b" " * (-len(text) % 2880)


def _image(bitpix, *shape):
    return _head("SIMPLE  =                    T", f"BITPIX  = {bitpix:20}",
                 f"NAXIS   = {len(shape):20}",
                 *(f"NAXIS{i + 1}  = {length:20}" for i, length in enumerate(shape)))


def make(folder, build):
    bench = make_with_faults(folder, build)
    data = pathlib.Path(bench.data)
    (data / "medium.fits").write_bytes(image_bytes(1024, 30))
    (data / "nan.fits").write_bytes(image_bytes(SMALL_SIDE, 40, float("nan")))
    (data / "one.fits").write_bytes(_image(-32, 1, 1) + bytes(2880))
    (data / "two.fits").write_bytes(_image(-32, 2, 1) + bytes(2880))
    (data / "table.fits").write_bytes(_image(8) + _head(
        "XTENSION= 'BINTABLE'", "BITPIX  =                    8", "NAXIS   =                    2",
        "NAXIS1  =                    4", "NAXIS2  =                    0",
        "PCOUNT  =                    0", "GCOUNT  =                    1",
        "TFIELDS =                    1", "TFORM1  = 'J       '"))
    with open(data / "giga.fits", "wb") as out:
        out.write(_image(16, GIGA_SIDE, GIGA_SIDE))
        out.truncate(2880 + -(-2 * GIGA_SIDE ** 2 // 2880) * 2880)
    bench.keys = pathlib.Path(f"{folder}/keys")
    write_keys(bench, "new", "old")
    bench.config.write_text(f'key_file = "{bench.keys}"\n' + bench.config.read_text() +
                            '[collection.closed.constants]\ndata_rights = "secure"\n')
    bench.ingest()
    bench.soda_data = os.path.abspath(harness.find_program("SODA_DATA", build, "modules/soda-data"))
    return bench


def write_keys(bench, *names):
    fresh = pathlib.Path(f"{bench.keys}.new")
    fresh.write_text("".join(f"{name} {KEYS[name].hex()}\n" for name in names))
    fresh.chmod(0o600)
    os.replace(fresh, bench.keys)


def files(bench, **rest):
    return Responder(bench, program=bench.soda_data, **rest)


def did(name, collection="default"):
    return f"ivo://{harness.AUTHORITY}/{collection}?{name}"


def get(responder, name, part="thumbnail", **more):
    return responder.ask("data", ID=did(name), PART=part, **more)


def empty_cache(bench):
    shutil.rmtree(bench.cache / "previews", ignore_errors=True)


def kept(bench):
    return sorted(bench.cache.glob("previews/*/*"))


def logged(bench, pattern, wanted=1):
    """A line is written after the last byte of its answer."""
    deadline = time.monotonic() + 2
    while True:
        found = re.findall(pattern, bench.log.read_text(errors="replace"))
        if len(found) >= wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def reference(bench, name):
    with files(bench) as responder:
        answer = get(responder, name)
    empty_cache(bench)
    return answer


def full_disk(bench):
    whole = reference(bench, "plain.fits")
    yield not whole.body.startswith(b"\x89PNG") and f"no picture: {whole.text()[:150]!r}"
    with files(bench, fault=bench.faulty) as responder:
        # The first one: the log has a disk of its own.
        responder.arm("write", 1, errno.ENOSPC)
        yield judge_whole(get(responder, "plain.fits"), whole, "on a full disk")
        responder.arm("none", 1, 0)
        yield kept(bench) and f"a full disk keeps {kept(bench)}"
        yield not logged(bench, r"not_cached=\"write: No space") and "the log does not say why"
        yield judge_whole(get(responder, "plain.fits"), whole, "with room again")
        yield len(kept(bench)) != 1 and f"with room again it keeps {kept(bench)}"


def no_folder(bench):
    """Missing, or owned by somebody else: served, and told."""
    whole = reference(bench, "plain.fits")
    for mode in ("missing", "forbidden"):
        moved = bench.folder / "cache-elsewhere"
        os.rename(bench.cache, moved)
        if mode == "forbidden":
            bench.cache.mkdir(mode=0o555)
        try:
            user = "nobody" if os.geteuid() == 0 and mode == "forbidden" else None
            bench.folder.chmod(0o777)
            bench.log.touch()
            bench.log.chmod(0o666)
            bench.keys.chmod(0o644 if user is None else 0o600)
            config = bench.folder / "plain.toml"
            config.write_text(re.sub("key_file.*\n", "", bench.config.read_text()))
            with files(bench, user=user, config=config) as responder:
                yield judge_whole(get(responder, "plain.fits"), whole, f"cache folder {mode}")
                yield responder.alive()
        finally:
            bench.keys.chmod(0o600)
            if bench.cache.exists():
                bench.cache.rmdir()
            os.rename(moved, bench.cache)
    yield len(logged(bench, "not_cached=\"mkdir", 2)) < 2 and "the log does not say why"


def spoiled(bench):
    """A picture that was cut short on the disk (empty) is made anew; what is no file is no picture."""
    whole = reference(bench, "plain.fits")
    with files(bench) as responder:
        get(responder, "plain.fits")
        path = kept(bench)[0]
        os.truncate(path, 0)
        yield judge_whole(get(responder, "plain.fits"), whole, "an empty picture")
        path.unlink()
        path.symlink_to("/etc/passwd")
        yield judge_whole(get(responder, "plain.fits"), whole, "a link in the cache")
    empty_cache(bench)


def vanished(bench):
    """Of a file that is gone or has changed neither bytes nor an older picture are sent."""
    path = bench.data / "plain.fits"
    content, times = path.read_bytes(), os.stat(path)
    with files(bench) as responder:
        yield get(responder, "plain.fits").status != 200 and "no picture before"
        os.rename(path, f"{path}.away")
        for part in ("file", "thumbnail", "preview"):
            yield judge_refused(get(responder, "plain.fits", part), (503,), f"{part} of a lost file")
        yield get(responder, "plain.fits", "header").status != 200 and "headers need no file"
        write_new(path, content)
        for part in ("file", "thumbnail", "preview"):
            yield judge_refused(get(responder, "plain.fits", part), (500,),
                                f"{part} of another file of that name")
        os.rename(f"{path}.away", path)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        yield get(responder, "plain.fits", "file").body != content and "the file is not itself"
        yield responder.alive()
    empty_cache(bench)


def first_requests(bench):
    """Eight processes are asked for the same new picture at once: it is made once."""
    whole = reference(bench, "medium.fits")
    time.sleep(0.1)
    before = len(logged(bench, " cached="))
    made_before = len(logged(bench, " cached=false"))
    responders = [files(bench) for _ in range(8)]
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda each: get(each, "medium.fits"), responders))
    finally:
        for each in responders:
            each.__exit__()
    for answer in answers:
        yield judge_whole(answer, whole, "one of eight first requests")
    logged(bench, " cached=", before + 8)
    made = len(logged(bench, " cached=false")) - made_before
    yield made != 1 and f"the picture was made {made} times"
    empty_cache(bench)


def odd_images(bench):
    with files(bench) as responder:
        for part in ("preview", "thumbnail"):
            answer = get(responder, "nan.fits", part)
            yield not answer.body.startswith(b"\x89PNG") and f"all NaN: {answer.text()[:150]!r}"
            answer = get(responder, "two.fits", part)
            yield answer.body[16:24] != b"\0\0\0\2\0\0\0\1" and f"2x1: {answer.text()[:150]!r}"
        began = time.monotonic()
        answer = get(responder, "giga.fits", "preview")
        yield answer.body[16:24] != b"\0\0\2\0\0\0\2\0" and f"giga: {answer.text()[:150]!r}"
        yield time.monotonic() - began > 10 and "3.2 gigapixels took more than 10 s"
        status = pathlib.Path(f"/proc/{responder.process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1])
        yield peak > 64 * 1024 and f"3.2 gigapixels took {peak} KiB"
        # Neither is a data set: one pixel alone is a placeholder.
        yield judge_refused(get(responder, "table.fits"), (404,), "a file without images")
        yield judge_refused(get(responder, "one.fits"), (404,), "an image of one pixel")
        yield responder.alive()
    empty_cache(bench)


def large_file(bench):
    """Of 6.4 GB a range costs what it is, and the whole file no more memory than a small one."""
    with files(bench) as responder:
        get(responder, "plain.fits", "file")
        status = pathlib.Path(f"/proc/{responder.process.pid}/status")
        small = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
        url = f"{harness.MOUNT}/data?{harness.query_string([('ID', did('giga.fits'))])}"
        answer = fastcgi.fetch(responder.address, "GET", url,
                               [("Range", "bytes=6000000000-6000000999")])
        yield (answer.status, len(answer.body)) != (206, 1000) and \
            f"a range: {answer.status}, {len(answer.body)} bytes"
        io = pathlib.Path(f"/proc/{responder.process.pid}/io")
        before = int(re.search(r"rchar: (\d+)", io.read_text())[1])
        answer = fastcgi.fetch(responder.address, "GET", url,
                               [("Range", "bytes=1000000000-1199999999")], timeout=60)
        yield len(answer.body) != 200_000_000 and f"200 MB: {len(answer.body)} bytes came"
        spent = int(re.search(r"rchar: (\d+)", io.read_text())[1]) - before
        yield spent > 201_000_000 and f"200 MB cost {spent} bytes read"
        large = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
        yield large > small + 1024 and f"{small} KiB for a small file, {large} for 200 MB of a large one"


def sign(key, identifier, scope="data", expires=None, name=None):
    """A signed query, made here and not by sodactl."""
    expires = int(time.time()) + 600 if expires is None else expires
    message = f"libsoda address 1\n{scope}\n{len(identifier)}:{identifier.lower()}\n{expires}"
    digest = hmac.new(KEYS[key], message.encode(), hashlib.sha256).digest()
    return {"ID": identifier, "KEY": name or key,
            "EXPIRES": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires)),
            "SIGNATURE": base64.urlsafe_b64encode(digest).decode().rstrip("=")}


def signatures(bench):
    """A restricted image: a good address lets in, anything else is 403 and says what is wrong."""
    closed = did("secret.fits", "closed")
    shutil.copyfile(bench.data / "plain.fits", bench.data / "secret.fits")
    yield bench.control("ingest", "--collection", "closed", str(bench.data / "secret.fits")) \
        .returncode and "the restricted image was not ingested"
    good = sign("new", closed)
    wrong = {
        "without": {"ID": closed},
        "something else": sign("new", closed, "cut"),
        "good until": sign("new", closed, expires=int(time.time()) - 1),
        "not right; the address has been changed": sign("new", did("plain.fits")) | {"ID": closed},
        "not all of them": {name: good[name] for name in ("ID", "KEY", "SIGNATURE")},
        "no such key": sign("new", closed, name="none"),
        "not right": sign("old", closed, name="new"),
    }
    with files(bench) as responder, Responder(bench) as cutter:
        for part in PARTS:
            answer = responder.ask("data", PART=part, **good)
            yield answer.status != 200 and f"{part} with a good address: {answer.text()[:150]!r}"
            yield answer.headers.get("cache-control") != "private" and f"{part} is not private"
            for reason, query in wrong.items():
                answer = responder.ask("data", PART=part, **query)
                yield judge_refused(answer, (403,), f"{part}, {reason}")
                yield not answer.text().startswith("AuthorizationError: ") and answer.text()
                yield reason != "without" and reason not in answer.text() and \
                    f"{reason}: {answer.text()!r}"
                yield good["SIGNATURE"] in answer.text() and "the refusal gives the signature away"
        yield responder.ask("data", **sign("old", closed)).status != 200 and "the older key"
        public = responder.ask("data", **(good | {"ID": did("plain.fits")}))
        yield judge_refused(public, (403,), "a wrong signature for public data")
        cut = cutter.ask("sync", CIRCLE="20 2 0.001", **sign("new", closed, "cut"))
        yield cut.status != 200 and f"a signed cutout: {cut.text()[:150]!r}"
        yield judge_refused(cutter.ask("sync", CIRCLE="20 2 0.001", **good), (403,),
                            "an address of the file for a cutout")
        yield judge_refused(cutter.ask("sync", CIRCLE="20 2 0.001", ID=closed), (403,),
                            "a cutout of restricted data")
        write_keys(bench, "new")
        yield judge_refused(responder.ask("data", **sign("old", closed)), (403,), "a withdrawn key")
        bench.keys.write_text("new\n")
        yield judge_refused(responder.ask("data", **good), (503,), "a damaged key file")
        yield get(responder, "plain.fits").status != 200 and "public data with a damaged key file"
        write_keys(bench, "new", "old")
        yield responder.ask("data", **good).status != 200 and "with the keys again"
    url = bench.control("sign", "--part", "header", closed).stdout.strip()
    with files(bench) as responder:
        path = urllib.parse.urlsplit(url)
        answer = fastcgi.fetch(responder.address, "GET", f"{path.path}?{path.query}")
        yield answer.status != 200 and f"sodactl sign: {url}: {answer.text()[:150]!r}"
    yield good["SIGNATURE"] in bench.log.read_text(errors="replace") and "the log has a signature"
    private = [path for path in kept(bench) if path.name.endswith("r.png")]
    yield len(private) != 2 and f"pictures of restricted data: {kept(bench)}"
    yield any(path.stat().st_mode & 0o077 for path in private) and "others may read them"
    empty_cache(bench)


CASES = (full_disk, no_folder, spoiled, vanished, first_requests, odd_images, large_file, signatures)
