#!/usr/bin/python3
"""Jobs before clients: jobs.py [--build DIR]

    life      a job from creation to its end, every document valid (STILTS, and xmllint when
              SODA_SCHEMAS names the schemas) and read by pyvo; what STILTS' taplint asks of a UWS
    refused   what must not be
    waiting   many who wait at once: answered when the phase changes, others answered meanwhile

and with a worker, which the jobs before did not have:

    fetched   a table of positions that lies at an address; one that is not to be had
    done      one result a combination, in order, with the bytes of sync; those without content and
              those that failed; the table of their states
    packages  tar, zip, multi-fits and fits-table before the tools of others
    administered
              sodactl jobs
"""

import argparse
import concurrent.futures
import http.client
import io
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import documents  # noqa: E402
import harness  # noqa: E402
import web  # noqa: E402
from archive import make_data  # noqa: E402
from astropy.io import fits  # noqa: E402
from gateway import Gateway  # noqa: E402
from pyvo.io import uws  # noqa: E402

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
ID = "ivo://test.example/default?tan_float.fits"
FORM = "application/x-www-form-urlencoded"


class Reply:
    def __init__(self, answer):
        self.status, self.body = answer.status, answer.read()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}

    @property
    def text(self):
        return self.body.decode(errors="replace")


def ask(url, method="GET", fields=(), headers=(), timeout=90):
    """Without following redirections."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = dict(headers)
    body = None
    if fields or method == "POST":
        body = harness.query_string(fields)
        sent["Content-Type"] = FORM
    try:
        connection.request(method, path, body, sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def post(url, *fields):
    return ask(url, "POST", fields)


def expect(reply, status, text="", **headers):
    problems = [] if reply.status == status else [
        f"status {reply.status}, expected {status}: {reply.text[:200]}"]
    if not re.search(text, reply.text):
        problems.append(f"{text!r} is not in {reply.text[:300]!r}")
    for name, wanted in headers.items():
        value = reply.headers.get(name.replace("_", "-"), "")
        if not re.search(wanted, value):
            problems.append(f"{name} is {value!r}, expected {wanted!r}")
    return problems


def created(url, *fields):
    reply = post(f"{url}/async", *fields)
    if reply.status != 303:
        raise SystemExit(f"no job was made: {reply.status} {reply.text}")
    return reply.headers["location"]


def valid(label, content, root):
    for tool, problems in documents.validate(content, f"{UWS}{root}"):
        yield f"{label} {tool}", problems


# ---- what STILTS' taplint asks of a UWS (stage UWS), and DALI of its errors

def document_cases(url, job):
    reply = ask(job)
    yield "job is XML", expect(reply, 200, content_type="^(text|application)/xml")
    yield from valid("job", reply.body, "job")
    root = ElementTree.fromstring(reply.body)
    yield "job is of UWS 1.1", [] if root.get("version") == "1.1" else [str(root.attrib)]
    identifier = root.findtext(f"{UWS}jobId")
    yield "the address ends with jobId", [] if job.endswith("/" + identifier) else [identifier]
    parsed = uws.parse_job(io.BytesIO(reply.body))
    yield "pyvo reads the job", [] if (parsed.jobid, parsed.phase) == (identifier, "PENDING") else [
        f"{parsed.jobid} {parsed.phase}"]
    got = {parameter.id_: parameter.content for parameter in parsed.parameters}
    yield "pyvo reads the parameters", [] if got == {"ID": ID, "CIRCLE": "10 20 0.01"} else [str(got)]
    for child, root_name in (("parameters", "parameters"), ("results", "results")):
        reply = ask(f"{job}/{child}")
        yield f"{child} answers", expect(reply, 200, content_type="xml")
        yield from valid(child, reply.body, root_name)
    reply = ask(f"{url}/async")
    yield "list answers", expect(reply, 200, content_type="xml")
    yield from valid("list", reply.body, "jobs")
    yield "jobs of nobody are not listed", [] if identifier not in reply.text else [reply.text]
    uws.parse_job_list(io.BytesIO(reply.body))
    page = ask(job, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    yield "browsers get a page", expect(page, 200, "<html", content_type="^application/xhtml")
    ElementTree.fromstring(page.body)


def child_cases(job):
    root = ElementTree.fromstring(ask(job).body)
    for child, element, form in (
            ("phase", "phase", "^PENDING$"), ("quote", "quote", "^$"),
            ("executionduration", "executionDuration", r"^\d+$"),
            ("destruction", "destruction", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")):
        reply = ask(f"{job}/{child}")
        yield f"{child} is text", expect(reply, 200, form, content_type="^text/plain")
        same = (root.findtext(f"{UWS}{element}") or "") == reply.text
        yield f"{child} is as in the job", [] if same else [reply.text]
    yield "owner of nobody's job", expect(ask(f"{job}/owner"), 200, "^$")
    yield "error of a job that has none", expect(ask(f"{job}/error"), 404, "^UsageError: ")
    yield "result that is not there", expect(ask(f"{job}/results/cutout-1"), 404, "^UsageError: ")
    yield "HEAD", expect(ask(job, "HEAD"), 200, "^$", content_type="xml")


def change_cases(job):
    redirect = f"^{re.escape(job)}$"
    yield "RUNID", expect(post(f"{job}/parameters", ("runId", "TAPLINT-002")), 303,
                          location=redirect)
    yield "RUNID is shown", expect(ask(job), 200, "<uws:runId>TAPLINT-002</uws:runId>")
    post(f"{job}/parameters", ("circle", "11 20 0.01"))
    root = ElementTree.fromstring(ask(f"{job}/parameters").body)
    circles = [each.text for each in root if each.get("id") == "CIRCLE"]
    yield "parameters are added", [] if circles == ["10 20 0.01", "11 20 0.01"] else [str(circles)]
    yield "executionduration", expect(post(f"{job}/executionduration", ("EXECUTIONDURATION", "77")),
                                      303, location=redirect)
    yield "executionduration is set", expect(ask(f"{job}/executionduration"), 200, "^77$")
    yield "destruction", expect(post(f"{job}/destruction", ("DESTRUCTION", "2999-01-01T00:00:00Z")),
                                303, location=redirect)
    year = time.gmtime(time.time() + 30 * 86400).tm_year
    yield "destruction has a cap", expect(ask(f"{job}/destruction"), 200, f"^{year}-")
    yield "run", expect(post(f"{job}/phase", ("PHASE", "RUN")), 303, location=redirect)
    yield "run is seen", expect(ask(f"{job}/phase"), 200, "^(QUEUED|EXECUTING)$")
    yield "run again changes nothing", expect(post(f"{job}/phase", ("PHASE", "RUN")), 303)
    yield "no parameters any more", expect(post(f"{job}/parameters", ("ID", "x")), 403,
                                           "^UsageError: .*QUEUED")
    yield from valid("queued job", ask(job).body, "job")
    yield "abort", expect(post(f"{job}/phase", ("PHASE", "ABORT")), 303, location=redirect)
    yield "aborted", expect(ask(f"{job}/phase"), 200, "^ABORTED$")
    yield from valid("aborted job", ask(job).body, "job")
    yield "aborted is the end", expect(post(f"{job}/phase", ("PHASE", "RUN")), 403)
    yield "who waits after the end is answered", expect(ask(f"{job}?WAIT=-1", timeout=5), 200)


def life(url):
    job = created(url, ("ID", ID), ("CIRCLE", "10 20 0.01"), ("RUNID", "one"))
    yield from document_cases(url, job)
    yield from child_cases(job)
    yield from change_cases(job)
    for label, destroy in (("ACTION=DELETE", lambda: post(job, ("ACTION", "DELETE"))),
                           ("DELETE", lambda: ask(job, "DELETE"))):
        yield f"{label} destroys", expect(destroy(), 303, location=f"^{re.escape(url)}/async$")
        yield f"after {label} there is no job", expect(ask(job), 404, "^UsageError: there is no job")
        job = created(url)


# ---- refused

def refused(url):
    job = created(url, ("ID", ID))
    for label, reply, status, text in (
            ("parameters at the job", post(job, ("ID", "x")), 400, "^UsageError: ACTION"),
            ("PHASE of nonsense", post(f"{job}/phase", ("PHASE", "FLY")), 400, '"FLY"'),
            ("no PHASE", post(f"{job}/phase"), 400, "^UsageError: PHASE"),
            ("WAIT of nonsense", ask(f"{job}?WAIT=long"), 400, '^UsageError: WAIT.*"long"'),
            ("PUT", ask(f"{job}/phase", "PUT"), 405, "^UsageError"),
            ("DELETE of a child", ask(f"{job}/phase", "DELETE"), 405, "^UsageError"),
            ("POST to results", post(f"{job}/results"), 405, "^UsageError"),
            ("a foreign job", ask(f"{url}/async/" + "a" * 26), 404, "^UsageError: there is no job"),
            ("a path out", ask(f"{job}/results/..%2F..%2Fjobs.sqlite"), 404, "^UsageError"),
            ("a million fields", post(f"{url}/async", *[("ID", "x")] * 30000), 400, "max_fields"),
            ("too large", post(f"{url}/async", ("ID", "x" * (65 << 20))), 413, "max_upload")):
        yield label, expect(reply, status, text)
    yield "nothing has changed", expect(ask(f"{job}/phase"), 200, "^PENDING$")


# ---- waiting

def timed(url):
    begun = time.monotonic()
    reply = ask(url)
    return time.monotonic() - begun, reply


def waiting(url, count=200):
    job = created(url, ("ID", ID), ("CIRCLE", "10 20 0.01"))
    taken, reply = timed(f"{job}?WAIT=1")
    yield "WAIT ends by itself", expect(reply, 200, "PENDING") + (
        [] if 0.9 < taken < 8 else [f"{taken:.2f} s"])
    taken, reply = timed(f"{job}?WAIT=30&PHASE=QUEUED")
    yield "WAIT for another phase does not wait", expect(reply, 200) + (
        [] if taken < 5 else [f"{taken:.2f} s"])
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        waits = [pool.submit(timed, f"{job}?WAIT=40") for _ in range(count)]
        time.sleep(1.5)
        taken, reply = timed(f"{job}/phase")
        yield f"others are answered while {count} wait", expect(reply, 200, "PENDING") + (
            [] if taken < 5 else [f"{taken:.2f} s"])
        post(f"{job}/phase", ("PHASE", "ABORT"))
        ended = time.monotonic()
        replies = [each.result()[1] for each in waits]
        late = time.monotonic() - ended
    yield f"{count} are answered when the phase changes", [
        problem for each in replies for problem in expect(each, 200, "ABORTED")][:3] + (
            [] if late < 15 else [f"{late:.2f} s"])


# ---- done

def finished(job, seconds=60):
    """The job, when it is over."""
    deadline = time.monotonic() + seconds
    reply = ask(f"{job}?WAIT=10")
    while re.search(">(QUEUED|EXECUTING)<", reply.text) and time.monotonic() < deadline:
        reply = ask(f"{job}?WAIT=10")
    return reply


def done(url):
    """Two data sets, one of them unknown, and two places, one of them elsewhere."""
    circle, elsewhere = "150.1 2.2 0.01", "1 -80 0.01"
    job = created(url, ("ID", ID), ("ID", "ivo://x/y?none"), ("CIRCLE", circle),
                  ("CIRCLE", elsewhere), ("PHASE", "RUN"))
    reply = finished(job)
    yield "the job is done", expect(reply, 200, ">COMPLETED<")
    yield from valid("done job", reply.body, "job")
    yield from valid("its results", ask(f"{job}/results").body, "results")
    results = uws.parse_job(io.BytesIO(reply.body)).results
    names = [result.id_ for result in results]
    wanted = ["cutout-1", "cutout-2", "cutout-3", "cutout-4", "status"]
    yield "one result a combination, in order", [] if names == wanted else [str(names)]
    direct = ask(f"{url}/sync?{harness.query_string([('ID', ID), ('CIRCLE', circle)])}")
    cut = ask(results[0].href)
    yield "a result has the bytes of sync", expect(cut, 200, content_type="^application/fits") if \
        cut.body == direct.body else [f"{len(cut.body)} bytes differ from {len(direct.body)}"]
    yield "no overlap", expect(ask(results[1].href), 200, "^NoContent: ", content_type="^text/plain")
    yield "an unknown ID", expect(ask(results[2].href), 200, "^UsageError: ",
                                  content_type="^text/plain")
    yield "a range of a result", [] if ask(
        results[0].href, headers={"Range": "bytes=0-79"}).body == cut.body[:80] else ["differs"]
    table = ask(results[-1].href)
    yield "status", expect(table, 200, content_type=r"^application/x-votable\+xml")
    for label, problems in documents.votable_cases("status", table.body):
        yield label, problems
    text = ask(f"{results[-1].href}?RESPONSEFORMAT=csv").text
    states = re.findall(",(DONE|EMPTY|FAILED),", text)
    yield "states", [] if states == ["DONE", "EMPTY", "FAILED", "FAILED"] else [text]
    yield "RUN of a job that is done", expect(post(f"{job}/phase", ("PHASE", "RUN")), 403)
    ask(job, "DELETE")
    yield "no result without its job", expect(ask(results[0].href), 404)


# ---- fetched

def fetched(url):
    """A table of two positions, of which one lies on no image, and one that is not there."""
    with web.served({"/stars.csv": b"ra,dec,radius\n150.1,2.2,0.01\n1,-80,0.01\n"}) as tables:
        job = created(url, ("UPLOAD", f"stars,{tables}/stars.csv"), ("ID", ID), ("PHASE", "RUN"))
        yield "a table at an address is cut by", expect(finished(job), 200, ">COMPLETED<")
        states = re.findall(",(DONE|EMPTY|FAILED),",
                            ask(f"{job}/results/status?RESPONSEFORMAT=csv").text)
        yield "its rows are there", [] if states == ["DONE", "EMPTY"] else [str(states)]
        job = created(url, ("UPLOAD", f"stars,{tables}/none.csv"), ("ID", ID), ("PHASE", "RUN"))
        yield "a table that is not there", expect(finished(job), 200, ">ERROR<(.|\n)*status 404")


# ---- packages

BOXES = ("150.1 2.2", "1 -80", "150.1003 2.2002")


def packaged(url, form, *fields):
    """The result of a job of three cuts, of which the second is elsewhere, and its name."""
    shapes = [("POS", f"BRECT {at} 9 7 pixel") for at in BOXES]
    job = created(url, ("ID", ID), *shapes, ("RESPONSEFORMAT", form), ("PHASE", "RUN"), *fields)
    finished(job)
    results = uws.parse_job(io.BytesIO(ask(job).body)).results
    if len(results) != 2:
        raise SystemExit(f"{form}: {ask(job).text}")
    return ask(results[0].href), results[0].id_


def alone(url, at):
    """The cut by sync."""
    return ask(f"{url}/sync?" + harness.query_string(
        [("ID", ID), ("POS", f"BRECT {at} 9 7 pixel")])).body


def said_by(command, content, name):
    """What a tool has against a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_bytes(content)
        done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"{command[0]}: {(done.stdout + done.stderr)[-300:]}"]


