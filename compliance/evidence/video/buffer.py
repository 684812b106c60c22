"""A video whose metadata is being removed: its original bytes, the cleaned copy, and limits."""

import sys
from array import array
from enum import StrEnum
from itertools import accumulate

MOST_PARTS = 300_000
"""Boxes or elements, and table rows, of one video: reading more would take seconds. A minute of video has about
10,000."""
_LARGEST_PLACE = 2**32 - 1
_ARRAYS = {1: "B", 2: "H", 4: "I", 8: "Q"}


class VideoFault(StrEnum):
    """Why a video cannot be shown: values of ``Refusal``. Named here, because the limited process imports nothing of
    the application."""

    BAD_TABLES = "bad_tables"
    NOTHING_PLAYABLE = "nothing_playable"
    TOO_MANY_PARTS = "too_many_parts"
    ELSEWHERE = "elsewhere"


class UnreadableVideo(Exception):
    """The video cannot be shown. The message is a ``VideoFault``."""


class Video:
    """The bytes of a video and their cleaned copy of the same length.

    All reads are from the original, so that overwritten parts can still be read. Raises ``UnreadableVideo`` for reads
    past the end, and for more than ``MOST_PARTS`` parts.
    """

    def __init__(self, content: bytes) -> None:
        self.original = memoryview(content)
        self.cleaned = bytearray(content)
        self._left = MOST_PARTS

    def count_parts(self, parts: int = 1) -> None:
        """Count parts before they are read."""
        self._left -= parts
        if self._left < 0:
            raise UnreadableVideo(VideoFault.TOO_MANY_PARTS)

    def number(self, place: int, width: int, end: int) -> int:
        """An unsigned number of so many bytes, which must end by ``end``."""
        if place + width > end:
            raise UnreadableVideo(VideoFault.BAD_TABLES)
        return int.from_bytes(self.original[place : place + width], "big")

    def numbers(self, place: int, width: int, count: int, end: int) -> "array[int]":
        """A table of unsigned numbers of 1, 2, 4 or 8 bytes, which must end by ``end``."""
        if place + width * count > end:
            raise UnreadableVideo(VideoFault.BAD_TABLES)
        self.count_parts(count)
        found: array[int] = array(_ARRAYS[width])
        found.frombytes(self.original[place : place + width * count])
        if sys.byteorder == "little":
            found.byteswap()
        return found

    def bytes_at(self, start: int, end: int) -> bytes:
        return bytes(self.original[start:end])

    def zero(self, start: int, end: int) -> None:
        if start < end:
            self.cleaned[start:end] = bytes(end - start)


class Spans:
    """Used byte ranges of a video; overlaps count once."""

    def __init__(self, length: int) -> None:
        if length > _LARGEST_PLACE:
            raise UnreadableVideo(VideoFault.TOO_MANY_PARTS)
        self._length = length
        self._start = self._end = 0
        self._all: array[int] = array("Q")

    def add(self, start: int, end: int) -> None:
        """Add a range, cut to the length of the video."""
        start, end = max(start, 0), min(end, self._length)
        if start >= end:
            return
        if self._start <= start <= self._end:
            self._end = max(self._end, end)
            return
        self._close()
        self._start, self._end = start, end

    def merged(self) -> list[tuple[int, int]]:
        """The ranges in order, joined where they touch."""
        self._close()
        found: list[tuple[int, int]] = []
        for packed in sorted(self._all):
            start, end = packed >> 32, packed & _LARGEST_PLACE
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((start, end))
        return found

    def _close(self) -> None:
        if self._start < self._end:
            self._all.append(self._start << 32 | self._end)
        self._start = self._end = 0


def sums(sizes: "array[int]") -> "array[int]":
    """The start of each of these consecutive sizes, and the end of the last."""
    return array("Q", accumulate(sizes, initial=0))
