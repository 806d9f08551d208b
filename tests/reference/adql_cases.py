"""Queries in ADQL and their answers: (name, query, expected rows, whether the order is told)."""

import collections
import math
import re

from adql_world import conjunction, disjunction, lift, like, negation, sort_key

DID = "obs_publisher_did"
ALL = f"SELECT {DID} FROM ivoa.obscore WHERE "
CENTRES = [(0.0, 89.5, 2.0), (180.0, -89.9, 3.0), (359.9, 10.0, 15.0), (0.05, -30.0, 12.0),
           (62.0, -37.0, 0.6), (10.0, 0.0, 90.0), (200.0, 45.0, 180.0), (123.4, 5.6, 1e-3)]
TRIANGLES = [((10, 60), (130, 60), (250, 60)), ((0, -70), (90, -75), (180, -70), (270, -75)),
             ((350, -20), (12, -25), (8, 30)), ((170, -40), (190, -40), (180, 40))]


def found(world, condition):
    return [(row[DID],) for row in world.rows if condition(row) is True]


def where(world, name, adql, condition):
    return name, ALL + adql, found(world, condition), False


def places(world):
    for lon, lat, radius in CENTRES:
        point, circle = "POINT(s_ra, s_dec)", f"CIRCLE({lon}, {lat}, {radius})"

        def inside(row, lon=lon, lat=lat, radius=radius):
            apart = world.distance(row, lon, lat)
            return None if apart is None else apart <= radius
        for text in (f"1 = CONTAINS({point}, {circle})", f"INTERSECTS({circle}, {point}) = 1",
                     f"NOT (0 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', POINT({lon}, "
                     f"{lat}), {radius})))", f"DISTANCE(s_ra, s_dec, {lon}, {lat}) <= {radius}",
                     f"{radius} >= DISTANCE(POINT({lon}, {lat}), {point})"):
            yield where(world, f"within {radius} of {lon} {lat}", text, inside)
        for text in (f"0 = CONTAINS({point}, {circle})",
                     f"NOT DISTANCE({point}, POINT({lon}, {lat})) <= {radius}"):
            yield where(world, f"not within {radius} of {lon} {lat}", text,
                        lambda row, inside=inside: negation(inside(row)))
        yield where(world, f"regions that meet {radius} about {lon} {lat}",
                    f"1 = INTERSECTS(s_region, {circle})",
                    lambda row, lon=lon, lat=lat, radius=radius: None if row["s_ra"] is None else
                    world.distance(row, lon, lat) <= radius + row["s_fov"] / 2)
        yield where(world, f"regions within {radius} of {lon} {lat}",
                    f"1 = CONTAINS(s_region, {circle})",
                    lambda row, lon=lon, lat=lat, radius=radius: None if row["s_ra"] is None else
                    radius == 180 or world.distance(row, lon, lat) + row["s_fov"] / 2 <= radius)
    for corners in TRIANGLES:
        numbers = ", ".join(f"{lon}, {lat}" for lon, lat in corners)
        yield where(world, f"polygon {numbers}", f"1 = CONTAINS(POINT(s_ra, s_dec), POLYGON({numbers}))",
                    lambda row, corners=corners: world.in_polygon(row, corners))
    for lon, lat, width, height in ((62, -37, 2, 1), (0, 0, 60, 50), (30, 88, 20, 5)):
        yield where(world, f"box at {lon} {lat}",
                    f"1 = CONTAINS(POINT(s_ra, s_dec), BOX({lon}, {lat}, {width}, {height}))",
                    lambda row, box=(lon, lat, width, height): world.in_box(row, *box))
    for row in world.rows[:40:8]:
        if row["s_ra"] is not None:
            lon, lat = row["s_ra"], row["s_dec"]
            yield where(world, f"regions with {lon} {lat}",
                        f"CONTAINS(POINT({lon!r}, {lat!r}), s_region) = 1",
                        lambda each, lon=lon, lat=lat: world.in_region(each, lon, lat))
    yield where(world, "or", "1 = CONTAINS(POINT(s_ra, s_dec), CIRCLE(62, -37, 1)) OR lsst_tract = 3831",
                lambda row: disjunction(None if row["s_ra"] is None else
                                        world.distance(row, 62, -37) <= 1,
                                        lift(lambda t: t == 3831)(row["lsst_tract"])))
    yield where(world, "a row's own circle", "1 = INTERSECTS(CIRCLE('', s_ra, s_dec, s_fov/2), s_region)",
                lambda row: None if row["s_ra"] is None else True)


