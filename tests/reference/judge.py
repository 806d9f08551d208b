"""Is an answer the cutout that was asked for? Pure functions: the parent, the answer and the box
expected go in, sentences about what is wrong come out (none: all is well).

Rules: soda(7) "What a cutout is" and "What happens to the header".
"""

import io
import re
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits

import fitsfile
import sky as skies

WCS_DEGREES = 1e-9
LETTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SECTIONS = ("DATASEC", "TRIMSEC", "BIASSEC", "CCDSEC", "DETSEC")
RENAMED = {("O_" + name)[:8]: name for name in SECTIONS}
REFERENCE_PIXEL = re.compile(r"^CRPIX(\d+)([A-Z]?)$")
PHYSICAL = re.compile(r"^LTV(\d+)$")
PLATE = re.compile(r"^CNPIX(\d)$")
AXIS_LENGTH = re.compile(r"^NAXIS\d+$")
PROVENANCE = re.compile(r"^(SODA(ID|HDU|CUT|DATE|VERS|WRN\d+|[FL]\d+)|CONTINUE)$")
PROVENANCE_OF_IMAGE = re.compile(r"^SODA[FL]\d+$")
SIGNATURE = ("CHECKSUM", "DATASUM")
DROPPED = ("DATAMIN", "DATAMAX")
# What decompression rewrites: structure, the fact that there is an extension, blank cards.
STRUCTURE = re.compile(r"^(|SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|BLANK)$")
# What only data give a meaning to; gone from a primary whose image was left out.
OF_DATA = re.compile(r"^(NAXIS\d*|BSCALE|BZERO|BLANK|BUNIT|DATAMIN|DATAMAX|GROUPS|PCOUNT|GCOUNT)$")


@dataclass
class Expected:
    """The cut of one image: for each axis (0-based) the allowed first and last pixels, 1-based;
    axes that are not named are whole."""

    axes: dict
    outside: str = "keep"  # or "blank"
    inside: object = None  # for "blank": function (x, y) -> (inside, undecided) bool arrays
    plane: tuple = ()  # the celestial axes
    pad: bool = False
    labels: dict = field(default_factory=dict)


def allowed(expected, axis, length):
    return expected.axes.get(axis, ((1,), (length,)))


def offsets(parent, answer, expected):
    """First pixel of the answer along each axis, 1-based, in the parent: by the reference pixels
    where there are any, else the one expected."""
    firsts = []
    for axis, length in enumerate(parent.shape):
        first = None
        for letter in LETTERS:
            name = f"CRPIX{axis + 1}{letter.strip()}"
            before, after = parent.get(name), answer.get(name)
            if isinstance(before, (int, float)) and isinstance(after, (int, float)):
                first = int(round(before - after)) + 1
                break
        if first is None:
            choices = allowed(expected, axis, length)[0]
            told = answer.get(f"SODAF{axis + 1}")
            first = told if told in choices else choices[0]
        firsts.append(first)
    return firsts


def check_box(parent, answer, firsts, expected):
    problems = []
    if len(answer.shape) != len(parent.shape):
        return [f"NAXIS is {len(answer.shape)}, the parent's is {len(parent.shape)}"]
    if answer.get("BITPIX") != parent.get("BITPIX"):
        problems.append(f"BITPIX is {answer.get('BITPIX')}, the parent's {parent.get('BITPIX')}")
    for axis, (first, length) in enumerate(zip(firsts, answer.shape)):
        good_first, good_last = allowed(expected, axis, parent.shape[axis])
        last = first + length - 1
        if first not in good_first or last not in good_last:
            problems.append(
                f"axis {axis + 1} is cut {first}:{last}, expected "
                f"{'|'.join(map(str, good_first))}:{'|'.join(map(str, good_last))}"
                f"{expected.labels.get(axis, '')}")
    return problems


def blank_of(hdu):
    """The stored value of a blank pixel: NaN, BLANK, or None when the image cannot say it."""
    return float("nan") if hdu.get("BITPIX") < 0 else hdu.get("BLANK")


