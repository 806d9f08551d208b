#!/usr/bin/python3
"""SIA before real clients and against a judge of its own: sia.py [--build DIR] [--only PART…]

    forms      votlint and xsdvalidate on every form of answer and document; STILTS reads them
    pyvo       searches with every parameter, on to the data and a cutout
    questions  random questions, judged row by row in Python (questions.py, sphere.py)
    manifest   the images of SODA_REFERENCE_DATA found as its manifest.json says

The archive is the synthetic images and a catalogue of random rows; the images of SODA_DEMO_DATA and
of SODA_REFERENCE_DATA are asked as well where these are set.
"""

import contextlib
import os
import pathlib
import random
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import archive  # noqa: E402
import ask  # noqa: E402
import catalogue  # noqa: E402
import harness  # noqa: E402
import questions  # noqa: E402
import sia_forms  # noqa: E402
import sia_manifest  # noqa: E402
import sia_pyvo  # noqa: E402
from gateway import Gateway  # noqa: E402

PARTS = ("forms", "pyvo", "questions", "manifest")
ROWS = 700  # of the catalogue
SEED = 20
ASKED = {"synthetic": 300, "demonstration": 60, "reference": 100}


@contextlib.contextmanager
def served(folder, build):
    """(URL, installation): the images of a folder behind a gateway."""
    with Gateway() as gate, harness.Installation(folder, build, responders=1,
                                                 base_url=gate.url) as site:
        gate.site = site
        yield gate.url, site


def run_cases(report, prefix, cases):
    """A suite whose client breaks down has failed in that place."""
    try:
        for name, problems in cases:
            report.judge(f"{prefix} {name}", problems)
    except Exception as error:
        report.fail(f"{prefix} goes on", f"{type(error).__name__}: {error}")


def spelled(source, params):
    """Names of parameters in any letters, in any order."""
    params = [("".join(source.choice((letter.lower(), letter)) for letter in name), value)
              for name, value in params]
    source.shuffle(params)
    return params


def ask_one(url, judged, question, source):
    expected = judged.matches(question)
    limit = source.choice((None, None, 0, 1, 5, len(expected), len(expected) + 1))
    params = ask.pairs(question) + (ask.ALL if limit is None else [("MAXREC", str(limit))])
    found = ask.search(url, spelled(source, params), source.choice(("GET", "GET", "POST")))
    if limit is None or limit > len(expected):
        cut = False
        problems = ask.different(found.ids, expected)
    else:
        # With MAXREC=0 the mark is there in any case: DALI 1.1 section 3.4.4.1.
        cut = limit < len(expected) or limit == 0
        problems = ask.different(found.ids, set(found.ids) & expected)
        if len(found.ids) != limit:
            problems.append(f"{len(found.ids)} rows of {len(expected)}, MAXREC={limit}")
    if found.overflowed != cut:
        problems.append(f"marks {found.marks}, {len(expected)} rows, MAXREC={limit}")
    return [f"{params}: {problem}" for problem in problems], len(expected)


def question_cases(url, judged, count):
    source = random.Random(SEED)
    hits = 0
    for number in range(count):
        asked = questions.question(source, judged.rows)
        problems, found = ask_one(url, judged, asked, source)
        hits += found > 0
        yield f"question {number} {'+'.join(asked)}", problems
    # Questions that find nothing prove little.
    yield "questions that find something", [] if hits > count / 4 else [f"{hits} of {count}"]


def same_answers(url):
    """Repeated values, contradictions, other spellings of the same."""
    base = [("POS", "CIRCLE 83 22 2"), *ask.ALL]
    rows = ask.search(url, base).ids
    spellings = {"repeated": [("POS", "CIRCLE 83 22 2")] * 10_000 + ask.ALL,
                 "lower case shape": [("POS", "circle 83.0 +22 2e0"), *ask.ALL],
                 "blanks": [("POS", "  CIRCLE\t83  22 2 "), *ask.ALL],
                 "empty values": base + [("BAND", ""), ("TARGET", "")],
                 "both kinds": base + [("DPTYPE", "image"), ("DPTYPE", "cube")]}
    for name, params in spellings.items():
        got = ask.search(url, params, "POST").ids
        yield f"same answer {name}", [] if got == rows and rows else [
            f"{len(got)} rows, expected {len(rows)}"]
    # Both ways round the polygon is the same, and two intervals are not all between them.
    forth = ask.search(url, [("POS", "POLYGON 80 20 86 20 83 25"), *ask.ALL]).ids
    back = ask.search(url, [("POS", "POLYGON 83 25 86 20 80 20"), *ask.ALL]).ids
    yield "same answer polygon backwards", [] if forth == back and forth else ["it differs"]
    none = ask.search(url, [("TIME", "1 2"), ("TIME", "99998 99999")]).ids
    yield "nothing between two intervals", [f"{len(none)} rows"] if none else []


def synthetic(report, build, parts):
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        images = pathlib.Path(folder, "images")
        archive.make_data(build, images)
        table = pathlib.Path(folder, "rows.csv")
        catalogue.write(table, random.Random(SEED), ROWS)
        with served(images, build) as (url, site):
            site.run_sodactl("import", str(table))
            judged = questions.Archive(site.run_sodactl("export", "--format", "csv"))
            if "forms" in parts:
                run_cases(report, "forms", sia_forms.cases(url))
            if "pyvo" in parts:
                run_cases(report, "clients", sia_pyvo.cases(url, judged))
            if "questions" in parts:
                run_cases(report, "synthetic", same_answers(url))
                run_cases(report, "synthetic", question_cases(url, judged, ASKED["synthetic"]))


def real(report, build, parts, name, folder):
    with served(folder, build) as (url, site):
        judged = questions.Archive(site.run_sodactl("export", "--format", "csv"))
        if "forms" in parts:
            run_cases(report, name, sia_forms.validator_cases(url))
        if "questions" in parts:
            run_cases(report, name, question_cases(url, judged, ASKED[name]))
        manifest = pathlib.Path(folder, "manifest.json")
        if "manifest" in parts and manifest.exists():
            run_cases(report, name, sia_manifest.cases(url, manifest, site.listing()))


def main():
    options = harness.part_options(__doc__, PARTS)
    warnings.simplefilter("ignore")
    report = harness.Report()
    if set(options.only) - {"manifest"}:
        synthetic(report, options.build, options.only)
    for name, variable in (("demonstration", "SODA_DEMO_DATA"),
                           ("reference", "SODA_REFERENCE_DATA")):
        if os.environ.get(variable):
            real(report, options.build, options.only, name, os.environ[variable])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
