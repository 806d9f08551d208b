#!/usr/bin/python3
"""The rules of the house, checked on the tree as it is: rules/run.py [--build DIR]

Needs a built tree (for the tables of settings and parameters, and conf/), clang-format and mandoc.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness  # noqa: E402
import planted  # noqa: E402
import rules  # noqa: E402

# What autotools leave in a tarball beside the files of git.
GENERATED = {"configure", "configure~", "aclocal.m4", "build-aux", "autom4te.cache", "m4",
             "INSTALL", "_build", "_inst", "config.status", "config.log", "libtool", "Makefile"}


def tracked(source):
    """The paths of git's files; outside a checkout (a tarball) those that lie there."""
    if (source / ".git").exists():
        listing = subprocess.run(["git", "-c", f"safe.directory={source}", "ls-files", "--cached",
                                  "--others", "--exclude-standard", "-z"], cwd=source, check=True,
                                 capture_output=True).stdout.decode()
        return [path for path in listing.split("\0") if path and (source / path).is_file()]
    return [str(path.relative_to(source)) for path in sorted(source.rglob("*"))
            if path.is_file() and path.relative_to(source).parts[0] not in GENERATED
            and path.name not in ("Makefile.in", ".dirstamp") and "__pycache__" not in path.parts]


def read_all(source, paths, report):
    files, bad = {}, []
    for path in paths:
        if path.startswith("tests/fuzz/corpus/"):
            continue  # any bytes
        try:
            files[path] = (source / path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            bad.append(f"{path}: not UTF-8: {error.reason} at byte {error.start}")
    report.judge("rules/utf-8", bad)
    return files


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    return done.returncode, (done.stdout + done.stderr).strip("\n")


def tables(build):
    """(settings, parameters): the rows that the programs work with."""
    status, text = run([harness.find_program("SODA_TABLES", build, "tests/rules_tables")])
    if status:
        raise SystemExit(f"rules_tables ended with status {status}: {text}")
    rows = {"setting": [], "parameter": []}
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        rows[kind].append(tuple(fields))
    return rows["setting"], rows["parameter"]


def headers_alone(source, files, report):
    """Each header compiles by itself under the project's warnings, all of them errors."""
    compiler = shlex.split(os.environ.get("SODA_CXX", "g++ -std=c++20"))
    flags = shlex.split(os.environ.get("SODA_CXXFLAGS", "-Wall -Wextra -Wpedantic -Wshadow"))
    flags = [flag for flag in flags if not flag.startswith("-fsanitize")]

    def compile_one(path):
        name = path.removeprefix("libsoda/")
        status, text = run([*compiler, "-fsyntax-only", "-Werror", *flags, "-x", "c++",
                            f"-I{source}/libsoda", "-"], input=f'#include "{name}"\n')
        return path, status and text.splitlines()[0] if text else ""

    paths = [p for p in files if p.startswith("libsoda/") and p.endswith(".h")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, problem in pool.map(compile_one, paths):
            report.judge(f"rules/header-alone/{path}", [problem] if problem else [])


def formatted(source, files, report):
    paths = [path for path in files if rules.is_cpp(path)]
    status, text = run(["clang-format", "--dry-run", "-Werror", *paths], cwd=source)
    problems = sorted({line.split(": error")[0] for line in text.splitlines() if ": error" in line})
    if status and not problems:
        problems = [text]
    report.judge("rules/clang-format", problems)


def manuals(build, report):
    for page in ("soda.toml.5", "soda-sync.8", "soda-sia.8", "soda-links.8", "soda-data.8",
                 "soda-async.8", "soda-worker.8", "sodactl.1", "soda.7"):
        status, text = run(["mandoc", "-T", "lint", "-W", "warning", f"{build}/conf/man/{page}"])
        report.judge(f"rules/manual/{page}", text.splitlines() if status or text else [])


def shell_syntax(source, build, report):
    for shell, path in (("bash", source / "bootstrap"), ("sh", source / ".ci/run"),
                        ("sh", build / "conf/spawn/soda-spawn")):
        if path.name == "run" and not path.exists():
            continue  # a tarball has no .ci
        status, text = run([shell, "-n", str(path)])
        report.judge(f"rules/shell/{path.name}", [text] if status else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    build = pathlib.Path(parser.parse_args().build).resolve()
    report = harness.Report()
    planted.judge(report)
    files = read_all(SOURCE, tracked(SOURCE), report)
    table = rules.parse_include_table((HERE / "includes.txt").read_text())
    settings, parameters = tables(build)
    manual = {page: (build / "conf/man" / page).read_text()
              for page in ("soda.toml.5", "soda-sync.8", "soda-sia.8", "soda-links.8", "soda-data.8",
                           "soda-async.8")}
    report_rule = {
        "includes": rules.includes(files, table),
        "settings-sample": rules.settings_sample(settings, (build / "conf/soda.toml").read_text()),
        "settings-manual": rules.settings_manual(settings, manual["soda.toml.5"]),
        "golden-parameters": rules.golden_parameters([row[1:] for row in parameters], files),
    }
    for page in ("soda-sync.8", "soda-sia.8", "soda-links.8", "soda-data.8", "soda-async.8"):
        report_rule[f"parameters-manual/{page}"] = rules.parameters_manual(
            [row[1:] for row in parameters if row[0] == page],
            manual[page].split(".Sh PARAMETERS")[1].split(".Sh ANSWERS")[0], page)
    for rule in (rules.forbidden_functions, rules.ascii_code, rules.namespaces,
                 rules.header_guards, rules.length, rules.text_form, rules.machine_paths,
                 rules.registries, rules.unfinished, rules.top_level, rules.python_syntax,
                 rules.golden_pairs):
        report_rule[rule.__name__.replace("_", "-")] = rule(files)
    for name, problems in report_rule.items():
        report.judge(f"rules/{name}", list(problems))
    shell_syntax(SOURCE, build, report)
    manuals(build, report)
    formatted(SOURCE, files, report)
    headers_alone(SOURCE, files, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
