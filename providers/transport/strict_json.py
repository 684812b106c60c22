"""The JSON parser for all external data. Limits are checked before or while values are built.

Python's own parser accepts NaN, duplicate keys and lone surrogates, and overflows on deep nesting. Each of these causes
later faults: PostgreSQL refuses NUL and surrogates, a duplicate key hides a second value.
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
    """The bytes are not JSON within the limits. The message is a reason that quotes nothing of the content."""


# Strings are skipped as a whole, even unterminated ones, so that the search never restarts inside one.
_STRING_OR_BRACKET = re.compile(r'"[^"]*"?|[\[\]{}]')
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_ESTIMATED = 1000
_HOPELESS = 4
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(data: bytes) -> Any:
    """Parse UTF-8 JSON. Raises ``BadJson`` (a ``ValueError``) for anything else, and no other exception."""
    text = _decode(data)
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson("The body is not JSON, or it was cut off.") from error
    if _SUSPECT_ESCAPE.search(text):
        _check_texts(value)
    return value


def count_values(data: bytes, limit: int) -> int:
    """How many elements and members JSON holds, before any of them is built.

    Separators inside of strings count as well up to a thousand, where that is no matter, and far above the limit, where
    telling them apart would take longer than reading the answer.
    """
    count = _separators(data)
    if count <= _ESTIMATED or count > limit * _HOPELESS:
        return count
    return _separators(_STRING.sub(b"", data))


def _separators(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadJson("The body starts with a byte order mark.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Without the original exception, which contains the bytes.
        raise BadJson(f"The body is not UTF-8 (at byte {error.start}).") from None
    if "\x00" in text:
        raise BadJson("The body contains a NUL byte.")
    return text


def _check_depth(text: str) -> None:
    """Count brackets outside strings, without recursion, before the parser runs."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text.replace("\\\\", "").replace('\\"', "")):
        token = found.group()
        if token in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise BadJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
        elif token in ("]", "}"):
            depth -= 1


def _refuse_constant(_: str) -> NoReturn:
    raise BadJson("The body contains NaN or an infinity.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise BadJson(f"The body contains an integer of more than {MAX_INTEGER_DIGITS} digits.")
    return int(digits)


def _float(text: str) -> float:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise BadJson(f"The body contains a number of more than {MAX_NUMBER_CHARACTERS} characters.")
    value = float(text)
    if not math.isfinite(value):
        raise BadJson("The body contains a number that is too large.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("The body contains the same key twice in one object.")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float
)


def _check_texts(value: Any) -> None:
    for text in _texts(value):
        if "\x00" in text:
            raise BadJson("The body contains an escaped NUL.")
        if _SURROGATE.search(text):
            raise BadJson("The body contains half of a surrogate pair.")


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