def archives(url):
    wanted = [("cutout-1.fits", alone(url, BOXES[0])), ("cutout-2.txt", b"NoContent: "),
              ("cutout-3.fits", alone(url, BOXES[2]))]

    def judge(members):
        right = [name for name, _ in members] == [name for name, _ in wanted] and \
            members[0] == wanted[0] and members[2] == wanted[2] and \
            members[1][1].startswith(wanted[1][1])
        return [] if right else [str([(name, len(content)) for name, content in members])]

    reply, name = packaged(url, "application/x-tar")
    yield "tar", expect(reply, 200, content_type="^application/x-tar$") + (
        [] if name == "cutouts.tar" else [name])
    yield "tar before tar", said_by(("tar", "-tf"), reply.body, name)
    with tarfile.open(fileobj=io.BytesIO(reply.body)) as packed:
        yield "members of tar", judge([(each.name, packed.extractfile(each).read())
                                       for each in packed.getmembers()])
    reply, name = packaged(url, "application/zip")
    yield "zip", expect(reply, 200, content_type="^application/zip$") + (
        [] if name == "cutouts.zip" else [name])
    yield "zip before unzip", said_by(("unzip", "-tqq"), reply.body, name)
    with zipfile.ZipFile(io.BytesIO(reply.body)) as packed:
        broken = packed.testzip()
        yield "members of zip", ([broken] if broken else []) + judge(
            [(each, packed.read(each)) for each in packed.namelist()])


