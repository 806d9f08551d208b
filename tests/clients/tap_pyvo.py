"""pyvo's TAPService and STILTS' tapquery: queries, jobs, uploads, tables, examples."""

import io
import subprocess
import tempfile
import urllib.request
import xml.etree.ElementTree as ElementTree

import numpy
import pyvo
from astropy.table import Table

import ask
import web

NEAR = ("SELECT t.name, o.obs_publisher_did FROM TAP_UPLOAD.stars AS t JOIN ivoa.obscore AS o "
        "ON 1 = CONTAINS(POINT(t.ra, t.dec), o.s_region) ORDER BY t.name, o.obs_publisher_did")


def stars():
    return Table({"name": ["here", "far"], "ra": [150.1, 10.0], "dec": [2.2, -89.0],
                  "n": numpy.array([1, 2], dtype="int16")})


def query_cases(service):
    found = service.search("SELECT TOP 5 obs_publisher_did, s_ra, t_min FROM ivoa.obscore")
    yield "search", [] if len(found) == 5 and found.fieldnames == (
        "obs_publisher_did", "s_ra", "t_min") else [f"{len(found)} rows, {found.fieldnames}"]
    column = found.getdesc("s_ra")
    yield "columns say what they are", [] if (column.unit, column.ucd) == (
        "deg", "pos.eq.ra") else [f"{column.unit} {column.ucd}"]
    cut = service.search("SELECT obs_publisher_did FROM ivoa.obscore", maxrec=3)
    yield "maxrec", [] if len(cut) == 3 else [f"{len(cut)} rows"]
    try:
        service.search("SELECT nothing FROM ivoa.obscore")
        yield "error", ["it raised nothing"]
    except pyvo.DALQueryError as error:
        yield "error", [] if "nothing" in str(error) else [str(error)]


def job_cases(service):
    text = "SELECT obs_publisher_did FROM ivoa.obscore"
    job = service.submit_job(text, maxrec=10)
    yield "job waits", [] if job.phase == "PENDING" else [job.phase]
    job.run()
    job.wait(timeout=60)
    yield "job is done", [] if job.phase == "COMPLETED" else [job.phase]
    yield "one result", [] if [r.id_ for r in job.results] == ["result"] else [
        str([r.id_ for r in job.results])]
    rows = job.fetch_result()
    yield "result", [] if len(rows) == 10 else [f"{len(rows)} rows"]
    job.delete()
    yield "run_async", [] if len(service.run_async(text, maxrec=4)) == 4 else ["other rows"]
    failing = service.submit_job("SELECT nothing FROM ivoa.obscore").run()
    failing.wait(timeout=60)
    with urllib.request.urlopen(f"{failing.url}/error") as answer:
        document = answer.read().decode()
    yield "job of a bad query", [] if failing.phase == "ERROR" and 'value="ERROR"' in document and \
        "nothing" in document else [failing.phase, document[:300]]


def address_cases(service):
    """Tables that lie at an address of the web."""
    content = io.BytesIO()
    stars().write(content, format="votable")
    with web.served({"/stars.vot": content.getvalue()}) as place:
        for name, run in (("sync", service.run_sync), ("async", service.run_async)):
            got = run("SELECT name FROM TAP_UPLOAD.stars",
                      uploads={"stars": f"{place}/stars.vot"}).to_table()
            yield f"upload by address, {name}", [] if [str(each) for each in got["name"]] == [
                "here", "far"] else [str(got)]
        try:
            service.run_sync("SELECT name FROM TAP_UPLOAD.stars", uploads={"stars": f"{place}/none"})
            problems = ["it was answered"]
        except Exception as error:
            problems = [] if "404" in str(error) else [str(error)]
        yield "upload by address that is not there", problems


def upload_cases(service):
    for name, run in (("sync", service.run_sync), ("async", service.run_async)):
        same = run("SELECT * FROM TAP_UPLOAD.stars", uploads={"stars": stars()}).to_table()
        problems = [] if list(same["name"]) == ["here", "far"] and same["n"].dtype == "int16" and \
            list(same["ra"]) == [150.1, 10.0] else [str(same)]
        yield f"upload comes back, {name}", problems
    expected = [row["obs_publisher_did"] for row in service.search(
        "SELECT obs_publisher_did FROM ivoa.obscore WHERE 1 = CONTAINS(POINT(150.1, 2.2), s_region) "
        "ORDER BY obs_publisher_did")]
    joined = service.run_sync(NEAR, uploads={"stars": stars()}).to_table()
    found = [str(row["obs_publisher_did"]) for row in joined if row["name"] == "here"]
    yield "upload joined", [] if found == [str(name) for name in expected] and found else [
        f"{found} of {expected}"]


def description_cases(service, url):
    tables = service.tables
    names = set(tables.keys())
    wanted = {"ivoa.obscore", *(f"TAP_SCHEMA.{name}" for name in (
        "schemas", "tables", "columns", "keys", "key_columns"))}
    yield "tables", [] if wanted <= names else [str(names)]
    columns = {column.name: column for column in tables["ivoa.obscore"].columns}
    yield "columns", [] if columns["s_ra"].unit == "deg" and len(columns) > 40 else [
        str(list(columns))]
    examples = service.examples
    yield "examples", [] if len(examples) >= 3 else [f"{len(examples)}"]
    for index, example in enumerate(examples):
        yield f"example {index} runs", [] if len(service.search(
            example["QUERY"])) >= 0 else ["no answer"]
    with urllib.request.urlopen(f"{url}/tap") as answer:
        ElementTree.fromstring(answer.read())
    yield "a page for people", []


def tapquery_cases(url, expected):
    with tempfile.NamedTemporaryFile(suffix=".vot") as out:
        stars().write(out.name, format="votable", overwrite=True)
        for sync in ("true", "false"):
            done = subprocess.run(
                ["stilts", "tapquery", f"tapurl={url}/tap", f"adql={NEAR}", "nupload=1",
                 f"upload1={out.name}", "upname1=stars", f"sync={sync}", "ofmt=csv", "out=-"],
                capture_output=True, text=True, timeout=120, check=False)
            found = [tuple(line.split(",")) for line in done.stdout.splitlines()[1:]]
            yield f"stilts tapquery, sync={sync}", [] if found == expected else [
                f"{len(found)} rows of {len(expected)}", done.stderr[-300:]]


def cases(url, _site):
    service = pyvo.dal.TAPService(f"{url}/tap")
    yield "available", [] if service.available else ["it is not"]
    yield from query_cases(service)
    yield from job_cases(service)
    yield from upload_cases(service)
    yield from address_cases(service)
    yield from description_cases(service, url)
    joined = service.run_sync(NEAR, uploads={"stars": stars()})
    yield from tapquery_cases(url, [(row["name"], row["obs_publisher_did"]) for row in joined])
    rows = ask.stilts_rows(f"{url}/tap/sync?LANG=ADQL&QUERY=SELECT%20TOP%203%20*%20FROM"
                           "%20ivoa.obscore", "votable")
    yield "stilts reads an answer", [] if len(rows) == 3 else [f"{len(rows)} rows"]
