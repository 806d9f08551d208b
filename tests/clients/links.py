#!/usr/bin/python3
"""Links before real clients: links.py [--build DIR]

    lint    stilts datalinklint and votlint: one data set, a hundred, unknown ones, none, one of a
            catalogue, one that stands in a loop; no errors and no warnings
    pyvo    from links to the cutout service: the same bytes as from sync; from a search on to
            links, data and a cutout

The archive is the synthetic images and a few rows of a catalogue.
"""

import argparse
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import fastcgi  # noqa: E402
import harness  # noqa: E402
import numpy  # noqa: E402
import vocabulary  # noqa: E402
from archive import identifiers, make_data  # noqa: E402
from astropy import units  # noqa: E402
from astropy.io import fits  # noqa: E402
from gateway import Gateway  # noqa: E402
from pyvo.dal import adhoc, sia2  # noqa: E402

CATALOGUE = """obs_publisher_did,obs_id,obs_collection,calib_level,access_url,access_format
ivo://test.example/cat?there,there,cat,2,https://data.example/there?a=1&b=<2>,application/fits
ivo://test.example/cat?nowhere,nowhere,cat,2,,
"""


def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def links_url(url, names):
    return f"{url}/links?{harness.query_string([('ID', name) for name in names])}"


# ---- STILTS

