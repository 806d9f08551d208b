"""The figures, one function each, and their targets. A function yields (row, value) pairs."""

import json
import os
import random
import statistics
import subprocess
from dataclasses import dataclass

import batches
import lab as laboratory
import search
import tap_figures
from lab import note, ratio

_RELATIONS = {
    "≥": lambda value, limit: value >= limit,
    "≤": lambda value, limit: value <= limit,
    "=": lambda value, limit: value == limit,
    "1 ±": lambda value, limit: abs(value - 1) <= limit,
}


@dataclass
class Target:
    relation: str
    limit: float
    title: str
    unit: str = ""

    @property
    def text(self):
        return f"{self.relation} {self.limit:.2f}" if isinstance(self.limit, float) else \
            f"{self.relation} {self.limit}{self.unit}"

    def met(self, value):
        return _RELATIONS[self.relation](value, self.limit)


def shown(value):
    return f"{value:.2f}" if isinstance(value, float) else str(value)


TARGETS = {
    "S1": Target("≥", 0.70, "256² of a 16 MB image through nginx, against hello"),
    "S2/64": Target("≥", 0.70, "the same for 64²"),
    "S2/1024": Target("≥", 0.80, "the same for 1024²"),
    "S3": Target("≥", 0.80, "256² of a 6.4 GB image, against the 16 MB image"),
    "S4": Target("≤", 1.60, "core alone, 256², against open, fstat, pread of the rows, close"),
    "S5": Target("≤", 1.10, "core alone, 640 header cards against 100"),
    "S6": Target("≤", 0.80, "first request of a fresh process, against CFITSIO per request"),
    "S7": Target("≤", 0.30, "256² from a cold file of 1.6 GB, against pread of the rows"),
    "S8/256tiles": Target("≤", 1.05, "256² of 256² tiles, against fits_read_subset, open handle"),
    "S8/rows": Target("≤", 0.75, "the same for row tiles"),
    "S9/time": Target("≤", 1.50, "1024² polygon with MASK=nan, nginx, against the unmasked cut"),
    "S9/pixels": Target("=", 0, "pixels that differ from the test of every pixel"),
    "S10/flat": Target("1 ±", 0.10, "resident memory after 10^5 mixed cuts, against after 10^3"),
    "S10/peak": Target("≤", 64, "peak resident memory, a cut of 2 GB included", " MiB"),
    "S11/errors": Target("=", 0, "128 clients on 4 responders: failed requests"),
    "S11/p99": Target("≤", 3.00, "the same: p99 against the ideal queue time"),
    "S12/fcgid": Target("≥", 0.65, "S1 behind Apache mod_fcgid"),
    "S12/proxy": Target("≥", 0.65, "S1 behind Apache mod_proxy_fcgi"),
    "S12/lighttpd": Target("≥", 0.65, "S1 behind lighttpd"),
    "L1": Target("≥", 0.60, "links of one data set through nginx, against hello"),
    "L2/260K": Target("≥", 0.85, "whole file of 260 KB through soda-data, against nginx static"),
    "L2/4M": Target("≥", 0.85, "the same of 4 MB"),
    "L3/cached": Target("≥", 0.80, "kept thumbnail of a 2048² image, against nginx static"),
    "L3/reads": Target("≤", 0.02, "thumbnail made of a 6.4 GB image: share of the file read"),
    "B1": Target("≥", 2.0, "2,000 cuts of 51² from 200 images in a job, against 4 clients of sync"),
    "B2": Target("≥", 2264, "the same in cuts a second (the best offline cutter published)"),
    "B3": Target("≤", 10.0, "10 users at once, each 51² at one place of 800 images: slowest", " s"),
    "B4": Target("≤", 128, "a job of 10,000 positions: peak memory of a process", " MiB"),
    "Q1": Target("≤", 17, "point in footprint, 10^7 rows against 10^5"),
    "Q2": Target("≤", 1.50, "circle of 0.1°, 10^7 rows against 10^6, time for each row returned"),
    "Q3": Target("≤", 1.20, "point + BAND + TIME + COLLECTION against point alone, 10^6 rows"),
    "Q4/point": Target("≤", 0.25, "point, 10^6 rows, against PostgreSQL with pgsphere"),
    "Q4/circle": Target("≤", 0.10, "the same for a circle of 1°"),
    "Q4/filtered": Target("≤", 0.02, "the same for that circle + BAND + TIME + COLLECTION"),
    "Q5": Target("≤", 2.00, "SIA answer of 1,000 rows, responder's CPU against bare sqlite3_step"),
    "Q6/tabledata": Target("≥", 5.00, "VOTable rows by our writer, against xmlTextWriter per cell"),
    "Q6/binary2": Target("≥", 1.70, "BINARY2 against TABLEDATA"),
    "Q7": Target("≤", 2.10, "4 reader processes on 2 cores, against the time of 2"),
    "Q8": Target("≥", 0.70, "ingest in batches beside readers, against one bulk transaction alone"),
    "Q9": Target("≤", 64, "own memory of a responder for an answer of 10^6 rows", " MiB"),
    "T1": Target("≥", 0.40, "a cone by TAP, ten rows, through nginx, against hello"),
    "T2": Target("≤", 3.00, "cones, 10^7 rows against 10^5, time for each row returned"),
    "T3": Target("≤", 5.00, "a query of 1 KB translated, against SQLite's preparing the result"),
    "T4": Target("≤", 2.20, "10^6 rows of a query as BINARY2, against bare sqlite3_step"),
    "T4/memory": Target("≤", 64, "the same: own memory", " MiB"),
    "T5": Target("≤", 2.00, "10^5 positions joined within 0.01°, against a loop of C++, 10^6 rows"),
}


