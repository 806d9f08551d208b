"""The figures of searching (Q1 to Q9), as figures.py; the catalogues are lab.catalogue(ROWS)."""

import getpass
import json
import os
import pathlib
import re
import statistics
import subprocess
import threading
import urllib.parse

import lab as laboratory
import postgres
from lab import note, ratio

SMALL, MEDIUM, LARGE = 10 ** 5, 10 ** 6, 10 ** 7
FILTER = ("em_min <= 5e-7 AND em_max >= 4.5e-7 AND t_min <= 54500 AND t_max >= 54000 "
          "AND obs_collection = 'SURVEY-DR3'")


def said(lab, *arguments, user=None, program="catalogue"):
    """What bench/catalogue, or another program, says; as another user when root asks for one."""
    command = [lab.program(program), *(str(word) for word in arguments)]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip()[-500:] or f"ended with {done.returncode}"
        raise RuntimeError(f"{program} {arguments[0]}: {reason}")
    return json.loads(done.stdout)


def asked(lab, rows, name):
    return said(lab, "ask", lab.catalogue(rows), name)[name]


def spread(pairs, unit="us"):
    ours, reference = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    ratios = sorted(one / other for one, other in pairs)
    return f"{ours:.1f} against {reference:.1f} {unit}; rounds {ratios[0]:.2f} to {ratios[-1]:.2f}"


def q1(lab):
    pairs = [(asked(lab, LARGE, "point")["us"], asked(lab, SMALL, "point")["us"])
             for _ in range(lab.rounds)]
    note(f"point in footprint, 10^7 rows: {spread(pairs)} in 10^5")
    yield "Q1", ratio(pairs)


def q2(lab):
    """Time and rows of the typical answer: a few questions in crowded fields have most rows."""
    def per_row(rows):
        figure = asked(lab, rows, "circle 0.1")
        return figure["us"] / max(figure["rows"], 1)

    pairs = [(per_row(LARGE), per_row(MEDIUM)) for _ in range(lab.rounds)]
    note(f"circle of 0.1°, 10^7 rows: {spread(pairs, 'us a row')} in 10^6")
    yield "Q2", ratio(pairs)


def q3(lab):
    pairs = []
    for _ in range(lab.rounds):
        figures = said(lab, "ask", lab.catalogue(MEDIUM), "point", "point filtered")
        pairs.append((figures["point filtered"]["us"], figures["point"]["us"]))
    note(f"point with filters: {spread(pairs)} without")
    yield "Q3", ratio(pairs)


def prepare_postgres(lab, cluster):
    """The rows of the catalogue, made once; the index is the last thing."""
    if cluster.sql("SELECT 1 FROM pg_class WHERE relname = 'obscore_outline';").strip():
        return
    note(f"writing {cluster.folder}")
    cluster.sql("DROP TABLE IF EXISTS obscore; CREATE EXTENSION IF NOT EXISTS pg_sphere;")
    cluster.feed([lab.program("catalogue"), "copy", str(MEDIUM)])
    cluster.sql("CREATE INDEX ON obscore (t_min);"
                "CREATE INDEX ON obscore (obs_collection, t_min);"
                "CREATE INDEX obscore_outline ON obscore USING gist (outline);"
                "VACUUM (ANALYZE, FREEZE) obscore;")


def q4(lab):
    """By the clock of the client on both sides: a process cannot know what its server costs."""
    places = [line.split() for line in subprocess.run(
        [lab.program("catalogue"), "places", str(MEDIUM), "200"], check=True, capture_output=True,
        text=True).stdout.splitlines()]
    points = [f"spoint '({lon}d,{lat}d)'" for lon, lat in places]
    circles = [f"scircle '<({lon}d,{lat}d),1d>'" for lon, lat in places[:50]]
    rows = (("Q4/point", "point", "spoint", points, "outline @> $1"),
            ("Q4/circle", "circle 1", "scircle", circles, "outline && $1"),
            ("Q4/filtered", "circle 1 filtered", "scircle", circles, f"outline && $1 AND {FILTER}"))
    lab.catalogue(MEDIUM)
    with postgres.Cluster(f"{lab.data}/postgres-{MEDIUM}", lab.folder("postgres")) as cluster:
        prepare_postgres(lab, cluster)
        for row, name, kind, questions, condition in rows:
            prepare = f"PREPARE q({kind}) AS SELECT id FROM obscore WHERE {condition};"
            pairs = []
            for _ in range(lab.rounds):
                ours = asked(lab, MEDIUM, name)
                times, found = cluster.ask(prepare, questions)
                if found != ours["all_rows"]:
                    raise RuntimeError(f"{name}: {ours['all_rows']} rows, PostgreSQL: {found}")
                pairs.append((ours["wall_us"], 1e3 * statistics.median(times)))
            note(f"{name}: {spread(pairs)} of PostgreSQL; the same {found} rows")
            yield row, ratio(pairs)