def stilts(*command):
    done = subprocess.run(["stilts", *command], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


# Terms of the vocabulary that STILTS 3.4.7 has not heard of: its list is a part of the program.
YOUNGER = re.compile(r"E-SMCO-\w+ Unknown predicate '(thumbnail|detached-header)' ")


def datalinklint(source):
    text = stilts("datalinklint", f"votable={source}", "maxrepeat=100000")
    if not re.search(r"Totals: Errors: \d+; Warnings: \d+", text):
        return [f"datalinklint said {text[-300:]}"]
    return [line for line in text.splitlines()
            if line.startswith(("E-", "W-", "F-")) and not YOUNGER.match(line)][:10]


def votlint(source):
    return stilts("votlint", f"votable={source}", "ucd=true", "unit=true").splitlines()[:10]


def lint_cases(url, site):
    names = sorted(identifiers(site.listing()).values())
    assert len(names) >= 25
    questions = {
        "one": names[:1],
        "one hundred": (names * 5)[:100],
        "each": names,
        "a whole file of several data sets": ["ivo://test.example/default?mosaic.fits"],
        "unknown": ["ivo://nobody.example/nothing"],
        "unknown among others": [names[0], "ivo://nobody.example/<&>", names[1]],
        "none": [],
        "of a catalogue": ["ivo://test.example/cat?there", "ivo://test.example/cat?nowhere"],
        "in a loop": ["ivo://test.example/default?tan_float.fits",
                      "ivo://test.example/default?tan_sip.fits"],
    }
    for name, asked in questions.items():
        source = links_url(url, asked)
        yield f"datalinklint {name}", datalinklint(source)
        yield f"votlint {name}", votlint(source)
    with tempfile.NamedTemporaryFile(suffix=".xml", prefix="soda-test-") as out:
        out.write(fetch(f"{links_url(url, names[:3])}&RESPONSEFORMAT=votable/b2"))
        out.flush()
        yield "votlint BINARY2", votlint(out.name)


# ---- pyvo

def same_cut(label, query, url, params):
    """The cutout that pyvo asks for, and the same by sync directly."""
    ours = query.execute_stream().read()
    query.raise_if_error()
    direct = fetch(f"{url}/sync?{harness.query_string(params)}")
    problems = [] if ours == direct else [f"{query} differs from {params}"]
    return f"pyvo {label}", problems + ([] if fits.open(io.BytesIO(ours))[0] else ["no HDU"])


def cut_cases(url):
    name = "ivo://test.example/default?cube_wave_stokes.fits"
    results = adhoc.DatalinkResults.from_result_url(links_url(url, [name]))
    definition = next(results.bysemantics("#cutout"))["service_def"]
    resource = results.get_adhocservice_by_id(definition)
    yield "pyvo get_adhocservice_by_id", [] if resource.ID == definition else [resource.ID]
    inputs = {param.name: param for group in resource.groups for param in group.entries}
    lon, lat, _ = (float(value) for value in inputs["CIRCLE"].values.max)
    # Of an interval astropy reads MIN and MAX as the first of two.
    low, high = (float(numpy.ravel(value)[0])
                 for value in (inputs["BAND"].values.min, inputs["BAND"].values.max))
    fixed = [("ID", name), ("DETAIL", inputs["DETAIL"].value)]

    def query(**shape):
        return adhoc.SodaQuery.from_resource(results[0], resource, **shape)

    def text(values):
        return " ".join(str(float(value)).removesuffix(".0") for value in values)

    circle = (lon, lat, 0.002)
    yield same_cut("circle", query(circle=circle * units.deg), url,
                   [*fixed, ("CIRCLE", text(circle))])
    corners = (lon + 0.002, lat - 0.002, lon - 0.002, lat - 0.002, lon, lat + 0.002)
    yield same_cut("polygon", query(polygon=corners * units.deg), url,
                   [*fixed, ("POLYGON", text(corners))])
    sides = (lon - 0.002, lon + 0.002, lat - 0.002, lat + 0.002)
    yield same_cut("range", query(range=sides * units.deg), url,
                   [*fixed, ("POS", f"RANGE {text(sides)}")])
    band = (low, low + (high - low) / 3)
    yield same_cut("band", query(band=band * units.meter), url, [*fixed, ("BAND", text(band))])
    # pyvo 1.2 refuses polygons of four corners.
    largest = text(inputs["POLYGON"].values.max)
    whole = fetch(f"{url}/sync?{harness.query_string([*fixed, ('POLYGON', largest)])}")
    shape = fits.open(io.BytesIO(whole))[0].shape
    yield "the largest polygon", [] if shape == fits.open(io.BytesIO(fetch(
        f"{url}/sync?{harness.query_string(fixed)}")))[0].shape else [f"it gives {shape}"]


def detail_cases(url):
    """Each level of DETAIL gives other HDUs; what #error leads to is that HDU."""
    name = "ivo://test.example/default?sci_err_dq.fits"
    results = adhoc.DatalinkResults.from_result_url(links_url(url, [name]))
    counts = []
    for row in results.bysemantics("#cutout"):
        resource = results.get_adhocservice_by_id(row["service_def"])
        query = adhoc.SodaQuery.from_resource(row, resource, circle=(53.1, -27.8, 0.002) * units.deg)
        counts.append(len(fits.open(io.BytesIO(query.execute_stream().read()))))
    # An empty primary; SCI; ERR and DQ; the table.
    yield "pyvo one descriptor a level", [] if counts == [2, 4, 5] else [f"HDUs {counts}"]
    error = next(results.bysemantics("#error"))
    hdus = fits.open(io.BytesIO(fetch(error.access_url)))
    whole = [hdu.shape for hdu in hdus if hdu.header.get("EXTNAME") == "ERR"]
    yield "pyvo #error", [] if whole == [(70, 90)] and len(hdus) == 2 else [hdus.info(False)]


def search_cases(url):
    name = "ivo://test.example/default?tan_float.fits"
    record = sia2.SIAService(url).search(publisher_did=name)[0]
    links = record.getdatalink()
    expected = fetch(links_url(url, [name]))
    problems = [] if links["semantics"][0] == "#this" and record.getdataurl() else ["no #this"]
    if fetch(record.getdataurl()) != expected:
        problems.append("access_url does not lead to the links")
    yield "pyvo getdatalink", problems
    whole = fits.open(io.BytesIO(record.getdataset().read()))
    shape = (record["s_xel2"], record["s_xel1"])
    yield "pyvo getdataset", [] if whole[0].shape == shape else [f"shape {whole[0].shape}"]
    circle = (float(record["s_ra"]), float(record["s_dec"]), 0.002) * units.deg
    cut = fits.open(io.BytesIO(record.processed(circle=circle).read()))[0]
    yield "pyvo processed", [] if cut.data.size < numpy.prod(shape) else ["it is not smaller"]


def refused(source, status):
    try:
        return [f"answered with {len(fetch(source))} bytes"]
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return [] if error.code == status and "/" not in text.replace("ivo://", "") else [
            f"{error.code} {text}"]


def companion_cases(source, file):
    """The file of a relation: its bytes and type, a part of it; nobody else's, and not when gone."""
    with urllib.request.urlopen(source) as answer:
        got, media = answer.read(), answer.headers["Content-Type"]
    yield "companion", [] if (got, media) == (file.read_bytes(), "application/pdf") else [
        f"{media}: {got[:80]}"]
    part = urllib.request.Request(source, headers={"Range": "bytes=1-2"})
    with urllib.request.urlopen(part) as answer:
        got = answer.read()
    yield "companion range", [] if (answer.status, got) == (206, file.read_bytes()[1:3]) else [
        f"{answer.status}: {got[:80]}"]
    yield "companion of another", refused(source.replace("tan_float", "tan_sip"), 404)
    content = file.read_bytes()
    file.unlink()
    yield "companion that is gone", refused(source, 503)
    file.write_bytes(content)


def relation_cases(url, site, folder):
    """What an administrator says is shown, and taken back; targets are checked."""
    name = "ivo://test.example/default?tan_float.fits"
    paper = pathlib.Path(folder) / "paper.pdf"
    paper.write_bytes(b"%PDF-1.4 a paper")
    told = [("documentation", str(paper)), ("package", "https://data.example/all.tar"),
            ("coderived", "IVO://test.example/DEFAULT?tan_sip.fits")]
    for semantics, target in told:
        site.run_sodactl("link", name, semantics, target, "--description", f"{semantics}: \"&<>\"")
    results = adhoc.DatalinkResults.from_result_url(links_url(url, [name]))
    shown = {row["semantics"]: (row["access_url"], row["content_type"], row["description"])
             for row in results}
    wanted = {"#documentation": ("PART=relation&LINK=", "application/pdf"),
              "#package": ("https://data.example/all.tar", "application/x-tar"),
              "#coderived": ("/links?ID=", "application/x-votable+xml;content=datalink")}
    problems = [f"{term} is {shown.get(term)}" for term, (part, media) in wanted.items()
                if term not in shown or part not in shown[term][0] or shown[term][1] != media
                or shown[term][2] != f"{term[1:]}: \"&<>\""]
    yield "sodactl link", problems
    yield from companion_cases(shown["#documentation"][0], paper)
    for semantics, target in told:
        site.run_sodactl("unlink", name, semantics, target)
    after = adhoc.DatalinkResults.from_result_url(links_url(url, [name]))
    left = sorted(set(wanted) & set(after["semantics"]))
    yield "sodactl unlink", [f"{term} is still there" for term in left]
    yield "unlinked companion", refused(shown["#documentation"][0], 404)


def restricted_cases(build):
    """Data that are not for everybody: everybody sees that they exist; who the web server knows
    gets signed addresses, which then let anybody in."""
    with tempfile.TemporaryDirectory(prefix="soda-links-") as folder:
        make_data(build, folder)
        keys = pathlib.Path(folder) / "keys"
        keys.write_text(f"first {'0123456789abcdef' * 4}\n")
        keys.chmod(0o600)
        with Gateway() as gate, harness.Installation(
                folder, build, responders=1, base_url=gate.url,
                extra_settings=f'auth = "server"\nkey_file = "{keys}"\n'
                               '[collection.default.constants]\ndata_rights = "secure"') as site:
            gate.site = site
            source = links_url(gate.url, ["ivo://test.example/default?sci_err_dq.fits"])
            yield "datalinklint restricted", datalinklint(source)
            yield "votlint restricted", votlint(source)
            results = adhoc.DatalinkResults.from_result_url(source)
            said = {(row["link_auth"], bool(row["link_authorized"])) for row in results}
            problems = [] if said == {("true", False)} else [f"link_auth and _authorized: {said}"]
            if "SIGNATURE" in fetch(source).decode():
                problems.append("a stranger gets a signature")
            yield "a stranger", problems
            answer = fastcgi.fetch(site.own["links"].address, "GET", f"/vo/{source.split('/')[-1]}",
                                   user="alice")
            rows = re.findall(r"<TR>.*</TR>", answer.text())
            told = [row for row in rows if "<TD>true</TD><TD>true</TD>" in row]
            problems = [] if rows and told == rows else ["not all rows let alice in"]
            if "private" not in answer.headers.get("cache-control", ""):
                problems.append("others may keep the answer")
            yield "a user", problems
            # #this, pictures, header: to read; #error: to cut.
            for term, count in (("#this", 1), ("#thumbnail", 1), ("#error", 1)):
                found = [row for row in rows if f"<TD>{term}</TD>" in row]
                address = re.search(r"<TD>(http[^<]*)</TD>", found[0])[1].replace("&amp;", "&")
                signed = fetch(address)
                bare = re.sub("&EXPIRES=.*", "", address)
                try:
                    fetch(bare)
                    problems = [f"{term} needs no signature"]
                except urllib.error.HTTPError as error:
                    problems = [] if error.code in (401, 403) else [f"{term}: {error.code}"]
                yield f"signed {term}", problems + ([] if len(found) == count and signed else [
                    f"{len(found)} rows"])


def overflow_cases(build):
    with tempfile.TemporaryDirectory(prefix="soda-links-") as folder:
        make_data(build, folder)
        with Gateway() as gate, harness.Installation(
                folder, build, responders=1, base_url=gate.url,
                extra_settings="max_ids_per_links = 3") as site:
            gate.site = site
            names = sorted(identifiers(site.listing()).values())[:5]
            source = links_url(gate.url, names)
            text = fetch(source).decode()
            first = list(dict.fromkeys(re.findall(r"<TR><TD>([^<]*)</TD>", text)))
            problems = [] if first == names[:3] else [f"answered are {first}"]
            if not re.search(r"</TABLE>\s*<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\">", text):
                problems.append("no mark behind the table")
            yield "three of five identifiers", problems
            yield "datalinklint three of five", datalinklint(source)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    build = parser.parse_args().build
    warnings.simplefilter("ignore")
    vocabulary.install()
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-links-") as folder:
        make_data(build, folder)
        with Gateway() as gate, harness.Installation(folder, build, responders=1,
                                                     base_url=gate.url) as site:
            gate.site = site
            table = site.scratch / "catalogue.csv"
            table.write_text(CATALOGUE)
            site.run_sodactl("import", str(table))
            first, second = ("ivo://test.example/default?tan_float.fits",
                             "ivo://test.example/default?tan_sip.fits")
            site.run_sodactl("link", first, "progenitor", second)
            site.run_sodactl("link", second, "progenitor", first)
            for cases in (lint_cases(gate.url, site), cut_cases(gate.url), detail_cases(gate.url),
                          relation_cases(gate.url, site, folder), search_cases(gate.url)):
                try:
                    for name, problems in cases:
                        report.judge(f"links/{name}", problems)
                except Exception as error:  # a client that breaks down has failed in that place
                    report.fail("links goes on", f"{type(error).__name__}: {error}")
    for cases in (restricted_cases(build), overflow_cases(build)):
        for name, problems in cases:
            report.judge(f"links/{name}", problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
