#!/usr/bin/python3
"""The readers of tables against astropy, and sodactl's import and export: tables/run.py [--build DIR]

astropy and STILTS write the same columns in every form that they know; what table_dump finds in the
files is compared with what astropy holds. Then a catalogue goes through import, export, import into
another archive, and export: the two exports must be the same.
"""

import argparse
import csv
import gzip
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import Column, MaskedColumn, Table

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness  # noqa: E402

warnings.simplefilter("ignore")


# ---- what table_dump says

def unhex(word):
    return bytes.fromhex(word[1:]).decode("utf-8")


def cell_of(word):
    if word == "-":
        return None
    if word[0] == "i":
        return int(word[1:])
    return float(word[1:].replace("Inf", "inf")) if word[0] == "r" else unhex(word)


class Dump:
    """columns: (name, datatype, arraysize, unit …); rows: {number: cells}."""

    def __init__(self, build, path):
        done = subprocess.run([build / "tests" / "table_dump", path], capture_output=True,
                              check=False, timeout=300)
        self.columns, self.rows, self.refused, self.failure = [], {}, {}, None
        for line in done.stdout.decode("utf-8").splitlines():
            word, _, rest = line.partition(" ")
            if word == "column":
                name, _, *more = rest.split(" ")
                self.columns.append((unhex(name), *map(unhex, more)))
            elif word == "row":
                number, *cells = rest.split(" ")
                self.rows[int(number)] = [cell_of(each) for each in cells]
            elif word == "refused":
                number, _, reason = rest.partition(" ")
                self.refused[int(number)] = reason
            else:
                self.failure = rest
        if done.returncode not in (0, 1):
            self.failure = f"status {done.returncode}: {done.stderr[-300:]}"


# ---- what astropy holds, in the readers' terms