def fits_packages(url):
    pixels = [fits.getdata(io.BytesIO(alone(url, at))) for at in (BOXES[0], BOXES[2])]
    reply, name = packaged(url, "multi-fits")
    yield "multi-fits", expect(reply, 200, content_type="^(application|image)/fits")
    yield "multi-fits before fitsverify", said_by(("fitsverify", "-q"), reply.body, name)
    with fits.open(io.BytesIO(reply.body), checksum=True) as hdus:
        same = len(hdus) == 3 and all((hdu.data == one).all()
                                      for hdu, one in zip(hdus[1:], pixels))
        yield "pixels of multi-fits", [] if same else [str(hdus.info(output=False))]
    reply, name = packaged(url, "fits-table")
    yield "fits-table", expect(reply, 200, content_type="^(application|image)/fits")
    yield "fits-table before fitsverify", said_by(("fitsverify", "-q"), reply.body, name)
    with fits.open(io.BytesIO(reply.body)) as hdus:
        rows = hdus[1].data
        same = list(rows["number"]) == [1, 3] and list(rows["id"]) == [ID, ID] and all(
            (row == one).all() for row, one in zip(rows["image"], pixels))
        yield "rows of fits-table", [] if same else [str(hdus.info(output=False))]


def packages(url):
    yield from archives(url)
    yield from fits_packages(url)


