#!/usr/bin/python3
"""The figures: what a cutout (S1 to S12) and a table (Q6) cost, as ratios to references measured in
the same run.

    bench.py [--json FILE] [--quick] [--data DIR] [--build DIR] [ID…]

`make bench BENCH_ARGS="S1 S2"` and `./bootstrap bench S1 S2` call it. Without an ID: all of them
(about ten minutes, and the first time some more to write 9 GB of images, which are kept in DIR for
the next run). --quick: those that need only the small images, in two minutes. An ID stands for all
its rows: S2 is S2/64 and S2/1024. One table comes out, the notes go to standard error; the exit
status says whether everything could be measured, not whether the targets were met.

Reference and ours alternate in every figure, five rounds at least, and the median of the rounds'
ratios counts: the machine may be noisy. What each reference is: figures.py and the programs here.
"""

import argparse
import json
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("lib", "servers", "bench"):
    sys.path.insert(0, str(HERE.parent / folder))
import figures  # noqa: E402
import lab  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--quick", action="store_true", help="small images only, two minutes")
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."),
                        help="the build folder (default: the environment's SODA_BUILD, or here)")
    parser.add_argument("--data", default=os.environ.get("SODA_BENCH_DATA"),
                        help="where images are kept (default: bench-data in the build folder)")
    parser.add_argument("ids", metavar="ID", nargs="*", help="S1 … S12, Q6")
    options = parser.parse_args()
    unknown = [name for name in options.ids if not rows_of(name)]
    if unknown:
        parser.error(f"one of {' '.join(figures.MEASURES)} is expected, got {unknown[0]}")
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
    names = {row.partition("/")[0] for row in wanted}
    return [measure for name, measure in figures.MEASURES.items()
            if name in names and (not options.quick or measure.quick)], wanted


def table(results):
    lines = [("id", "figure", "target", "met", "")]
    for row, target in figures.TARGETS.items():
        if row in results:
            value = results[row]
            lines.append((row, figures.shown(value), target.text,
                          "yes" if target.met(value) else "NO", target.title))
    widths = [max(len(line[i]) for line in lines) for i in range(4)] + [0]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def main():
    options = arguments()
    measures, wanted = chosen(options)
    results = {}
    # So that everything that was started is stopped, and the scratch folder goes.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    with lab.Lab(options.build, options.data, options.quick) as place:
        place.prepare(sorted({image for measure in measures for image in measure.images}))
        for measure in measures:
            for row, value in measure.run(place):
                if row in wanted:
                    results[row] = value
                    print(f"bench: {row} = {figures.shown(value)}", file=sys.stderr, flush=True)
    print(table(results))
    if options.json:
        rows = [{"id": row, "value": round(results[row], 4), "target": target.text,
                 "met": target.met(results[row])}
                for row, target in figures.TARGETS.items() if row in results]
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
