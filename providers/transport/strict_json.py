"""One JSON parser for everything that comes from outside, with its limits checked before or while values are built.

Python's own parser takes NaN, doubled keys and lone surrogates, and recurses until it breaks on deep nesting; each of
these has bitten somebody further down (PostgreSQL refuses NUL and surrogates, a doubled key hides a second meaning).
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 20
MAX_NUMBER_CHARACTERS = 64


class BadJson(ValueError):
    """The bytes are not JSON that the desk takes. The text is a plain reason that quotes nothing of the content."""


class NotJson(BadJson):
    """Not JSON at all, or cut off."""


class TooDeep(BadJson):
    """Nested more than ``MAX_DEPTH`` levels."""


class BadNumber(BadJson):
    """NaN, an infinity, or a number of absurd length."""


class DuplicateKey(BadJson):
    """One object holds the same key twice."""


class BadText(BadJson):
    """A byte order mark, bytes that are not UTF-8, a NUL or half of a surrogate pair."""


# Strings are skipped as a whole, also one that never ends: no text makes the search start anew inside it.
_STRING_OR_BRACKET = re.compile(r'"[^"]*"?|[\[\]{}]')
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse UTF-8 JSON. Raises a ``BadJson`` (a ``ValueError``) for all outside the limits, never anything else."""
    text = _decode(data)
    _check_depth(text, max_depth)
    try:
        value = _DECODER.decode(text)
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is not JSON, or it was cut off.") from error
    if _SUSPECT_ESCAPE.search(text):
        _check_texts(value)
    return value


def _decode(data: bytes) -> str:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadText("The body starts with a byte order mark.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Without the original: its message and its object hold the bytes.
        raise BadText(f"The body is not UTF-8 (at byte {error.start}).") from None
    if "\x00" in text:
        raise BadText("The body holds a NUL byte.")
    return text


def _check_depth(text: str, limit: int) -> None:
    """Count brackets outside strings, without recursion, before the parser gets to see them."""
    if text.count("[") + text.count("{") <= limit:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text.replace("\\\\", "").replace('\\"', "")):
        token = found.group()
        if token in ("[", "{"):
            depth += 1
            if depth > limit:
                raise TooDeep(f"The body is nested more than {limit} levels deep.")
        elif token in ("]", "}"):
            depth -= 1


def _refuse_constant(_: str) -> NoReturn:
    raise BadNumber("The body holds NaN or an infinity.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise BadNumber(f"The body holds an integer of more than {MAX_INTEGER_DIGITS} digits.")
    return int(digits)


def _float(text: str) -> float:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise BadNumber(f"The body holds a number of more than {MAX_NUMBER_CHARACTERS} characters.")
    value = float(text)
    if not math.isfinite(value):
        raise BadNumber("The body holds a number too large to keep.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateKey("The body holds the same key twice in one object.")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float
)


def _check_texts(value: Any) -> None:
    for text in _texts(value):
        if "\x00" in text:
            raise BadText("The body holds an escaped NUL.")
        if _SURROGATE.search(text):
            raise BadText("The body holds half of a surrogate pair.")


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
