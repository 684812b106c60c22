"""Which values of an accepted answer are understood: ``providers/<name>/values.toml``.

A table ``[[object]]`` names objects of the answer in ``at``: dotted keys without places in lists, empty for the
answer itself, ``**`` for any object, ``**.key`` for any object under this key. Its other members declare keys of these
objects:

- ``judged``: parser, mapping or comparison judge the value itself, so any value is allowed;
- the name of a shape (``SHAPES``, ``name``, ``time``, ``count``): a value of this form says nothing that is not shown
  or compared elsewhere;
- ``words.<key>``: one of these words, in any letter case, or one of these booleans;
- ``numbers.<key>``: a number from the first to the second one.

A key that is declared twice may have either form. Everything else but null, ``false``, zero and empty text is not read.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import category

from providers.contract.payload_values import moment_of

_PROVIDERS = Path(__file__).parents[1]
_PUNCTUATION = ".,'’ʻʼ`()/&*-"
Test = Callable[[Any], bool]
"""Whether a value is understood."""

SHAPES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "id": r"[A-Za-z]|(?=.*\d)[A-Za-z0-9][\w.:+/-]{0,254}",
        "url": r"https?://\S{1,8000}",
        "country": r"[A-Z]{2,3}",
        "language": r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}",
        "number": r"(?=.*\d)[\w*][\w */.-]{0,59}",
        "day": r"[0-9*Xx]{1,4}([-./ ][0-9*Xx]{1,4}){2}|[0-9]{6,8}",
        "machine": r"[A-Z0-9<\s]{30,200}",
        "email": r"[^\s@]{1,64}@[^\s@]{1,255}",
        "address": r"[^<>{}=]{1,1000}",
        "phone": r"[+0-9][0-9*() ./-]{0,39}",
        "ip": r"[0-9a-fA-F.:]{3,45}",
        "slug": r"[a-z]+(_[a-z0-9]+)*",
        "technical": r"[A-Za-z0-9]\S{0,39}( [A-Z0-9]\S{0,39}){0,3}",
        "agent": r"[A-Za-z]+/\d[^<>{}]{0,500}",
    }.items()
}
"""Shapes of texts whose content says nothing about the applicant or the check."""


class ValueTable:
    """The declaration of one provider."""

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self._tests: dict[tuple[str, ...], Test] = {}
        self.times: set[tuple[str, ...]] = set()
        """Paths of points in time, as in ``at`` with the key."""
        for one in objects:
            for at in one["at"]:
                start = tuple(at.split(".")) if at else ()
                for key, test in _tests_of(one):
                    self._tests[(*start, key)] = _either(test, self._tests.get((*start, key)))
                self.times.update((*start, key) for key in one.get("time", ()))

    def test_of(self, keys: tuple[str, ...]) -> tuple[tuple[str, ...], Test] | None:
        """The declared path of a value and its test, the most specific first; None if it is not declared."""
        places = chain([keys], (("**", *keys[-length:]) for length in range(min(4, len(keys)), 0, -1)))
        return next(((place, self._tests[place]) for place in places if place in self._tests), None)


def time_of(value: Any) -> datetime | None:
    """The time of an ISO 8601 text or of epoch milliseconds; None for anything else."""
    if not isinstance(value, str):
        return moment_of(value)
    try:
        found = datetime.fromisoformat(value[:40].strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _tests_of(one: Mapping[str, Any]) -> Iterator[tuple[str, Test]]:
    for name, keys in one.items():
        if name == "words":
            yield from ((key, _one_of(words)) for key, words in keys.items())
        elif name == "numbers":
            yield from ((key, _between(*limits)) for key, limits in keys.items())
        elif name != "at":
            test = _TESTS[name] if name in _TESTS else _has_shape(SHAPES[name])
            yield from ((key, test) for key in keys)


def _either(test: Test, other: Test | None) -> Test:
    return test if other is None else lambda value: test(value) or other(value)


def _has_shape(shape: re.Pattern[str]) -> Test:
    def test(value: Any) -> bool:
        text = value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
        return not isinstance(value, bool) and len(text) <= 8000 and shape.fullmatch(text) is not None

    return test


def _one_of(words: list[Any]) -> Test:
    known = {_folded(word) for word in words}
    return lambda value: _folded(value) in known


def _folded(value: Any) -> str:
    """A word in small letters; a boolean and a number equal no word."""
    return " ".join(value.casefold().split()) if isinstance(value, str) else repr(value)


def _between(low: float, high: float) -> Test:
    def test(value: Any) -> bool:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", value):
            value = float(value)
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

    return test


def _is_name(value: Any) -> bool:
    """Whether a value has only letters, their marks, blanks and the punctuation of names."""
    is_text = isinstance(value, str) and len(value) <= 300
    return is_text and all(category(sign)[0] in "LM" or sign in _PUNCTUATION or sign.isspace() for sign in value)


_TESTS: Mapping[str, Test] = {
    "judged": lambda value: not isinstance(value, bool),
    "name": _is_name,
    "time": lambda value: time_of(value) is not None,
    "count": _between(0, 10_000),
}


@cache
def value_table(provider: str) -> ValueTable:
    """The table of a provider, read once; an empty one if there is none, so that nothing is understood."""
    path = _PROVIDERS / provider / "values.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return ValueTable(tomllib.loads(text).get("object", []))
