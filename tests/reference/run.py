#!/usr/bin/python3
"""Cutouts against astropy: every image of every file of the folders given, by the running service.

See README here. Each line is a case: "FILE[HDU] CASE".
"""

import argparse
import concurrent.futures
import contextlib
import fnmatch
import functools
import io
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time
import traceback
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from astropy.io import fits  # noqa: E402

import archive  # noqa: E402
import boxcases  # noqa: E402
import fitsfile  # noqa: E402
import harness  # noqa: E402
import judge  # noqa: E402
import members  # noqa: E402

TYPES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz", ".fz")


def verdicts_of(problems):
    return ("fail", problems) if problems else ("ok", [])


class FileJudge:
    """All cases of one file. `datasets`: (identifier, HDU or None) of the file's data sets."""

    def __init__(self, service, path, name, datasets):
        self.service, self.path, self.name, self.datasets = service, path, name, datasets
        self.results = []

    def note(self, verdict, what, problems):
        self.results.append((verdict, f"{self.name}{what}", list(problems)))

    def run(self):
        try:
            self.parent = fitsfile.Parent(self.path)
        except (fitsfile.Unreadable, OSError, EOFError) as reason:
            self.note("skip", "", [f"the file {reason}"])
            return self.results
        self.images = members.Images(self.parent)
        self.errors = judge.fitsverify_file(self.path)
        covered, self.reported = set(), set()
        for identifier, head in self.datasets:
            if head is None:
                head = self.images.likely_head()
            if head is None or not members.is_candidate(self.parent.hdus[head]):
                self.skip_undecodable(head)
                continue
            grid = self.images.grid_of(head)
            covered |= set(grid)
            self.judge_dataset(identifier, head, grid)
        self.report_rest(covered)
        return self.results

    def skip_undecodable(self, head):
        hdu = self.parent.hdus[head] if head is not None else None
        reason = hdu.problem if hdu is not None and hdu.problem else "no image that can be judged"
        self.note("skip", f"[{head}]", [reason])
        self.reported.add(head)

    def report_rest(self, covered):
        """What no data set brought: an image that astropy places on the sky must be served."""
        for index in self.parent.image_indices():
            hdu = self.parent.hdus[index]
            if index in self.reported:
                continue
            if index in covered:
                if index in self.images.why:
                    self.note("skip", f"[{index}] on the sky", [self.images.why[index]])
            elif hdu.problem:
                self.note("skip", f"[{index}]", [hdu.problem])
            elif members.is_lookup(hdu):
                self.note("skip", f"[{index}]", ["a lookup array of another image's coordinates"])
            elif not members.is_candidate(hdu):
                self.note("skip", f"[{index}]", ["an image of one pixel or none"])
            elif index in self.images.skies:
                self.note("fail", f"[{index}] served", ["no data set of the archive holds it"])
            else:
                self.note("skip", f"[{index}]", [f"not in the archive; {self.images.why[index]}"])

    def judge_dataset(self, identifier, head, grid):
        sky = self.images.skies.get(head)
        for case in boxcases.cases_of(self.name, self.parent, self.images, head, grid):
            if isinstance(case, boxcases.Reason):
                self.note("skip", f"[{head}] {case.name}", [case.text])
                continue
            try:
                problems = self.judge_case(case, identifier, head, grid, sky)
            except Exception as error:  # a case that cannot be judged is not passed
                where = traceback.extract_tb(error.__traceback__)[-1]
                problems = [f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"]
            verdict, problems = verdicts_of(problems)
            asked = harness.query_string(case.params)
            self.note(verdict, f"[{head}] {case.name}",
                      [f"{problem} [{asked}]" for problem in problems])

    def judge_case(self, case, identifier, head, grid, sky):
        if case.whole_file:
            identifier = identifier.partition("#")[0]
        answer = self.service.request("GET", "sync", [("ID", identifier), *case.params])
        if not answer.complete:
            return [f"the answer broke off (status {answer.status})"]
        if case.status != 200:
            return self.check_refusal(case, answer)
        if answer.status == 204 and (case.expected is None or case.either):
            return self.check_empty(answer)
        if answer.status != 200:
            text = answer.text().strip()[:200] or answer.headers.get("x-soda-nocontent", "")
            wanted = 204 if case.expected is None else 200
            return [f"status {answer.status}, expected {wanted}: {text}"]
        if case.expected is None:
            return ["status 200, expected 204: no pixel is touched"]
        if case.warned and "warning" not in answer.headers:
            return ["status 200 without a Warning header, though the filter cannot be applied"]
        return self.check_fits(case, answer, identifier, head, grid)

    @staticmethod
    def check_refusal(case, answer):
        text = answer.text()
        good = answer.status == case.status if case.status else answer.status >= 400
        if good and case.says in text and (case.status != 400 or text.startswith("UsageError")):
            return []
        return [f"status {answer.status}, expected {case.status or 'an error'} naming "
                f"{case.says!r}: {text[:150]!r}"]

    @staticmethod
    def check_empty(answer):
        problems = [] if not answer.body else ["204 with a body"]
        if not answer.headers.get("x-soda-nocontent"):
            problems.append("204 without X-SODA-NoContent")
        return problems

    def check_fits(self, case, answer, identifier, head, grid):
        problems = []
        if answer.headers.get("content-type", "").partition(";")[0] != "application/fits":
            problems.append(f"Content-Type is {answer.headers.get('content-type')}")
        if answer.headers.get("content-length") != str(len(answer.body)):
            problems.append(f"Content-Length is {answer.headers.get('content-length')}, "
                            f"the body has {len(answer.body)} bytes")
        if len(answer.body) % fitsfile.BLOCK:
            problems.append("the length is no multiple of 2880")
        try:
            hdus = fitsfile.parse(answer.body)
        except fitsfile.Unreadable as reason:
            return problems + [f"the answer {reason}"]
        problems += judge.opens_in_astropy(answer.body)
        if not self.errors:
            errors, words = judge.fitsverify(answer.body)
            if errors:
                problems.append(f"fitsverify finds {errors} errors where the parent has none: "
                                f"{words}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(io.BytesIO(answer.body), lazy_load_hdus=False) as opened:
                told = str(opened[0].header.get("SODAID", ""))
                if told.lower() != identifier.lower():
                    problems.append(f"SODAID is {told!r}, expected {identifier!r}")
                return problems + self.check_hdus(case, hdus, opened, head, grid)

    def check_hdus(self, case, hdus, opened, head, grid):
        if case.whole_file:
            wanted, cut = case.expected["hdus"], case.expected["images"]
        else:
            wanted, cut = members.expected_hdus(self.parent, grid, head, case)
        mask = hdus[-1] if case.plane else None
        sent = hdus[:-1] if case.plane else hdus
        if len(sent) != len(wanted):
            names = [(hdu.name[0] or "-") for hdu in sent]
            return [f"the answer has {len(sent)} HDUs {names}, expected those numbered {wanted}"]
        problems, firsts, lengths = [], {}, {}
        for hdu, index in zip(sent, wanted):
            before = self.parent.hdus[index]
            if index in cut:
                expected = case.expected[index] if case.whole_file else case.expected
                found, firsts[index] = judge.check_image(before, self.parent.astropy, hdu, opened,
                                                         expected, hdu.index == 0)
                lengths[index] = hdu.shape
            elif members.is_lookup(before):
                found = judge.check_cards(before, hdu, None, False, lookup=True)
                found += [] if before.data == hdu.data else ["the lookup array was changed"]
            elif before.kind == "table" and not before.compressed:
                found = judge.check_table(before, hdu)
            else:
                found = judge.check_cards(before, hdu, None, True, lost_data=bool(before.shape))
                found += [] if not hdu.data else ["the primary has data that were not asked for"]
            problems += [f"HDU {hdu.index}: {problem}" for problem in found]
        if mask is not None:
            index = case.ext if case.ext is not None else head
            problems += judge.check_mask_plane(mask, firsts[index], lengths[index], case.expected)
        return problems


# -- many files --------------------------------------------------------------------------------

_services = []


def start_worker(services, counter):
    """Each worker process has a responder of its own."""
    with counter.get_lock():
        number = counter.value
        counter.value += 1
    _services[:] = [services[number % len(services)]]


def judge_file(path, name, datasets):
    try:
        return FileJudge(_services[0], path, name, datasets).run()
    except Exception as error:
        return [("fail", name, [f"{type(error).__name__}: {error}: "
                                f"{traceback.format_exc(limit=-2)}"])]


def files_below(folder):
    """Paths of all files, with their name below the folder."""
    base = pathlib.Path(folder)
    for path in sorted(base.rglob("*")):
        if path.is_file():
            yield str(path), path.relative_to(base).as_posix()


def judge_folder(report, services, folder, listing, only):
    by_path = {}
    for record in listing:
        path, hdu = harness.locate(record)
        by_path.setdefault(record.get("path", path), []).append(
            (record["obs_publisher_did"], record.get("hdu", hdu)))
    work, sizes = [], {}
    for path, name in files_below(folder):
        if only not in name:
            continue
        if not name.lower().endswith(TYPES):
            if ".fit" in name.lower():
                tell(report, "skip", name, ["a file type that the archive does not take"])
            continue
        sizes[name] = os.path.getsize(path)
        work.append((path, name, by_path.get(name, [])))
    work.sort(key=lambda job: -sizes[job[1]])
    counter = multiprocessing.Value("i", 0)
    with concurrent.futures.ProcessPoolExecutor(
            min(2, os.cpu_count() or 1), initializer=start_worker,
            initargs=(services, counter)) as pool:
        for results in pool.map(judge_file, *zip(*work)) if work else ():
            for verdict, name, problems in results:
                tell(report, verdict, name, problems)


def tell(report, verdict, name, problems):
    if verdict != "skip":
        report.judge(name, problems)
    elif listed_reason(name):
        report.beyond(name, f"{listed_reason(name)} ({problems[0]})")
    else:
        report.skip(name, problems[0])


@functools.cache
def listed():
    lines = (HERE / "beyond.txt").read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def listed_reason(name):
    """Why this cannot be judged, as beyond.txt says; None when it does not."""
    return next((why for pattern, why in listed() if fnmatch.fnmatchcase(name, pattern)), None)


def standard_folders(build, stack):
    """The synthetic images, and what the environment names."""
    synthetic = stack.enter_context(tempfile.TemporaryDirectory(prefix="soda-test-"))
    archive.make_data(build, synthetic)
    named = [os.environ.get(name) for name in ("SODA_DEMO_DATA", "SODA_REFERENCE_DATA")]
    return [synthetic, *filter(None, named)]


def judge_one(report, folder, options):
    if options.url:
        listing = harness.parse_listing(pathlib.Path(options.list).read_text())
        judge_folder(report, [harness.HttpService(options.url)], folder, listing, options.only)
        return
    with harness.Installation(folder, options.build) as served:
        judge_folder(report, served.services, folder, served.listing(), options.only)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", help="folders of FITS files; default: "
                        "the synthetic images, SODA_DEMO_DATA and SODA_REFERENCE_DATA")
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."),
                        help="the build tree with modules/soda-sync and modules/sodactl")
    parser.add_argument("--url", default=os.environ.get("SODA_URL"),
                        help="base URL of a running service that holds the folder")
    parser.add_argument("--list", help="with --url: output of sodactl list --json")
    parser.add_argument("--only", default="", help="files whose name holds this text")
    parser.add_argument("--quiet", action="store_true", help="passed cases are only counted")
    options = parser.parse_args()
    report = harness.Report(quiet=options.quiet)
    with contextlib.ExitStack() as stack:
        for folder in options.folders or standard_folders(options.build, stack):
            begin = time.monotonic()
            judge_one(report, folder, options)
            print(f"# {folder}: {time.monotonic() - begin:.0f} s", flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
