"""The figures of queries (T1, T2), as figures.py; the catalogues are lab.catalogue(ROWS)."""

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