def is_blank(values, hdu):
    return np.isnan(values) if hdu.get("BITPIX") < 0 else values == hdu.get("BLANK")


def check_pixels(parent, answer, firsts, expected):
    """Bit for bit, and blanks where blanks must be."""
    before, after = parent.pixels(), answer.pixels()
    same = np.zeros(after.shape, bool)
    here, there, overlaps = [], [], True
    for axis in range(len(firsts)):
        low = max(firsts[axis], 1)
        high = min(firsts[axis] + answer.shape[axis] - 1, parent.shape[axis])
        overlaps = overlaps and low <= high
        here.insert(0, slice(low - 1, high))
        there.insert(0, slice(low - firsts[axis], high - firsts[axis] + 1))
    if not overlaps:
        return ["the answer has no pixel of the parent"]
    here, there = tuple(here), tuple(there)
    bits = f">u{after.dtype.itemsize}"
    same[there] = before[here].view(bits) == after[there].view(bits)
    within = np.zeros(after.shape, bool)
    within[there] = True
    undecided = np.zeros(after.shape, bool)
    if expected.outside == "blank" and blank_of(parent) is not None:
        inside, undecided = plane_test(parent, answer, firsts, expected)
        within &= inside
    wrong = within & ~same & ~undecided
    problems = []
    if wrong.any():
        at = [int(k) + firsts[axis] for axis, k in enumerate(np.argwhere(wrong)[0][::-1])]
        problems.append(f"{int(wrong.sum())} of {wrong.size} pixels differ from the parent's, "
                        f"the first at {at}")
    outside = ~within & ~undecided
    if outside.any():
        unmasked = outside & ~is_blank(after, parent)
        if unmasked.any():
            problems.append(f"{int(unmasked.sum())} pixels outside are not blank")
    return problems


def plane_test(parent, answer, firsts, expected):
    """(inside, undecided) by pixel of the answer, the plane's test spread over the other axes."""
    x_axis, y_axis = expected.plane
    x = firsts[x_axis] + np.arange(answer.shape[x_axis])
    y = firsts[y_axis] + np.arange(answer.shape[y_axis])
    inside, undecided = expected.inside(*(grid.ravel() for grid in np.meshgrid(x, y)))
    spread = [1] * len(answer.shape)
    spread[len(spread) - 1 - x_axis], spread[len(spread) - 1 - y_axis] = len(x), len(y)
    shape = answer.shape[::-1]
    return (np.broadcast_to(inside.reshape(spread), shape),
            np.broadcast_to(undecided.reshape(spread), shape))


def numbers_of(text):
    """[(from, to), …] of "[x1:x2,y1:y2]", or None."""
    if not re.fullmatch(r"\s*\[\s*-?\d+\s*:\s*-?\d+\s*(,\s*-?\d+\s*:\s*-?\d+\s*)*\]\s*", str(text)):
        return None
    ends = [int(number) for number in re.findall(r"-?\d+", str(text))]
    return list(zip(ends[::2], ends[1::2]))


def check_section(name, parent, answer, firsts):
    """Image sections: the part within the cut, in the cut's pixels. Detector sections: the detector
    pixels of the part of DATASEC (or the image) within the cut. Nothing left: renamed."""
    before = parent.get(name)
    own = numbers_of(before) if before is not None else None
    image = numbers_of(parent.get("DATASEC")) if "DATASEC" in parent.values else [
        (1, length) for length in parent.shape[:2]]
    frame = own if name in ("DATASEC", "TRIMSEC", "BIASSEC") else image
    moved = []
    for axis, (low, high) in enumerate(frame or []):
        if axis >= len(firsts):
            moved = None
            break
        first, last = firsts[axis], firsts[axis] + answer.shape[axis] - 1
        low_in, high_in = max(low, first), min(high, last)
        if low > high or low_in > high_in:
            moved = None
            break
        if frame is own:
            moved.append((low_in - first + 1, high_in - first + 1))
            continue
        start, stop = own[axis] if own and axis < len(own) else (0, -1)
        binning, rest = divmod(abs(stop - start) + 1, high - low + 1)
        if rest or not own or len(own) != len(frame):
            moved = None
            break
        step = 1 if start <= stop else -1
        moved.append((start + step * binning * (low_in - low),
                      start + step * (binning * (high_in - low + 1) - 1)))
    moved = moved or None
    if moved is None or own is None:
        if ("O_" + name)[:8] in answer.values and name not in answer.values:
            return []
        return [f"{name} = {before!r} cannot hold for the cut and should be renamed"]
    after = numbers_of(answer.get(name, ""))
    return [] if after == moved else [f"{name} is {answer.get(name)!r}, expected {moved}"]