def spread(pairs):
    values = sorted(ours / reference for ours, reference in pairs)
    first, second = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    return f"{first:.0f} against {second:.0f}; rounds {values[0]:.2f} to {values[-1]:.2f}"


def against_hello(lab, server_name, image, size):
    server = lab.server(server_name)
    lab.warm(image)
    pairs = lab.duel(server, *lab.cut_scripts(server, image, size))
    note(f"{server_name} {image} {size}²: {spread(pairs)} requests a second")
    return ratio(pairs)


def s1(lab):
    yield "S1", against_hello(lab, "nginx", "small", 256)


def s2(lab):
    yield "S2/64", against_hello(lab, "nginx", "small", 64)
    yield "S2/1024", against_hello(lab, "nginx", "small", 1024)


def s3(lab):
    """Requests a second, as the target says; the large image's pixels have half the bytes."""
    server = lab.server("nginx")
    for image in ("small", "huge"):
        lab.warm(image)
    huge, hello = lab.cut_scripts(server, "huge", 256)
    pairs = lab.duel(server, huge, lab.cut_scripts(server, "small", 256)[0])
    note(f"huge 256²: {spread(pairs)} requests a second of small")
    note(f"huge 256², against hello of its own bytes: {spread(lab.duel(server, huge, hello))}")
    yield "S3", ratio(pairs)


def s4(lab):
    lab.warm("small")
    pairs, said = lab.core("floor", "small", lab.image("small"), 256, 60, 2 * lab.rounds)
    note(f"core: {spread(pairs)} us")
    if said["different"] != [0]:
        raise SystemExit(f"{said['different'][0]} bytes of the cutouts differ from the file's")
    yield "S4", ratio(pairs)


def s5(lab):
    pairs, _ = lab.core("pair", "cards", lab.identifiers["small"], 256, 60, 2 * lab.rounds)
    note(f"640 cards: {spread(pairs)} us")
    yield "S5", ratio(pairs)


def s6(lab):
    """Both processes are started, come to rest, and get their first request. The figure is their
    own processor time for it (nothing waits: all files are in the page cache), which other work on
    the machine does not lengthen; notes tell the clock's time, and that of start and request."""
    count = 2 * lab.rounds + 1
    ours = lab.queries("small", 256, 2 * count)
    theirs = [query.partition("&")[2] + f"&FILE={lab.image('small')}" for query in ours]
    sides = ((ours, (lab.soda_sync, "--config", lab.config)), (theirs, (lab.program("percall"),)))
    lab.warm("small")

    def first_request(side, turn):
        queries, command = sides[side]
        process, place = lab.responder(*command)
        laboratory.wait_idle(process)
        before = laboratory.processor_nanoseconds(process.pid)
        took = lab.probe(process, place, [queries[turn]], 1, 1)[0][1]
        laboratory.wait_idle(process)
        used = laboratory.processor_nanoseconds(process.pid)
        lab.stop(process)
        return (used - before) / 1e3, took, used / 1e3

    rounds = [(first_request(0, turn), first_request(1, turn)) for turn in range(count)]
    pairs = [[(ours[i], reference[i]) for ours, reference in rounds] for i in range(3)]
    names = ("first request", "the same by the clock", "start and first request")
    for what, each in zip(names, pairs):
        note(f"{what}: {spread(each)} us")
    yield "S6", ratio(pairs[0])


