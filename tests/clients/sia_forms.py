"""Every form of SIA's answers, and the documents about the service, before their validators."""

import csv
import io
import json
import urllib.parse

import ask
import documents
from curl import curl, expect

FORMS = {"votable": r"^application/x-votable\+xml", "votable/td": r"^application/x-votable\+xml",
         "votable/b2": r"^application/x-votable\+xml;\s*serialization=BINARY2",
         "text/xml": "^text/xml", "csv": "^text/csv", "tsv": "^text/tab-separated-values",
         "json": "^application/json", "html": "^text/html"}
PLAIN = ("csv", "tsv")  # their errors are plain text
# Each refused with the name of the parameter (SIA 2.0 section 2.3).
REFUSED = [("POS", "CIRCLE 1 2"), ("POS", "CIRCLE 1 2 -1"), ("POS", "RANGE 1 2 3"),
           ("POS", "RANGE 1 2 4 3"), ("POS", "POLYGON 1 2 3 4"), ("POS", "BOX 1 2 3 4"),
           ("POS", "CIRCLE NaN 2 1"), ("POS", "CIRCLE 1 91 1"), ("BAND", "x"), ("BAND", "2 1"),
           ("BAND", "1 2 3"), ("TIME", "NaN"), ("TIME", "2020-01-01"), ("FOV", "3 2"),
           ("SPATRES", "1e"), ("SPECRP", "a"), ("EXPTIME", "1,2"), ("TIMERES", "0x1"),
           ("POL", "Z"), ("CALIB", "9"), ("CALIB", "one"), ("DPTYPE", "spectrum"),
           ("MAXREC", "-1"), ("MAXREC", "many"), ("MAXREC", "1.5"), ("RESPONSEFORMAT", "x/y")]


def address(url, params):
    return f"{url}/sia?{urllib.parse.urlencode(params, quote_via=urllib.parse.quote)}"


def validator_cases(url):
    """STILTS's checkers. Pairs (name, problems), here and below."""
    answers = {"everything": [], "text/xml": [("RESPONSEFORMAT", "text/xml")],
               "binary2": [("RESPONSEFORMAT", "votable/b2"), *ask.ALL],
               "overflow": [("MAXREC", "3")], "metadata only": [("MAXREC", "0")],
               "metadata only binary2": [("MAXREC", "0"), ("RESPONSEFORMAT", "votable/b2")],
               "overflow binary2": [("MAXREC", "3"), ("RESPONSEFORMAT", "votable/b2")],
               "nothing found": [("TARGET", "no such target")],
               "error": [("POS", "CIRCLE 1 2 -1")],
               "error binary2": [("BAND", "x<&\"'"), ("RESPONSEFORMAT", "votable/b2")]}
    for name, params in answers.items():
        yield from documents.votable_cases(f"votlint {name}", curl(address(url, params)).body)
    for name, root in {**documents.ROOTS, "tables": documents.TABLESET}.items():
        got = curl(f"{url}/{name}")
        yield f"{name} answers", expect(got, 200, content_type="^(text|application)/xml")
        for tool, problems in documents.validate(got.body, root):
            yield f"{name} {tool}", problems
    yield from documents.example_cases(url)


def form_cases(url):
    rows = ask.search(url, ask.ALL).ids
    readers = {"csv": lambda body: [row["obs_publisher_did"] for row in table(body, ",")],
               "tsv": lambda body: [row["obs_publisher_did"] for row in table(body, "\t")],
               "json": json_ids,
               "votable": lambda body: ask.Found(body).ids,
               "votable/td": lambda body: ask.Found(body).ids,
               "text/xml": lambda body: ask.Found(body).ids}
    for form, media_type in FORMS.items():
        got = curl(address(url, [("RESPONSEFORMAT", form), *ask.ALL]))
        problems = expect(got, 200, content_type=media_type)
        if form in readers and readers[form](got.body) != rows:
            problems.append("the rows differ from those of the VOTable")
        yield f"form {form}", problems
        head = curl(address(url, [("RESPONSEFORMAT", form)]), "--head")
        yield f"form {form} HEAD", expect(head, 200, content_type=media_type)
    for form in ("votable", "votable/b2", "csv"):
        yield f"stilts tpipe {form}", piped(url, form)


def table(body, delimiter):
    quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    return list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""), delimiter=delimiter,
                               quoting=quoting))


def json_ids(body):
    content = json.loads(body)
    at = [column["name"] for column in content["metadata"]].index("obs_publisher_did")
    return [row[at] for row in content["data"]]


def piped(url, form):
    """STILTS fetches the table by itself and finds the same rows."""
    source = address(url, [("RESPONSEFORMAT", form), *ask.ALL])
    got = ask.stilts_rows(source, "csv" if form == "csv" else "votable")
    wanted = ask.search(url, ask.ALL).rows
    if len(got) != len(wanted):
        return [f"{len(got)} rows, expected {len(wanted)}"]
    if form == "csv":
        # STILTS 3.4 takes each byte of a CSV file for a letter of its own.
        got = [{name: text.encode("latin-1").decode("utf-8") for name, text in row.items()}
               for row in got]
    problems = []
    for mine, theirs in zip(wanted, got):
        for name, text in mine.items():
            if not same(text, theirs.get(name) or ""):
                problems.append(f"{mine['obs_publisher_did']} {name}: {theirs.get(name)!r}, "
                                f"expected {text!r}")
    return problems


def same(mine, theirs):
    """The same text, blanks at its ends apart, or the same number, whatever its spelling."""
    if mine.strip() == theirs.strip():
        return True
    try:
        return float(mine) == float(theirs)
    except ValueError:
        return False


def error_cases(url):
    """Refusals: status, type of document, and words (SIA 2.0 section 2.3, DALI 1.1 section 4.2)."""
    for form, expected in [("votable", FORMS["votable"]), ("csv", "^text/plain"),
                           ("tsv", "^text/plain")]:
        got = curl(address(url, [("POS", "CIRCLE 1 2 -1"), ("RESPONSEFORMAT", form)]))
        yield f"error as {form}", expect(got, 400, content_type=expected)
    for name, value in REFUSED:
        got = curl(address(url, [(name, value)]))
        problems = expect(got, 400, content_type=FORMS["votable"])
        if not problems:
            marks = ask.Found(got.body).marks
            if [kind for kind, _ in marks] != ["ERROR"]:
                problems = [f"QUERY_STATUS is {marks}"]
            elif not marks[0][1].startswith(f"UsageFault: {name}"):
                problems = [f"the text is {marks[0][1]!r}"]
        yield f"refused {name}={value}", problems
    got = curl(address(url, [("MAXREC", "1"), ("MAXREC", "2")]))
    yield "refused two MAXREC", expect(got, 400)
    got = curl(address(url, [("X-OTHER", "1"), ("MAXREC", "1")]))
    yield "unknown parameter ignored", expect(got, 200)
    yield "method refused", expect(curl(f"{url}/sia", "--request", "PUT"), 405, allow="GET")


def cases(url):
    yield from validator_cases(url)
    yield from form_cases(url)
    yield from error_cases(url)