def check_shifted(name, parent, answer, firsts, sign):
    """A number that moves with the origin, exact to what a double of its size can say."""
    axis = int(re.match(r"^[A-Z]+(\d+)", name).group(1)) - 1
    before, after = parent.get(name), answer.get(name)
    if not isinstance(before, (int, float)) or axis >= len(firsts):
        return [] if parent.values[name] == answer.values.get(name) else [f"{name} was changed"]
    if firsts[axis] == 1:
        same = parent.values[name] == answer.values.get(name)
        return [] if same else [f"{name} was rewritten though its axis was not moved"]
    wanted = before + sign * (firsts[axis] - 1)
    slack = 4e-16 * max(abs(before), abs(wanted), 1.0)
    if not isinstance(after, (int, float)) or abs(after - wanted) > slack:
        return [f"{name} is {after}, expected {wanted!r}"]
    return []


def moving(name):
    return bool(REFERENCE_PIXEL.match(name) or PHYSICAL.match(name) or PLATE.match(name))


def check_cards(parent, answer, firsts, primary, lost_data=False, lookup=False):
    """Every card that need not change is the parent's, in the parent's order; the others are what
    they must be; nothing else was added."""
    problems = []
    uncut = (not lost_data and firsts is not None and parent.shape == answer.shape
             and all(first == 1 for first in firsts))

    def may_differ(name):
        if name in SIGNATURE or name in ("EXTEND", "NEXTEND") and primary:
            return True
        if lost_data:
            return bool(OF_DATA.match(name))
        if parent.compressed and STRUCTURE.match(name):
            return True
        if lookup:
            return bool(re.match(r"^CRVAL\d$", name))
        if firsts is None or uncut:
            return False
        return bool(AXIS_LENGTH.match(name) or moving(name) or name in SECTIONS
                    or name in DROPPED)

    kept = [card for card in parent.cards if not may_differ(fitsfile.keyword(card))]
    found = [card for card in answer.cards if not may_differ(fitsfile.keyword(card))
             and fitsfile.keyword(card) not in RENAMED]
    at = 0
    extra = []
    for card in found:
        if at < len(kept) and card == kept[at]:
            at += 1
        else:
            extra.append(card)
    if at < len(kept):
        text = kept[at].decode("latin-1").rstrip()
        problems.append(f"{len(kept) - at} cards lost, changed or out of order, first: {text!r}")
    pattern = PROVENANCE if primary else PROVENANCE_OF_IMAGE
    known = set(parent.values)
    for card in extra:
        name = fitsfile.keyword(card)
        if not pattern.match(name) or name in known and name != "CONTINUE":
            text = card.decode("latin-1").rstrip()
            problems.append(f"a card that the parent has not: {text!r}")
            break
    if firsts is not None and not uncut and not lost_data:
        problems += check_moved(parent, answer, firsts)
    return problems