def circle_paths(lab, degrees, limit, count, rows):
    lines = subprocess.run([lab.program("catalogue"), "places", str(rows), str(count)], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [laboratory.harness.query_string([("POS", f"CIRCLE {line} {degrees}"),
                                             ("MAXREC", limit)]) for line in lines]


def q5(lab):
    """20 answers of 1,000 rows; the processor time of the responders, their system calls
    included, against that of SQLite alone for the same rows, by the same user: one who may not
    write the -shm file maps the data base anew for each transaction."""
    degrees, limit, count = 6, 1000, 20
    server = lab.catalogue_server("nginx", MEDIUM)
    service = laboratory.harness.HttpService(server.base_url)
    queries = [urllib.parse.parse_qsl(query)
               for query in circle_paths(lab, degrees, limit, count, MEDIUM)]
    pids = server.responder_pids("sia")
    if not pids:
        raise RuntimeError("no soda-sia was found")
    user = pathlib.Path(f"/proc/{pids[0]}").owner()
    user = user if user != getpass.getuser() else None

    def answers():
        rows = 0
        for query in queries:
            answer = service.request("GET", "sia", query)
            if answer.status != 200 or not answer.complete:
                raise RuntimeError(f"sia: {answer.status} {answer.text()[:300]}")
            rows += answer.body.count(b"<TR>")
        return rows

    def responders():
        return sum(laboratory.processor_nanoseconds(pid) for pid in pids) / 1e3

    for _ in range(2 * len(pids)):
        answers()
    pairs = []
    for _ in range(lab.rounds):
        before = responders()
        rows = answers()
        used = responders() - before
        bare = said(lab, "step", lab.catalogue(MEDIUM), degrees, limit, count, user=user)
        if bare["rows"] != rows:
            raise RuntimeError(f"{rows} rows came through nginx, {bare['rows']} are expected")
        pairs.append((used / rows, bare["us"] / rows))
    note(f"SIA answer of {rows // count} rows: {spread(pairs, 'us a row')} of sqlite3_step")
    yield "Q5", ratio(pairs)


def q7(lab):
    yield "Q7", said(lab, "readers", lab.catalogue(MEDIUM))["four_against_two"]


def q8(lab):
    figure = said(lab, "ingest", lab.folder("ingest"), SMALL if lab.quick else 2 * SMALL)
    note(f"ingest: {figure['bulk_rows_per_cpu_second']} rows a second of processor time in one "
         f"transaction; {figure['failed_readers']} readers failed")
    if figure["failed_readers"]:
        raise RuntimeError(f"{figure['failed_readers']} readers failed beside the writer")
    yield "Q8", figure["batches_against_bulk"]


def memory_of(pid):
    """(own, mapped) KiB: what the process alone has, and the pages of files that it looks at."""
    with open(f"/proc/{pid}/status", encoding="ascii") as source:
        kib = {name: int(value)
               for name, value in re.findall(r"^(\w+):\s+(\d+) kB", source.read(), re.MULTILINE)}
    return kib["RssAnon"] + kib["RssShmem"], kib["RssFile"]


def q9(lab):
    """Looked at every 10 ms while the answer is sent. The mapped part of the data base is page
    cache, which all responders share and the system takes back when it needs it: a note."""
    server = lab.catalogue_server("nginx", MEDIUM)
    pids = server.responder_pids("sia")
    own, mapped, done = [], [], threading.Event()

    def watch():
        while not done.wait(0.01):
            seen = [memory_of(pid) for pid in pids]
            own.append(max(each[0] for each in seen))
            mapped.append(max(each[1] for each in seen))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        got = subprocess.run(
            ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code} %{size_download} %{time_total}",
             f"{server.base_url}/sia?MAXREC={MEDIUM}"], check=True, capture_output=True,
            text=True).stdout.split()
    finally:
        done.set()
        watcher.join()
    if got[0] != "200" or int(got[1]) < 100 * MEDIUM:
        raise RuntimeError(f"sia: status {got[0]}, {got[1]} bytes")
    note(f"answer of 10^6 rows: {int(got[1]) / 1e6:.0f} MB in {float(got[2]):.1f} s; own memory "
         f"{max(own) / 1024:.1f} MiB at most, {max(mapped) / 1024:.0f} MiB of mapped files")
    yield "Q9", max(own) / 1024
