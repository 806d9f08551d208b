"""The list of cases for one data set: what its image allows to ask."""

from dataclasses import dataclass

import box as boxes
import members
import sky as skies
import spectral
from cases import Case, Drawer


@dataclass
class Reason:
    """Something that astropy or WCSLIB cannot judge, and why."""

    name: str
    text: str


def cases_of(name, parent, images, head, grid):
    hdu, sky = parent.hdus[head], images.skies.get(head)
    drawer = Drawer(f"{name}[{head}]", parent, hdu, sky)
    if sky is not None:
        yield from drawer.sky_cases()
        yield from drawer.mask_cases()
        yield from drawer.pad_cases()
        yield from extension_cases(drawer, parent, head, grid)
        yield from whole_file_cases(drawer, parent, images, head)
    yield from drawer.pixel_cases()
    yield from drawer.stokes_cases()
    yield from drawer.metadata_cases()
    try:
        axis = spectral.axis_of(parent, hdu)
    except skies.NotJudged as reason:
        yield Reason("band", str(reason))
        return
    if axis is not None:
        yield from drawer.cube_cases(axis)


def extension_cases(drawer, parent, head, grid):
    """DETAIL and EXT, where there is more than the image itself."""
    if len(parent.hdus) == 1:
        return
    region = drawer.circle(*drawer.random_pixel(), 0.1 * drawer.extent())
    for name, value, detail in (("DETAIL", "Image", "Image"), ("DETAIL", "All", "All"),
                                ("DETAIL", "MaskedImage", "MaskedImage"),
                                ("CUTOUTDETAIL", "Exposure", "All")):
        yield drawer.on_sky(f"{name}={value}", region, [(name, value)], detail=detail)
    names = [hdu.name[0].upper() for hdu in parent.hdus]
    for index in grid:
        yield drawer.on_sky(f"EXT={index}", region, [("EXT", str(index))], ext=index)
        own = parent.hdus[index].name[0]
        if own and not own.isdigit() and names.count(own.upper()) == 1:
            yield drawer.on_sky(f"EXT={own}", region, [("EXT", own)], ext=index)


def whole_file_cases(drawer, parent, images, head):
    """The bare identifier of a file with several grids: every image that overlaps, in file order.
    Asked once, from the first image that has a sky."""
    placed = [index for index in images.skies if members.is_candidate(parent.hdus[index])]
    grids = {tuple(images.grid_of(index)) for index in placed}
    if len(grids) < 2 or head != placed[0]:
        return
    region = drawer.circle(*drawer.random_pixel(), 0.3 * drawer.extent())
    expected, cut = {}, []
    for index in placed:
        found = boxes.expected_box(images.skies[index], region)
        if found is None:
            continue
        if found.grazing:
            return
        other = Drawer("", parent, parent.hdus[index], images.skies[index])
        expected[index] = other.expectation(found)
        cut.append(index)
    blind = [i for i in images.why if i not in images.skies]
    for index in blind:  # images without a sky share the grid of one that has it, or stay behind
        for leader in list(expected):
            if index in images.grid_of(leader) and leader in cut:
                expected[index] = expected[leader]
                cut.append(index)
                break
    along = set(members.tables_along(parent, "standard"))
    for index in cut:
        along |= members.referred(parent, index)
    expected["images"], expected["hdus"] = cut, sorted({0, *cut, *along})
    case = Case("whole-file", [region.parameter()], expected, whole_file=True)
    yield case



