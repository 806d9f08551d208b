"""The archive's own tables from import to retraction: what /tables and TAP_SCHEMA say of them, what
queries find, and what happens to readers meanwhile."""

import concurrent.futures
import io
import pathlib
import random
import xml.etree.ElementTree as ElementTree

import numpy
import pyvo
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits, votable
from astropy.table import Table

import tap_stand

STARS, FIELDS, MANY = 900, 400, 60_000  # rows

# Of soda.toml. {} and quotes, because fragments of SQL are made of what stands there.
SETTINGS = """
[[table]]
name = "survey.stars"
description = "Stars {} of the survey's {0}"
utype = "survey:stars"
[[table.column]]
name = "id"
type = "integer"
ucd = "meta.id;meta.main"
indexed = true
[[table.column]]
name = "ra"
type = "real"
unit = "deg"
ucd = "pos.eq.ra;meta.main"
description = "Right ascension, ICRS"
[[table.column]]
name = "dec"
type = "real"
unit = "deg"
ucd = "pos.eq.dec;meta.main"
[[table.column]]
name = "mag"
type = "real"
unit = "mag"
ucd = "phot.mag;em.opt.V"
description = "It's the \\"V\\" of {ra}"
principal = false
[[table.column]]
name = "obs_id"
type = "text"
indexed = true
[[table.key]]
target = "ivoa.obscore"
description = "The image it was measured on"
columns = { obs_id = "obs_id" }

[[table]]
name = "survey.visits"
[[table.column]]
name = "star"
type = "integer"
[[table.column]]
name = "mjd"
type = "real"
unit = "d"
[[table.key]]
target = "survey.stars"
columns = { star = "id" }
[[table.key]]
target = "survey.nowhere"
columns = { star = "id" }
"""


def file_of(site, name, table):
    """Written as a VOTable or FITS."""
    path = pathlib.Path(site.folder, name)
    form = "votable" if name.endswith(".vot") else "fits"
    table.write(path, format=form, overwrite=True)
    return path


def sphere(random_numbers, count):
    lon = numpy.array([random_numbers.uniform(0, 360) for _ in range(count)])
    lat = numpy.degrees(numpy.arcsin([random_numbers.uniform(-1, 1) for _ in range(count)]))
    return lon, lat


def separation(lon, lat, lon2, lat2):
    return SkyCoord(lon, lat, unit="deg").separation(SkyCoord(lon2, lat2, unit="deg")).deg


class World:
    """What is imported."""

    def __init__(self, site):
        numbers = random.Random(6)
        lon, lat = sphere(numbers, STARS)
        # Some lie where images are.
        placed = [row for row in site.records if row["s_ra"] != ""]
        for index in range(0, STARS, 2):
            row = placed[index % len(placed)]
            lon[index] = (float(row["s_ra"]) + numbers.uniform(-0.2, 0.2)) % 360
            lat[index] = max(-90, min(90, float(row["s_dec"]) + numbers.uniform(-0.2, 0.2)))
        self.stars = Table({
            "id": numpy.arange(STARS), "ra": lon, "dec": lat,
            "mag": [numbers.uniform(5, 20) for _ in range(STARS)],
            "obs_id": [f"o{numbers.randrange(500)}" for _ in range(STARS)]})
        self.visits = Table({"star": [numbers.randrange(STARS) for _ in range(200)],
                             "mjd": [50000.5 + n for n in range(200)]})
        lon, lat = sphere(numbers, FIELDS)
        self.fields = Table({
            "RA(ICRS)": lon, "DE": lat,
            "radius": numpy.array([numbers.uniform(0.5, 20) for _ in range(FIELDS)]),
            "flux": numpy.array([numbers.uniform(0, 1) for _ in range(FIELDS)], dtype="float32"),
            "n": numpy.arange(FIELDS, dtype="int16"),
            "name": [f"f{n}'s \\"[:3 + n % 4].strip() for n in range(FIELDS)]})
        self.placed = placed


def regions(world):
    """A VOTable of areas: texts of regions and DALI's circles."""
    table = votable.from_table(Table({
        "n": world.fields["n"],
        "outline": [f"Circle ICRS {lon!r} {lat!r} {radius!r}" for lon, lat, radius in zip(
            *(world.fields[name].tolist() for name in ("RA(ICRS)", "DE", "radius")))]}))
    field = table.get_first_table().fields[1]
    field.xtype = "adql:REGION"
    text = io.BytesIO()
    table.to_xml(text)
    return text.getvalue()