def values():
    """Values of constants: (ADQL, value)."""
    square = (180 / math.pi) ** 2
    yield from {
        "7 / 2": 3, "-7 / 2": -3, "7 / 2.0": 3.5, "1 / 0": None, "1.0 / 0": None, "1 - 2 - 3": -4,
        "2 + 3 * 4": 14, "(2 + 3) * 4": 20, "12 / 2 / 3": 2, "12 / (6 / 3)": 6, "- -5": 5,
        "2 - -3": 5, "5 % 3": 2, "6 & 3": 2, "6 | 3": 7, "6 ^ 3": 5, "~0": -1,
        "BITWISE_XOR(6, 3)": 5, "1e2": 100.0, ".5": 0.5, "5.": 5.0, "'it''s'": "it's",
        "'a' || 'b' || 'c'": "abc", "'a' || NULL": None, "ABS(-3)": 3, "ABS(-2.5)": 2.5,
        "CEILING(1.2)": 2.0, "FLOOR(-1.2)": -2.0, "EXP(1)": math.e, "LOG(10)": math.log(10),
        "LOG10(1000)": 3.0, "LOG(0)": None, "SQRT(-1)": None, "SQRT(2)": math.sqrt(2),
        "POWER(2, 0.5)": math.sqrt(2), "MOD(-7, 3)": -1.0, "MOD(7.5, 2)": 1.5, "MOD(7, 0)": None,
        "ROUND(2.5)": 3.0, "ROUND(-2.5)": -3.0, "ROUND(2.567, 2)": 2.57, "ROUND(1234.5, -2)": 1200.0,
        "TRUNCATE(-2.7)": -2.0, "TRUNCATE(2.567, 1)": 2.5, "PI()": math.pi,
        "DEGREES(PI())": 180.0, "RADIANS(180)": math.pi, "SIN(1)": math.sin(1),
        "ATAN2(1, -1)": math.atan2(1, -1), "COT(1)": 1 / math.tan(1), "ACOS(2)": None,
        "ASIN(0.5)": math.asin(0.5), "TAN(1)": math.tan(1),
        "CAST(2.5 AS INTEGER)": 3, "CAST(-2.5 AS INTEGER)": -3, "CAST(2.4999 AS SMALLINT)": 2,
        "CAST('12' AS BIGINT)": 12, "CAST('1e-3' AS DOUBLE PRECISION)": 1e-3,
        "CAST(12 AS VARCHAR)": "12", "CAST('abcdef' AS CHAR(3))": "abc", "CAST(NULL AS INTEGER)": None,
        "CAST(7 AS DOUBLE PRECISION) / 2": 3.5, "CAST(0.1 AS VARCHAR(10))": "0.1",
        "COALESCE(NULL, NULL, 3)": 3, "COALESCE(NULL, 'x')": "x", "UPPER('aBc')": "ABC",
        "LOWER('aBc')": "abc", "CASE WHEN 1 = 2 THEN 'a' WHEN NULL = 1 THEN 'b' ELSE 'c' END": "c",
        "CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'b' END": "b", "CASE WHEN 1 = 2 THEN 1 END": None,
        "DISTANCE(0, 89, 180, 89)": 2.0, "DISTANCE(359.5, 0, 0.5, 0)": 1.0,
        "DISTANCE(POINT(0, 0), POINT(180, 0))": 180.0, "DISTANCE(10, NULL, 0, 0)": None,
        "AREA(CIRCLE(1, 2, 90))": 2 * math.pi * square, "AREA(POINT(1, 2))": 0.0,
        "AREA(CIRCLE(1, 2, 1))": 2 * math.pi * (1 - math.cos(math.radians(1))) * square,
        "AREA(POLYGON(0, 0, 90, 0, 0, 90))": math.pi / 2 * square,
        "COORD1(POINT(-10, 5))": 350.0, "COORD2(POINT(-10, 5))": 5.0, "POINT(1, 2)": [1.0, 2.0],
        "CENTROID(CIRCLE(30, 40, 5))": [30.0, 40.0], "CIRCLE(1, 2, 3)": [1.0, 2.0, 3.0],
        "CONTAINS(POINT(0, 90), CIRCLE(77, 89, 1))": 1, "CONTAINS(POINT(0, 90), CIRCLE(7, 89, 0.9))": 0,
        "CONTAINS(CIRCLE(0, 0, 1), CIRCLE(0, 0, 2))": 1, "CONTAINS(CIRCLE(0, 0, 2), CIRCLE(0, 0, 1))": 0,
        "INTERSECTS(CIRCLE(359, 0, 1), CIRCLE(2, 0, 2.5))": 1, "CONTAINS(NULL, CIRCLE(1, 2, 3))": None,
        "INTERSECTS(CIRCLE(359, 0, 1), CIRCLE(2, 0, 1.9))": 0,
        "CONTAINS(POINT(30, 30), REGION('Union ICRS (Circle 0 0 1 Circle 30 30 1)'))": 1,
        "IVO_HEALPIX_INDEX(0, 1, 1)": 4, "IVO_HEALPIX_INDEX(17, 1, 1)": 81609757711,
        "IVO_HEALPIX_INDEX(17, POINT(359, -1))": 73009064944, "IVO_HEALPIX_CENTER(0, 6)": [180.0, 0.0],
        "ivo_hasword('one Two three', 'two')": 1, "ivo_hasword('one twofold', 'two')": 0,
        "ivo_hashlist_has('a#B#c', 'b')": 1, "ivo_hashlist_has('a#bb', 'b')": 0,
        "ivo_nocasematch('Abc', 'a%')": 1, "ivo_interval_overlaps(1, 2, 2, 3)": 1,
        "ivo_interval_overlaps(1, 2, 3, 4)": 0, "ivo_interval_overlaps(2, 1, 0, 4)": 0,
        "ivo_to_jd(CAST('2000-01-02T12:00:00' AS TIMESTAMP))": 2451546.0,
        "ivo_to_mjd('2000-01-02T12:00:00')": 51545.5,
    }.items()


