"""Everything that can go wrong between a provider and its caller, by name, on purpose."""

import gzip
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum
from typing import Any

MIB = 1024 * 1024


class Fault(Enum):
    """A fault that a scenario named ``fault-<value>`` plays. ``note`` says what it does."""

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
    STALL = "stall", "nothing is ever sent"
    STALL_MID_BODY = "stall-mid-body", "the body stops half way and the connection stays open"
    HEADER_DRIP = "header-drip", "the headers come one byte at a time and never end"
    BODY_DRIP = "body-drip", "the body comes one byte at a time"
    SHORT_LENGTH = "short-length", "the connection ends before Content-Length is reached"
    TOO_BIG = "too-big", "a JSON body of 65 MiB"
    GZIP_BOMB = "gzip-bomb", "a small gzip body that opens to 256 MiB"
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
    UNKNOWN_WORD = "unknown-word", "a status that no document knows"

    @property
    def is_providers_own(self) -> bool:
        """True for the ones that only the provider's simulator can compose."""
        return self in (Fault.ANOTHER_APPLICANT, Fault.OTHER_LETTER_CASE, Fault.UNKNOWN_WORD)


def fault_named(name: str) -> Fault:
    """The fault of this name. Raises ``ValueError`` for an unknown one."""
    return Fault(name)
