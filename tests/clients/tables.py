#!/usr/bin/python3
"""Tables in every form, read back by programs that are not ours: tables.py [--build DIR] [--rows N]

write_tables draws random cells and says what they are; STILTS, astropy and the readers of Python's
library must find the same, bit for bit.
"""

import argparse
import csv
import html.parser
import io
import json
import math
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import numpy  # noqa: E402
from astropy.io import fits, votable  # noqa: E402

import documents  # noqa: E402
import harness  # noqa: E402

SEEDS = (1, 2, 3)
VOTABLE = "{http://www.ivoa.net/xml/VOTable/v1.3}"
NAMES = ["obs_publisher_did", "obs_title", "calib_level", "access_estsize", "s_ra", "s_region",
         "t_min", "t_xel", "preview"]
TEXTS = [name in ("obs_publisher_did", "obs_title", "s_region", "preview") for name in NAMES]


def true_cell(word):
    if word == "-":
        return None
    if word[0] == "t":
        return bytes.fromhex(word[1:]).decode("utf-8")
    if word[0] == "i":
        return int(word[1:])
    return struct.unpack(">d", bytes.fromhex(word[1:]))[0]


def truth(folder):
    with open(folder / "truth", encoding="ascii", newline="\n") as lines:
        return [[true_cell(word) for word in line.rstrip("\n").split(" ")] for line in lines]


def same(got, expected):
    if isinstance(expected, float):
        if math.isnan(expected):
            return isinstance(got, float) and math.isnan(got)
        return isinstance(got, float) and struct.pack(">d", got) == struct.pack(">d", expected)
    return type(got) is type(expected) and got == expected


def compare(rows, expected):
    """Sentences about cells that differ, the first ones."""
    if len(rows) != len(expected):
        return [f"{len(rows)} rows, expected {len(expected)}"]
    problems = []
    for number, (got, wanted) in enumerate(zip(rows, expected)):
        if len(got) != len(wanted):
            problems.append(f"row {number} has {len(got)} cells")
            continue
        problems += [f"row {number} {name}: {ascii(a)[:60]}, expected {ascii(b)[:60]}"
                     for name, a, b in zip(NAMES, got, wanted) if not same(a, b)]
    return problems


def number(text, expected):
    """A number as its text says, of the type expected."""
    if text is None or text == "":
        return None
    return int(text) if isinstance(expected, int) else float(text)


def parsed_rows(rows, expected):
    """Rows of texts: numbers are read by int and float."""
    return [[a if is_text else number(a, b) for a, b, is_text in zip(row, wanted, TEXTS)]
            for row, wanted in zip(rows, expected)] if len(rows) == len(expected) else rows


def no_empty(expected):
    """What a form says that cannot tell an empty text from NULL."""
    return [[None if cell == "" else cell for cell in row] for row in expected]


def by_element_tree(folder, expected):
    root = ElementTree.parse(folder / "tabledata.xml").getroot()
    rows = [[cell.text for cell in row] for row in root.iter(f"{VOTABLE}TR")]
    return compare(parsed_rows(rows, expected), no_empty(expected))