def imported(site, name, path, rows):
    done = site.sodactl("import", "--table", name, path)
    expected = f"{rows} rows imported into {name}, 0 rejected"
    return [] if not done.returncode and expected in done.stdout else [done.stdout + done.stderr]


def import_cases(site, world):
    stars = world.stars.copy()
    stars["more"] = 1.0  # not declared: left out
    yield "a VOTable, as declared", imported(site, "survey.stars",
                                             file_of(site, "stars.vot", stars), STARS)
    yield "FITS, as declared", imported(site, "survey.visits",
                                        file_of(site, "visits.fits", world.visits), 200)
    path = file_of(site, "fields.fits", world.fields)
    with fits.open(path, mode="update") as hdus:
        header = hdus[1].header
        for number, (unit, ucd) in enumerate((("deg", "pos.eq.ra;meta.main"),
                                              ("deg", "pos.eq.dec;meta.main"), ("deg", ""),
                                              ("mJy", "phot.flux")), 1):
            header[f"TUNIT{number}"], header[f"TUCD{number}"] = unit, ucd
        header["TCOMM4"] = "Flux of it"
    yield "FITS, as it is", imported(site, "survey.fields", path, FIELDS)
    path = pathlib.Path(site.folder, "areas.vot")
    path.write_bytes(regions(world))
    yield "a VOTable with regions", imported(site, "survey.areas", path, FIELDS)


# ---- what is said of them

def local(element):
    return element.tag.rpartition("}")[2]


def child_texts(element):
    return {local(child): (child.text or "").strip() for child in element}


def document_cases(site):
    whole = site.get("/tap/tables")
    schemas = {child_texts(schema)["name"]: schema
               for schema in ElementTree.fromstring(whole.text).iter() if local(schema) == "schema"}
    tables = {child_texts(table)["name"]: table
              for table in schemas["survey"].iter() if local(table) == "table"}
    names = {f"survey.{name}" for name in ("areas", "fields", "stars", "visits")}
    yield "/tables has them", [] if set(tables) == names else [str(set(tables))]
    one = site.get("/tap/tables/survey.stars")
    document = ElementTree.fromstring(one.text)
    yield "/tables/NAME", [] if one.status == 200 and local(document) == "table" and [
        (local(e), e.text, e.attrib) for e in document.iter() if (e.text or "").strip()] == [
        (local(e), e.text, e.attrib) for e in tables["survey.stars"].iter()
        if (e.text or "").strip()] else [one.text[:300]]
    said = child_texts(tables["survey.stars"])
    yield "a table's description", [] if (said["description"], said["utype"]) == (
        "Stars {} of the survey's {0}", "survey:stars") else [str(said)]
    columns = {child_texts(column)["name"]: column
               for column in tables["survey.stars"].iter() if local(column) == "column"}
    mag = child_texts(columns["mag"])
    wanted = {"unit": "mag", "ucd": "phot.mag;em.opt.V", "description": 'It\'s the "V" of {ra}',
              "dataType": "double"}
    yield "a column's description", [] if list(columns) == ["id", "ra", "dec", "mag", "obs_id"] and \
        wanted.items() <= mag.items() else [str(mag)]
    flags = {name: {e.text for e in column if local(e) == "flag"}
             for name, column in columns.items()}
    yield "a column's flags", [] if all("indexed" in flags[name] for name in (
        "id", "ra", "dec", "obs_id")) and "indexed" not in flags["mag"] and \
        "principal" not in flags["mag"] and "principal" in flags["ra"] else [str(flags)]
    keys = {name: [[(local(e), e.text) for e in key.iter() if (e.text or "").strip()]
                   for key in table if local(key) == "foreignKey"]
            for name, table in tables.items()}
    expected = {"survey.areas": [], "survey.fields": [], "survey.stars": [[
        ("targetTable", "ivoa.obscore"), ("fromColumn", "obs_id"), ("targetColumn", "obs_id"),
        ("description", "The image it was measured on")]], "survey.visits": [[
            ("targetTable", "survey.stars"), ("fromColumn", "star"), ("targetColumn", "id")]]}
    yield "foreign keys", [] if keys == expected else [str(keys)]
    problems = [f"{name}: {site.get(f'/tap/tables/{name}').status}" for name in (
        "survey.nowhere", "stars", "survey", "sqlite_master", "main.dataset", "survey.stars.id")
        if site.get(f"/tap/tables/{name}").status != 404]
    yield "/tables of what is not there", problems


