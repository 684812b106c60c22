"""Paths into decoded JSON: cut secrets, drop volatile values, search by key name.

A path is dotted, with places in lists in brackets: ``data.images[0].url``. A key that is empty or contains a dot, a
bracket or a quote is quoted as JSON text, so that no two values of a document share a path: ``"a.b".selfie`` is not
``a.b.selfie``.

A pattern is a dotted path: ``*`` matches any key, ``[]`` (alone or after a key: ``images[].url``) every element of a
list, ``**`` any depth including none; ``?query`` at the end means only the query string of a link.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

REMOVED = "[removed]"
_TOKENS = tuple(
    f"**.{name}"
    for name in ("accessToken", "access_token", "refreshToken", "refresh_token", "idToken", "id_token", "authToken")
)
"""Credentials that no provider documents at these places, and that open something wherever they are."""
_LONG = 256
"""Minimum length of base64 text that counts as an image or file."""

_ELEMENT = "[]"
# A link with everything up to the next blank or quote as one match, so that matching takes linear time.
_LINK = re.compile(r"(https?://)([^\s\"'<>]*)", re.IGNORECASE)
_DATA_URI = re.compile(r"data:([A-Za-z0-9.+/;=_-]{0,100}),", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-][A-Za-z0-9+/_\r\n-]*={0,2}\s*")

_PLAIN_KEY = re.compile(r'[^.\[\]"]+')
_KEY = re.compile(r'("(?:[^"\\]|\\.)*")|\[[0-9]+\]|([^.\[\]"]+)', re.DOTALL)

_SCALARS = (str, int, float, type(None))


def cut(payload: Mapping[str, Any], *, secrets: Sequence[str]) -> dict[str, Any]:
    """A copy fit for storing and showing.

    A value that a ``secrets`` pattern matches, or that its key names as a token, becomes ``[removed]``; every http(s)
    link, also inside a longer text, loses query, fragment and login; base64 and data-URI bodies of more than 256
    characters become a line with size and SHA-256.
    """
    patterns = _compiled((*_TOKENS, *secrets))
    return {str(key): _rewrite(value, _step(patterns, str(key))) for key, value in payload.items()}


def without(payload: Any, *, volatile: Sequence[str]) -> Any:
    """A copy for the digest: ``volatile`` patterns dropped, ``?query`` patterns only without their query.

    Base64 bodies are replaced by their hash. Everything else is unchanged.
    """
    return _prune(payload, _compiled(tuple(volatile)))


def leaves(payload: Any) -> Iterator[tuple[str, Any]]:
    """Every value that is neither object nor list, with its path (``data.images[0].url``), in document order."""
    stack: list[tuple[str, Any]] = [("", payload)]
    while stack:
        path, value = stack.pop()
        children = list(_children(path, value))
        if children:
            stack.extend(reversed(children))
        elif not isinstance(value, Mapping | list):
            yield path, value


def find(payload: Any, names: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Every value (objects and lists too) under a key of ``names``, in any letter case; the shallowest first."""
    wanted = {name.casefold() for name in names}
    level: list[tuple[str, Any]] = [("", payload)]
    while level:
        deeper: list[tuple[str, Any]] = []
        for path, value in level:
            if isinstance(value, list):
                deeper += [
                    (f"{path}[{at}]", child) for at, child in enumerate(value) if not isinstance(child, _SCALARS)
                ]
            elif isinstance(value, Mapping):
                for key, child in value.items():
                    if str(key).casefold() in wanted:
                        yield joined(path, key), child
                    if not isinstance(child, _SCALARS):
                        deeper.append((joined(path, key), child))
        level = deeper


