"""A catalogue of random ObsCore rows for searches: everywhere on the sky and of every size, with
NULLs, names that differ in one letter's case, polarisation, unions, outlines in DALI's words."""

import csv
import math

STATES = "I Q U V RR LL RL LR XX YY XY YX POLI POLA".split()
TARGETS = ["M 31", "m 31", "M31", "\N{GREEK SMALL LETTER ALPHA} Cen", "a,b", 'the "Sombrero"',
           "R&D <1>", "100%", "NGC 1+2", "it's"]
NAMES = ["obs_publisher_did", "obs_id", "calib_level", "obs_collection", "dataproduct_type",
         "access_format", "access_url", "target_name", "facility_name", "instrument_name", "s_ra",
         "s_dec", "s_fov", "s_region", "s_resolution", "t_min", "t_max", "t_exptime",
         "t_resolution", "em_min", "em_max", "em_res_power", "pol_states"]


def place(random):
    """Longitude and latitude; some about a pole, some about 0 h, and many close together."""
    kind = random.random()
    if kind < 0.1:
        return random.uniform(0, 360), random.choice((-1, 1)) * (90 - random.uniform(0, 2))
    if kind < 0.2:
        return random.uniform(-1, 1) % 360, random.uniform(-60, 60)
    if kind < 0.6:
        return random.gauss(83, 2) % 360, random.gauss(22, 2)
    return random.uniform(0, 360), math.degrees(math.asin(random.uniform(-1, 1)))


def offset(lon, lat, bearing, distance):
    """Where one comes to along a great circle; all in degrees."""
    lat, bearing, distance = map(math.radians, (lat, bearing, distance))
    there = math.asin(math.sin(lat) * math.cos(distance)
                      + math.cos(lat) * math.sin(distance) * math.cos(bearing))
    east = math.atan2(math.sin(bearing) * math.sin(distance) * math.cos(lat),
                      math.cos(distance) - math.sin(lat) * math.sin(there))
    return (lon + math.degrees(east)) % 360, math.degrees(there)


def ring(random, lon, lat, radius):
    """The numbers of a polygon about a place, of either winding; not always convex."""
    count = random.choice((3, 4, 4, 4, 5, 9))
    turn, way = random.uniform(0, 360), random.choice((-1, 1))
    numbers = []
    for k in range(count):
        numbers += offset(lon, lat, turn + way * 360 * k / count,
                          radius * (random.uniform(0.5, 1) if count > 4 else 1))
    return " ".join(f"{number:.10f}" for number in numbers)


def size(random):
    """From arcseconds to most of the sky, in degrees."""
    return min(10 ** random.gauss(-0.7, 1.0), 80.0)


def outline(random, lon, lat, radius):
    kind = random.random()
    if kind < 0.15:
        return f"Circle ICRS {lon:.10f} {lat:.10f} {radius:.10f}"
    if kind < 0.3:
        return f"polygon {ring(random, lon, lat, radius)}"
    if kind < 0.4:
        there = offset(lon, lat, random.uniform(0, 360), min(3 * radius, 90))
        return (f"Union ICRS (Polygon {ring(random, lon, lat, radius)} "
                f"Circle {there[0]:.10f} {there[1]:.10f} {radius:.10f})")
    return f"Polygon ICRS {ring(random, lon, lat, radius)}"


def row(random, number):
    lon, lat = place(random)
    radius = size(random)
    start, wave = random.uniform(50000, 60000), 10 ** random.uniform(-8, 0)
    states = random.sample(STATES, random.randint(1, 4))
    cells = {
        "target_name": random.choice(TARGETS), "facility_name": random.choice(("Alpha", "Beta")),
        "instrument_name": random.choice(("Cam", "cam", "Spec")),
        "s_ra": repr(lon), "s_dec": repr(lat), "s_fov": repr(2 * radius),
        "s_region": outline(random, lon, lat, radius),
        "s_resolution": repr(random.choice((0.1, 1.0, random.uniform(0, 60)))),
        "t_min": repr(start), "t_max": repr(start + 10 ** random.uniform(-5, 3)),
        "t_exptime": repr(random.choice((60.0, random.uniform(1, 5000)))),
        "t_resolution": repr(random.uniform(0, 100)),
        "em_min": repr(wave), "em_max": repr(wave * random.uniform(1, 2)),
        "em_res_power": repr(10 ** random.uniform(0, 5)), "pol_states": f"/{'/'.join(states)}/",
    }
    for name in cells:
        # Where s_region is missing, import makes a circle of the others: they go with it.
        if random.random() < 0.15 and name not in ("s_ra", "s_dec", "s_fov", "s_region"):
            cells[name] = ""
    if random.random() < 0.1:
        for name in ("s_ra", "s_dec", "s_fov", "s_region"):
            cells[name] = ""
    cells.update(obs_publisher_did=f"ivo://test.example/Cat?Row{number}", obs_id=f"o{number // 2}",
                 calib_level=random.randint(0, 4),
                 obs_collection=random.choice(("DR1", "DR2", "dr1")),
                 dataproduct_type=random.choice(("image", "image", "cube", "spectrum")),
                 access_url=f"http://data.example/{number}?a=1&b=<2>",
                 access_format=random.choice(("image/fits", "application/fits",
                                              "application/x-votable+xml;content=datalink")))
    return cells


def write(path, random, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        writer.writerows(row(random, number) for number in range(rows))
