"""Regions of the ICRS sky, as SODA 1.0 section 3.3 asks for them, by plain vector geometry (numpy).

Directions are unit vectors, arrays of shape (n, 3). Angles are degrees. Every region answers:
  inside(v)     bool array: the point belongs to the closed region
  distance(v)   degrees to the boundary, good near the boundary (far from it only large)
  boundary()    list of functions t in [0, 1] (array) -> unit vectors: smooth pieces
  marks()       unit vectors that belong to the region and are worth projecting by themselves
  parameter()   (name, value) as a client sends it, digits enough to give the same doubles back
"""

from dataclasses import dataclass

import numpy as np

RADIAN = np.pi / 180.0


def to_vector(lon, lat):
    lon, lat = np.asarray(lon, float) * RADIAN, np.asarray(lat, float) * RADIAN
    cos_lat = np.cos(lat)
    return np.stack([cos_lat * np.cos(lon), cos_lat * np.sin(lon), np.sin(lat)], axis=-1)


def to_lonlat(vectors):
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.arctan2(y, x) / RADIAN % 360.0, np.arctan2(z, np.hypot(x, y)) / RADIAN


def separation(a, b):
    """Degrees between unit vectors; the chord keeps small angles exact, the sum those near 180."""
    half = np.linalg.norm(a - b, axis=-1) / 2.0
    far = np.linalg.norm(a + b, axis=-1) / 2.0
    return 2.0 * np.arctan2(half, far) / RADIAN


def basis(centre):
    """East and north unit vectors at a direction (any pair at a pole)."""
    east = np.cross([0.0, 0.0, 1.0], centre)
    if np.linalg.norm(east) < 1e-12:
        east = np.array([0.0, 1.0, 0.0])
    east = east / np.linalg.norm(east)
    return east, np.cross(centre, east)


def offset(centre, distance, angle):
    """The point `distance` degrees from `centre`, `angle` radians from east towards north."""
    east, north = basis(centre)
    distance = np.asarray(distance, float)[..., None] * RADIAN
    angle = np.asarray(angle, float)[..., None]
    direction = np.cos(angle) * east + np.sin(angle) * north
    return np.cos(distance) * centre + np.sin(distance) * direction


def numbers(values):
    return " ".join(repr(float(value)) for value in values)


@dataclass
class Circle:
    lon: float
    lat: float
    radius: float

    @property
    def centre(self):
        return to_vector(self.lon, self.lat)

    def inside(self, vectors):
        return separation(vectors, self.centre) <= self.radius

    def distance(self, vectors):
        return np.abs(separation(vectors, self.centre) - self.radius)

    def boundary(self):
        return [lambda t: offset(self.centre, np.full(len(t), self.radius), 2 * np.pi * t)]

    def marks(self):
        return self.centre[None, :]

    def parameter(self):
        return "CIRCLE", numbers([self.lon, self.lat, self.radius])


@dataclass
class Range:
    """lon_lo > lon_hi runs through 0 h; a difference of 360 or more is the full circle."""

    lon_lo: float
    lon_hi: float
    lat_lo: float
    lat_hi: float

    def _width(self):
        if self.lon_hi - self.lon_lo >= 360.0:
            return 360.0
        return (self.lon_hi - self.lon_lo) % 360.0

    def inside(self, vectors):
        lon, lat = to_lonlat(vectors)
        east = (lon - self.lon_lo) % 360.0
        within = (east <= self._width()) | (east >= 360.0 - 1e-13)
        # At a pole every longitude holds.
        within |= np.hypot(vectors[..., 0], vectors[..., 1]) < 1e-15
        return within & (lat >= self.lat_lo) & (lat <= self.lat_hi)

    def distance(self, vectors):
        lon, lat = to_lonlat(vectors)
        parallels = np.minimum(np.abs(lat - self.lat_lo), np.abs(lat - self.lat_hi))
        if self._width() >= 360.0:
            return parallels
        cos_lat = np.cos(lat * RADIAN)
        meridians = np.full(lon.shape, np.inf)
        for edge in (self.lon_lo, self.lon_hi):
            gap = np.abs((lon - edge + 180.0) % 360.0 - 180.0)
            meridians = np.minimum(meridians, gap * cos_lat)
        return np.minimum(parallels, meridians)

    def boundary(self):
        width, pieces = self._width(), []
        for lat in (self.lat_lo, self.lat_hi):
            if abs(lat) < 90.0:
                pieces.append(lambda t, lat=lat: to_vector(self.lon_lo + width * t,
                                                           np.full(len(t), lat)))
        if width < 360.0:
            height = self.lat_hi - self.lat_lo
            for lon in (self.lon_lo, self.lon_hi):
                pieces.append(lambda t, lon=lon: to_vector(np.full(len(t), lon),
                                                           self.lat_lo + height * t))
        return pieces

    def marks(self):
        lons = [self.lon_lo, self.lon_lo + self._width(), self.lon_lo + self._width() / 2]
        lats = [self.lat_lo, self.lat_hi, (self.lat_lo + self.lat_hi) / 2]
        return np.array([to_vector(lon, lat) for lon in lons for lat in lats])

    def parameter(self):
        return "POS", "RANGE " + numbers([self.lon_lo, self.lon_hi, self.lat_lo, self.lat_hi])


@dataclass
class Polygon:
    """Great-circle edges, either winding, the side smaller than a hemisphere."""

    lonlat: list  # of (lon, lat)

    def __post_init__(self):
        self.corners = to_vector(*np.array(self.lonlat, float).T)
        following = np.roll(self.corners, -1, axis=0)
        self.edges = list(zip(self.corners, following))
        normal = np.cross(self.corners, following).sum(axis=0)
        self.winding = 1.0 if normal @ self.corners.mean(axis=0) > 0 else -1.0

    def inside(self, vectors):
        """The angles under which the edges are seen from a point add up to a full turn, in the
        polygon's own sense of rotation, exactly for the points of its smaller side."""
        turn = np.zeros(vectors.shape[:-1])
        for a, b in self.edges:
            to_a, to_b = a - vectors, b - vectors
            along_a = (to_a * vectors).sum(axis=-1)
            along_b = (to_b * vectors).sum(axis=-1)
            sine = (vectors * np.cross(to_a, to_b)).sum(axis=-1)
            cosine = (to_a * to_b).sum(axis=-1) - along_a * along_b
            turn += np.arctan2(sine, cosine)
        return self.winding * turn > np.pi

    def distance(self, vectors):
        best = np.full(vectors.shape[:-1], np.inf)
        for a, b in self.edges:
            normal = np.cross(a, b)
            length = np.linalg.norm(normal)
            normal = normal / length
            height = np.abs(np.arcsin(np.clip((vectors - a) @ normal, -1, 1))) / RADIAN
            foot_a = (np.cross(normal, a) * vectors).sum(axis=-1) >= 0
            foot_b = (np.cross(b, normal) * vectors).sum(axis=-1) >= 0
            ends = np.minimum(separation(vectors, a), separation(vectors, b))
            best = np.minimum(best, np.where(foot_a & foot_b, height, ends))
        return best

    def boundary(self):
        def edge(a, b):
            angle = separation(a, b) * RADIAN

            def along(t):
                t = np.asarray(t)[:, None]
                return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)

            return along

        return [edge(a, b) for a, b in self.edges]

    def marks(self):
        return self.corners

    def parameter(self):
        return "POLYGON", numbers([value for pair in self.lonlat for value in pair])