def _children(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield joined(path, key), child
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield f"{path}[{index}]", child


def joined(path: str, key: object) -> str:
    """The path of this key of the object at ``path``."""
    name = str(key)
    if not _PLAIN_KEY.fullmatch(name):
        name = json.dumps(name, ensure_ascii=False)
    return f"{path}.{name}" if path else name


def keys_of(path: str) -> tuple[str, ...]:
    """The keys that lead to a value, without the places in lists, as the document spells them."""
    return tuple(json.loads(quoted) if quoted else plain for quoted, plain in _KEY.findall(path) if quoted or plain)


def steps_of(path: str) -> Iterator[str | int]:
    """The keys and the places in lists that lead to a value."""
    for found in _KEY.finditer(path):
        quoted, plain = found.groups()
        if quoted or plain:
            yield json.loads(quoted) if quoted else plain
        elif found[0]:
            yield int(found[0][1:-1])


def last_key(path: str) -> str:
    """The last key of a path, as the document spells it; empty if there is none."""
    return next(reversed(keys_of(path)), "")


# --- patterns ---------------------------------------------------------------------------------------------------------
# A set of patterns is walked along with the document: each member is the unmatched remainder of a pattern, as (segments
# left, only the query?). A member without segments matches the current value.

_Pattern = tuple[tuple[str, ...], bool]


@cache
def _compiled(patterns: tuple[str, ...]) -> frozenset[_Pattern]:
    return _open(frozenset(_parse(pattern) for pattern in patterns))


def _parse(pattern: str) -> _Pattern:
    path, only_query = pattern.removesuffix("?query"), pattern.endswith("?query")
    segments: list[str] = []
    for part in path.split("."):
        key, brackets = (part.split("[]", 1)[0], part.count("[]"))
        segments.extend([key] if key else [])
        segments.extend([_ELEMENT] * brackets)
    if not segments:
        raise ValueError(f"not a path: {pattern!r}")
    return tuple(segments), only_query


def _open(patterns: frozenset[_Pattern]) -> frozenset[_Pattern]:
    """The states with those that follow a ``**``, which may match nothing."""
    found = set(patterns)
    for segments, only_query in patterns:
        while segments and segments[0] == "**":
            segments = segments[1:]
            found.add((segments, only_query))
    return frozenset(found)


def _step(patterns: frozenset[_Pattern], key: str | int) -> frozenset[_Pattern]:
    found: set[_Pattern] = set()
    for segments, only_query in patterns:
        if not segments:
            continue
        head = segments[0]
        if head == "**":
            found.add((segments, only_query))
        elif head == _ELEMENT if isinstance(key, int) else head in ("*", key):
            found.add((segments[1:], only_query))
    return _open(frozenset(found))


def _named(patterns: frozenset[_Pattern], *, only_query: bool) -> bool:
    return ((), only_query) in patterns


# --- rewriting --------------------------------------------------------------------------------------------------------


def _rewrite(value: Any, patterns: frozenset[_Pattern]) -> Any:
    if _named(patterns, only_query=False):
        return REMOVED
    if isinstance(value, Mapping):
        return {str(key): _rewrite(child, _step(patterns, str(key))) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_rewrite(child, _step(patterns, index)) for index, child in enumerate(value)]
    return _cut_text(value) if isinstance(value, str) else value


def _prune(value: Any, patterns: frozenset[_Pattern]) -> Any:
    if isinstance(value, Mapping):
        kept = ((str(key), child, _step(patterns, str(key))) for key, child in value.items())
        return {key: _prune(child, left) for key, child, left in kept if not _named(left, only_query=False)}
    if isinstance(value, list | tuple):
        children = ((child, _step(patterns, index)) for index, child in enumerate(value))
        return [_prune(child, left) for child, left in children if not _named(left, only_query=False)]
    if isinstance(value, str):
        return without_query(value) if _named(patterns, only_query=True) else _image_line(value) or value
    return value


def without_query(text: str) -> str:
    """The text with every http(s) link in it cut before ``?`` or ``#`` and without a login."""
    if "://" not in text:
        return text
    return _LINK.sub(_bare_link, text)


def _bare_link(found: re.Match[str]) -> str:
    bare = re.split(r"[?#]", found[2], maxsplit=1)[0]
    host, slash, path = bare.partition("/")
    return f"{found[1]}{host.rpartition('@')[2]}{slash}{path}"


def _cut_text(text: str) -> str:
    return _image_line(text) or without_query(text)


def _image_line(text: str) -> str:
    """``[picture, N bytes, sha256 ...]`` for a body in base64 or a data URI of more than 256 characters, else empty."""
    if len(text) <= _LONG:
        return ""
    found = _DATA_URI.match(text)
    body = text[found.end() :] if found else text
    content = _decoded(body)
    if content is None:
        if not found:
            return ""
        content = body.encode("utf-8", "replace")
    return f"[picture, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}]"


def _decoded(body: str) -> bytes | None:
    if not _BASE64.fullmatch(body):
        return None
    packed = re.sub(r"\s", "", body).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        return packed.encode()
