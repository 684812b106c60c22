"""BTC Direct's error map: ``{"errors": {"ER035": {"code", "message", "solution"}, ...}}``, several codes at once.

Which code comes with which HTTP status is not documented, so the codes alone decide the fault and its scope: the
account, one check, or (ER124) the person. Also here: secrets to be cut before an answer is stored.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.contract.code_table import CodeRow, code_table
from providers.contract.errors import (
    CredentialsRefused,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
    reworded,
)
from providers.contract.payload_paths import REMOVED, without_query
from providers.contract.payload_values import is_word, object_of, string_of
from providers.transport import strict_json

NAME = "btc_direct"
DISABLED_PERSON = "ER124"
STALE_TOKEN = frozenset({"ER800", "ER801"})
"""The partner token is invalid or has expired: one fresh sign-in is made."""
_TRIED_AGAIN_LATER = frozenset({"ER998", "ER999"})
"""No such address (a wrong base URL), and a general failure at the provider."""
_NO_SUCH_ORDER = frozenset({"ER033", "ER034", "ER035"})

_MAX_DETAIL = 400
_SHORTEST_SECRET = 4
"""Minimum length in characters; cutting shorter text would garble the answer."""
_TOKEN_MEMBER = re.compile(
    rb'("[^"]{0,60}token[^"]{0,60}"\s{0,20}:\s{0,20})"(?:[^"\\]|\\.)*+"?', re.IGNORECASE | re.DOTALL
)
_BEARER = re.compile(r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One code of the map. ``message`` and ``solution`` are documentation text, for display only."""

    code: str
    message: str = ""
    solution: str = ""

    @property
    def words(self) -> str:
        """Message and solution as one text."""
        return " ".join(text for text in (self.message, self.solution) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Cuts secrets out of an answer: every member whose name contains "token", and our credentials.

    ``secrets`` are our own (credentials, partner token, user identifier), in case the provider repeats them.
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def line(self, text: str) -> str:
        """The text as one line without secrets, bearer tokens, link queries and control characters."""
        text = _BEARER.sub(REMOVED, without_query(self._without_secrets(text)))
        return re.sub(r"[\x00-\x20\x7f]+", " ", text).strip()

    def payload(self, value: Any) -> Any:
        """A copy of decoded JSON in which a member whose name holds "token" is cut, at any depth, with any value."""
        if isinstance(value, Mapping):
            return {
                key: REMOVED if "token" in key.lower() and child is not None else self.payload(child)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self.payload(child) for child in value]
        return self._without_secrets(value) if isinstance(value, str) else value

    def body(self, body: Any) -> bytes:
        """An unreadable answer without secrets, fit for storing, whether it is JSON, truncated JSON or other text."""
        if isinstance(body, bytes):
            try:
                body = strict_json.loads(body)
            except strict_json.BadJson:
                torso = _TOKEN_MEMBER.sub(rb'\1"' + REMOVED.encode() + b'"', body)
                return self._without_secrets(torso.decode("latin-1")).encode("latin-1")
        return json.dumps(self.payload(body), ensure_ascii=False).encode("utf-8", "replace")

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, REMOVED)
        return text


def codes_of(body: Any) -> tuple[ErrorCode, ...]:
    """The codes of a decoded body, sorted; empty when it has no ``errors`` map.

    If key and inner ``code`` differ, both are returned.
    """
    found: dict[str, ErrorCode] = {}
    for key, inner in object_of(object_of(body).get("errors")).items():
        texts = object_of(inner)
        message, solution = string_of(texts.get("message")), string_of(texts.get("solution"))
        for code in filter(is_word, (key, texts.get("code"))):
            found[code] = ErrorCode(code=code, message=message, solution=solution)
    return tuple(found[code] for code in sorted(found))


def only_stale_token(codes: tuple[ErrorCode, ...]) -> bool:
    """Whether every code is about the partner token."""
    return bool(codes) and all(found.code in STALE_TOKEN for found in codes)


def fault_of(codes: tuple[ErrorCode, ...], redaction: Redaction) -> ProviderError:
    """The error of a set of codes. The most severe decides: any account fault, else any reference fault."""
    rows = {found.code: _row(found.code) for found in codes}

    def fault(kind: type[ProviderError], deciding: str, body: bytes = b"") -> ProviderError:
        return kind(NAME, _detail(rows[deciding], codes, redaction), body=body)

    if account := [code for code, row in rows.items() if row.fault == "account"]:
        lasting = [code for code in account if code not in _TRIED_AGAIN_LATER and code not in STALE_TOKEN]
        if lasting or only_stale_token(codes):
            return fault(CredentialsRefused, (lasting or account)[0])
        # With other codes there was no fresh sign-in yet: the read is repeated later.
        return fault(ProviderUnavailable, account[0])
    if known := [code for code, row in rows.items() if row.fault == "reference" and row.value != "*"]:
        missing = [code for code in known if code in _NO_SUCH_ORDER]
        return fault(NotFoundAtProvider, missing[0]) if missing else fault(ReferenceMismatch, known[0])
    unknown = [code for code, row in rows.items() if row.value == "*"] or list(rows)
    return fault(UnreadableAnswer, unknown[0], _body_of(codes, redaction))


def _row(code: str) -> CodeRow:
    """The row of a code. Codes that are not in the table, or never sent for a read, have the row of unknown codes."""
    table = code_table(NAME)
    row = table.find("error_code", code)
    return row if row and row.reachable else table.row("error_code", "*")


def _detail(deciding: CodeRow, codes: tuple[ErrorCode, ...], redaction: Redaction) -> str:
    """All codes, summary and action of the deciding one, then the provider's message and solution."""
    short = {found: _short(found.code, redaction, 40) for found in codes}
    theirs = " ".join(
        f"[{code}] {_short(found.message, redaction)} {_short(found.solution, redaction)}"
        for found, code in short.items()
        if found.words
    )
    detail = deciding.detail(f"{', '.join(short.values())}:", f"BTC Direct says: {theirs}" if theirs else "")
    return detail if len(detail) <= _MAX_DETAIL else reworded(detail, f"{detail[: _MAX_DETAIL - 1]}…")


def _short(text: str, redaction: Redaction, length: int = 100) -> str:
    """The redacted text, cut after redaction: a part of a secret is still secret."""
    return redaction.line(text)[:length]


def _body_of(codes: tuple[ErrorCode, ...], redaction: Redaction) -> bytes:
    line = redaction.line
    meaning = {line(one.code): {"message": line(one.message), "solution": line(one.solution)} for one in codes}
    return json.dumps({"errors": meaning}, ensure_ascii=False).encode("utf-8", "replace")
