"""What to ask of one image, and what must come back: shapes drawn with a seed from the file's name,
so that every run asks the same, and every file something else.
"""

import random
import zlib
from dataclasses import dataclass

import numpy as np

import box as boxes
import shapes
import spectral
from judge import Expected


@dataclass
class Case:
    name: str
    params: list
    expected: object = None  # Expected, or None: no pixel is touched (204)
    either: bool = False  # grazing: 204 is as good
    status: int = 200  # another one: a refusal, whose text must hold `says`; 0: any refusal
    says: str = ""
    plane: bool = False  # MASK=plane: a mask HDU comes last
    detail: str = "standard"
    ext: object = None  # number of the one HDU that EXT names
    warned: bool = False  # 200 only with a Warning header, else 204
    whole_file: bool = False


def parameter(region):
    return [region.parameter()]


class Drawer:
    """Shapes for one image. `sky` may be None: then only sections of pixels."""

    def __init__(self, name, parent, hdu, sky):
        self.parent, self.hdu, self.sky = parent, hdu, sky
        self.shape = hdu.shape
        self.random = random.Random(zlib.crc32(name.encode()))

    # -- on the sky ------------------------------------------------------------------------------

    def direction(self, x, y):
        return self.sky.to_sky(np.array([float(x)]), np.array([float(y)]))[0]

    def random_pixel(self):
        """A pixel position that has sky; the image's own centre or any point after some tries."""
        for _ in range(50):
            x = self.random.uniform(1, self.sky.nx)
            y = self.random.uniform(1, self.sky.ny)
            if np.isfinite(self.direction(x, y)[0]):
                return x, y
        grid_x, grid_y, _ = self.sky.grid()
        pick = self.random.randrange(len(grid_x))
        return float(grid_x[pick]), float(grid_y[pick])

    def extent(self):
        """Degrees: a length well inside the image."""
        side = min(self.sky.nx, self.sky.ny) * self.sky.scale()
        return min(side, 150.0)

    def circle(self, x, y, radius):
        lon, lat = shapes.to_lonlat(self.direction(x, y))
        return shapes.Circle(float(lon), float(lat), float(radius))

    def polygon(self, x, y, radius):
        centre, count = self.direction(x, y), self.random.randint(3, 8)
        turns = [(k + self.random.uniform(0.0, 0.7)) / count for k in range(count)]
        if self.random.random() < 0.5:
            turns.reverse()
        points = [shapes.offset(centre, np.array(radius * self.random.uniform(0.45, 1.0)),
                                np.array(2 * np.pi * turn)) for turn in turns]
        pairs = [tuple(float(v) for v in shapes.to_lonlat(point)) for point in points]
        return shapes.Polygon(pairs)

    def range(self, x, y, radius):
        lon, lat = (float(v) for v in shapes.to_lonlat(self.direction(x, y)))
        lat_lo, lat_hi = max(lat - radius, -90.0), min(lat + radius * 0.7, 90.0)
        width = min(radius / max(np.cos(np.radians(lat)), 0.02), 170.0)
        return shapes.Range((lon - width) % 360.0, (lon + width) % 360.0, lat_lo, lat_hi)

    # -- expectations ----------------------------------------------------------------------------

    def on_sky(self, name, region, extra=(), **more):
        found = boxes.expected_box(self.sky, region)
        case = Case(name, parameter(region) + list(extra), **more)
        if found is None:
            return case
        case.either = found.grazing
        case.expected = self.expectation(found)
        return case

    def expectation(self, found, **more):
        x_axis, y_axis = self.sky.axes
        x_lo, x_hi, y_lo, y_hi = found.sides
        labels = {x_axis: f" (reaching {x_lo.extreme:.3f} to {x_hi.extreme:.3f})",
                  y_axis: f" (reaching {y_lo.extreme:.3f} to {y_hi.extreme:.3f})"}
        return Expected({x_axis: (x_lo.allowed, x_hi.allowed),
                         y_axis: (y_lo.allowed, y_hi.allowed)},
                        plane=self.sky.axes, labels=labels, **more)

    def tester(self, region):
        """Per-pixel truth by astropy: (inside, too near to the boundary to tell)."""
        def test(x, y):
            vectors = self.sky.to_sky(np.asarray(x, float), np.asarray(y, float))
            on_sky = np.isfinite(vectors[:, 0])
            vectors = np.where(on_sky[:, None], vectors, [1.0, 0.0, 0.0])
            near = region.distance(vectors) < self.sky.precision
            return region.inside(vectors) & on_sky, near & on_sky
        return test

    # -- the cases -------------------------------------------------------------------------------

    def sky_cases(self):
        size, scale = self.extent(), self.sky.scale()
        low = min(1.2 * scale, 0.2 * size)
        span = self.random.uniform(max(low, 0.03 * size), max(low, 0.25 * size))
        yield self.on_sky("circle", self.circle(*self.random_pixel(), span))
        yield self.on_sky("circle-one-pixel", self.one_pixel())
        yield self.on_sky("polygon", self.polygon(*self.random_pixel(), span))
        yield self.on_sky("range", self.range(*self.random_pixel(), span))
        yield from self.rectangles(span)
        yield from self.edge_cases(span)
        yield from self.special_places(span)
        yield self.on_sky("whole-image", self.covering())
        yield from self.misses()

    def one_pixel(self):
        """A circle a thousandth of a pixel wide, well inside one pixel."""
        x, y = self.random_pixel()
        x, y = round(x) + self.random.uniform(-0.4, 0.4), round(y) + self.random.uniform(-0.4, 0.4)
        if not np.isfinite(self.direction(x, y)[0]):
            x, y = self.random_pixel()
        return self.circle(x, y, max(1e-3 * self.sky.scale(), 2e-9))

    def rectangles(self, span):
        """POS=BRECT in whole pixels, and as a box of the tangent plane at its centre."""
        width, height = (2 * self.random.randint(0, 6) + 1 for _ in range(2))
        x, y = (round(value) + self.random.uniform(-0.3, 0.3) for value in self.random_pixel())
        centre = self.direction(x, y)
        if not np.isfinite(centre[0]):
            return
        lon, lat = (float(v) for v in shapes.to_lonlat(centre))
        sides = []
        for value, size, length in ((x, width, self.sky.nx), (y, height, self.sky.ny)):
            first = round(value) - (size - 1) // 2
            sides.append(((max(first, 1),), (min(first + size - 1, length),)))
        yield Case("brect-pixel", [("POS", f"BRECT {lon!r} {lat!r} {width} {height} pixel")],
                   Expected(dict(zip(self.sky.axes, sides))))
        wide, high = span, span * self.random.uniform(0.5, 1.0)
        east, north = shapes.basis(centre)
        corners = []
        for right, up in ((1, -1), (-1, -1), (-1, 1), (1, 1)):
            point = (centre + right * np.tan(np.radians(wide / 2)) * east
                     + up * np.tan(np.radians(high / 2)) * north)
            corners.append(tuple(float(v) for v in
                                 shapes.to_lonlat(point / np.linalg.norm(point))))
        case = self.on_sky("brect-arcsec", shapes.Polygon(corners))
        case.params = [("POS", f"BRECT {lon!r} {lat!r} {wide * 3600!r} {high * 3600!r} arcsec")]
        yield case

    def edge_cases(self, span):
        nx, ny = self.sky.nx, self.sky.ny
        edges = [(0.5, self.random.uniform(1, ny)), (nx + 0.5, self.random.uniform(1, ny)),
                 (self.random.uniform(1, nx), 0.5), (self.random.uniform(1, nx), ny + 0.5)]
        self.random.shuffle(edges)
        makers = (("circle-over-edge", self.circle), ("polygon-over-edge", self.polygon),
                  ("range-over-edge", self.range))
        for (name, make), (x, y) in zip(makers, edges):
            if np.isfinite(self.direction(x, y)[0]):
                yield self.on_sky(name, make(x, y, span))
        if np.isfinite(self.direction(nx + 0.3, ny + 0.3)[0]):
            yield self.on_sky("last-pixel",
                              self.circle(nx + 0.3, ny + 0.3, 1e-2 * self.sky.scale()))

    def special_places(self, span):
        """Over 0 h and at the poles, for images that are there."""
        _, _, vectors = self.sky.grid()
        lon, lat = shapes.to_lonlat(vectors)
        wrapped = (lon + 180.0) % 360.0 - 180.0
        near = np.abs(wrapped) * np.cos(np.radians(lat)) < self.sky.scale()
        if near.any() and (wrapped < 0).any() and (wrapped > 0).any():
            pick = np.flatnonzero(near)[self.random.randrange(int(near.sum()))]
            width = min(span / max(np.cos(np.radians(lat[pick])), 0.02), 100.0)
            bottom = max(float(lat[pick]) - span / 2, -90.0)
            top = min(float(lat[pick]) + span / 2, 90.0)
            yield self.on_sky("range-over-0h",
                              shapes.Range(360.0 - width, width * 0.6, bottom, top))
            yield self.on_sky("circle-over-0h",
                              shapes.Circle(360.0 - span * 0.1, float(lat[pick]), span))
        for pole in (90.0, -90.0):
            vector = shapes.to_vector(0.0, pole)
            x, y = self.sky.to_pixel(vector[None, :])
            on = np.isfinite(x[0]) and 0.5 < x[0] < self.sky.nx + 0.5 and (
                0.5 < y[0] < self.sky.ny + 0.5)
            if not on:
                continue
            name = "north-pole" if pole > 0 else "south-pole"
            yield self.on_sky(f"circle-{name}", shapes.Circle(123.4, pole, span))
            lats = (90.0 - span, 90.0) if pole > 0 else (-90.0, -90.0 + span)
            yield self.on_sky(f"range-{name}", shapes.Range(0.0, 360.0, *lats))
            yield self.on_sky(f"polygon-{name}", shapes.Polygon(
                [(10.0, pole * (1 - span / 90)), (130.0, pole * (1 - span / 90)),
                 (250.0, pole * (1 - span / 90))]))

    def covering(self):
        centre = self.direction((self.sky.nx + 1) / 2, (self.sky.ny + 1) / 2)
        _, _, vectors = self.sky.grid()
        if not np.isfinite(centre[0]):
            centre = vectors[0]
        radius = float(shapes.separation(vectors, centre).max()) + 2 * self.sky.scale()
        if radius >= 90.0:
            return shapes.Range(0.0, 360.0, -90.0, 90.0)
        lon, lat = (float(v) for v in shapes.to_lonlat(centre))
        return shapes.Circle(lon, lat, radius)

    def misses(self):
        _, _, vectors = self.sky.grid()
        middle = vectors.mean(axis=0)
        if np.linalg.norm(middle) > 0.2:
            lon, lat = (float(v) for v in shapes.to_lonlat(-middle / np.linalg.norm(middle)))
            yield self.on_sky("miss-far", shapes.Circle(lon, lat, 0.5))
        x, y = self.sky.nx + 0.5 + 4.0, self.sky.ny / 2.0
        if np.isfinite(self.direction(x, y)[0]):
            yield self.on_sky("miss-near", self.circle(x, y, 1.5 * self.sky.scale()))

    def mask_cases(self):
        span = self.extent() * self.random.uniform(0.05, 0.2)
        span = max(span, 1.6 * self.sky.scale())
        region = self.random.choice((self.circle, self.polygon, self.range))(
            *self.random_pixel(), span)
        found = boxes.expected_box(self.sky, region)
        if found is None:
            return
        narrow = [("EXT", str(self.hdu.index))]
        blank = Case("mask-nan", parameter(region) + [("MASK", "nan")] + narrow,
                     ext=self.hdu.index, either=found.grazing,
                     expected=self.expectation(found, outside="blank", inside=self.tester(region)))
        if self.hdu.get("BITPIX") > 0 and self.hdu.get("BLANK") is None:
            blank.status, blank.says, blank.either = 400, "BLANK", False
        yield blank
        yield Case("mask-plane", parameter(region) + [("MASK", "plane")] + narrow,
                   ext=self.hdu.index, plane=True, either=found.grazing,
                   expected=self.expectation(found, inside=self.tester(region)))

    def pad_cases(self):
        nx, ny = self.sky.nx, self.sky.ny
        radius = max(0.1 * min(nx, ny), 1.5)
        region = self.circle(nx + 0.5 - 0.3 * radius, self.random.uniform(0.3, 0.7) * ny,
                             radius * self.sky.scale())
        found = boxes.unclipped_box(self.sky, region, 3 * int(radius) + 10)
        inside = boxes.expected_box(self.sky, region)
        if found is None or inside is None or inside.grazing:
            return
        case = Case("pad", parameter(region) + [("PAD", "true"), ("EXT", str(self.hdu.index))],
                    ext=self.hdu.index, expected=self.expectation(found, pad=True))
        if self.hdu.get("BITPIX") > 0 and self.hdu.get("BLANK") is None:
            case.status, case.says = 400, "BLANK"
        yield case

    # -- along the other axes --------------------------------------------------------------------

    def interval(self, length):
        first = self.random.randint(1, length)
        return first, self.random.randint(first, min(length, first + max(1, length // 3)))

    def pixel_cases(self):
        chosen = [self.interval(length) for length in self.shape]
        text = "[" + ",".join(f"{a}:{b}" for a, b in chosen) + "]"
        expected = Expected({k: ((a,), (b,)) for k, (a, b) in enumerate(chosen)})
        yield Case("pixels", [("PIXELS", text)], expected)
        first = self.random.randint(1, self.shape[0])
        text = "[" + ",".join([f"{first}:{self.shape[0]}"] + ["*"] * (len(self.shape) - 1)) + "]"
        yield Case("pixels-star", [("PIXELS", text)],
                   Expected({0: ((first,), (self.shape[0],))}))

    def cube_cases(self, axis):
        """`axis`: spectral.Axis of the image."""
        length = self.shape[axis.number]
        first, last = self.interval(length)
        yield Case("channel", [("CHANNEL", f"{first} {last}")],
                   Expected({axis.number: ((first,), (last,))}))
        yield Case("channel-miss", [("CHANNEL", f"{length + 1} {length + 2}")])
        if axis.problem:
            yield Case("band-incomplete", [("BAND", "1e-9 1e9")], status=0, says=axis.problem)
            return
        ends = axis.wavelength(np.array([first - 0.25, last + 0.25]))
        channels = Expected({axis.number: ((first,), (last,))})
        yield Case("band", [("BAND", shapes.numbers(sorted(ends)))], channels)
        alone = float(axis.wavelength(np.array([first + 0.1]))[0])
        yield Case("band-one-channel", [("BAND", shapes.numbers([alone, alone]))],
                   Expected({axis.number: ((first,), (first,))}))
        edges = axis.wavelength(np.array([0.5, length + 0.5]))
        # A channel wider than its frequency reaches infinite wavelengths: misses lie below.
        below = shapes.numbers([min(edges[edges > 0]) / 4, min(edges[edges > 0]) / 3])
        yield Case("band-miss", [("BAND", below)])
        if min(edges) > 0:
            yield Case("band-open", [("BAND", f"-Inf {float(max(ends))!r}")],
                       Expected({axis.number: self.open_below(edges, first, last, length)}))
        if self.sky:
            region = self.circle(*self.random_pixel(), 0.2 * self.extent())
            found = boxes.expected_box(self.sky, region)
            both = self.expectation(found)
            both.axes[axis.number] = ((first,), (last,))
            yield Case("circle-and-band",
                       parameter(region) + [("BAND", shapes.numbers(sorted(ends)))], both,
                       either=found.grazing)
            yield Case("circle-and-band-miss", parameter(region) + [("BAND", below)])

    @staticmethod
    def open_below(edges, first, last, length):
        """Channels from the short end up to the wavelength of the interval's long end."""
        return ((1,), (last,)) if edges[0] < edges[1] else ((first,), (length,))

    def stokes_cases(self):
        axis, states = spectral.stokes(self.parent, self.hdu)
        if axis is None:
            return
        for state in sorted(set(states) - {None}):
            plane = states.index(state) + 1
            yield Case(f"pol-{state}", [("POL", state)], Expected({axis: ((plane,), (plane,))}))
        absent = next(s for s in ("V", "U", "Q", "I", "XY") if s not in states)
        yield Case("pol-miss", [("POL", absent)])
        if len(states) > 2 and None not in states:
            yield Case("pol-not-neighbours", [("POL", states[0]), ("POL", states[2])],
                       status=400, says="POL")

    def metadata_cases(self):
        """TIME of a plain image: its date decides when the header has one, else a warning."""
        known = isinstance(self.hdu.get("MJD-OBS", self.parent.hdus[0].get("MJD-OBS")), float)
        if known and len(self.shape) == 2:
            yield Case("time-hit", [("TIME", "-Inf +Inf")], Expected({}))
            yield Case("time-miss", [("TIME", "1.0 2.0")])
        elif len(self.shape) == 2:
            yield Case("time-unknown", [("TIME", "1.0 2.0")], Expected({}), warned=True,
                       either=True)
