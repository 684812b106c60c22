"""Faults between a provider and its caller, by name."""

import gzip
import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum
from functools import cache
from typing import Protocol

from providers.simulator.messages import SimResponse

MIB = 1024 * 1024
_DRIP_SECONDS = 0.1
_STALL_SECONDS = 120.0
_PAGE = "<!doctype html><html><head><title>Gateway</title></head><body><h1>Maintenance</h1></body></html>"


class Fault(Enum):
    """The fault of the scenario ``fault-<value>``. ``note`` describes it."""

    note: str

    def __new__(cls, value: str, note: str) -> "Fault":
        member = object.__new__(cls)
        member._value_ = value
        member.note = note
        return member

    HTTP_401 = "http-401", "401 at every read"
    HTTP_401_ONCE = "http-401-once", "401 at the first read of the reference, then the true answer"
    HTTP_403 = "http-403", "403 at every read"
    HTTP_404 = "http-404", "404 without the provider's own error body"
    HTTP_429_SECONDS = "http-429-seconds", "429 with Retry-After: 2"
    HTTP_429_DATE = "http-429-date", "429 with Retry-After as a date, 3 s ahead"
    HTTP_429_10S = "http-429-10s", "429 with Retry-After: 10s"
    HTTP_429_ABSURD = "http-429-absurd", "429 with Retry-After of thirty digits"
    HTTP_500 = "http-500", "500 with a JSON body"
    HTTP_502_HTML = "http-502-html", "502 with a page of HTML"
    HTTP_503 = "http-503", "503 with an empty body"
    REDIRECT_SAME = "redirect-same", "302 to a path of the same host"
    REDIRECT_OTHER = "redirect-other", "302 to another host"
    RESET_BEFORE_HEADERS = "reset-before-headers", "the connection is reset before any byte"
    RESET_AFTER_HEADERS = "reset-after-headers", "the connection is reset after the headers"
    STALL = "stall", "no byte is sent"
    STALL_MID_BODY = "stall-mid-body", "the body stops half way and the connection stays open"
    HEADER_DRIP = "header-drip", "the headers come one byte at a time and never end"
    BODY_DRIP = "body-drip", "the body comes one byte at a time"
    SHORT_LENGTH = "short-length", "the connection ends before Content-Length is reached"
    TOO_BIG = "too-big", "a JSON body of 65 MiB"
    GZIP_BOMB = "gzip-bomb", "a small gzip body that opens to 256 MiB"
    EMPTY_GZIP = "empty-gzip", "gzip members without content, one after another"
    MANY_VALUES = "many-values", "the answer with a list of 40,000 entries"
    HEAVY = "heavy", "the answer with 3 MB of texts, fewer values than the limit"
    LONG_TEXT = "long-text", "the answer with one text of 3 MB"
    HTML_200 = "html-200", "200 with a page of HTML"
    EMPTY_200 = "empty-200", "200 with an empty body"
    TRUNCATED_JSON = "truncated-json", "200 with JSON that stops half way, length fitting"
    DEPTH_1000 = "depth-1000", "the answer with a member nested 1,000 levels"
    NAN = "nan", "the answer with a member NaN"
    DIGITS_5000 = "digits-5000", "the answer with an integer of 5,000 digits"
    DUPLICATE_KEYS = "duplicate-keys", "the answer with its first key doubled"
    NUL = "nul", "the answer with an escaped NUL"
    LONE_SURROGATE = "lone-surrogate", "the answer with half of a surrogate pair"
    LIST_FOR_OBJECT = "list-for-object", "the answer inside a list"
    WRONG_CHARSET = "wrong-charset", "the answer in Latin-1, and declared so"
    ANOTHER_APPLICANT = "another-applicant", "the answer about another check"
    OTHER_LETTER_CASE = "other-letter-case", "the approving word in another letter case"
    UNKNOWN_WORD = "unknown-word", "a status that is not documented"

    @property
    def is_providers_own(self) -> bool:
        """Whether the provider's simulator has to apply it."""
        return self in (Fault.ANOTHER_APPLICANT, Fault.OTHER_LETTER_CASE, Fault.UNKNOWN_WORD)

    @property
    def needs_wire(self) -> bool:
        """Whether it violates HTTP, so that ``send_over`` has to send it."""
        return self in _SENDERS