def by_astropy(path, expected, stripped):
    """astropy takes NaN for NULL, and drops blanks around the texts of TABLEDATA."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Its list of UCDs is older than meta.ref.ivoid.
        warnings.simplefilter("ignore", votable.exceptions.W06)
        table = votable.parse(str(path), verify="warn").get_first_table()
    if [field.name for field in table.fields] != NAMES:
        return [f"columns {[field.name for field in table.fields]}"]

    def cell(value, is_masked, is_text):
        if is_text:
            return str(value).strip(" \t\r\n") if stripped else str(value)
        if is_masked:
            return None
        return value.item()

    def wanted(value, is_text):
        if is_text:
            text = "" if value is None else value
            return text.strip(" \t\r\n") if stripped else text
        return None if isinstance(value, float) and math.isnan(value) else value

    masks = numpy.ma.getmaskarray(table.array)
    rows = [[cell(value, masked, is_text) for value, masked, is_text in zip(row, mask, TEXTS)]
            for row, mask in zip(table.array.data, masks)]
    return compare(rows, [[wanted(value, is_text) for value, is_text in zip(row, TEXTS)]
                          for row in expected])


def stilts(*words):
    done = subprocess.run(["stilts", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"stilts {words[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout


def by_stilts(path, folder, expected):
    """STILTS copies the table to FITS; its numbers are compared bit for bit. An integer that is NULL
    has a value that FITS reserves, which the file names."""
    copy = folder / "copy.fits"
    stilts("tcopy", f"in={path}", "ifmt=votable", f"out={copy}", "ofmt=fits-basic")
    with fits.open(copy) as hdus:
        data, header = hdus[1].data, hdus[1].header
        problems = [] if hdus[1].columns.names == NAMES else [f"columns {hdus[1].columns.names}"]
        if len(data) != len(expected):
            return [f"{len(data)} rows, expected {len(expected)}"]
        for at, name in enumerate(NAMES):
            if TEXTS[at]:
                continue
            null = header.get(f"TNULL{at + 1}")
            for row, got in enumerate(data.field(at).tolist()):
                wanted = expected[row][at]
                is_null = math.isnan(got) if isinstance(got, float) else got == null
                if not (is_null if wanted is None else same(got, wanted)):
                    problems.append(f"row {row} {name}: {got!r}, expected {wanted!r}")
    return problems


def by_stilts_texts(path, folder, expected):
    """Texts as STILTS has them, in its CSV: its VOTable writer garbles what lies beyond the basic
    plane."""
    copy = folder / "copy.csv"
    stilts("tcopy", f"in={path}", "ifmt=votable", f"out={copy}", "ofmt=csv")
    with open(copy, encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    pick = [[cell or "" for cell, is_text in zip(row, TEXTS) if is_text] for row in expected]
    got = [[cell for cell, is_text in zip(row, TEXTS) if is_text] for row in rows]
    return compare(got, pick)


def by_csv(folder, expected):
    with open(folder / "table.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, strict=True))
    told = [] if rows[0] == NAMES else [f"header {rows[0]}"]
    texts = [["" if cell is None and is_text else cell for cell, is_text in zip(row, TEXTS)]
             for row in expected]
    return told + compare(parsed_rows(rows[1:], expected), texts)


def by_tsv(folder, expected):
    with open(folder / "table.tsv", encoding="utf-8", newline="\n") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))
    told = [] if rows[0] == NAMES else [f"header {rows[0]}"]
    flat = str.maketrans("\t\r\n", "   ")
    texts = [[("" if cell is None else cell.translate(flat)) if is_text else cell
              for cell, is_text in zip(row, TEXTS)] for row in expected]
    return told + compare(parsed_rows(rows[1:], expected), texts)


def csv_by_stilts(folder, expected):
    """Line ends within the texts are no rows."""
    told = stilts("tpipe", f"in={folder / 'table.csv'}", "ifmt=csv", "omode=count").strip()
    wanted = f"columns: {len(NAMES)}   rows: {len(expected)}"
    return [] if told == wanted else [f"{told}, expected {wanted}"]


def refuse_constant(word):
    raise ValueError(f"{word} is not JSON")


def by_json(folder, expected):
    # Python's reader would take NaN, which no browser does, and -0 for an integer.
    document = json.loads((folder / "table.json").read_bytes(), parse_constant=refuse_constant,
                          parse_int=str, parse_float=str)
    told = [] if [item["name"] for item in document["metadata"]] == NAMES else ["metadata"]
    told += [] if document["status"] == "OVERFLOW" else [f"status {document['status']}"]

    return told + compare(parsed_rows(document["data"], expected), expected)


class Page(html.parser.HTMLParser):
    """The texts of a page's table cells, and every tag of the page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.rows, self.tags, self.words = [], set(), []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "td"

    def handle_data(self, data):
        self.words.append(data)
        if self.inside:
            self.rows[-1][-1] += data


def by_html(folder, expected):
    page = Page()
    page.feed((folder / "table.html").read_text(encoding="utf-8"))
    page.close()
    told = ["a script"] if "script" in page.tags else []
    told += [] if f"{len(expected)} rows." in page.words else ["the count is missing"]
    texts = [["" if cell is None and is_text else cell for cell, is_text in zip(row, TEXTS)]
             for row in expected]
    # People see the picture first, which is the last column.
    rows = [row[1:] + row[:1] for row in page.rows[1:]]
    return told + compare(parsed_rows(rows, expected), texts)


def table_cases(folder):
    expected = truth(folder)
    yield "TABLEDATA by ElementTree", by_element_tree(folder, expected)
    for name, stripped in (("tabledata", True), ("binary2", False)):
        path = folder / f"{name}.xml"
        yield f"{name} by astropy", by_astropy(path, expected, stripped)
        yield f"{name} by STILTS", by_stilts(path, folder, expected)
        yield f"{name} texts by STILTS", by_stilts_texts(path, folder, expected)
        yield from documents.votable_cases(name, path.read_bytes())
    yield "CSV", by_csv(folder, expected)
    yield "TSV", by_tsv(folder, expected)
    yield "CSV by STILTS", csv_by_stilts(folder, expected)
    yield "JSON", by_json(folder, expected)
    yield "HTML", by_html(folder, expected)


def document_cases(folder):
    space = "{http://www.ivoa.net/xml/VOSITables/v1.0}"
    for name, root in (("tables", "tableset"), ("names", "tableset"), ("empty", "tableset"),
                       ("table", "table")):
        for tool, problems in documents.validate((folder / f"{name}.xml").read_bytes(),
                                                 space + root):
            yield f"{name}.xml {tool}", problems
    error = (folder / "error.xml").read_bytes()
    yield from documents.votable_cases("error", error)
    status = ElementTree.parse(io.BytesIO(error)).find(f".//{VOTABLE}INFO")
    yield "error text", [] if (status.get("value"), status.text) == (
        "ERROR", "UsageFault: POS: 3 numbers < 4") else [ElementTree.tostring(status)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--rows", type=int, default=2000)
    options = parser.parse_args()
    program = harness.find_program("WRITE_TABLES", options.build, "tests/write_tables")
    report = harness.Report()
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="soda-test-") as name:
            folder = pathlib.Path(name)
            subprocess.run([program, str(seed), str(options.rows), name], check=True)
            for case, problems in table_cases(folder):
                report.judge(f"{case}, seed {seed}", problems)
            if seed == SEEDS[0]:
                for case, problems in document_cases(folder):
                    report.judge(case, problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
