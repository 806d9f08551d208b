#!/usr/bin/python3
"""Queries in ADQL against answers that are computed from the same rows with numpy, astropy and plain
Python (adql_world.py, adql_cases.py), asked of a running soda-tap with an upload; and the queries of
the Rubin Observatory's tutorials (adql_rubin.py).

    adql.py [--build DIR] [--only TEXT]
"""

import argparse
import collections
import json
import math
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import adql_cases  # noqa: E402
import adql_rows  # noqa: E402
import adql_rubin  # noqa: E402
import harness  # noqa: E402
from adql_world import World  # noqa: E402

BOUNDARY = "soda-test-boundary"


class Service:
    def __init__(self, site, upload):
        self.site, self.upload = site, upload

    def ask(self, query):
        """(names of the columns, rows as tuples); RuntimeError for a refusal."""
        fields = {"LANG": "ADQL", "RESPONSEFORMAT": "json", "MAXREC": "1000000", "QUERY": query,
                  "UPLOAD": "stars,param:stars"}
        parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in fields.items()]
        parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="stars"; filename="s.xml"\r\n'
                     f"Content-Type: application/x-votable+xml\r\n\r\n{self.upload}\r\n--{BOUNDARY}--\r\n")
        answer = self.site.fetch("POST", f"{harness.MOUNT}/tap/sync",
                                 [("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")],
                                 "".join(parts).encode())
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.body.decode(errors='replace')[:400]}")
        content = json.loads(answer.body)
        return ([column["name"] for column in content["metadata"]],
                [tuple(row) for row in content["data"]])


def equal(a, b):
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return a == b


def key(row):
    """Rows that are equal but for the last digits come together."""
    return repr([f"{value:.9g}" if isinstance(value, float) else value if value is None
                 or isinstance(value, (str, list)) else f"{float(value):.9g}" for value in row])


def different(rows, expected, in_order):
    if len(rows) != len(expected):
        more = collections.Counter(map(key, rows)) - collections.Counter(map(key, expected))
        less = collections.Counter(map(key, expected)) - collections.Counter(map(key, rows))
        return [f"{len(rows)} rows, not {len(expected)}; too many: {list(more)[:3]}, missing: "
                f"{list(less)[:3]}"]
    if not in_order:
        rows, expected = sorted(rows, key=key), sorted(expected, key=key)
    return [f"{row} is not {wanted}" for row, wanted in zip(rows, expected)
            if not equal(row, wanted)][:3]


def judged(service, query, expected, in_order):
    try:
        problems = different(service.ask(query)[1], expected, in_order)
    except RuntimeError as error:
        problems = [str(error)]
    return [f"{problem} [{query}]" for problem in problems]


def judged_notebook(service, query, rows):
    """By the columns that the archive's rows have."""
    try:
        names, answer = service.ask(query)
    except RuntimeError as error:
        return [f"{error} [{query}]"]
    places = [index for index, name in enumerate(names) if name in adql_rows.NAMES]
    return different([tuple(row[place] for place in places) for row in answer],
                     [tuple(row[names[place]] for place in places) for row in rows], False)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    rows = adql_rows.archive()
    world = World(rows, adql_rows.stars(rows))
    report = harness.Report()
    asked = hits = 0
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        images, table = pathlib.Path(folder, "images"), pathlib.Path(folder, "rows.csv")
        images.mkdir()
        adql_rows.write(table, rows)
        with harness.Installation(images, options.build, responders=1,
                                  extra_settings=adql_rows.SETTINGS) as site:
            site.run_sodactl("import", str(table))
            service = Service(site, adql_rows.star_votable(world.stars))
            for name, query, expected, in_order in adql_cases.every(world):
                if options.only in name:
                    asked, hits = asked + 1, hits + bool(expected)
                    report.judge(name, judged(service, query, expected, in_order))
            for name, query, condition in adql_rubin.cases(world):
                if options.only in name:
                    expected = [row for row in rows if condition(row)]
                    asked, hits = asked + 1, hits + bool(expected)
                    report.judge(f"notebook: {name}", judged_notebook(service, query, expected))
    report.judge("queries that find something", [] if hits > asked / 2 else [f"{hits} of {asked}"])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
