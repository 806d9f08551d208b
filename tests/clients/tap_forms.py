"""Answers of TAP in every form, and refusals, over HTTP."""

import concurrent.futures
import csv
import io
import json
import re
import tempfile
import urllib.error
import urllib.request

from astropy.io import fits, votable

import ask
import documents
import harness

VOTABLE = "application/x-votable+xml"
QUERY = ("SELECT obs_publisher_did, t_min, s_xel1, calib_level, POINT(s_ra, s_dec) AS place, "
         "target_name, s_region FROM ivoa.obscore ORDER BY obs_publisher_did")


class Reply:
    def __init__(self, answer):
        self.status, self.body = answer.status, answer.read()
        self.headers = answer.headers
        self.text = self.body.decode(errors="replace")


def query(url, text, **more):
    fields = [("LANG", "ADQL"), ("QUERY", text), *more.items()]
    request = urllib.request.Request(f"{url}/tap/sync", harness.query_string(fields).encode())
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return Reply(answer)
    except urllib.error.HTTPError as error:
        return Reply(error)


def rows(url, text):
    """As texts."""
    reply = query(url, text, RESPONSEFORMAT="csv", MAXREC="1000000")
    if reply.status != 200:
        raise RuntimeError(f"{text}: {reply.status} {reply.text[:500]}")
    return list(csv.reader(io.StringIO(reply.text, newline="")))[1:]


def identifiers_in_votable(body):
    table = votable.parse(io.BytesIO(body)).get_first_table().to_table()
    return [str(value) for value in table["obs_publisher_did"]], len(table.colnames)


def identifiers_in_fits(body):
    with fits.open(io.BytesIO(body)) as hdus:
        hdus.verify("exception")
        data = hdus[1].data
        place = data["place"]
        if place.shape != (len(data), 2):
            raise RuntimeError(f"place has the shape {place.shape}")
        return list(data["obs_publisher_did"]), len(data.columns)


def identifiers_in_json(body):
    content = json.loads(body)
    for row in content["data"]:
        if row[4] is not None and len(row[4]) != 2:
            raise RuntimeError(f"place is {row[4]}")
    return [row[0] for row in content["data"]], len(content["metadata"])


def identifiers_in_text(body, separator):
    content = list(csv.reader(io.StringIO(body.decode(), newline=""), delimiter=separator))
    return [row[0] for row in content[1:]], len(content[0])


FORMS = {
    "votable": (VOTABLE, identifiers_in_votable),
    "votable/td": (VOTABLE, identifiers_in_votable),
    "votable/b2": (VOTABLE, identifiers_in_votable),
    "text/xml": ("text/xml", identifiers_in_votable),
    "csv": ("text/csv;header=present", lambda body: identifiers_in_text(body, ",")),
    "tsv": ("text/tab-separated-values", lambda body: identifiers_in_text(body, "\t")),
    "json": ("application/json", identifiers_in_json),
    "fits": ("application/fits", identifiers_in_fits),
}


def form_cases(url):
    expected = [row[0] for row in rows(url, QUERY)]
    yield "there are rows", [] if len(expected) > 500 else [f"{len(expected)} rows"]
    for form, (media_type, read) in FORMS.items():
        reply = query(url, QUERY, RESPONSEFORMAT=form)
        problems = [] if reply.headers["Content-Type"].startswith(media_type) else [
            f"it is {reply.headers['Content-Type']}"]
        found, columns = read(reply.body)
        if found != expected or columns != 7:
            problems.append(f"{len(found)} rows of {len(expected)}, {columns} columns")
        yield form, problems
        if media_type in (VOTABLE, "text/xml"):
            for name, found_wrong in documents.votable_cases(form, reply.body):
                yield name, found_wrong
    with tempfile.NamedTemporaryFile(suffix=".fits") as out:
        out.write(query(url, QUERY, RESPONSEFORMAT="fits").body)
        out.flush()
        found = [row["obs_publisher_did"] for row in ask.stilts_rows(out.name, "fits")]
        yield "STILTS reads fits", [] if found == expected else [f"{len(found)} rows"]
    html = query(url, QUERY, RESPONSEFORMAT="html")
    yield "html", [] if html.text.count("<tr>") == len(expected) + 1 else [html.text[-300:]]


