"""Questions to SIA, and which rows satisfy them by the text of SIA 2.0 (section 2.1): each row by
itself, from what `sodactl export --format csv` says of it."""

import csv
import functools
import io
import math

import sphere
from catalogue import STATES, offset, place, ring, size

OVERLAPS = {"BAND": ("em_min", "em_max"), "TIME": ("t_min", "t_max")}
CONTAINS = {"FOV": "s_fov", "SPATRES": "s_resolution", "SPECRP": "em_res_power",
            "EXPTIME": "t_exptime", "TIMERES": "t_resolution"}
EQUALS = {"COLLECTION": "obs_collection", "FACILITY": "facility_name",
          "INSTRUMENT": "instrument_name", "TARGET": "target_name", "FORMAT": "access_format",
          "DPTYPE": "dataproduct_type"}
KINDS = ["image", "cube"]  # what SIA serves
NUMBERS = {"s_ra", "s_dec", "calib_level", *CONTAINS.values(),
           *(column for columns in OVERLAPS.values() for column in columns)}


# ---- judging

def read(exported):
    """Rows of a catalogue in CSV; None for NULL, which is an empty cell."""
    return [{name: None if text == "" else float(text) if name in NUMBERS else text
             for name, text in row.items()}
            for row in csv.DictReader(io.StringIO(exported, newline=""))]


@functools.cache
def region(text):
    shape, = sphere.shapes(text)
    return shape


def interval(text):
    ends = [float(word) for word in text.split()]
    return ends[0], ends[-1]


class Archive:
    """Rows with their outlines."""

    def __init__(self, exported):
        self.rows = read(exported)
        self.outlines = {row["obs_publisher_did"]: sphere.shapes(row["s_region"] or "")
                         for row in self.rows}

    def satisfied(self, name, value, row):
        """One value of one parameter; a NULL satisfies nothing."""
        if name == "POS":
            asked = region(value)
            return any(asked.meets(part) for part in self.outlines[row["obs_publisher_did"]])
        if name in OVERLAPS:
            lo, hi = (row[column] for column in OVERLAPS[name])
            asked = interval(value)
            return lo is not None and hi is not None and lo <= asked[1] and asked[0] <= hi
        if name in CONTAINS:
            there, asked = row[CONTAINS[name]], interval(value)
            return there is not None and asked[0] <= there <= asked[1]
        if name == "ID":
            return row["obs_publisher_did"].lower() == value.lower()
        if name == "POL":
            return value in (row["pol_states"] or "").split("/")
        if name == "CALIB":
            return row["calib_level"] == int(value)
        return row[EQUALS[name]] == value

    def matches(self, question):
        """The identifiers of the rows that satisfy one value of each parameter; `question`: name ->
        values. The service has images and cubes only."""
        question = {"DPTYPE": KINDS, **question}
        # What costs little first.
        order = sorted(question.items(), key=lambda item: item[0] == "POS")
        return {row["obs_publisher_did"] for row in self.rows
                if all(any(self.satisfied(name, value, row) for value in values)
                       for name, values in order)}


# ---- asking

def position(random, row):
    """A region about a row's place or anywhere; sizes as of the row, or any."""
    radius = size(random)
    if row["s_ra"] is None or random.random() < 0.3:
        lon, lat = place(random)
    else:
        radius = min((row["s_fov"] or 1) * 10 ** random.gauss(-0.5, 0.5), 80)
        lon, lat = offset(row["s_ra"], row["s_dec"], random.uniform(0, 360),
                          min((radius + (row["s_fov"] or 1) / 2) * random.uniform(0, 1.6), 170))
    kind = random.random()
    if kind < 0.4:
        if random.random() < 0.05:
            radius = random.uniform(80, 180)
        return f"CIRCLE {lon!r} {lat!r} {radius!r}"
    if kind < 0.7:
        return f"POLYGON {ring(random, lon, lat, radius)}"
    height, width = radius, min(radius / max(math.cos(math.radians(lat)), 1e-3), 179.0)
    south, north = max(lat - height, -90.0), min(lat + height, 90.0)
    return random.choice((
        f"RANGE {(lon - width) % 360!r} {(lon + width) % 360!r} {south!r} {north!r}",
        f"RANGE {(lon - width) % 360!r} {(lon + width) % 360!r} {south!r} {north!r}",
        f"RANGE 0 360 {south!r} {north!r}", f"RANGE -Inf +Inf {south!r} {north!r}",
        f"RANGE {(lon - width) % 360!r} {(lon + width) % 360!r} {south!r} +Inf"))


def about(random, lo, hi):
    """An interval, or a number, that may hold or touch lo … hi."""
    if lo is None or hi is None:
        return random.choice(("-Inf +Inf", "-Inf 1", "0 +Inf"))
    width = (hi - lo) or abs(lo) or 1.0
    start = lo + width * random.uniform(-1.5, 1.5)
    return random.choice((f"{start!r} {start + width * random.uniform(0, 1)!r}", f"{lo!r}",
                          f"{start!r}", f"{hi!r} +Inf", f"-Inf {start!r}", f"{start!r} {start!r}"))


def value_of(random, name, row):
    """A value that the row may satisfy."""
    if name == "POS":
        return position(random, row)
    if name in OVERLAPS:
        return about(random, *(row[column] for column in OVERLAPS[name]))
    if name in CONTAINS:
        return about(random, row[CONTAINS[name]], row[CONTAINS[name]])
    if name == "ID":
        identifier = row["obs_publisher_did"]
        return random.choice((identifier, identifier.upper(), identifier.swapcase(),
                              identifier + "x"))
    if name == "POL":
        return random.choice([state for state in (row["pol_states"] or "").split("/")
                              if state in STATES] or STATES)
    if name == "DPTYPE":
        return random.choice(KINDS)
    if name == "CALIB":
        return str(int(row["calib_level"]))
    there = row[EQUALS[name]]
    return random.choice((there, there, there, there.swapcase(), there[:-1])) if there else "none"


NAMES = ["POS", *OVERLAPS, *CONTAINS, "ID", "POL", "CALIB", *EQUALS]


def question(random, rows):
    """name -> values, of one to four parameters, each of one to three values; a third asks for
    places alone. Most are taken from one row, that conditions may be satisfied together."""
    row = random.choice(rows)
    names = random.sample(NAMES, random.choice((1, 1, 2, 2, 3, 4)))
    if random.random() < 0.35:
        names = ["POS"]
    elif "POS" not in names and random.random() < 0.3:
        names[0] = "POS"
    asked = {}
    for name in names:
        values = [value_of(random, name, row)]
        values += [value_of(random, name, random.choice(rows))
                   for _ in range(random.choice((0, 0, 1, 2)))]
        asked[name] = [value for value in values if value]
    return {name: values for name, values in asked.items() if values}