def plain(value):
    """A value of a table -> None, int, float, str as the readers give them."""
    if value is None or value is numpy.ma.masked:
        return None
    if isinstance(value, (list, tuple, numpy.ndarray)):
        parts = [word_of(each) for each in numpy.asarray(value).ravel()]
        return " ".join(parts) or None
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    if isinstance(value, str):
        return value or None
    if isinstance(value, (bool, numpy.bool_)):
        return int(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return f"{value.real} {value.imag}"
    return None if math.isnan(value) else float(value)


def word_of(element):
    return ("T" if element else "F") if isinstance(element, (bool, numpy.bool_)) else str(element)


def same(found, wanted, datatype):
    if datatype == "float" and isinstance(found, float):
        # In TABLEDATA it has the digits that a float needs, not those of a double.
        found = float(numpy.float32(found))
    if isinstance(found, str) and isinstance(wanted, str) and found != wanted:
        # Arrays and complex numbers: texts of numbers.
        one, other = found.split(), wanted.split()
        try:
            return len(one) == len(other) and all(
                float(a) == float(b) or (a == b == "NaN") for a, b in zip(one, other))
        except ValueError:
            return False
    return found == wanted and (found is None) == (wanted is None)


def compare(dump, names, rows):
    problems = []
    if dump.failure:
        return [dump.failure]
    if dump.refused:
        problems.append(f"refused {dump.refused}")
    if [each[0] for each in dump.columns] != list(names):
        return [f"columns {[each[0] for each in dump.columns]}, not {list(names)}"]
    if sorted(dump.rows) != list(range(1, len(rows) + 1)):
        return [f"{len(dump.rows)} rows, not {len(rows)}"]
    for number, wanted in enumerate(rows, 1):
        for (name, datatype, *_), a, b in zip(dump.columns, dump.rows[number], wanted):
            if not same(a, b, datatype):
                problems.append(f"row {number}, {name}: {a!r}, not {b!r}")
    return problems


# ---- the tables

def a_table(rows=257):
    """Every scalar type with its ends, text, arrays."""
    numbers = numpy.arange(rows)
    random = numpy.random.default_rng(7)

    def integers(kind):
        info = numpy.iinfo(kind)
        values = random.integers(info.min, info.max, rows, dtype=kind, endpoint=True)
        values[:2] = info.min, info.max
        return values

    reals = random.normal(size=rows) * 10.0 ** random.integers(-300, 300, rows)
    reals[:4] = numpy.nan, numpy.inf, -numpy.inf, 5e-324
    table = Table()
    table["b"] = integers("u1")
    table["s"] = integers("i2")
    table["i"] = integers("i4")
    table["l"] = integers("i8")
    table["f"] = (random.normal(size=rows)).astype("f4")
    table["d"] = reals
    table["flag"] = numbers % 3 == 0
    table["name"] = [f"row <{n}> & \"quoted\", '" + " x" * (n % 20) for n in numbers]
    table["one"] = [chr(65 + n % 26) for n in numbers]
    table["v"] = random.normal(size=(rows, 3))
    table["m"] = random.integers(-9, 9, (rows, 2, 2), dtype="i4")
    table["c"] = (random.normal(size=rows) + 1j * random.normal(size=rows))
    return table


def with_nulls(table):
    table = table.copy()
    numbers = numpy.arange(len(table), dtype="i4")
    table["n"] = MaskedColumn(numbers, mask=numbers % 5 == 0)
    return table


def rows_of(table, skip=()):
    names = [name for name in table.colnames if name not in skip]
    return names, [[plain(row[name]) for name in names] for row in table]


def votables(table, folder):
    """(name, path, table as it must come back)."""
    document = with_nulls(table)
    document["u"] = [f"\N{GREEK SMALL LETTER ALPHA} Cen {n} \N{EURO SIGN}" if n % 7 else ""
                     for n in range(len(table))]
    for form in ("tabledata", "binary", "binary2"):
        path = folder / f"astropy_{form}.vot"
        votable = from_table(document)
        votable.get_first_table().get_field_by_id("n").values.null = -1
        votable.to_xml(str(path), tabledata_format=form)
        yield f"astropy_{form}", path, document
        packed = folder / f"astropy_{form}.vot.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        yield f"astropy_{form}_gzipped", packed, document


def fits_tables(table, folder):
    path = folder / "astropy.fits"
    table.write(path, format="fits", overwrite=True)
    yield "astropy_fits", path, table
    packed = folder / "astropy.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    yield "astropy_fits_gzipped", packed, table


def special_fits(folder):
    """Unsigned integers, scaling, TNULL, bits, variable-length arrays, ASCII tables."""
    rows = 50
    n = numpy.arange(rows)
    unsigned = [numpy.array([0, 65535] + list(range(rows - 2)), "u2"),
                numpy.array([0, 2 ** 32 - 1] + list(range(rows - 2)), "u4"),
                numpy.array([0, 2 ** 63 - 1] + list(range(rows - 2)), "u8")]
    ragged = numpy.empty(rows, dtype=object)
    texts = numpy.empty(rows, dtype=object)
    for i in range(rows):
        ragged[i] = numpy.arange(i % 7, dtype="f8") / 3
        texts[i] = "t" * (i % 5)
    bits = (n[:, None] >> numpy.arange(11)) & 1 == 1
    columns = [
        fits.Column("u2", "I", bzero=2 ** 15, array=unsigned[0]),
        fits.Column("u4", "J", bzero=2 ** 31, array=unsigned[1]),
        fits.Column("u8", "K", bzero=2 ** 63, array=unsigned[2]),
        fits.Column("scaled", "I", array=n),
        fits.Column("blank", "J", null=-99, array=numpy.where(n % 4, n, -99)),
        fits.Column("bits", "11X", array=bits),
        fits.Column("ragged", "PD()", array=ragged),
        fits.Column("long", "QD()", array=ragged),
        fits.Column("texts", "PA()", array=texts),
        fits.Column("pad", "9A", array=[f"p{i % 3} q" for i in range(rows)]),
    ]
    path = folder / "special.fits"
    hdu = fits.BinTableHDU.from_columns(columns)
    hdu.writeto(path, overwrite=True)
    fits.setval(path, "TSCAL4", value=0.25, ext=1)
    fits.setval(path, "TZERO4", value=10.0, ext=1)
    wanted = [[int(unsigned[0][i]), int(unsigned[1][i]), int(unsigned[2][i]), 10 + 0.25 * i,
               i if i % 4 else None, "".join("1" if bit else "0" for bit in bits[i]),
               plain(ragged[i]), plain(ragged[i]), texts[i] or None, f"p{i % 3} q"]
              for i in range(rows)]
    names = [column.name for column in columns]
    yield "special_fits", path, names, wanted
    packed = folder / "special.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    yield "special_fits_gzipped", packed, names, wanted

    ascii_columns = [fits.Column("a", "A7", array=[f"s{i}" for i in range(rows)], ascii=True),
                     fits.Column("i", "I10", array=n - 25, ascii=True),
                     fits.Column("e", "E23.15", array=(n - 25) / 7, ascii=True),
                     fits.Column("d", "D25.17", array=10.0 ** (n - 25), ascii=True)]
    path = folder / "ascii.fits"
    fits.TableHDU.from_columns(ascii_columns).writeto(path, overwrite=True)
    back = fits.getdata(path)
    yield "ascii_fits", path, ["a", "i", "e", "d"], [[plain(each) for each in row] for row in back]


def text_tables(folder):
    """CSV and TSV by astropy, Python's csv and STILTS: all cells are text."""
    rows = [[f"{i}", repr(i / 7), text] for i, text in enumerate(
        ["plain", "with, comma", 'with "quotes"', "two\nlines", " blanks ", "\u03b1\u03b2", "x"])]
    names = ["n", "value", "text"]
    path = folder / "python.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    yield "python_csv", path, names, rows
    path = folder / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (folder / "python.csv").read_bytes())
    yield "csv_with_byte_order_mark", path, names, rows
    path = folder / "semicolons.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([names, *rows])
    yield "csv_with_semicolons", path, names, rows
    simple = [[str(i), repr(i / 3), f"text {i}"] for i in range(9)]
    table = Table(rows=simple, names=names)
    for form in ("csv", "tab"):
        path = folder / f"astropy.{form}"
        table.write(path, format=f"ascii.{form}", overwrite=True)
        yield f"astropy_{form}", path, names, simple