def schema_cases(site):
    """TAP_SCHEMA says the same."""
    def gives(name, query, expected):
        found = site.rows(query, MAXREC="1000")
        return f"TAP_SCHEMA.{name}", [] if found == expected else [f"{found[:6]}"]
    yield gives("schemas", "SELECT schema_name FROM TAP_SCHEMA.schemas WHERE schema_name = 'survey'",
                [["survey"]])
    yield gives("tables", "SELECT table_name, table_type, utype, description FROM TAP_SCHEMA.tables "
                "WHERE schema_name = 'survey' AND table_name LIKE '%s' ORDER BY table_name DESC", [
                    ["survey.visits", "table", "", ""],
                    ["survey.stars", "table", "survey:stars", "Stars {} of the survey's {0}"],
                    ["survey.fields", "table", "", ""], ["survey.areas", "table", "", ""]])
    yield gives("columns", "SELECT column_name, datatype, unit, ucd, description, indexed, principal, "
                "std FROM TAP_SCHEMA.columns WHERE table_name = 'survey.stars' ORDER BY column_index",
                [["id", "long", "", "meta.id;meta.main", "", "1", "1", "0"],
                 ["ra", "double", "deg", "pos.eq.ra;meta.main", "Right ascension, ICRS", "1", "1",
                  "0"],
                 ["dec", "double", "deg", "pos.eq.dec;meta.main", "", "1", "1", "0"],
                 ["mag", "double", "mag", "phot.mag;em.opt.V", 'It\'s the "V" of {ra}', "0", "0",
                  "0"],
                 ["obs_id", "unicodeChar", "", "", "", "1", "1", "0"]])
    yield gives("columns of FITS", "SELECT column_name, datatype, arraysize, unit, ucd, indexed FROM "
                "TAP_SCHEMA.columns WHERE table_name = 'survey.fields' ORDER BY column_index",
                [['"RA(ICRS)"', "double", "", "deg", "pos.eq.ra;meta.main", "1"],
                 ["DE", "double", "", "deg", "pos.eq.dec;meta.main", "1"],
                 ["radius", "double", "", "deg", "", "0"],
                 ["flux", "float", "", "mJy", "phot.flux", "0"],
                 ["n", "short", "", "", "", "0"], ["name", "char", "6", "", "", "0"]])
    yield gives("columns with a region", "SELECT column_name, xtype, indexed FROM TAP_SCHEMA.columns "
                "WHERE table_name = 'survey.areas' AND indexed = 1", [["outline", "adql:REGION", "1"]])
    yield gives("keys", "SELECT k.from_table, k.target_table, k.description, c.from_column, "
                "c.target_column FROM TAP_SCHEMA.keys AS k JOIN TAP_SCHEMA.key_columns AS c ON "
                "k.key_id = c.key_id WHERE k.from_table LIKE 'survey.%' ORDER BY k.from_table", [
                    ["survey.stars", "ivoa.obscore", "The image it was measured on", "obs_id",
                     "obs_id"], ["survey.visits", "survey.stars", "", "star", "id"]])


def pyvo_cases(site, world):
    service = pyvo.dal.TAPService(f"{site.url}/tap")
    table = service.tables["survey.stars"]
    columns = {column.name: column for column in table.columns}
    yield "pyvo sees a table", [] if table.description == "Stars {} of the survey's {0}" and \
        columns["mag"].unit == "mag" and len(columns) == 5 else [str(columns)]
    found = service.search("SELECT * FROM survey.stars ORDER BY id", maxrec=STARS).to_table()
    problems = [f"{name} differs" for name in world.stars.colnames
                if [str(value) if name == "obs_id" else value for value in found[name]]
                != list(world.stars[name])]
    if found["ra"].unit != units.deg or found["mag"].unit != units.mag:
        problems.append(f"units {found['ra'].unit}, {found['mag'].unit}")
    yield "pyvo has every row", problems
    found = service.search("SELECT * FROM survey.fields ORDER BY n", maxrec=FIELDS).to_table()
    yield "FITS, row by row", [f"{name} differs" for name in world.fields.colnames if [
        str(value) if name == "name" else value for value in found[name]]
        != list(world.fields[name])]


# ---- what queries find