def s7(lab):
    # A page that a process has mapped cannot be dropped from the cache.
    lab.close_stands()
    pairs, said = lab.core("cold", "wide", lab.image("wide"), 256, 15, lab.rounds)
    note(f"cold: {spread(pairs)} us; {said['read'][0]} and {said['read'][1]} bytes read a cut")
    yield "S7", ratio(pairs)


def s8(lab):
    for row, image, count in (("S8/256tiles", "tiles", 40), ("S8/rows", "rows", 15)):
        lab.warm(image)
        pairs, said = lab.core("tiles", image, lab.image(image), 256, count, lab.rounds)
        note(f"{image}: {spread(pairs)} us")
        if said["different"] != [0]:
            raise SystemExit(f"{said['different'][0]} pixels differ from CFITSIO's")
        yield row, ratio(pairs)


def s9(lab):
    """The pixels and the core's own time without a server; the figure as S1, through nginx."""
    lab.warm("small")
    pairs, said = lab.core("mask", "small", lab.image("small"), 1024, 8)
    note(f"core alone, masked: {spread(pairs)} us, {ratio(pairs):.2f}")
    yield "S9/pixels", said["different"][0]
    server = lab.server("nginx")
    plain = [f"/vo/sync?{query}" for query in lab.polygons("small", 1024, 60)]
    pairs = lab.duel(server, lab.script("plain", plain),
                     lab.script("masked", [f"{path}&MASK=nan" for path in plain]))
    note(f"unmasked: {spread(pairs)} requests a second")
    yield "S9/time", ratio(pairs)


def mixed_queries(lab):
    """Cuts of all sizes from all images, a small part of them decompressed (those take long)."""
    queries = []
    for size in (64, 128, 256, 512, 1024):
        for image in ("small", "cards", "wide", "huge"):
            queries += lab.queries(image, size, 100, size)
    for size in (64, 256):
        queries += lab.queries("tiles", size, 40, size)
        queries += lab.queries("rows", size, 4, size)
    random.Random(1).shuffle(queries)
    return queries


def s10(lab):
    lab.close_stands()
    process, place = lab.responder(lab.soda_sync, "--config", lab.config)
    lines = lab.probe(process, place, mixed_queries(lab), 20, 100000)

    def typical(first, last):
        return statistics.median(line[3] for line in lines if first < line[0] <= last)

    early, late = typical(1000, 3000), typical(98000, 100000)
    highest = max(line[3] for line in lines)
    note(f"resident: {early:.0f} KiB after 10^3, {late:.0f} after 10^5, {highest:.0f} at most; "
         f"{sum(line[1] for line in lines) / 1e6:.0f} s for {lines[-1][0]:.0f} cuts")
    yield "S10/flat", late / early
    side = 32768  # int16: 2 GiB
    section = f"10001:{10000 + side}"
    query = laboratory.harness.query_string([("ID", lab.identifiers["huge"]),
                                             ("PIXELS", f"[{section},{section}]")])
    large = lab.probe(process, place, [query], 1, 1)[0]
    note(f"cut of {large[2] / 1e9:.2f} GB in {large[1] / 1e6:.1f} s")
    fresh, fresh_place = lab.responder(lab.soda_sync, "--config", lab.config)
    alone = lab.probe(fresh, fresh_place, [query], 1, 1)[0]
    note(f"peak: {large[4] / 1024:.1f} MiB after all, {alone[4] / 1024:.1f} MiB for that cut alone")
    for each in (process, fresh):
        lab.stop(each)
    yield "S10/peak", large[4] / 1024


def s11(lab):
    server = lab.server("nginx")
    lab.warm("small")
    script, _ = lab.cut_scripts(server, "small", 256)
    clients, seconds = 128, 5 if lab.quick else 20
    load = lab.load(server, script, clients, seconds)
    ideal = clients / load.rate
    note(f"{clients} clients: {load.rate:.0f} requests a second, p99 {1e3 * load.p99:.0f} ms, "
         f"ideal queue time {1e3 * ideal:.0f} ms")
    yield "S11/errors", load.errors
    yield "S11/p99", load.p99 / ideal


def s12(lab):
    for row, server in (("S12/fcgid", "fcgid"), ("S12/proxy", "apache"),
                        ("S12/lighttpd", "lighttpd")):
        yield row, against_hello(lab, server, "small", 256)


