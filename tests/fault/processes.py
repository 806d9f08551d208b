"""Responders that are killed under load behind soda-spawn, and images that break a decoder."""

import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import archive
import fastcgi
import harness
import stand
from testbed import SMALL_SIDE, Testbed, Responder, image_bytes, judge_whole, kill

PART = {"CIRCLE": "20 2 0.001"}
RESPONDERS, CLIENTS, KILLS = 4, 8, 12
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


def make(folder, build):
    bench = Testbed(folder, build, {"plain.fits": image_bytes(SMALL_SIDE, 20)})
    archive.make_data(build, str(bench.data))
    bench.ingest()
    stand.render(str(SOURCE), build, f"{folder}/conf", runstatedir=folder, sysconfdir=folder,
                 pkglibexecdir=folder, pkgdatadir=folder)
    return bench


class Load(threading.Thread):
    def __init__(self, bench, address, reference, stop):
        super().__init__()
        self.bench, self.address, self.reference, self.stop = bench, address, reference, stop
        self.right, self.broken, self.wrong = 0, [], []

    def run(self):
        while not self.stop.is_set():
            try:
                answer = fastcgi.fetch(self.address, "GET", self.bench.url("plain.fits", **PART),
                                       timeout=20)
            except OSError as error:
                self.broken.append(f"{type(error).__name__}: {error}")
                continue
            if answer.complete and answer.status == 200 and answer.body == self.reference.body:
                self.right += 1
            elif answer.complete:
                self.wrong.append(f"{answer.status} {answer.text()[:100]!r}")
            else:
                self.broken.append("cut short")


def _running(spawner):
    """The responders below a soda-spawn."""
    found = []
    for pid in stand._descendants([spawner.pid]):  # noqa: SLF001
        try:
            name, _, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().partition("(")[2] \
                .rpartition(")")
        except OSError:
            continue
        if name.removeprefix("lt-") == "soda-sync" and rest.split()[0] != "Z":
            found.append(pid)
    return found


def _wait(ready, seconds):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def killed_under_load(bench):
    """kill -9: as many requests fail as were in hand; the queue loses nothing; all come back."""
    reference = bench.reference("plain.fits", **PART)
    place = f"{bench.folder}/spawn.socket"
    stop = threading.Event()
    with open(bench.log, "ab") as log:
        spawner = subprocess.Popen(
            ["sh", f"{bench.folder}/conf/spawn/soda-spawn", "-n", str(RESPONDERS), "-s", place,
             "-c", str(bench.config), bench.soda_sync], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True)
    try:
        if not _wait(lambda: os.path.exists(place) and len(_running(spawner)) == RESPONDERS, 30):
            yield f"soda-spawn did not start {RESPONDERS} responders: {bench.tail()}"
            return
        load = [Load(bench, f"unix:{place}", reference, stop) for _ in range(CLIENTS)]
        for client in load:
            client.start()
        for number in range(KILLS):
            time.sleep(0.4)
            running = _running(spawner)
            if running:
                kill(running[number % len(running)])
        yield not _wait(lambda: len(_running(spawner)) == RESPONDERS, 10) and \
            f"{len(_running(spawner))} responders 10 s after the last kill"
        before = sum(client.right for client in load)
        time.sleep(1)
        yield sum(client.right for client in load) <= before and "the service did not go on"
        stop.set()
        for client in load:
            client.join(30)
        broken = [text for client in load for text in client.broken]
        wrong = [text for client in load for text in client.wrong]
        print(f"# {sum(client.right for client in load)} right, {len(broken)} broken by {KILLS} "
              "kills", flush=True)
        yield wrong and f"{len(wrong)} wrong answers: {wrong[0]}"
        yield len(broken) > KILLS and f"{len(broken)} requests failed with {KILLS} kills: {broken[0]}"
    finally:
        stop.set()
        spawner.terminate()
        if not _wait(lambda: spawner.poll() is not None, 10):
            os.killpg(spawner.pid, signal.SIGKILL)
            spawner.wait()
    yield not _wait(lambda: not _running(spawner), 5) and "responders outlive soda-spawn"


def terminated_under_load(bench):
    """SIGTERM ends a responder after the request in hand; the socket is the supervisor's, and what
    waits in its queue is for the next one: nothing is lost."""
    reference = bench.reference("plain.fits", **PART)
    path = f"{bench.folder}/shared.socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(128)
        stop = threading.Event()
        load = [Load(bench, f"unix:{path}", reference, stop) for _ in range(4)]
        with open(bench.log, "ab") as log:
            running = [subprocess.Popen([bench.soda_sync, "--config", str(bench.config)],
                                        stdin=listener.fileno(), stdout=log, stderr=log)]
            for client in load:
                client.start()
            for _ in range(10):
                running.append(subprocess.Popen([bench.soda_sync, "--config", str(bench.config)],
                                                stdin=listener.fileno(), stdout=log, stderr=log))
                time.sleep(0.3)
                running[-2].terminate()
                yield running[-2].wait(10) and f"SIGTERM ends with {running[-2].returncode}"
        stop.set()
        for client in load:
            client.join(30)
        running[-1].terminate()
        running[-1].wait(10)
    for client in load:
        yield client.wrong and f"{len(client.wrong)} wrong: {client.wrong[0]}"
        yield client.broken and f"{len(client.broken)} lost: {client.broken[0]}"
        yield not client.right and "a client got no answer at all"


def damaged_images(bench):
    """Tiles that are zeros or lies: refused or broken, never a whole answer of nonsense, and the
    others are served meanwhile. (CFITSIO's decoders, used for some, may end their process.)"""
    reference = bench.reference("plain.fits", **PART)
    records = harness.parse_listing(bench.control("list", "--json").stdout)
    damaged = [record["obs_publisher_did"] for record in records
               if "_tile_" in record["obs_publisher_did"]]
    yield not damaged and "the synthetic archive has no damaged image"
    for identifier in damaged:
        with Responder(bench) as responder, Responder(bench) as other:
            url = f"{harness.MOUNT}/sync?{harness.query_string([('ID', identifier)])}"
            answers = []

            def ask(address=responder.address, url=url, answers=answers):
                answers.append(fastcgi.fetch(address, "GET", url, timeout=20))

            asking = threading.Thread(target=ask)
            asking.start()
            for _ in range(10):
                yield judge_whole(other.get("plain.fits", **PART), reference, "a parallel client")
            asking.join(30)
            yield not answers and f"{identifier}: no answer"
            for answer in answers:
                yield answer.complete and answer.status < 500 and \
                    f"{identifier}: {answer.status} and {len(answer.body)} bytes"
            yield other.alive()


CASES = (killed_under_load, terminated_under_load, damaged_images)