def constants(_world):
    for text, value in values():
        yield f"value of {text}", f"SELECT TOP 1 {text} AS x FROM ivoa.obscore", [(value,)], True


def nulls(world):
    less = lift(lambda a, b: a < b)
    short = lift(lambda exposure: exposure < 30)
    conditions = {
        "t_exptime < 30": lambda r: short(r["t_exptime"]),
        "NOT t_exptime < 30": lambda r: negation(short(r["t_exptime"])),
        "t_exptime = NULL": lambda r: None, "t_exptime IS NULL": lambda r: r["t_exptime"] is None,
        "NOT t_exptime IS NOT NULL": lambda r: r["t_exptime"] is None,
        "t_exptime < 30 OR t_min IS NULL": lambda r: disjunction(short(r["t_exptime"]), r["t_min"] is None),
        "NOT (t_exptime < 30 OR s_xel1 > 100)": lambda r: negation(disjunction(
            short(r["t_exptime"]), less(100, r["s_xel1"]))),
        "NOT (t_exptime < 30 AND s_xel1 > 100)": lambda r: negation(conjunction(
            short(r["t_exptime"]), less(100, r["s_xel1"]))),
        "t_exptime IN (15, NULL)": lambda r: True if r["t_exptime"] == 15 else None,
        "t_exptime NOT IN (15, NULL)": lambda r: False if r["t_exptime"] == 15 else None,
        "t_exptime NOT IN (15, 30)": lambda r: lift(lambda t: t not in (15, 30))(r["t_exptime"]),
        "t_exptime NOT BETWEEN 20 AND 40": lambda r: lift(lambda t: not 20 <= t <= 40)(r["t_exptime"]),
        "lsst_tract <> 3831": lambda r: lift(lambda t: t != 3831)(r["lsst_tract"]),
        "COALESCE(lsst_tract, 0) <> 3831": lambda r: (r["lsst_tract"] or 0) != 3831,
        "t_min + 1 > t_max": lambda r: less(r["t_max"], None if r["t_min"] is None else r["t_min"] + 1),
    }
    for text, condition in conditions.items():
        yield where(world, f"NULL: {text}", text, condition)


