"""FITS files as stored: cards of 80 bytes and data bytes, nothing scaled, nothing converted.

Tile-compressed images are read through funpack (CFITSIO's own tool); astropy only gets the plain
result, so that headers and pixels judged are those of one independent decoder.
"""

import functools
import gzip
import io
import os
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits

CARD, BLOCK = 80, 2880
DTYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


class Unreadable(Exception):
    """Not a file that can be judged; the text is the reason."""


def keyword(card):
    return card[:8].decode("latin-1").rstrip()


def value(card):
    """The value of one card, by astropy; None when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = fits.Card.fromstring(card).value
        except Exception:  # an unparsable value: the tests then compare its text only
            return None
    return None if isinstance(found, fits.card.Undefined) else found


@dataclass
class Hdu:
    index: int
    cards: list  # of 80 bytes, END not included
    data: bytes
    compressed: bool = False
    problem: str = ""  # why its pixels cannot be had
    values: dict = field(default_factory=dict)  # keyword -> first card that has a value
    read: dict = field(default_factory=dict)  # values as astropy reads them, on demand

    def __post_init__(self):
        for card in self.cards:
            name = keyword(card)
            if name and name not in self.values and card[8:10] == b"= ":
                self.values[name] = card

    def get(self, name, default=None):
        if name not in self.read:
            card = self.values.get(name)
            self.read[name] = value(card) if card is not None else None
        found = self.read[name]
        return default if found is None else found

    @property
    def kind(self):
        extension = str(self.get("XTENSION", "IMAGE")).strip().upper()
        if "GROUPS" in self.values and self.get("GROUPS") is True:
            return "groups"
        return "image" if extension in ("IMAGE", "IUEIMAGE") else "table"

    @functools.cached_property
    def shape(self):
        return [int(self.get(f"NAXIS{i + 1}", 0)) for i in range(int(self.get("NAXIS", 0)))]

    @property
    def name(self):
        return str(self.get("EXTNAME", "")).strip(), int(self.get("EXTVER", 1) or 1)

    def is_image(self):
        return self.kind == "image" and len(self.shape) > 0 and 0 not in self.shape

    def pixels(self):
        """The stored values, big-endian, slowest axis first."""
        array = np.frombuffer(self.data, DTYPES[self.get("BITPIX")])
        return array.reshape(self.shape[::-1])

    @functools.cached_property
    def header(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fits.Header.fromstring(b"".join(self.cards).decode("latin-1"))


def data_length(hdu):
    shape = hdu.shape
    if not shape:
        return 0
    if shape[0] == 0 and hdu.kind == "groups":
        shape = shape[1:]
    count = 1
    for length in shape:
        count *= length
    count = (count + int(hdu.get("PCOUNT", 0))) * int(hdu.get("GCOUNT", 1))
    return count * abs(int(hdu.get("BITPIX"))) // 8


def parse(content):
    """All HDUs of a file's bytes. Throws Unreadable."""
    hdus, at = [], 0
    while at < len(content):
        start = content[at:at + 8]
        if start not in (b"SIMPLE  ", b"XTENSION"):
            if hdus:
                break  # junk after the last HDU
            raise Unreadable("does not start with SIMPLE")
        cards, end = [], at
        while True:
            card = content[end:end + CARD]
            if len(card) < CARD:
                raise Unreadable(f"the header of HDU {len(hdus)} has no END")
            end += CARD
            if card.rstrip(b" \0") == b"END":
                break
            cards.append(card)
        hdu = Hdu(len(hdus), cards, b"")
        begin = at + -(-(end - at) // BLOCK) * BLOCK
        length = data_length(hdu)
        hdu.data = content[begin:begin + length]
        if len(hdu.data) < length:
            raise Unreadable(f"HDU {hdu.index} is cut short: {length} bytes declared, "
                             f"{len(hdu.data)} there")
        hdu.compressed = hdu.kind == "table" and hdu.get("ZIMAGE") is True
        hdus.append(hdu)
        at = begin + -(-length // BLOCK) * BLOCK
    if not hdus:
        raise Unreadable("is empty")
    return hdus


def run_tool(content, command):
    """What a tool of CFITSIO's makes of these bytes; command(packed, plain) gives its arguments."""
    with tempfile.TemporaryDirectory(prefix="soda-test-") as folder:
        packed, plain = os.path.join(folder, "packed.fits"), os.path.join(folder, "plain.fits")
        with open(packed, "wb") as out:
            out.write(content)
        arguments = command(packed, plain)
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode or not os.path.exists(plain):
            words = (done.stderr or done.stdout).split() or [f"ended with {done.returncode}"]
            raise Unreadable(f"{arguments[0]}: " + " ".join(words)[:100])
        with open(plain, "rb") as source:
            return source.read()


def funpack(content, *options):
    """The file with its tile-compressed images made plain."""
    return run_tool(content, lambda packed, plain: ["funpack", *options, "-O", plain, packed])


def imcopy(content, index):
    """The pixels of one compressed image, by CFITSIO's other tool."""
    return parse(run_tool(content,
                          lambda packed, plain: ["imcopy", f"{packed}[{index}]", plain]))[0]


# CFITSIO adds these when it writes a file of one image.
BOILERPLATE = (b"COMMENT   FITS (Flexible Image Transport System)",
               b"COMMENT   and Astrophysics', volume 376, page 359")


def as_extension(hdu, index):
    """funpack makes a lone compressed image the primary again; here it keeps its number, as the
    service keeps it an extension. `compressed`: its structural cards are not the file's."""
    return Hdu(index, hdu.cards, hdu.data, compressed=True)


class Parent:
    """A file of the archive. `hdus[i]` has plain pixels for every image that can be decoded."""

    def __init__(self, path):
        with open(path, "rb") as source:
            content = source.read()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        self.path, self.stored = path, parse(content)
        self.hdus = list(self.stored)
        plain = content
        if any(hdu.compressed for hdu in self.stored):
            plain = self._unpack(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.astropy = fits.open(io.BytesIO(plain), lazy_load_hdus=False)

    def _unpack(self, content):
        """The plain file for astropy; the HDUs one by one where funpack refuses the whole file."""
        try:
            plain = funpack(content)
            unpacked = parse(plain)
        except Unreadable:
            self._unpack_singly(content)
            return content
        moved = len(self.stored) - len(unpacked)  # 1: the empty primary is gone
        for hdu in self.stored:
            if hdu.compressed:
                self._take(hdu, unpacked[hdu.index - moved], content)
        return plain

    def _unpack_singly(self, content):
        for hdu in self.stored:
            if not hdu.compressed:
                continue
            try:
                plain = parse(funpack(content, "-E", str(hdu.index)))[-1]
            except Unreadable as reason:
                hdu.problem = str(reason)
                continue
            plain.cards = [card for card in plain.cards
                           if card in hdu.cards or not card.startswith(BOILERPLATE)]
            self._take(hdu, plain, content)

    def _take(self, stored, plain, content):
        """Takes a decoded image, unless CFITSIO's two decoders differ in it."""
        self.hdus[stored.index] = as_extension(plain, stored.index)
        try:
            again = imcopy(content, stored.index).pixels()
        except Unreadable as reason:
            self.hdus[stored.index].problem = str(reason)
            return
        pixels = plain.pixels()
        differ = pixels != again
        if pixels.dtype.kind == "f":  # imcopy does not know blank pixels
            differ &= ~np.isnan(pixels)
        if differ.any():
            self.hdus[stored.index].problem = (
                f"funpack and imcopy differ in {int(differ.sum())} pixels of this image")

    def image_indices(self):
        return [hdu.index for hdu in self.hdus if hdu.is_image() or hdu.compressed]