def stilts(source, target, form):
    done = subprocess.run(["stilts", "-disk", "tpipe", f"in={source}", f"out={target}",
                           f"ofmt={form}"], capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-300:])


STILTS_FORMS = {"votable-tabledata": "vot", "votable-binary-inline": "vot",
                "votable-binary2-inline": "vot", "fits-basic": "fits", "fits-var": "fits"}


def stilts_tables(table, folder):
    """STILTS has complex numbers as pairs, and no unsigned bytes apart from shorts."""
    simple = table.copy()
    simple.remove_columns(["c", "m"])
    source = folder / "for_stilts.fits"
    simple.write(source, format="fits", overwrite=True)
    for form, end in STILTS_FORMS.items():
        path = folder / f"stilts_{form}.{end}"
        stilts(source, path, form)
        yield f"stilts_{form}", path, *rows_of(simple)


# ---- import and export

CONFIG = 'database = "{folder}/archive.sqlite"\nauthority = "test.example"\n' \
         '[data_roots]\nd = "{folder}"\n'


class Archive:
    def __init__(self, sodactl, folder):
        self.sodactl, self.folder = sodactl, folder
        folder.mkdir()
        (folder / "soda.toml").write_text(CONFIG.format(folder=folder))

    def run(self, *words):
        done = subprocess.run([self.sodactl, "--config", self.folder / "soda.toml", *words],
                              capture_output=True, check=False, timeout=600)
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def catalogue(rows=2500):
    """ObsCore rows of an observatory that keeps other units and names of its own."""
    random = numpy.random.default_rng(3)
    n = numpy.arange(rows)
    table = Table()
    table["OBS_PUBLISHER_DID"] = [f"ivo://test.example/cat?{i:05d}" for i in n]
    table["obs_id"] = n
    table["calib_level"] = (n % 4).astype("i2")
    table["obs_collection"] = [("alpha", "beta")[i % 2] for i in n]
    table["dataproduct_type"] = "image"
    table["ra"] = Column(random.uniform(0, 360, rows), unit="deg")
    table["s_dec"] = Column(random.uniform(-90, 90, rows), unit="deg")
    table["s_fov"] = Column(random.uniform(1, 90, rows), unit="arcmin")
    table["em_min"] = Column(random.integers(300, 900, rows).astype(float), unit="nm")
    table["em_max"] = table["em_min"] * 1.5
    table["em_max"].unit = "nm"
    table["t_min"] = MaskedColumn(50000 + random.uniform(0, 9000, rows), unit="d", mask=n % 9 == 0)
    table["t_exptime"] = Column(random.uniform(1, 60, rows), unit="min")
    table["access_estsize"] = Column(random.integers(1, 4000, rows), unit="MB")
    table["target_name"] = [f"\u03b1 {i}, \"x\" <y>" if i % 3 else "" for i in n]
    table["weather"] = "fine"
    return table