def query_cases(site, world):
    stars, fields = world.stars, world.fields

    def gives(name, query, expected):
        found = sorted(site.rows(query, MAXREC="1000"))
        wanted = sorted([str(value) for value in row] for row in expected)
        return name, [] if found == wanted and wanted else [
            f"{len(found)} rows, not {len(wanted)}: {found[:3]} {wanted[:3]}"]
    near = separation(stars["ra"], stars["dec"], 83, 22) < 5
    for name, condition in (
            ("a cone", "1 = CONTAINS(POINT(ra, dec), CIRCLE(83, 22, 5))"),
            ("a distance", "DISTANCE(ra, dec, 83, 22) < 5")):
        yield gives(name, f"SELECT id FROM survey.stars WHERE {condition}",
                    [(n,) for n in stars["id"][near]])
    inside = separation(fields["RA(ICRS)"], fields["DE"], 10, 80) < fields["radius"]
    yield gives("a point in regions", "SELECT n FROM survey.areas WHERE 1 = CONTAINS(POINT(10, 80), "
                "outline)", [(n,) for n in fields["n"][inside]])
    meets = separation(fields["RA(ICRS)"], fields["DE"], 0, 0) < fields["radius"] + 3
    yield gives("a circle and regions", "SELECT n FROM survey.areas WHERE 1 = INTERSECTS(outline, "
                "CIRCLE(0, 0, 3))", [(n,) for n in fields["n"][meets]])
    ids = {}
    for row in world.placed:
        if row["calib_level"] == 4:
            ids.setdefault(row["obs_id"], []).append(row["obs_publisher_did"])
    yield gives("a join by the key", "SELECT s.id, o.obs_publisher_did FROM survey.stars AS s JOIN "
                "ivoa.obscore AS o ON s.obs_id = o.obs_id WHERE o.calib_level = 4 AND o.s_ra IS NOT "
                "NULL AND o.obs_publisher_did LIKE 'ivo://test.example/Cat%'",
                [(star["id"], did) for star in stars for did in ids.get(star["obs_id"], ())])
    pairs = []
    for row in world.placed:
        close = separation(stars["ra"], stars["dec"], float(row["s_ra"]), float(row["s_dec"])) < 0.2
        pairs += [(n, row["obs_publisher_did"]) for n in stars["id"][close]]
    for name, condition in (
            ("a join by place", "1 = CONTAINS(POINT(s.ra, s.dec), CIRCLE(o.s_ra, o.s_dec, 0.2))"),
            ("a join by distance", "DISTANCE(o.s_ra, o.s_dec, s.ra, s.dec) < 0.2")):
        yield gives(name, "SELECT s.id, o.obs_publisher_did FROM ivoa.obscore AS o JOIN survey.stars "
                    f"AS s ON {condition} WHERE o.obs_publisher_did LIKE 'ivo://test.example/Cat%'",
                    pairs)
    by_star = {int(n): 0 for n in set(world.visits["star"])}
    for n in world.visits["star"]:
        by_star[int(n)] += 1
    yield gives("two of one schema", "SELECT s.id, COUNT(*) AS n FROM survey.stars AS s NATURAL JOIN "
                "(SELECT star AS id, mjd FROM survey.visits) AS v GROUP BY s.id", by_star.items())
    yield gives("a name without its schema", "SELECT COUNT(*) AS n FROM visits", [(200,)])
    yield gives("a delimited name", 'SELECT COUNT(*) AS n FROM "survey"."fields" WHERE "RA(ICRS)" < '
                "360", [(FIELDS,)])


def quickest(site, query, times=5):
    replies = [site.ask(query) for _ in range(times)]
    return min(reply.seconds for reply in replies), replies[0].rows


