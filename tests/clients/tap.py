#!/usr/bin/python3
"""TAP before real clients: tap.py [--build DIR] [--only PART…]

    taplint    STILTS' taplint, all stages but LOC (validators.md of the standards' digests, section 5,
               has the warnings that may be)
    forms      every form of an answer, read by votlint, astropy, STILTS and Python: the same rows
    pyvo       queries, jobs, uploads, tables and examples by pyvo; joins by `stilts tapquery`
    questions  random questions: SIA and TAP give the same rows
    errors     what is refused, and how; too many queries at once
    topcat     TOPCAT's TAP window, under Xvfb; SODA_SCREENSHOTS names a folder for its picture
"""

import contextlib
import pathlib
import random
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import archive  # noqa: E402
import catalogue  # noqa: E402
import harness  # noqa: E402
import tap_forms  # noqa: E402
import tap_lint  # noqa: E402
import tap_pyvo  # noqa: E402
import tap_questions  # noqa: E402
import tap_topcat  # noqa: E402
from gateway import Gateway  # noqa: E402

PARTS = {"taplint": tap_lint.cases, "forms": tap_forms.cases, "errors": tap_forms.error_cases,
         "pyvo": tap_pyvo.cases, "questions": tap_questions.cases, "topcat": tap_topcat.cases}
ROWS = 700  # of the catalogue
SEED = 20


@contextlib.contextmanager
def served(build):
    """(URL, installation) with a worker: the synthetic images and a catalogue of random rows."""
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder, Gateway() as gate:
        images = pathlib.Path(folder, "images")
        archive.make_data(build, images)
        table = pathlib.Path(folder, "rows.csv")
        catalogue.write(table, random.Random(SEED), ROWS)
        with harness.Installation(images, build, responders=1, base_url=gate.url,
                                  extra_settings="tap_time_limit = 3\n"
                                  'upload_addresses = "any"') as site:
            gate.site = site
            site.run_sodactl("import", str(table))
            with site.worker():
                yield gate.url, site


def main():
    options = harness.part_options(__doc__, PARTS)
    warnings.simplefilter("ignore")
    report = harness.Report()
    with served(options.build) as (url, site):
        report.run_parts(PARTS, options.only, url, site)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
