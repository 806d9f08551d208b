#!/usr/bin/python3
"""The fuzz targets, each for a while: fuzz/run.py [--build DIR] [--seconds N] [--keep DIR] [TARGET…]

Needs a build with `configure CXX=clang++ --enable-fuzz`. Begins with the kept corpus. Fails on a
crash, a broken property, a sanitizer's complaint, a leak, an input that takes longer than 120 s, or
one that takes more than 2 GiB. The input that did it is written below --keep (by default the
current folder) as TARGET-KIND-HASH, and named: made smaller by hand or by
`fuzz_TARGET -minimize_crash=1 FILE`, it belongs into fuzz/corpus/TARGET with the fix.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness  # noqa: E402

TARGETS = sorted(folder.name for folder in (HERE / "corpus").iterdir() if folder.is_dir())
GRACE = 300  # seconds for reading the corpus, for one slow input, and for writing what was found
LIMITS = ["-timeout=120", "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-max_len=16384"]


def environment():
    values = dict(os.environ)
    # malloc() may refuse, as it does elsewhere: libraries check that.
    values["ASAN_OPTIONS"] = "detect_leaks=1:allocator_may_return_null=1"
    values["LSAN_OPTIONS"] = f"suppressions={HERE}/lsan.supp:print_suppressions=0"
    values["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return values


def complaint(text):
    """The line of libFuzzer's output that says what is wrong, and where the input was written."""
    patterns = (r"property broken: .*", r"runtime error: .*", r"SUMMARY: .*", r"ERROR: .*")
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            written = re.search(r"Test unit written to (\S+)", text)
            return found.group(0) + (f" [{written.group(1)}]" if written else "")
    return "; ".join(text.strip().splitlines()[-3:])


def fuzz(program, target, seconds, keep):
    """One run; (problem or None, what was done)."""
    with tempfile.TemporaryDirectory(prefix="soda-fuzz-") as found:
        command = [program, f"-max_total_time={seconds}", "-print_final_stats=1", *LIMITS,
                   f"-artifact_prefix={keep}/{target}-", found, str(HERE / "corpus" / target)]
        dictionary = HERE / f"{target}.dict"
        if dictionary.exists():
            command.insert(1, f"-dict={dictionary}")
        try:
            done = subprocess.run(command, env=environment(), capture_output=True,
                                  timeout=seconds + GRACE, check=False)
        except subprocess.TimeoutExpired:
            return f"it did not end within {seconds + GRACE} s", ""
        text = done.stderr.decode("utf-8", "replace")
        executed = re.search(r"number_of_executed_units: (\d+)", text)
        covered = re.findall(r" cov: (\d+) ", text)
        told = f"{executed.group(1) if executed else 'no'} inputs" + \
            (f", {covered[-1]} edges covered" if covered else "")
        return (complaint(text) if done.returncode else None), told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", default=".")
    parser.add_argument("target", nargs="*", default=TARGETS)
    options = parser.parse_args()
    keep = pathlib.Path(options.keep).resolve()
    keep.mkdir(parents=True, exist_ok=True)
    report = harness.Report()
    for target in options.target:
        program = pathlib.Path(options.build) / "tests" / f"fuzz_{target}"
        if not os.access(program, os.X_OK):
            report.fail(f"fuzz/{target}", f"{program} is missing: configure CXX=clang++ "
                        "--enable-fuzz")
            continue
        problem, told = fuzz(str(program), target, options.seconds, keep)
        print(f"# {target}: {told}", flush=True)
        report.judge(f"fuzz/{target}", [problem] if problem else [])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