def l1(lab):
    server = lab.server("nginx")
    query = laboratory.harness.query_string([("ID", lab.identifiers["small"])])
    scripts = lab.beside_hello(server, "links", [f"/vo/links?{query}"] * 10)
    pairs = lab.duel(server, *scripts)
    note(f"links: {spread(pairs)} requests a second")
    yield "L1", ratio(pairs)


def q6(lab):
    done = subprocess.run([lab.program("votable"), str(2 * lab.rounds + 1)], capture_output=True,
                          text=True, check=True)
    said = json.loads(done.stdout)
    note(", ".join(f"{name} {said[name]['us_per_row']:.2f} us a row"
                   for name in ("xmlTextWriter", "tabledata", "binary2")))
    yield "Q6/tabledata", said["tabledata_gain"]
    yield "Q6/binary2", said["binary2_gain"]


def l2(lab):
    server = lab.server("nginx")
    for row, image in (("L2/260K", "file260k"), ("L2/4M", "file4m")):
        lab.warm(image)
        pairs = lab.duel(server, *lab.data_scripts(server, image))
        note(f"{image}: {spread(pairs)} requests a second")
        yield row, ratio(pairs)


def l3(lab):
    server = lab.server("nginx")
    lab.warm("small")
    lab.data_scripts(server, "small", "thumbnail")  # made and kept now
    pairs = lab.duel(server, *lab.data_scripts(server, "small", "thumbnail"))
    note(f"kept thumbnail: {spread(pairs)} requests a second")
    yield "L3/cached", ratio(pairs)


def l3_fresh(lab):
    """Two independent counts, the larger one counts: blocks fetched for the process, and pages of
    the file that are in memory afterwards."""
    # A page that a process has mapped cannot be dropped from the cache.
    lab.close_stands()
    image = lab.image("huge")
    query = laboratory.harness.query_string([("ID", lab.identifiers["huge"]),
                                             ("PART", "thumbnail")])
    process, place = lab.responder(lab.soda_data, "--config", lab.config)
    laboratory.wait_idle(process)
    laboratory.drop(image)
    before = laboratory.resident_bytes(image), laboratory.storage_bytes(process)
    took = lab.probe(process, place, [query], 1, 1, "/vo/data")[0]
    after = laboratory.resident_bytes(image), laboratory.storage_bytes(process)
    lab.stop(process)
    pages, blocks = (late - early for early, late in zip(before, after))
    note(f"thumbnail of 6.4 GB: {took[1] / 1e6:.2f} s, {took[2]:.0f} bytes; {pages / 1e6:.1f} MB of "
         f"the file in memory, {blocks / 1e6:.1f} MB fetched; peak {took[4] / 1024:.1f} MiB")
    yield "L3/reads", max(pages, blocks) / os.path.getsize(image)


@dataclass
class Measure:
    run: callable
    images: tuple = ()
    quick: bool = True


# In the order in which they are taken: those of one server together.
MEASURES = {
    "S1": Measure(s1, ("small",)),
    "S2": Measure(s2, ("small",)),
    "S11": Measure(s11, ("small",)),
    "S3": Measure(s3, ("small", "huge"), False),
    "S9": Measure(s9, ("small",)),
    "L1": Measure(l1, ("small",)),
    "S12": Measure(s12, ("small",)),
    "S4": Measure(s4, ("small",)),
    "S5": Measure(s5, ("small", "cards")),
    "S6": Measure(s6, ("small",)),
    "S7": Measure(s7, ("wide",), False),
    "S8": Measure(s8, ("wide", "tiles", "rows"), False),
    "S10": Measure(s10, tuple(laboratory.IMAGES), False),
    "L2": Measure(l2, ("file260k", "file4m")),
    "L3/cached": Measure(l3, ("small",)),
    "L3/reads": Measure(l3_fresh, ("huge",), False),
    "B1": Measure(batches.b1),
    "B2": Measure(batches.b1),
    "B3": Measure(batches.b3),
    "B4": Measure(batches.b4),
    "Q3": Measure(search.q3),
    "Q4": Measure(search.q4, quick=False),
    "Q5": Measure(search.q5),
    "Q9": Measure(search.q9),
    "Q7": Measure(search.q7),
    "Q8": Measure(search.q8),
    "Q6": Measure(q6),
    "Q1": Measure(search.q1, quick=False),
    "Q2": Measure(search.q2, quick=False),
    "T1": Measure(tap_figures.t1),
    "T2": Measure(tap_figures.t2, quick=False),
    "T3": Measure(tap_figures.t3),
    "T4": Measure(tap_figures.t4),
    "T5": Measure(tap_figures.t5),
}
