"""The figures of batches (B1 to B4): many cuts in one job, done by soda-worker with two children."""

import os
import pathlib
import statistics
import subprocess
import threading
import time

import lab as laboratory
from lab import harness, note

IMAGES, SIDE, CUT = 800, 512, 51


class Archive:
    """800 images of one field, and a worker; once for all figures."""

    def __init__(self, lab):
        self.lab = lab
        self.data = f"{lab.data}/batch"
        self.state = lab.folder("batch")
        os.chmod(self.state, 0o777)
        self._write()
        settings = (lab.settings.replace(f'bench = "{lab.data}"', f'batch = "{self.data}"')
                    .replace(f"{lab.state}/archive.sqlite", f"{self.state}/archive.sqlite"))
        self.settings = (f'jobs_database = "{self.state}/jobs.sqlite"\n'
                         f'results_folder = "{self.state}/results"\nworker_children = 2\n' + settings)
        self.config = f"{self.state}/soda.toml"
        pathlib.Path(self.config).write_text(self.settings.replace("{port}", "8080"))
        for command in (("ingest", self.data), ("list", "--json")):
            done = subprocess.run([lab.sodactl, "--config", self.config, *command], check=True,
                                  capture_output=True, text=True)
        self.ids = sorted(record["obs_publisher_did"]
                          for record in harness.parse_listing(done.stdout))
        self.places = subprocess.run(
            [lab.program("positions"), f"{self.data}/0000.fits", str(CUT + 1), "10000", "7"],
            check=True, capture_output=True, text=True).stdout.splitlines()
        worker = harness.find_program("SODA_WORKER", lab.build, "modules/soda-worker")
        with open(f"{self.state}/worker.log", "ab") as log:
            self.worker = subprocess.Popen([worker, "--config", self.config], stdout=log, stderr=log,
                                           start_new_session=True)
        lab.processes.append(self.worker)
        for path in pathlib.Path(self.data).glob("*.fits"):  # warm
            path.read_bytes()

    def _write(self):
        os.makedirs(self.data, exist_ok=True)
        for number in range(IMAGES):
            path = f"{self.data}/{number:04}.fits"
            if not os.path.exists(path):
                subprocess.run([self.lab.program("images"), f"{path}.part", str(SIDE), "-32", "100"],
                               check=True, stdout=subprocess.DEVNULL)
                os.rename(f"{path}.part", path)

    def table(self, name, rows):
        path = f"{self.state}/{name}.csv"
        pathlib.Path(path).write_text("\n".join(["ra,dec,id", *rows]) + "\n")
        return path

    def run(self, users, table, *parameters):
        """Seconds of each user's job."""
        done = subprocess.run(
            [self.lab.program("jobs"), f"{self.state}/jobs.sqlite", f"{self.state}/results",
             str(users), table, f"BOX={CUT} {CUT} pixel", *parameters],
            check=True, capture_output=True, text=True)
        seconds = []
        for line in done.stdout.splitlines():
            took, phase, cuts, empty, failed, _ = line.split(" ", 5)
            if phase != "COMPLETED" or failed != "0" or empty != "0":
                raise SystemExit(f"a job ended so: {line}")
            seconds.append((float(took), int(cuts)))
        return seconds


_ARCHIVES = {}


def archive(lab):
    if id(lab) not in _ARCHIVES or _ARCHIVES[id(lab)].worker.poll() is not None:
        _ARCHIVES[id(lab)] = Archive(lab)
    return _ARCHIVES[id(lab)]


def place_of(line):
    return ",".join(line.split()[:2])


def b1(lab):
    place = archive(lab)
    cuts = [(place.places[i], place.ids[i % 200]) for i in range(2000)]
    table = place.table("b1", [f"{place_of(line)},{one}" for line, one in cuts])
    lab.close_stands()
    with laboratory.HelloStand("nginx", lab, place.settings, [place.data, place.state]) as server:
        script = lab.script("b1", ["/vo/sync?" + harness.query_string(
            [("ID", one), ("POS", f"BRECT {' '.join(line.split()[:2])} {CUT} {CUT} pixel")])
            for line, one in cuts])
        pairs = []
        for turn in range(-1, lab.rounds):
            seconds, count = place.run(1, table)[0]
            load = lab.load(server, script)
            if load.errors or count != len(cuts):
                raise SystemExit(f"{load.errors} failed requests, {count} cuts")
            if turn >= 0:
                pairs.append((count / seconds, load.rate))
    note(f"2,000 cuts of 200 images: {statistics.median(a for a, _ in pairs):.0f} a second in a "
         f"job, {statistics.median(b for _, b in pairs):.0f} by 4 clients of sync")
    yield "B1", laboratory.ratio(pairs)
    yield "B2", statistics.median(ours for ours, _ in pairs)


def b3(lab):
    place = archive(lab)
    table = place.table("b3", [f"{place_of(place.places[0])},"])
    seconds = place.run(10, table)
    if {count for _, count in seconds} != {IMAGES}:
        raise SystemExit(f"not every image has the position: {seconds}")
    note(f"10 users, {IMAGES} cuts each: {min(s for s, _ in seconds):.2f} to "
         f"{max(s for s, _ in seconds):.2f} s")
    yield "B3", max(s for s, _ in seconds)


def peaks(pid):
    """Peak resident memory of a process and its children, MiB."""
    pids = [pid]
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as source:
        pids += [int(word) for word in source.read().split()]
    for each in pids:
        try:
            text = pathlib.Path(f"/proc/{each}/status").read_text(encoding="ascii")
        except FileNotFoundError:
            continue
        yield int(text.partition("VmHWM:")[2].split()[0]) / 1024


def b4(lab):
    place = archive(lab)
    table = place.table("b4", [f"{place_of(place.places[i])},{place.ids[i % 200]}"
                               for i in range(10000)])
    worker, highest, ended = place.worker.pid, [0.0], threading.Event()

    def watch():
        while not ended.is_set():
            highest[0] = max(highest[0], *peaks(worker))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        seconds, _ = place.run(1, table, "RESPONSEFORMAT=application/x-tar")[0]
    finally:
        ended.set()
        watcher.join()
    note(f"10,000 positions: {seconds:.1f} s")
    yield "B4", highest[0]
