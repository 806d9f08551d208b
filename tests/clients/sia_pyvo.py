"""pyvo finds the service from the site's base URL and searches with every parameter that it has."""

import io

import numpy
import pyvo
from astropy import units
from astropy.io import fits
from astropy.time import Time
from pyvo.dal import sia2

import ask
import vocabulary


def days(mjd):
    return Time(mjd, format="mjd", scale="utc")


# pyvo's keyword, its value, and the same as SIA's parameter and values. Of several calibration
# levels or targets pyvo 1.2 sends the last one only: one of each.
SEARCHES = [
    ("pos", (83.0, 22.0, 1.5), "POS", ["CIRCLE 83 22 1.5"]),
    ("pos", (80.0, 85.0, 20.0, 21.0) * units.deg, "POS", ["RANGE 80 85 20 21"]),
    ("pos", (80.0, 20.0, 84.0, 20.0, 82.0, 25.0), "POS", ["POLYGON 80 20 84 20 82 25"]),
    ("pos", [(83.0, 22.0, 0.2), (150.1, 2.2, 0.001), (0.5, -30.0, 20.0)], "POS",
     ["CIRCLE 83 22 0.2", "CIRCLE 150.1 2.2 0.001", "CIRCLE 0.5 -30 20"]),
    ("band", (3e-7, 9e-7), "BAND", ["3e-7 9e-7"]),
    ("band", 6e-7, "BAND", ["6e-7"]),
    ("band", (float("-inf"), 1e-7), "BAND", ["-Inf 1e-7"]),
    ("band", [(1e-3, float("inf")), 6e-7], "BAND", ["1e-3 +Inf", "6e-7"]),
    ("time", (days(58850.0), days(58851.0)), "TIME", ["58850 58851"]),
    ("time", [days(58850.128), (days(55000.0), days(55100.0))], "TIME",
     ["58850.128", "55000 55100"]),
    ("pol", "Q", "POL", ["Q"]),
    ("pol", ["YX", "POLA"], "POL", ["YX", "POLA"]),
    ("field_of_view", (0.01, 0.1), "FOV", ["0.01 0.1"]),
    ("field_of_view", [(10.0, float("inf")), (0.0, 0.02)], "FOV", ["10 +Inf", "0 0.02"]),
    ("spatial_resolution", (0.1, 1.0), "SPATRES", ["0.1 1"]),
    ("spatial_resolution", 1.0, "SPATRES", ["1"]),
    ("spectral_resolving_power", (100.0, 1000.0), "SPECRP", ["100 1000"]),
    ("exptime", (30.0, 90.0), "EXPTIME", ["30 90"]),
    ("exptime", 60.0, "EXPTIME", ["60"]),
    ("timeres", (0.0, 10.0), "TIMERES", ["0 10"]),
    ("publisher_did", "ivo://test.example/default?tan_float.fits", "ID",
     ["ivo://test.example/default?tan_float.fits"]),
    ("publisher_did", ["IVO://TEST.EXAMPLE/CAT?ROW7", "ivo://test.example/Cat?Row8"], "ID",
     ["IVO://TEST.EXAMPLE/CAT?ROW7", "ivo://test.example/Cat?Row8"]),
    ("facility", "Synthetic 1m", "FACILITY", ["Synthetic 1m"]),
    ("collection", ["dr1", "DR2"], "COLLECTION", ["dr1", "DR2"]),
    ("instrument", "cam", "INSTRUMENT", ["cam"]),
    ("data_type", "cube", "DPTYPE", ["cube"]),
    ("data_type", ["image", "cube"], "DPTYPE", ["image", "cube"]),
    ("calib_level", 3, "CALIB", ["3"]),
    ("target_name", "M 31", "TARGET", ["M 31"]),
    ("target_name", "\N{GREEK SMALL LETTER ALPHA} Cen", "TARGET",
     ["\N{GREEK SMALL LETTER ALPHA} Cen"]),
    ("target_name", "NGC 1+2", "TARGET", ["NGC 1+2"]),
    ("res_format", "image/fits", "FORMAT", ["image/fits"]),
    ("res_format", ["application/fits", "application/x-votable+xml;content=datalink"], "FORMAT",
     ["application/fits", "application/x-votable+xml;content=datalink"]),
]
EVERY = {"pos", "band", "time", "pol", "field_of_view", "spatial_resolution",
         "spectral_resolving_power", "exptime", "timeres", "publisher_did", "facility",
         "collection", "instrument", "data_type", "calib_level", "target_name", "res_format"}


