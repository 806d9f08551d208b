"""The rows that adql.py asks for: an archive with columns of its own, as the Rubin Observatory has
them, and an upload; both with NULLs, letter case that matters, places at the poles and about 0 h."""

import csv
import math
import random

SEED, COUNT = 1815, 600
OWN = [("dataproduct_subtype", "text"), ("lsst_visit", "integer"), ("lsst_detector", "integer"),
       ("lsst_tract", "integer"), ("lsst_patch", "integer"), ("lsst_band", "text"),
       ("lsst_filter", "text")]
NUMBERS = {"calib_level": int, "s_ra": float, "s_dec": float, "s_fov": float, "t_min": float,
           "t_max": float, "t_exptime": float, "em_min": float, "em_max": float, "s_xel1": int,
           **{name: int for name, kind in OWN if kind == "integer"}}
NAMES = ["obs_publisher_did", "obs_id", "calib_level", "obs_collection", "dataproduct_type",
         "target_name", "facility_name", "instrument_name", "access_format", "s_ra", "s_dec",
         "s_fov", "s_region", "s_xel1", "t_min", "t_max", "t_exptime", "em_min", "em_max",
         "obs_release_date"] + [name for name, _ in OWN]
TARGETS = ["M31", "m31", "M 31", "M33", "100% pure", "a_b", "a*b", "[x]", "it's", "NGC 253",
           "ngc 253", "\N{GREEK SMALL LETTER ALPHA} Cen"]
BANDS = {"u": (3.2e-7, 4.1e-7), "g": (4.0e-7, 5.5e-7), "r": (5.5e-7, 6.9e-7),
         "i": (6.9e-7, 8.2e-7), "z": (8.2e-7, 9.2e-7), "y": (9.2e-7, 1.05e-6)}
# Where the notebooks ask.
FIELDS = [(62.0, -37.0), (53.0, -28.0), (59.1, -48.73), (6.128, -72.09)]
SETTINGS = "".join(f'[[column]]\nname = "{name}"\ntype = "{kind}"\n' for name, kind in OWN)


def place(source):
    kind = source.random()
    if kind < 0.15:
        return source.uniform(0, 360), source.choice((-1, 1)) * (90 - source.uniform(0, 3))
    if kind < 0.35:
        return source.uniform(-2, 2) % 360, source.uniform(-40, 40)
    if kind < 0.6:
        lon, lat = source.choice(FIELDS)
        return lon + source.gauss(0, 0.4), lat + source.gauss(0, 0.3)
    return source.uniform(0, 360), math.degrees(math.asin(source.uniform(-1, 1)))


def row(source, number):
    lon, lat = place(source)
    radius = 10 ** source.uniform(-2, 0.7)
    band = source.choice("ugrizy")
    level = source.choice((1, 2, 2, 3, 3))
    coadd = level == 3
    cells = {
        "obs_publisher_did": f"ivo://test.example/Cat?Row{number}", "obs_id": f"o{number // 3}",
        "calib_level": level,
        "obs_collection": source.choice(("LSST.DP02", "LSST.DP1", "LSST.DP1", "LSST.DP2")),
        "dataproduct_type": source.choice(("image", "image", "image", "cube")),
        "target_name": source.choice(TARGETS), "facility_name": "Rubin:Simonyi",
        "instrument_name": source.choice(("LSSTComCam", "LSSTCam")), "access_format": "image/fits",
        "s_ra": lon, "s_dec": lat, "s_fov": 2 * radius,
        "s_region": f"Circle ICRS {lon!r} {lat!r} {radius!r}", "s_xel1": source.randint(-5, 4096),
        "t_min": 60900 + source.randint(0, 200) / 4, "t_max": 60951 + source.randint(0, 200) / 4,
        "t_exptime": source.choice((15.0, 30.0, 45.5)),
        "em_min": BANDS[band][0], "em_max": BANDS[band][1],
        "obs_release_date": source.choice(("2020-01-01T00:00:00", "2020-06-01T12:30:00",
                                           "2021-01-01T00:00:00")),
        "dataproduct_subtype": source.choice(("lsst.deep_coadd", "lsst.deepCoadd_calexp"))
                               if coadd else source.choice(("lsst.calexp", "lsst.visit_image")),
        "lsst_visit": None if coadd else 2024110000000 + source.randint(1, 9),
        "lsst_detector": None if coadd else source.randint(0, 8),
        "lsst_tract": source.choice((2394, 3831, 4431)) if coadd else None,
        "lsst_patch": source.randint(20, 30) if coadd else None,
        "lsst_band": band, "lsst_filter": f"{band}_0{source.randint(1, 3)}",
    }
    for name in ("target_name", "t_min", "t_exptime", "s_xel1", "obs_release_date"):
        if source.random() < 0.15:
            cells[name] = None
    if source.random() < 0.05:
        for name in ("s_ra", "s_dec", "s_fov", "s_region"):
            cells[name] = None
    return cells


