#!/usr/bin/python3
"""The golden cases straight over FastCGI: golden/run.py [--build DIR] [CASE…]

CASE: a part of the name, as sync/circle. Behind the web servers: servers/run.py.
"""

import argparse
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import golden  # noqa: E402
import harness  # noqa: E402
from archive import identifiers, make_data  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-golden-") as folder:
        make_data(options.build, folder)
        with harness.Installation(folder, options.build, responders=1) as site:
            golden.run(HERE, "fastcgi", site.fetch, identifiers(site.listing()), report, options.case)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
