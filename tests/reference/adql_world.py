"""What the answers to ADQL are, computed from the rows themselves: numpy, astropy and plain Python.
NULL is None: a condition on it is neither true nor false."""

import math
import re

import numpy
from astropy.coordinates.angle_utilities import angular_separation


class World:
    def __init__(self, rows, stars):
        self.rows, self.stars = rows, stars

    @staticmethod
    def separation(lon1, lat1, lon2, lat2):
        """Degrees (astropy: Vincenty's formula)."""
        if None in (lon1, lat1, lon2, lat2):
            return None
        return float(numpy.degrees(angular_separation(*numpy.radians([lon1, lat1, lon2, lat2]))))

    def distance(self, row, lon, lat):
        return self.separation(row["s_ra"], row["s_dec"], lon, lat)

    def in_region(self, row, lon, lat):
        """The rows' regions are circles of half of s_fov."""
        apart = self.distance(row, lon, lat)
        return apart is not None and apart <= row["s_fov"] / 2

    @staticmethod
    def in_polygon(row, vertices):
        """In a convex polygon: on the same side of all its edges as the middle of its vertices."""
        if row["s_ra"] is None:
            return False
        point = unit(row["s_ra"], row["s_dec"])
        corners = [unit(lon, lat) for lon, lat in vertices]
        middle = sum(corners)
        edges = [numpy.cross(a, b) for a, b in zip(corners, corners[1:] + corners[:1])]
        return all(numpy.dot(edge, point) * numpy.dot(edge, middle) >= 0 for edge in edges)

    @staticmethod
    def in_box(row, lon, lat, width, height):
        """Sides straight in the tangent plane at the centre, which are great circles."""
        if row["s_ra"] is None:
            return False
        point = unit(row["s_ra"], row["s_dec"])
        centre = unit(lon, lat)
        east = numpy.array([-math.sin(math.radians(lon)), math.cos(math.radians(lon)), 0])
        north = numpy.cross(centre, east)
        depth = numpy.dot(point, centre)
        return bool(depth > 0
                    and abs(numpy.dot(point, east)) <= depth * math.tan(math.radians(width / 2))
                    and abs(numpy.dot(point, north)) <= depth * math.tan(math.radians(height / 2)))


def unit(lon, lat):
    lon, lat = math.radians(lon), math.radians(lat)
    return numpy.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon),
                        math.sin(lat)])


def like(text, pattern, flags=0):
    if text is None:
        return None
    wanted = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(wanted, text, flags | re.DOTALL) is not None


def lift(function):
    """A comparison that knows NULL."""
    return lambda *values: None if None in values else function(*values)


def negation(value):
    return None if value is None else not value


def conjunction(*values):
    return False if False in values else None if None in values else True


def disjunction(*values):
    return True if True in values else None if None in values else False


def sort_key(value):
    """As the service orders: NULL first, then numbers or texts by their bytes."""
    if value is None:
        return (0, 0)
    return (1, value.encode() if isinstance(value, str) else value)
