#!/usr/bin/python3
"""Pictures against astropy.visualization: grey levels within one of ZScaleInterval, PercentileInterval and the
stretches on the same pixels; colours, gaps, sizes, orientation, and three images registered as red, green and blue.

    pictures.py [--build DIR] [--data FOLDER…]

Images of its own; those of FOLDER, or of the folder named by SODA_REFERENCE_DATA, in their own size.
"""

import argparse
import fnmatch
import io
import json
import os
import pathlib
import re
import sys
import tempfile
import warnings

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from astropy import visualization as look  # noqa: E402
from astropy.coordinates import SkyCoord  # noqa: E402
from astropy.io import fits  # noqa: E402
from astropy.wcs import WCS  # noqa: E402
from PIL import Image  # noqa: E402

import harness  # noqa: E402

LONGEST = 1024  # of a picture without SIZE
STRETCHES = {"linear": look.LinearStretch(), "log": look.LogStretch(), "sqrt": look.SqrtStretch(),
             "asinh": look.AsinhStretch()}
# Some colours of matplotlib 3.6.
MAPS = {
    "viridis": {0: (68, 1, 84), 1: (68, 2, 86), 37: (70, 51, 127), 64: (59, 82, 139), 100: (42, 118, 142),
                128: (33, 145, 140), 150: (33, 165, 133), 191: (92, 200, 99), 200: (112, 207, 87),
                230: (189, 223, 38), 254: (251, 231, 35), 255: (253, 231, 37)},
    "inferno": {0: (0, 0, 4), 1: (1, 0, 5), 37: (41, 11, 85), 64: (87, 16, 110), 100: (144, 37, 104),
                128: (188, 55, 84), 150: (217, 77, 61), 191: (249, 140, 10), 200: (251, 157, 7),
                230: (246, 215, 70), 254: (250, 253, 161), 255: (252, 255, 164)},
}


# ---- what a picture must be

