"""Questions to SIA over HTTP, and answers as programs that are not ours understand them."""

import csv
import io
import subprocess
import urllib.request
import xml.etree.ElementTree as ElementTree

import harness

VOTABLE = "{http://www.ivoa.net/xml/VOTable/v1.3}"
ALL = [("MAXREC", "1000000")]


class Found:
    """The rows of a TABLEDATA answer, and its marks."""

    def __init__(self, body):
        root = ElementTree.fromstring(body)
        results = [resource for resource in root.iter(f"{VOTABLE}RESOURCE")
                   if resource.get("type") == "results"][0]
        self.names = [field.get("name") for field in results.iter(f"{VOTABLE}FIELD")]
        self.rows = [dict(zip(self.names, (cell.text or "" for cell in row)))
                     for row in results.iter(f"{VOTABLE}TR")]
        self.marks = [(info.get("value"), info.text or "")
                      for info in results.iter(f"{VOTABLE}INFO")
                      if info.get("name") == "QUERY_STATUS"]
        self.ids = [row["obs_publisher_did"] for row in self.rows]

    @property
    def overflowed(self):
        return "OVERFLOW" in [value for value, _ in self.marks]


def pairs(question):
    return [(name, value) for name, values in question.items() for value in values]


def fetch(url, params, method="GET"):
    """Without starting a program for each of many questions. HTTPError for what is refused."""
    query = harness.query_string(params)
    request = urllib.request.Request(f"{url}/sia", query.encode()) if method == "POST" else \
        urllib.request.Request(f"{url}/sia?{query}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def search(url, params, method="GET"):
    return Found(fetch(url, params, method))


def different(found, expected):
    """Sentences about identifiers that are missing or too many."""
    problems = [f"{name} is found {found.count(name)} times" for name in sorted(set(found))
                if found.count(name) > 1]
    problems += [f"{name} is missing" for name in sorted(expected - set(found))]
    return problems + [f"{name} does not satisfy it" for name in sorted(set(found) - expected)]


def stilts_rows(source, form):
    """A URL or file, read by STILTS: its rows as dictionaries."""
    done = subprocess.run(["stilts", "tpipe", f"in={source}", f"ifmt={form}", "ofmt=csv", "out=-"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"stilts tpipe: {done.stderr.strip()[-300:]}")
    return list(csv.DictReader(io.StringIO(done.stdout)))
