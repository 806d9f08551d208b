#!/usr/bin/python3
"""What goes wrong around the services: fault/run.py [--build DIR] [CASE…]

CASE: a part of the name, as databases/locked. Straight over FastCGI; the web servers' part of it is
in servers/run.py, malformed requests are golden cases.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "servers")]
import batches  # noqa: E402
import calls  # noqa: E402
import databases  # noqa: E402
import files  # noqa: E402
import harness  # noqa: E402
import imports  # noqa: E402
import ingests  # noqa: E402
import jobs  # noqa: E402
import notices  # noqa: E402
import pictures  # noqa: E402
import processes  # noqa: E402

SUITES = (files, databases, ingests, imports, notices, pictures, processes, calls, jobs,
          batches)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    build = str(pathlib.Path(options.build).resolve())
    report = harness.Report()
    for suite in SUITES:
        chosen = [case for case in suite.CASES
                  if not options.case or any(word in f"{suite.__name__}/{case.__name__}"
                                             for word in options.case)]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="soda-fault-") as folder:
            os.chmod(folder, 0o755)
            bench = suite.make(folder, build)
            for case in chosen:
                name = f"fault/{suite.__name__}/{case.__name__}"
                begun = time.monotonic()
                try:
                    report.judge(name, [problem for problem in case(bench) if problem])
                except OSError as error:
                    report.fail(name, f"{type(error).__name__}: {error}")
                print(f"# {time.monotonic() - begun:.1f} s", flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