def patterns(world):
    for pattern in ("M31", "M3%", "m%", "%3_", "_ 31", "100%", "%\\%%", "a_b", "[x]", "%*%", "it''s",
                    "%\N{GREEK SMALL LETTER ALPHA}%", "%", ""):
        plain = pattern.replace("''", "'")
        for word, flags in (("LIKE", 0), ("ILIKE", re.IGNORECASE)):
            yield where(world, f"{word} {pattern}", f"target_name {word} '{pattern}'",
                        lambda row, plain=plain, flags=flags: like(row["target_name"], plain, flags))
    yield where(world, "NOT LIKE", "target_name NOT LIKE 'M%'",
                lambda row: negation(like(row["target_name"], "M%")))
    yield where(world, "equal texts", "target_name = 'm31'",
                lambda row: lift(lambda t: t == "m31")(row["target_name"]))
    yield where(world, "order of texts", "target_name > 'M33'",
                lambda row: lift(lambda t: t.encode() > b"M33")(row["target_name"]))
    yield where(world, "an identifier", f"{DID} = 'ivo://test.example/Cat?Row7'",
                lambda row: row[DID].endswith("?Row7"))
    yield where(world, "an identifier in other case", f"{DID} = 'ivo://test.example/cat?row7'",
                lambda row: False)


def times(world):
    date = "obs_release_date"
    full = "2020-06-01T12:30:00"
    for text, condition in {
            "= '2020-01-01'": lambda d: d == "2020-01-01T00:00:00",
            "> '2020-01-01'": lambda d: d > "2020-01-01T00:00:00",
            ">= '2020-06-01 12:30'": lambda d: d >= full, "< '2021-01-01Z'": lambda d: d < "2021",
            "<> '2020-06-01T12:30:00.000'": lambda d: d != full,
            "BETWEEN '2020-01-01' AND '2020-06-01T12:30:00'": lambda d: d <= full}.items():
        yield where(world, f"time {text}", f"{date} {text}",
                    lambda row, condition=condition: lift(condition)(row[date]))


def ordered(rows, *keys, take=slice(None)):
    """Rows by (name, descending), last key first."""
    rows = list(rows)
    for name, descending in reversed(keys):
        rows.sort(key=lambda row: sort_key(row[name]), reverse=descending)
    return rows[take]


def orders(world):
    for text, keys in {"t_exptime, obs_publisher_did": [("t_exptime", False), (DID, False)],
                       "t_exptime DESC, obs_publisher_did": [("t_exptime", True), (DID, False)],
                       "target_name ASC, 1": [("target_name", False), (DID, False)],
                       "target_name DESC, 1 DESC": [("target_name", True), (DID, True)]}.items():
        for top, offset in ((None, None), (7, None), (7, 100), (None, 590), (0, None)):
            limits = f"TOP {top} " if top is not None else ""
            end = f" OFFSET {offset}" if offset is not None else ""
            first = offset or 0
            chosen = ordered(world.rows, *keys,
                             take=slice(first, None if top is None else first + top))
            yield (f"ORDER BY {text} {top} {offset}",
                   f"SELECT {limits}{DID} FROM ivoa.obscore ORDER BY {text}{end}",
                   [(row[DID],) for row in chosen], True)


