"""Which pixels a region touches, by astropy and brute force: "the box holds every pixel
whose area the shape touches, clipped at the image's edge" (soda(7)).

The touched part of the image is bounded by the region's own boundary (followed in the sky,
projected densely) and by the image's and the map's edges (points all over the image, asked on the
sky); its extremes give the box. An extreme within TOLERANCE of a border between pixels leaves both
answers open. An extreme that only the half-pixel grid knows of (the same sky shown twice) leaves
the neighbours within half a pixel open.
"""

from dataclasses import dataclass

import numpy as np

TOLERANCE = 0.02  # pixel
SAMPLES = 2048  # on each smooth piece of the boundary, before the part over the image is refined


@dataclass
class Side:
    """The pixel numbers that are right for one side of a box."""

    allowed: tuple
    extreme: float

    def __contains__(self, pixel):
        return pixel in self.allowed


@dataclass
class Box:
    """Sides x_lo, x_hi, y_lo, y_hi. `grazing`: it may as well be that nothing is touched."""

    sides: tuple
    grazing: bool = False

    def problems(self, first, last):
        """`first`, `last`: the box received, (x, y) each."""
        got = (first[0], last[0], first[1], last[1])
        names = ("first x", "last x", "first y", "last y")
        return [f"{name} is {pixel}, expected {' or '.join(map(str, side.allowed))} "
                f"(the shape reaches {side.extreme:.3f})"
                for name, pixel, side in zip(names, got, self.sides) if pixel not in side]


def within(sky, x, y, margin):
    return ((x >= 0.5 - margin) & (x <= sky.nx + 0.5 + margin)
            & (y >= 0.5 - margin) & (y <= sky.ny + 0.5 + margin))


def boundary_pixels(sky, region, margin=0.0):
    """x, y of boundary points that fall on the image (grown by `margin` pixels)."""
    found_x, found_y = [], []

    def project(vectors):
        x, y = sky.to_pixel(vectors)
        on = within(sky, x, y, margin)
        found_x.append(x[on])
        found_y.append(y[on])
        return x, y

    for piece in region.boundary():
        t = np.linspace(0.0, 1.0, SAMPLES + 1)
        x, y = project(piece(t))
        refine = _intervals_over_image(sky, x, y, margin)
        if not 0 < len(refine) <= 600:
            continue
        parts = max(4, min(256, 30000 // len(refine)))
        fine = (t[refine][:, None] + np.arange(1, parts) / parts / SAMPLES).ravel()
        project(piece(fine))
    project(region.marks())
    return np.concatenate(found_x), np.concatenate(found_y)


def _intervals_over_image(sky, x, y, margin):
    """Indices of sample intervals longer than half a pixel that may pass over the image."""
    span = np.hypot(np.diff(x), np.diff(y))
    reach = span + margin + 1.0
    near = ((x[:-1] >= -reach) & (x[:-1] <= sky.nx + 1 + reach)
            & (y[:-1] >= -reach) & (y[:-1] <= sky.ny + 1 + reach))
    return np.flatnonzero(near & (span > 0.5))


def edge_crossings(sky, region):
    """Where the region's boundary crosses the image's own edges, by bisection along them."""
    x, y, vectors = sky.edges()
    inside = region.inside(vectors)
    step = np.hypot(np.diff(x), np.diff(y)) <= 0.5
    change = np.flatnonzero((inside[:-1] != inside[1:]) & step)
    if not len(change):
        return np.empty(0), np.empty(0)
    a = np.stack([x[change], y[change]], axis=1)
    b = np.stack([x[change + 1], y[change + 1]], axis=1)
    a_inside = inside[change][:, None]
    for _ in range(20):
        middle = (a + b) / 2
        same = region.inside(sky.to_sky(middle[:, 0], middle[:, 1]))[:, None] == a_inside
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    return a[:, 0], a[:, 1]


def expected_box(sky, region):
    """A Box, or None when no pixel is touched."""
    traced_x, traced_y = boundary_pixels(sky, region, TOLERANCE)
    cross_x, cross_y = edge_crossings(sky, region)
    grid_x, grid_y, vectors = sky.grid()
    inside = region.inside(vectors)
    on = within(sky, traced_x, traced_y, 0.0)
    if on.any() or len(cross_x) or inside.any():
        traced_x, traced_y = traced_x[on], traced_y[on]
    x = np.concatenate([traced_x, cross_x, grid_x[inside]])
    y = np.concatenate([traced_y, cross_y, grid_y[inside]])
    if not len(x):
        return None
    well = within(sky, x, y, -TOLERANCE)
    sides = []
    for values, known, size in ((x, (traced_x, cross_x), sky.nx), (y, (traced_y, cross_y), sky.ny)):
        exact = np.concatenate(known)
        sides += [_side(values, exact, size, -1), _side(values, exact, size, +1)]
    return Box(_widened(sky, region, sides), grazing=not well.any())


def _widened(sky, region, sides):
    """Sky without area (a line of the map's grid) may be counted or not."""
    inside = region.inside(sky.lone[2])
    wider = []
    for number, side in enumerate(sides):
        reached = sky.lone[number // 2][inside]
        pixels = {int(np.floor(value + 0.5)) for value in reached}
        ends = [*side.allowed, *(p for p in pixels if p < side.allowed[0] and number % 2 == 0),
                *(p for p in pixels if p > side.allowed[-1] and number % 2 == 1)]
        wider.append(Side(tuple(range(min(ends), max(ends) + 1)), side.extreme))
    return tuple(wider)


def _side(values, exact, size, sign):
    """One side: the extreme of all points in the direction of `sign`."""
    extreme = float((sign * values).max() * sign)
    at_edge = extreme <= 0.5 + 1e-9 if sign < 0 else extreme >= size + 0.5 - 1e-9
    known = len(exact) and (sign * exact).max() >= sign * extreme - TOLERANCE
    slack = TOLERANCE if known or at_edge else 0.52
    pixels = range(int(np.floor(extreme + 0.5 - slack)), int(np.floor(extreme + 0.5 + slack)) + 1)
    return Side(tuple(sorted({min(max(pixel, 1), size) for pixel in pixels})), extreme)


def unclipped_box(sky, region, margin):
    """The box on an endless image, for small regions that project whole: sides as in Box, or None
    when a boundary point has no pixel."""
    xs, ys = [], []
    for piece in region.boundary():
        x, y = sky.to_pixel(piece(np.linspace(0.0, 1.0, 4 * SAMPLES + 1)))
        xs.append(x)
        ys.append(y)
    x, y = np.concatenate(xs), np.concatenate(ys)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    sides = []
    for values, size in ((x, sky.nx), (y, sky.ny)):
        if values.min() < 1 - margin or values.max() > size + margin:
            return None
        for extreme in (values.min(), values.max()):
            pixels = {int(np.floor(extreme + 0.5 - TOLERANCE)),
                      int(np.floor(extreme + 0.5 + TOLERANCE))}
            sides.append(Side(tuple(sorted(pixels)), float(extreme)))
    return Box(tuple(sides))