def expected_rows(table):
    for row in table:
        yield {
            "obs_publisher_did": row["OBS_PUBLISHER_DID"], "obs_id": str(row["obs_id"]),
            "calib_level": str(row["calib_level"]), "s_ra": row["ra"], "s_dec": row["s_dec"],
            "s_fov": row["s_fov"] / 60, "em_min": row["em_min"] / 1e9,
            "em_max": row["em_max"] / 1e9, "t_exptime": row["t_exptime"] * 60,
            "t_min": "" if row["t_min"] is numpy.ma.masked else row["t_min"],
            "access_estsize": str(int(row["access_estsize"]) * 1000),
            "target_name": row["target_name"], "obs_collection": row["obs_collection"],
        }


def exported_wrong(text, table):
    found = {row["obs_publisher_did"]: row for row in csv.DictReader(text.splitlines())}
    problems = []
    for wanted in expected_rows(table):
        row = found.get(wanted["obs_publisher_did"])
        if row is None:
            problems.append(f"{wanted['obs_publisher_did']} is missing")
            continue
        for name, value in wanted.items():
            number = isinstance(value, float)
            if (float(row[name] or "nan") if number else row[name]) != value:
                problems.append(f"{wanted['obs_publisher_did']}: {name} = {row[name]!r}, "
                                f"not {value!r}")
        numbers = re.fullmatch(r"Circle ICRS (\S+) (\S+) (\S+)", row["s_region"])
        for a, b in zip(numbers.groups() if numbers else (), (wanted["s_ra"], wanted["s_dec"],
                                                              wanted["s_fov"] / 2)):
            if abs(float(a) - b) > 1e-8:
                problems.append(f"s_region = {row['s_region']}")
        if not numbers:
            problems.append(f"s_region = {row['s_region']!r}")
    if len(found) != len(table):
        problems.append(f"{len(found)} rows, not {len(table)}")
    return problems


def round_trip(report, sodactl, folder):
    table = catalogue()
    document = from_table(table)
    for field in document.get_first_table().fields:
        if field.name == "ra":
            field.utype = "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1"
    source = folder / "catalogue.vot"
    document.to_xml(str(source), tabledata_format="binary2")
    first = Archive(sodactl, folder / "first")
    status, out, err = first.run("import", source)
    wanted = b"2500 rows imported, 0 rejected; 2500 data sets in all"
    report.judge("import", [] if status == 0 and wanted in out and b"weather" in out
                 else [f"{status} {out[-300:]} {err[-300:]}"])
    status, text, err = first.run("export", "--format", "csv")
    report.judge("export_csv", exported_wrong(text.decode("utf-8"), table) if status == 0
                 else [err])
    for form in ("votable", "binary2", "csv", "tsv"):
        path = folder / f"exported.{form}"
        status, _, err = first.run("export", "--format", form, "--output", path)
        second = Archive(sodactl, folder / f"from_{form}")
        status2, _, err2 = second.run("import", path)
        status3, again, err3 = second.run("export", "--format", "csv")
        report.judge(f"export_import_export_{form}",
                     [] if status == status2 == status3 == 0 and sorted(again.splitlines()) ==
                     sorted(text.splitlines()) else [f"{err} {err2} {err3} differs"])
    lint = subprocess.run(["stilts", "votlint", f"votable={folder}/exported.votable"],
                          capture_output=True, check=False, timeout=300)
    report.judge("votlint", [lint.stdout.decode()[:300]] if lint.stdout.strip() else [])


