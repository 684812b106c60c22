"""Reads a ticket, and the envelope of a refused call, of Preventor's answers."""

import math
from collections.abc import Mapping
from typing import Any

from providers.contract.code_table import code_table
from providers.contract.errors import ProviderError, ReferenceMismatch, UnreadableAnswer
from providers.contract.report import Report, Subject
from providers.preventor.facts import read_facts
from providers.preventor.images import evidence_in
from providers.preventor.mapping import attempts_of, status_of
from providers.preventor.status_words import read_words, reported_at, text_of, ticket_id

NAME = "preventor"


def parse(answer: Any, subject: Subject, *, body: bytes = b"") -> Report:
    """A decoded HTTP 200 answer as a report.

    Raises ``UnreadableAnswer`` for anything but an object and for an error envelope with a code that is not known,
    ``ReferenceMismatch`` for the envelope of a bad request and for a ticket with another id.
    """
    if not isinstance(answer, Mapping):
        summary = code_table(NAME).row("shape", "not_readable").summary
        raise UnreadableAnswer(NAME, f"{summary}The answer is not a JSON object.", body=body)
    if (code := envelope_code(answer)) is not None:
        raise envelope_fault(code, body)
    found = ticket_id(answer)
    if found and found.casefold() != subject.reference.strip().casefold():
        raise ReferenceMismatch(NAME, "The answer is about another ticket than the requested one.")
    words, facts = read_words(answer), read_facts(answer)
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        status=status_of(words),
        codes=words.codes,
        facts=facts,
        attempts=attempts_of(answer, code_table(NAME)),
        risk_labels=tuple(value for label, value in facts.other if label == "Risk code"),
        evidence=tuple(evidence_in(answer)),
        reported_at=reported_at(answer),
        payload=answer,
    )


def envelope_code(answer: Mapping[str, Any]) -> str | None:
    """The code of an error envelope, empty when it names none; None for a ticket.

    "status" (a number, or text) with "code" and "message" is the envelope of a refused call, for any HTTP status.
    A success number with a ticket is a wrapper, not an envelope.
    """
    status, code, message = answer.get("status"), answer.get("code"), answer.get("message")
    words = read_words({key: value for key, value in answer.items() if key != "status"})
    bare = words.flow is None and words.disposition is None
    number = whole_number(status)
    if number is not None:
        is_envelope = bare or not 200 <= number < 300
    elif status is not None:
        is_envelope = code is not None or message is not None
    else:
        is_envelope = bare and code is not None and message is not None
    return text_of(code).strip() if is_envelope else None


def envelope_fault(code: str, body: bytes) -> ProviderError:
    row = code_table(NAME).row("api_error_code", code)
    if code == "BDRQST":
        return ReferenceMismatch(NAME, row.detail(f"{code}:"))
    return UnreadableAnswer(NAME, row.detail(), body=body)


def whole_number(value: Any) -> int | None:
    """A whole number, also from text; None for any other value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