def plane_of(hdu):
    """The plane that a picture shows: celestial axes, first polarisation, middle of the rest."""
    data = np.asarray(hdu.data)
    if data.dtype.kind in "iu" and "BLANK" in hdu.header and "BZERO" not in hdu.header:
        data = np.where(data == hdu.header["BLANK"], np.nan, data.astype(float))
    data = data.astype(float)
    if data.ndim == 1:
        return data[None, :]
    axes, states = (0, 1), set()
    try:
        wcs = WCS(hdu.header)
        if wcs.wcs.lng >= 0 and wcs.wcs.lat >= 0:
            axes = tuple(sorted((wcs.wcs.lng, wcs.wcs.lat)))
        states = {i for i, axis in enumerate(wcs.get_axis_types())
                  if axis["coordinate_type"] == "stokes"}
    except Exception:  # a header that astropy refuses: the first two axes
        pass
    index = []
    for axis in range(data.ndim):
        length = data.shape[data.ndim - 1 - axis]
        index.insert(0, slice(None) if axis in axes else 0 if axis in states else (length - 1) // 2)
    return data[tuple(index)]


def reduced(plane, size):
    """Means of the finite values of blocks; never more pixels than there are."""
    height, width = plane.shape
    longest = max(plane.shape)
    if size >= longest:
        return plane
    out = [max(1, int(np.floor(side * size / longest + 0.5))) for side in (height, width)]
    finite = np.isfinite(plane)

    def added(values):
        for axis in (0, 1):
            starts = np.arange(out[axis]) * plane.shape[axis] // out[axis]
            values = np.add.reduceat(values, starts, axis=axis)
        return values
    with np.errstate(invalid="ignore", divide="ignore"):
        means = added(np.where(finite, plane, 0)) / added(finite.astype(float))
        endless = added(np.where(np.isinf(plane), plane, 0))
    return np.where(np.isnan(means) & np.isinf(endless), endless, means)


def levels(plane, wanted):
    """0…1 for each value, NaN where there is none: as astropy makes it."""
    values = plane[np.isfinite(plane)]
    if values.size == 0:
        return np.full(plane.shape, np.nan)
    stretch = wanted.get("STRETCH", "asinh")
    if "PERCENTILE" in wanted:
        numbers = [float(number) for number in wanted["PERCENTILE"].split()]
        interval = (look.PercentileInterval(*numbers) if len(numbers) == 1
                    else look.AsymmetricPercentileInterval(*numbers))
    elif stretch == "histogram":
        interval = look.MinMaxInterval()
    else:
        interval = look.ZScaleInterval()
    low, high = interval.get_limits(values)
    low, high = float(wanted.get("MIN", low)), float(wanted.get("MAX", high))
    # Limits that leave nothing between them: astropy would turn the picture into its negative.
    scaled = np.clip((plane - low) / (high - low if high > low else 1), 0, 1)
    if stretch == "histogram":
        if values.min() == values.max():
            return np.where(np.isnan(plane), np.nan, 0)
        return np.where(np.isnan(plane), np.nan, look.HistEqStretch(values)(scaled))
    return np.where(np.isnan(plane), np.nan, STRETCHES[stretch](scaled))


def enlarged(plane, size):
    longest = max(plane.shape)
    if size <= longest:
        return plane
    index = []
    for side in plane.shape:
        count = max(1, int(np.floor(side * size / longest + 0.5)))
        index.append((2 * np.arange(count) + 1) * side // (2 * count))
    return plane[np.ix_(*index)]


def expected(plane, wanted):
    size = int(wanted.get("SIZE", LONGEST))
    grey = levels(reduced(plane, size), wanted)
    if wanted.get("INVERT") == "true":
        grey = 1 - grey
    if "SIZE" in wanted:
        grey = enlarged(grey, size)
    return np.flipud(grey)


def compare(answer, grey, tolerance=1):
    if answer.status != 200:
        return [f"status {answer.status}: {answer.body[:100]!r}"]
    picture = Image.open(io.BytesIO(answer.body))
    if picture.size != (grey.shape[1], grey.shape[0]):
        return [f"{picture.size} pixels, expected {grey.shape[1]} × {grey.shape[0]}"]
    if picture.mode != "L":
        return [f"mode {picture.mode}"]
    shown = np.asarray(picture.convert("LA")).astype(int)
    problems = []
    gaps = np.isnan(grey)
    if picture.format == "PNG" and not np.array_equal(shown[..., 1] == 0, gaps):
        problems.append(f"{np.count_nonzero((shown[..., 1] == 0) != gaps)} gaps are wrong")
    off = np.abs(shown[..., 0] - 255 * np.where(gaps, 0, grey))
    worst = off[~gaps].max(initial=0)
    if worst > tolerance + 0.5:  # the expected level is not rounded
        problems.append(f"{worst:.2f} levels off")
    return problems


# ---- images of its own

def sky(scale=1 / 3600, angle=0.0, centre=(150.0, 2.0), shape=(200, 300), flip=-1):
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRVAL1"], header["CRVAL2"] = centre
    header["CRPIX1"], header["CRPIX2"] = shape[1] / 2 + 0.5, shape[0] / 2 + 0.5
    turn = np.radians(angle)
    header["CD1_1"], header["CD1_2"] = flip * scale * np.cos(turn), scale * np.sin(turn)
    header["CD2_1"], header["CD2_2"] = flip * -scale * np.sin(turn), scale * np.cos(turn)
    header["RADESYS"] = "ICRS"
    return header


def field(random, shape=(200, 300)):
    """A sky with noise and stars."""
    y, x = np.indices(shape)
    values = 1000 + 3 * random.standard_normal(shape)
    for _ in range(30):
        cx, cy, flux = random.uniform(0, shape[1]), random.uniform(0, shape[0]), \
            10 ** random.uniform(1, 4)
        values += flux * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)
    return values


def star(header, shape, place):
    """One star at a place of the sky, on a dark ground."""
    y, x = np.indices(shape)
    cx, cy = WCS(header).world_to_pixel(place)
    scale = np.sqrt(np.abs(header["CD1_1"] * header["CD2_2"] - header["CD1_2"] * header["CD2_1"]))
    width = 4 / 3600 / scale
    return 100 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width ** 2))


def save(folder, name, hdus):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(hdus).writeto(folder / name, overwrite=True)


