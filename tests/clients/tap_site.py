#!/usr/bin/python3
"""Queries through nginx to a service with narrow bounds: tap_site.py [--build DIR] [--only PART…]

    guards     many queries of one user, long ones, large ones, jobs
    tables     the archive's own tables, from import to retraction
    names      tables, columns and uploads that are called like others
    strangers  what no query is: SQLite's own language, very long and very deep texts
"""

import pathlib
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "servers")]

import harness  # noqa: E402
import tap_guards  # noqa: E402
import tap_names  # noqa: E402
import tap_stand  # noqa: E402
import tap_strangers  # noqa: E402
import tap_tables  # noqa: E402

PARTS = {"guards": tap_guards.cases, "tables": tap_tables.cases, "names": tap_names.cases,
         "strangers": tap_strangers.cases}


def main():
    options = harness.part_options(__doc__, PARTS)
    warnings.simplefilter("ignore")
    report = harness.Report()
    with tap_stand.served(options.build, tap_tables.SETTINGS) as site:
        report.run_parts(PARTS, options.only, site)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
