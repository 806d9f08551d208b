#!/usr/bin/python3
"""The figures: what cutouts (S1 to S12), links (L1), files and pictures (L2, L3), batches (B1 to B4), searches (Q1 to
Q9) and queries (T1 to T5) cost, as ratios to references measured in the same run.

    bench.py [--json FILE] [--quick] [--data DIR] [--build DIR] [ID…]

`make bench BENCH_ARGS="S1 S2"` and `./bootstrap bench S1 S2` call it. Without an ID: all of them
(about half an hour, and the first time more to write 9 GB of images and 15 GB of catalogues, which
are kept in DIR for the next run; Q4 wants Debian's postgresql-15-pgsphere). --quick: those that
need only the small images and a catalogue of 10^6 rows, in five minutes. An ID stands for all its
rows: S2 is S2/64 and S2/1024. One table comes out, the notes go to standard error. What cannot be
measured stands in the table as failed, with the reason, and the rest goes on; the exit status says
whether everything could be measured, not whether the targets were met.

Reference and ours alternate in every figure, five rounds at least, and the median of the rounds'
ratios counts: the machine may be noisy. What each reference is: figures.py and the programs here.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("lib", "servers", "bench"):
    sys.path.insert(0, str(HERE.parent / folder))
import figures  # noqa: E402
import lab  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--quick", action="store_true", help="what is small only, five minutes")
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."),
                        help="the build folder (default: the environment's SODA_BUILD, or here)")
    parser.add_argument("--data", default=os.environ.get("SODA_BENCH_DATA"),
                        help="where images and catalogues are kept (default: bench-data in the "
                             "build folder)")
    parser.add_argument("ids", metavar="ID", nargs="*", help="S1 … S12, L1 … L3, B1 … B4, Q1 … Q9, "
                                                   "T1 … T5")
    options = parser.parse_args()
    unknown = [name for name in options.ids if not rows_of(name)]
    if unknown:
        parser.error(f"one of {' '.join(figures.TARGETS)} is expected, got {unknown[0]}")
    if options.json and not os.path.isdir(os.path.dirname(os.path.abspath(options.json))):
        parser.error(f"--json: there is no folder for {options.json}")
    return options


def rows_of(name):
    """The rows that an ID of the command line stands for."""
    return [row for row in figures.TARGETS if row == name or row.partition("/")[0] == name]


def chosen(options):
    if options.ids:
        wanted = [row for name in options.ids for row in rows_of(name)]
    else:
        wanted = list(figures.TARGETS)
    names = {part for row in wanted for part in (row, row.partition("/")[0])}
    return {name: measure for name, measure in figures.MEASURES.items()
            if name in names and (not options.quick or measure.quick)}, wanted


@dataclass
class Failed:
    reason: str


def attempt(work):
    """None, or the Failed that it ended with; what ends the program (a signal) is let through."""
    try:
        work()
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        return Failed(end.code)
    except subprocess.CalledProcessError as error:
        last = str(error.stderr or "").strip().splitlines()[-1:]
        return Failed(": ".join([str(error), *last]))
    except Exception as error:  # whatever it was, the other figures are wanted
        return Failed(f"{type(error).__name__}: {error}")
    return None


def measured(place, measures, wanted):
    """Row -> value or Failed."""
    results = {}

    def take(name, measure):
        place.need(measure.images)
        for row, value in measure.run(place):
            results[row] = value
            print(f"bench: {row} = {figures.shown(value)}", file=sys.stderr, flush=True)

    for name, measure in measures.items():
        failed = attempt(lambda: take(name, measure))
        if failed is None:
            continue
        print(f"bench: {name} failed: {failed.reason}", file=sys.stderr, flush=True)
        place.close()
        for row in rows_of(name):
            results.setdefault(row, failed)
    return {row: value for row, value in results.items() if row in wanted}


def table(results):
    lines = [("id", "figure", "target", "met", "")]
    for row, target in figures.TARGETS.items():
        value = results.get(row)
        if isinstance(value, Failed):
            reason = " ".join(value.reason.split())
            lines.append((row, "failed", target.text, "NO", f"{target.title}: {reason[:200]}"))
        elif value is not None:
            lines.append((row, figures.shown(value), target.text,
                          "yes" if target.met(value) else "NO", target.title))
    widths = [max(len(line[i]) for line in lines) for i in range(4)] + [0]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def as_json(row, value):
    target = figures.TARGETS[row]
    if isinstance(value, Failed):
        return {"id": row, "value": None, "target": target.text, "met": False,
                "error": value.reason}
    return {"id": row, "value": round(value, 4), "target": target.text, "met": target.met(value)}


def main():
    options = arguments()
    measures, wanted = chosen(options)
    # So that everything that was started is stopped, and the scratch folder goes.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    with lab.Lab(options.build, options.data, options.quick) as place:
        place.prepare(sorted({image for measure in measures.values() for image in measure.images}))
        results = measured(place, measures, wanted)
    print(table(results))
    if options.json:
        rows = [as_json(row, results[row]) for row in figures.TARGETS if row in results]
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    return 1 if any(isinstance(value, Failed) for value in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
