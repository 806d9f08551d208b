"""One image on the sky, by astropy alone: pixel <-> ICRS through astropy.wcs and SkyCoord.

Pixel coordinates are FITS's (1-based; the area of pixel 1 is 0.5 to 1.5), on the celestial plane:
x along the lower-numbered of the two celestial pixel axes, y along the other; the other axes are
held at their centres (N+1)/2.
"""

import warnings

import numpy as np
from astropy import log, units
from astropy.coordinates import (FK4, FK5, ICRS, BarycentricMeanEcliptic, FK4NoETerms, Galactic,
                                 SkyCoord, Supergalactic)
from astropy.time import Time
from astropy.wcs import WCS, NoConvergence

import shapes

log.setLevel("ERROR")  # astropy's remarks on SIP without -SIP, once a header

# Frames in which astropy's model is the standard's own rotation: agreement to 1e-9 degree can be
# asked for. The others differ between libraries in terms of the precession model, below this:
EXACT, MODEL = 1e-9, 2e-7


class NotJudged(Exception):
    """astropy or WCSLIB cannot say where this image lies; the text is the reason."""


def quietly(function, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def read_wcs(header, hdus, key=" "):
    """astropy's WCS of one letter. SIP and lookup distortions on more than two axes: astropy takes
    them only with the axes reduced to the first two, which is the same for a separable cube."""
    try:
        return quietly(WCS, header, hdus, key=key, fix=True)
    except ValueError as error:
        if "only work in 2 dimensions" not in str(error):
            raise
        return quietly(WCS, header, hdus, key=key, fix=True, naxis=2)


def observation_epoch(wcs):
    """FK4 is turned with the epoch of observation (WCS paper II section 3.1), else the equinox."""
    stamp = wcs.wcs.dateobs.strip()
    if np.isfinite(wcs.wcs.mjdobs):
        return Time(wcs.wcs.mjdobs, format="mjd")
    if stamp:
        try:
            return Time(stamp)
        except ValueError:
            pass
    return None


def frame_of(wcs):
    """(astropy frame, precision in degrees) after FITS 4.0 section 8.3 (defaults included)."""
    kind = wcs.wcs.lngtyp.strip()
    system, equinox = wcs.wcs.radesys.strip(), wcs.wcs.equinox
    if not (np.isfinite(equinox) and 1000.0 < equinox < 3000.0):
        equinox = None
    if kind == "GLON":
        return Galactic(), EXACT
    if kind == "SLON":
        return Supergalactic(), MODEL
    if kind == "ELON":
        return BarycentricMeanEcliptic(equinox=Time(equinox or 2000.0, format="jyear")), MODEL
    if kind != "RA":
        raise NotJudged(f"longitude axis {kind or 'absent'} is not on the celestial sphere")
    if not system:
        system = "ICRS" if equinox is None else "FK4" if equinox < 1984.0 else "FK5"
    if system == "ICRS":
        return ICRS(), EXACT
    if system == "FK5":
        precision = EXACT if equinox in (None, 2000.0) else MODEL
        return FK5(equinox=Time(equinox or 2000.0, format="jyear")), precision
    if system in ("FK4", "FK4-NO-E"):
        epoch = Time(equinox or 1950.0, format="byear")
        cls = FK4 if system == "FK4" else FK4NoETerms
        return cls(equinox=epoch, obstime=observation_epoch(wcs) or epoch), MODEL
    raise NotJudged(f"astropy has no frame for RADESYS {system}")


def has_neighbour(valid):
    """Points beside another valid one. A lone point is sky without area: the outermost meridian of
    an HPX map, which WCSLIB places on facets that hold nothing else."""
    beside = np.zeros_like(valid)
    beside[1:] |= valid[:-1]
    beside[:-1] |= valid[1:]
    beside[:, 1:] |= valid[:, :-1]
    beside[:, :-1] |= valid[:, 1:]
    return beside


class ImageSky:
    """`shape` is NAXIS1.. of the image. Throws NotJudged."""

    def __init__(self, header, shape, hdus=None):
        self.shape = list(shape)
        self.wcs, self.key = self._celestial_wcs(header, hdus)
        self.frame, self.precision = frame_of(self.wcs)
        self._find_axes()
        self._grid = self._border = None
        self.lone = (np.empty(0), np.empty(0), np.empty((0, 3)))  # of the grid: has_neighbour()

    @staticmethod
    def _celestial_wcs(header, hdus):
        problem = "no celestial axes"
        for key in " ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            try:
                wcs = read_wcs(header, hdus, key)
                if wcs.wcs.lng >= 0 and wcs.wcs.lat >= 0:
                    quietly(wcs.wcs.set)
                    frame_of(wcs)
                    return wcs, key
            except NotJudged as reason:
                problem = str(reason)
            except Exception as error:  # whatever astropy says: its words are the reason
                if key == " ":
                    text = str(error).strip() or type(error).__name__
                    problem = "astropy.wcs: " + text.splitlines()[-1]
        raise NotJudged(problem)

    def _find_axes(self):
        """The two pixel axes that drive the celestial pair, by the rows of the linear matrix."""
        world = (self.wcs.wcs.lng, self.wcs.wcs.lat)
        matrix = np.abs(self.wcs.pixel_scale_matrix)
        naxis = matrix.shape[1]
        if len(self.shape) < 2 or naxis < 2:
            raise NotJudged("fewer than two axes")
        pairs = [(i, j) for i in range(naxis) for j in range(naxis) if i != j]
        first, second = max(pairs, key=lambda p: (matrix[world[0], p[0]] > 0)
                            * (matrix[world[1], p[1]] > 0)
                            * matrix[world[0], p[0]] * matrix[world[1], p[1]])
        self.axes = tuple(sorted((first, second)))
        if self.axes[1] >= len(self.shape):
            raise NotJudged("a celestial axis lies beyond NAXIS")
        self.nx, self.ny = (self.shape[axis] for axis in self.axes)
        self.centres = np.array([(self.shape[k] + 1) / 2.0 if k < len(self.shape) else 1.0
                                 for k in range(naxis)])
        others = [k for k in range(naxis) if k not in self.axes]
        mixed = matrix[np.ix_(world, others)].any() or any(
            matrix[row, list(self.axes)].any() for row in range(naxis) if row not in world)
        if len(self.centres) > 2 and not mixed and set(self.axes) == set(world):
            # sub() keeps pixel and world axes of the same number together
            self.pair = quietly(self.wcs.sub, [world[0] + 1, world[1] + 1])
        else:
            self.pair = self.wcs

    def _pixels(self, x, y):
        points = np.tile(self.centres, (len(x), 1))
        points[:, self.axes[0]], points[:, self.axes[1]] = x, y
        return points

    def native(self, x, y):
        """Longitude and latitude in the image's own frame; NaN where there is no sky."""
        points = self._pixels(np.asarray(x, float), np.asarray(y, float))
        world = quietly(self.wcs.all_pix2world, points, 1)
        lon, lat = world[:, self.wcs.wcs.lng], world[:, self.wcs.wcs.lat]
        bad = ~(np.isfinite(lon) & np.isfinite(lat)) | (np.abs(lat) > 90.0)
        return np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)

    def to_sky(self, x, y):
        """Unit ICRS vectors; NaN where there is no sky."""
        lon, lat = self.native(x, y)
        vectors = np.full((len(lon), 3), np.nan)
        good = np.isfinite(lon)
        if isinstance(self.frame, ICRS):
            vectors[good] = shapes.to_vector(lon[good], lat[good])
        elif good.any():
            coordinates = SkyCoord(lon[good], lat[good], unit="deg", frame=self.frame).icrs
            vectors[good] = coordinates.cartesian.xyz.value.T
        return vectors

    def to_pixel(self, vectors):
        """x, y of unit ICRS vectors; NaN where there is none, or where the way back does not lead
        to the same point (iterations that went astray, the far side of a projection)."""
        lon, lat = shapes.to_lonlat(vectors)
        if not isinstance(self.frame, ICRS):
            own = SkyCoord(lon, lat, unit="deg", frame="icrs").transform_to(self.frame).spherical
            lon, lat = own.lon.wrap_at(360 * units.deg).deg, own.lat.deg
        x, y = self._project(lon, lat)
        good = np.isfinite(x) & np.isfinite(y) & (np.abs(x) < 1e7) & (np.abs(y) < 1e7)
        x, y = np.where(good, x, 1.0), np.where(good, y, 1.0)
        gap = shapes.separation(self.to_sky(x, y), vectors)
        close, near = 1e-3 * self.scale() + 1e-9, 3.0 * self.scale()
        rough = good & (gap >= close) & (gap < near)
        if rough.any():
            x[rough], y[rough] = self._polish(x[rough], y[rough], vectors[rough])
            gap[rough] = shapes.separation(self.to_sky(x[rough], y[rough]), vectors[rough])
        good &= gap < close
        return np.where(good, x, np.nan), np.where(good, y, np.nan)

    def _polish(self, x, y, vectors):
        """Newton's steps on pixel -> sky, which is what says where a pixel lies: WCSLIB's way back
        is only near it for some projections (CSC's polynomials are no inverses of each other)."""
        step = 1e-3
        for _ in range(4):
            here = self.to_sky(x, y)
            along_x = (self.to_sky(x + step, y) - here) / step
            along_y = (self.to_sky(x, y + step) - here) / step
            miss = vectors - here
            xx, xy, yy = ((a * b).sum(axis=1) for a, b in
                          ((along_x, along_x), (along_x, along_y), (along_y, along_y)))
            mx, my = (miss * along_x).sum(axis=1), (miss * along_y).sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                area = xx * yy - xy * xy
                dx, dy = (mx * yy - my * xy) / area, (my * xx - mx * xy) / area
            usable = np.isfinite(dx) & np.isfinite(dy) & (np.hypot(dx, dy) < 10.0)
            x, y = np.where(usable, x + dx, x), np.where(usable, y + dy, y)
        return x, y

    def _project(self, lon, lat):
        if self.pair is self.wcs and len(self.centres) > 2:
            return self._project_coupled(lon, lat)
        world = np.zeros((len(lon), 2))
        lng = 0 if self.pair is not self.wcs else self.wcs.wcs.lng
        world[:, lng], world[:, 1 - lng] = lon, lat
        try:
            pixels = quietly(self.pair.all_world2pix, world, 1, tolerance=1e-6, maxiter=60,
                             detect_divergence=False, quiet=True)
        except NoConvergence as best:
            pixels = best.best_solution
        except Exception:
            pixels = self._one_by_one(world)
        if self.pair is not self.wcs:
            swapped = self.wcs.wcs.lng != self.axes[0]
            return (pixels[:, 1], pixels[:, 0]) if swapped else (pixels[:, 0], pixels[:, 1])
        return pixels[:, self.axes[0]], pixels[:, self.axes[1]]

    def _one_by_one(self, world):
        pixels = np.full(world.shape, np.nan)
        for row, point in enumerate(world):
            try:
                pixels[row] = quietly(self.pair.all_world2pix, point[None, :], 1, quiet=True)[0]
            except Exception:  # no pixel for this direction: NaN says so
                pass
        return pixels

    def _project_coupled(self, lon, lat):
        """Axes that mix sky and something else: hold the other pixel axes by iterating on their
        world values."""
        world = np.tile(quietly(self.wcs.all_pix2world, self.centres[None, :], 1), (len(lon), 1))
        world[:, self.wcs.wcs.lng], world[:, self.wcs.wcs.lat] = lon, lat
        pixels = np.full(world.shape, np.nan)
        for _ in range(30):
            try:
                pixels = quietly(self.wcs.all_world2pix, world, 1, quiet=True)
            except Exception:
                return np.full(len(lon), np.nan), np.full(len(lon), np.nan)
            held = self._pixels(pixels[:, self.axes[0]], pixels[:, self.axes[1]])
            again = quietly(self.wcs.all_pix2world, held, 1)
            for axis in range(world.shape[1]):
                if axis not in (self.wcs.wcs.lng, self.wcs.wcs.lat):
                    world[:, axis] = again[:, axis]
        return pixels[:, self.axes[0]], pixels[:, self.axes[1]]

    def scale(self):
        """Degrees a pixel, about the centre (the coarser side)."""
        if not hasattr(self, "_scale"):
            x, y = (self.nx + 1) / 2.0, (self.ny + 1) / 2.0
            v = self.to_sky([x, x + 0.5, x], [y, y, y + 0.5])
            sides = 2 * np.array([shapes.separation(v[0], v[1]), shapes.separation(v[0], v[2])])
            sides = sides[np.isfinite(sides) & (sides > 0)]
            matrix = np.abs(self.wcs.pixel_scale_matrix)
            flat = matrix[:, list(self.axes)][[self.wcs.wcs.lng, self.wcs.wcs.lat]].max()
            self._scale = float(sides.max() if len(sides) else flat)
        return self._scale

    def grid(self):
        """(x, y, vectors) of points all over the image, its edges always at every half pixel, the
        inside at every half pixel too where that gives at most some 2 million points; and points
        on the rim of the map, where the sky ends inside the image."""
        if self._grid is None:
            step = 0.5
            while (self.nx / step + 1) * (self.ny / step + 1) > 2e6:
                step *= 2
            xs = np.unique(np.append(np.arange(0.5, self.nx + 0.5, step), self.nx + 0.5))
            ys = np.unique(np.append(np.arange(0.5, self.ny + 0.5, step), self.ny + 0.5))
            x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
            vectors = self.to_sky(x, y)
            valid = np.isfinite(vectors[:, 0]).reshape(len(ys), len(xs))
            if not valid.all():
                lone = (valid & ~has_neighbour(valid)).ravel()
                self.lone = (x[lone], y[lone], vectors[lone])
                valid &= has_neighbour(valid)
                vectors[lone] = np.nan
            parts = [(x, y, vectors)]
            if not valid.all():
                parts.append(self._rim(xs, ys, valid))
            parts.append(self.edges())
            x, y, vectors = (np.concatenate(part) for part in zip(*parts))
            keep = np.isfinite(vectors[:, 0])
            self._grid = (x[keep], y[keep], vectors[keep])
        return self._grid

    def edges(self):
        """(x, y, vectors) at every half pixel along the image's four edges."""
        if self._border is None:
            x, y = self._edge_pixels()
            self._border = (x, y, self.to_sky(x, y))
        return self._border

    def _edge_pixels(self):
        along_x = np.arange(0.5, self.nx + 0.75, 0.5)
        along_y = np.arange(0.5, self.ny + 0.75, 0.5)
        low, high = np.full(1, 0.5), np.full(1, 1.0)
        x = np.concatenate([along_x, along_x, np.repeat(low, len(along_y)),
                            np.repeat(high * (self.nx + 0.5), len(along_y))])
        y = np.concatenate([np.repeat(low, len(along_x)),
                            np.repeat(high * (self.ny + 0.5), len(along_x)), along_y, along_y])
        return x, y

    def _rim(self, xs, ys, valid):
        """Bisection between neighbouring points with and without sky."""
        grid_x, grid_y = np.meshgrid(xs, ys)
        inner, outer = [], []
        for a, b in (((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
                     ((slice(None, -1), slice(None)), (slice(1, None), slice(None)))):
            for good, bad in ((a, b), (b, a)):
                edge = valid[good] & ~valid[bad]
                inner.append(np.stack([grid_x[good][edge], grid_y[good][edge]], axis=1))
                outer.append(np.stack([grid_x[bad][edge], grid_y[bad][edge]], axis=1))
        inner, outer = np.concatenate(inner), np.concatenate(outer)
        for _ in range(14):
            middle = (inner + outer) / 2
            good = np.isfinite(self.native(middle[:, 0], middle[:, 1])[0])[:, None]
            inner, outer = np.where(good, middle, inner), np.where(good, outer, middle)
        return inner[:, 0], inner[:, 1], self.to_sky(inner[:, 0], inner[:, 1])