def sets(world):
    def levels(condition):
        return {row["calib_level"] for row in world.rows if condition(row)}
    bands = sorted({row["lsst_band"] for row in world.rows})
    select = "SELECT lsst_band AS b FROM ivoa.obscore WHERE lsst_band "
    yield ("UNION, then INTERSECT first", f"{select} = 'g' UNION {select} IN ('r', 'i') INTERSECT "
           f"{select} = 'i'", [("g",), ("i",)], False)
    yield ("UNION in parentheses", f"({select} = 'g' UNION {select} IN ('r', 'i')) INTERSECT {select} = "
           "'i'", [("i",)], False)
    yield ("EXCEPT from left to right", f"{select} < 'z' EXCEPT {select} = 'g' UNION {select} = 'g' "
           "ORDER BY b", [(band,) for band in bands if band < "z"], True)
    yield ("EXCEPT of a union", f"{select} < 'z' EXCEPT ({select} = 'g' UNION {select} = 'u') ORDER BY 1 "
           "DESC", [(band,) for band in reversed(bands) if band in "iry"], True)
    yield ("UNION ALL", f"SELECT COUNT(*) FROM ({select} = 'g' UNION ALL {select} = 'g') AS t",
           [(2 * sum(row["lsst_band"] == "g" for row in world.rows),)], True)
    yield ("UNION of numbers", "SELECT calib_level FROM ivoa.obscore UNION SELECT \"size\" FROM "
           "TAP_UPLOAD.stars", [(n,) for n in levels(lambda _: True) | {s["size"] for s in world.stars}],
           False)
    mine = collections.Counter(star["name"] for star in world.stars)
    once = collections.Counter(star["name"] for star in world.stars if star["size"] == 1)
    names = "SELECT name FROM TAP_UPLOAD.stars"
    yield ("EXCEPT ALL", f"{names} EXCEPT ALL {names} WHERE \"size\" = 1",
           [(name,) for name in (mine - once).elements()], False)
    yield ("INTERSECT ALL", f"{names} INTERSECT ALL {names} WHERE \"size\" = 1",
           [(name,) for name in (mine & once).elements()], False)
    yield ("EXCEPT", f"{names} EXCEPT {names} WHERE \"size\" = 1", [(n,) for n in set(mine) - set(once)],
           False)
    yield ("DISTINCT", "SELECT DISTINCT calib_level, lsst_band FROM ivoa.obscore",
           list({(row["calib_level"], row["lsst_band"]) for row in world.rows}), False)
    yield ("TOP of an operand", f"(SELECT TOP 1 lsst_band AS b FROM ivoa.obscore ORDER BY lsst_band) UNION "
           f"{select} = 'y'", [(bands[0],), ("y",)], False)


def delimited(world):
    yield ("a reserved word and letter case", 'SELECT name, "size", "Mag", mag AS "Größe" FROM '
           'tap_upload.STARS WHERE "size" = 2',
           [(s["name"], s["size"], s["Mag"], s["Mag"]) for s in world.stars if s["size"] == 2], False)
    yield ("names that differ in case", 'SELECT "a" - "A" FROM (SELECT 3 AS "a", 1 AS "A", name FROM '
           "TAP_UPLOAD.stars) t WHERE name = 's1'",
           [(2,)] * sum(s["name"] == "s1" for s in world.stars), False)
    yield ("quotes in a name", 'SELECT "x ""y""; --" FROM (SELECT TOP 1 5 AS "x ""y""; --" FROM '
           "ivoa.obscore) AS t", [(5,)], True)