def fault_named(name: str) -> Fault:
    """The fault of this name. Raises ``KeyError`` for an unknown one."""
    return {fault.value: fault for fault in Fault}[name]


class Wire(Protocol):
    """The connection, for faults that violate HTTP."""

    def send(self, content: bytes) -> None:
        """Send bytes. Raises ``OSError`` if the caller closed the connection."""

    def wait(self, seconds: float) -> bool:
        """Wait; False at once if the caller closed the connection or the server stops."""

    def reset(self) -> None:
        """End the connection with a reset."""


# --- faults that are an answer ----------------------------------------------------------------------------------------

_PLAIN: dict[Fault, SimResponse] = {
    Fault.HTTP_401: SimResponse(status=401, body={"message": "Unauthorized"}),
    Fault.HTTP_401_ONCE: SimResponse(status=401, body={"message": "Unauthorized"}),
    Fault.HTTP_403: SimResponse(status=403, body={"message": "Forbidden"}),
    Fault.HTTP_404: SimResponse(status=404, body={"message": "Not Found"}),
    Fault.HTTP_429_SECONDS: SimResponse(status=429, body={"message": "Slow down"}, headers={"Retry-After": "2"}),
    Fault.HTTP_429_10S: SimResponse(status=429, body={"message": "Slow down"}, headers={"Retry-After": "10s"}),
    Fault.HTTP_429_ABSURD: SimResponse(status=429, body={"message": "Slow down"}, headers={"Retry-After": "9" * 30}),
    Fault.HTTP_500: SimResponse(status=500, body={"message": "Internal Server Error"}),
    Fault.HTTP_502_HTML: SimResponse(status=502, body=_PAGE, media_type="text/html; charset=utf-8"),
    Fault.HTTP_503: SimResponse(status=503, media_type="text/plain"),
    Fault.REDIRECT_SAME: SimResponse(status=302, headers={"Location": "/elsewhere"}),
    Fault.REDIRECT_OTHER: SimResponse(status=302, headers={"Location": "https://elsewhere.example/check"}),
    Fault.HTML_200: SimResponse(body=_PAGE, media_type="text/html; charset=utf-8"),
    Fault.EMPTY_200: SimResponse(),
}


def _member(content: bytes, value: bytes) -> bytes:
    """The JSON object with one more member; other content is replaced by an object with this member alone."""
    head = content.rstrip()
    if not (head.startswith(b"{") and head.endswith(b"}")):
        return b'{"spoiled": ' + value + b"}"
    comma = b", " if head[1:-1].strip() else b""
    return head[:-1] + comma + b'"spoiled": ' + value + b"}"


def _list_of(count: int, entry: bytes) -> bytes:
    return b"[" + b", ".join([entry] * count) + b"]"


def _doubled(content: bytes) -> bytes:
    try:
        first = next(iter(json.loads(content)))
    except (ValueError, TypeError, StopIteration):
        first = "status"
    return b"{" + json.dumps(first).encode() + b': "first", ' + (content.lstrip()[1:] or b"}")


def _latin(content: bytes) -> bytes:
    return _member(content, '"Zo\u00eb"'.encode()).decode("utf-8", "replace").encode("latin-1", "replace")


