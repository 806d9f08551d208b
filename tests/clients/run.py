#!/usr/bin/python3
"""Real clients against the running service: curl, astropy, fitsverify, STILTS.

    run.py [--build DIR] [--data FOLDER]     responders of the build tree behind a small gateway
    run.py --url URL --list FILE             a service behind a web server (sodactl list --json)
"""

import argparse
import contextlib
import os
import pathlib
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "reference")]

from astropy.io import fits  # noqa: E402

import archive  # noqa: E402
import curl  # noqa: E402
import documents  # noqa: E402
import fitsfile  # noqa: E402
import harness  # noqa: E402
import judge  # noqa: E402
import shapes  # noqa: E402
from gateway import Gateway  # noqa: E402

MOST = 60  # data sets that every client opens


def small_circle(record):
    """A circle about the image's middle, a tenth of its field wide."""
    field = float(record.get("s_fov") or 0.02)
    radius = min(max(field / 10, 1e-5), 20.0)
    return shapes.numbers([float(record["s_ra"]), float(record["s_dec"]), radius])


def antipode(record):
    return shapes.numbers([(float(record["s_ra"]) + 180.0) % 360.0, -float(record["s_dec"]), 0.01])


def astropy_url(url):
    """astropy fetches the URL by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fits.open(url, cache=False) as hdus:
                for hdu in hdus:
                    hdu.verify("exception")
                    hdu.data  # noqa: B018 (reading it is the test)
        except Exception as error:
            return [f"astropy: {type(error).__name__}: {error}"]
    return []


def parent_errors(folder, record):
    path, _ = harness.locate(record)
    if folder is None:
        return 1  # unknown: the answer's errors are not held against it
    return judge.fitsverify_file(str(pathlib.Path(folder) / path))


def undecodable(folder, record):
    """Why CFITSIO's own tools cannot give the pixels of a data set; empty when they can."""
    if folder is None:
        return ""
    try:
        parent = fitsfile.Parent(pathlib.Path(folder) / harness.locate(record)[0])
    except (fitsfile.Unreadable, OSError) as reason:
        return str(reason)
    return parent.hdus[record["hdu"]].problem


def every_answer(report, url, records, folder):
    """Every data set, cut about its middle: astropy opens it, fitsverify is content."""
    for record in records[:MOST]:
        name = harness.locate(record)
        label = name[0] + (f"#{name[1]}" if name[1] is not None else "")
        reason = undecodable(folder, record)
        if reason:
            report.beyond(f"cut {label}", reason)
            continue
        query = harness.query_string([("ID", record["obs_publisher_did"]),
                                      ("CIRCLE", small_circle(record))])
        try:
            got = curl.curl(f"{url}/sync?{query}")
        except RuntimeError as error:
            report.fail(f"cut {label}", str(error))
            continue
        if got.status != 200:
            report.judge(f"cut {label}", curl.expect(got, 200))
            continue
        report.judge(f"astropy opens {label}", judge.opens_in_astropy(got.body))
        if not parent_errors(folder, record):
            errors, words = judge.fitsverify(got.body)
            report.judge(f"fitsverify {label}", [words] if errors else [])
    query = harness.query_string([("ID", records[0]["obs_publisher_did"]),
                                  ("CIRCLE", small_circle(records[0]))])
    report.judge("astropy fetches a cut by its URL", astropy_url(f"{url}/sync?{query}"))


def run_all(report, url, listing, folder):
    placed = [record for record in listing if record.get("s_ra") is not None]
    if not placed:
        report.fail("data", "no listed data set has s_ra")
        return
    first = placed[0]
    session = curl.Session(url, first["obs_publisher_did"], small_circle(first), antipode(first))
    for name, problems in session.cases():
        report.judge(name, problems)
    for name, problems in documents.cases(url):
        report.judge(name, problems)
    every_answer(report, url, placed, folder)


@contextlib.contextmanager
def served(options):
    """(url, listing, folder) of the service under test."""
    if options.url:
        yield (options.url.rstrip("/"),
               harness.parse_listing(pathlib.Path(options.list).read_text()), options.data)
        return
    with contextlib.ExitStack() as stack:
        folder = options.data
        if not folder:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="soda-test-"))
            archive.make_data(options.build, folder)
        site = stack.enter_context(harness.Installation(folder, options.build, responders=1))
        gate = stack.enter_context(Gateway(site))
        yield gate.url, site.listing(), folder


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--data", default=os.environ.get("SODA_DEMO_DATA"))
    parser.add_argument("--url", default=os.environ.get("SODA_URL"))
    parser.add_argument("--list")
    options = parser.parse_args()
    report = harness.Report()
    with served(options) as (url, listing, folder):
        run_all(report, url, listing, folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