def index_cases(site):
    """Of many rows, a few are found without a look at the others: by place and by a key."""
    numbers = numpy.random.default_rng(7)
    lon = numbers.uniform(0, 360, MANY)
    lat = numpy.degrees(numpy.arcsin(numbers.uniform(-1, 1, MANY)))
    path = file_of(site, "many.fits", Table({"n": numpy.arange(MANY), "ra": lon, "dec": lat}))
    with fits.open(path, mode="update") as hdus:
        for number, ucd in ((2, "pos.eq.ra"), (3, "pos.eq.dec")):
            hdus[1].header[f"TUNIT{number}"] = "deg"
            hdus[1].header[f"TUCD{number}"] = ucd
    yield "many rows", imported(site, "survey.many", path, MANY)
    expected = int((separation(lon, lat, 200, -30) < 1).sum())
    for name, fast, slow in (
            ("a cone", "1 = CONTAINS(POINT(ra, dec), CIRCLE(200, -30, 1))",
             "1 = CONTAINS(POINT(ra + 0, dec), CIRCLE(200, -30, 1))"),
            ("a distance", "DISTANCE(200, -30, ra, dec) < 1", "DISTANCE(200, -30, ra + 0, dec) < 1")):
        select = "SELECT COUNT(*) AS n FROM survey.many WHERE "
        seconds, found = quickest(site, select + fast)
        all_seconds, all_found = quickest(site, select + slow)
        problems = [] if found == all_found == [[str(expected)]] else [
            f"{found} and {all_found}, not {expected}"]
        if 3 * seconds > all_seconds:
            problems.append(f"{seconds * 1000:.1f} ms by the index, {all_seconds * 1000:.1f} ms "
                            "without")
        yield f"{name} by the index", problems
    site.sodactl("retract", "--table", "survey.many")


# ---- changes

def version(site, number):
    """Of each import another number of rows, and other columns."""
    rows = 1000 * number
    columns = {"version": numpy.full(rows, number)}
    if number % 2:
        columns["more"] = numpy.arange(rows)
    return file_of(site, f"version{number}.fits", Table(columns))


def reimport_cases(site):
    """Readers see the old table or the new one, at any moment."""
    query = ("SELECT COUNT(*) AS n, MIN(version) AS a, MAX(version) AS b FROM survey.versions")
    paths = {number: version(site, number) for number in range(1, 7)}
    problems = imported(site, "survey.versions", paths[1], 1000)
    seen, finished = set(), []

    def watch():
        while not finished:
            reply = site.ask(query)
            if reply.status != 200:
                problems.append(f"{reply.status} {reply.said[:300]}")
                return
            seen.add(tuple(map(int, reply.rows[0])))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        watching = [pool.submit(watch) for _ in range(2)]
        for number in (2, 3, 4, 5, 6):
            problems += imported(site, "survey.versions", paths[number], 1000 * number)
        finished.append(True)
        for each in watching:
            each.result()
    possible = {(1000 * number, number, number) for number in paths}
    if not seen <= possible or len(seen) < 2:
        problems.append(str(sorted(seen)))
    yield "a table is replaced under its readers", problems
    names = [row[0] for row in site.rows(
        "SELECT column_name FROM TAP_SCHEMA.columns WHERE table_name = 'survey.versions'")]
    last = site.rows(query)
    yield "the last one stays", [] if names == ["version"] and last == [["6000", "6", "6"]] else [
        f"{names} {last}"]
    done = site.sodactl("import", "--table", "survey.versions",
                        file_of(site, "wrong.vot", Table({"a": [1]})).with_suffix(".none"))
    yield "an import that fails changes nothing", [] if done.returncode and site.rows(
        query) == last else [done.stdout]


def retract_cases(site):
    """As many responders as there are know of it at once."""
    for name in ("survey.versions", "survey.stars", "survey.fields", "survey.areas"):
        done = site.sodactl("retract", "--table", name)
        replies = [site.ask(f"SELECT COUNT(*) AS n FROM {name}")
                   for _ in range(2 * tap_stand.RESPONDERS)]
        problems = [] if not done.returncode else [done.stdout + done.stderr]
        problems += [f"{reply.status} {reply.text[:200]}" for reply in replies
                     if reply.status != 400 or "there is no table" not in reply.said]
        if site.get(f"/tap/tables/{name}").status != 404:
            problems.append("/tables has it still")
        yield f"{name} is retracted", problems
    left = site.rows("SELECT table_name FROM TAP_SCHEMA.tables WHERE schema_name = 'survey'")
    keys = site.rows("SELECT key_id FROM TAP_SCHEMA.keys WHERE from_table LIKE 'survey.%'")
    yield "keys to what is gone are gone", [] if left == [["survey.visits"]] and not keys else [
        f"{left} {keys}"]
    done = site.sodactl("retract", "--table", "survey.stars")
    yield "what is not there cannot be retracted", [] if done.returncode == 1 and \
        "no such table" in done.stdout else [done.stdout]


def cases(site):
    world = World(site)
    yield from import_cases(site, world)
    for part in (document_cases, schema_cases):
        yield from part(site)
    for part in (pyvo_cases, query_cases):
        yield from part(site, world)
    for part in (index_cases, reimport_cases, retract_cases):
        yield from part(site)
