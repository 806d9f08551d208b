"""A small FITS reader for tests: cards and single stored pixel values, standard library only.

Independent of the service's own reader on purpose. Axis order and pixel numbers are FITS's: first
axis first, counting from 1.
"""

import struct

BLOCK = 2880
CODES = {8: "B", 16: "h", 32: "i", 64: "q", -32: "f", -64: "d"}


class Hdu:
    def __init__(self, cards, data):
        self.cards = cards  # (keyword, value as text, whole card)
        self.data = data

    def value(self, keyword):
        """The value as written, without quotes and comment; None when there is no such card."""
        for name, value, _ in self.cards:
            if name == keyword:
                return value
        return None

    @property
    def shape(self):
        return [int(self.value(f"NAXIS{i + 1}")) for i in range(int(self.value("NAXIS") or 0))]

    def pixel(self, *position):
        code = CODES[int(self.value("BITPIX"))]
        index, stride = 0, 1
        for at, length in zip(position, self.shape, strict=True):
            if not 1 <= at <= length:
                raise IndexError(f"pixel {position} is outside {self.shape}")
            index += (at - 1) * stride
            stride *= length
        return struct.unpack_from(">" + code, self.data, index * struct.calcsize(code))[0]


def card_value(card):
    if card[8:10] != "= ":
        return ""
    text = card[10:].strip()
    if text.startswith("'"):
        end = 1
        while end < len(text):
            if text[end] == "'" and text[end + 1:end + 2] != "'":
                break
            end += 2 if text[end] == "'" else 1
        return text[1:end].replace("''", "'").rstrip()
    return text.partition("/")[0].strip()


def read(raw):
    """All HDUs of a FITS file in memory. Raises ValueError where the file breaks the standard."""
    if len(raw) % BLOCK:
        raise ValueError(f"length {len(raw)} is no multiple of {BLOCK}")
    hdus, at = [], 0
    while at < len(raw):
        cards, ended = [], False
        while not ended:
            block = raw[at:at + BLOCK].decode("ascii")
            if len(block) < BLOCK:
                raise ValueError("a header without END")
            at += BLOCK
            for start in range(0, BLOCK, 80):
                card = block[start:start + 80]
                if ended and card.strip():
                    raise ValueError("text after END")
                if card == "END".ljust(80):
                    ended = True
                elif not ended:
                    cards.append((card[:8].rstrip(), card_value(card), card))
        hdu = Hdu(cards, b"")
        size = abs(int(hdu.value("BITPIX"))) // 8
        for length in hdu.shape:
            size *= length
        if not hdu.shape:
            size = 0
        size = int(hdu.value("GCOUNT") or 1) * (size + int(hdu.value("PCOUNT") or 0) *
                                                abs(int(hdu.value("BITPIX"))) // 8)
        if at + size > len(raw):
            raise ValueError("data are cut short")
        hdu.data = raw[at:at + size]
        padded = -(-size // BLOCK) * BLOCK
        fill = raw[at + size:at + padded]
        if fill.strip(b"\0") and fill.strip(b" "):
            raise ValueError("the last block is not padded with zeros or blanks")
        at += padded
        hdus.append(hdu)
    return hdus
