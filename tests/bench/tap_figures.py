"""The figures of queries (T1 to T5), as figures.py; the catalogues are lab.catalogue(ROWS)."""

import re
import urllib.parse

import lab as laboratory
import search
from lab import note, ratio

COLUMNS = "obs_publisher_did, s_ra, s_dec, t_min, t_max, em_min, em_max, access_url, access_format"
RADIUS = 1.0


def cone_paths(lab, rows, top, count):
    """Queries about places of the catalogue."""
    places = [text.split()[1:3] for text in (
        urllib.parse.unquote_plus(re.search("POS=([^&]*)", path)[1])
        for path in search.circle_paths(lab, RADIUS, 10, count, rows))]
    return ["/vo/tap/sync?" + laboratory.harness.query_string([
        ("LANG", "ADQL"),
        ("QUERY", f"SELECT TOP {top} {COLUMNS} FROM ivoa.obscore WHERE "
                  f"1=CONTAINS(POINT(s_ra, s_dec), CIRCLE({lon}, {lat}, {RADIUS}))")])
        for lon, lat in places]


def t1(lab):
    server = lab.catalogue_server("nginx", search.SMALL)
    scripts = lab.beside_hello(server, "cone", cone_paths(lab, search.SMALL, 10, 200))
    pairs = lab.duel(server, *scripts)
    ours, reference = pairs[len(pairs) // 2]
    note(f"cone, ten rows: {ours:.0f} against {reference:.0f} requests a second")
    yield "T1", ratio(pairs)


def said(lab, command, rows, *arguments):
    """What bench/queries says of the catalogue of so many rows."""
    return search.said(lab, command, lab.catalogue(rows), *arguments, program="queries")


def t2(lab):
    pairs = [tuple(said(lab, "cones", rows, rows)["us_a_row"]
                   for rows in (search.LARGE, search.SMALL)) for _ in range(lab.rounds)]
    note(f"cones, 10^7 rows: {search.spread(pairs, 'us a row')} in 10^5")
    yield "T2", ratio(pairs)


def t3(lab):
    figure = said(lab, "translate", search.SMALL)
    note(f"a query of {figure['bytes']} bytes is translated in {figure['us']:.0f} us")
    yield "T3", figure["against_prepare"]


def t4(lab):
    figure = said(lab, "rows", search.MEDIUM, search.MEDIUM)
    note(f"10^6 rows as BINARY2: {figure['us_a_row']:.2f} us a row")
    yield "T4", figure["against_step"]
    yield "T4/memory", figure["own_kib"] / 1024


def t5(lab):
    figure = said(lab, "join", search.MEDIUM, search.SMALL, search.MEDIUM)
    note(f"10^5 positions joined: {figure['us'] / 1e6:.2f} s, {figure['pairs']} pairs")
    yield "T5", figure["against_loop"]