def write_images(folder):
    random = np.random.default_rng(7)
    base = field(random)
    single = {}
    single["float"] = base.astype("f4")
    single["double"] = base
    holes = base.astype("f4")
    holes[20:60, 100:140] = np.nan
    holes[0, 0], holes[199, 299] = np.inf, -np.inf
    single["holes"] = holes
    single["uint8"] = np.clip(base - 900, 0, 255).astype("u1")
    single["int16"] = np.clip(base, 0, 32000).astype("i2")
    single["uint16"] = np.clip(base, 0, 65000).astype("u2")
    single["int32"] = (base * 1000).astype("i4")
    single["int64"] = (base * 1e9).astype("i8")
    single["constant"] = np.full((20, 30), 7.0, "f4")
    single["nothing"] = np.full((20, 30), np.nan, "f4")
    single["pixel"] = np.array([[3.0]], "f4")
    single["four"] = np.array([[3.0, 1.0], [2.0, 5.0]], "f4")
    single["few"] = random.standard_normal((11, 13)).astype("f4")
    single["steps"] = random.integers(0, 3, (100, 90)).astype("i2")
    single["offset"] = (2450000.5 + 1e-4 * random.standard_normal((64, 64)))
    single["large"] = field(random, (1500, 2100)).astype("i2")
    single["long"] = field(random, (7, 5000)).astype("f4")
    single["cube"] = np.array([base[:90, :80] + 50 * i for i in range(6)], "f4")
    for name, data in single.items():
        save(folder, f"{name}.fits", [fits.PrimaryHDU(data, sky(shape=data.shape[-2:]))])
    stokes = sky(shape=(90, 80))
    stokes["CTYPE3"], stokes["CRVAL3"], stokes["CRPIX3"], stokes["CD3_3"] = "STOKES", 1, 1, 1
    save(folder, "stokes.fits", [fits.PrimaryHDU(single["cube"][:4], stokes)])
    save(folder, "line.fits", [fits.PrimaryHDU(base[0].astype("f4"))])
    blank = fits.PrimaryHDU(np.where(base > 1050, -32768, base).astype("i2"), sky())
    blank.header["BLANK"] = -32768
    save(folder, "blank.fits", [blank])
    scaled = fits.PrimaryHDU(single["int16"], sky())
    scaled.scale("int16", bscale=0.25, bzero=900)
    save(folder, "scaled.fits", [scaled])
    for algorithm in ("RICE_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"):
        save(folder, f"{algorithm.lower()}.fits", [
            fits.PrimaryHDU(), fits.CompImageHDU(single["int16"], sky(), compression_type=algorithm)])
    save(folder, "tiles.fits", [fits.PrimaryHDU(), fits.CompImageHDU(
        single["large"], sky(shape=(1500, 2100)), compression_type="RICE_1", tile_size=(256, 256))])
    save(folder, "companions.fits", [
        fits.PrimaryHDU(), fits.ImageHDU(single["float"], sky(), name="SCI"),
        fits.ImageHDU(np.ones((200, 300), "i2"), sky(), name="DQ")])
    for angle, flip in ((0, -1), (12, -1), (-100, -1), (180, 1), (33, 1), (90, -1)):
        save(folder, f"turned_{angle}_{flip}.fits",
             [fits.PrimaryHDU(single["few"], sky(angle=angle, flip=flip, shape=(11, 13)))])
    place = SkyCoord(150.01, 1.99, unit="deg")
    bands = {"band_r": sky(), "band_g": sky(scale=0.4 / 3600, angle=25, shape=(600, 700)),
             "band_b": sky(scale=1.7 / 3600, angle=-70, centre=(150.02, 1.99), shape=(150, 200), flip=1),
             "band_away": sky(centre=(10.0, -60.0))}
    shapes = {"band_r": (200, 300), "band_g": (600, 700), "band_b": (150, 200), "band_away": (200, 300)}
    for name, header in bands.items():
        data = star(header, shapes[name], place) if name != "band_away" else np.zeros((200, 300))
        save(folder, f"{name}.fits", [fits.PrimaryHDU(data.astype("f4"), header)])


LOOKS = [
    {}, {"STRETCH": "linear"}, {"STRETCH": "log"}, {"STRETCH": "sqrt"}, {"STRETCH": "histogram"},
    {"PERCENTILE": "99"}, {"PERCENTILE": "1 99.5", "STRETCH": "linear"}, {"PERCENTILE": "100"},
    {"MIN": "990", "MAX": "1050"}, {"MIN": "995", "STRETCH": "linear"}, {"MAX": "1e30"},
    {"SIZE": "100"}, {"SIZE": "299"}, {"SIZE": "777", "STRETCH": "log"}, {"SIZE": "1"},
    {"INVERT": "true"},
]


