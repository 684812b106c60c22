"""A payload as indented JSON, of which only the requested lines are written. Pure.

The standard library indents JSON in Python alone, which takes seconds for a payload of many MiB. Here skipped parts
are only counted, and a search writes only the parts that contain the words.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

LONGEST = 2000
"""Characters of one line; a longer one continues in the next, so that no single line makes a page large."""
MOST_FOUND = 1000
"""Matches that a search reports."""
_SHORT = 300
"""Characters of key and value together that always fit one line, escapes included."""
_DEEPEST = 64
"""Levels up to which ``_SHORT`` holds; deeper payloads are refused (``providers.transport.strict_json``)."""
_REMEMBERED = 64
"""Lines from which the count of a part is cached; small parts are quickly counted again."""
_AT_ONCE = 500
"""Values of a container that a search checks together..."""
_MOST_AT_ONCE = 50_000
"""...if they have fewer lines; larger ones are searched value by value, or each level would be serialised again."""
_INDENT = "  "
_PLAIN = frozenset((int, float, bool, type(None)))
_TEXTS = _PLAIN | {str}
_quoted = json.encoder.encode_basestring

_Visit = Callable[[int, str], None]


class _Enough(Exception):
    """A search has ``MOST_FOUND`` matches."""


class PayloadText:
    """Indented JSON with sorted keys; letters of all scripts are not escaped."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._counts: dict[int, int] = {}
        self.total = self._count("", value, 0)
        """Number of lines."""

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines())

    def lines(self, start: int = 0, stop: int | None = None) -> list[str]:
        """The lines from ``start`` (0 is the first) up to ``stop``, which is not among them."""
        end = self.total if stop is None else stop
        found: list[str] = []

        def keep(at: int, line: str) -> None:
            found.extend(piece for place, piece in enumerate(_pieces(line), at) if start <= place < end)

        _Walk(keep, self._count, start, end).go("", self._value, "", 0, 0)
        return found

    def find(self, words: str) -> list[int]:
        """The first ``MOST_FOUND`` lines that contain the words, in any letter case."""
        needle, found = words.strip().casefold(), list[int]()

        def match(at: int, line: str) -> None:
            plain = line.casefold()
            if needle in plain:
                found.append(at + min(plain.index(needle) // LONGEST, _count_pieces(line) - 1))
                if len(found) >= MOST_FOUND:
                    raise _Enough

        if needle:
            with suppress(_Enough):
                _Walk(match, self._count, 0, self.total, needle).go("", self._value, "", 0, 0)
        return found

    def _count(self, lead: str, value: Any, depth: int) -> int:
        """Lines of one value after its key; a line that is too long counts for each of its pieces."""
        if not value or not isinstance(value, Mapping | list):
            return _count_pieces(f"{lead}{_scalar(value)},")
        known = self._counts.get(id(value))
        if known:
            return known
        total = 1 + _count_pieces(lead + "{")
        if depth < _DEEPEST and _is_flat(value):
            total += len(value)
        else:
            indent, is_object = _INDENT * (depth + 1), isinstance(value, Mapping)
            pairs: Any = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, child in pairs:
                total += self._count(f"{indent}{_quoted(str(key))}: " if is_object else indent, child, depth + 1)
        if total > _REMEMBERED:
            self._counts[id(value)] = total
        return total


class _Walk:
    """One pass over the lines from ``start`` to ``end``: ``visit`` gets number and text of each.

    Parts outside are skipped, and so are parts without the ``needle``.
    """

    def __init__(
        self, visit: _Visit, count: Callable[[str, Any, int], int], start: int, end: int, needle: str = ""
    ) -> None:
        self.visit, self.count, self.start, self.end, self.needle = visit, count, start, end, needle

    def go(self, lead: str, value: Any, tail: str, at: int, depth: int) -> int:
        """The number of the line after the value, which begins at line ``at``."""
        if not value or not isinstance(value, Mapping | list):
            line = f"{lead}{_scalar(value)}{tail}"
            self.visit(at, line)
            return at + _count_pieces(line)
        after = at + self.count(lead, value, depth)
        if after <= self.start or at >= self.end:
            return after
        is_object = isinstance(value, Mapping)
        self.visit(at, f"{lead}{'{' if is_object else '['}")
        self._inside(value, at + _count_pieces(lead + "{"), depth)
        self.visit(after - 1, f"{_INDENT * depth}{'}' if is_object else ']'}{tail}")
        return after

    def _inside(self, value: Any, at: int, depth: int) -> None:
        is_flat = depth < _DEEPEST and _is_flat(value)
        is_object, size = isinstance(value, Mapping), len(value)
        keys: Any = sorted(value) if is_object else range(size)
        indent, place = _INDENT * (depth + 1), 0
        if is_flat and self.start > at:
            place = min(self.start - at, size)
            at += place
        while place < size and at < self.end:
            some = keys[place : place + _AT_ONCE]
            passed = self._passed([(key, value[key]) for key in some], is_object, is_flat, indent, depth)
            if passed:
                at, place = at + passed, place + len(some)
                continue
            for key in some:
                place += 1
                here = f"{indent}{_quoted(key)}: " if is_object else indent
                at = self.go(here, value[key], "," if place < size else "", at, depth + 1)
                if at >= self.end:
                    return

    def _passed(self, items: list[tuple[Any, Any]], is_object: bool, is_flat: bool, indent: str, depth: int) -> int:
        """How many lines these values have, if the needle is not in them; else 0."""
        if not self.needle:
            return 0
        lines = len(items)
        if not is_flat:
            leads = (f"{indent}{_quoted(key)}: " if is_object else indent for key, _ in items)
            lines = sum(self.count(lead, child, depth + 1) for lead, (_, child) in zip(leads, items, strict=True))
        if lines > _MOST_AT_ONCE:
            return 0
        part: Any = dict(items) if is_object else [child for _, child in items]
        # The same letters as on the lines, including a comma at the end.
        text = json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ": "), default=str)
        return 0 if self.needle in f"{text[:-1]},".casefold() else lines


def _is_flat(value: Any) -> bool:
    """Whether each value in it is one line for certain."""
    is_object = isinstance(value, Mapping)
    values: Any = value.values() if is_object else value
    kinds = set(map(type, values))
    if not kinds <= _TEXTS:
        return False
    longest = max(map(len, value)) if is_object else 0
    if str in kinds:
        longest += max(map(len, values if len(kinds) == 1 else [one for one in values if type(one) is str]))
    return longest < _SHORT


def _scalar(value: Any) -> str:
    if type(value) is str:
        return _quoted(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _count_pieces(line: str) -> int:
    return -(-len(line) // LONGEST) or 1


def _pieces(line: str) -> list[str]:
    if len(line) <= LONGEST:
        return [line]
    return [line[begin : begin + LONGEST] for begin in range(0, len(line), LONGEST)]
