"""Reads a check of Checkout.com with its attempts."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from providers.checkout_com.facts import read_facts
from providers.checkout_com.images import list_evidence
from providers.checkout_com.products import LONGEST_WORD, NAME, PRODUCTS, Product, read_codes, spellings, text_of
from providers.contract.code_table import code_table
from providers.contract.errors import ReferenceMismatch, UnreadableAnswer
from providers.contract.report import Attempt, Report, Subject

_UNKNOWN_ATTEMPT = "A status of an attempt that is not in Checkout.com's documentation."


def parse(payload: Mapping[str, Any], subject: Subject, *, request_id: str = "") -> Report:
    """A report from ``{"check": the check as answered, "attempts": [every attempt, all pages]}``.

    Attempts may be missing (AML has none). Raises ``UnreadableAnswer`` for a check without a status word or with values
    that should be lists, ``ReferenceMismatch`` when the answer names another check.
    """
    check = payload.get("check")
    if not isinstance(check, Mapping):
        raise UnreadableAnswer(NAME, "The answer is not an object.", request_id=request_id)
    _same_check(check, subject, request_id)
    status = _status(check, request_id)
    attempts = _attempts(payload.get("attempts"), PRODUCTS[subject.kind])
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        status=status,
        codes=tuple(read_codes(_list_of(check, "response_codes", request_id))),
        facts=read_facts(check, subject.kind, payload.get("attempts")),
        attempts=attempts,
        risk_labels=tuple(dict.fromkeys(_words(_list_of(check, "risk_labels", request_id)))),
        evidence=list_evidence(check, status, attempts, subject.kind),
        request_id=request_id,
        reported_at=moment(check.get("modified_on")) or moment(check.get("created_on")),
        payload=payload,
    )


def _same_check(check: Mapping[str, Any], subject: Subject, request_id: str) -> None:
    answered = check.get("id")
    if answered is None or answered == "":
        raise ReferenceMismatch(NAME, "The answer does not name its check.", request_id=request_id)
    if not isinstance(answered, str):
        raise UnreadableAnswer(NAME, "The answer's id is not a text.", request_id=request_id)
    if answered not in spellings(subject.kind, subject.reference):
        detail = "The answer is about another check than the requested one."
        raise ReferenceMismatch(NAME, detail, request_id=request_id)


def _status(check: Mapping[str, Any], request_id: str) -> str:
    status = check.get("status")
    if status is None or (isinstance(status, str) and not status.strip()):
        raise UnreadableAnswer(NAME, code_table(NAME).row("shape", "status_missing").detail(), request_id=request_id)
    if not isinstance(status, str) or len(status) > LONGEST_WORD:
        raise UnreadableAnswer(NAME, "The answer's status is not a word.", request_id=request_id)
    return status


def _list_of(check: Mapping[str, Any], key: str, request_id: str) -> list[Any]:
    """The list under ``key``; a missing or null one is empty (AML has neither codes nor labels)."""
    value = check.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableAnswer(NAME, f"The answer's {key} is not a list.", request_id=request_id)
    return value


def _words(entries: list[Any]) -> Iterator[str]:
    """Risk labels: "accept any string"; any other value is shown as JSON."""
    for entry in entries:
        text = entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False, default=str)
        if text.strip():
            yield text.strip()[:LONGEST_WORD]


def _attempts(entries: Any, product: Product) -> tuple[Attempt, ...]:
    if not product.has_attempts or not isinstance(entries, list):
        return ()
    return tuple(_attempt(entry, product) for entry in entries if isinstance(entry, Mapping))


def _attempt(entry: Mapping[str, Any], product: Product) -> Attempt:
    status = text_of(entry.get("status"))[:LONGEST_WORD]
    row = code_table(NAME).find("attempt_status", status, applies_to=product.applies_to)
    return Attempt(
        id=text_of(entry.get("id"))[:LONGEST_WORD],
        status=status,
        codes=tuple(read_codes(entry.get("response_codes"))),
        summary=row.summary if row else _UNKNOWN_ATTEMPT,
        started_at=moment(entry.get("created_on")),
    )


def in_order(attempts: list[Any]) -> list[Any]:
    """Attempts by time of creation, oldest first, because the order of the list is not documented."""

    def key(entry: Any) -> tuple[str, str]:
        if not isinstance(entry, Mapping):
            return "", ""
        created = moment(entry.get("created_on"))
        return created.isoformat() if created else "", text_of(entry.get("id"))

    return sorted(attempts, key=key)


def moment(value: Any) -> datetime | None:
    """An aware UTC time from "ISO 8601 UTC with Z and zero to six fractional digits"; None for anything else.

    A time without a zone counts as UTC; one outside the years 2000 to 2199 is ignored.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        aware = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return aware if 2000 <= aware.year < 2200 else None