def groups(world):
    rows = world.rows
    by_band = collections.defaultdict(list)
    for row in rows:
        by_band[row["lsst_band"]].append(row)

    def mean(values):
        values = [value for value in values if value is not None]
        return math.fsum(values) / len(values)
    yield ("GROUP BY", "SELECT lsst_band, COUNT(*), COUNT(t_exptime), AVG(t_exptime), MIN(obs_id), "
           "SUM(calib_level) FROM ivoa.obscore GROUP BY lsst_band ORDER BY lsst_band",
           [(band, len(group), sum(r["t_exptime"] is not None for r in group),
             mean(r["t_exptime"] for r in group), min(r["obs_id"] for r in group),
             sum(r["calib_level"] for r in group)) for band, group in sorted(by_band.items())], True)
    yield ("HAVING", "SELECT lsst_band FROM ivoa.obscore GROUP BY lsst_band HAVING COUNT(*) > 100 AND "
           "lsst_band > 'h'",
           [(band,) for band, group in by_band.items() if len(group) > 100 and band > "h"], False)
    bins = collections.Counter(None if r["s_dec"] is None else math.floor(r["s_dec"] / 30) for r in rows)
    yield ("GROUP BY an expression", "SELECT FLOOR(s_dec / 30) AS bin, COUNT(*) FROM ivoa.obscore GROUP BY "
           "FLOOR(s_dec / 30)", list(bins.items()), False)
    yield ("GROUP BY an output's name", "SELECT FLOOR(s_dec / 30) AS bin, COUNT(*) AS n FROM ivoa.obscore "
           "GROUP BY bin ORDER BY n DESC, bin", sorted(bins.items(), key=lambda item: (
               -item[1], sort_key(item[0]))), True)
    yield ("aggregates of nothing", "SELECT COUNT(*), MAX(s_ra), SUM(calib_level) FROM ivoa.obscore WHERE 1 "
           "= 0", [(0, None, None)], True)
    yield ("COUNT DISTINCT", "SELECT COUNT(DISTINCT target_name), COUNT(DISTINCT lsst_tract) FROM "
           "ivoa.obscore", [(len({r["target_name"] for r in rows} - {None}),
                             len({r["lsst_tract"] for r in rows} - {None}))], True)
    yield ("GROUP BY NULL is a group", "SELECT target_name, COUNT(*) FROM ivoa.obscore GROUP BY target_name",
           list(collections.Counter(r["target_name"] for r in rows).items()), False)
    yield ("HAVING without GROUP BY", "SELECT MAX(calib_level) FROM ivoa.obscore HAVING COUNT(*) > 10",
           [(3,)], True)


