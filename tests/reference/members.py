"""Which HDUs of a file belong together, and which an answer must bring; judged from the file alone.

A grid: the images of one shape that show the same sky (SCI, ERR, DQ …), or know nothing of it
themselves. Rules: soda(7), "multi-extension files".
"""

import re

import numpy as np

import shapes
import sky as skies

SMALL_TABLE = 1 << 20  # bytes; the setting small_table_limit
LOOKUPS = {"WCSDVARR": r"^DP(\d+)", "D2IMARR": r"^D2IM(\d+)"}
HEADS = ("SCI", "DATA", "IMAGE", "PRIMARY", "")


def is_lookup(hdu):
    return hdu.name[0] in LOOKUPS


def is_candidate(hdu):
    """An image with something to cut: an axis longer than 1, pixels that can be had."""
    return (hdu.is_image() and not hdu.problem and not is_lookup(hdu) and max(hdu.shape) > 1)


def essential(shape):
    """Without degenerate axes at the end: 4-D radio images come with 2-D masks."""
    shape = list(shape)
    while shape and shape[-1] == 1:
        shape.pop()
    return shape


class Images:
    """The images of one parent and their skies; `why[i]` says why image i has none."""

    def __init__(self, parent):
        self.parent, self.skies, self.why = parent, {}, {}
        for hdu in parent.hdus:
            if not is_candidate(hdu):
                continue
            try:
                self.skies[hdu.index] = skies.ImageSky(hdu.header, hdu.shape, parent.astropy)
                self.skies[hdu.index].grid()
                if not len(self.skies[hdu.index].grid()[0]):
                    raise skies.NotJudged("no pixel of the image has sky")
            except skies.NotJudged as reason:
                self.skies.pop(hdu.index, None)
                self.why[hdu.index] = str(reason)

    def same_sky(self, first, second):
        """Corners within a hundredth of a pixel."""
        a, b = self.skies[first], self.skies[second]
        if a.axes != b.axes:
            return False
        x, y = np.array([1.0, a.nx, a.nx, 1.0]), np.array([1.0, 1.0, a.ny, a.ny])
        va, vb = a.to_sky(x, y), b.to_sky(x, y)
        if (np.isfinite(va) != np.isfinite(vb)).any():
            return False
        gap = shapes.separation(va, vb)
        return not (np.nan_to_num(gap) > 0.01 * a.scale()).any()

    def grid_of(self, head):
        """Numbers of the images on the head's grid, in file order."""
        return next(grid for grid in self.grids() if head in grid)

    def grids(self):
        """Images of one sky and shape belong together; one without a sky joins, of the grids before
        it that it fits, the one with its own EXTVER, else the nearest. SCI,1 and SCI,2 stay apart
        unless their skies are the same."""
        if not hasattr(self, "_grids"):
            self._grids = []
            for hdu in filter(is_candidate, self.parent.hdus):
                fitting = [grid for grid in self._grids if self._fits(grid, hdu)]
                versions = [grid for grid in fitting
                            if self.parent.hdus[grid[0]].name[1] == hdu.name[1]]
                if fitting:
                    (versions or fitting)[-1].append(hdu.index)
                else:
                    self._grids.append([hdu.index])
        return self._grids

    def _fits(self, grid, hdu):
        known = [index for index in grid if index in self.skies]
        first = self.parent.hdus[grid[0]]
        if essential(first.shape) != essential(hdu.shape):
            return False
        if known and hdu.index in self.skies:
            return self.same_sky(known[0], hdu.index)
        named = first.name[0].upper()
        return not (named and named == hdu.name[0].upper() and first.name[1] != hdu.name[1])

    def likely_head(self):
        """Of a file with one data set: by name, else the first."""
        known = [hdu for hdu in self.parent.hdus if is_candidate(hdu)]
        for hdu in known:
            if hdu.name[0].upper() in HEADS:
                return hdu.index
        return known[0].index if known else None


def referred(parent, index):
    """HDUs that the world coordinates of an image refer to: lookup arrays, -TAB tables."""
    hdu, found = parent.hdus[index], set()
    text = [card.decode("latin-1") for card in hdu.cards]
    for name, pattern in LOOKUPS.items():
        versions = {int(float(match.group(1))) for card in text
                    if re.match(pattern, card)
                    for match in [re.search(r"EXTVER:\s*([0-9.]+)", card)] if match}
        found |= {other.index for other in parent.hdus
                  if other.name[0] == name and other.name[1] in versions}
    for axis in range(1, 1 + len(hdu.shape)):
        if not str(hdu.get(f"CTYPE{axis}", "")).endswith("-TAB"):
            continue
        table = str(hdu.get(f"PS{axis}_0", "")).strip(), int(hdu.get(f"PV{axis}_1", 1))
        found |= {other.index for other in parent.hdus
                  if other.kind == "table" and other.name == table}
    return found


def tables_along(parent, detail):
    limits = {"standard": SMALL_TABLE, "Image": -1, "MaskedImage": -1, "All": float("inf")}
    return [hdu.index for hdu in parent.hdus if hdu.kind == "table" and not hdu.compressed
            and len(hdu.data) <= limits[detail]]


def expected_hdus(parent, grid, head, case):
    """(all HDUs of the answer by their number in the parent, those of them that are cut)."""
    if case.ext is not None:
        images, tables = [case.ext], []
    else:
        images = [head] if case.detail == "Image" else list(grid)
        tables = tables_along(parent, case.detail)
    along = set(tables)
    for index in images:
        along |= referred(parent, index)
    return sorted({0, *images, *along}), images