# So that each notebook finds something: what the rows about the fields have in common.
FOUND = [
    {"obs_collection": "LSST.DP1", "calib_level": 3, "dataproduct_subtype": "lsst.deep_coadd",
     "instrument_name": "LSSTComCam", "lsst_band": "r", "lsst_visit": None, "lsst_detector": None},
    {"obs_collection": "LSST.DP2", "calib_level": 3, "dataproduct_subtype": "lsst.deep_coadd",
     "lsst_band": "r", "lsst_visit": None, "lsst_detector": None},
    {"obs_collection": "LSST.DP02", "calib_level": 2, "dataproduct_subtype": "lsst.calexp",
     "lsst_band": "i", "lsst_visit": 2024110000005, "lsst_detector": 3, "lsst_tract": None,
     "lsst_patch": None},
]


def archive():
    source = random.Random(SEED)
    rows = [row(source, number) for number in range(COUNT)]
    for lon, lat in FIELDS:
        for shared in FOUND:
            cells = row(source, len(rows))
            lon_of, lat_of = lon + source.uniform(-0.1, 0.1), lat + source.uniform(-0.1, 0.1)
            cells.update(shared, dataproduct_type="image", s_ra=lon_of, s_dec=lat_of, s_fov=1.5,
                         s_region=f"Circle ICRS {lon_of!r} {lat_of!r} 0.75")
            cells["em_min"], cells["em_max"] = BANDS[cells["lsst_band"]]
            rows.append(cells)
    return rows


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        for each in rows:
            writer.writerow({name: "" if value is None else repr(value)
                             if isinstance(value, float) else value
                             for name, value in each.items()})


def stars(rows):
    """Columns of the upload and its rows: places near those of the archive, and elsewhere."""
    source = random.Random(SEED + 1)
    placed = [each for each in rows if each["s_ra"] is not None]
    found = []
    for number in range(40):
        near = source.choice(placed)
        lon = (near["s_ra"] + source.uniform(-0.5, 0.5)) % 360
        lat = max(-90.0, min(90.0, near["s_dec"] + source.uniform(-0.5, 0.5)))
        found.append({"name": f"s{number % 35}", "ra": lon, "dec": lat,
                      "Mag": source.choice((None, 12.5, 13.0, 14.25)), "size": number % 4,
                      "obs_id": f"o{source.randint(0, 250)}"})
    return found


STAR_FIELDS = [("name", 'datatype="char" arraysize="*"'), ("ra", 'datatype="double" unit="deg"'),
               ("dec", 'datatype="double" unit="deg"'), ("Mag", 'datatype="double" unit="mag"'),
               ("size", 'datatype="int"'), ("obs_id", 'datatype="char" arraysize="*"')]


def star_votable(found):
    fields = "".join(f'<FIELD name="{name}" {more}/>' for name, more in STAR_FIELDS)
    cells = "".join("<TR>" + "".join(f"<TD>{'' if star[name] is None else star[name]!s}</TD>"
                                     for name, _ in STAR_FIELDS) + "</TR>" for star in found)
    return ('<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
            f"{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>")