# ---- sodactl jobs

def administered(url, site):
    def control(*arguments):
        done = subprocess.run([site.sodactl, "--config", site.config, "jobs", *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def told(label, arguments, status, *expressions):
        got, text = control(*arguments)
        problems = [] if got == status else [f"status {got}, expected {status}"]
        problems += [f"{each!r} is not in it" for each in expressions
                     if not re.search(each, text, re.MULTILINE)]
        return f"sodactl jobs {label}", problems and [*problems, text[:400]]

    job = created(url, ("ID", ID), ("ID", "ivo://x/y?none"), ("CIRCLE", "150.1 2.2 0.01"),
                  ("RUNID", "seven"), ("PHASE", "RUN"))
    finished(job)
    pending = created(url, ("ID", ID))
    one, other = (each.rpartition("/")[2] for each in (job, pending))
    line = rf"^{one} async COMPLETED \S+Z \(\S+\) 2/2 items, 1 failed, \d+ bytes$"
    yield told("list", ["list"], 0, line, rf"^{other} async PENDING .* 0/0 items, 0 failed, 0 bytes$")
    yield told("list of a phase", ["list", "--phase", "pending"], 0,
               rf"^{other} async PENDING ", r"\A(.* PENDING .*\n)+\Z")
    yield told("list of nobody's", ["list", "--owner", ""], 0, line)
    yield told("list of somebody's", ["list", "--owner", "ann"], 0, r"\A\Z")
    yield told("list of nonsense", ["list", "--phase", "FLYING"], 2, "--phase: .*FLYING")
    yield told("show", ["show", one], 0, "^phase: COMPLETED$", "^run: seven$",
               f"^parameter: ID={re.escape(ID)}$",
               "^parameter: CIRCLE=150.1 2.2 0.01$", "^items: 2 planned, 1 done, 0 empty, 1 failed",
               "^failed: cutout-2 .*ivo://x/y.none.*: UsageError: ID is not known",
               r"^(started|ended): \d{4}-\d\d-\d\dT.*Z$")
    yield told("show of none", ["show", "a" * 26], 1, f'there is no job "{"a" * 26}"')
    yield told("abort", ["abort", other], 0, f"^{other}: ABORTED$")
    yield "aborted for clients", expect(ask(f"{pending}/phase"), 200, "^ABORTED$")
    yield told("abort of what is done", ["abort", one], 0, f"^{one}: COMPLETED$")
    yield told("abort of none", ["abort", "nobody"], 1, "^nobody: there is no such job$")
    yield told("purge", ["purge", other, "nobody"], 1, "^nobody: there is no such job$",
               r"^\d+ jobs destroyed")
    yield "purged for clients", expect(ask(pending), 404)
    yield told("purge of nothing", ["purge"], 2, "expected, received 0 identifiers")
    yield told("purge by time", ["purge", "--before", "2200-01-01T00:00:00Z"], 0,
               r"^\d+ jobs destroyed")
    yield "nothing is left", expect(ask(job), 404)


SUITES = {"life": life, "refused": refused, "waiting": waiting}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    options = parser.parse_args()
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-jobs-") as folder, Gateway() as gate:
        make_data(options.build, folder)
        with harness.Installation(folder, options.build, responders=1, base_url=gate.url,
                                  extra_settings='upload_addresses = "any"') as site:
            gate.site = site
            for name, suite in SUITES.items():
                for label, problems in suite(gate.url):
                    report.judge(f"jobs/{name}/{label}", problems)
            with site.worker():
                for name, cases in (("fetched", fetched(gate.url)), ("done", done(gate.url)),
                                    ("packages", packages(gate.url)),
                                    ("administered", administered(gate.url, site))):
                    for label, problems in cases:
                        report.judge(f"jobs/{name}/{label}", problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