def joins(world):
    rows, stars = world.rows, world.stars
    near = [(s["name"], r[DID]) for s in stars for r in rows
            if (world.distance(r, s["ra"], s["dec"]) or 999) < 0.4]
    on = "DISTANCE(o.s_ra, o.s_dec, s.ra, s.dec) < 0.4"
    contains = "1 = CONTAINS(POINT(o.s_ra, o.s_dec), CIRCLE(s.ra, s.dec, 0.4))"
    both = "SELECT s.name, o.obs_publisher_did FROM"
    for text in (f"TAP_UPLOAD.stars s JOIN ivoa.obscore o ON {on}", f"ivoa.obscore o, TAP_UPLOAD.stars s "
                 f"WHERE {contains}", f"ivoa.obscore AS o JOIN tap_upload.stars AS s ON {contains}",
                 f"ivoa.obscore o CROSS JOIN TAP_UPLOAD.stars s WHERE NOT ({on.replace('<', '>=')})"):
        yield f"cross match {text[:30]}", f"{both} {text}", near, False
    lonely = [(s["name"], None) for s in stars if not any(
        (world.distance(r, s["ra"], s["dec"]) or 999) < 0.4 for r in rows)]
    yield "LEFT JOIN by place", f"{both} TAP_UPLOAD.stars s LEFT JOIN ivoa.obscore o ON {on}", near + lonely, False
    covered = [(s["name"], r[DID]) for s in stars for r in rows if world.in_region(r, s["ra"], s["dec"])]
    yield ("points in regions", f"{both} TAP_UPLOAD.stars s, ivoa.obscore o WHERE 1 = CONTAINS(POINT(s.ra, "
           "s.dec), o.s_region)", covered, False)
    yield ("EXISTS by place", "SELECT s.ra FROM TAP_UPLOAD.stars s WHERE EXISTS (SELECT 1 FROM ivoa.obscore o "
           f"WHERE {on} AND o.calib_level = 3)", [(s["ra"],) for s in stars if any(
               (world.distance(r, s["ra"], s["dec"]) or 999) < 0.4 and r["calib_level"] == 3
               for r in rows)], False)
    ids = collections.defaultdict(list)
    for row in rows:
        ids[row["obs_id"]].append(row)
    matched = [(s["obs_id"], r[DID], s["name"]) for s in stars for r in ids[s["obs_id"]]]
    loose = [(s["obs_id"], None, s["name"]) for s in stars if not ids[s["obs_id"]]]
    three = "SELECT obs_id, o.obs_publisher_did, s.name FROM"
    for text in ("NATURAL JOIN", "INNER JOIN"):
        using = " USING (obs_id)" if text[0] == "I" else ""
        yield text, f"{three} ivoa.obscore o {text} TAP_UPLOAD.stars s{using}", matched, False
    yield ("RIGHT JOIN", f"{three} ivoa.obscore o RIGHT OUTER JOIN TAP_UPLOAD.stars s USING (obs_id)",
           matched + loose, False)
    wanted = {s["obs_id"] for s in stars}
    rest = [(r["obs_id"], r[DID], None) for r in rows if r["obs_id"] not in wanted]
    yield ("FULL JOIN", f"{three} ivoa.obscore o FULL JOIN TAP_UPLOAD.stars s USING (obs_id)",
           matched + loose + rest, False)
    yield ("LEFT JOIN, and a condition", f"{three} ivoa.obscore o LEFT JOIN TAP_UPLOAD.stars s USING (obs_id) "
           "WHERE s.name IS NULL", rest, False)
    yield ("IN a query", ALL + "obs_id IN (SELECT obs_id FROM TAP_UPLOAD.stars WHERE \"size\" > 1)",
           [(r[DID],) for r in rows if r["obs_id"] in {s["obs_id"] for s in stars if s["size"] > 1}], False)
    yield ("NOT EXISTS", ALL[:-6] + "o WHERE NOT EXISTS (SELECT * FROM TAP_UPLOAD.stars s WHERE s.obs_id = "
           "o.obs_id)", [(r[DID],) for r in rows if r["obs_id"] not in wanted], False)
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in ids.values())
    yield ("self join", "SELECT COUNT(*) FROM ivoa.obscore a JOIN ivoa.obscore b ON a.obs_id = b.obs_id AND "
           "a.obs_publisher_did < b.obs_publisher_did", [(pairs,)], True)
    yield ("WITH, twice", "WITH big AS (SELECT obs_publisher_did, s_fov, s_region FROM ivoa.obscore WHERE s_fov "
           "> 5) SELECT COUNT(*) FROM big a, big b WHERE a.s_fov < b.s_fov",
           [(sum(a < b for a in sizes(rows) for b in sizes(rows)),)], True)
    yield ("a region through WITH", "WITH big AS (SELECT obs_publisher_did, s_region AS reg FROM ivoa.obscore "
           "WHERE s_fov > 5) SELECT obs_publisher_did FROM big WHERE 1 = CONTAINS(POINT(0, 10), reg)",
           found(world, lambda r: r["s_fov"] is not None and r["s_fov"] > 5 and world.in_region(r, 0, 10)),
           False)
    yield ("ORDER BY and TOP in a query of FROM", "SELECT COUNT(*) FROM (SELECT TOP 10 s_ra FROM ivoa.obscore "
           "WHERE s_ra IS NOT NULL ORDER BY s_ra) t", [(10,)], True)


def sizes(rows):
    return [row["s_fov"] for row in rows if row["s_fov"] is not None and row["s_fov"] > 5]


def units(world):
    for column, unit, factor in (("s_fov", "arcmin", 60), ("t_exptime", "d", 1 / 86400),
                                 ("em_min", "nm", 1e9), ("s_ra", "rad", math.pi / 180)):
        yield (f"IN_UNIT {unit}", f"SELECT {DID}, IN_UNIT({column}, '{unit}') FROM ivoa.obscore",
               [(row[DID], None if row[column] is None else row[column] * factor) for row in world.rows],
               False)


def every(world):
    for part in (places, constants, nulls, patterns, times, orders, sets, delimited, groups, joins, units):
        yield from part(world)
