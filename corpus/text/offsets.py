"""Conversion of offsets between code points, UTF-16 units and UTF-8 bytes."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from itertools import accumulate


class OffsetError(ValueError):
    """An offset is out of the text, or inside a character."""


class OffsetUnit(StrEnum):
    """What an offset counts."""

    #: Unicode code points: Python, and everything inside Attest.
    CODE_POINT = "code_point"
    #: UTF-16 code units: JavaScript, Java, .NET.
    UTF16 = "utf16"
    #: UTF-8 bytes: Go, Rust, C.
    UTF8 = "utf8"


class OffsetMap:
    """Converts offsets of one text between code points and another unit.

    An offset is a place between characters: 0 is before the first, the length after the last.

    Cost: linear in the text to build, nothing for code points and for ASCII texts; then a
    binary search among the characters that take more than one unit.
    """

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        wide = [] if unit is OffsetUnit.CODE_POINT or text.isascii() else list(_wide(text, unit))
        #: The places of characters of several units, in code points and in the unit.
        self._places = [place for place, _ in wide]
        #: Units beyond one a character, before the n-th wide character; the last is the total.
        self._extra = list(accumulate((extra for _, extra in wide), initial=0))
        self._starts = [place + extra for place, extra in zip(self._places, self._extra, strict=False)]
        self._length = len(text)
        self._unit = unit

    def to_code_points(self, offset: int) -> int:
        """Return the place in code points of an offset in the unit.

        Raises:
            OffsetError: if the offset is out of the text, or inside a character.
        """
        self._check(offset, self._length + self._extra[-1], self._unit)
        wide_before = bisect_left(self._starts, offset)
        place = offset - self._extra[wide_before]
        if wide_before and place <= self._places[wide_before - 1]:
            raise OffsetError(f"{offset} ({self._unit}) is inside character {self._places[wide_before - 1]}")
        return place

    def from_code_points(self, offset: int) -> int:
        """Return the offset in the unit of a place in code points.

        Raises:
            OffsetError: if the place is out of the text.
        """
        self._check(offset, self._length, OffsetUnit.CODE_POINT)
        return offset + self._extra[bisect_left(self._places, offset)]

    @staticmethod
    def _check(offset: int, length: int, unit: OffsetUnit) -> None:
        if type(offset) is not int:
            raise OffsetError(f"an offset must be an integer, not {offset!r}")
        if not 0 <= offset <= length:
            raise OffsetError(f"{offset} ({unit}) is out of the text, which has {length}")


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _wide(text: str, unit: OffsetUnit) -> Iterator[tuple[int, int]]:
    """Yield the place of each character of several units, and how many beyond one it takes."""
    if unit is OffsetUnit.UTF16:
        return ((found.start(), 1) for found in _ASTRAL.finditer(text))
    return ((found.start(), _utf8_extra(found[0])) for found in _NOT_ASCII.finditer(text))


def _utf8_extra(character: str) -> int:
    return 1 if character < "\u0800" else 2 if character < "\U00010000" else 3