def check_moved(parent, answer, firsts):
    problems = []
    for name in parent.values:
        if REFERENCE_PIXEL.match(name) or PHYSICAL.match(name):
            problems += check_shifted(name, parent, answer, firsts, -1)
        elif PLATE.match(name):
            problems += check_shifted(name, parent, answer, firsts, +1)
        elif name in SECTIONS:
            problems += check_section(name, parent, answer, firsts)
        elif name in DROPPED and name in answer.values:
            problems.append(f"{name} should have been dropped")
    for name in answer.values:
        if name in parent.values or not moving(name):
            continue
        axis = int(re.match(r"^[A-Z]+(\d+)", name).group(1)) - 1
        wanted = -(firsts[axis] - 1) if axis < len(firsts) else None
        if PLATE.match(name) or answer.get(name) != wanted:
            problems.append(f"{name} = {answer.get(name)} was added")
    if any(name.startswith(("LTM", "LTV")) for name in parent.values):
        for axis, first in enumerate(firsts):
            if first != 1 and f"LTV{axis + 1}" not in answer.values:
                problems.append(f"LTV{axis + 1} is missing")
    return problems


def check_wcs(parent, parent_hdus, answer, answer_hdus, firsts):
    """Every alternate description gives the same world coordinates at corners and centre."""
    problems = []
    ends = [(0.5, length + 0.5) for length in answer.shape]
    points = np.array([[ends[axis][(corner >> axis) & 1] if axis < 2 else (length + 1) / 2
                        for axis, length in enumerate(answer.shape)]
                       for corner in range(2 ** min(2, len(answer.shape)))]
                      + [[(length + 1) / 2 for length in answer.shape]])
    shift = np.array(firsts, float) - 1
    for letter in LETTERS:
        if not has_wcs(parent, letter):
            continue
        before = wcs_of(parent, parent_hdus, letter)
        try:
            world = evaluate(before, points + shift)
        except Exception:  # astropy cannot: the run lists such images with astropy's words
            continue
        try:
            after = skies.read_wcs(answer.header, answer_hdus, letter)
            again = evaluate(after, points)
        except Exception as error:
            text = str(error).splitlines() or [type(error).__name__]
            problems.append(f"WCS {letter.strip() or 'primary'} of the answer: {text[-1]}")
            continue
        told = [axis for axis in range(world.shape[1]) if described(parent, axis, letter)]
        problems += compare_world(before, world, again, letter, told)
    return problems


def has_wcs(hdu, letter):
    suffix = letter.strip()
    return any(f"{stem}{axis}{suffix}" in hdu.values for stem in ("CTYPE", "CRVAL", "CRPIX")
               for axis in range(1, len(hdu.shape) + 1))


def wcs_of(parent, hdus, letter):
    """astropy's WCS of a parent, read once; None when astropy cannot."""
    if not hasattr(parent, "known_wcs"):
        parent.known_wcs = {}
    if letter not in parent.known_wcs:
        try:
            parent.known_wcs[letter] = skies.read_wcs(parent.header, hdus, letter)
        except Exception:
            parent.known_wcs[letter] = None
    return parent.known_wcs[letter]


def described(hdu, axis, letter):
    """Whether any card speaks of a world axis at all: else nothing holds its origin."""
    number, suffix = axis + 1, letter.strip()
    own = re.compile(rf"^((CTYPE|CRVAL|CRPIX|CDELT|CUNIT){number}|(CD|PC){number}_\d+){suffix}$")
    return any(own.match(name) for name in hdu.values)


def evaluate(wcs, points):
    naxis = wcs.naxis
    if points.shape[1] < naxis:
        points = np.hstack([points, np.ones((len(points), naxis - points.shape[1]))])
    return skies.quietly(wcs.all_pix2world, points[:, :naxis], 1)


def compare_world(wcs, before, after, letter, axes):
    if before.shape != after.shape:
        return [f"WCS {letter.strip() or 'primary'} has other axes than the parent's"]
    problems = []
    scales = np.abs(wcs.pixel_scale_matrix).max(axis=1)
    for axis in axes:
        difference = np.abs(after[:, axis] - before[:, axis])
        limit = 1e-9 * max(scales[axis], 1e-6 * np.nanmax(np.abs(before[:, axis]), initial=0))
        if wcs.wcs.lng >= 0 and axis in (wcs.wcs.lng, wcs.wcs.lat):
            limit = WCS_DEGREES
        if axis == wcs.wcs.lng and wcs.wcs.lat >= 0:
            difference = np.minimum(difference, np.abs(difference - 360.0))
            difference = difference * np.cos(np.radians(before[:, wcs.wcs.lat]))
        differ = np.isfinite(before[:, axis]) != np.isfinite(after[:, axis])
        if differ.any() or (np.nan_to_num(difference) > limit).any():
            problems.append(f"WCS {letter.strip() or 'primary'} axis {axis + 1} is off by "
                            f"{np.nanmax(difference):.3g} ({wcs.wcs.cunit[axis]})")
    return problems