def identifiers(results):
    return [str(name) for name in results.to_table()["obs_publisher_did"]]


def search_cases(service, archive):
    told = EVERY - {keyword for keyword, *_ in SEARCHES}
    yield "pyvo every keyword is tried", [f"{keyword} is not" for keyword in sorted(told)]
    for keyword, value, name, values in SEARCHES:
        label = f"pyvo {keyword} {'|'.join(values)}"
        expected = archive.matches({name: values})
        try:
            results = service.search(**{keyword: value}, MAXREC="1000000")
            problems = ask.different(identifiers(results), expected)
        except pyvo.DALAccessError as error:
            problems = [f"pyvo raises {error}"]
        yield label, problems or ([] if expected else ["the archive has nothing for this search"])
    expected = archive.matches({"POS": ["CIRCLE 83 22 3"], "CALIB": ["2"], "COLLECTION": ["DR1"]})
    results = service.search(pos=(83.0, 22.0, 3.0), calib_level=2, collection="DR1")
    yield "pyvo three at once", ask.different(identifiers(results), expected)


def limit_cases(service, archive):
    results = service.search(maxrec=7)
    problems = [] if len(results) == 7 else [f"{len(results)} rows"]
    marks = [info.value for info in results.votable.resources[0].infos
             if info.name == "QUERY_STATUS"]
    yield "pyvo maxrec", problems + ([] if marks[-1] == "OVERFLOW" else [f"marks {marks}"])
    whole = identifiers(service.search(maxrec=1000000))
    yield "pyvo everything", ask.different(whole, archive.matches({}))
    empty = service.search(target_name="no such target")
    yield "pyvo nothing found", [] if len(empty) == 0 and "s_ra" in empty.fieldnames else [
        f"{len(empty)} rows, columns {empty.fieldnames}"]
    try:
        service.search(POS="CIRCLE 1 2")
        yield "pyvo error", ["a bad POS raised nothing"]
    except pyvo.DALQueryError as error:
        yield "pyvo error", [] if "UsageFault: POS" in str(error) else [f"it says {error}"]


def data_cases(service):
    """From the answer on to the data: the whole file, and a cutout by the SODA descriptor."""
    name = "ivo://test.example/default?tan_float.fits"
    record = service.search(publisher_did=name)[0]
    whole = fits.open(io.BytesIO(record.getdataset().read()))
    shape = whole[0].shape
    yield "pyvo getdataset", [] if shape == (record["s_xel2"], record["s_xel1"]) else [
        f"the image has the shape {shape}"]
    circle = (float(record["s_ra"]), float(record["s_dec"]), 0.002) * units.deg
    cut = fits.open(io.BytesIO(record.processed(circle=circle).read()))[0]
    problems = [] if cut.data.size < numpy.prod(shape) else ["the cutout is not smaller"]
    # A circle of 0.002 degrees in pixels of one arcsecond is 14.4 pixels across.
    if not all(14 <= length <= 17 for length in cut.data.shape):
        problems.append(f"the cutout has the shape {cut.data.shape}")
    yield "pyvo cutout of a found image", problems


def cases(url, archive):
    vocabulary.install()
    service = sia2.SIAService(url)
    yield "pyvo finds the query by capabilities", [] if service.query_ep == f"{url}/sia" else [
        f"it found {service.query_ep}"]
    beside = sia2.SIAService(f"{url}/sia")
    yield "pyvo finds the query from itself", [] if beside.query_ep == f"{url}/sia" else [
        f"it found {beside.query_ep}"]
    yield "pyvo availability", [] if service.available else ["it is not available"]
    yield from search_cases(service, archive)
    yield from limit_cases(service, archive)
    yield from data_cases(service)