def limit_cases(url):
    """MAXREC against TOP (TAP 1.1 section 2.7.4)."""
    for maxrec, top, count, cut in (("5", "", 5, True), ("5", "TOP 3 ", 3, False),
                                    ("5", "TOP 5 ", 5, False), ("0", "", 0, True),
                                    ("1000000", "", None, False)):
        text = f"SELECT {top}obs_publisher_did FROM ivoa.obscore"
        found = ask.Found(query(url, text, MAXREC=maxrec).body)
        problems = [] if count is None or len(found.rows) == count else [f"{len(found.rows)} rows"]
        if found.overflowed != cut:
            problems.append(f"marks {found.marks}")
        yield f"MAXREC {maxrec} {top}", problems


def cases(url, _site):
    yield from form_cases(url)
    yield from limit_cases(url)


def error_cases(url, _site):
    for name, fields, words in (
            ("syntax", {"QUERY": "SELECT FROM ivoa.obscore"}, "line 1"),
            ("unknown column", {"QUERY": "SELECT s_rx FROM ivoa.obscore"}, "s_ra"),
            ("unknown table", {"QUERY": "SELECT * FROM ivoa.obscor"}, "obscore"),
            ("SQLite's tables", {"QUERY": "SELECT * FROM sqlite_schema"}, "QUERY|sqlite_schema"),
            ("two statements", {"QUERY": "SELECT 1 AS a; DROP TABLE dataset"}, "line 1|;"),
            ("language", {"QUERY": "SELECT 1 AS a FROM ivoa.obscore", "LANG": "OOBLECK"}, "LANG"),
            ("format", {"QUERY": "SELECT 1 AS a FROM ivoa.obscore", "RESPONSEFORMAT": "x/y"},
             "RESPONSEFORMAT"),
            ("upload that is missing", {"QUERY": "SELECT * FROM TAP_UPLOAD.t",
                                        "UPLOAD": "t,param:t"}, "part")):
        text = fields.pop("QUERY")
        reply = query(url, text, **fields) if "LANG" not in fields else refused_language(url, text)
        problems = [] if reply.status == 400 else [f"status {reply.status}"]
        if not reply.headers["Content-Type"].startswith(VOTABLE):
            problems.append(f"it is {reply.headers['Content-Type']}")
        if not re.search(words, reply.text) or 'value="ERROR"' not in reply.text:
            problems.append(reply.text[:500])
        yield name, problems
    yield from guard_cases(url)


def refused_language(url, text):
    fields = [("LANG", "OOBLECK"), ("QUERY", text)]
    try:
        with urllib.request.urlopen(f"{url}/tap/sync?{harness.query_string(fields)}") as answer:
            return Reply(answer)
    except urllib.error.HTTPError as error:
        return Reply(error)


def guard_cases(url):
    """A runaway join is cut, or there is no place for it; the service goes on."""
    runaway = ("SELECT COUNT(*) AS n FROM ivoa.obscore AS a, ivoa.obscore AS b, ivoa.obscore AS c, "
               "ivoa.obscore AS d WHERE a.s_ra + b.s_ra + c.s_ra + d.s_ra < 0")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: query(url, runaway), range(4)))
    wrong = [f"{reply.status} {reply.text[:300]}" for reply in replies
             if reply.status not in (400, 503) or 'value="ERROR"' not in reply.text]
    yield "a runaway query is cut", wrong
    count = rows(url, "SELECT COUNT(*) AS n FROM ivoa.obscore")
    yield "the service goes on", [] if int(count[0][0]) > 500 else [str(count)]
