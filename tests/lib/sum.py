#!/usr/bin/python3
"""Adds up the logs of `make check`: sum.py LOG… ; the last line is `N passed, N failed, N skipped`.

A log is a suite's (a line for each case: `ok NAME`, `not ok NAME: reason`, `skip NAME: reason`) or a
Boost unit test's (its short report). A program that died before its report counts as one failure,
and so does a log whose .trs file says FAIL although every case in it passed.
"""

import pathlib
import re
import sys

BOOST = re.compile(r"(\d+) test cases? out of \d+ (passed|failed|skipped)")


def count(log):
    """(passed, failed, skipped, the lines that tell what failed)"""
    text = log.read_text(errors="replace")
    counts = {"ok": 0, "not ok": 0, "skip": 0}
    told = []
    for line in text.splitlines():
        found = re.match(r"(ok|not ok|skip) \S", line)
        if found:
            counts[found.group(1)] += 1
        boost = BOOST.search(line)
        if boost:
            kind = {"passed": "ok", "skipped": "skip"}.get(boost.group(2), "not ok")
            counts[kind] += int(boost.group(1))
        if line.startswith(("not ok", "skip ")) or ": error: in " in line or \
                ": fatal error: in " in line:
            told.append(line)
    result = log.with_suffix(".trs")
    failed = result.exists() and ":test-result: PASS" not in result.read_text()
    if not any(counts.values()) or (failed and not counts["not ok"]):
        counts["not ok"] += 1
        told.append(f"not ok {log.stem}: it ended without success: "
                    f"{' | '.join(text.strip().splitlines()[-3:])}")
    return counts["ok"], counts["not ok"], counts["skip"], told


def main():
    total = [0, 0, 0]
    for name in sys.argv[1:]:
        log = pathlib.Path(name)
        if not log.exists():
            numbers, told = (0, 1, 0), [f"not ok {log}: it was not run"]
        else:
            *numbers, told = count(log)
        label = f"{log.parent.name}/{log.stem}" if log.stem == "run" else log.stem
        print(f"{label}: {numbers[0]} passed, {numbers[1]} failed, {numbers[2]} skipped")
        for line in told:
            print(f"  {line}")
        total = [a + b for a, b in zip(total, numbers, strict=True)]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
