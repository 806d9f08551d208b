"""Names that others have, or that look like SQL: of the archive's own tables, of their columns, of
uploads."""

import io
import pathlib

from astropy.table import Table

from tap_tables import file_of, imported

STANDARD = ("ivoa.obscore", "IVOA.ObsCore", "ivoa.mine", "tap_schema.tables", "TAP_SCHEMA.tables",
            "tap_upload.stars", "public.stars", "sqlite_master", "stars", "survey.", ".stars",
            "survey.stars.more", "survey.stars; DROP TABLE dataset", "survey.\"stars\"", "Survey.Stars",
            "1.2", "survey.st\N{LATIN SMALL LETTER A WITH DIAERESIS}rs", "survey." + "a" * 1000)
# Of SQLite and of the data base: names like others here.
INTERNAL = ("main.dataset", "main.sqlite_master", "temp.table1", "main.own1", "main.sky3",
            "pragma.table_list", "information_schema.tables", "archive.obscore", "archive.tables")


def name_cases(site):
    path = file_of(site, "own.vot", Table({"who": ["own"]}))
    count = site.value("SELECT COUNT(*) AS n FROM ivoa.obscore")
    for name in STANDARD:
        done = site.sodactl("import", "--table", name, path)
        yield f"{name[:30]} is no name", [] if done.returncode and "Traceback" not in done.stderr and \
            site.value("SELECT COUNT(*) AS n FROM ivoa.obscore") == count else [done.stdout]
    for name in INTERNAL:
        problems = imported(site, name, path, 1)
        found = site.ask(f"SELECT * FROM {name}")
        if found.status != 200 or found.rows != [["own"]]:
            problems.append(f"{found.status} {found.text[:200]}")
        if site.value("SELECT COUNT(*) AS n FROM ivoa.obscore") != count:
            problems.append("ivoa.obscore is another")
        if int(site.value("SELECT COUNT(*) AS n FROM TAP_SCHEMA.tables")) < 6:
            problems.append("TAP_SCHEMA.tables is another")
        done = site.sodactl("retract", "--table", name)
        yield f"{name} is the archive's own", problems + ([done.stdout] if done.returncode else [])
    for name in STANDARD[:6:2]:
        settings = pathlib.Path(site.folder, "other.toml")
        settings.write_text(pathlib.Path(site.place.config).read_text()
                            + f'\n[[table]]\nname = "{name}"\n')
        done = site.sodactl("check", config=settings)
        yield f"{name} in the settings", [] if done.returncode and name in done.stderr + done.stdout \
            else [f"{done.returncode} {done.stdout}{done.stderr}"]


# Columns are called anything by files.
COLUMNS = ("rowid", "shape", "c1", "SELECT", 'x"; DROP TABLE dataset; --', "it's", "{}", "{0}", "?1",
           "%s", "id", "\N{LATIN SMALL LETTER SHARP S} \N{GREEK SMALL LETTER ALPHA}", "a b", "A.B")


def column_cases(site):
    table = Table({name: [10 * number] for number, name in enumerate(COLUMNS)})
    problems = imported(site, "survey.odd", file_of(site, "odd.vot", table), 1)
    delimited = ['"' + name.replace('"', '""') + '"' for name in COLUMNS]
    expected = [[str(10 * number) for number in range(len(COLUMNS))]]
    for query in ("*", ", ".join(delimited), ", ".join(f"o.{name}" for name in delimited)):
        reply = site.ask(f"SELECT {query} FROM survey.odd AS o")
        if reply.status != 200 or reply.rows != expected:
            problems.append(f"{query}: {reply.status} {reply.text[:300]}")
    yield "columns of odd names", problems
    said = [row[0] for row in site.rows("SELECT column_name FROM TAP_SCHEMA.columns WHERE table_name "
                                        "= 'survey.odd' ORDER BY column_index")]
    wrong = []
    for name, number in zip(said, range(len(COLUMNS))):
        reply = site.ask(f"SELECT {name} FROM survey.odd")
        if reply.status != 200 or reply.rows != [[str(10 * number)]]:
            wrong.append(f"{name}: {reply.status} {reply.text[:200]}")
    yield "their names in TAP_SCHEMA are those of queries", wrong or (
        [] if len(said) == len(COLUMNS) else [str(said)])
    site.sodactl("retract", "--table", "survey.odd")


UPLOADS = ("obscore", "dataset", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "tables",
           "columns", "schemas", "table1", "own1", "sky1", "sky3", "TAP_UPLOAD", "ivoa", "main", "temp",
           "json_each", "pragma_table_list", "rowid")


def upload_cases(site):
    """Uploads may have any name, and are themselves by it; the others stay what they are."""
    text = io.BytesIO()
    Table({"who": ["mine"]}).write(text, format="votable")
    count = site.value("SELECT COUNT(*) AS n FROM ivoa.obscore")
    for name in UPLOADS:
        def gives(query, expected, name=name):
            reply = site.upload(query, {name: text.getvalue()})
            return [] if reply.status == 200 and reply.rows == expected else [
                f"{query}: {reply.status} {reply.text[:300]}"]
        problems = gives(f"SELECT * FROM TAP_UPLOAD.{name}", [["mine"]])
        problems += gives("SELECT COUNT(*) AS n FROM ivoa.obscore", [[count]])
        problems += gives("SELECT table_name FROM TAP_SCHEMA.tables WHERE table_name = "
                          "'ivoa.obscore'", [["ivoa.obscore"]])
        problems += gives(f"SELECT u.who, COUNT(*) AS n FROM TAP_UPLOAD.{name} AS u, ivoa.obscore AS o "
                          "GROUP BY u.who", [["mine", count]])
        after = site.ask(f"SELECT * FROM TAP_UPLOAD.{name}")
        if after.status != 400:
            problems.append(f"it stays: {after.status} {after.text[:200]}")
        yield f"an upload {name}", problems


def cases(site):
    for part in (name_cases, column_cases, upload_cases):
        yield from part(site)