class Judge:
    def __init__(self, report, archive):
        self.report, self.archive = report, archive
        self.records = json.loads(archive.run_sodactl("list", "--json"))
        self.ids = {}
        for record in self.records:
            path, hdu = harness.locate(record)
            self.ids[path if hdu is None else f"{path}#{hdu}"] = record["obs_publisher_did"]

    def get(self, name, wanted, form="image/png", ids=()):
        params = [("ID", self.ids[each]) for each in (ids or (name,))]
        params += [("RESPONSEFORMAT", form), *wanted.items()]
        return self.archive.services[0].request("GET", "sync", params)

    def looks(self, folder):
        for name in sorted(self.ids):
            if name.startswith("band_"):
                continue
            with fits.open(folder / name) as hdus:
                plane = plane_of(next(hdu for hdu in hdus if hdu.data is not None))
            for wanted in LOOKS:
                what = " ".join(f"{key}={value}" for key, value in wanted.items()) or "as it is"
                self.report.judge(f"{name} {what}",
                                  compare(self.get(name, wanted), expected(plane, wanted)))

    def cut(self, name, filters, wanted=()):
        """A picture of a cut against the cut itself."""
        wanted = dict(wanted)
        answer = self.archive.services[0].request("GET", "sync", [("ID", self.ids[name]), *filters.items()])
        with fits.open(io.BytesIO(answer.body)) as hdus:
            plane = plane_of(next(hdu for hdu in hdus if hdu.data is not None))
        self.report.judge(f"{name} {filters}",
                          compare(self.get(name, {**filters, **wanted}), expected(plane, wanted)))

    def cuts(self):
        circle = {"CIRCLE": "150.01 2.005 0.01"}
        for name in ("float.fits", "uint16.fits", "rice_1.fits", "companions.fits"):
            self.cut(name, circle)
            self.cut(name, circle, {"SIZE": "30"})
        for name in ("float.fits", "blank.fits"):
            self.cut(name, {**circle, "MASK": "nan"})
            self.cut(name, {"CIRCLE": "150.04 2.02 0.01", "PAD": "true"})
            self.cut(name, {"CIRCLE": "150.04 2.02 0.01", "PAD": "true", "MASK": "nan"}, {"SIZE": "50"})
        self.cut("float.fits", {"PIXELS": "[17:17,20:20]"})
        self.cut("cube.fits", {"PIXELS": "[5:60,7:80,2:3]"})
        self.cut("stokes.fits", {"POL": "Q"})
        self.cut("tiles.fits", {"PIXELS": "[200:1900,100:1400]"}, {"SIZE": "300"})

    def colours(self):
        grey = np.asarray(Image.open(io.BytesIO(self.get("float.fits", {}).body)))
        for name, table in MAPS.items():
            for suffix in ("", "_r"):
                picture = Image.open(io.BytesIO(self.get("float.fits", {"CMAP": name + suffix}).body))
                shown = np.asarray(picture.convert("RGB")).astype(int)
                shades = 255 - grey if suffix else grey
                worst = [f"shade {shade} is {shown[shades == shade][0]}" for shade, colour in table.items()
                         if np.any(np.abs(shown[shades == shade] - colour) > 1)]
                self.report.judge(f"CMAP={name}{suffix}", worst)

    def jpeg(self):
        grey = np.asarray(Image.open(io.BytesIO(self.get("float.fits", {}).body))).astype(int)
        answer = self.get("float.fits", {}, "image/jpeg")
        picture = Image.open(io.BytesIO(answer.body))
        off = np.abs(np.asarray(picture).astype(int) - grey)
        self.report.judge("jpeg", [] if picture.format == "JPEG" and off.mean() < 4 else
                          [f"{picture.format}, {off.mean():.1f} levels off in the mean"])
        shown = Image.open(io.BytesIO(self.get("holes.fits", {"CMAP": "viridis"}, "image/jpeg").body))
        self.report.judge("jpeg gaps", [] if max(shown.getpixel((120, 160))) < 8 else ["gaps are not black"])

    def registered(self):
        """The star of all three bands is at one place of the picture, and white there."""
        header = sky()
        x, y = WCS(header).world_to_pixel(SkyCoord(150.01, 1.99, unit="deg"))
        for size, filters in ((300, {}), (150, {}), (900, {}),
                              (100, {"CIRCLE": "150.01 1.99 0.01", "PAD": "true"})):
            ids = ("band_r.fits", "band_g.fits", "band_b.fits")
            answer = self.get("", {"SIZE": str(size), "STRETCH": "linear", "PERCENTILE": "100", **filters},
                              ids=ids)
            if answer.status != 200:
                self.report.fail(f"colours of {size}", f"{answer.status} {answer.body[:100]!r}")
                continue
            shown = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(float)
            shown = np.flipud(shown)
            centres = []
            for channel in range(3):
                weight = np.where(shown[..., channel] > 20, shown[..., channel], 0)
                rows, columns = np.indices(weight.shape)
                centres.append(((columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()))
            problems = []
            scale = 300 / size if not filters else 73 / size
            for channel, centre in enumerate(centres[1:], 1):
                apart = np.hypot(centre[0] - centres[0][0], centre[1] - centres[0][1]) * scale
                # Nearest pixel of the coarsest band: half of its 1.7 pixels.
                if apart > 0.9:
                    problems.append(f"channel {channel} is {apart:.2f} pixels from the first")
            if not filters:
                place = [(c + 0.5) * scale - 0.5 for c in centres[0]]
                if np.hypot(place[0] - x, place[1] - y) > 0.3:
                    problems.append(f"the star is at {place}, expected {x:.2f} {y:.2f}")
            self.report.judge(f"colours of {size} {filters}", problems)
        answer = self.get("", {}, ids=("band_r.fits", "band_away.fits", "band_b.fits"))
        shown = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))
        self.report.judge("a band that is elsewhere", [] if shown[..., 1].max() <= 1 else ["it is shown"])

    def orientation(self, folder):
        for name in sorted(self.ids):
            if not name.startswith("turned_"):
                continue
            text = Image.open(io.BytesIO(self.get(name, {}).body)).info["Comment"]
            with fits.open(folder / name) as hdus:
                wcs, shape = WCS(hdus[0].header), hdus[0].data.shape
            x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
            here = wcs.pixel_to_world(x, y)
            north = wcs.world_to_pixel(here.directional_offset_by(0, 1e-5 * here.ra.unit))
            east = wcs.world_to_pixel(here.directional_offset_by(90 * here.ra.unit, 1e-5 * here.ra.unit))
            angles = [np.degrees(np.arctan2(to[0] - x, to[1] - y)) for to in (north, east)]
            self.report.judge(f"{name} {text}", orientation_problems(text, *angles))


