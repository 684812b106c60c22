"""The payload page: a window of at most ``WINDOW`` lines, its changes, and the matches of a search. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from compliance.case_page.payload_difference import MOST_LINES, PayloadDifference, PayloadLine, payload_difference
from compliance.case_page.payload_lines import MOST_FOUND, PayloadText

WINDOW = 2000
BESIDE = 3
"""Unchanged lines that stay open next to a change."""
FOLDED = 12
"""Number of further unchanged lines from which they are folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of changed lines."""

    number: int
    window: int
    """First line of its window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    at: int
    """Its index among all lines, from 0."""
    line: PayloadLine = field(repr=False)
    leads_to: Place | None = None
    """On the first line of a change: the next change; after the last, the first."""
    is_found: bool = False
    is_here: bool = False
    """The current hit of the search."""

    @property
    def link_label(self) -> str:
        return "next change" if self.leads_to and self.leads_to.number > self.line.place else "first change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Consecutive lines of a window: open, or folded because nothing in them changed."""

    rows: tuple[Row, ...] = field(repr=False)
    is_folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hits of a search, and the current one."""

    words: str = field(repr=False)
    count: int
    number: int = 0
    here: int = 0
    previous: int = 0
    following: int = 0

    @property
    def label(self) -> str:
        if not self.count:
            return "No matching line"
        if self.count >= MOST_FOUND:
            return f"Match {self.number} of the first {self.count:,}"
        if self.count == 1:
            return "1 match"
        return f"Match {self.number} of {self.count:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadPage:
    parts: tuple[Part, ...] = field(repr=False)
    total: int
    begin: int
    end: int
    changed: str = ""
    """The number of changes since the previous report; empty without a comparison."""
    places: tuple[Place, ...] = ()
    too_long: str = ""
    """Why it is not compared, if it or the previous report is too long."""
    found: Found | None = None

    @property
    def is_whole(self) -> bool:
        return self.begin == 0 and self.end == self.total

    @property
    def lines(self) -> str:
        return f"Lines {self.begin + 1:,} to {self.end:,} of {self.total:,}"

    @property
    def previous(self) -> int | None:
        """Start line of the previous window."""
        return self.begin - WINDOW if self.begin else None

    @property
    def following(self) -> int | None:
        """Start line of the next window."""
        return self.end if self.end < self.total else None


def may_compare(text: PayloadText) -> bool:
    """Whether a payload is short enough to be compared line by line."""
    return text.total <= MOST_LINES


def payload_page(
    after: PayloadText, before: PayloadText | None, *, at: int = 0, words: str = "", start: int = 0
) -> PayloadPage:
    """The window that holds line ``at``. ``before`` is the previous report, or None.

    With ``words`` it is the window of the first match from line ``start`` on; after the last, of the first.
    """
    compared = None
    if before is not None and may_compare(before) and may_compare(after):
        compared = payload_difference(before, after)
    total = len(compared.lines) if compared else after.total
    hits = _hits(after, compared, words) if words.strip() else []
    found = _found(words, hits, start) if words.strip() else None
    begin = _window(min(found.here if found and found.count else at, total - 1))
    end = min(begin + WINDOW, total)
    lines = compared.lines[begin:end] if compared else [PayloadLine(mark="", text=t) for t in after.lines(begin, end)]
    marked = set(hits[bisect_left(hits, begin) : bisect_left(hits, end)])
    here = found.here if found and found.count else -1
    places = _places(compared.lines) if compared else ()
    rows = [
        Row(
            at=at,
            line=line,
            leads_to=places[line.place % len(places)] if line.place and len(places) > 1 else None,
            is_found=at in marked,
            is_here=at == here,
        )
        for at, line in enumerate(lines, begin)
    ]
    return PayloadPage(
        parts=tuple(_folded(rows)) if compared and compared.places else (Part(rows=tuple(rows)),),
        total=total,
        begin=begin,
        end=end,
        changed=compared.summary if compared else "",
        places=places,
        too_long="" if compared else _too_long(after, before),
        found=found,
    )


def _window(at: int) -> int:
    return max(at, 0) // WINDOW * WINDOW


def _hits(after: PayloadText, compared: PayloadDifference | None, words: str) -> list[int]:
    """Lines that hold the words, removed lines of a comparison included."""
    if compared is None:
        return after.find(words)
    text = words.strip().casefold()
    return [at for at, line in enumerate(compared.lines) if text in line.text.casefold()][:MOST_FOUND]


def _found(words: str, hits: Sequence[int], start: int) -> Found:
    if not hits:
        return Found(words=words, count=0)
    place = bisect_left(hits, start) % len(hits)
    return Found(
        words=words,
        count=len(hits),
        number=place + 1,
        here=hits[place],
        previous=hits[place - 1],
        following=hits[(place + 1) % len(hits)],
    )


def _places(lines: Sequence[PayloadLine]) -> tuple[Place, ...]:
    return tuple(Place(number=line.place, window=_window(at)) for at, line in enumerate(lines) if line.place)


def _too_long(after: PayloadText, before: PayloadText | None) -> str:
    most = f"and up to {MOST_LINES:,} are compared with another report line by line"
    if not may_compare(after):
        return f"It has {after.total:,} lines, {most}"
    if before is not None and not may_compare(before):
        return f"The report before it has {before.total:,} lines, {most}"
    return ""


def _folded(rows: Sequence[Row]) -> list[Part]:
    """Folds long stretches without a change or a match; ``BESIDE`` lines around those stay open."""
    parts: list[Part] = []
    opened: list[Row] = []
    place = 0
    while place < len(rows):
        stop = place
        while stop < len(rows) and not rows[stop].line.mark and not rows[stop].is_found:
            stop += 1
        first = place + BESIDE if place else 0
        last = stop - BESIDE if stop < len(rows) else stop
        if last - first >= FOLDED:
            opened += rows[place:first]
            if opened:
                parts.append(Part(rows=tuple(opened)))
            parts.append(Part(rows=tuple(rows[first:last]), is_folded=True))
            opened = [*rows[last:stop]]
        else:
            opened += rows[place:stop]
        opened += rows[stop : stop + 1]
        place = stop + 1
    if opened:
        parts.append(Part(rows=tuple(opened)))
    return parts