_CHANGES: dict[Fault, Callable[[bytes], bytes]] = {
    Fault.TRUNCATED_JSON: lambda content: content[: max(1, len(content) // 2)],
    Fault.DEPTH_1000: lambda content: _member(content, b"[" * 1000 + b"]" * 1000),
    Fault.NAN: lambda content: _member(content, b"NaN"),
    Fault.DIGITS_5000: lambda content: _member(content, b"7" * 5000),
    Fault.MANY_VALUES: lambda content: _member(content, _list_of(40_000, b'{"id": "a", "status": "capture_refused"}')),
    Fault.HEAVY: lambda content: _member(content, _list_of(20_000, b'"' + b"a b " * 37 + b'"')),
    Fault.LONG_TEXT: lambda content: _member(content, b'"' + b"a b " * 750_000 + b'"'),
    Fault.DUPLICATE_KEYS: _doubled,
    Fault.NUL: lambda content: _member(content, b'"a\\u0000b"'),
    Fault.LONE_SURROGATE: lambda content: _member(content, b'"a\\ud800b"'),
    Fault.LIST_FOR_OBJECT: lambda content: b"[" + content + b"]",
    Fault.WRONG_CHARSET: _latin,
}


def apply(fault: Fault, answer: SimResponse, reads: int) -> SimResponse:
    """The answer with this fault applied; unchanged for faults of the provider and of the wire.

    ``reads`` counts the calls about this reference, the current one included.
    """
    if fault.is_providers_own or fault.needs_wire or (fault is Fault.HTTP_401_ONCE and reads > 1):
        return answer
    if fault is Fault.HTTP_429_DATE:
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        return SimResponse(status=429, body={"message": "Slow down"}, headers={"Retry-After": moment})
    if change := _CHANGES.get(fault):
        media_type = "application/json; charset=iso-8859-1" if fault is Fault.WRONG_CHARSET else "application/json"
        return replace(answer, body=change(answer.content()), media_type=media_type)
    return _PLAIN[fault]


# --- faults that need the wire ----------------------------------------------------------------------------------------


def send_over(fault: Fault, answer: SimResponse, wire: Wire) -> None:
    """Send the answer with this fault. The connection cannot be used afterwards."""
    with suppress(OSError):  # the caller closed the connection
        _SENDERS[fault](answer.content(), wire)


def _head(length: int, *more: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {length}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def _reset_before_headers(_: bytes, wire: Wire) -> None:
    wire.reset()


def _reset_after_headers(content: bytes, wire: Wire) -> None:
    wire.send(_head(len(content)))
    # The headers must have left before the reset overtakes them.
    wire.wait(_DRIP_SECONDS)
    wire.reset()


def _stall(_: bytes, wire: Wire) -> None:
    wire.wait(_STALL_SECONDS)


def _stall_mid_body(content: bytes, wire: Wire) -> None:
    wire.send(_head(len(content)) + content[: len(content) // 2])
    wire.wait(_STALL_SECONDS)


def _header_drip(_: bytes, wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Filler: ")
    _drip(b"a" * int(_STALL_SECONDS / _DRIP_SECONDS), wire)


def _body_drip(content: bytes, wire: Wire) -> None:
    # JSON followed by spaces is valid JSON: only its end is missing.
    padded = content + b" " * int(_STALL_SECONDS / _DRIP_SECONDS)
    wire.send(_head(len(padded)))
    _drip(padded, wire)


def _drip(content: bytes, wire: Wire) -> None:
    for byte in content:
        wire.send(bytes((byte,)))
        if not wire.wait(_DRIP_SECONDS):
            return


def _short_length(content: bytes, wire: Wire) -> None:
    wire.send(_head(len(content) + 1000) + content)


def _too_big(_: bytes, wire: Wire) -> None:
    start, end = b'{"padding": "', b'"}'
    wire.send(_head(len(start) + 65 * MIB + len(end)) + start)
    for _piece in range(65):
        wire.send(b"a" * MIB)
    wire.send(end)


def _gzip_bomb(_: bytes, wire: Wire) -> None:
    bomb = _bomb()
    wire.send(_head(len(bomb), "Content-Encoding: gzip") + bomb)


def _empty_gzip(_: bytes, wire: Wire) -> None:
    members = gzip.compress(b"") * 50_000
    wire.send(_head(65 * MIB, "Content-Encoding: gzip"))
    for _piece in range(65 * MIB // len(members)):
        wire.send(members)


@cache
def _bomb() -> bytes:
    # A gzip stream may have many members: repeating one compressed mebibyte is faster than compressing all.
    return gzip.compress(b'{"padding": "') + gzip.compress(b"a" * MIB) * 256 + gzip.compress(b'"}')


_SENDERS: dict[Fault, Callable[[bytes, Wire], None]] = {
    Fault.RESET_BEFORE_HEADERS: _reset_before_headers,
    Fault.RESET_AFTER_HEADERS: _reset_after_headers,
    Fault.STALL: _stall,
    Fault.STALL_MID_BODY: _stall_mid_body,
    Fault.HEADER_DRIP: _header_drip,
    Fault.BODY_DRIP: _body_drip,
    Fault.SHORT_LENGTH: _short_length,
    Fault.TOO_BIG: _too_big,
    Fault.GZIP_BOMB: _gzip_bomb,
    Fault.EMPTY_GZIP: _empty_gzip,
}


def reset_on_close(connection: socket.socket) -> None:
    """Closing this socket sends a reset in place of a proper end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