def check_image(parent, parent_hdus, answer, answer_hdus, expected, primary):
    """All of one image of an answer against its parent."""
    firsts = offsets(parent, answer, expected)
    problems = check_box(parent, answer, firsts, expected)
    if len(answer.shape) == len(parent.shape) and answer.get("BITPIX") == parent.get("BITPIX"):
        problems += check_pixels(parent, answer, firsts, expected)
        problems += check_wcs(parent, parent_hdus, answer, answer_hdus, firsts)
        problems += check_cards(parent, answer, firsts, primary)
    return problems, firsts


def check_table(parent, answer):
    problems = check_cards(parent, answer, None, primary=False)
    if parent.data != answer.data:
        problems.append("the table's data differ from the parent's")
    return problems


def match_hdus(parent, answer):
    """Pairs of HDU numbers (answer, parent); an answer's HDU that has no parent pairs with None.
    The primary stays the primary; the others follow in file order, found by name."""
    pairs, at = [(0, 0)], 1
    for hdu in answer[1:]:
        candidates = [other for other in parent[at:] if other.name == hdu.name
                      and (other.kind == hdu.kind or other.compressed)
                      and len(other.shape) == len(hdu.shape)]
        if hdu.name[0] == "CUTMASK" or not candidates:
            pairs.append((hdu.index, None))
            continue
        pairs.append((hdu.index, candidates[0].index))
        at = candidates[0].index + 1
    return pairs


def check_mask_plane(answer, firsts, lengths, expected):
    """The byte image of MASK=plane: 1 inside, 0 outside, on the box of the cut."""
    x_axis, y_axis = expected.plane
    wanted = [lengths[x_axis], lengths[y_axis]]
    if answer.get("BITPIX") != 8 or answer.shape != wanted:
        return [f"the mask is {answer.shape} of BITPIX {answer.get('BITPIX')}, expected bytes, "
                f"{wanted}"]
    x = firsts[x_axis] + np.arange(wanted[0])
    y = firsts[y_axis] + np.arange(wanted[1])
    inside, undecided = expected.inside(*(grid.ravel() for grid in np.meshgrid(x, y)))
    values = answer.pixels().ravel()
    wrong = (values != inside) & ~undecided
    return [f"{int(wrong.sum())} pixels of the mask are wrong"] if wrong.any() else []


def fitsverify(content):
    """(errors, words) of Debian's fitsverify on these bytes."""
    with tempfile.NamedTemporaryFile(suffix=".fits", prefix="soda-test-") as out:
        out.write(content)
        out.flush()
        return _fitsverify(out.name)


def fitsverify_file(path):
    """The number of errors of a file as it is stored."""
    return _fitsverify(path)[0]


def _fitsverify(path):
    done = subprocess.run(["fitsverify", "-e", path], capture_output=True, text=True, check=False,
                          errors="replace")
    text = done.stdout + done.stderr
    summary = re.search(r"and (\d+) error", text)
    words = re.search(r"\*\*\* Error:\s*([^*]*)", text)
    count = int(summary.group(1)) if summary else done.returncode or 1
    return count, " ".join(words.group(1).split())[:200] if words else text.strip()[-100:]


def opens_in_astropy(content):
    """astropy reads every HDU and its data without an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(io.BytesIO(content), do_not_scale_image_data=True,
                           memmap=False) as hdus:
                for hdu in hdus:
                    hdu.data  # noqa: B018 (reading it is the test)
    except Exception as error:
        return [f"astropy cannot open the answer: {error}"]
    return []
