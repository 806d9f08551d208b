"""Shapes on the sphere, and whether two have a point in common: textbook formulae, one pair of
shapes at a time, without any index. Degrees come in; shapes are closed.

A polygon's edges are great circles, and of its two sides the smaller is meant; one whose edges
cross is taken for its convex hull. A range's north and south edges are parallels.
"""

import math

from scipy.spatial import ConvexHull

TURN = 2 * math.pi
AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def unit(lon, lat):
    lon, lat = math.radians(lon), math.radians(lat)
    return (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def scaled(a):
    """The unit vector of the same direction."""
    size = math.hypot(*a)
    return (a[0] / size, a[1] / size, a[2] / size)


def angle(a, b):
    return math.atan2(math.hypot(*cross(a, b)), dot(a, b))


def lon_of(point):
    return math.atan2(point[1], point[0])


def lat_of(point):
    return math.atan2(point[2], math.hypot(point[0], point[1]))


def frame(point):
    """East and north of some pole, across a unit vector."""
    axis = min(AXES, key=lambda each: abs(dot(each, point)))
    east = scaled(cross(axis, point))
    return east, cross(point, east)


def arc_distance(point, a, b):
    """From a point to the great circle's arc between two others, less than half a turn long."""
    pole = cross(a, b)
    size = math.hypot(*pole)
    if size and dot(pole, cross(a, point)) > 0 and dot(pole, cross(point, b)) > 0:
        return abs(math.asin(max(-1.0, min(1.0, dot(pole, point) / size))))
    return min(angle(point, a), angle(point, b))


def arcs_cross(a, b, c, d):
    ab, cd = cross(a, b), cross(c, d)
    turns = (-dot(ab, c), dot(ab, d), -dot(cd, b), dot(cd, a))
    return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)


class Circle:
    def __init__(self, lon, lat, radius):
        self.centre, self.radius = unit(lon, lat), math.radians(radius)

    def meets(self, other):
        return other.distance(self.centre) <= self.radius

    def distance(self, point):
        return max(0.0, angle(self.centre, point) - self.radius)


class Range:
    def __init__(self, lon1, lon2, lat1, lat2):
        self.south, self.north = (math.radians(max(-90.0, min(90.0, lat))) for lat in (lat1, lat2))
        self.full = math.isinf(lon1) or math.isinf(lon2) or lon2 - lon1 >= 360
        self.west = 0.0 if self.full else math.radians(lon1 % 360)
        self.width = TURN if self.full else math.radians(lon2 - lon1) % TURN

    def holds_lon(self, lon):
        return self.full or (lon - self.west) % TURN <= self.width

    def contains(self, point):
        return self.south <= lat_of(point) <= self.north and self.holds_lon(lon_of(point))

    def meridians(self):
        """The edges that are great circles, in halves."""
        if self.full:
            return []
        lats = [math.degrees(lat) for lat in
                (self.south, (self.south + self.north) / 2, self.north)]
        arcs = []
        for lon in (self.west, self.west + self.width):
            ends = [unit(math.degrees(lon), lat) for lat in lats]
            arcs += [(ends[0], ends[1]), (ends[1], ends[2])]
        return arcs

    def distance(self, point):
        if self.contains(point):
            return 0.0
        found = [arc_distance(point, a, b) for a, b in self.meridians()]
        if self.holds_lon(lon_of(point)):
            lat = lat_of(point)
            found += [abs(lat - self.south), abs(lat - self.north)]
        return min(found)

    def parallel_cut(self, a, b):
        """Whether the arc a b meets the northern or the southern edge."""
        along = scaled(cross(cross(a, b), a))
        length, crest, height = angle(a, b), math.atan2(along[2], a[2]), math.hypot(a[2], along[2])
        for lat in (self.south, self.north):
            if not height or abs(math.sin(lat)) > height:
                continue
            swing = math.acos(math.sin(lat) / height)
            for at in ((crest + swing) % TURN, (crest - swing) % TURN):
                place = [p * math.cos(at) + q * math.sin(at) for p, q in zip(a, along)]
                if at <= length and self.holds_lon(lon_of(place)):
                    return True
        return False

    def meets(self, other):
        if isinstance(other, Circle):
            return other.meets(self)
        corner = unit(math.degrees(self.west), math.degrees(self.south))
        return (self.contains(other.vertices[0]) or other.contains(corner)
                or any(arcs_cross(*edge, *arc) for arc in self.meridians()
                       for edge in other.edges)
                or any(self.parallel_cut(*edge) for edge in other.edges))


class Polygon:
    def __init__(self, *lon_lat):
        vertices = [unit(lon, lat) for lon, lat in zip(lon_lat[::2], lon_lat[1::2])]
        self._take([v for v, last in zip(vertices, vertices[-1:] + vertices[:-1])
                    if angle(v, last) > 1e-12])
        if self._crosses_itself():
            self._take(self._hull())
        if self._turn() < 0:
            self._take(self.vertices[::-1])

    def _take(self, vertices):
        self.vertices = vertices
        self.edges = list(zip(vertices, vertices[1:] + vertices[:1]))

    def _crosses_itself(self):
        last = len(self.edges) - 1
        return any(arcs_cross(*edge, *other) for i, edge in enumerate(self.edges)
                   for j, other in enumerate(self.edges[i + 2:], i + 2) if (i, j) != (0, last))

    def _middle(self):
        return scaled([sum(axis) for axis in zip(*self.vertices)])

    def _hull(self):
        """On the tangent plane, where great circles are straight lines."""
        middle = self._middle()
        east, north = frame(middle)
        flat = [(dot(v, east) / dot(v, middle), dot(v, north) / dot(v, middle))
                for v in self.vertices]
        return [self.vertices[i] for i in ConvexHull(flat).vertices]

    def _turn(self):
        """The area on the left of the edges, or less than nothing when the right side is the
        smaller: the triangles with the middle, summed (Eriksson 1990)."""
        m = self._middle()
        total = sum(2 * math.atan2(dot(m, cross(a, b)), 1 + dot(m, a) + dot(a, b) + dot(b, m))
                    for a, b in self.edges)
        return total if abs(total) <= TURN else -total

    def contains(self, point):
        """The vertices go once round, seen from a point inside; from outside they do not, and from
        the antipode of a point inside they go backwards."""
        east, north = frame(point)
        bearings = [math.atan2(dot(v, north), dot(v, east)) for v in self.vertices]
        total = sum((b - a + math.pi) % TURN - math.pi
                    for a, b in zip(bearings, bearings[1:] + bearings[:1]))
        return total > math.pi

    def distance(self, point):
        if self.contains(point):
            return 0.0
        return min(arc_distance(point, *edge) for edge in self.edges)

    def meets(self, other):
        if not isinstance(other, Polygon):
            return other.meets(self)
        return (self.contains(other.vertices[0]) or other.contains(self.vertices[0])
                or any(arcs_cross(*mine, *theirs) for mine in self.edges
                       for theirs in other.edges))


MAKERS = {"CIRCLE": Circle, "RANGE": Range, "POLYGON": Polygon}
SILENT = {"ICRS", "FK5", "UNION"}


def shapes(text):
    """The shapes of an s_region or a POS: "Polygon ICRS 1 2 …", "Union ICRS (Circle … …)"."""
    found = []
    for word in text.replace("(", " ").replace(")", " ").split():
        if word.upper() in MAKERS:
            found.append((MAKERS[word.upper()], []))
        elif word.upper() not in SILENT:
            found[-1][1].append(float(word))
    return [make(*numbers) for make, numbers in found]