def orientation_problems(text, north, east):
    """Angles clockwise from up, in degrees."""
    sides = {"up": 0, "right": 90, "down": 180, "left": 270}
    turned = re.fullmatch(r"north is (\d+) degrees? (clockwise|counterclockwise) from up, "
                          r"east is (left|right) of north( \(mirrored\))?", text)
    plain = re.fullmatch(r"north is (\w+), east is (\w+)( \(mirrored\))?", text)
    if turned:
        said = int(turned[1]) * (1 if turned[2] == "clockwise" else -1)
        said_east = said + (90 if turned[3] == "right" else -90)
    elif plain:
        said, said_east = sides[plain[1]], sides[plain[2]]
    else:
        return [f"cannot be understood: {text}"]

    def apart(a, b):
        return abs((a - b + 180) % 360 - 180)
    return [f"north is at {north:.1f}, east at {east:.1f}"] \
        if apart(said, north) > 0.6 or apart(said_east, east) > 0.6 else []


def beyond():
    """"FILE[HDU]" -> why nobody can judge its pixels."""
    lines = (HERE / "beyond.txt").read_text().splitlines()
    return [line.split("\t", 1) for line in lines if line and not line.startswith("#")]


def real(report, folder, build):
    """Every image of a folder that astropy reads, in its own size."""
    unjudged = beyond()
    with harness.Installation(folder, build=build, responders=1) as archive:
        judge = Judge(report, archive)
        for record in judge.records:
            path, hdu = harness.locate(record)
            name = path if hdu is None else f"{path}#{hdu}"
            place = f"{path}[{record['hdu']}]"
            reason = [text for pattern, text in unjudged if fnmatch.fnmatch(place, pattern)]
            if reason:
                report.beyond(name, reason[0])
                continue
            try:
                with fits.open(pathlib.Path(folder) / path) as hdus:
                    shown = hdus[record["hdu"]]
                    plane = plane_of(shown)
            except Exception as reason:
                report.skip(name, f"astropy cannot read it: {type(reason).__name__}")
                continue
            report.judge(name, compare(judge.get(name, {}), expected(plane, {})))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.environ.get("SODA_BUILD", "."))
    parser.add_argument("--data", nargs="*", default=os.environ.get("SODA_REFERENCE_DATA", "").split())
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    report = harness.Report()
    with tempfile.TemporaryDirectory(prefix="soda-pictures-") as name:
        folder = pathlib.Path(name)
        write_images(folder)
        with harness.Installation(folder, build=arguments.build, responders=1) as archive:
            judge = Judge(report, archive)
            judge.looks(folder)
            judge.cuts()
            judge.colours()
            judge.jpeg()
            judge.registered()
            judge.orientation(folder)
    for folder in arguments.data:
        real(report, folder, arguments.build)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