def rejections(report, sodactl, folder):
    lines = ["obs_publisher_did,obs_id,calib_level,s_ra,s_dec,s_fov,s_region,em_min",
             "ivo://x/a,1,2,10,20,1,,5e-7",            # good
             "ivo://x/a,1,2,10,20,1,,5e-7",            # twice
             "ivo://X/A,1,2,10,20,1,,5e-7",            # twice, ignoring case
             ",1,2,10,20,1,,5e-7",                     # no identifier
             "ivo://x/b,1,,10,20,1,,5e-7",             # no level
             "ivo://x/c,1,7,10,20,1,,5e-7",            # level
             "ivo://x/d,1,2,ten,20,1,,5e-7",           # no number
             "ivo://x/e,1,2,10,200,1,,5e-7",           # no declination
             "ivo://x/f,1,2,10,20,1,Blob 1 2,5e-7",    # no region
             "ivo://x/g,1,2,10,20,1",                  # fields
             "ivo://x/h,,2,10,20,1,,5e-7",             # no observation
             "ivo://x/i,1,2,,,,\"Polygon ICRS 0 0 1 0 1 1\",",
             "ivo://x/j,1,2,10,20,0,,"]
    path = folder / "bad.csv"
    path.write_text("\r\n".join(lines) + "\r\n")
    archive = Archive(sodactl, folder / "rejections")
    status, out, err = archive.run("import", path)
    report.judge("needs_collection", [] if status == 2 and "obs_collection" in err else
                 [f"{status} {err}"])
    status, out, err = archive.run("import", path, "--collection", "named")
    text = out.decode("utf-8")
    rows = [int(each) for each in re.findall(r"^rejected: row (\d+): .", text, re.MULTILINE)]
    report.judge("rejections", [] if status == 0 and rows == list(range(2, 12)) and
                 "3 rows imported, 10 rejected" in text else [text + err])
    status, out, err = archive.run("retract", "ivo://X/a", "ivo://x/none")
    report.judge("retract", [] if status == 1 and b"1 retracted; 2 data sets in all" in out
                 else [f"{status} {out} {err}"])
    cut = folder / "cut.vot"
    cut.write_bytes((folder / "catalogue.vot").read_bytes()[:60000])
    status, out, err = archive.run("import", cut)
    report.judge("a_table_that_breaks_off", [] if status == 1 and "breaks off" in err and
                 b" rows imported, 0 rejected" in out else [f"{status} {out} {err}"])
    (folder / "unit.vot").write_bytes(re.sub(
        rb'unit="nm"', b'unit="GHz"', (folder / "catalogue.vot").read_bytes()))
    status, out, err = archive.run("import", folder / "unit.vot")
    report.judge("unit", [] if status == 2 and "GHz" in err else [f"{status} {err}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-tables-") as name:
        folder = pathlib.Path(name)
        table = a_table()
        for case, path, wanted in [*votables(table, folder), *fits_tables(table, folder)]:
            report.judge(case, compare(Dump(build, path), *rows_of(wanted)))
        for case, path, names, rows in [*special_fits(folder), *text_tables(folder),
                                        *stilts_tables(table, folder)]:
            report.judge(case, compare(Dump(build, path), names, rows))
        sodactl = build / "modules" / "sodactl"
        round_trip(report, sodactl, folder)
        rejections(report, sodactl, folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
