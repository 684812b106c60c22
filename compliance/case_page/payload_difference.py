"""Lines that differ between two payloads. Pure.

Not ``difflib``: it took 4 s for 4,000 lines of few different values and minutes for 20,000, and its result is not the
shortest one. Here the time is bounded.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from compliance.case_page.payload_lines import PayloadText

MOST_LINES = 20_000
"""Lines up to which two payloads are compared; longer ones are shown without marks and with the reason."""
MOST_CELLS = 500_000
"""Lines times lines that are compared one by one; it bounds the time, and longer stretches are marked as a whole."""
SHORT = 120
"""Lines in a stretch that is compared one by one."""
DEEPEST = 16
Mark = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadLine:
    """One line of the comparison with the previous payload."""

    mark: str
    """``+`` added, ``-`` removed, empty for unchanged lines."""
    text: str = field(repr=False)
    place: int = 0
    """Number of the change that begins here, or 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadDifference:
    """All lines of a payload, changes marked and counted."""

    lines: tuple[PayloadLine, ...] = field(repr=False)
    changed: int = 0
    places: int = 0

    @property
    def summary(self) -> str:
        if not self.places:
            return "No line changed"
        lines, places = ("line" if self.changed == 1 else "lines"), ("place" if self.places == 1 else "places")
        return f"{self.changed} {lines} changed in {self.places} {places}"


def payload_difference(before: PayloadText, after: PayloadText) -> PayloadDifference:
    """The later payload with added lines and the removed ones of the earlier; each of at most ``MOST_LINES`` lines."""
    marks = marked(before.lines(), after.lines())
    found: list[PayloadLine] = []
    counts: list[Counter[str]] = []
    for number, (mark, text) in enumerate(marks):
        begins = bool(mark) and (number == 0 or not marks[number - 1][0])
        if begins:
            counts.append(Counter())
        if mark:
            counts[-1][mark] += 1
        found.append(PayloadLine(mark=mark, text=text, place=len(counts) if begins else 0))
    # A line that was replaced is one line, though both are shown.
    changed = sum(max(count["+"], count["-"]) for count in counts)
    return PayloadDifference(lines=tuple(found), changed=changed, places=len(counts))


def marked(before: Sequence[str], after: Sequence[str]) -> list[Mark]:
    """Lines of ``after`` with ``+`` or nothing, and between them, with ``-``, the removed lines of ``before``.

    Lines that occur once on each side are anchors; only short stretches between anchors are compared one by one.
    """
    budget = [MOST_CELLS]
    return list(_marked(before, after, 0, budget))


def _marked(before: Sequence[str], after: Sequence[str], depth: int, budget: list[int]) -> Iterator[Mark]:
    begin = _in_common(before, after)
    end = _in_common(before[begin:][::-1], after[begin:][::-1])
    old, new = before[begin : len(before) - end], after[begin : len(after) - end]
    yield from (("", line) for line in after[:begin])
    yield from _between(old, new, depth, budget)
    yield from (("", line) for line in after[len(after) - end :])


def _in_common(left: Sequence[str], right: Sequence[str]) -> int:
    """Number of equal lines at the start."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _between(old: Sequence[str], new: Sequence[str], depth: int, budget: list[int]) -> Iterator[Mark]:
    """A stretch whose first and last lines differ."""
    anchors = _anchors(old, new) if depth < DEEPEST else []
    if anchors:
        here, there = 0, 0
        for left, right in [*anchors, (len(old), len(new))]:
            yield from _marked(old[here:left], new[there:right], depth + 1, budget)
            yield from (("", line) for line in new[right : right + 1])
            here, there = left + 1, right + 1
    elif max(len(old), len(new)) <= SHORT and len(old) * len(new) <= budget[0]:
        budget[0] -= len(old) * len(new)
        yield from _one_by_one(old, new)
    else:
        yield from (("-", line) for line in old)
        yield from (("+", line) for line in new)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that occur once on each side: the longest chain in the same order on both."""
    once = [{line for line, count in Counter(lines).items() if count == 1} for lines in (old, new)]
    there = {line: place for place, line in enumerate(new) if line in once[1]}
    pairs = [(place, there[line]) for place, line in enumerate(old) if line in once[0] and line in there]
    ends: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    for number, (_, right) in enumerate(pairs):
        length = bisect_left(ends, right)
        ends[length : length + 1] = [right]
        chain[length : length + 1] = [number]
        before.append(chain[length - 1] if length else -1)
    found: list[tuple[int, int]] = []
    number = chain[-1] if chain else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _one_by_one(old: Sequence[str], new: Sequence[str]) -> Iterator[Mark]:
    """The longest common subsequence by its table of lengths; removed lines before added ones."""
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for left in range(len(old) - 1, -1, -1):
        row, below = lengths[left], lengths[left + 1]
        for right in range(len(new) - 1, -1, -1):
            same = old[left] == new[right]
            row[right] = below[right + 1] + 1 if same else max(below[right], row[right + 1])
    left = right = 0
    while left < len(old) and right < len(new):
        if old[left] == new[right]:
            yield "", new[right]
            left, right = left + 1, right + 1
        elif lengths[left + 1][right] >= lengths[left][right + 1]:
            yield "-", old[left]
            left += 1
        else:
            yield "+", new[right]
            right += 1
    yield from (("-", line) for line in old[left:])
    yield from (("+", line) for line in new[right:])
